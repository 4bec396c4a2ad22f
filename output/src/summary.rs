// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said at the end of a session.

use std::io::{self, Write};

use spile_abi::raw;

use crate::console::{Console, RED};
use crate::report::Report;

impl<Out: Write, Err: Write> Console<Out, Err> {
    /// Says what was lost, skipped or went wrong.
    pub fn summary(&mut self, report: &Report) -> io::Result<()> {
        self.unattached(report.probes.iter().map(|probe| &probe.attachment))?;
        self.timings(report)?;
        self.losses(report)?;
        self.skips(report)?;
        if let Some(over) = report.overload {
            let error = self.in_colour("ERROR", RED);
            let (cycles, threshold, interval) = (over.cycles, over.threshold, over.interval);
            writeln!(
                self.err,
                "{error}: probe overhead ({cycles} cycles) exceeded threshold ({threshold} cycles) \
                 in last {interval} cycles"
            )?;
        }
        if let Some(status) = report.command_status.filter(|status| *status != 0) {
            self.warn(&describe_status(status))?;
        }
        self.flush()
    }

    /// Records that nobody will see.
    fn losses(&mut self, report: &Report) -> io::Result<()> {
        let dropped: u64 = report.cpus.iter().map(|cpu| cpu.dropped).sum();
        if dropped != 0 {
            let megabytes = f64::from(report.ring_bytes) / f64::from(1 << 20);
            self.warn(&format!(
                "There were {dropped} transport failures. \
                 Try stap -s to increase the buffer size from {megabytes}."
            ))?;
        }
        for (cpu, counts) in report.cpus.iter().enumerate() {
            if counts.dropped != 0 {
                let (records, bytes) = (counts.dropped, counts.dropped_bytes);
                self.warn(&format!("CPU {cpu} lost {records} records ({bytes} bytes)."))?;
            }
            if counts.displaced != 0 {
                let records = counts.displaced;
                self.warn(&format!("On CPU {cpu} {records} older records made room for newer ones."))?;
            }
        }
        Ok(())
    }

    /// Hits whose handlers did not run to their end.
    fn skips(&mut self, report: &Report) -> io::Result<()> {
        let (nested, locked) = (report.skips(raw::SPILE_SKIP_NESTED), report.skips(raw::SPILE_SKIP_LOCK));
        let total = nested + locked + report.missed();
        if self.errors + total != 0 {
            self.warn(&format!("Number of errors: {}, skipped probes: {total}", self.errors))?;
        }
        for (global, count) in std::mem::take(&mut self.locked) {
            let name = self.info.globals.get(global as usize).map_or("?", String::as_str);
            let text = format!("Skipped due to global '{name}' lock timeout: {count}");
            self.warn(&text)?;
        }
        if nested != 0 {
            self.warn(&format!("Skipped due to reentrancy: {nested}"))?;
        }
        for (index, probe) in report.probes.iter().enumerate().filter(|(_, probe)| probe.missed != 0) {
            let info = self.info.probes.get(index);
            let symbol = info.map_or("?", |info| if info.symbol.is_empty() { &info.name } else { &info.symbol });
            let returns = if info.is_some_and(|info| info.is_return) { "ret" } else { "" };
            let (way, missed) = (probe.attachment.name().unwrap_or("hit"), probe.missed);
            let way = if way == "kprobe" { format!("k{returns}probe") } else { way.to_owned() };
            let text = format!("Skipped due to missed {way} on '{symbol}': {missed}");
            self.warn(&text)?;
        }
        Ok(())
    }
}

fn describe_status(status: i32) -> String {
    match status & 0x7f {
        0 => format!("Child process exited with status {}", status >> 8 & 0xff),
        signal => {
            let name = SIGNALS.get(signal as usize - 1).map(|name| format!(" ({name})")).unwrap_or_default();
            format!("Child process exited with signal {signal}{name}")
        }
    }
}

/// What the C library calls the signals of Linux, from 1 on.
const SIGNALS: [&str; 31] = [
    "Hangup",
    "Interrupt",
    "Quit",
    "Illegal instruction",
    "Trace/breakpoint trap",
    "Aborted",
    "Bus error",
    "Floating point exception",
    "Killed",
    "User defined signal 1",
    "Segmentation fault",
    "User defined signal 2",
    "Broken pipe",
    "Alarm clock",
    "Terminated",
    "Stack fault",
    "Child exited",
    "Continued",
    "Stopped (signal)",
    "Stopped",
    "Stopped (tty input)",
    "Stopped (tty output)",
    "Urgent I/O condition",
    "CPU time limit exceeded",
    "File size limit exceeded",
    "Virtual timer expired",
    "Profiling timer expired",
    "Window changed",
    "I/O possible",
    "Power failure",
    "Bad system call",
];

#[cfg(test)]
mod tests {
    use spile_abi::HostInfo;
    use spile_abi::host::Probe;

    use super::*;
    use crate::report::{Attachment, CpuReport, Overload, ProbeReport};

    fn shown(report: &Report) -> String {
        let read = Probe { name: "kernel.function(\"f\").return".into(), symbol: "f".into(), ..Probe::default() };
        let info = HostInfo {
            probes: vec![Probe { is_return: true, ..read }],
            globals: vec!["g".into()],
            ..HostInfo::default()
        };
        let mut err = Vec::new();
        let mut console = Console::new(info, Vec::new(), &mut err);
        console.locked.insert(0, 2);
        console.summary(report).unwrap();
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn signals_have_names() {
        assert_eq!(describe_status(9), "Child process exited with signal 9 (Killed)");
        assert_eq!(describe_status(0x80 | 11), "Child process exited with signal 11 (Segmentation fault)");
        assert_eq!(describe_status(40), "Child process exited with signal 40");
    }

    #[test]
    fn losses_are_reported_with_number_and_cpu() {
        let attachment = Attachment { kind: raw::SPILE_ATTACH_KPROBE, ..Attachment::default() };
        let report = Report {
            cpus: vec![
                CpuReport { skips: vec![2, 1, 9, 0], displaced: 7, ..CpuReport::default() },
                CpuReport { dropped: 3, dropped_bytes: 72, skips: vec![1, 1, 0, 0], ..CpuReport::default() },
            ],
            ring_bytes: 4 << 20,
            probes: vec![ProbeReport { hits: 5, missed: 4, attachment, times: 1 }],
            overload: Some(Overload { cpu: 1, cycles: 30, threshold: 20, interval: 100 }),
            command_status: Some(0x200),
            ..Report::default()
        };
        assert_eq!(
            shown(&report),
            "WARNING: There were 3 transport failures. Try stap -s to increase the buffer size from 4.\n\
             WARNING: On CPU 0 7 older records made room for newer ones.\n\
             WARNING: CPU 1 lost 3 records (72 bytes).\n\
             WARNING: Number of errors: 0, skipped probes: 9\n\
             WARNING: Skipped due to global 'g' lock timeout: 2\n\
             WARNING: Skipped due to reentrancy: 3\n\
             WARNING: Skipped due to missed kretprobe on 'f': 4\n\
             ERROR: probe overhead (30 cycles) exceeded threshold (20 cycles) in last 100 cycles\n\
             WARNING: Child process exited with status 2\n"
        );
    }
}
