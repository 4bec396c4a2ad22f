// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--emit image`: an image's header and tables.

use spile_abi::host::HostInfo;
use spile_abi::{Image, raw};

/// The contract, which has the names of imports and kinds.
const HEADER: &str = include_str!("../../../abi/include/spile_abi.h");

/// Everything in an image but the code.
pub fn image(image: &Image<'_>, info: &HostInfo) -> String {
    [header(image, info), probes(image, info), imports(image), formats(info), functions(info)].join("\n")
}

fn header(image: &Image<'_>, info: &HostInfo) -> String {
    let header = image.header();
    let limits = &info.limits;
    let init = if header.init == raw::SPILE_NO_TEXT { "none".into() } else { format!("{:#06x}", header.init) };
    let release = if info.release.is_empty() { "any" } else { &info.release };
    let errors = if info.options.suppress_errors { "counted only" } else { "printed" };
    format!(
        "image of {}, version {}, ABI {:#018x}\n\
         \x20 instruction set {}, kernel {release}\n\
         \x20 file     {:>8} bytes\n\
         \x20 text     {:>8} bytes at {:#x}, init {init}, stubs from {:#06x}\n\
         \x20 data     {:>8} bytes shared, {} and {} of scratch for each context\n\
         \x20 host     {:>8} bytes\n\
         \x20 limits   string {}, errors {}, skipped {}, nesting {}, action {}; run-time errors are {errors}\n",
        info.script,
        header.version,
        header.abi_hash,
        if header.arch == raw::SPILE_ARCH_X86_64 { "x86_64" } else { "aarch64" },
        header.image_size,
        header.text_size,
        header.text_off,
        header.stubs,
        header.data_size,
        header.part_size,
        header.scratch_size,
        header.host_size,
        limits.max_string,
        limits.max_errors,
        limits.max_skipped,
        limits.max_nesting,
        limits.max_action,
    )
}

fn probes(image: &Image<'_>, info: &HostInfo) -> String {
    let mut out = format!("{} probes\n", image.probes().len());
    for (number, probe) in image.probes().iter().enumerate() {
        let name = info.probes.get(number).map_or("?", |probe| &probe.name);
        let kind = enumerator("SPILE_PROBE_", probe.kind).to_lowercase();
        out += &format!("  {number:>3} {kind:<10} {name}\n      handler {:#06x}", probe.handler);
        if probe.entry_handler != raw::SPILE_NO_TEXT {
            out += &format!(", entry {:#06x} keeping {} words", probe.entry_handler, probe.entry_words);
        }
        let symbol = image.string(probe.name);
        if !symbol.is_empty() || probe.offset != 0 {
            out += &format!(", at {symbol}+{:#x}", probe.offset);
        }
        if (probe.param, probe.param2) != (0, 0) {
            out += &format!(", parameters {} {}", probe.param, probe.param2);
        }
        if probe.condition != raw::SPILE_NO_CONDITION {
            out += &format!(", condition {}", probe.condition);
        }
        if probe.flags & raw::SPILE_PROBE_OPTIONAL != 0 {
            out += ", optional";
        }
        out.push('\n');
    }
    out
}

fn imports(image: &Image<'_>) -> String {
    let stubs: String =
        image.imports().map(|(import, stub)| format!("  {stub:#06x} {}\n", import_name(import))).collect();
    format!("{} imports\n{stubs}", image.header().n_imports)
}

fn formats(info: &HostInfo) -> String {
    let each = info.formats.iter().enumerate().map(|(number, format)| {
        let args: Vec<_> = format.args.iter().map(|arg| format!("{arg:?}").to_lowercase()).collect();
        format!("  {number:>3} \"{}\" ({})\n", format.text.escape_ascii(), args.join(", "))
    });
    format!("{} formats\n{}", info.formats.len(), each.collect::<String>())
}

fn functions(info: &HostInfo) -> String {
    let each = info.functions.iter().map(|function| {
        format!("  {:#06x} {:>6} bytes  {}\n", function.start, function.end - function.start, function.name)
    });
    format!("{} functions\n{}", info.functions.len(), each.collect::<String>())
}

/// What an import is called.
pub fn import_name(number: u32) -> &'static str {
    let names = HEADER.lines().filter_map(|line| line.strip_prefix("\tX(")?.split(',').next());
    names.into_iter().nth(number as usize).unwrap_or("?")
}

/// The end of the name that the header gives a value.
fn enumerator(prefix: &str, value: u32) -> &'static str {
    let named = |line: &'static str| {
        let (name, rest) = line.trim().strip_prefix(prefix)?.split_once(" = ")?;
        let number = rest.split([',', '\t', ' ']).next()?;
        (number.parse() == Ok(value)).then_some(name)
    };
    HEADER.lines().find_map(named).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_names_of_the_contract() {
        assert_eq!(import_name(raw::SPILE_IMPORT_load_kernel_u8), "load_kernel_u8");
        assert_eq!(import_name(raw::SPILE_IMPORT_session_exit), "session_exit");
        assert_eq!(import_name(raw::SPILE_IMPORT_jiffies), "jiffies");
        assert_eq!(enumerator("SPILE_PROBE_", raw::SPILE_PROBE_TRACEPOINT), "TRACEPOINT");
    }
}
