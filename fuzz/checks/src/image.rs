// SPDX-License-Identifier: MIT OR Apache-2.0
//! What user space reads that others wrote: image files and the host's part in them, messages between host and agent, streams of
//! records and their text. The first byte says which.

use spile_abi::raw::{SPILE_ABI_HASH, SPILE_ABI_VERSION, SPILE_MAGIC, spile_image};
use spile_abi::{HostInfo, Image};
use spile_agent::protocol::{Event, Request, receive};
use spile_output::{Console, Merger};
use zerocopy::{FromBytes, IntoBytes};

/// What the module says, of one input.
pub fn check(data: &[u8]) {
    let Some((which, rest)) = data.split_first() else { return };
    match which % 4 {
        0 => image(rest.to_vec()),
        1 => host_part(rest),
        2 => messages(rest),
        _ => records(rest),
    }
}

/// The fields that only say "this is an image of this build, of this size" are filled in: a fuzzer need not guess them.
fn image(mut bytes: Vec<u8>) {
    let size = bytes.len() as u32;
    if let Ok((mut header, _)) = spile_image::read_from_prefix(&bytes) {
        header.magic = SPILE_MAGIC;
        header.version = SPILE_ABI_VERSION;
        header.abi_hash = SPILE_ABI_HASH;
        header.image_size = size;
        bytes[..size_of::<spile_image>()].copy_from_slice(header.as_bytes());
    }
    let Ok(image) = Image::parse(&bytes) else { return };
    assert!(!image.text().is_empty());
    for (_, stub) in image.imports() {
        assert!((stub as usize) < image.text().len());
    }
    for (index, probe) in image.probes().iter().enumerate() {
        image.string(probe.name);
        assert!(image.probe_offset(index) < bytes.len());
        assert!((probe.handler as usize) < image.text().len());
    }
    if let Ok(host) = image.host() {
        for pc in 0..image.text().len().min(256) as u32 {
            host.location_at(pc);
        }
    }
}

fn host_part(bytes: &[u8]) {
    let Ok(host) = HostInfo::decode(bytes) else { return };
    assert_eq!(HostInfo::decode(&host.encode()), Ok(host));
}

fn messages(bytes: &[u8]) {
    let mut stream = bytes;
    while let Ok(Some(_)) = receive::<Request>(&mut stream) {}
    let mut stream = bytes;
    while let Ok(Some(_)) = receive::<Event>(&mut stream) {}
}

/// A host part, its length before it, and then records.
fn records(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_at_checked(2) else { return };
    let length = usize::from(length[0]) | usize::from(length[1]) << 8;
    let Some((host, stream)) = rest.split_at_checked(length) else { return };
    let Ok(host) = HostInfo::decode(host) else { return };
    let mut merger = Merger::default();
    if merger.push(0, stream).is_err() {
        return;
    }
    let mut console = Console::new(host, Vec::new(), Vec::new());
    for record in merger.take_before(u64::MAX) {
        if console.record(&record).is_err() {
            return;
        }
    }
}
