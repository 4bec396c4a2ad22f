// SPDX-License-Identifier: MIT OR Apache-2.0
//! The IR's text, reader, verifier, optimiser, interpreter and code generators. Whatever the reader takes, the printer gives
//! back; whatever the verifier takes, all else takes too.
//!
//! Half of the mutations are of the text, half of the program that it stands for.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use spile_fuzz::{check_program, mutate};

fuzz_target!(|data: &[u8]| {
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
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let program = std::str::from_utf8(&data[..size]).ok().and_then(|text| spile_ir::parse(text).ok());
    if let Some(program) = program
        && seed % 4 != 0
    {
        let text = mutate::mutate(program, seed).to_string();
        if text.len() <= max_size.min(data.len()) {
            data[..text.len()].copy_from_slice(text.as_bytes());
            return text.len();
        }
    }
    fuzzer_mutate(data, size, max_size)
});
