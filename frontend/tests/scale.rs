// SPDX-License-Identifier: MIT OR Apache-2.0
//! A script of twice the length takes twice the time, whatever its shape. (How long that is, `examples/large_script.rs` shows.)

#[path = "common/large.rs"]
mod large;

use spile_frontend::mock::MockTarget;
use spile_frontend::{Options, Source, TapsetLibrary};

/// Processor time of this thread.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells the time of threads");
    text.split_whitespace().next().and_then(|ns| ns.parse().ok()).expect("a number of nanoseconds")
}

/// The least time of several that a script takes, compiled so many times over.
fn cost(text: &str, times: u64, library: &TapsetLibrary) -> u64 {
    let source = [Source { name: "large.stp".into(), text: text.into() }];
    let once = || {
        let before = cpu_ns();
        let compiled = spile_frontend::compile(&source, library, &Options::default(), &MockTarget::new());
        if let Err(failed) = &compiled {
            panic!("{}", failed.diagnostics.render(&failed.sources, false));
        }
        cpu_ns() - before
    };
    (0..3).map(|_| (0..times).map(|_| once()).sum()).min().unwrap_or(0)
}

/// So many times the lines, at once instead of in parts, may take so many times as long; quadratic would be eight times.
const PARTS: u64 = 8;
const MOST: u64 = 4;
/// What takes less is not told apart from nothing.
const LEAST_NS: u64 = 10_000_000;

#[test]
fn time_grows_with_the_script() {
    let library = TapsetLibrary::builtin();
    let mut slow = Vec::new();
    for (name, shape) in large::SHAPES {
        let parts = cost(&shape(250), PARTS, &library).max(LEAST_NS);
        let whole = cost(&shape(2000), 1, &library);
        println!("{name}: in parts {parts} ns, at once {whole} ns");
        if whole > MOST * parts {
            slow.push((name, parts, whole));
        }
    }
    assert!(slow.is_empty(), "these take longer at once than in parts, in nanoseconds: {slow:?}");
}
