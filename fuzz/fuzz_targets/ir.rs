// SPDX-License-Identifier: MIT OR Apache-2.0
//! See `spile_fuzz_checks::ir`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use spile_fuzz_checks::{ir, mutate};

fuzz_target!(|data: &[u8]| ir::check(data));

// Most mutations are of the program that the text stands for, the others of the text.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 4 != 0
        && let Some(text) = mutate::text(&data[..size], seed)
        && text.len() <= max_size.min(data.len())
    {
        data[..text.len()].copy_from_slice(text.as_bytes());
        return text.len();
    }
    fuzzer_mutate(data, size, max_size)
});
