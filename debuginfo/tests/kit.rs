// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kits, sound and damaged.

mod common;

use std::io::Write;

use proptest::prelude::*;
use spile_debuginfo::{KernelTarget, Kit};
use spile_frontend::target::{Arch, Target};

fn packed() -> Vec<u8> {
    common::kit(Arch::Aarch64).to_bytes().expect("it packs")
}

fn error(data: &[u8]) -> String {
    Kit::from_bytes(data).err().map(|error| error.to_string()).unwrap_or_default()
}

/// A kit with these entries.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content).expect("memory has room");
    }
    zstd::bulk::compress(&tar.into_inner().expect("memory has room"), 1).expect("it packs")
}

#[test]
fn a_kit_survives_its_file() {
    let path = std::env::temp_dir().join(format!("spile-test-{}.kit", std::process::id()));
    common::kit(Arch::Aarch64).write(&path).expect("it can be written");
    let read = Kit::read(&path);
    std::fs::remove_file(&path).expect("it was written");
    let read = read.expect("it is sound");
    let made = common::kit(Arch::Aarch64);
    assert_eq!((read.arch, &read.release, &read.build_id), (made.arch, &made.release, &made.build_id));
    assert_eq!(read.btf, made.btf);
    assert_eq!(read.symbols.iter().collect::<Vec<_>>(), made.symbols.iter().collect::<Vec<_>>());
    assert_eq!(read.symbols.text_address(), made.symbols.text_address());
    let target = KernelTarget::new(read).expect("its types are sound");
    assert_eq!(target.config("CONFIG_SMP"), Some("y"));
    assert_eq!(target.blocklisted("vfs_write"), Some("is blocklisted"));
    assert_eq!(target.tracepoints("sched:*").len(), 1);
}

#[test]
fn the_same_facts_give_the_same_file() {
    assert_eq!(packed(), packed());
}

#[test]
fn files_that_are_no_kits_are_refused_with_the_reason() {
    let missing = Kit::read(std::path::Path::new("/nonexistent.kit")).err().map(|error| error.to_string());
    assert_eq!(missing.as_deref(), Some("/nonexistent.kit: No such file or directory (os error 2)"));
    assert_eq!(error(b""), "not a kit: no zstd magic number at its start");
    assert_eq!(error(b"\x7fELF and more"), "not a kit: no zstd magic number at its start");
    let text = zstd::bulk::compress(&[b'x'; 2000], 1).expect("it packs");
    assert_eq!(error(&text), "not a kit: it holds no tar archive");
    assert_eq!(error(&archive(&[])), "not a kit: its archive is empty");
    assert_eq!(error(&archive(&[("etc/passwd", b"root")])), "not a kit: it does not start with `meta`");
    assert_eq!(error(&archive(&[("meta", b"hello\n")])), "not a kit: its `meta` has no format number");
}

#[test]
fn a_kit_of_a_later_format_asks_for_an_update() {
    assert_eq!(
        error(&archive(&[("meta", b"spile-kit 2\nshape round\n")])),
        "the kit has format 2, this version of spile reads up to 1: update spile, or make the kit anew"
    );
}

#[test]
fn a_damaged_kit_says_what_is_missing() {
    let damaged = "the kit is truncated or damaged: ";
    assert_eq!(error(&packed()[..packed().len() - 1]), format!("{damaged}it ends early"));
    assert_eq!(error(&packed()[..4]), format!("{damaged}it does not tell its size"));
    let mut streamed = zstd::Encoder::new(Vec::new(), 1).expect("memory has room");
    streamed.write_all(b"no size in the header").expect("memory has room");
    let streamed = streamed.finish().expect("memory has room");
    assert_eq!(error(&streamed), format!("{damaged}it does not tell its size"));
    let meta: &[u8] = b"spile-kit 1\narch aarch64\nrelease 6.1\n";
    assert_eq!(error(&archive(&[("meta", meta)])), format!("{damaged}it has no `btf`"));
    assert_eq!(
        error(&archive(&[("meta", b"spile-kit 1\narch vax\nrelease 6.1\n")])),
        format!("{damaged}its arch is `vax`")
    );
    assert_eq!(
        error(&archive(&[("meta", meta), ("btf", b""), ("kallsyms", b"\0\0")])),
        format!("{damaged}its symbols are cut short")
    );
    let mut flipped = packed();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    assert!(error(&flipped).starts_with(damaged), "{}", error(&flipped));
}

proptest! {
    #[test]
    fn damaged_symbols_never_panic(words in prop::collection::vec(0_u32..6, 0..40), tail in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut symbols: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        symbols.extend(&tail);
        let meta: &[u8] = b"spile-kit 1\narch x86_64\nrelease 6.1\n";
        let empty: &[u8] = b"";
        let entries =
            [("meta", meta), ("btf", empty), ("kallsyms", &symbols), ("tracepoints", empty), ("blacklist", empty), ("config", empty)];
        if let Ok(kit) = Kit::from_bytes(&archive(&entries)) {
            kit.symbols.iter().count();
            kit.symbols.named("a").count();
            kit.symbols.functions(None, "a").count();
            for offset in [i64::MIN, -1, 0, 1, 5, i64::MAX] {
                kit.symbols.locate(offset);
            }
        }
    }
}
