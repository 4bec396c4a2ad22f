// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long others wait for an array that a handler sorts and empties: the instructions it executes while it holds the
//! array, counted one by one. They depend on how many elements it may visit, not on how many there are.
#![cfg(target_arch = "x86_64")]
#![expect(unsafe_code, reason = "looks into a process of its own")]

use nix::libc;
use spile_abi::spile_ctx;

use crate::cost::step;
use crate::hits::Loaded;

const ELEMENTS: u64 = 4200;

/// The longest time that the first global is locked in the second probe's handler, and the whole time it takes.
fn longest(text: &str, lock: usize) -> (u32, u32) {
    let mut loaded = Loaded::new(text);
    for number in 0..ELEMENTS {
        let args = [number * 2_654_435_761 % 10_007; 3];
        let mut ctx = spile_ctx { args: args.as_ptr() as u64, ..Default::default() };
        loaded.call(loaded.probes[0].handler, &mut ctx);
    }
    let handler = loaded.probes[1].handler;
    let word = &raw const loaded.data[lock] as usize;
    let (mut now, mut longest, mut all) = (0, 0, 0);
    let mut ctx = spile_ctx::default();
    step(
        || loaded.call(handler, &mut ctx),
        |process, _| {
            // SAFETY: a word of the stopped process, which is a copy of this one.
            let word = unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, process, word, 0) } as u32;
            now = if word == 0 { 0 } else { now + 1 };
            longest = longest.max(now);
            all += 1;
        },
    );
    (longest, all)
}

#[test]
fn an_array_is_not_held_for_as_long_as_it_is_large() {
    let text = |order: &str| {
        format!(
            "limits max_action 32 global0 \"a\" map (int) int capacity {ELEMENTS}
            probe \"f\" function \"f\" arguments 3 handler func0 probe \"t\" timer 1000000 0 handler func1
            func0 \"f\" () {{ block0: v0: int = arg 0 @0 v1: int = map.add global0 [v0], v0 @0 return }}
            func1 \"t\" () {{ block0: v0: int = iter.first global0 [_] {order} @0 jump block1
            block1: global.clear global0 @0 return }}"
        )
    };
    let (longest, all) = longest(&text(", value descending"), 64 / 8);
    assert!(all > 20 * ELEMENTS as u32, "all elements are looked at: {all} instructions");
    assert!(longest < 15_000, "{longest} of {all} instructions without a pause");
    let (longest, _) = self::longest(&text(""), 64 / 8);
    assert!(longest < 400, "{longest} instructions to empty it");
}
