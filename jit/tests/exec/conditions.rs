// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handler that kshim asks conditions with, and handlers that change what they read.
#![cfg(target_arch = "x86_64")]

use spile_abi::{self as abi, spile_ctx};

use crate::hits::{Loaded, Seen};

/// The words that the image's handler for conditions leaves.
fn asked(loaded: &mut Loaded) -> Vec<u64> {
    let mut words = vec![7; loaded.n_conditions as usize];
    let mut ctx = spile_ctx { entry: words.as_mut_ptr() as u64, ..spile_ctx::default() };
    loaded.call(loaded.conditions, &mut ctx);
    words
}

/// How often a hit of a probe says that conditions may have changed.
fn tells(loaded: &mut Loaded, probe: usize) -> u64 {
    Seen::take();
    loaded.call(loaded.probes[probe].handler, &mut spile_ctx::default());
    Seen::take().changed
}

const PROGRAM: &str = r#"
    global0 "on" int 0
    global1 "n" int 5
    global2 "other" int 0
    probe "a" function "a" handler func0 condition func4
    probe "b" function "b" handler func1 condition func5
    probe "c" timer 1000000 0 handler func2 condition func4
    probe "d" begin 0 handler func3
    func0 "other" () { block0: v0: int = int 1 @0 v1: int = global.add global2, v0 @0 return }
    func1 "n" () { block0: v0: int = int 1 @0 v1: int = global.add global1, v0 @0 return }
    func2 "on" () { block0: call func7 () @0 return }
    func3 "nothing" () { block0: return }
    func4 "on?" () -> int { block0: v0: int = call func6 () @0 return v0 }
    func5 "n?" () -> int { block0: v0: int = global.get global1 @0 v1: int = int 6 @0 v2: int = lt v0, v1 @0
        branch v2, block1, block2
        block1: v3: int = int 1 @0 return v3
        block2: v4: int = int 0 @0 return v4 }
    func6 "get" () -> int { block0: v0: int = global.get global0 @0 return v0 }
    func7 "set" () { block0: v0: int = int 9 @0 global.set global0, v0 @0 return }
"#;

#[test]
fn conditions_are_asked_and_changes_are_told() {
    let mut loaded = Loaded::new(PROGRAM);
    let conditions: Vec<u32> = loaded.probes.iter().map(|probe| probe.condition).collect();
    assert_eq!(conditions, [0, 1, 0, abi::SPILE_NO_CONDITION], "two probes share one");
    assert_eq!(asked(&mut loaded), [0, 1]);
    assert_eq!(tells(&mut loaded, 0), 0, "no condition reads that");
    assert_eq!(asked(&mut loaded), [0, 1]);
    assert_eq!(tells(&mut loaded, 1), 1, "a counter that a condition reads is not part of a trampoline only");
    assert_eq!(asked(&mut loaded), [0, 0]);
    assert_eq!(tells(&mut loaded, 2), 1, "what it calls writes");
    assert_eq!(asked(&mut loaded)[0], 1, "a number is true or not");
    assert_eq!(tells(&mut loaded, 3), 0);
}

#[test]
fn an_error_does_not_hide_a_change() {
    let text = r#"
        global0 "on" int 0
        probe "a" function "a" handler func0 condition func1
        func0 "fails" () { block0: v0: int = int 1 @0 global.set global0, v0 @0 v1: int = int 0 @0
            v2: int = div v0, v1 @0 global.set global0, v2 @0 return }
        func1 "on?" () -> int { block0: v0: int = global.get global0 @0 return v0 }"#;
    let mut loaded = Loaded::new(text);
    assert_eq!(tells(&mut loaded, 0), 1);
    assert_eq!(asked(&mut loaded), [1]);
}

/// Two strings, a number, and handlers that write the first string and the number.
const STRINGS: &str = r#"
    str0 "on" str1 "off"
    global0 "mode" str "off"
    global1 "other" str "off"
    global2 "n" int 7
    probe "a" function "a" handler func0 condition func3
    probe "b" function "b" handler func1 condition func4
    probe "c" function "c" handler func2 condition func5
    func0 "on" () { block0: v0: str = str str0 @0 global.set global0, v0 @0 return }
    func1 "read" () { block0: v0: str = global.get global1 @0 v1: int = builtin strlen (v0) @0
        global.set global2, v1 @0 return }
    func2 "nothing" () { block0: return }
    func3 "off?" () -> int { block0: v0: str = global.get global0 @0 v1: str = str str1 @0 v2: int = str.eq v0, v1 @0
        return v2 }
    func4 "differ?" () -> int { block0: v0: str = global.get global0 @0 v1: str = global.get global1 @0
        v2: int = str.ne v0, v1 @0 return v2 }
    func5 "divided?" () -> int { block0: v0: int = global.get global2 @0 v1: int = int 3 @0 v2: int = rem v0, v1 @0
        v3: int = int -1 @0 v4: int = div v2, v3 @0 return v4 }
"#;

/// The lock of the first global, a string of the session's limit: behind its slot.
fn lock_of_string(loaded: &mut Loaded) -> &mut u64 {
    &mut loaded.data[(64 + spile_rt::str_slot(512) as usize) / 8]
}

#[test]
fn strings_are_compared_under_their_locks() {
    let mut loaded = Loaded::new(STRINGS);
    assert_eq!(asked(&mut loaded), [1, 0, 1]);
    // Somebody is writing it: nothing is said, and nobody waited for or counted.
    *lock_of_string(&mut loaded) = u64::from(abi::SPILE_OWNER | 3);
    assert_eq!(asked(&mut loaded), [7; 3]);
    *lock_of_string(&mut loaded) = 0;
    assert_eq!(tells(&mut loaded, 0), 1);
    assert_eq!(asked(&mut loaded), [0, 1, 1]);
    assert_eq!(*lock_of_string(&mut loaded), 0, "it is given back");
    // Readers are no hindrance.
    *lock_of_string(&mut loaded) = 1;
    assert_eq!(asked(&mut loaded), [0, 1, 1]);
    assert_eq!(*lock_of_string(&mut loaded), 1);
    assert_eq!(tells(&mut loaded, 1), 1, "the length of a string is a multiple of 3");
    assert_eq!(asked(&mut loaded)[2], 0);
}

#[test]
fn many_conditions_are_asked() {
    let count = abi::SPILE_MAX_CONDITIONS as usize + 1;
    let mut text = "global0 \"n\" int 70".to_owned();
    for number in 0..count {
        text += &format!("\nprobe \"p{number}\" function \"f{number}\" handler func0 condition func{}", number + 1);
    }
    text += "\nfunc0 \"nothing\" () { block0: return }";
    for number in 0..count {
        text += &format!(
            "\nfunc{} \"c\" () -> int {{ block0: v0: int = global.get global0 @0 v1: int = int {number} @0
            v2: int = eq v0, v1 @0 return v2 }}",
            number + 1
        );
    }
    let mut loaded = Loaded::new(&text);
    let words = asked(&mut loaded);
    assert_eq!(words.len(), count - 1);
    assert!((0..).zip(&words).all(|(number, word)| *word == u64::from(number == 70)));
    assert_eq!(loaded.probes[count - 1].condition, abi::SPILE_NO_CONDITION, "one too many");
}

/// Probes with conditions that could fail, act, or need more than a look at scalars are attached all the time.
#[test]
fn only_plain_conditions_are_asked() {
    for condition in [
        "v0: int = global.get global0 @0 v1: int = div v0, v0 @0 return v1",
        "v0: int = global.get global0 @0 v1: int = int 0 @0 v2: int = rem v0, v1 @0 return v2",
        "v0: int = global.get global0 @0 global.set global0, v0 @0 return v0",
        "v0: int = builtin current_task () @0 return v0",
        "v0: str = global.get global1 @0 v1: int = builtin strlen (v0) @0 return v1",
        "v0: int = int 1 @0 v1: int = map.get global2 [v0] @0 return v1",
        "budget 1 @0 v0: int = global.get global0 @0 return v0",
    ] {
        let text = format!(
            "global0 \"on\" int 0 global1 \"s\" str \"\" global2 \"m\" map (int) int capacity 10
            probe \"a\" function \"a\" handler func0 condition func1
            func0 \"on\" () {{ block0: v0: int = int 1 @0 global.set global0, v0 @0 return }}
            func1 \"on?\" () -> int {{ block0: {condition} }}"
        );
        let mut loaded = Loaded::new(&text);
        assert_eq!((loaded.n_conditions, loaded.conditions), (0, abi::SPILE_NO_TEXT), "{condition}");
        assert_eq!(loaded.probes[0].condition, abi::SPILE_NO_CONDITION, "{condition}");
        assert_eq!(tells(&mut loaded, 0), 0, "{condition}");
    }
}

/// Trampolines come and go as a whole: probes with different conditions do not share one, if their functions differ.
#[test]
fn a_trampoline_has_one_set_of_conditions() {
    let text = r#"
        global0 "on" int 0
        global1 "off" int 0
        probe "a" function "a" handler func0 condition func1
        probe "b" function "b" handler func0 condition func2
        probe "c" function "c" handler func0 condition func1
        probe "d" function "d" handler func0
        func0 "nothing" () { block0: return }
        func1 "on?" () -> int { block0: v0: int = global.get global0 @0 return v0 }
        func2 "off?" () -> int { block0: v0: int = global.get global1 @0 return v0 }"#;
    let loaded = Loaded::new(text);
    let of: Vec<u32> = loaded.probes.iter().map(|probe| probe.trampoline).collect();
    assert_eq!(loaded.trampolines.len(), 3);
    assert_eq!(of[0], of[2]);
    assert!(of[0] != of[1] && of[0] != of[3] && of[1] != of[3], "{of:?}");
}
