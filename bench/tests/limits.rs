// SPDX-License-Identifier: MIT OR Apache-2.0
//! What hits may cost, held on one kernel: the whole table is `ci/bench --check`.

use spile_bench::engines::Engine;
use spile_bench::table::{self, Row};
use spile_bench::works::{WORKS, Work};
use spile_vm_lab::{Cell, Lines};

const CELL: &str = "debian-6.1-amd64";
const KEYS: [&str; 6] = ["empty", "both", "count", "histogram", "array", "compare"];

#[test]
fn hits_cost_no_more_than_their_limits() {
    let works: Vec<&'static Work> = WORKS.iter().filter(|work| KEYS.contains(&work.key)).collect();
    assert_eq!(works.len(), KEYS.len(), "works have other keys");
    let report = spile_bench::works(Cell::parse(CELL).unwrap(), &works, &[Engine::Spile], &Lines);
    let (rows, failures) = (&report.rows, report.failures());
    assert!(failures.is_empty(), "{failures:#?}\n{}", table::text(rows));
    // A row without a number or a limit is no failure, and would hold nothing.
    let held = |row: &Row| row.limit.is_some() && row.get(Engine::Spile).number().is_some_and(|cost| cost > 1.0);
    assert!(rows.len() == works.len() && rows.iter().all(held), "{}", table::text(rows));
}
