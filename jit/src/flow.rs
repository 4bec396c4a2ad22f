// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may have happened in a function before a block begins.

use spile_ir as ir;

/// By block: which of `n` things may have happened before, on some way to it. `note` marks what an operation does.
pub fn before(function: &ir::Function, n: usize, note: impl Fn(&ir::Op, &mut [bool])) -> Vec<Vec<bool>> {
    let mut before = vec![vec![false; n]; function.blocks.len()];
    let mut again = true;
    while again {
        again = false;
        for (index, block) in function.blocks.iter().enumerate() {
            let mut after = before[index].clone();
            block.insts.iter().for_each(|inst| note(&inst.op, &mut after));
            let goals = block.end.targets().into_iter().map(|target| target.block);
            for goal in goals.chain(block.catch) {
                for (known, new) in before[goal.index()].iter_mut().zip(&after) {
                    again |= *new && !*known;
                    *known |= *new;
                }
            }
        }
    }
    before
}
