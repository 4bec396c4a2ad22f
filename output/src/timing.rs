// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report of `-t`: what each probe took, and what all of them took of the machine.

use std::io::{self, Write};

use spile_abi::raw;
use spile_rt::{Arg, HistData};

use crate::console::Console;
use crate::report::{Attachment, ProbeReport, Report};

/// What a probe's handlers took: a `struct spile_timing`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    probe: u32,
    elapsed: u64,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
    squares: u128,
    lock_waits: u64,
    lock_wait_ns: u64,
    buckets: Vec<u64>,
}

/// Of a histogram of the script language: where the bucket of 1 is, and how many there are.
const BUCKET_OF_1: usize = 65;
const LOG_BUCKETS: usize = 128;

impl Timing {
    /// From a record's payload.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let size = size_of::<raw::spile_timing>() - size_of::<raw::spile_record>();
        let words = payload.get(..size)?.chunks_exact(8);
        let words: Vec<u64> = words.map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes"))).collect();
        let &[probe, elapsed, count, sum, min, max, low, high, lock_waits, lock_wait_ns, ref buckets @ ..] = &words[..]
        else {
            return None;
        };
        let squares = u128::from(high) << 64 | u128::from(low);
        let buckets = buckets.to_vec();
        let probe = probe as u32;
        Some(Self { probe, elapsed, count, sum, min, max, squares, lock_waits, lock_wait_ns, buckets })
    }

    fn average(&self) -> u64 {
        self.sum.checked_div(self.count).unwrap_or(0)
    }

    /// The sample variance.
    fn variance(&self) -> u128 {
        let (count, sum) = (u128::from(self.count), u128::from(self.sum));
        let of_mean = (sum * sum).checked_div(count).unwrap_or(0);
        self.squares.saturating_sub(of_mean).checked_div(count.saturating_sub(1)).unwrap_or(0)
    }

    /// The chart of the hits by their cycles.
    fn chart(&self) -> Vec<u8> {
        let mut buckets = [0; LOG_BUCKETS];
        for (index, count) in self.buckets.iter().enumerate() {
            buckets[(BUCKET_OF_1 + index).min(LOG_BUCKETS - 1)] += count;
        }
        let [count, sum, min, max] = [self.count, self.sum, self.min, self.max].map(u64::cast_signed);
        let header = raw::spile_hist { kind: 1, count, sum, min, max, ..raw::spile_hist::default() };
        let chart = HistData::new(header, &buckets);
        chart.map_or_else(Vec::new, |chart| spile_rt::format(b"%H", &[Arg::Hist(&chart)]))
    }
}

impl<Out: Write, Err: Write> Console<Out, Err> {
    /// The table, if the script was compiled to be timed.
    pub(crate) fn timings(&mut self, report: &Report) -> io::Result<()> {
        if !self.info.options.timed {
            return Ok(());
        }
        writeln!(self.out, "----- probe hit report: ")?;
        let mut timings = std::mem::take(&mut self.timings);
        timings.sort_by_key(|timing| timing.probe);
        for timing in &timings {
            let counts = report.probes.get(timing.probe as usize).cloned().unwrap_or_default();
            self.timed_probe(timing, &counts)?;
        }
        self.timed_machine(&timings, report)
    }

    fn timed_probe(&mut self, timing: &Timing, counts: &ProbeReport) -> io::Result<()> {
        let Some(probe) = self.info.probes.get(timing.probe as usize) else { return Ok(()) };
        let place = self.info.locations.get(probe.location as usize).map(|location| {
            let file = self.info.files.get(location.file as usize).map_or("?", String::as_str);
            format!("{file}:{}:{}", location.line, location.column)
        });
        writeln!(
            self.out,
            "{}, ({}), hits: {}, cycles: {}min/{}avg/{}max, variance: {}, from: {}, index: {}",
            probe.name,
            place.as_deref().unwrap_or("?"),
            counts.hits,
            timing.min,
            timing.average(),
            timing.max,
            timing.variance(),
            probe.from,
            timing.probe,
        )?;
        let mut rest = Vec::new();
        if counts.attachment.name().is_some() {
            // Whatever its condition was at last.
            let way = Attachment { disarmed: false, ..counts.attachment };
            rest.push(format!("attached: {}", way.describe()));
        }
        if counts.times > 1 || counts.attachment.disarmed {
            rest.push(format!("times attached: {}", counts.times));
        }
        if counts.missed != 0 {
            rest.push(format!("missed: {}", counts.missed));
        }
        if timing.lock_waits != 0 {
            rest.push(format!("waits for locks: {}, {} ns", timing.lock_waits, timing.lock_wait_ns));
        }
        if timing.count < counts.hits {
            rest.push(format!("ended by an error: {}", counts.hits - timing.count));
        }
        if !rest.is_empty() {
            writeln!(self.out, "  {}", rest.join(", "))?;
        }
        self.out.write_all(&timing.chart())
    }

    /// The share of the machine: handlers only, without what it took to get there.
    fn timed_machine(&mut self, timings: &[Timing], report: &Report) -> io::Result<()> {
        let cycles: u128 = timings.iter().map(|timing| u128::from(timing.sum)).sum();
        let elapsed = timings.iter().map(|timing| timing.elapsed).max().unwrap_or(0);
        let n_cpus = report.n_online.max(1);
        let all = u128::from(elapsed) * u128::from(n_cpus);
        // Millionths of it, so that nothing is rounded before the end.
        let share = (cycles * 100_000_000).checked_div(all).unwrap_or(0);
        let (percent, rest) = (share / 1_000_000, share % 1_000_000);
        let cpus = if n_cpus == 1 { "1 CPU".to_owned() } else { format!("{n_cpus} CPUs") };
        writeln!(
            self.out,
            "----- share of the machine: handlers took {percent}.{rest:06}% of {cpus}, {cycles} of {all} cycles"
        )
    }
}

#[cfg(test)]
mod tests {
    use spile_abi::HostInfo;
    use spile_abi::host::{Location, Options, Probe};

    use super::*;

    fn payload(words: [u64; 10], buckets: &[(usize, u64)]) -> Vec<u8> {
        let mut all = words.to_vec();
        all.resize(10 + 32, 0);
        buckets.iter().for_each(|(index, count)| all[10 + index] = *count);
        all.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn probes_and_the_machine_are_reported() {
        let probe = Probe { name: "timer.ms(1)".into(), from: "timer.ms(1)".into(), ..Probe::default() };
        let info = HostInfo {
            files: vec!["a.stp".into()],
            locations: vec![Location { file: 0, line: 3, column: 9, near: String::new() }],
            probes: vec![probe],
            options: Options { timed: true, ..Options::default() },
            ..HostInfo::default()
        };
        let mut out = Vec::new();
        let mut console = Console::new(info, &mut out, Vec::new());
        // Hits of 4, 4 and 16 cycles, in 2 of 1,200.
        let timing = payload([0, 1200, 3, 24, 4, 16, 288, 0, 1, 500], &[(2, 2), (4, 1)]);
        console.timings.push(Timing::read(&timing).unwrap());
        let attachment = Attachment { kind: raw::SPILE_ATTACH_TIMER, ..Attachment::default() };
        let report = Report {
            probes: vec![ProbeReport { hits: 4, missed: 2, attachment, times: 3 }],
            n_online: 2,
            ..Report::default()
        };
        console.summary(&report).unwrap();
        let text = String::from_utf8(out).unwrap();
        let chart = text.find("value |").expect("a chart");
        assert!(
            text.starts_with(
                "----- probe hit report: \n\
                 timer.ms(1), (a.stp:3:9), hits: 4, cycles: 4min/8avg/16max, variance: 48, from: timer.ms(1), index: 0\n  \
                 attached: timer, times attached: 3, missed: 2, waits for locks: 1, 500 ns, ended by an error: 1\n"
            ),
            "{text}"
        );
        assert!(text[chart..].contains("4 |@@"), "{text}");
        assert!(
            text.ends_with("----- share of the machine: handlers took 1.000000% of 2 CPUs, 24 of 2400 cycles\n"),
            "{text}"
        );
    }

    #[test]
    fn a_short_record_is_none() {
        assert_eq!(Timing::read(&[0; 100]), None);
    }
}
