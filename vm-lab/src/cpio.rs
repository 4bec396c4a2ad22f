// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes the archive format of initramfs: "newc" (Linux's Documentation/driver-api/early-userspace/buffer-format.rst).

const FILE: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER_DEVICE: u32 = 0o020_000;

/// An archive in memory. Directories must be added before what is in them.
pub(crate) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    pub(crate) fn new() -> Archive {
        Archive { bytes: Vec::new(), entries: 0 }
    }

    pub(crate) fn directory(&mut self, path: &str) {
        self.entry(path, DIRECTORY | 0o755, &[], (0, 0));
    }

    pub(crate) fn file(&mut self, path: &str, permissions: u32, content: &[u8]) {
        self.entry(path, FILE | permissions, content, (0, 0));
    }

    pub(crate) fn symlink(&mut self, path: &str, target: &str) {
        self.entry(path, SYMLINK | 0o777, target.as_bytes(), (0, 0));
    }

    pub(crate) fn character_device(&mut self, path: &str, major: u32, minor: u32) {
        self.entry(path, CHARACTER_DEVICE | 0o600, &[], (major, minor));
    }

    /// The whole archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[], (0, 0));
        self.bytes
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8], device: (u32, u32)) {
        let name = path.trim_start_matches('/');
        self.entries += 1;
        let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        // inode, mode, uid, gid, links, mtime, size, device of the file system (2), device (2), name size, checksum
        let header = [self.entries, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, name_size, 0];
        self.bytes.extend(b"070701");
        for field in header {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.align();
        self.bytes.extend(content);
        self.align();
    }

    /// Header with name, and content, are each padded to 4 bytes.
    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::command;

    #[test]
    fn cpio_reads_it() {
        let mut archive = Archive::new();
        archive.directory("/bin");
        archive.file("/bin/odd", 0o755, b"12345");
        archive.symlink("/bin/sh", "odd");
        archive.character_device("/null", 1, 3);
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4, 0);
        let listing = command::filter(Command::new("cpio").args(["-itv", "--quiet", "--numeric-uid-gid"]), &bytes);
        let listing = String::from_utf8(listing.unwrap()).unwrap();
        let columns = |line: &str| {
            let words: Vec<_> = line.split_whitespace().collect();
            (words[0].to_owned(), words[words.len().min(8)..].join(" "))
        };
        let entries: Vec<_> = listing.lines().map(columns).collect();
        let expected = [("drwxr-xr-x", "bin"), ("-rwxr-xr-x", "bin/odd"), ("lrwxrwxrwx", "bin/sh -> odd")];
        for ((mode, name), (expected_mode, expected_name)) in entries.iter().zip(expected) {
            assert_eq!((mode.as_str(), name.as_str()), (expected_mode, expected_name));
        }
        assert!(entries[3].0.starts_with("crw"), "{listing}");
    }
}
