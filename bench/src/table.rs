// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use spile_vm_lab::{Arch, Cell};

use crate::engines::Engine;
use crate::scale::Figure;
use crate::works::Work;

/// What became of a measurement.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// It, in the row's unit.
    Number(f64),
    /// It was not asked for.
    Skipped,
    /// It was, but could not be: why.
    Failed(String),
}

impl Value {
    /// The number that was taken, or why there is none.
    pub fn of(taken: Result<f64, String>) -> Self {
        taken.map_or_else(Value::Failed, Value::Number)
    }

    /// The number, if there is one.
    pub fn number(&self) -> Option<f64> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }
}

/// What was measured on a cell, or on several.
#[derive(Default)]
pub struct Report {
    /// The numbers.
    pub rows: Vec<Row>,
    /// What kernels complained about.
    pub complaints: Vec<String>,
}

impl Report {
    /// Adds another's.
    pub fn extend(&mut self, other: Report) {
        self.rows.extend(other.rows);
        self.complaints.extend(other.complaints);
    }

    /// What does not do: limits that are exceeded, what could not be measured, and complaints.
    pub fn failures(&self) -> Vec<String> {
        let rows = self.rows.iter();
        rows.clone()
            .filter_map(Row::exceeded)
            .chain(rows.flat_map(Row::failed))
            .chain(self.complaints.iter().cloned())
            .collect()
    }
}

/// One work, or one figure, on one kernel.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What it is.
    pub work: &'static str,
    /// `x86_64` or `aarch64`.
    pub arch: &'static str,
    /// The series, such as `6.1`.
    pub kernel: &'static str,
    /// Spile's number may be so much, where there is a limit.
    pub limit: Option<f64>,
    unit: &'static str,
    decimals: usize,
    values: [Value; 4],
}

impl Row {
    /// A row without numbers. Limits of works are for x86_64.
    pub fn of_work(work: &Work, cell: Cell) -> Self {
        let limit = (cell.arch == Arch::Amd64).then_some(work.limit.into());
        Self::new(work.name, cell, limit, "instructions", 0)
    }

    /// A row for what no other engine is measured by.
    pub fn of_figure(figure: &Figure, cell: Cell) -> Self {
        Self::new(figure.name, cell, Some(figure.limit), figure.unit.name(), figure.unit.decimals())
    }

    fn new(work: &'static str, cell: Cell, limit: Option<f64>, unit: &'static str, decimals: usize) -> Self {
        let values = [const { Value::Skipped }; 4];
        Self { work, arch: cell.arch.machine(), kernel: cell.series, limit, unit, decimals, values }
    }

    /// Sets an engine's number.
    pub fn set(&mut self, engine: Engine, value: Value) {
        self.values[engine as usize] = value;
    }

    /// An engine's number.
    pub fn get(&self, engine: Engine) -> &Value {
        &self.values[engine as usize]
    }

    /// Spile's cost beside the C module's.
    pub fn ratio(&self) -> Option<f64> {
        let floor = self.get(Engine::Floor).number()?;
        (floor > 0.0).then_some(self.get(Engine::Spile).number()? / floor)
    }

    /// A number as it is shown.
    pub fn shown(&self, number: f64) -> String {
        format!("{number:.*}", self.decimals)
    }

    /// Whether Spile needs more than it may, in words. What counts is the number as it is shown.
    pub fn exceeded(&self) -> Option<String> {
        let (number, limit) = (self.round(self.get(Engine::Spile).number()?), self.limit?);
        let Self { work, arch, kernel, unit, .. } = self;
        (number > limit).then(|| {
            let (number, limit) = (self.shown(number), self.shown(limit));
            format!("over its limit: {work} on {kernel} {arch}: {number} {unit}, and {limit} are allowed")
        })
    }

    /// What could not be measured, and why.
    pub fn failed(&self) -> impl Iterator<Item = String> {
        let Self { work, arch, kernel, .. } = self;
        Engine::ALL.into_iter().filter_map(move |engine| match self.get(engine) {
            Value::Failed(why) => Some(format!("not measured: {work} on {kernel} {arch}, by {}: {why}", engine.name())),
            _ => None,
        })
    }

    fn round(&self, number: f64) -> f64 {
        self.shown(number).parse().unwrap_or(number)
    }

    fn cell(&self, engine: Engine) -> String {
        match self.get(engine) {
            Value::Number(number) => self.shown(*number),
            Value::Skipped => "–".into(),
            Value::Failed(_) => "failed".into(),
        }
    }

    fn json(&self) -> Json {
        let number = |number: f64| match self.decimals {
            0 => json!(number.round() as i64),
            _ => json!(self.round(number)),
        };
        let value = |engine| self.get(engine).number().map(number);
        json!({
            "work": self.work, "arch": self.arch, "kernel": self.kernel,
            "spile": value(Engine::Spile), "floor": value(Engine::Floor),
            "bpf": value(Engine::Bpf), "bpftrace": value(Engine::Bpftrace),
            "limit": self.limit.map(number),
        })
    }
}

/// The table for a terminal.
pub fn text(rows: &[Row]) -> String {
    let head = "guest instructions a hit, and what else has a limit";
    let widest = rows.iter().map(|row| row.work.chars().count()).max().unwrap_or(0);
    let width = widest.max(head.len());
    let mut text = format!("{head:width$} {:14}", "");
    for head in ["spile", "limit", "floor", "ratio", "bpf", "bpftrace"] {
        let _ = write!(text, " {head:>8}");
    }
    text.push('\n');
    for row in rows {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
        let limit = or_dash(row.limit.map(|limit| row.shown(limit)));
        let ratio = or_dash(row.ratio().map(|ratio| format!("{ratio:.2}")));
        let cell = |engine| row.cell(engine);
        let _ = write!(text, "{:width$} {:>4} {:9}", row.work, row.kernel, row.arch);
        let columns =
            [cell(Engine::Spile), limit, cell(Engine::Floor), ratio, cell(Engine::Bpf), cell(Engine::Bpftrace)];
        for column in columns {
            let _ = write!(text, " {column:>8}");
        }
        text.push('\n');
    }
    text
}

/// All rows as JSON.
pub fn json(rows: &[Row]) -> String {
    let rows: Vec<_> = rows.iter().map(Row::json).collect();
    format!("{:#}\n", json!({ "rows": rows }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::MEASUREMENTS;
    use crate::works::WORKS;

    fn rows() -> Vec<Row> {
        let cell = Cell::parse("debian-7.3-amd64").unwrap();
        let (mut work, mut figure) = (Row::of_work(&WORKS[0], cell), Row::of_figure(&MEASUREMENTS[0].figures[0], cell));
        work.set(Engine::Spile, Value::Number(40.4));
        work.set(Engine::Floor, Value::Number(20.2));
        work.set(Engine::Bpftrace, Value::Failed("it is not there".into()));
        figure.set(Engine::Spile, Value::Number(1.204));
        vec![work, figure]
    }

    #[test]
    fn rows_have_the_keys_of_the_contract() {
        let rows: Json = serde_json::from_str(&json(&rows())).unwrap();
        let empty = "empty handler, entry";
        assert_eq!(
            rows,
            json!({"rows": [
                {"work": empty, "arch": "x86_64", "kernel": "7.3", "spile": 40, "floor": 20, "bpf": null,
                 "bpftrace": null, "limit": 40},
                {"work": MEASUREMENTS[0].figures[0].name, "arch": "x86_64", "kernel": "7.3", "spile": 1.2, "floor": null, "bpf": null,
                 "bpftrace": null, "limit": 1.2},
            ]})
        );
    }

    #[test]
    fn what_is_shown_is_what_counts() {
        let mut rows = rows();
        let report = |rows: &[Row]| Report { rows: rows.to_vec(), complaints: vec!["a splat".into()] }.failures();
        let failed = "not measured: empty handler, entry on 7.3 x86_64, by bpftrace: it is not there";
        assert_eq!(report(&rows), [failed, "a splat"]);
        rows[0].set(Engine::Spile, Value::Number(40.6));
        rows[1].set(Engine::Spile, Value::Number(1.206));
        let empty = "over its limit: empty handler, entry on 7.3 x86_64: 41 instructions, and 40 are allowed";
        let figure = format!(
            "over its limit: {} on 7.3 x86_64: 1.21 times, and 1.20 are allowed",
            MEASUREMENTS[0].figures[0].name
        );
        assert_eq!(report(&rows), [empty, &figure, failed, "a splat"]);
    }

    #[test]
    fn every_row_shows_its_ratio() {
        let text = text(&rows());
        assert!(text.contains("7.3 x86_64          40       40       20     2.00        –   failed\n"), "{text}");
    }
}
