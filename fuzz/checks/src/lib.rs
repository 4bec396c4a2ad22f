// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the fuzz targets check: each takes any bytes, and panics where the compiler, or what reads its products, is wrong.

pub mod front_end;
pub mod image;
pub mod ir;
pub mod mutate;
pub mod parser;
pub mod regex;

use spile_ir::{Format, FormatValue, Interp, Program, Services, Space};
use spile_jit::{Arch, Error, JitOptions};

/// Instructions that the interpreter may take over a program.
const MAX_STEPS: u64 = 20_000;

/// The largest strings and arrays that are worth the memory.
const MAX_STRING: u32 = 4096;

/// A program that verifies prints and reads back the same, runs, and compiles for both instruction sets.
pub fn check_program(program: &Program) {
    let text = program.to_string();
    match spile_ir::parse(&text) {
        Ok(again) => assert_eq!(again, *program, "what was printed is read as another program:\n{text}"),
        Err(error) => panic!("what was printed is refused: {error}\n{text}"),
    }
    if program.limits.max_string <= MAX_STRING {
        run(program);
    }
    for arch in [Arch::X86_64, Arch::Aarch64] {
        match spile_jit::compile(program, &JitOptions::new(arch)) {
            Ok(compiled) => {
                spile_abi::Image::parse(&compiled.image)
                    .expect("the loader takes what the jit makes")
                    .host()
                    .expect("a host part");
            }
            Err(Error::GlobalTooLarge(_) | Error::RegexTooLarge(_) | Error::Stack { .. } | Error::TooMany(_)) => {}
            Err(error) => panic!("{arch:?}: {error}\n{text}"),
        }
    }
}

/// Interprets a program for a while.
fn run(program: &Program) {
    let mut world = Nothing;
    let session = Interp::new(program, &mut world).expect("the program verifies");
    let outcome = session.with_max_steps(MAX_STEPS).with_cap_ns(10_000_000).run();
    assert!(!outcome.failed || outcome.errors > 0, "a session fails by errors");
}

/// What a program prints, formats as they are.
pub fn output(program: &Program) -> Vec<u8> {
    let mut world = Nothing;
    Interp::new(program, &mut world).expect("the program verifies").run().output()
}

/// A world without memory, where formats are not looked at.
struct Nothing;

impl Services for Nothing {
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8> {
        assert_eq!(args.len(), format.args.len());
        format.text.clone()
    }

    fn load(&mut self, _: Space, _: u64, _: &mut [u8]) -> bool {
        false
    }
}
