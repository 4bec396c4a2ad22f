// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what handlers do with globals to the locks they take, and how additions are done without one.

use spile_ir as ir;
use spile_rt::raw::{RT_LOCK_ALONE, RT_LOCK_READ, RT_LOCK_SELECT, RT_LOCK_UPDATE, RT_LOCK_WRITE, rt_global, rt_lock};

use crate::conditions::Conditions;
use crate::effects::{Effects, acts, written};
use crate::flow;
use crate::globals::Layout;
use crate::lower::sort_number;
use crate::sorts::{Sorted, sorts};

/// What handlers that may run at the same time do with globals.
pub struct Sharing {
    sets: Vec<ir::LockSet>,
    /// By `FuncId`: what handlers sort, and is found before they have their locks.
    sorts: Vec<Vec<Sorted>>,
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
        // or one that adds to it touches other globals, too, or has done something before. A new element needs the
        // array alone, in the midst of a handler: where that fails, the handler must not have done half of its work.
        let hindered = any(&|id, global| match access(id, global) {
            None => false,
            Some(ir::Access::Update) => {
                sets[id.index()].len() > 1 || !adds_first(&program.functions[id.index()], effects)
            }
            Some(_) => !is_timer[id.index()],
        });
        let emptied = any(&|id, global| effects[id.index()].empties.contains(&global));
        let mut found = vec![Vec::new(); program.functions.len()];
        for id in &live {
            let function = &program.functions[id.index()];
            found[id.index()] = sorts(function, is_timer[id.index()], effects, program.limits.max_action);
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

    /// The orders of an array that are found before handlers have their locks.
    pub fn orders(&self, global: usize) -> Vec<ir::Sort> {
        let mut orders = Vec::new();
        for sorted in self.sorts.iter().flatten().filter(|sorted| sorted.map.index() == global) {
            if !orders.contains(&sorted.sort) && orders.len() < MAX_ORDERS {
                orders.push(sorted.sort);
            }
        }
        orders
    }

    /// How many elements of an array are visited in one of them at most; `unknown` where that is not known before.
    pub fn visits(&self, global: usize, unknown: u32) -> u32 {
        let sorts = self.sorts.iter().flatten().filter(|sorted| sorted.map.index() == global);
        sorts.map(|sorted| sorted.visits.unwrap_or(unknown)).max().unwrap_or(0)
    }
}

/// Orders of one array that have a place of their own.
const MAX_ORDERS: usize = 8;

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
                    let what = needs_spare.into();
                    locks.push(rt_lock { lock_off: global.lock_off, mode, global: id.0, what, visits: 0 });
                }
            }
            for sorted in &sharing.sorts[index] {
                add_select(
                    &mut locks,
                    &layout.globals[sorted.map.index()],
                    &sharing.orders(sorted.map.index()),
                    sorted,
                );
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
            visits: 0,
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

    /// The number for the runtime of a sort that a handler does: with where its order was found, if it was.
    pub fn order(&self, handler: ir::FuncId, first: Option<ir::Value>, map: ir::GlobalId, sort: ir::Sort) -> i64 {
        let mut sorts = self.sharing.sorts[handler.index()].iter();
        let is_found = sorts.any(|sorted| Some(sorted.first) == first);
        let place = self.sharing.orders(map.index()).iter().position(|order| is_found && *order == sort);
        sort_number(sort) | place.map_or(0, selected)
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

/// RT_SELECTED().
fn selected(place: usize) -> i64 {
    (place as i64 + 1) << 24
}

/// Adds the lock of what is found for a sort, or what it needs to one that is there.
fn add_select(locks: &mut Vec<rt_lock>, global: &rt_global, orders: &[ir::Sort], sorted: &Sorted) {
    let place = orders.iter().position(|order| *order == sorted.sort);
    let Some(place) = place.filter(|place| *place < usize::from(global.n_orders)) else { return };
    let lock_off = global.select_lock_off + place as u32 * global.select_size;
    let visits = sorted.visits.unwrap_or(0);
    match locks.iter_mut().find(|lock| lock.lock_off == lock_off) {
        Some(lock) => lock.visits = if visits == 0 || lock.visits == 0 { 0 } else { visits.max(lock.visits) },
        None => {
            let what = (sort_number(sorted.sort) | selected(place)) as u32;
            locks.push(rt_lock { lock_off, mode: RT_LOCK_SELECT, global: sorted.map.0, what, visits });
        }
    }
}

/// Whether each of a handler's additions to elements is the first thing it does that cannot be undone.
fn adds_first(function: &ir::Function, effects: &[Effects]) -> bool {
    let does = |op: &ir::Op| match op {
        ir::Op::Call(callee, _) => effects[callee.index()].acts || !effects[callee.index()].writes.is_empty(),
        op => acts(op) || written(op).is_some(),
    };
    // A function that is called and not inlined is not looked into.
    let adds = |op: &ir::Op| match op {
        ir::Op::Call(callee, _) => !effects[callee.index()].writes.is_empty(),
        op => matches!(op, ir::Op::MapAdd(..) | ir::Op::StatAdd(..)),
    };
    let before = flow::before(function, 1, |op, done| done[0] |= does(op));
    function.blocks.iter().zip(before).all(|(block, before)| {
        let mut done = before[0];
        block.insts.iter().all(|inst| {
            let is_late = adds(&inst.op) && (done || matches!(inst.op, ir::Op::Call(..)));
            done |= does(&inst.op);
            !is_late
        })
    })
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

    /// Whether the first global is an array whose additions run beside each other, where this is around a hit's.
    fn is_shared(before: &str, behind: &str) -> bool {
        let text = format!(
            "fmt0 \"%d\" (int) global0 \"m\" map (int) int capacity 0 global1 \"n\" int 0
            probe \"f\" function \"f\" arguments 1 handler func0 probe \"end\" end 0 handler func1
            func0 \"f\" () {{ block0: v0: int = int 1 @0 {before} v1: int = map.add global0 [v0], v0 @0 {behind} return }}
            func1 \"end\" () {{ block0: return }}
            func2 \"looks\" (int) {{ local0 \"x\" int block0: return }}
            func3 \"prints\" (int) {{ local0 \"x\" int block0: v0: int = local.get local0 @0 call func4 (v0) @0 return }}
            func4 \"print\" (int) {{ local0 \"x\" int block0: v0: int = local.get local0 @0 print fmt0 (v0) @0 return }}"
        );
        let program = ir::parse(&text).expect("a program");
        Sharing::new(&program, &crate::effects::effects(&program)).is_shared(0)
    }

    #[test]
    fn additions_run_beside_each_other_where_they_are_all_that_a_hit_does() {
        assert!(is_shared("", ""));
        assert!(!is_shared("", "v2: int = global.add global1, v0 @0"));
    }

    #[test]
    fn what_cannot_be_undone_comes_behind_the_only_addition() {
        let (print, add) = ("print fmt0 (v0) @0", "v2: int = map.add global0 [v0], v0 @0");
        assert!(is_shared("", print));
        assert!(!is_shared(print, ""));
        assert!(!is_shared("", add));
        assert!(!is_shared("store v0, 8, v0 @0", "") && !is_shared("builtin exit () @0", ""));
        // One of two, or one again and again.
        assert!(is_shared("branch v0, block1, block2 block1:", &format!("return block2: {add}")));
        assert!(!is_shared("jump block1 block1:", "branch v0, block1, block2 block2:"));
        assert!(!is_shared("branch v0, block1, block2 block1:", &format!("jump block2 block2: {print} {add}")));
    }

    #[test]
    fn a_function_that_is_called_may_add() {
        assert!(is_shared("call func2 (v0) @0", ""));
        assert!(!is_shared("call func3 (v0) @0", "") && !is_shared("call func4 (v0) @0", ""));
    }
}
