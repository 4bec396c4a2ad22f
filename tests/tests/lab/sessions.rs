// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several sessions in one kernel, on the same function.

use anyhow::{Result, ensure};
use spile_tests::lab_arena;
use spile_tests::lab_facts::Compiler;
use spile_tests::lab_guest::Guest;
use spile_vm_lab::Cell;

/// They end in another order than they began, one by SIGKILL; each has counted the reads of its own time; kshim cannot
/// be unloaded meanwhile, and nothing is left afterwards.
pub fn end_in_any_order(cell: Cell) -> Result<()> {
    let compiler = Compiler::new(cell)?;
    let counting = compiler.image("counting.stp", include_str!("../../lab/counting.stp"), &[])?;
    let mut guest = Guest::new(cell)?.file("/images/arena", lab_arena::image(&compiler)?);
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
