// SPDX-License-Identifier: MIT OR Apache-2.0
//! bpftrace, from Debian, in a machine that has nothing but busybox.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _};
use serde_json::Value as Json;
use spile_vm_lab::{Arch, Progress, roots};

use crate::engines::dialect;
use crate::measure::{Load, Machine, load};
use crate::works::Work;

const PROGRAM: &str = "/usr/bin/bpftrace";

/// Files of bpftrace and its libraries: paths in the guest and here.
pub fn files(arch: Arch, progress: &dyn Progress) -> Result<Vec<(String, PathBuf)>> {
    let root = roots::unpacked(arch, "bpftrace", progress)?;
    let libraries = format!("/usr/lib/{}-linux-gnu", arch.machine());
    let mut files = BTreeMap::new();
    let program = root.join(&PROGRAM[1..]);
    let loader = interpreter(&fs::read(&program)?)?;
    files.insert(PROGRAM.to_owned(), program.clone());
    let mut waiting = vec![program];
    while let Some(path) = waiting.pop() {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for name in needed(&bytes).with_context(|| format!("cannot read {}", path.display()))? {
            let (guest, host) = (format!("{libraries}/{name}"), root.join(&libraries[1..]).join(&name));
            if files.insert(guest, host.clone()).is_none() {
                waiting.push(host);
            }
        }
    }
    let name = Path::new(&loader).file_name().context("bpftrace has no loader")?;
    files.insert(loader.clone(), root.join(&libraries[1..]).join(name));
    Ok(files.into_iter().collect())
}

/// The dynamic loader that a program wants.
fn interpreter(program: &[u8]) -> Result<String> {
    let elf: ElfFile64<'_> = ElfFile64::parse(program)?;
    let section = elf.section_by_name(".interp").context("the program is not dynamically linked")?;
    Ok(String::from_utf8_lossy(section.data()?).trim_end_matches('\0').to_owned())
}

/// The libraries that a file needs.
fn needed(file: &[u8]) -> Result<Vec<String>> {
    let elf: ElfFile64<'_> = ElfFile64::parse(file)?;
    let section = |name: &str| Ok::<_, anyhow::Error>(elf.section_by_name(name).context("no dynamic section")?.data()?);
    let (dynamic, names) = (section(".dynamic")?, section(".dynstr")?);
    let word = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).unwrap_or_default();
    let entries = dynamic.chunks_exact(16).map(|entry| (word(&entry[..8]), word(&entry[8..]) as usize));
    let found = entries.filter(|(tag, _)| *tag == object::elf::DT_NEEDED.0).map(|(_, at)| {
        let name = names.get(at..)?.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(name).into_owned())
    });
    found.collect::<Option<_>>().context("a name is out of bounds")
}

/// What a hit costs it.
pub fn measure(machine: &mut Machine, work: &Work) -> Result<f64> {
    let program = work.bpftrace(dialect(machine.cell));
    // Lines that were printed are counted there: they would take long through the console.
    let printed = "'\"printf\"'";
    let said = machine.shell(&format!(
        "BPFTRACE_PERF_RB_PAGES=4096 {PROGRAM} -f json -o /tmp/trace -e '{program}' -c '{}' && \
         grep -v {printed} /tmp/trace; echo printed $(grep -c {printed} /tmp/trace)",
        load(1)
    ))?;
    let load = Load::parse(&said, 1)?;
    let (hits, lost) = count(&said)?;
    ensure!(lost == 0, "{lost} events were lost");
    if work.counts {
        load.check_hits(hits, 1)?;
    }
    Ok(machine.cost(load))
}

/// Hits and lost events, by bpftrace's lines of JSON.
fn count(said: &str) -> Result<(u64, u64)> {
    let (mut hits, mut lost) = (0, 0);
    for line in said.lines() {
        if let Some(printed) = line.strip_prefix("printed ") {
            hits += printed.parse::<u64>()?;
        }
        let Ok(Json::Object(event)) = serde_json::from_str(line) else { continue };
        let data = event.get("data").unwrap_or(&Json::Null);
        match event.get("type").and_then(Json::as_str) {
            // Who is in a read at the end has left the time of its entry.
            Some("map") if data.get("@begun").is_none() => hits += sum(data),
            Some("hist" | "stats") => hits += sum_of_counts(data),
            Some("lost_events") => lost += sum(data),
            _ => {}
        }
    }
    Ok((hits, lost))
}

/// Every number in it.
fn sum(data: &Json) -> u64 {
    match data {
        Json::Number(number) => number.as_u64().unwrap_or_default(),
        Json::Object(fields) => fields.values().map(sum).sum(),
        _ => 0,
    }
}

/// Every number under the name `count`.
fn sum_of_counts(data: &Json) -> u64 {
    match data {
        Json::Array(items) => items.iter().map(sum_of_counts).sum(),
        Json::Object(fields) => {
            let of = |(name, value): (&String, &Json)| if name == "count" { sum(value) } else { sum_of_counts(value) };
            fields.iter().map(of).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_found_in_what_bpftrace_says() {
        let said = r#"{"type": "attached_probes", "data": {"probes": 1}}
fastest 1 2 3
{"type": "map", "data": {"@n": 7}}
{"type": "map", "data": {"@c": {"load": 5, "sh": 1}}}
{"type": "map", "data": {"@begun": {"1": 99999}}}
{"type": "hist", "data": {"@h": [{"min": 1, "max": 1, "count": 3}, {"min": 2, "max": 3, "count": 4}]}}
{"type": "stats", "data": {"@s": {"load,7": {"count": 9, "average": 1, "total": 9}}}}
{"type": "lost_events", "data": {"events": 2}}
printed 11
"#;
        assert_eq!(count(said).unwrap(), (7 + 6 + 7 + 9 + 11, 2));
    }
}
