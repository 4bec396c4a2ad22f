// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records and reports as the user sees them: the script's output, and messages beside it.

use std::io::{self, Write};

use spile_abi::host::FormatArg;
use spile_abi::{HostInfo, raw};
use spile_rt::Arg;

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
}

impl<Out: Write, Err: Write> Console<Out, Err> {
    /// For the image that `info` describes.
    pub fn new(info: HostInfo, out: Out, err: Err) -> Self {
        Self { info, out, err, errors: 0, warnings: true }
    }

    /// Leaves out warnings (`-w`).
    pub fn without_warnings(self) -> Self {
        Self { warnings: false, ..self }
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
        let mut args = Vec::with_capacity(format.args.len());
        for arg in &format.args {
            args.push(words.arg(*arg)?);
        }
        Ok(self.out.write_all(&spile_rt::format(&format.text, &args)))
    }

    fn error(&mut self, payload: &[u8]) -> Result<io::Result<()>, Malformed> {
        let mut words = Words(payload);
        let (_code, location, probe) = (words.u32()?, words.u32()?, words.u32()?);
        self.errors += 1;
        let text = String::from_utf8_lossy(message_text(payload));
        let mut line = format!("ERROR: {text}");
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
        writeln!(self.err, "WARNING: {}", text.strip_suffix('\n').unwrap_or(text))
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
        signal => format!("Child process exited with signal {signal}"),
    }
}

/// The text of a `struct spile_message`, from its payload behind the record's header; empty where it is cut short.
pub fn message_text(payload: &[u8]) -> &[u8] {
    let length_at = std::mem::offset_of!(raw::spile_message, length) - size_of::<raw::spile_record>();
    let length = payload.get(length_at..length_at + 4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("4 bytes")));
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

    fn arg(&mut self, kind: FormatArg) -> Result<Arg<'a>, Malformed> {
        Ok(match kind {
            FormatArg::Int => Arg::Int(self.signed()?),
            FormatArg::Str => {
                let length = usize::try_from(self.word()?).map_err(|_| Malformed)?;
                let padded = self.take(length.checked_next_multiple_of(8).ok_or(Malformed)?)?;
                Arg::Str(&padded[..length])
            }
            FormatArg::Hist => Arg::Hist(self.hist()?),
        })
    }
}
