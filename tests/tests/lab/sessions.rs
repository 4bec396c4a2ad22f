// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several sessions in one kernel, on the same function.

use anyhow::{Result, ensure};
use spile_tests::lab_arena;
use spile_tests::lab_facts::Compiler;
use spile_tests::lab_guest::Guest;
use spile_vm_lab::Cell;

/// Kernels whose ftrace calls nobody directly.
const WITHOUT_DIRECT_CALLS: [&str; 2] = ["debian-5.10-arm64", "debian-6.1-arm64"];

/// They end in another order than they began, one by SIGKILL; each has counted the reads of its own time; kshim cannot
/// be unloaded meanwhile, and nothing is left afterwards. Where the kernel has direct calls, all of them are called so.
pub fn end_in_any_order(cell: Cell) -> Result<()> {
    let compiler = Compiler::new(cell)?;
    let counting = compiler.image("counting.stp", include_str!("../../lab/counting.stp"), &[])?;
    let mut guest = Guest::new(cell)?.file("/images/arena", lab_arena::image(&compiler)?);
    let attach = if WITHOUT_DIRECT_CALLS.contains(&&*cell.name()) { "" } else { "--attach direct,timer" };
    guest = guest.file("/attach", attach);
    for name in ["first", "second", "third", "fourth"] {
        guest = guest.file(&format!("/images/{name}"), counting.clone());
    }
    let said = guest.run(concat!(include_str!("../../lab/lib.sh"), include_str!("../../lab/sessions.sh")))?;
    for (name, reads) in [("second", 1000), ("third", 3000), ("fourth", 1000)] {
        let bytes = 7 * reads;
        let expected = format!("begun\nentries {reads}\nreturns {reads}\nbytes {bytes}\nby dd {reads}\n");
        ensure!(lines_of(&said, name) == expected, "{name}: expected\n{expected}but\n{said}");
    }
    ensure!(lines_of(&said, "first") == "begun\n", "{said}");
    Ok(())
}

/// The lines that a session printed.
fn lines_of(said: &str, name: &str) -> String {
    let lines = said.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.map(|line| format!("{line}\n")).collect()
}
