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
    /// Guest instructions a hit.
    Cost(f64),
    /// It was not asked for.
    Skipped,
    /// It was, but could not be: why.
    Failed(String),
}

impl Value {
    /// The number, if there is one.
    pub fn cost(&self) -> Option<f64> {
        if let Value::Cost(cost) = self { Some(*cost) } else { None }
    }

    fn shown(&self) -> String {
        match self {
            Value::Cost(cost) => format!("{cost:.0}"),
            Value::Skipped => "–".into(),
            Value::Failed(_) => "failed".into(),
        }
    }
}

/// One work on one kernel.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What is done, by name.
    pub work: &'static str,
    /// `x86_64` or `aarch64`.
    pub arch: &'static str,
    /// The series, such as `6.1`.
    pub kernel: &'static str,
    /// What Spile may need at most, where there is a limit.
    pub limit: Option<u32>,
    values: [Value; 4],
}

impl Row {
    /// A row without numbers. Limits are for x86_64.
    pub fn new(work: &Work, cell: Cell) -> Self {
        let limit = (cell.arch == Arch::Amd64).then_some(work.limit);
        let values = [const { Value::Skipped }; 4];
        Self { work: work.name, arch: cell.arch.machine(), kernel: cell.series, limit, values }
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
        let floor = self.get(Engine::Floor).cost()?;
        (floor > 0.0).then_some(self.get(Engine::Spile).cost()? / floor)
    }

    /// Why this row does not do, if it does not.
    pub fn failure(&self) -> Option<String> {
        let row = format!("{} on {} {}", self.work, self.kernel, self.arch);
        let failed = Engine::ALL.into_iter().find_map(|engine| match self.get(engine) {
            Value::Failed(why) => Some(format!("{row}, {}: {why}", engine.name())),
            _ => None,
        });
        let (cost, limit) = (self.get(Engine::Spile).cost(), self.limit);
        let exceeds = cost.zip(limit).filter(|(cost, limit)| cost.round() > f64::from(*limit));
        failed.or_else(|| exceeds.map(|(cost, limit)| format!("{row}: {cost:.0} instructions, {limit} are allowed")))
    }

    fn json(&self) -> Json {
        let value = |engine| self.get(engine).cost().map(f64::round);
        json!({
            "work": self.work, "arch": self.arch, "kernel": self.kernel,
            "spile": value(Engine::Spile), "floor": value(Engine::Floor),
            "bpf": value(Engine::Bpf), "bpftrace": value(Engine::Bpftrace),
            "limit": self.limit,
        })
    }
}

/// The table for a terminal, with what could not be measured, and why.
pub fn text(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.work.len()).max().unwrap_or(0);
    let mut text = format!("{:width$} {:14}", "guest instructions a hit", "");
    for head in ["spile", "limit", "floor", "ratio", "bpf", "bpftrace"] {
        let _ = write!(text, " {head:>8}");
    }
    text.push('\n');
    for row in rows {
        let limit = row.limit.map_or_else(|| "–".into(), |limit| limit.to_string());
        let ratio = row.ratio().map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"));
        let shown = |engine| row.get(engine).shown();
        let _ = write!(text, "{:width$} {:>4} {:9}", row.work, row.kernel, row.arch);
        let columns =
            [shown(Engine::Spile), limit, shown(Engine::Floor), ratio, shown(Engine::Bpf), shown(Engine::Bpftrace)];
        for column in columns {
            let _ = write!(text, " {column:>8}");
        }
        text.push('\n');
    }
    text
}

/// Rows and figures as JSON.
pub fn json(rows: &[Row], figures: &[Figure]) -> String {
    let rows: Vec<_> = rows.iter().map(Row::json).collect();
    let figures: Vec<_> = figures.iter().map(Figure::json).collect();
    format!("{:#}\n", json!({ "rows": rows, "figures": figures }))
}
