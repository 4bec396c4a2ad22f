// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each pass of the optimiser: what it makes of a program, and what it leaves alone.

mod calls;
mod loops;
mod values;

use expect_test::Expect;
use spile_ir::{Program, parse, passes, run_pass, verify};

use crate::support::{World, program, run_in, show};
use crate::text::everything;

/// All that a program shows in a world with some memory.
fn shown(program: &Program) -> String {
    let mut world = World::default();
    world.kernel.map(0x1000, (0..64).collect::<Vec<u8>>());
    show(program, &run_in(program, &mut world))
}

/// What passes make of a program's functions. They must not change what it shows.
#[track_caller]
fn after(names: &[&str], mut program: Program, expected: Expect) {
    let before = shown(&program);
    for name in names {
        run_pass(&mut program, name);
        assert_eq!(verify(&program), Ok(()), "after {name}");
        assert_eq!(shown(&program), before, "after {name}");
    }
    let text = program.to_string();
    assert_eq!(parse(&text), Ok(program), "{text}");
    let functions = text.find("func0 \"").expect("a function");
    expected.assert_eq(&text[functions..]);
}

#[test]
fn all_passes_keep_programs_correct() {
    for name in passes() {
        let mut program = program(&everything());
        run_pass(&mut program, "release");
        run_pass(&mut program, name);
        assert_eq!(verify(&program), Ok(()), "after {name}");
        assert_eq!(parse(&program.to_string()), Ok(program), "after {name}");
    }
    assert!(!run_pass(&mut program(""), "no such pass"));
}
