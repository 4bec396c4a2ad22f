// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel images: what QEMU boots fastest, and the type information inside.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _};

use crate::catalogue::Arch;
use crate::command;

/// The image that boots fastest. For x86 the ELF file packed into a bzImage (its boot through PVH skips decompression and
/// KASLR), for aarch64 the Image as it is.
pub(crate) fn fast(vmlinuz: &[u8], arch: Arch) -> Result<Vec<u8>> {
    match arch {
        Arch::Amd64 => vmlinux_of_bzimage(vmlinuz),
        Arch::Arm64 if vmlinuz.get(0x38..0x3c) == Some(b"ARMd") => Ok(vmlinuz.to_vec()),
        Arch::Arm64 => bail!("not an uncompressed aarch64 Image"),
    }
}

/// Unpacks the payload of a bzImage (offsets: Linux's Documentation/arch/x86/boot.rst).
fn vmlinux_of_bzimage(image: &[u8]) -> Result<Vec<u8>> {
    if image.get(0x202..0x206) != Some(b"HdrS") {
        bail!("not a bzImage: it has no setup header");
    }
    let setup_sectors = match image[0x1f1] {
        0 => 4,
        sectors => usize::from(sectors),
    };
    let (offset, length) = (word(image, 0x248)?, word(image, 0x24c)?);
    let start = (setup_sectors + 1) * 512 + offset;
    let payload = start.checked_add(length).and_then(|end| image.get(start..end)).context("bzImage is cut short")?;
    let vmlinux = decompress(payload)?;
    if !vmlinux.starts_with(b"\x7fELF") {
        bail!("the bzImage's payload is not an ELF file");
    }
    Ok(vmlinux)
}

/// Decompresses what kbuild compressed. All but gzip are followed by the unpacked size in 4 bytes.
fn decompress(payload: &[u8]) -> Result<Vec<u8>> {
    let (program, args): (_, &[_]) = match payload {
        [0x1f, 0x8b, ..] => return command::filter(Command::new("gzip").arg("-dc"), payload),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => ("xz", &["-dc"]),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", &["-dcq"]),
        [0x02, 0x21, 0x4c, 0x18, ..] => ("lz4", &["-dc"]),
        [b'B', b'Z', b'h', ..] => ("bzip2", &["-dc"]),
        [0x5d, 0, 0, ..] => ("xz", &["-dc", "--format=lzma"]),
        _ => bail!("the kernel is compressed in a way the lab does not know (first bytes {:02x?})", head(payload)),
    };
    let packed = payload.len().checked_sub(4).map_or(payload, |end| &payload[..end]);
    command::filter(Command::new(program).args(args), packed)
}

/// The raw BTF of a kernel image: by section where it is an ELF file, else by its header.
pub(crate) fn btf(image: &[u8]) -> Result<&[u8]> {
    if image.starts_with(b"\x7fELF") {
        let elf: ElfFile64<'_> = ElfFile64::parse(image).context("cannot read the vmlinux")?;
        let section = elf.section_by_name(".BTF").context("the kernel carries no BTF")?;
        return Ok(section.data()?);
    }
    let magic = [0x9f, 0xeb, 0x01, 0x00];
    let aligned = (0..image.len().saturating_sub(24)).step_by(4);
    // An Image may hold small blobs as well (tests, modules): the kernel's own is the largest.
    aligned
        .filter(|&at| image[at..at + 4] == magic)
        .filter_map(|at| btf_at(&image[at..]))
        .max_by_key(|blob| blob.len())
        .context("the kernel carries no BTF")
}

/// The blob whose header is at the start of `bytes`, if its parts fit together.
fn btf_at(bytes: &[u8]) -> Option<&[u8]> {
    let field = |index: usize| word(bytes, 4 + 4 * index).ok();
    let (header, types, types_len, strings, strings_len) = (field(0)?, field(1)?, field(2)?, field(3)?, field(4)?);
    let fits = (24..=128).contains(&header) && types == 0 && types_len > 0 && strings >= types_len && strings_len > 0;
    let end = header.checked_add(strings)?.checked_add(strings_len)?;
    let blob = bytes.get(..end)?;
    (fits && blob[header + strings] == 0 && blob[end - 1] == 0).then_some(blob)
}

fn word(bytes: &[u8], at: usize) -> Result<usize> {
    let word = bytes.get(at..at + 4).context("the image is cut short")?;
    Ok(u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize)
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(6)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bzimage(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0; 1024];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x24c..0x250].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        image.extend(payload);
        image
    }

    #[test]
    fn unpacks_a_bzimage_with_a_trailing_size() {
        let elf = [b"\x7fELF".as_slice(), &[3; 5000]].concat();
        let mut payload = command::filter(Command::new("xz").arg("-c"), &elf).unwrap();
        payload.extend((elf.len() as u32).to_le_bytes());
        assert_eq!(fast(&bzimage(&payload), Arch::Amd64).unwrap(), elf);
    }

    #[test]
    fn bad_images_are_told() {
        let message = |image: &[u8], arch| fast(image, arch).unwrap_err().to_string();
        assert_eq!(message(b"short", Arch::Amd64), "not a bzImage: it has no setup header");
        assert_eq!(message(b"short", Arch::Arm64), "not an uncompressed aarch64 Image");
        assert_eq!(
            message(&bzimage(b"what is this"), Arch::Amd64),
            "the kernel is compressed in a way the lab does not know (first bytes [77, 68, 61, 74, 20, 69])"
        );
        let mut cut = bzimage(b"1234");
        cut.truncate(1026);
        assert_eq!(message(&cut, Arch::Amd64), "bzImage is cut short");
    }

    #[test]
    fn finds_the_largest_btf_of_an_image() {
        let blob = |types: u32| {
            let mut blob = vec![0x9f, 0xeb, 1, 0];
            for word in [24, 0, types, types, 2] {
                blob.extend(u32::to_le_bytes(word));
            }
            blob.extend(vec![1; types as usize]);
            blob.extend([0, 0]);
            blob
        };
        let image = [vec![0; 8], blob(4), vec![0; 2], blob(40), vec![0x9f, 0xeb, 1, 0], vec![0; 60]].concat();
        assert_eq!(btf(&image).unwrap(), blob(40));
        assert_eq!(btf(&[0; 100]).unwrap_err().to_string(), "the kernel carries no BTF");
    }
}
