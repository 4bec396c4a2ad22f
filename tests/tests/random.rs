// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random scripts, on every engine: none is refused, none makes the compiler panic, and all engines show the same.
//!
//! `SPILE_SEED=n` runs the scripts from seed n on, `SPILE_PROGRAMS=n` so many of them. A failure says its seed, and shows a
//! script that was made as small as could be.

use std::time::{SystemTime, UNIX_EPOCH};

use spile_tests::generate::{Choices, Engines, Failure, generate, minimise};

/// Scripts of a test, unless the environment says otherwise.
const PROGRAMS: u64 = 100;

/// Tries to make a failing script smaller.
const TRIES: usize = 600;

#[test]
fn the_same_scripts_always_a() {
    check(1_000_000, PROGRAMS);
}

#[test]
fn the_same_scripts_always_b() {
    check(2_000_000, PROGRAMS);
}

#[test]
fn the_same_scripts_always_c() {
    check(3_000_000, PROGRAMS);
}

#[test]
fn other_scripts_each_time_a() {
    check(seed_of_today(), PROGRAMS);
}

#[test]
fn other_scripts_each_time_b() {
    check(seed_of_today() ^ 1 << 40, PROGRAMS);
}

/// The environment decides; nothing without it.
#[test]
fn scripts_of_a_seed() {
    if let Some(seed) = number("SPILE_SEED") {
        check(seed, number("SPILE_PROGRAMS").unwrap_or(1));
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn seed_of_today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

fn check(first: u64, count: u64) {
    let mut engines = Engines::start().expect("engines start");
    for seed in first..first + count {
        let mut choices = Choices::random(seed);
        let script = generate(&mut choices);
        if let Err(failure) = engines.check(&script) {
            report(&mut engines, seed, choices, &failure);
        }
    }
    // Four compilations each. If many were refused, the generator would test less than it says.
    assert!(
        engines.too_deep <= count / 2 + 4,
        "{} of {} compilations need too much stack",
        engines.too_deep,
        4 * count
    );
}

fn report(engines: &mut Engines, seed: u64, choices: Choices, failure: &Failure) {
    let mut last = failure.clone();
    let list = minimise(choices.made(), TRIES, |list| match engines.check(&generate(&mut Choices::replay(list))) {
        Err(other) if other.is_like(failure) => {
            last = other;
            true
        }
        _ => false,
    });
    let small = generate(&mut Choices::replay(&list));
    panic!("SPILE_SEED={seed}: {last}\n--- limits {:?}, script\n{}", small.limits, small.text);
}
