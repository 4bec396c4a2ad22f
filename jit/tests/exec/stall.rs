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

/// The longest time that the first global, an array, is locked in the second probe's handler, and the whole time it takes.
fn longest(text: &str, elements: u64) -> (u32, u32) {
    let mut loaded = Loaded::new(text);
    for number in 0..elements {
        let args = [number * 2_654_435_761 % 10_007; 3];
        let mut ctx = spile_ctx { args: args.as_ptr() as u64, ..Default::default() };
        loaded.call(loaded.probes[0].handler, &mut ctx);
    }
    let handler = loaded.probes[1].handler;
    let word = &raw const loaded.data[64 / 8] as usize;
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

/// Hits that fill an array of integers, and a timer.
fn ints(max_action: u32, timer: &str) -> String {
    format!(
        "limits max_action {max_action} global0 \"a\" map (int) int capacity {ELEMENTS} global1 \"three\" int 3
        probe \"f\" function \"f\" arguments 3 handler func0 probe \"t\" timer 1000000 0 handler func1
        func0 \"f\" () {{ block0: v0: int = arg 0 @0 v1: int = map.add global0 [v0], v0 @0 return }}
        func1 \"t\" () {{ block0: v0: int = int 3 @0 v1: int = global.get global1 @0 {timer} return }}"
    )
}

#[test]
fn an_array_is_not_held_for_as_long_as_it_is_large() {
    let timer = |order: &str| {
        format!("v2: int = iter.first global0 [_] {order} @0 jump block1 block1: global.clear global0 @0")
    };
    let (longest, all) = self::longest(&ints(32, &timer(", value descending")), ELEMENTS);
    assert!(all > 20 * ELEMENTS as u32, "all elements are looked at: {all} instructions");
    assert!(longest < 15_000, "{longest} of {all} instructions without a pause");
    let (longest, _) = self::longest(&ints(32, &timer("")), ELEMENTS);
    assert!(longest < 400, "{longest} instructions to empty it");
}

#[test]
fn an_array_is_not_held_for_more_than_is_visited() {
    let few = |timer: &str, elements: u64| longest(&ints(200, timer), elements).0;
    let first = |operands: &str| format!("v2: int = iter.first global0 [_], value descending{operands} @0");
    // All of them; three; a number that is not known before; in another order, too.
    assert!(few(&first(""), 180) > 50_000);
    assert!(few(&first(", v0"), 180) < 10_000);
    assert!(few(&first(", v0"), 400) < 10_000);
    assert!(few(&first(", v1"), 180) < 10_000);
    let second = "v3: int = iter.first global0 [_], key 0 ascending, v0 @0";
    assert!(few(&format!("{} {second}", first(", v0")), 400) < 10_000);
    // What was selected does not hold, or is only a part: one walk, where sorting would take 500 instructions an element.
    let changed = few(&format!("map.set global0 [v0], v0 @0 {}", first(", v0")), 400);
    assert!(changed < 400 * 40, "{changed} instructions for the first after a change");
    let slice = few("v2: int = iter.first global0 [v0], value descending @0", 400);
    assert!(slice < 400 * 80, "{slice} instructions for a slice");
}
