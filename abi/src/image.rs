// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading an image file: every offset is checked once, in [`Image::parse`], with the same
//! rules as kshim's.

use std::ffi::CStr;

use zerocopy::FromBytes;

use crate::host::HostInfo;
use crate::raw::*;

/// Why bytes are not an image that this build can use.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImageError {
    /// Too short, or no magic number.
    #[error("not a spile image")]
    NotAnImage,
    /// Made by a build with another contract.
    #[error("the image was made by another version of spile (ABI {version}, hash {hash:#018x})")]
    Version {
        /// Its version.
        version: u32,
        /// Its hash.
        hash: u64,
    },
    /// A part lies outside of the file, or a number is out of its range.
    #[error("the image is damaged: {0}")]
    Damaged(&'static str),
    /// The host's part does not decode.
    #[error("the image's host part is damaged: {0}")]
    Host(String),
}

/// A checked view of an image file.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
    header: spile_image,
    imports: Vec<u32>,
    probes: Vec<spile_probe>,
    trampolines: Vec<spile_trampoline>,
    fixups: Vec<spile_fixup>,
}

impl<'a> Image<'a> {
    /// Checks an image file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let (header, _) = spile_image::read_from_prefix(bytes).map_err(|_| ImageError::NotAnImage)?;
        if header.magic != SPILE_MAGIC {
            return Err(ImageError::NotAnImage);
        }
        if header.version != SPILE_ABI_VERSION || header.abi_hash != SPILE_ABI_HASH {
            return Err(ImageError::Version { version: header.version, hash: header.abi_hash });
        }
        check_header(&header, bytes.len())?;
        let imports = table::<u32>(bytes, header.imports_off, header.n_imports, "imports")?;
        if imports.iter().any(|import| *import >= SPILE_N_IMPORTS) {
            return Err(ImageError::Damaged("unknown import"));
        }
        let probes = table::<spile_probe>(bytes, header.probes_off, header.n_probes, "probe table")?;
        let strings = part(bytes, header.strings_off, header.strings_size, "strings")?;
        if strings.first() != Some(&0) || strings.last() != Some(&0) {
            return Err(ImageError::Damaged("strings"));
        }
        part(bytes, header.host_off, header.host_size, "host part")?;
        for probe in &probes {
            check_probe(probe, &header)?;
        }
        let trampolines =
            table::<spile_trampoline>(bytes, header.trampolines_off, header.n_trampolines, "trampolines")?;
        let fixups = table::<spile_fixup>(bytes, header.fixups_off, header.n_fixups, "fixups")?;
        if trampolines.iter().any(|trampoline| trampoline.code >= header.text_size)
            || fixups.iter().any(|fixup| fixup.at >= header.text_size)
        {
            return Err(ImageError::Damaged("trampolines"));
        }
        Ok(Self { bytes, header, imports, probes, trampolines, fixups })
    }

    /// The header.
    pub fn header(&self) -> &spile_image {
        &self.header
    }

    /// The whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Code, constants and stubs.
    pub fn text(&self) -> &'a [u8] {
        self.slice(self.header.text_off, self.header.text_size)
    }

    /// The import (`SPILE_IMPORT_*`) of each stub, and the stub's text offset.
    pub fn imports(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let stubs = (self.header.stubs..).step_by(SPILE_STUB_BYTES as usize);
        self.imports.iter().copied().zip(stubs)
    }

    /// The probe table.
    pub fn probes(&self) -> &[spile_probe] {
        &self.probes
    }

    /// Code that the kernel calls itself.
    pub fn trampolines(&self) -> &[spile_trampoline] {
        &self.trampolines
    }

    /// What kshim fills in.
    pub fn fixups(&self) -> &[spile_fixup] {
        &self.fixups
    }

    /// A name from the strings; "" where the offset is outside or the bytes are not UTF-8.
    pub fn string(&self, offset: u32) -> &'a str {
        let strings = self.slice(self.header.strings_off, self.header.strings_size);
        let rest = strings.get(offset as usize..).unwrap_or_default();
        CStr::from_bytes_until_nul(rest).ok().and_then(|name| name.to_str().ok()).unwrap_or_default()
    }

    /// The host's part.
    pub fn host(&self) -> Result<HostInfo, ImageError> {
        let bytes = self.slice(self.header.host_off, self.header.host_size);
        HostInfo::decode(bytes).map_err(|error| ImageError::Host(error.to_string()))
    }

    /// Where entry `probe` of the probe table is in the file, for the agent to fill in addresses.
    pub fn probe_offset(&self, probe: usize) -> usize {
        self.header.probes_off as usize + probe * size_of::<spile_probe>()
    }

    fn slice(&self, offset: u32, size: u32) -> &'a [u8] {
        part(self.bytes, offset, size, "").unwrap_or_default()
    }
}

fn check_header(header: &spile_image, file_size: usize) -> Result<(), ImageError> {
    let stubs_end = u64::from(header.stubs) + u64::from(header.n_imports) * u64::from(SPILE_STUB_BYTES);
    let text_end = u64::from(header.text_off) + u64::from(header.text_size);
    let checks = [
        (header.image_size as usize == file_size && header.image_size <= SPILE_MAX_IMAGE, "size"),
        (header.arch == SPILE_ARCH_X86_64 || header.arch == SPILE_ARCH_AARCH64, "architecture"),
        (header.text_off >= SPILE_TEXT_ALIGN && header.text_off.is_multiple_of(SPILE_TEXT_ALIGN), "text alignment"),
        (header.text_size > 0 && text_end <= file_size as u64, "text"),
        (header.n_imports <= SPILE_MAX_IMPORTS, "imports"),
        (header.stubs.is_multiple_of(SPILE_STUB_BYTES) && stubs_end <= u64::from(header.text_size), "stubs"),
        (header.n_probes <= SPILE_MAX_PROBES, "probe table"),
        (header.n_trampolines <= header.n_probes, "trampolines"),
        (header.n_fixups <= SPILE_MAX_FIXUPS, "fixups"),
        (header.data_size <= SPILE_MAX_DATA, "data size"),
        (header.part_size <= SPILE_MAX_PART, "part size"),
        (header.scratch_size <= SPILE_MAX_SCRATCH, "scratch size"),
        (header.init == SPILE_NO_TEXT || header.init < header.text_size, "init"),
        (header.n_conditions <= SPILE_MAX_CONDITIONS, "conditions"),
        (header.conditions == SPILE_NO_TEXT || header.conditions < header.text_size, "conditions"),
    ];
    match checks.iter().find(|(fine, _)| !fine) {
        Some((_, what)) => Err(ImageError::Damaged(what)),
        None => Ok(()),
    }
}

fn check_probe(probe: &spile_probe, header: &spile_image) -> Result<(), ImageError> {
    let fine = (SPILE_PROBE_BEGIN..=SPILE_PROBE_TRACEPOINT).contains(&probe.kind)
        && probe.handler < header.text_size
        && (probe.entry_handler == SPILE_NO_TEXT || probe.entry_handler < header.text_size)
        && probe.name < header.strings_size
        && probe.entry_words <= SPILE_MAX_ENTRY_WORDS
        && (probe.condition == SPILE_NO_CONDITION || probe.condition < header.n_conditions);
    if fine { Ok(()) } else { Err(ImageError::Damaged("probe")) }
}

fn part<'a>(bytes: &'a [u8], offset: u32, size: u32, what: &'static str) -> Result<&'a [u8], ImageError> {
    let start = offset as usize;
    let end = start.checked_add(size as usize).ok_or(ImageError::Damaged(what))?;
    bytes.get(start..end).ok_or(ImageError::Damaged(what))
}

fn table<T: FromBytes>(bytes: &[u8], offset: u32, count: u32, what: &'static str) -> Result<Vec<T>, ImageError> {
    let size = (count as usize).checked_mul(size_of::<T>()).and_then(|size| u32::try_from(size).ok());
    let bytes = part(bytes, offset, size.ok_or(ImageError::Damaged(what))?, what)?;
    let read = |chunk| T::read_from_bytes(chunk).map_err(|_| ImageError::Damaged(what));
    bytes.chunks_exact(size_of::<T>()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use zerocopy::IntoBytes;

    use super::*;

    /// One probe, one import, a page of text.
    fn sample() -> Vec<u8> {
        let header_end = size_of::<spile_image>() as u32;
        let host = HostInfo { script: "a.stp".into(), ..HostInfo::default() }.encode();
        let probe = spile_probe {
            kind: SPILE_PROBE_BEGIN,
            entry_handler: SPILE_NO_TEXT,
            condition: SPILE_NO_CONDITION,
            name: 1,
            ..spile_probe::default()
        };
        let probe_size = size_of::<spile_probe>() as u32;
        let host_off = header_end + probe_size + 4 + 6;
        let header = spile_image {
            magic: SPILE_MAGIC,
            version: SPILE_ABI_VERSION,
            abi_hash: SPILE_ABI_HASH,
            arch: SPILE_ARCH_X86_64,
            image_size: 4096 + 32,
            text_off: 4096,
            text_size: 32,
            stubs: 16,
            probes_off: header_end,
            n_probes: 1,
            imports_off: header_end + probe_size,
            n_imports: 1,
            strings_off: header_end + probe_size + 4,
            strings_size: 6,
            init: SPILE_NO_TEXT,
            host_off,
            host_size: host.len() as u32,
            ..spile_image::default()
        };
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend_from_slice(probe.as_bytes());
        bytes.extend_from_slice(&SPILE_IMPORT_jiffies.to_le_bytes());
        bytes.extend_from_slice(b"\0name\0");
        bytes.extend_from_slice(&host);
        bytes.resize(4096 + 32, 0);
        bytes
    }

    fn broken(change: impl FnOnce(&mut spile_image)) -> Option<ImageError> {
        let mut bytes = sample();
        let (mut header, _) = spile_image::read_from_prefix(&bytes).expect("a header");
        change(&mut header);
        bytes[..size_of::<spile_image>()].copy_from_slice(header.as_bytes());
        Image::parse(&bytes).err()
    }

    #[test]
    fn reads_all_parts() {
        let bytes = sample();
        let image = Image::parse(&bytes).expect("a good image");
        assert_eq!(image.text().len(), 32);
        assert_eq!(image.imports().collect::<Vec<_>>(), [(SPILE_IMPORT_jiffies, 16)]);
        assert_eq!(image.string(image.probes()[0].name), "name");
        assert_eq!(image.string(99), "");
        assert_eq!(image.host().map(|host| host.script), Ok("a.stp".into()));
    }

    #[test]
    fn refuses_what_is_out_of_bounds() {
        let damaged = |what| Some(ImageError::Damaged(what));
        assert_eq!(Image::parse(b"short").err(), Some(ImageError::NotAnImage));
        assert_eq!(broken(|header| header.magic = 1), Some(ImageError::NotAnImage));
        assert_eq!(broken(|header| header.abi_hash = 1), Some(ImageError::Version { version: 1, hash: 1 }));
        assert_eq!(broken(|header| header.image_size -= 1), damaged("size"));
        assert_eq!(broken(|header| header.arch = 3), damaged("architecture"));
        assert_eq!(broken(|header| header.text_off = 8), damaged("text alignment"));
        assert_eq!(broken(|header| header.text_size = u32::MAX), damaged("text"));
        assert_eq!(broken(|header| header.n_imports = 65), damaged("imports"));
        assert_eq!(broken(|header| header.imports_off = u32::MAX), damaged("imports"));
        assert_eq!(broken(|header| header.stubs = 32), damaged("stubs"));
        assert_eq!(broken(|header| header.n_probes = 65536), damaged("probe table"));
        assert_eq!(broken(|header| header.probes_off -= 4), damaged("probe"));
        assert_eq!(broken(|header| header.strings_size = 0), damaged("strings"));
        assert_eq!(broken(|header| header.host_size = 99999), damaged("host part"));
        assert_eq!(broken(|header| header.scratch_size = u32::MAX), damaged("scratch size"));
        assert_eq!(broken(|header| header.init = 32), damaged("init"));
    }
}
