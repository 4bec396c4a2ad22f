// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long the front end takes for large scripts: `cargo run --release --example large_script [LINES [SHAPE]]`.

#[path = "../tests/common/large.rs"]
mod large;

use std::time::Instant;

use spile_frontend::mock::MockTarget;
use spile_frontend::{Options, Source, TapsetLibrary};

fn main() {
    let mut args = std::env::args().skip(1);
    let lines = args.next().and_then(|lines| lines.parse().ok()).unwrap_or(5000);
    let wanted = args.next();
    let begun = Instant::now();
    let library = TapsetLibrary::builtin();
    println!("{:>8.2} ms  the library's index, {} files", begun.elapsed().as_secs_f64() * 1e3, library.len());
    let one = ("one line", (|_| "probe begin { exit() }".to_owned()) as fn(usize) -> String);
    for (name, shape) in [&one].into_iter().chain(large::SHAPES) {
        if wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let source = [Source { name: "large.stp".into(), text: shape(lines).into() }];
        let times = (0..5).map(|_| {
            let begun = Instant::now();
            let compiled = spile_frontend::compile(&source, &library, &Options::default(), &MockTarget::new());
            assert!(compiled.is_ok(), "{name} does not compile");
            begun.elapsed()
        });
        let best = times.min().unwrap_or_default();
        println!("{:>8.2} ms  {name}", best.as_secs_f64() * 1e3);
    }
}
