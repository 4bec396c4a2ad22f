// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what handlers do with globals to the locks they take, and how additions are done without one.

use spile_ir as ir;
use spile_rt::raw::{RT_LOCK_ALONE, RT_LOCK_READ, RT_LOCK_SELECT, RT_LOCK_UPDATE, RT_LOCK_WRITE, rt_global, rt_lock};

use crate::conditions::Conditions;
use crate::effects::Effects;
use crate::globals::Layout;
use crate::lower::sort_number;
use crate::sorts::{Sorts, sorts};

/// What handlers that may run at the same time do with globals.
pub struct Sharing {
    sets: Vec<ir::LockSet>,
    /// By `FuncId`: what handlers sort, and is found before they have their locks.
    sorts: Vec<Sorts>,
    /// By `GlobalId`: some handler does more than reading and adding.
    written: Vec<bool>,
    /// By `GlobalId`: some handler adds to a number and does not look at the result.
    added: Vec<bool>,
    /// By `GlobalId`: some handler empties it.
    emptied: Vec<bool>,
    /// By `GlobalId`: an array whose additions may run beside each other.
    shared: Vec<bool>,
}

impl Sharing {
    /// Asks the lock sets.
    pub fn new(program: &ir::Program, effects: &[Effects]) -> Self {
        let sets = ir::lock_sets(program);
        let is_timer = timers_only(program);
        let live: Vec<ir::FuncId> = live_handlers(program).collect();
        let any = |does: &dyn Fn(ir::FuncId, ir::GlobalId) -> bool| -> Vec<bool> {
            let globals = (0..program.globals.len()).map(ir::GlobalId::new);
            globals.map(|global| live.iter().any(|id| does(*id, global))).collect()
        };
        let access = |id: ir::FuncId, global| sets[id.index()].get(&global).copied();
        let written = any(&|id, global| access(id, global) == Some(ir::Access::Write));
        let added = any(&|id, global| access(id, global) == Some(ir::Access::Update));
        // What keeps additions to an array from running beside each other: other hits look at it (of a timer's there are few),
        // or one that adds to it touches other globals, too. A new element needs the array alone, in the midst of a
        // handler: where that fails, the handler must not have done half of its work.
        let hindered = any(&|id, global| match access(id, global) {
            None => false,
            Some(ir::Access::Update) => sets[id.index()].len() > 1,
            Some(_) => !is_timer[id.index()],
        });
        let emptied = any(&|id, global| effects[id.index()].empties.contains(&global));
        let mut found = vec![Sorts::new(); program.functions.len()];
        for id in &live {
            found[id.index()] = sorts(&program.functions[id.index()], is_timer[id.index()], effects);
        }
        let can_share = |global: usize| added[global] && !hindered[global] && takes_one_step(&program.globals[global]);
        let shared = (0..program.globals.len()).map(can_share).collect();
        Self { sets, sorts: found, written, added, emptied, shared }
    }

    /// Whether each CPU and level has a part of an integer, so that adding is neither atomic nor under a lock.
    pub fn is_sharded(&self, global: usize) -> bool {
        self.added[global] && !self.written[global]
    }

    /// Whether handlers that add to elements of an array may run beside each other. It costs those that look.
    pub fn is_shared(&self, global: usize) -> bool {
        self.shared[global]
    }

    /// Whether a handler that runs beside others empties a global.
    pub fn is_emptied(&self, global: usize) -> bool {
        self.emptied[global]
    }

    /// Whether a handler sorts an array, and the order is found before it has its locks.
    pub fn is_selected(&self, global: usize) -> bool {
        self.sorts.iter().any(|sorts| sorts.contains_key(&ir::GlobalId::new(global)))
    }
}

/// Whether a global is an array, and an addition to an element one atomic step.
fn takes_one_step(global: &ir::Global) -> bool {
    let ir::GlobalKind::Map(map) = &global.kind else { return false };
    // Writes to a wrapping array change its order; the variance takes several steps.
    let is_atomic = match &map.value {
        ir::MapValue::Int => true,
        ir::MapValue::Str => false,
        ir::MapValue::Stat(spec) => spec.variance.is_none(),
    };
    is_atomic && !map.wrap
}

/// The locks of a program's handlers.
pub struct Locks {
    /// By `FuncId`, in the order in which they are taken.
    handlers: Vec<Vec<rt_lock>>,
    /// Of the handler that asks conditions.
    conditions: Vec<rt_lock>,
    sharing: Sharing,
}

impl Locks {
    /// Decides for all handlers.
    pub fn new(
        program: &ir::Program,
        layout: &Layout,
        effects: &[Effects],
        sharing: Sharing,
        conditions: &Conditions,
    ) -> Self {
        let locks = |index: usize| {
            let mut locks = Vec::new();
            for (id, access) in &sharing.sets[index] {
                let global = &layout.globals[id.index()];
                let kind = &program.globals[id.index()].kind;
                if let Some(mode) = mode(kind, *access, sharing.written[id.index()], sharing.is_shared(id.index())) {
                    let needs_spare = global.spare != 0 && effects[index].empties.contains(id);
                    locks.push(rt_lock { lock_off: global.lock_off, mode, global: id.0, what: needs_spare.into() });
                }
                if let Some(sort) = sharing.sorts[index].get(id).filter(|_| global.select != 0) {
                    locks.push(select(global, *id, *sort));
                }
            }
            // What is selected is found while others may have the arrays.
            locks.sort_by_key(|lock| (lock.mode != RT_LOCK_SELECT, lock.lock_off));
            locks
        };
        // An integer is read at once, a string is not.
        let torn = |id: &ir::GlobalId| {
            matches!(program.globals[id.index()].kind, ir::GlobalKind::Str(_)) && sharing.written[id.index()]
        };
        let read = |id: ir::GlobalId| rt_lock {
            lock_off: layout.globals[id.index()].lock_off,
            mode: RT_LOCK_READ,
            global: id.0,
            what: 0,
        };
        let conditions = conditions.globals().filter(torn).map(read).collect();
        Self { handlers: (0..program.functions.len()).map(locks).collect(), conditions, sharing }
    }

    /// A handler's locks.
    pub fn of(&self, handler: ir::FuncId) -> &[rt_lock] {
        &self.handlers[handler.index()]
    }

    /// Those without which conditions cannot be asked.
    pub fn of_conditions(&self) -> &[rt_lock] {
        &self.conditions
    }

    /// Whether additions to a number, whose result nobody uses, are atomic instructions.
    pub fn is_atomic(&self, global: ir::GlobalId) -> bool {
        self.sharing.added[global.index()]
    }

    /// Whether each CPU and level has a part of an integer.
    pub fn is_sharded(&self, global: ir::GlobalId) -> bool {
        self.sharing.is_sharded(global.index())
    }
}

fn select(global: &rt_global, id: ir::GlobalId, sort: ir::Sort) -> rt_lock {
    rt_lock { lock_off: global.select_lock_off, mode: RT_LOCK_SELECT, global: id.0, what: sort_number(sort) as u32 }
}

/// The lock that an access needs, if any. `written`: some handler does more than adding to it.
fn mode(kind: &ir::GlobalKind, access: ir::Access, written: bool, shared: bool) -> Option<u32> {
    match (kind, access) {
        // Each CPU has its own part.
        (ir::GlobalKind::Stat(_), _) => None,
        (ir::GlobalKind::Int(_), _) if !written => None,
        // Additions are atomic: they keep writers out, but not each other.
        (ir::GlobalKind::Int(_), ir::Access::Update) => Some(RT_LOCK_READ),
        (_, ir::Access::Update) if shared => Some(RT_LOCK_UPDATE),
        (_, _) if shared => Some(RT_LOCK_ALONE),
        (_, ir::Access::Read) => Some(RT_LOCK_READ),
        (_, ir::Access::Update | ir::Access::Write) => Some(RT_LOCK_WRITE),
    }
}

/// By `FuncId`: whether a handler runs for timers only.
fn timers_only(program: &ir::Program) -> Vec<bool> {
    let mut only = vec![true; program.functions.len()];
    for probe in &program.probes {
        if !matches!(probe.kind, ir::ProbeKind::Timer { .. }) {
            [Some(probe.handler), probe.entry].into_iter().flatten().for_each(|id| only[id.index()] = false);
        }
    }
    only
}

/// The handlers that run beside others.
fn live_handlers(program: &ir::Program) -> impl Iterator<Item = ir::FuncId> + '_ {
    let probes = program.probes.iter().filter(|probe| !probe.kind.is_interruptible());
    probes.flat_map(|probe| [Some(probe.handler), probe.entry]).flatten()
}

/// The functions that run as handlers.
pub fn handlers(program: &ir::Program) -> impl Iterator<Item = ir::FuncId> + '_ {
    program.probes.iter().flat_map(|probe| [Some(probe.handler), probe.entry]).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the first global of a script with this handler is an array whose additions run beside each other.
    fn is_shared(hit: &str) -> bool {
        let text = format!(
            "global0 \"m\" map (int) int capacity 0 global1 \"n\" int 0
            probe \"f\" function \"f\" arguments 1 handler func0 probe \"end\" end 0 handler func1
            func0 \"f\" () {{ block0: v0: int = int 1 @0 v1: int = map.add global0 [v0], v0 @0 {hit} return }}
            func1 \"end\" () {{ block0: return }}"
        );
        let program = ir::parse(&text).expect("a program");
        Sharing::new(&program, &crate::effects::effects(&program)).is_shared(0)
    }

    #[test]
    fn additions_run_beside_each_other_where_they_are_all_that_a_hit_does() {
        assert!(is_shared(""));
        assert!(!is_shared("v2: int = global.add global1, v0 @0"));
    }
}
