// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who calls whom: depths, for MAXNESTING, and costs, for MAXACTION.

use super::{effects::ops, graph::Graph};
use crate::{FuncId, Function, Op, Program};

/// The calls of a program.
pub(super) struct Calls {
    /// By function: what it calls, once for each call.
    pub callees: Vec<Vec<usize>>,
    /// Functions that can be reached from handlers and conditions, each after what it calls, recursion aside.
    pub order: Vec<usize>,
    /// By function: the most calls that are active when it is entered; none where recursion has no such bound.
    pub level: Vec<Option<u32>>,
    /// By function: the most calls that it makes one in another; none where that has no bound.
    pub height: Vec<Option<u32>>,
}

impl Calls {
    pub fn new(program: &Program) -> Self {
        let callees: Vec<Vec<usize>> = program.functions.iter().map(|function| called(function).collect()).collect();
        let order = postorder(program, &callees);
        let n_functions = program.functions.len();
        let mut position = vec![usize::MAX; n_functions];
        order.iter().enumerate().for_each(|(at, function)| position[*function] = at);
        // A call to what does not come earlier closes a circle.
        let mut height = vec![None; n_functions];
        for &function in &order {
            let mut below = callees[function].iter().map(|callee| height[*callee].map(|height: u32| height + 1));
            height[function] = below.try_fold(0, |most: u32, next| Some(most.max(next?)));
        }
        let mut level = vec![Some(0); n_functions];
        for &function in order.iter().rev() {
            for &callee in &callees[function] {
                let circle = position[callee] >= position[function];
                let entered = level[function].filter(|_| !circle).map(|level| level + 1);
                level[callee] = level[callee].zip(entered).map(|(known, entered)| known.max(entered));
                if circle {
                    // Whatever it calls has been gone through with a bound that does not hold.
                    unbound(&callees, &mut level, callee);
                }
            }
        }
        Self { callees, order, level, height }
    }

    /// Whether a call surely stays within MAXNESTING, and all that the callee calls.
    pub fn nests(&self, caller: usize, callee: usize, max_nesting: u32) -> bool {
        let deepest = self.level[caller].zip(self.height[callee]).map(|(level, height)| level + 1 + height);
        deepest.is_some_and(|deepest| deepest <= max_nesting)
    }
}

fn unbound(callees: &[Vec<usize>], level: &mut [Option<u32>], function: usize) {
    let mut work = vec![function];
    let mut seen = vec![false; callees.len()];
    while let Some(function) = work.pop() {
        if !std::mem::replace(&mut seen[function], true) {
            level[function] = None;
            work.extend(&callees[function]);
        }
    }
}

fn called(function: &Function) -> impl Iterator<Item = usize> + '_ {
    ops(function).filter_map(|op| if let Op::Call(callee, _) = op { Some(callee.index()) } else { None })
}

/// The handlers of a program, entry handlers included.
pub(super) fn handlers(program: &Program) -> impl Iterator<Item = FuncId> + '_ {
    program.probes.iter().flat_map(|probe| [Some(probe.handler), probe.entry]).flatten()
}

/// What is run from outside: handlers and conditions.
pub(super) fn roots(program: &Program) -> impl Iterator<Item = FuncId> + '_ {
    handlers(program).chain(program.probes.iter().filter_map(|probe| probe.condition))
}

fn postorder(program: &Program, callees: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; callees.len()];
    for root in roots(program) {
        let mut stack = vec![(root.index(), 0)];
        if std::mem::replace(&mut seen[root.index()], true) {
            continue;
        }
        while let Some((function, next)) = stack.last_mut() {
            match callees[*function].get(*next) {
                Some(&callee) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[callee], true) {
                        stack.push((callee, 0));
                    }
                }
                None => {
                    order.push(*function);
                    stack.pop();
                }
            }
        }
    }
    order
}

/// By function: the most actions that one run of it spends, its callees' included; none where loops or recursion set no
/// bound.
pub(super) fn costs(program: &Program, calls: &Calls) -> Vec<Option<u64>> {
    let mut costs = vec![None; program.functions.len()];
    for &index in &calls.order {
        costs[index] = cost(&program.functions[index], &costs);
    }
    costs
}

/// The most expensive path through a function.
fn cost(function: &Function, costs: &[Option<u64>]) -> Option<u64> {
    let graph = Graph::new(function);
    let mut position = vec![0; function.blocks.len()];
    graph.order.iter().enumerate().for_each(|(at, block)| position[*block] = at);
    let mut spent = vec![0u64; function.blocks.len()];
    let mut most = 0;
    for &index in &graph.order {
        let block = &function.blocks[index];
        let mut sum = spent[index];
        for inst in &block.insts {
            sum = sum.saturating_add(match inst.op {
                Op::Budget(actions) => actions.into(),
                Op::Call(callee, _) => costs[callee.index()]?,
                _ => 0,
            });
        }
        most = most.max(sum);
        for &next in &graph.succs[index] {
            if position[next] <= position[index] {
                return None;
            }
            spent[next] = spent[next].max(sum);
        }
    }
    Some(most)
}
