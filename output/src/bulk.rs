// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bulk mode: the records of each CPU in a file of its own, as they come, and how such files are merged into text.
//!
//! A file begins with a magic number, the CPU's number and the length of what follows: the image's host part, which
//! says how records are formatted. Behind it are records, without pads.

use std::io::{self, Read, Write};

use spile_abi::{HostInfo, raw};

use crate::console::Console;
use crate::merge::{HEADER, Record};

const MAGIC: &[u8; 8] = b"SPILEBLK";

/// Host parts above this are not believed: 64 MiB.
const MAX_HOST: u32 = 64 << 20;

/// What the file of a CPU begins with.
pub fn bulk_header(cpu: u32, host: &HostInfo) -> Vec<u8> {
    let host = host.encode();
    let length = host.len() as u32;
    [MAGIC, &cpu.to_le_bytes()[..], &length.to_le_bytes(), &host].concat()
}

/// A file that is being read.
pub struct BulkReader<R> {
    reader: R,
    cpu: u32,
    host: Vec<u8>,
    header: [u8; HEADER],
    payload: Vec<u8>,
    /// Whether `header` and `payload` hold a record that is still to be given out.
    ready: bool,
    /// Whether the file ends within a record.
    cut: bool,
}

impl<R: Read> BulkReader<R> {
    /// Reads the beginning.
    pub fn open(mut reader: R) -> io::Result<Self> {
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let mut start = [0; 16];
        reader.read_exact(&mut start).map_err(|_| invalid("it is no file of `-b`"))?;
        let words = |at: usize| u32::from_le_bytes(start[at..at + 4].try_into().expect("4 bytes"));
        let (cpu, length) = (words(8), words(12));
        if start[..8] != *MAGIC || length > MAX_HOST {
            return Err(invalid("it is no file of `-b`"));
        }
        let mut host = Vec::new();
        reader.by_ref().take(length.into()).read_to_end(&mut host)?;
        if host.len() != length as usize {
            return Err(invalid("it is cut short"));
        }
        let mut file = Self { reader, cpu, host, header: [0; HEADER], payload: Vec::new(), ready: false, cut: false };
        file.advance()?;
        Ok(file)
    }

    /// Reads the next record, if there is one.
    fn advance(&mut self) -> io::Result<()> {
        self.ready = false;
        let mut got = 0;
        while got < HEADER {
            match self.reader.read(&mut self.header[got..])? {
                0 => {
                    self.cut = got != 0;
                    return Ok(());
                }
                count => got += count,
            }
        }
        let size = u32::from_le_bytes(self.header[..4].try_into().expect("4 bytes")) as usize;
        let Some(length) = size.checked_sub(HEADER) else {
            let what = format!("a record claims {size} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        };
        self.payload.clear();
        self.reader.by_ref().take(length as u64).read_to_end(&mut self.payload)?;
        self.ready = self.payload.len() == length;
        self.cut = !self.ready;
        Ok(())
    }

    fn time(&self) -> u64 {
        u64::from_le_bytes(self.header[8..].try_into().expect("8 bytes"))
    }

    fn record(&self) -> Record<'_> {
        let kind = u16::from_le_bytes([self.header[4], self.header[5]]);
        Record { cpu: self.cpu, time: self.time(), kind, payload: &self.payload }
    }
}

/// Writes the text of all files in the order of time. Errors and warnings are left out: they were told while the
/// script ran. Returns the CPUs whose files end within a record.
pub fn merge_bulk<R: Read>(mut files: Vec<BulkReader<R>>, out: impl Write, err: impl Write) -> io::Result<Vec<u32>> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    if files.iter().any(|file| file.host != first.host) {
        return Err(invalid("the files are of different scripts"));
    }
    let host = HostInfo::decode(&first.host).map_err(|_| invalid("the files are of another version of spile"))?;
    let mut console = Console::new(host, out, err);
    // There are few CPUs: looking at all of them costs less than a heap would.
    while let Some(next) = files.iter_mut().filter(|file| file.ready).min_by_key(|file| file.time()) {
        let record = next.record();
        if u32::from(record.kind) == raw::SPILE_RECORD_PRINT {
            console.record(&record)?;
        }
        next.advance()?;
    }
    console.flush()?;
    Ok(files.iter().filter(|file| file.cut).map(|file| file.cpu).collect())
}

#[cfg(test)]
mod tests {
    use spile_abi::host::{Format, FormatArg};

    use super::*;

    fn host() -> HostInfo {
        let formats = vec![Format { text: b"%d\n".to_vec(), args: vec![FormatArg::Int] }];
        HostInfo { formats, ..HostInfo::default() }
    }

    fn print(time: u64, value: u64) -> Vec<u8> {
        let header = 32 | u64::from(raw::SPILE_RECORD_PRINT) << 32;
        [header, time, 1 << 32, value].iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn merged(files: &[Vec<u8>]) -> io::Result<(String, Vec<u32>)> {
        let mut out = Vec::new();
        let readers: io::Result<Vec<_>> = files.iter().map(|file| BulkReader::open(&file[..])).collect();
        let cut = merge_bulk(readers?, &mut out, io::sink())?;
        Ok((String::from_utf8(out).unwrap(), cut))
    }

    #[test]
    fn files_are_merged_by_time() {
        let first = [bulk_header(0, &host()), print(10, 1), print(30, 3)].concat();
        let second = [bulk_header(1, &host()), print(20, 2), print(40, 4)].concat();
        assert_eq!(merged(&[first.clone(), second.clone()]).unwrap(), ("1\n2\n3\n4\n".into(), vec![]));
        let cut = second[..second.len() - 1].to_vec();
        assert_eq!(merged(&[first, cut]).unwrap(), ("1\n2\n3\n".into(), vec![1]));
        assert_eq!(merged(&[]).unwrap(), (String::new(), vec![]));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let other = HostInfo { script: "b.stp".into(), ..host() };
        let said = |files: &[Vec<u8>]| merged(files).unwrap_err().to_string();
        assert_eq!(said(&[bulk_header(0, &host()), bulk_header(1, &other)]), "the files are of different scripts");
        assert_eq!(said(&[b"plain text, not at all in bulk".to_vec()]), "it is no file of `-b`");
        assert_eq!(said(&[bulk_header(0, &host())[..20].to_vec()]), "it is cut short");
        let lying = [bulk_header(0, &host()), vec![0; 16]].concat();
        assert_eq!(said(&[lying]), "a record claims 0 bytes");
    }
}
