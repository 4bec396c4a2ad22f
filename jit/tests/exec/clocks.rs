// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's clocks, told by the cycle counter.
#![cfg(target_arch = "x86_64")]
#![expect(unsafe_code, reason = "reads the counter")]

use spile_abi::{spile_clocks_copy, spile_ctx};

use crate::hits::Loaded;

/// Bytes from one copy to the other.
const OTHER: u64 = size_of::<spile_clocks_copy>() as u64;

const PROGRAM: &str = "global0 \"g\" int 0
    probe \"mono\" function \"f\" handler func0 probe \"real\" function \"f\" handler func1
    probe \"boot\" function \"f\" handler func2 probe \"twice\" function \"f\" handler func3
    func0 \"m\" () { block0: v0: int = builtin time_mono_ns () @0 global.set global0, v0 @0 return }
    func1 \"r\" () { block0: v0: int = builtin time_real_ns () @0 global.set global0, v0 @0 return }
    func2 \"b\" () { block0: v0: int = builtin time_boot_ns () @0 global.set global0, v0 @0 return }
    func3 \"t\" () { block0: v0: int = builtin time_mono_ns () @0 v1: int = builtin time_mono_ns () @0
        v2: int = sub v1, v0 @0 global.set global0, v2 @0 return }";

/// What the handler of a probe finds with one of the copies; the other has nothing.
fn tell(loaded: &mut Loaded, probe: usize, number: u64, copy: spile_clocks_copy) -> i64 {
    let empty = spile_clocks_copy { mono: 77, real: 77, boot: 77, ..Default::default() };
    loaded.clocks.copies = if number as u32 == 0 { [copy, empty] } else { [empty, copy] };
    (loaded.clocks.begun, loaded.clocks.ended) = (number, number);
    loaded.call(loaded.probes[probe].handler, &mut spile_ctx::default());
    loaded.global()
}

fn cycles() -> u64 {
    // SAFETY: there is a counter on every x86_64.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[test]
fn each_clock_has_its_base() {
    let mut loaded = Loaded::new(PROGRAM);
    let copy =
        spile_clocks_copy { fraction: 5 << 8, shift: 8, mono: 1000, real: 2000, boot: 3000, ..Default::default() };
    for number in [0, 7 << 32 | OTHER] {
        let times = [0, 1, 2].map(|probe| tell(&mut loaded, probe, number, copy));
        assert_eq!(times, [1005, 2005, 3005], "with copy {number}");
    }
}

#[test]
fn time_passes_as_cycles_do() {
    let mut loaded = Loaded::new(PROGRAM);
    let last = cycles();
    let copy = spile_clocks_copy { last, mult: 512, shift: 8, mono: 1000, ..Default::default() };
    let time = tell(&mut loaded, 0, 0, copy) - 1000;
    let most = 2 * (cycles() - last) as i64;
    assert!(time > 0 && time <= most, "{time} of {most}");
    assert!(tell(&mut loaded, 3, 0, copy) > 0, "the counter is read each time");
}

#[test]
fn a_counter_from_before_is_a_time_before() {
    let mut loaded = Loaded::new(PROGRAM);
    // About an hour.
    let ahead = 1 << 43;
    let last = cycles() + ahead;
    let copy = spile_clocks_copy { last, mult: 256, shift: 8, mono: 1 << 50, ..Default::default() };
    let behind = (1 << 50) - tell(&mut loaded, 0, 0, copy);
    assert!(behind > 0 && behind <= ahead as i64, "{behind}");
}

#[test]
fn a_copy_that_changes_is_not_used() {
    let mut loaded = Loaded::new(PROGRAM);
    let copy = spile_clocks_copy { mono: 1000, ..Default::default() };
    assert_eq!(tell(&mut loaded, 0, 0, copy), 1000);
    loaded.clocks.ended = 1 << 32 | OTHER;
    loaded.call(loaded.probes[0].handler, &mut spile_ctx::default());
    assert_ne!(loaded.global(), 1000, "an import tells the time");
}
