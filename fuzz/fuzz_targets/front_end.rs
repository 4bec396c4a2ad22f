// SPDX-License-Identifier: MIT OR Apache-2.0
//! See `spile_fuzz_checks::front_end`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| spile_fuzz_checks::front_end::check(data));
