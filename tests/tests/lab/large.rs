// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arrays of a million elements, and strings of 64 KB, in one machine whose nanoseconds are instructions.

use anyhow::{Context, Result, bail, ensure};
use spile_tests::lab_run::{Ran, Run};
use spile_tests::machines::{self, Lab};
use spile_vm_lab::{Cell, Lines};

/// Elements.
const ALL: u64 = 1_000_000;
const MEMORY_MIB: u32 = 1536;

/// Fills arrays. What making an element and adding to one cost is printed, beside the first thousand and the last: the least of
/// ten batches, since an interrupt may come in any of them.
const FILL: &str = r#"
global ints[1000000], names[1000000], latest%[1000000]

@define batches %( best = 1 << 40 while (from < to) { t = ktime_get_ns() for (end = from + 100; from < end; from++) %)
@define least %( t = ktime_get_ns() - t if (t < best) best = t } return best %)
function make_ints(from, to) { @batches ints[from * 7919] = from @least }
function hit_ints(from, to) { @batches ints[from * 7919]++ @least }
function make_names(from, to) { @batches names[sprintf("name of %d", from)] = from @least }
function hit_names(from, to) { @batches names[sprintf("name of %d", from)]++ @least }
function make_latest(from, to) { @batches latest[from] = from @least }

probe begin {
  printf("few-ints-made %d\n", make_ints(0, 1000))
  printf("few-ints-hit %d\n", hit_ints(0, 1000))
  printf("few-names-made %d\n", make_names(0, 1000))
  printf("few-names-hit %d\n", hit_names(0, 1000))
  printf("few-latest-made %d\n", make_latest(0, 1000))
  make_ints(1000, 999000) make_names(1000, 999000) make_latest(1000, 999000)
  printf("many-ints-made %d\n", make_ints(999000, 1000000))
  printf("many-ints-hit %d\n", hit_ints(500000, 501000))
  printf("many-names-made %d\n", make_names(999000, 1000000))
  printf("many-names-hit %d\n", hit_names(500000, 501000))
  make_latest(999000, 1000000)
  # Each one drops the oldest.
  printf("many-latest-made %d\n", make_latest(1000000, 1001000))
  printf("dropped %d\n", !(999 in latest) && (1000 in latest) && (1000999 in latest))
  try { ints[-1] = 1 } catch (what) { println(what) }
}

# Beside hits on the same array, and without the others' waiting for it: selecting is over before the handler begins.
global reads, last
probe kernel.function("vfs_read") { reads[cpu()]++; ints[0]++; last = ktime_get_ns() }
probe timer.ms(500) {
  t = ktime_get_ns()
  if (!(0 in reads)) next
  foreach (k in ints- limit 10) largest .= sprintf("%d ", k / 7919)
  printf("sorted %d\n", ktime_get_ns() - t)
  printf("selected %d\n", t - last)
  println(largest)
  exit()
}
probe end {
  t = ktime_get_ns()
  delete ints
  printf("emptied %d\n", ktime_get_ns() - t)
  printf("reads %d\n", reads[0])
  t = ktime_get_ns()
  foreach (k in names- limit 1) println(k)
  printf("names-sorted %d\n", ktime_get_ns() - t)
}
"#;

pub fn arrays(cell: Cell) -> Result<()> {
    let machine = machines::builder(cell, &Lines)?.icount().memory_mib(MEMORY_MIB);
    let mut lab = Lab::start(machine, &Lines)?;
    let results = [million(&mut lab), long_strings(&mut lab)];
    lab.finish()?;
    let failures: Vec<String> = results.into_iter().filter_map(|result| Some(format!("{:#}", result.err()?))).collect();
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

/// Hits on four CPUs, and a timer that sorts and empties what they fill. Each of them counts itself where it is not skipped.
const BESIDE: &str = r#"
global filled[200000], hits, turns, sorted, largest
probe begin { for (i = 0; i < 200000; i++) filled[i] = 1 }
probe kernel.function("vfs_read") { filled[ktime_get_ns() % 200000]++; hits++ }
probe timer.ms(25) {
  turns++
  if (hits < 1000) next
  sorted++
  foreach (k in filled-) {
    if (filled[k] > largest) largest = filled[k]
    if (n++ == 3) break
  }
  if (sorted == 1) delete filled
  if (sorted == 2) system("touch /done")
}
probe end { printf("hits %d\nturns %d\nsorted %d\nlargest %d\n", hits, turns, sorted, largest) }
"#;

/// What hits may wait, in steps of 10 µs. A CPU that has the lock may have to wait for its turn while others execute a
/// millisecond each: hits wait up to 3 ms, and would be skipped by the millisecond that they wait by default. Sorting
/// all of the array takes more than 100 ms.
const PATIENT: &str = "5000";

/// No hit gives up on an array because it is sorted or emptied, as long as no more of it is sorted under the lock than the handler
/// visits: as many as it has actions, or as it says.
pub fn no_hit_waits_for_a_sort(cell: Cell) -> Result<()> {
    let mut lab = Lab::start(machines::builder(cell, &Lines)?.icount().smp(4), &Lines)?;
    let three = BESIDE.replace("in filled-", "in filled- limit 3");
    let by_actions = beside(&mut lab, BESIDE, "100");
    let by_limit = beside(&mut lab, &three, "1000");
    let all = beside(&mut lab, BESIDE, "200000");
    lab.finish()?;
    ensure!(by_actions? == 0 && by_limit? == 0, "hits were skipped");
    ensure!(all? > 0, "no hit was skipped for a sort of all: the test shows nothing");
    Ok(())
}

/// Runs it with so many actions. How many hits were skipped: those that are counted and did not count themselves.
fn beside(lab: &mut Lab, script: &str, actions: &str) -> Result<u64> {
    let read = "rm -f /done; for i in 1 2 3 4; do
        while [ ! -e /done ]; do dd if=/dev/zero of=/dev/null bs=1 count=5000 2>/dev/null; done & done; wait";
    let run = Run::new(script).define("MAXACTION", actions).define("MAXACTION_INTERRUPTIBLE", "1000000000");
    let run = run.define("MAXTRYLOCK", PATIENT).define("MAXSKIPPED", "1000000");
    let ran = run.command(read).without_warnings().on(lab)?;
    let [hits, turns, sorted] = ["hits", "turns", "sorted"].map(|word| ran.number(word));
    let (hits, turns, sorted) = (hits?, turns?, sorted?);
    let report = &ran.outcome.report;
    let [_begin, all_hits, all_turns, ..] = &report.probes[..] else { bail!("{ran:?}") };
    ensure!(hits > 1000 && sorted >= 2 && ran.number("largest")? > 1, "{ran:?}");
    // A timer that interrupts a hit on its own CPU cannot wait for it.
    ensure!(all_hits.hits + all_turns.hits == hits + turns + report.skipped(), "{ran:?}");
    Ok(all_hits.hits - hits)
}

fn million(lab: &mut Lab) -> Result<()> {
    let run = Run::new(FILL).define("MAXSTRINGLEN", "80").define("MAXACTION_INTERRUPTIBLE", "1000000000");
    let ran =
        run.command("while :; do dd if=/proc/uptime of=/dev/null; done 2>/dev/null").without_warnings().on(lab)?;
    ensure!(ran.outcome.is_success() && ran.lost_records() == 0, "{ran:?}");
    eprintln!("{}", ran.out);
    for what in ["ints-made", "ints-hit", "names-made", "names-hit"] {
        let [few, many] = ["few", "many"].map(|size| ran.number(&format!("{size}-{what}")));
        let (few, many) = (few?, many?);
        // Of a full table chains are longer.
        ensure!(many * 2 < few * 3, "{what}: {few} for the first thousand, {many} for the last");
    }
    ensure!(ran.number("reads")? > 0, "{}", ran.out);
    // Under the lock: what the handler visits.
    ensure!(ran.number("sorted")? < 20_000 && ran.number("selected")? > 20 * ALL, "{}", ran.out);
    ensure!(ran.number("dropped")? == 1, "{}", ran.out);
    ensure!(ran.out.contains("Array overflow, check size limit (1000000)\n"), "{}", ran.out);
    let largest: Vec<u64> = (ALL - 10..ALL).rev().collect();
    ensure!(ran.out.contains(&format!("{} \n", words(&largest))), "{}", ran.out);
    ensure!(ran.out.contains("name of 999999\n"), "{}", ran.out);
    Ok(())
}

fn words(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<String>>().join(" ")
}

/// A string read from user space, kept in an array, compared, printed.
fn long_strings(lab: &mut Lab) -> Result<()> {
    let script = r#"
        global kept[2], n
        probe kernel.function("vfs_write") {
            if (execname() != "dd" || $count != 65535 || n++) next
            s = user_string_n($buf, $count)
            kept["first"] = s
            kept[s] = kept["first"] . "more"
            printf("%d %d %d\n", strlen(s), strlen(kept[s]), kept[s] == kept["first"])
            printf("%s\n", kept[s])
            exit()
        }"#;
    let write = "tr '\\0' x </dev/zero | dd bs=65535 iflag=fullblock count=1 of=/dev/null";
    let ran: Ran = Run::new(script).define("MAXSTRINGLEN", "65536").command(write).without_warnings().on(lab)?;
    let (first, rest) = ran.out.split_once('\n').with_context(|| format!("{ran:?}"))?;
    ensure!(first == "65535 65535 1", "{first}: {}", ran.err);
    ensure!(rest.trim_end() == "x".repeat(65535), "{} bytes", rest.len());
    Ok(())
}
