// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what handlers do with globals to the locks they take, and the additions that are atomic.

use spile_ir as ir;
use spile_rt::raw::{RT_LOCK_READ, RT_LOCK_WRITE, rt_lock};

use crate::globals::Layout;

/// The locks of a program's handlers.
pub struct Locks {
    /// By `FuncId`, in the order of the locks' words.
    handlers: Vec<Vec<rt_lock>>,
    /// By `GlobalId`: additions whose result nobody uses are atomic instructions.
    atomic: Vec<bool>,
}

impl Locks {
    /// Decides for all handlers.
    pub fn new(program: &ir::Program, layout: &Layout) -> Self {
        let sets = ir::lock_sets(program);
        let does = |global: usize, access: ir::Access| {
            handlers(program).any(|id| sets[id.index()].get(&ir::GlobalId::new(global)) == Some(&access))
        };
        let globals = 0..program.globals.len();
        let written: Vec<bool> = globals.clone().map(|global| does(global, ir::Access::Write)).collect();
        let atomic = globals.map(|global| does(global, ir::Access::Update)).collect();
        let locks = |set: &ir::LockSet| {
            let mut locks: Vec<rt_lock> = set
                .iter()
                .filter_map(|(id, access)| {
                    let mode = mode(&program.globals[id.index()].kind, *access, written[id.index()])?;
                    Some(rt_lock { lock_off: layout.globals[id.index()].lock_off, mode, global: id.0 })
                })
                .collect();
            locks.sort_by_key(|lock| lock.lock_off);
            locks
        };
        Self { handlers: sets.iter().map(locks).collect(), atomic }
    }

    /// A handler's locks.
    pub fn of(&self, handler: ir::FuncId) -> &[rt_lock] {
        &self.handlers[handler.index()]
    }

    /// Whether additions to an integer are atomic.
    pub fn is_atomic(&self, global: ir::GlobalId) -> bool {
        self.atomic[global.index()]
    }
}

/// The lock that an access needs, if any. `written`: some handler does more than adding to it.
fn mode(kind: &ir::GlobalKind, access: ir::Access, written: bool) -> Option<u32> {
    match (kind, access) {
        // Each CPU has its own part.
        (ir::GlobalKind::Stat(_), _) => None,
        // Additions are atomic: they keep writers out, but not each other.
        (ir::GlobalKind::Int(_), _) if !written => None,
        (ir::GlobalKind::Int(_), ir::Access::Update) => Some(RT_LOCK_READ),
        (_, ir::Access::Read) => Some(RT_LOCK_READ),
        (_, ir::Access::Update | ir::Access::Write) => Some(RT_LOCK_WRITE),
    }
}

/// The functions that run as handlers.
pub fn handlers(program: &ir::Program) -> impl Iterator<Item = ir::FuncId> + '_ {
    program.probes.iter().flat_map(|probe| [Some(probe.handler), probe.entry]).flatten()
}
