// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fills the addresses of an image's probes from the running kernel's symbols.
//!
//! Kernels are loaded at random addresses, so a compiled image names symbols only.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};
use spile_abi::{Image, raw};

/// Fills in the addresses; gives the number of probes. A symbol that the kernel lacks keeps 0, and
/// its probe will not attach.
pub fn resolve(image: &mut [u8]) -> Result<u32> {
    let view = Image::parse(image)?;
    let probes = view.probes().to_vec();
    let fields: Vec<_> = (0..probes.len()).map(|probe| view.probe_offset(probe) + ADDRESS_FIELD).collect();
    let names: Vec<String> = probes.iter().map(|probe| view.string(probe.name).to_owned()).collect();
    if probes.iter().any(|probe| needs_symbol(probe.kind)) {
        let symbols = fs::read_to_string("/proc/kallsyms").context("cannot read /proc/kallsyms")?;
        let addresses = find(&symbols, &names);
        for ((probe, name), field) in probes.iter().zip(&names).zip(fields) {
            if needs_symbol(probe.kind) {
                let address = address_of(probe, name, &addresses);
                image[field..field + 8].copy_from_slice(&address.to_le_bytes());
            }
        }
    }
    Ok(probes.len() as u32)
}

const ADDRESS_FIELD: usize = std::mem::offset_of!(raw::spile_probe, address);

fn needs_symbol(kind: u32) -> bool {
    matches!(kind, raw::SPILE_PROBE_FUNCTION | raw::SPILE_PROBE_RETURN | raw::SPILE_PROBE_ADDRESS)
}

fn address_of(probe: &raw::spile_probe, name: &str, addresses: &HashMap<&str, u64>) -> u64 {
    if name.is_empty() {
        return probe.offset;
    }
    addresses.get(name).map_or(0, |address| address.wrapping_add(probe.offset))
}

/// Addresses of text symbols by name; that of a module's may be `MODULE:NAME`. The kernel proper comes before modules in
/// the list, and wins.
fn find<'a>(symbols: &str, names: &'a [String]) -> HashMap<&'a str, u64> {
    let wanted: HashMap<&str, &'a str> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let mut found = HashMap::new();
    for line in symbols.lines() {
        let mut fields = line.split_ascii_whitespace();
        let (Some(address), Some(kind), Some(name)) = (fields.next(), fields.next(), fields.next()) else { continue };
        if !matches!(kind, "t" | "T" | "w" | "W") {
            continue;
        }
        let module = fields.next().and_then(|module| module.strip_prefix('[')?.strip_suffix(']'));
        let qualified = module.map(|module| format!("{module}:{name}"));
        let names = [wanted.get(name), qualified.as_deref().and_then(|name| wanted.get(name))];
        if let Ok(address) = u64::from_str_radix(address, 16) {
            for name in names.into_iter().flatten() {
                found.entry(*name).or_insert(address);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_proper_wins_over_modules_and_data_does_not_count() {
        let symbols = "ffffffff81000000 T _text\nffffffff81000010 d vfs_read\n\
                       ffffffff81000020 t vfs_read\nffffffffc0000000 t vfs_read\t[nfs]\nbroken\n";
        let names = ["vfs_read".to_owned(), "missing".to_owned(), "nfs:vfs_read".to_owned(), "xfs:vfs_read".to_owned()];
        let found = find(symbols, &names);
        assert_eq!(found.get("nfs:vfs_read"), Some(&0xffff_ffff_c000_0000));
        assert_eq!(found.get("xfs:vfs_read"), None);
        assert_eq!(found.get("vfs_read"), Some(&0xffff_ffff_8100_0020));
        assert_eq!(found.get("missing"), None);
    }
}
