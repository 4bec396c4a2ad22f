// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiles a program in the IR's text form, and says how long that took and how large the code is:
//! `cargo run --release -p spile-jit --example compile_ir -- x86_64 FILE.ir [clif|assembly]`

use std::time::{Duration, Instant};

use spile_jit::{Arch, JitOptions, compile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (Some(arch), Some(path)) = (args.first(), args.get(1)) else {
        return Err("usage: compile_ir x86_64|aarch64 FILE.ir [clif|assembly]".into());
    };
    let arch = if arch == "aarch64" { Arch::Aarch64 } else { Arch::X86_64 };
    let program = spile_ir::parse(&std::fs::read_to_string(path)?)?;
    let options = JitOptions { dump: args.len() > 2, ..JitOptions::new(arch) };
    let mut times = Vec::new();
    let mut compiled = compile(&program, &options)?;
    for _ in 0..20 {
        let begun = Instant::now();
        compiled = compile(&program, &options)?;
        times.push(begun.elapsed());
    }
    match (args.get(2).map(String::as_str), compiled.dump) {
        (Some("clif"), Some(dump)) => println!("{}", dump.clif),
        (Some(_), Some(dump)) => println!("{}", dump.assembly),
        _ => {}
    }
    let image = spile_abi::Image::parse(&compiled.image)?;
    for function in image.host()?.functions {
        println!("{:6} bytes  {}", function.end - function.start, function.name);
    }
    times.sort();
    let median: Duration = times[times.len() / 2];
    println!("{} bytes of text, compiled in {:.2} ms", image.text().len(), median.as_secs_f64() * 1e3);
    Ok(())
}
