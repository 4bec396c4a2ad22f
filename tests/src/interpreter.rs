// SPDX-License-Identifier: MIT OR Apache-2.0
//! The IR interpreter as an engine: what it shows, and the world around it.

use std::ops::Range;

use anyhow::{Result, anyhow};
use spile_abi::raw;
use spile_ir::{Event, Format, FormatHist, FormatValue, Hist, Interp, Program, Services, Space};
use spile_rt::{Arg, HistData};
use zerocopy::IntoBytes;

use crate::case::{Transcript, visible};

/// Runs a program, and shows what it does as the command would.
pub fn run(program: &Program) -> Result<Transcript> {
    let mut world = World::new();
    let interp = Interp::new(program, &mut world);
    let outcome = interp.map_err(|errors| anyhow!("the IR does not verify: {errors:?}"))?.run();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    for event in &outcome.events {
        match event {
            Event::Print(bytes) => out.extend_from_slice(bytes),
            Event::Warning(text) => {
                let text = String::from_utf8_lossy(text);
                err.push(format!("WARNING: {}\n", text.strip_suffix('\n').unwrap_or(&text)));
            }
            Event::System(_) => {}
            Event::Error(report) => err.push(format!("ERROR: {}\n", report.describe(program))),
        }
    }
    if outcome.errors > 0 {
        err.push(format!("WARNING: Number of errors: {}, skipped probes: 0\n", outcome.errors));
    }
    Ok(Transcript { out: visible(&out), err: visible(err.concat().as_bytes()), failed: outcome.status() != 0 })
}

/// A world with one task and no other memory.
struct World {
    memory: Vec<u8>,
    random: u64,
}

/// Where the task is; far from 0, so that null pointers fault.
const TASK: u64 = 0x10_0000;

impl World {
    fn new() -> Self {
        let credentials_at = TASK + size_of::<raw::spile_user_task>() as u64;
        let mut task = raw::spile_user_task {
            pid: 4242,
            tgid: 4242,
            real_parent: TASK,
            cred: credentials_at,
            ..Default::default()
        };
        task.comm[..5].copy_from_slice(b"spile");
        let credentials = raw::spile_user_cred::default();
        Self { memory: [task.as_bytes(), credentials.as_bytes()].concat(), random: 1 }
    }
}

/// Where bytes at an address are in the memory, if they are.
fn range(addr: u64, bytes: usize) -> Option<Range<usize>> {
    let start = usize::try_from(addr.checked_sub(TASK)?).ok()?;
    Some(start..start.checked_add(bytes)?)
}

impl Services for World {
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8> {
        let hists: Vec<_> = args.iter().map(hist_data).collect();
        let args: Vec<_> = args.iter().zip(&hists).map(|(arg, hist)| value(arg, hist.as_ref())).collect();
        spile_rt::format(&format.text, &args)
    }

    fn load(&mut self, _space: Space, addr: u64, bytes: &mut [u8]) -> bool {
        let from = range(addr, bytes.len()).and_then(|range| self.memory.get(range));
        from.map(|from| bytes.copy_from_slice(from)).is_some()
    }

    fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        let to = range(addr, bytes.len()).and_then(|range| self.memory.get_mut(range));
        to.map(|to| to.copy_from_slice(bytes)).is_some()
    }

    fn current_task(&mut self) -> u64 {
        TASK
    }

    /// Knuth's linear congruence, its high bits.
    fn random(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % bound
    }

    fn target_pid(&mut self) -> i64 {
        0
    }
}

fn value<'a>(arg: &FormatValue<'a>, hist: Option<&'a HistData>) -> Arg<'a> {
    match (arg, hist) {
        (FormatValue::Int(value), _) => Arg::Int(*value),
        (FormatValue::Str(bytes), _) => Arg::Str(bytes),
        (FormatValue::Hist(_), Some(hist)) => Arg::Hist(hist),
        (FormatValue::Hist(_), None) => Arg::Str(b"a histogram that makes no sense"),
    }
}

fn hist_data(arg: &FormatValue<'_>) -> Option<HistData> {
    let FormatValue::Hist(FormatHist { hist, buckets, count, sum, min, max }) = arg else { return None };
    let (kind, low, high, step) = match *hist {
        Hist::Linear { low, high, step } => (2, low, high, step),
        Hist::None | Hist::Log => (1, 0, 0, 0),
    };
    let n_buckets = buckets.len() as u32;
    let header = raw::spile_hist { kind, n_buckets, low, high, step, count: *count, sum: *sum, min: *min, max: *max };
    HistData::new(header, &buckets.iter().map(|count| count.cast_unsigned()).collect::<Vec<_>>())
}
