// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of the README, which a whole run writes.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use crate::engines::Engine;
use crate::table::{Row, Value};
use crate::works::WORKS;

const BEGIN: &str = "<!-- made by `ci/bench --readme` -->\n";
const END: &str = "<!-- end of the bench's table -->\n";

/// The columns: instruction sets and kernels.
const CELLS: [(&str, &str); 4] = [("x86_64", "6.1"), ("x86_64", "7.3"), ("aarch64", "6.1"), ("aarch64", "7.3")];

/// The README with these rows in its table. What was not measured stays as it is.
pub fn update(readme: &str, rows: &[Row]) -> Result<String> {
    let (before, section, after) = parts(readme)?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", table(section, rows)))
}

/// Checks the form of the README's table: every work and kernel, four numbers in each cell.
pub fn check(readme: &str) -> Result<()> {
    let (_, section, _) = parts(readme)?;
    let mut lines = section.lines();
    ensure!(lines.by_ref().take(2).eq(head().lines()), "the table's head is not {}", head());
    for work in WORKS {
        let line = lines.next().with_context(|| format!("the table lacks {}", work.name))?;
        let mut columns = columns(line);
        ensure!(columns.next() == Some(work.name), "a row is not that of {}: {line}", work.name);
        ensure!(columns.next() == Some(&work.limit.to_string()), "the limit of {} is {}", work.name, work.limit);
        let cells: Vec<_> = columns.collect();
        ensure!(cells.len() == CELLS.len() && cells.iter().all(|cell| is_cell(cell)), "a cell is odd: {line}");
    }
    ensure!(lines.next().is_none(), "the table has more than the bench measures");
    Ok(())
}

fn columns(line: &str) -> impl Iterator<Item = &str> {
    line.trim_matches('|').split(" | ").map(str::trim)
}

fn is_cell(cell: &str) -> bool {
    let mut numbers = cell.split(" / ").map(|number| number.trim_matches('*'));
    let is_number = |number: &str| number == "–" || number.parse::<u32>().is_ok();
    cell.split(" / ").count() == Engine::ALL.len() && numbers.all(is_number)
}

fn parts(readme: &str) -> Result<(&str, &str, &str)> {
    let found = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (section, after) = rest.split_once(END)?;
        Some((before, section, after))
    });
    found.with_context(|| format!("the README has no section from\n{BEGIN}to\n{END}"))
}

fn head() -> String {
    let mut head = "| work | limit |".to_owned();
    let mut line = "| --- | --- |".to_owned();
    for (arch, kernel) in CELLS {
        let _ = write!(head, " {arch} {kernel} |");
        line += " --- |";
    }
    format!("{head}\n{line}\n")
}

fn table(old: &str, rows: &[Row]) -> String {
    let mut text = head();
    for work in WORKS {
        let _ = write!(text, "| {} | {} |", work.name, work.limit);
        let old = old.lines().find(|line| columns(line).next() == Some(work.name));
        for (column, (arch, kernel)) in CELLS.into_iter().enumerate() {
            let row = rows.iter().find(|row| (row.work, row.arch, row.kernel) == (work.name, arch, kernel));
            let old = old.and_then(|line| columns(line).nth(2 + column)).unwrap_or("**–** / – / – / –");
            let _ = write!(text, " {} |", row.map_or_else(|| old.to_owned(), |row| cell(old, row)));
        }
        text.push('\n');
    }
    text
}

/// A row's numbers; those that were not asked for are the old ones.
fn cell(old: &str, row: &Row) -> String {
    let mut old = old.split(" / ").map(|number| number.trim_matches('*'));
    let numbers = Engine::ALL.map(|engine| {
        let old = old.next().unwrap_or("–");
        match row.get(engine) {
            Value::Cost(cost) => format!("{cost:.0}"),
            Value::Skipped => old.to_owned(),
            Value::Failed(_) => "–".into(),
        }
    });
    format!("**{}** / {}", numbers[0], numbers[1..].join(" / "))
}

#[cfg(test)]
mod tests {
    use spile_vm_lab::Cell;

    use super::*;

    fn rows() -> Vec<Row> {
        let cells = ["debian-6.1-amd64", "debian-7.3-amd64", "debian-6.1-arm64", "debian-7.3-arm64"];
        let cells = cells.map(|name| Cell::parse(name).unwrap());
        let mut rows: Vec<_> = cells.iter().flat_map(|cell| WORKS.iter().map(|work| Row::new(work, *cell))).collect();
        rows.iter_mut().for_each(|row| row.set(Engine::Spile, Value::Cost(41.6)));
        rows
    }

    #[test]
    fn what_is_written_is_accepted() {
        let old = format!("# A\n\n{BEGIN}old\n{END}\nrest\n");
        assert!(check(&old).is_err());
        let new = update(&old, &rows()).unwrap();
        check(&new).unwrap();
        assert!(new.starts_with("# A\n\n<!--") && new.ends_with("-->\n\nrest\n"), "{new}");
        assert!(new.contains("| `n++` | 46 | **42** / – / – / – | **42** / – / – / – |"), "{new}");
        for (from, to) in [("42", "many"), ("`n++`", "`m++`"), (" / –", ""), ("| 46 |", "| 47 |")] {
            assert!(check(&new.replacen(from, to, 1)).is_err(), "{from}");
        }
    }

    #[test]
    fn what_was_not_measured_stays() {
        let full = update(&format!("{BEGIN}{END}"), &rows()).unwrap();
        let mut row = Row::new(&WORKS[3], Cell::parse("debian-7.3-amd64").unwrap());
        row.set(Engine::Floor, Value::Cost(17.0));
        let new = update(&full, &[row]).unwrap();
        let same = "| `n++` | 46 | **42** / – / – / – | **42** / ";
        assert_eq!(new, full.replacen(&format!("{same}–"), &format!("{same}17"), 1));
        check(&update(&format!("{BEGIN}{END}"), &[]).unwrap()).unwrap();
        assert!(update("no table", &rows()).is_err());
    }

    #[test]
    fn the_readme_has_the_benchs_table() {
        let path = spile_tests::machines::root().join("README.md");
        check(&std::fs::read_to_string(path).unwrap()).unwrap();
    }
}
