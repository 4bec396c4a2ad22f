// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records and reports as the user sees them: the script's output, and messages beside it.

use std::io::{self, Write};

use spile_abi::host::FormatArg;
use spile_abi::{HostInfo, raw};
use spile_rt::{Arg, HistData};

use crate::merge::Record;
use crate::report::Report;

/// A record that does not fit its own description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// Renders records: the script's output to one stream, errors and warnings to another.
pub struct Console<Out, Err> {
    info: HostInfo,
    out: Out,
    err: Err,
    errors: u64,
    warnings: bool,
    coloured: bool,
}

impl<Out: Write, Err: Write> Console<Out, Err> {
    /// For the image that `info` describes.
    pub fn new(info: HostInfo, out: Out, err: Err) -> Self {
        Self { info, out, err, errors: 0, warnings: true, coloured: false }
    }

    /// Leaves out warnings (`-w`).
    pub fn without_warnings(self) -> Self {
        Self { warnings: false, ..self }
    }

    /// With the words ERROR and WARNING in colour.
    pub fn coloured(self, coloured: bool) -> Self {
        Self { coloured, ..self }
    }

    /// Run-time errors so far.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Renders one record.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        let rendered = match u32::from(record.kind) {
            raw::SPILE_RECORD_PRINT => self.print(&record.payload),
            raw::SPILE_RECORD_ERROR => self.error(&record.payload),
            raw::SPILE_RECORD_WARNING => Ok(self.warn(&String::from_utf8_lossy(message_text(&record.payload)))),
            // The agent has run it.
            raw::SPILE_RECORD_SYSTEM => Ok(Ok(())),
            _ => Err(Malformed),
        };
        rendered.unwrap_or_else(|Malformed| {
            self.warn(&format!("a record of kind {} from CPU {} is malformed", record.kind, record.cpu))
        })
    }

    /// Passes on what a command of the session wrote.
    pub fn pass(&mut self, is_stderr: bool, bytes: &[u8]) -> io::Result<()> {
        if is_stderr { self.err.write_all(bytes) } else { self.out.write_all(bytes) }
    }

    /// Writes out what is buffered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }

    fn print(&mut self, payload: &[u8]) -> Result<io::Result<()>, Malformed> {
        let mut words = Words(payload);
        let format = words.u32()? as usize;
        let _n_args = words.u32()?;
        let format = self.info.formats.get(format).ok_or(Malformed)?;
        let values: Result<Vec<_>, _> = format.args.iter().map(|kind| words.value(*kind)).collect();
        let values = values?;
        let args: Vec<_> = values.iter().map(Value::as_arg).collect();
        Ok(self.out.write_all(&spile_rt::format(&format.text, &args)))
    }

    fn error(&mut self, payload: &[u8]) -> Result<io::Result<()>, Malformed> {
        let mut words = Words(payload);
        let (_code, location, probe) = (words.u32()?, words.u32()?, words.u32()?);
        self.errors += 1;
        if self.info.options.suppress_errors {
            return Ok(Ok(()));
        }
        let text = String::from_utf8_lossy(message_text(payload));
        let mut line = format!("{}: {text}", self.in_colour("ERROR", RED));
        if let Some(location) = self.info.locations.get(location as usize) {
            if !location.near.is_empty() {
                line += &format!(" near {}", location.near);
            }
            let file = self.info.files.get(location.file as usize).map_or("?", String::as_str);
            line += &format!(" at {file}:{}:{}", location.line, location.column);
        }
        if let Some(probe) = self.info.probes.get(probe as usize) {
            line += &format!(" in probe {}", probe.name);
        }
        Ok(writeln!(self.err, "{line}"))
    }

    fn warn(&mut self, text: &str) -> io::Result<()> {
        if !self.warnings {
            return Ok(());
        }
        let warning = self.in_colour("WARNING", YELLOW);
        writeln!(self.err, "{warning}: {}", text.strip_suffix('\n').unwrap_or(text))
    }

    fn in_colour(&self, word: &str, colour: &str) -> String {
        if self.coloured { format!("{colour}{word}{PLAIN}") } else { word.to_owned() }
    }

    /// Says that a probe could not be attached.
    pub fn unattached(&mut self, probe: u32, errno: i32) -> io::Result<()> {
        let name = self.info.probes.get(probe as usize).map_or("?", |probe| &probe.name);
        let reason = io::Error::from_raw_os_error(errno);
        let text = format!("probe {name} registration error: {reason}");
        self.warn(&text)
    }

    /// Says what was lost, skipped or went wrong.
    pub fn summary(&mut self, report: &Report) -> io::Result<()> {
        for (cpu, counts) in report.cpus.iter().enumerate().filter(|(_, counts)| counts.dropped != 0) {
            let (records, bytes) = (counts.dropped, counts.dropped_bytes);
            self.warn(&format!(
                "CPU {cpu} lost {records} records ({bytes} bytes): its buffer was full. Try a larger one with -s."
            ))?;
        }
        let skipped: u64 = report.skips().map(|(_, count)| count).sum();
        let missed: u64 = report.missed.iter().map(|(_, count)| count).sum();
        if self.errors + skipped + missed != 0 {
            let total = skipped + missed;
            self.warn(&format!("Number of errors: {}, skipped probes: {total}", self.errors))?;
        }
        for (reason, count) in report.skips().filter(|(_, count)| *count != 0) {
            self.warn(&format!("Skipped due to {reason}: {count}"))?;
        }
        for (probe, count) in &report.missed {
            let name = self.info.probes.get(*probe as usize).map_or("?", |probe| &probe.name);
            let text = format!("Skipped due to missed hits of {name}: {count}");
            self.warn(&text)?;
        }
        if let Some(status) = report.command_status.filter(|status| *status != 0) {
            self.warn(&describe_status(status))?;
        }
        self.flush()
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

/// Escape sequences of terminals, those that compilers use.
const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const PLAIN: &str = "\x1b[0m";

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

/// The text of a `struct spile_message`, from its payload behind the record's header; empty where it is cut short.
pub fn message_text(payload: &[u8]) -> &[u8] {
    let length_at = std::mem::offset_of!(raw::spile_message, length) - size_of::<raw::spile_record>();
    let length =
        payload.get(length_at..length_at + 4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("4 bytes")));
    let text = payload.get(length_at + 4..).unwrap_or_default();
    &text[..text.len().min(length.unwrap_or(0) as usize)]
}

/// Reads words off a record.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.take(4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("4 bytes")))
    }

    fn word(&mut self) -> Result<u64, Malformed> {
        self.take(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    }

    fn signed(&mut self) -> Result<i64, Malformed> {
        self.word().map(u64::cast_signed)
    }

    fn value(&mut self, kind: FormatArg) -> Result<Value<'a>, Malformed> {
        Ok(match kind {
            FormatArg::Int => Value::Int(self.signed()?),
            FormatArg::Str => {
                let length = usize::try_from(self.word()?).map_err(|_| Malformed)?;
                let padded = self.take(length.checked_next_multiple_of(8).ok_or(Malformed)?)?;
                Value::Str(&padded[..length])
            }
            FormatArg::Hist => Value::Hist(self.hist()?),
        })
    }

    /// A `struct spile_hist` and its buckets.
    fn hist(&mut self) -> Result<HistData, Malformed> {
        let first = self.word()?;
        let n_buckets = (first >> 32) as usize;
        let mut all = vec![first];
        for _ in 1..size_of::<raw::spile_hist>() / 8 + n_buckets {
            all.push(self.word()?);
        }
        HistData::from_words(&all).ok_or(Malformed)
    }
}

/// An argument of a print record.
enum Value<'a> {
    Int(i64),
    Str(&'a [u8]),
    Hist(HistData),
}

impl Value<'_> {
    fn as_arg(&self) -> Arg<'_> {
        match self {
            Self::Int(value) => Arg::Int(*value),
            Self::Str(bytes) => Arg::Str(bytes),
            Self::Hist(hist) => Arg::Hist(hist),
        }
    }
}

#[cfg(test)]
mod tests {
    use spile_abi::host::{Format, Location, Probe};

    use super::*;
    use crate::report::CpuReport;

    fn info() -> HostInfo {
        HostInfo {
            files: vec!["a.stp".into()],
            locations: vec![Location { file: 0, line: 3, column: 9, near: "operator '/'".into() }],
            formats: vec![Format { text: b"%s=%d\n".to_vec(), args: vec![FormatArg::Str, FormatArg::Int] }],
            probes: vec![Probe { name: "begin".into(), symbol: String::new(), optional: false }],
            ..HostInfo::default()
        }
    }

    fn record(kind: u32, payload: Vec<u8>) -> Record {
        Record { cpu: 1, time_ns: 0, kind: kind as u16, payload }
    }

    fn message(code: u32, location: u32, text: &str) -> Vec<u8> {
        let words = [code, location, 0, text.len() as u32];
        words.iter().flat_map(|word| word.to_le_bytes()).chain(text.bytes()).chain([0; 5]).collect()
    }

    /// What records and a report come to on the two streams.
    fn shown(records: &[Record], report: &Report) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(info(), &mut out, &mut err);
        records.iter().for_each(|record| console.record(record).unwrap());
        console.summary(report).unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn prints_are_formatted() {
        let mut payload: Vec<u8> = [0u32, 2].iter().flat_map(|word| word.to_le_bytes()).collect();
        payload.extend(3u64.to_le_bytes());
        payload.extend(b"abc\0\0\0\0\0");
        payload.extend((-5i64).to_le_bytes());
        let (out, err) = shown(&[record(raw::SPILE_RECORD_PRINT, payload)], &Report::default());
        assert_eq!((out.as_str(), err.as_str()), ("abc=-5\n", ""));
    }

    #[test]
    fn errors_name_their_place() {
        let error = record(raw::SPILE_RECORD_ERROR, message(3, 0, "division by 0"));
        let homeless = record(raw::SPILE_RECORD_ERROR, message(1, raw::SPILE_NO_LOCATION, "MAXACTION exceeded"));
        let warning = record(raw::SPILE_RECORD_WARNING, message(0, raw::SPILE_NO_LOCATION, "careful\n"));
        let (out, err) = shown(&[error, homeless, warning], &Report::default());
        assert_eq!(out, "");
        assert_eq!(
            err,
            "ERROR: division by 0 near operator '/' at a.stp:3:9 in probe begin\n\
             ERROR: MAXACTION exceeded in probe begin\n\
             WARNING: careful\n\
             WARNING: Number of errors: 2, skipped probes: 0\n"
        );
    }

    #[test]
    fn errors_that_are_suppressed_are_counted_only() {
        let options = spile_abi::host::Options { suppress_errors: true, ..Default::default() };
        let info = HostInfo { options, ..info() };
        let mut err = Vec::new();
        let mut console = Console::new(info, Vec::new(), &mut err);
        console.record(&record(raw::SPILE_RECORD_ERROR, message(3, 0, "division by 0"))).unwrap();
        console.summary(&Report::default()).unwrap();
        assert_eq!(console.errors(), 1);
        assert_eq!(err, b"WARNING: Number of errors: 1, skipped probes: 0\n");
    }

    #[test]
    fn words_are_coloured_where_that_is_wanted() {
        let mut err = Vec::new();
        let mut console = Console::new(info(), Vec::new(), &mut err).coloured(true);
        console.record(&record(raw::SPILE_RECORD_WARNING, message(0, raw::SPILE_NO_LOCATION, "careful"))).unwrap();
        assert_eq!(err, b"\x1b[1;33mWARNING\x1b[0m: careful\n");
    }

    #[test]
    fn signals_have_names() {
        assert_eq!(describe_status(9), "Child process exited with signal 9 (Killed)");
        assert_eq!(describe_status(0x80 | 11), "Child process exited with signal 11 (Segmentation fault)");
        assert_eq!(describe_status(40), "Child process exited with signal 40");
    }

    #[test]
    fn losses_are_reported_with_number_and_cpu() {
        let report = Report {
            cpus: vec![
                CpuReport { skips: vec![2, 1, 9, 0], ..CpuReport::default() },
                CpuReport { dropped: 3, dropped_bytes: 72, skips: vec![1, 0, 0, 0], ..CpuReport::default() },
            ],
            missed: vec![(0, 4)],
            command_status: Some(0x200),
            failed: false,
        };
        assert_eq!(
            shown(&[], &report).1,
            "WARNING: CPU 1 lost 3 records (72 bytes): its buffer was full. Try a larger one with -s.\n\
             WARNING: Number of errors: 0, skipped probes: 8\n\
             WARNING: Skipped due to reentrancy: 3\n\
             WARNING: Skipped due to lock timeout of a global: 1\n\
             WARNING: Skipped due to missed hits of begin: 4\n\
             WARNING: Child process exited with status 2\n"
        );
    }

    #[test]
    fn malformed_records_are_said_to_be_so() {
        let short = record(raw::SPILE_RECORD_PRINT, vec![0; 12]);
        let unknown = record(77, vec![]);
        let lying = record(raw::SPILE_RECORD_PRINT, [&[0; 8][..], &[0xff; 8]].concat());
        let err = shown(&[short, unknown, lying], &Report::default()).1;
        assert_eq!(err.lines().count(), 3);
        assert!(err.starts_with("WARNING: a record of kind 1 from CPU 1 is malformed\n"), "{err}");
    }
}
