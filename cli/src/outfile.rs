// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output files (`-o`), whose names may tell the time, and which may be many (`-S`).

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};
use jiff::ZonedDateTime;
use jiff::fmt::strtime;
use spile_output::Bulk;

use crate::args::Rotation;

/// Standard output, or the files that the options ask for.
pub fn open(name: Option<&str>, rotation: Option<Rotation>) -> Result<Box<dyn Write>> {
    Ok(match (name, rotation) {
        // Not by lines: each would be a system call, and the session flushes after every batch.
        (None, _) => Box::new(BufWriter::new(io::stdout().lock())),
        (Some(name), None) => Box::new(create(&told_time(name)?)?),
        (Some(name), Some(rotation)) => Box::new(Rotating::open(name, rotation, Vec::new())?),
    })
}

/// Files for each CPU (`NAME.cpu0`, `NAME.cpu1`, …), begun when something comes from it. The first bytes are what each file of
/// a rotation begins with.
pub fn by_cpu(name: &str, rotation: Option<Rotation>) -> Bulk<'_> {
    let mut files = BTreeMap::<u32, Box<dyn Write>>::new();
    Box::new(move |cpu, bytes| {
        if let Some(file) = files.get_mut(&cpu) {
            return file.write_all(bytes);
        }
        let name = format!("{name}.cpu{cpu}");
        let file: Result<Box<dyn Write>> = match rotation {
            Some(rotation) => {
                Rotating::open(&name, rotation, bytes.to_vec()).map(|file| Box::new(file) as Box<dyn Write>)
            }
            None => told_time(&name).and_then(|name| create(&name)).and_then(|mut file| {
                file.write_all(bytes)?;
                Ok(Box::new(file) as Box<dyn Write>)
            }),
        };
        files.insert(cpu, file.map_err(io::Error::other)?);
        Ok(())
    })
}

fn create(path: &str) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {path}"))
}

/// A name with its escapes (`%F`, `%H`, …) replaced by the time now.
fn told_time(name: &str) -> Result<String> {
    if !name.contains('%') {
        return Ok(name.to_owned());
    }
    strtime::format(name, &ZonedDateTime::now())
        .with_context(|| format!("cannot tell the time in the file name {name:?}"))
}

/// Files `NAME.0`, `NAME.1`, …: a new one begins where a write would make one too large.
struct Rotating {
    name: String,
    limit: u64,
    keep: Option<usize>,
    /// What each file begins with.
    head: Vec<u8>,
    file: File,
    written: u64,
    next: u64,
    /// Those that exist, the current one last.
    files: VecDeque<String>,
}

impl Rotating {
    fn open(name: &str, rotation: Rotation, head: Vec<u8>) -> Result<Self> {
        let limit = rotation.megabytes.saturating_mul(1 << 20);
        let path = format!("{}.0", told_time(name)?);
        let mut file = create(&path)?;
        file.write_all(&head)?;
        let files = VecDeque::from([path]);
        let (name, keep) = (name.to_owned(), rotation.keep);
        Ok(Self { name, limit, keep, head, file, written: 0, next: 1, files })
    }

    fn rotate(&mut self) -> io::Result<()> {
        let path = format!("{}.{}", told_time(&self.name).map_err(io::Error::other)?, self.next);
        self.file = File::create(&path)?;
        self.file.write_all(&self.head)?;
        self.files.push_back(path);
        (self.written, self.next) = (0, self.next + 1);
        while self.keep.is_some_and(|keep| self.files.len() > keep) {
            let Some(oldest) = self.files.pop_front() else { break };
            // Someone may have taken it away already.
            if let Err(error) = fs::remove_file(oldest)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // One write is one record: it stays whole.
        if self.written > 0 && self.written + bytes.len() as u64 > self.limit {
            self.rotate()?;
        }
        self.file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_time() {
        let name = told_time("/tmp/%Y-%%.log").unwrap();
        let year = ZonedDateTime::now().year();
        assert_eq!(name, format!("/tmp/{year:04}-%.log"));
        assert_eq!(told_time("plain").unwrap(), "plain");
        assert!(told_time("%&").unwrap_err().to_string().contains("file name \"%&\""));
    }

    #[test]
    fn each_cpu_has_files_that_begin_alike() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("out");
        let name = name.to_str().unwrap();
        let mut write = by_cpu(name, Some(Rotation { megabytes: 1, keep: None }));
        for cpu in [0, 3] {
            write(cpu, b"head").unwrap();
            for _ in 0..3 {
                write(cpu, &[b'x'; 400 << 10]).unwrap();
            }
        }
        drop(write);
        for cpu in [0, 3] {
            for (file, size) in [(0, 800 << 10), (1, 400 << 10)] {
                let text = fs::read(format!("{name}.cpu{cpu}.{file}")).unwrap();
                assert_eq!((&text[..4], text.len()), (&b"head"[..], size + 4));
            }
        }
        by_cpu(name, None)(7, b"head").unwrap();
        assert_eq!(fs::read(format!("{name}.cpu7")).unwrap(), b"head");
    }

    #[test]
    fn the_last_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("out");
        let name = name.to_str().unwrap();
        let mut out = open(Some(name), Some(Rotation { megabytes: 1, keep: Some(2) })).unwrap();
        let record = vec![b'x'; 400 << 10];
        for _ in 0..7 {
            out.write_all(&record).unwrap();
        }
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["out.2", "out.3"]);
        assert_eq!(fs::metadata(format!("{name}.2")).unwrap().len(), 800 << 10);
        assert_eq!(fs::metadata(format!("{name}.3")).unwrap().len(), 400 << 10);
    }
}
