// SPDX-License-Identifier: MIT OR Apache-2.0
//! Optimises a program in the IR's text form, and says how long that took and how many operations are left:
//! `cargo run --release -p spile-ir --example optimise_ir -- FILE.ir [text]`

use std::time::{Duration, Instant};

use spile_ir::{Program, optimise, parse};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().ok_or("usage: optimise_ir FILE.ir [text]")?;
    let program = parse(&std::fs::read_to_string(path)?)?;
    let mut times = Vec::new();
    let mut optimised = program.clone();
    for _ in 0..21 {
        optimised = program.clone();
        let begun = Instant::now();
        optimise(&mut optimised);
        times.push(begun.elapsed());
    }
    times.sort();
    let median: Duration = times[times.len() / 2];
    if args.len() > 1 {
        println!("{optimised}");
    }
    println!("{} operations become {} in {:.3} ms", size(&program), size(&optimised), median.as_secs_f64() * 1e3);
    Ok(())
}

fn size(program: &Program) -> usize {
    program.functions.iter().flat_map(|function| &function.blocks).map(|block| block.insts.len()).sum()
}
