// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sessions in a machine that has not enough memory for them.

use anyhow::Result;
use spile_tests::lab_arena;
use spile_tests::lab_facts::Compiler;
use spile_tests::lab_guest::Guest;
use spile_vm_lab::Cell;

/// They are refused with one message, nobody is killed for them, and nothing is left.
pub fn short(cell: Cell) -> Result<()> {
    let compiler = Compiler::new(cell)?;
    let array = |entries: u32| {
        let script = format!("global a[{entries}] probe begin {{ a[1, \"x\"] = 1 println(\"began\") exit() }}");
        compiler.image("array.stp", &script, &[])
    };
    Guest::new(cell)?
        .memory_mib(320)
        .file("/images/small", compiler.image("small.stp", "probe begin { println(\"small\") exit() }", &[])?)
        .file("/images/middle", array(150_000)?)
        .file("/images/large", array(400_000)?)
        .file("/images/arena", lab_arena::image(&compiler)?)
        .run(concat!(include_str!("../../lab/lib.sh"), include_str!("../../lab/memory.sh")))?;
    Ok(())
}
