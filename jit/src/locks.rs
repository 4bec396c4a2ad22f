// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what handlers do with globals to the locks they take, and how additions are done without one.

use spile_ir as ir;
use spile_rt::raw::{RT_LOCK_READ, RT_LOCK_WRITE, rt_lock};

use crate::globals::Layout;

/// What handlers that may run at the same time do with globals.
pub struct Sharing {
    sets: Vec<ir::LockSet>,
    /// By `GlobalId`: some handler does more than reading and adding.
    written: Vec<bool>,
    /// By `GlobalId`: some handler adds to an integer and does not look at the result.
    added: Vec<bool>,
}

impl Sharing {
    /// Asks the lock sets.
    pub fn new(program: &ir::Program) -> Self {
        let sets = ir::lock_sets(program);
        let does = |access: ir::Access| -> Vec<bool> {
            (0..program.globals.len())
                .map(|global| {
                    let global = ir::GlobalId::new(global);
                    handlers(program).any(|id| sets[id.index()].get(&global) == Some(&access))
                })
                .collect()
        };
        let (written, added) = (does(ir::Access::Write), does(ir::Access::Update));
        Self { sets, written, added }
    }

    /// Whether each CPU and level has a part of an integer, so that adding is neither atomic nor under a lock.
    pub fn is_sharded(&self, global: usize) -> bool {
        self.added[global] && !self.written[global]
    }
}

/// The locks of a program's handlers.
pub struct Locks {
    /// By `FuncId`, in the order of the locks' words.
    handlers: Vec<Vec<rt_lock>>,
    sharing: Sharing,
}

impl Locks {
    /// Decides for all handlers.
    pub fn new(program: &ir::Program, layout: &Layout, sharing: Sharing) -> Self {
        let locks = |set: &ir::LockSet| {
            let mut locks: Vec<rt_lock> = set
                .iter()
                .filter_map(|(id, access)| {
                    let mode = mode(&program.globals[id.index()].kind, *access, sharing.written[id.index()])?;
                    Some(rt_lock { lock_off: layout.globals[id.index()].lock_off, mode, global: id.0 })
                })
                .collect();
            locks.sort_by_key(|lock| lock.lock_off);
            locks
        };
        Self { handlers: sharing.sets.iter().map(locks).collect(), sharing }
    }

    /// A handler's locks.
    pub fn of(&self, handler: ir::FuncId) -> &[rt_lock] {
        &self.handlers[handler.index()]
    }

    /// Whether additions to an integer, whose result nobody uses, are atomic instructions.
    pub fn is_atomic(&self, global: ir::GlobalId) -> bool {
        self.sharing.added[global.index()]
    }

    /// Whether each CPU and level has a part of an integer.
    pub fn is_sharded(&self, global: ir::GlobalId) -> bool {
        self.sharing.is_sharded(global.index())
    }
}

/// The lock that an access needs, if any. `written`: some handler does more than adding to it.
fn mode(kind: &ir::GlobalKind, access: ir::Access, written: bool) -> Option<u32> {
    match (kind, access) {
        // Each CPU has its own part.
        (ir::GlobalKind::Stat(_), _) => None,
        (ir::GlobalKind::Int(_), _) if !written => None,
        // Additions are atomic: they keep writers out, but not each other.
        (ir::GlobalKind::Int(_), ir::Access::Update) => Some(RT_LOCK_READ),
        (_, ir::Access::Read) => Some(RT_LOCK_READ),
        (_, ir::Access::Update | ir::Access::Write) => Some(RT_LOCK_WRITE),
    }
}

/// The functions that run as handlers.
pub fn handlers(program: &ir::Program) -> impl Iterator<Item = ir::FuncId> + '_ {
    program.probes.iter().flat_map(|probe| [Some(probe.handler), probe.entry]).flatten()
}
