// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random sessions on random functions of a busy machine with four CPUs: loaded, killed, unloaded. `ci/soak` is this for an
//! hour; `SPILE_SOAK_SECONDS` and `SPILE_SEED` say how long and which.

use std::env;

use anyhow::{Result, ensure};
use spile_tests::generate::Choices;
use spile_tests::lab_arena;
use spile_tests::lab_facts::Compiler;
use spile_tests::lab_guest::Guest;
use spile_tests::lab_run::number;
use spile_vm_lab::Cell;

const SCRIPT: &str = include_str!("../../lab/soak.stp");

/// Functions, and whether a caller may be inside for long: those are not followed to their return, or kshim would stay.
const FUNCTIONS: [(&str, bool); 14] = [
    ("vfs_*", false),
    ("vfs_read", false),
    ("vfs_write", false),
    ("vfs_open", false),
    ("do_sys_openat2", false),
    ("fput", false),
    ("kfree", false),
    ("kmem_cache_alloc", false),
    ("handle_mm_fault", false),
    ("try_to_wake_up", false),
    ("hrtimer_start_range_ns", false),
    ("mutex_lock", true),
    ("schedule", true),
    ("do_nanosleep", true),
];

/// Lines of the plan, which is gone through again and again.
const LINES: usize = 200;

/// What the busy machine's own comings and goings may leave. A session has megabytes.
const MOST_LEFT_KB: i64 = 4096;

/// Whatever is counted is counted alike, and the kernel bears it.
pub fn counts_and_survives(cell: Cell) -> Result<()> {
    let setting = |name, default: u64| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seconds, seed) = (setting("SPILE_SOAK_SECONDS", 40), setting("SPILE_SEED", 1));
    let compiler = Compiler::new(cell)?;
    let mut random = Choices::random(seed);
    let mut guest = Guest::new(cell)?.cpus(4).file("/images/arena", lab_arena::image(&compiler)?);
    let mut images = Vec::new();
    for (function, sleeps) in FUNCTIONS {
        for returns in [false, true] {
            let milliseconds = 50 + random.below(400);
            let duration = milliseconds.to_string();
            let args = [function, &duration, if returns { "returns" } else { "entries" }];
            // Not every kernel has every function.
            let image = (!returns || !sleeps).then(|| compiler.image("soak.stp", SCRIPT, &args)).and_then(Result::ok);
            if let Some(image) = image {
                let name = format!("soak{}", images.len());
                guest = guest.file(&format!("/images/{name}"), image);
                images.push(name);
            }
        }
    }
    ensure!(images.len() > FUNCTIONS.len(), "few functions can be traced: {}", images.len());
    let plan: String = (0..LINES).map(|_| line(&mut random, &images)).collect();
    let said = guest
        .file("/soak/plan", plan)
        .file("/soak/seconds", format!("{seconds}\n"))
        .run(concat!(include_str!("../../lab/lib.sh"), include_str!("../../lab/soak.sh")))?;
    let tallies = check_tallies(&said)?;
    let loads = number(&said, "loads")?;
    println!(
        "seed {seed}: {loads} sessions, {tallies} counted to their end, kshim loaded {} times; {}",
        number(&said, "reloads")?,
        check_memory(&said)?
    );
    ensure!(tallies * 4 > loads && number(&said, "killed")? > 0, "few sessions came to their end:\n{said}");
    Ok(())
}

/// What the kernel holds must not grow with sessions. Says how much it did.
fn check_memory(said: &str) -> Result<String> {
    let Some(line) = said.lines().find_map(|line| line.strip_prefix("memory ")) else {
        return Ok("too few to say how much memory they leave".into());
    };
    let numbers: Vec<i64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [before, after] = numbers[..] else { anyhow::bail!("memory {line}") };
    ensure!(after - before < MOST_LEFT_KB, "sessions left {} KB with the kernel:\n{said}", after - before);
    Ok(format!("they left {} KB with the kernel", after - before))
}

/// Up to four sessions at the same time.
fn line(random: &mut Choices, images: &[String]) -> String {
    let sessions = (0..=random.below(4)).map(|_| {
        let image = &images[random.below(images.len())];
        let action = random.pick(&["run", "run", "term", "kill"]);
        format!("{image}:{action}:{}", random.below(400_000))
    });
    sessions.collect::<Vec<_>>().join(" ") + "\n"
}

/// Counter, aggregate and array must agree; how many sessions told of them.
fn check_tallies(said: &str) -> Result<u64> {
    let mut sessions = 0;
    for line in said.lines().filter(|line| line.starts_with("tally ")) {
        let numbers: Vec<u64> = line.split_whitespace().skip(2).map(str::parse).collect::<Result<_, _>>()?;
        let [counter, aggregate, array, _returns] = numbers[..] else { anyhow::bail!("{line}") };
        ensure!(counter == aggregate && aggregate == array, "hits were lost: {line}\n{said}");
        sessions += 1;
    }
    Ok(sessions)
}
