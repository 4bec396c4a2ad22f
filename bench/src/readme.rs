// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tables of the README, which a whole run writes.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use crate::engines::Engine;
use crate::scale;
use crate::table::{Row, Value};
use crate::works::WORKS;

const END: &str = "<!-- end of the bench's table -->\n";

/// The columns: instruction sets and kernels.
const CELLS: [(&str, &str); 4] = [("x86_64", "6.1"), ("x86_64", "7.3"), ("aarch64", "6.1"), ("aarch64", "7.3")];

/// A table of the README.
struct Table {
    /// The line before it.
    begin: &'static str,
    /// What its first column is headed by.
    what: &'static str,
    /// The engines whose numbers are in each cell.
    engines: &'static [Engine],
    /// Its lines: names and limits.
    lines: Vec<(&'static str, String)>,
}

fn tables() -> [Table; 2] {
    [
        Table {
            begin: "<!-- made by `ci/bench --readme`: works -->\n",
            what: "work",
            engines: &Engine::ALL,
            lines: WORKS.iter().map(|work| (work.name, work.limit.to_string())).collect(),
        },
        Table {
            begin: "<!-- made by `ci/bench --readme`: figures -->\n",
            what: "what must not grow",
            engines: &[Engine::Spile],
            lines: scale::figures()
                .map(|figure| (figure.name, format!("{:.*}", figure.unit.decimals(), figure.limit)))
                .collect(),
        },
    ]
}

/// The README with these rows in its tables. What was not measured stays as it is.
pub fn update(readme: &str, rows: &[Row]) -> Result<String> {
    tables().iter().try_fold(readme.to_owned(), |readme, table| {
        let (before, section, after) = table.find(&readme)?;
        Ok(format!("{before}{}{}{END}{after}", table.begin, table.text(section, rows)))
    })
}

/// Checks the form of the README's tables: every work, figure and kernel, and the numbers in each cell.
pub fn check(readme: &str) -> Result<()> {
    tables().iter().try_for_each(|table| table.check(table.find(readme)?.1))
}

impl Table {
    /// What is before it, it, and what is behind.
    fn find<'a>(&self, readme: &'a str) -> Result<(&'a str, &'a str, &'a str)> {
        let found = readme.split_once(self.begin).and_then(|(before, rest)| {
            let (section, after) = rest.split_once(END)?;
            Some((before, section, after))
        });
        found.with_context(|| format!("the README has no section from\n{}to\n{END}", self.begin))
    }

    fn head(&self) -> String {
        let mut head = format!("| {} | limit |", self.what);
        let mut line = "| --- | --- |".to_owned();
        for (arch, kernel) in CELLS {
            let _ = write!(head, " {arch} {kernel} |");
            line += " --- |";
        }
        format!("{head}\n{line}\n")
    }

    fn text(&self, old: &str, rows: &[Row]) -> String {
        let mut text = self.head();
        for (name, limit) in &self.lines {
            let _ = write!(text, "| {name} | {limit} |");
            let old = old.lines().find(|line| columns(line).next() == Some(name));
            for (column, (arch, kernel)) in CELLS.into_iter().enumerate() {
                let row = rows.iter().find(|row| (row.work, row.arch, row.kernel) == (name, arch, kernel));
                let old = old.and_then(|line| columns(line).nth(2 + column)).unwrap_or_default();
                let _ = write!(text, " {} |", self.cell(old, row));
            }
            text.push('\n');
        }
        text
    }

    /// The numbers of a cell; those that were not asked for are the old ones.
    fn cell(&self, old: &str, row: Option<&Row>) -> String {
        let mut old = old.split(" / ").map(|number| number.trim_matches('*'));
        let numbers = self.engines.iter().map(|engine| {
            let old = old.next().filter(|old| !old.is_empty()).unwrap_or("–");
            let number = match row.map(|row| (row, row.get(*engine))) {
                Some((row, Value::Number(number))) => row.shown(*number),
                Some((_, Value::Failed(_))) => "–".into(),
                Some((_, Value::Skipped)) | None => old.to_owned(),
            };
            if self.engines.len() > 1 && *engine == Engine::Spile { format!("**{number}**") } else { number }
        });
        numbers.collect::<Vec<_>>().join(" / ")
    }

    fn check(&self, section: &str) -> Result<()> {
        let mut lines = section.lines();
        let head = self.head();
        ensure!(lines.by_ref().take(2).eq(head.lines()), "the table's head is not {head}");
        for (name, limit) in &self.lines {
            let line = lines.next().with_context(|| format!("the table lacks {name}"))?;
            let mut columns = columns(line);
            ensure!(columns.next() == Some(name), "a row is not that of {name}: {line}");
            ensure!(columns.next() == Some(limit), "the limit of {name} is {limit}");
            let cells: Vec<_> = columns.collect();
            ensure!(cells.len() == CELLS.len() && cells.iter().all(|cell| self.is_cell(cell)), "a cell is odd: {line}");
        }
        ensure!(lines.next().is_none(), "the table has more than the bench measures");
        Ok(())
    }

    fn is_cell(&self, cell: &str) -> bool {
        let is_number = |number: &str| number == "–" || number.parse::<f64>().is_ok();
        let mut numbers = cell.split(" / ").map(|number| number.trim_matches('*'));
        cell.split(" / ").count() == self.engines.len() && numbers.all(is_number)
    }
}

fn columns(line: &str) -> impl Iterator<Item = &str> {
    line.trim_matches('|').split(" | ").map(str::trim)
}

#[cfg(test)]
mod tests {
    use spile_vm_lab::Cell;

    use super::*;
    use crate::scale::MEASUREMENTS;

    fn cells() -> [Cell; 4] {
        ["debian-6.1-amd64", "debian-7.3-amd64", "debian-6.1-arm64", "debian-7.3-arm64"]
            .map(|name| Cell::parse(name).unwrap())
    }

    fn rows() -> Vec<Row> {
        let works = cells().into_iter().flat_map(|cell| WORKS.iter().map(move |work| Row::of_work(work, cell)));
        let figures =
            cells().into_iter().flat_map(|cell| scale::figures().map(move |figure| Row::of_figure(figure, cell)));
        let mut rows: Vec<_> = works.chain(figures).collect();
        rows.iter_mut().for_each(|row| row.set(Engine::Spile, Value::Number(41.6)));
        rows
    }

    fn empty() -> String {
        let [works, figures] = tables().map(|table| format!("{}old\n{END}", table.begin));
        format!("# A\n\n{works}between\n{figures}\nrest\n")
    }

    #[test]
    fn what_is_written_is_accepted() {
        assert!(check(&empty()).is_err());
        let new = update(&empty(), &rows()).unwrap();
        check(&new).unwrap();
        assert!(new.starts_with("# A\n\n<!--") && new.ends_with("-->\n\nrest\n"), "{new}");
        assert!(new.contains("| `n++` | 46 | **42** / – / – / – | **42** / – / – / – |"), "{new}");
        assert!(new.contains("| `n++` on 2 CPUs, of one's | 1.20 | 41.60 | 41.60 |"), "{new}");
        for (from, to) in [("42", "many"), ("`n++`", "`m++`"), (" / –", ""), ("| 46 |", "| 47 |"), ("41.60", "")] {
            assert!(check(&new.replacen(from, to, 1)).is_err(), "{from}");
        }
    }

    #[test]
    fn what_was_not_measured_stays() {
        let full = update(&empty(), &rows()).unwrap();
        let cell = cells()[1];
        let mut work = Row::of_work(&WORKS[3], cell);
        work.set(Engine::Floor, Value::Number(17.0));
        let mut figure = Row::of_figure(&MEASUREMENTS[0].figures[0], cell);
        figure.set(Engine::Spile, Value::Failed("it is late".into()));
        let new = update(&full, &[work, figure]).unwrap();
        let (count, cpus) = ("| `n++` | 46 | **42** / – / – / – | **42** / ", "of one's | 1.20 | 41.60 | ");
        let expected = full.replacen(&format!("{count}–"), &format!("{count}17"), 1);
        assert_eq!(new, expected.replacen(&format!("{cpus}41.60"), &format!("{cpus}–"), 1));
        check(&update(&empty(), &[]).unwrap()).unwrap();
        assert!(update("no table", &rows()).is_err());
    }

    #[test]
    fn the_readme_has_the_benchs_tables() {
        let path = spile_tests::machines::root().join("README.md");
        check(&std::fs::read_to_string(path).unwrap()).unwrap();
    }
}
