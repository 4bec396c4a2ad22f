// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records and reports as the user sees them: the script's output, and messages beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use spile_abi::host::{Format, FormatArg};
use spile_abi::{HostInfo, raw};
use spile_rt::{Arg, Formatter, HistData};

use crate::merge::Record;
use crate::report::{Attachment, why_not_attached};
use crate::timing::Timing;

/// A record that does not fit its own description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// Renders records: the script's output to one stream, errors and warnings to another.
pub struct Console<Out, Err> {
    pub(crate) info: HostInfo,
    pub(crate) out: Out,
    pub(crate) err: Err,
    pub(crate) errors: u64,
    /// What probes took, as far as the image tells.
    pub(crate) timings: Vec<Timing>,
    /// By global: hits that found it locked for too long.
    pub(crate) locked: BTreeMap<u32, u64>,
    /// Probes of which it was said that they are not attached.
    unattached: BTreeSet<usize>,
    formatter: Formatter,
    warnings: bool,
    coloured: bool,
}

impl<Out: Write, Err: Write> Console<Out, Err> {
    /// For the image that `info` describes.
    pub fn new(info: HostInfo, out: Out, err: Err) -> Self {
        Self {
            info,
            out,
            err,
            errors: 0,
            timings: Vec::new(),
            locked: BTreeMap::new(),
            unattached: BTreeSet::new(),
            formatter: Formatter::default(),
            warnings: true,
            coloured: false,
        }
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
    pub fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        let rendered = match u32::from(record.kind) {
            raw::SPILE_RECORD_PRINT => self.print(record.payload),
            raw::SPILE_RECORD_ERROR => self.error(record.payload),
            raw::SPILE_RECORD_WARNING => Ok(self.warn(&String::from_utf8_lossy(message_text(record.payload)))),
            // The agent has run it.
            raw::SPILE_RECORD_SYSTEM => Ok(Ok(())),
            raw::SPILE_RECORD_SKIPPED => self.skipped(record.payload).map(Ok),
            raw::SPILE_RECORD_TIMING => self.timing(record.payload).map(Ok),
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
        if format.args.contains(&FormatArg::Hist) {
            return Ok(self.out.write_all(&with_charts(format, words)?));
        }
        let args = format.args.iter().map(|kind| words.arg(*kind));
        let text = self.formatter.format(&format.text, args)?;
        Ok(self.out.write_all(text))
    }

    fn skipped(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let global = Words(payload).u32()?;
        *self.locked.entry(global).or_default() += 1;
        Ok(())
    }

    fn timing(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        self.timings.push(Timing::read(payload).ok_or(Malformed)?);
        Ok(())
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

    pub(crate) fn warn(&mut self, text: &str) -> io::Result<()> {
        if !self.warnings {
            return Ok(());
        }
        let warning = self.in_colour("WARNING", YELLOW);
        writeln!(self.err, "{warning}: {}", text.strip_suffix('\n').unwrap_or(text))
    }

    pub(crate) fn in_colour(&self, word: &str, colour: &str) -> String {
        if self.coloured { format!("{colour}{word}{PLAIN}") } else { word.to_owned() }
    }

    /// Says which probes could not be attached, or are no longer, unless they are optional. Of each once.
    pub fn unattached<'a>(&mut self, probes: impl IntoIterator<Item = &'a Attachment>) -> io::Result<()> {
        for (index, attachment) in probes.into_iter().enumerate().filter(|(_, attachment)| attachment.errno != 0) {
            let info = self.info.probes.get(index);
            if info.is_some_and(|info| info.optional) || !self.unattached.insert(index) {
                continue;
            }
            let name = info.map_or("?", |info| &info.name);
            let text = if attachment.errno == libc::ENODEV {
                format!("probe {name} is gone: its module was unloaded")
            } else {
                format!("probe {name} registration error: {}", why_not_attached(attachment.errno))
            };
            self.warn(&text)?;
        }
        Ok(())
    }

    /// Says how probes are attached: how many in each way and, if they are wanted, each of them.
    pub fn attached(&mut self, probes: &[Attachment], each: bool) -> io::Result<()> {
        let mut ways = BTreeMap::<String, usize>::new();
        for (index, attachment) in probes.iter().enumerate() {
            if attachment.errno == 0 && attachment.name().is_none() && !attachment.disarmed {
                continue;
            }
            let way = attachment.describe();
            if each {
                let name = self.info.probes.get(index).map_or("?", |info| &info.name);
                writeln!(self.err, "{name}: {way}")?;
            }
            *ways.entry(way).or_default() += 1;
        }
        let ways: Vec<_> = ways.into_iter().map(|(way, count)| format!("{count} {way}")).collect();
        if !ways.is_empty() {
            writeln!(self.err, "Probes: {}.", ways.join(", "))?;
        }
        Ok(())
    }
}

/// Escape sequences of terminals, those that compilers use.
pub(crate) const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const PLAIN: &str = "\x1b[0m";

/// The text of a `struct spile_message`, from its payload behind the record's header; empty where it is cut short.
pub fn message_text(payload: &[u8]) -> &[u8] {
    let length_at = std::mem::offset_of!(raw::spile_message, length) - size_of::<raw::spile_record>();
    let length =
        payload.get(length_at..length_at + 4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("4 bytes")));
    let text = payload.get(length_at + 4..).unwrap_or_default();
    &text[..text.len().min(length.unwrap_or(0) as usize)]
}

/// Reads words off a record.
#[derive(Clone, Copy)]
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
                let (length, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
                if u64::from_le_bytes(*length) == raw::SPILE_PRINT_NAME.into() {
                    self.0 = rest;
                    let name = self.take(raw::SPILE_NAME_BYTES as usize)?;
                    return Ok(Arg::Str(name.split(|byte| *byte == 0).next().unwrap_or_default()));
                }
                let length = usize::try_from(self.word()?).map_err(|_| Malformed)?;
                let padded = self.take(length.checked_next_multiple_of(8).ok_or(Malformed)?)?;
                Arg::Str(&padded[..length])
            }
            FormatArg::Hist => return Err(Malformed),
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

/// A print record some of whose arguments are histograms, which the formatter wants in words of their own.
fn with_charts(format: &Format, mut words: Words<'_>) -> Result<Vec<u8>, Malformed> {
    let mut ahead = words;
    let mut charts = Vec::new();
    for kind in &format.args {
        match kind {
            FormatArg::Hist => charts.push(ahead.hist()?),
            plain => drop(ahead.arg(*plain)?),
        }
    }
    let mut charts = charts.iter();
    let args = format.args.iter().map(|kind| match (kind, kind == &FormatArg::Hist) {
        (_, true) => {
            words.hist()?;
            charts.next().map(Arg::Hist).ok_or(Malformed)
        }
        (plain, false) => words.arg(*plain),
    });
    let args: Result<Vec<_>, _> = args.collect();
    Ok(spile_rt::format(&format.text, &args?))
}

#[cfg(test)]
mod tests {
    use spile_abi::host::{Format, Location, Probe};

    use super::*;
    use crate::report::Report;

    fn info() -> HostInfo {
        HostInfo {
            files: vec!["a.stp".into()],
            locations: vec![Location { file: 0, line: 3, column: 9, near: "operator '/'".into() }],
            formats: vec![Format { text: b"%s=%d\n".to_vec(), args: vec![FormatArg::Str, FormatArg::Int] }],
            probes: vec![Probe { name: "begin".into(), ..Probe::default() }],
            ..HostInfo::default()
        }
    }

    fn record(kind: u32, payload: &[u8]) -> Record<'_> {
        Record { cpu: 1, time: 0, kind: kind as u16, payload }
    }

    fn message(code: u32, location: u32, text: &str) -> Vec<u8> {
        let words = [code, location, 0, text.len() as u32];
        words.iter().flat_map(|word| word.to_le_bytes()).chain(text.bytes()).chain([0; 5]).collect()
    }

    /// What records and a report come to on the two streams.
    fn shown(records: &[Record<'_>]) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::new(info(), &mut out, &mut err);
        records.iter().for_each(|record| console.record(record).unwrap());
        console.summary(&Report::default()).unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn prints_are_formatted() {
        let mut payload: Vec<u8> = [0u32, 2].iter().flat_map(|word| word.to_le_bytes()).collect();
        payload.extend(3u64.to_le_bytes());
        payload.extend(b"abc\0\0\0\0\0");
        payload.extend((-5i64).to_le_bytes());
        let (out, err) = shown(&[record(raw::SPILE_RECORD_PRINT, &payload)]);
        assert_eq!((out.as_str(), err.as_str()), ("abc=-5\n", ""));
    }

    #[test]
    fn errors_name_their_place() {
        let error = message(3, 0, "division by 0");
        let homeless = message(1, raw::SPILE_NO_LOCATION, "MAXACTION exceeded");
        let warning = message(0, raw::SPILE_NO_LOCATION, "careful\n");
        let (out, err) = shown(&[
            record(raw::SPILE_RECORD_ERROR, &error),
            record(raw::SPILE_RECORD_ERROR, &homeless),
            record(raw::SPILE_RECORD_WARNING, &warning),
        ]);
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
        console.record(&record(raw::SPILE_RECORD_ERROR, &message(3, 0, "division by 0"))).unwrap();
        console.summary(&Report::default()).unwrap();
        assert_eq!(console.errors(), 1);
        assert_eq!(err, b"WARNING: Number of errors: 1, skipped probes: 0\n");
    }

    #[test]
    fn words_are_coloured_where_that_is_wanted() {
        let mut err = Vec::new();
        let mut console = Console::new(info(), Vec::new(), &mut err).coloured(true);
        console.record(&record(raw::SPILE_RECORD_WARNING, &message(0, raw::SPILE_NO_LOCATION, "careful"))).unwrap();
        assert_eq!(err, b"\x1b[1;33mWARNING\x1b[0m: careful\n");
    }

    #[test]
    fn malformed_records_are_said_to_be_so() {
        let short = record(raw::SPILE_RECORD_PRINT, &[0; 12]);
        let unknown = record(77, &[]);
        let lying = [&[0; 8][..], &[0xff; 8]].concat();
        let err = shown(&[short, unknown, record(raw::SPILE_RECORD_PRINT, &lying)]).1;
        assert_eq!(err.lines().count(), 3);
        assert!(err.starts_with("WARNING: a record of kind 1 from CPU 1 is malformed\n"), "{err}");
    }
}
