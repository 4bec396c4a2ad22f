// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures how long a kernel's facts take to load.
//!
//! `cargo run --release -p spile-debuginfo --example measure -- [ROOT [RELEASE [ARCH]]]`: reads the files of
//! `spile_debuginfo::facts` below a folder; by default, those of this machine.

use std::path::Path;
use std::time::Instant;

use spile_debuginfo::{KernelTarget, Kit};
use spile_frontend::target::{Arch, Target, TypeTag};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().unwrap_or("/".into());
    let release = match arguments.next() {
        Some(release) => release,
        None => std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
    };
    let arch = match arguments.next().as_deref().unwrap_or(std::env::consts::ARCH) {
        "aarch64" => Arch::Aarch64,
        _ => Arch::X86_64,
    };

    let mut clock = Clock(Instant::now());
    let kit = Kit::from_facts(arch, &release, |path| {
        let content = std::fs::read(Path::new(&root).join(path.trim_start_matches('/'))).ok()?;
        println!("{:9} bytes  {path}", content.len());
        Some(content)
    })?;
    clock.lap("read all files and make a kit");
    let packed = kit.to_bytes()?;
    clock.lap("pack it");
    println!("{} symbols, packed {} bytes", kit.symbols.len(), packed.len());

    clock = Clock(Instant::now());
    let kit = Kit::from_bytes(&packed)?;
    clock.lap("unpack it");
    let target = KernelTarget::new(kit)?;
    clock.lap("make a target");
    println!("{} types", target.btf().end_id());
    let task = target.find_type(TypeTag::Struct, "task_struct");
    clock.lap("first type by name, with the index");
    println!("{:?}", task.and_then(|task| target.member(task, "comm")));
    clock.lap("a member");
    println!("{:?}", target.function("vfs_read", None));
    clock.lap("first function by name, with the index");
    println!("{:?}", target.enumerator("TASK_COMM_LEN"));
    clock.lap("first enumerator, with the index");
    println!("{} vfs_*", target.functions("vfs_*", None).len());
    clock.lap("vfs_*");
    println!("{} functions", target.functions("*", None).len());
    clock.lap("*");
    println!("{:?}", target.tracepoints("sched_switch"));
    clock.lap("a tracepoint");
    println!("{} tracepoints", target.tracepoints("*").len());
    clock.lap("all tracepoints");
    Ok(())
}

struct Clock(Instant);

impl Clock {
    fn lap(&mut self, what: &str) {
        println!("{:9.3} ms  {what}", self.0.elapsed().as_secs_f64() * 1e3);
        self.0 = Instant::now();
    }
}
