// SPDX-License-Identifier: MIT OR Apache-2.0
//! The IR's text, reader, verifier, optimiser, interpreter and code generators. Whatever the reader takes, the printer gives
//! back; whatever the verifier takes, all else takes too.

use crate::check_program;

/// What the module says, of one input.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(mut program) = spile_ir::parse(text) else { return };
    let printed = program.to_string();
    assert_eq!(spile_ir::parse(&printed).as_ref(), Ok(&program), "{printed}");
    if spile_ir::verify(&program).is_err() {
        return;
    }
    check_program(&program);
    spile_ir::optimise(&mut program);
    if let Err(errors) = spile_ir::verify(&program) {
        panic!("the optimiser broke the program: {}\n{printed}", errors[0]);
    }
    check_program(&program);
}
