// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handlers on several CPUs at once: no update is lost, and none is seen in part. Threads are the CPUs.
#![cfg(target_arch = "x86_64")]

use std::thread;

use spile_abi::{SPILE_LEVELS, SPILE_SKIP_LOCK, spile_counters, spile_ctx, spile_user_task};

use crate::hits::Loaded;

const CPUS: usize = 4;
const HITS: usize = 20_000;

/// A CPU's contexts, one for each level, and what they have of their own.
struct Cpu {
    contexts: Vec<spile_ctx>,
    counters: Box<spile_counters>,
    _task: Box<spile_user_task>,
    _scratch: Vec<u64>,
}

/// What all CPUs have of an image's memory.
fn cpus(loaded: &mut Loaded, parts: &mut [u64], args: &[u64]) -> Vec<Cpu> {
    let stride = loaded.part_words as u64 * 8;
    let base = parts.as_mut_ptr() as u64;
    let cpu = |cpu: usize| {
        let mut counters = Box::new(spile_counters::default());
        let task = Box::new(spile_user_task { pid: cpu as i32 + 100, ..Default::default() });
        let mut scratch = vec![0; 1 << 16];
        let contexts = (0..2).map(|level| {
            let mut ctx = spile_ctx { cpu: cpu as u32, level, ..Default::default() };
            loaded.fill_in(&mut ctx);
            ctx.parts = base;
            ctx.part = base + u64::from(ctx.cpu * SPILE_LEVELS + level) * stride;
            ctx.n_cpus = CPUS as u32;
            ctx.scratch = scratch.as_mut_ptr() as u64;
            ctx.counters = &raw mut *counters as u64;
            ctx.task = &raw const *task as u64;
            ctx.args = args.as_ptr() as u64;
            ctx
        });
        let contexts = contexts.collect();
        Cpu { contexts, counters, _task: task, _scratch: scratch }
    };
    (0..CPUS).map(cpu).collect()
}

/// Hits of probe 0 on all CPUs, alternately at two levels, then one of probe 1; the image's data, and the skipped hits.
fn run(text: &str) -> (Loaded, u64) {
    let mut loaded = Loaded::new(text);
    let mut parts = vec![0; loaded.part_words * CPUS * SPILE_LEVELS as usize];
    let args = [3, 7, 1];
    let mut cpus = cpus(&mut loaded, &mut parts, &args);
    let handler = loaded.handler(0);
    thread::scope(|scope| {
        for cpu in &mut cpus {
            scope.spawn(move || {
                for hit in 0..HITS {
                    handler(&raw mut cpu.contexts[hit % 2]);
                }
            });
        }
    });
    let skipped = cpus.iter().map(|cpu| cpu.counters.skips[SPILE_SKIP_LOCK as usize]).sum();
    loaded.handler(1)(&raw mut cpus[0].contexts[0]);
    (loaded, skipped)
}

fn script(globals: &str, hit: &str, end: &str) -> String {
    format!(
        // Threads may have to wait for a processor, too.
        "limits max_trylock 100000000 global0 \"a\" int 0 global1 \"b\" int 0 {globals}
        probe \"f\" function \"f\" arguments 3 handler func0 probe \"end\" end 0 handler func1
        func0 \"f\" () {{ block0: {hit} return }} func1 \"end\" () {{ block0: {end} return }}"
    )
}

const ALL: i64 = (CPUS * HITS) as i64;

#[test]
fn counters_and_aggregates_lose_nothing() {
    let (loaded, skipped) = run(&script(
        "global2 \"n\" int 5 global3 \"s\" stat hist_log",
        "v0: int = int 1 @0 v1: int = global.add global2, v0 @0 v2: int = arg 1 @0 stat.add global3 [], v2 @0",
        "v0: int = global.get global2 @0 global.set global0, v0 @0
        v1: int = stat.read global3 [], sum @0 global.set global1, v1 @0",
    ));
    assert_eq!((loaded.data[8] as i64, loaded.data[16] as i64, skipped), (5 + ALL, 7 * ALL, 0));
}

#[test]
fn elements_lose_nothing() {
    // One element for all, one for each CPU.
    let (loaded, skipped) = run(&script(
        "global2 \"m\" map (int) int capacity 0 global3 \"s\" map (int, int) stat capacity 0",
        "v0: int = builtin current_task () @0 v1: int = load.kernel v0, 4, signed @0 v2: int = arg 0 @0
        v3: int = map.add global2 [v2], v2 @0 stat.add global3 [v1, v2], v2 @0",
        "v0: int = int 3 @0 v1: int = map.get global2 [v0] @0 global.set global0, v1 @0
        v2: int = iter.first global3 [_, _] @0 jump block1(v2)
        block1(v3: int): branch v3, block2, block3
        block2: v4: int = iter.stat global3, v3, sum @0 v5: int = global.add global1, v4 @0
        v6: int = iter.next global3 [_, _], v3 @0 jump block1(v6) block3:",
    ));
    assert_eq!((loaded.data[8] as i64, loaded.data[16] as i64, skipped), (3 * ALL, 3 * ALL, 0));
}

#[test]
fn an_element_of_all_cpus_has_all_their_numbers() {
    // What was least, and the greatest, is of a CPU's own: its task's number, from 100 on.
    let field = |field: &str| {
        let (loaded, skipped) = run(&script(
            "global2 \"s\" map (int) stat hist_log capacity 0",
            "v0: int = builtin current_task () @0 v1: int = load.kernel v0, 4, signed @0 v2: int = arg 0 @0
            stat.add global2 [v2], v1 @0",
            &format!(
                "v0: int = int 3 @0 v1: int = stat.read global2 [v0], {field} @0 global.set global0, v1 @0
                v2: int = int 71 @0 v3: int = hist.bucket global2 [v0], v2 @0 global.set global1, v3 @0"
            ),
        ));
        assert_eq!(skipped, 0);
        assert_eq!(loaded.data[16] as i64, ALL, "all numbers are 64 to 127");
        loaded.data[8] as i64
    };
    assert_eq!(field("count"), ALL);
    assert_eq!(field("sum"), (0..CPUS as i64).map(|cpu| (100 + cpu) * HITS as i64).sum());
    assert_eq!((field("min"), field("max")), (100, 99 + CPUS as i64));
}

#[test]
fn hits_go_on_beside_a_timer_that_sorts_and_empties() {
    // The timer adds up what it finds in the first, and how many it emptied in the second.
    let text = "limits max_trylock 100000000 max_action 500 global0 \"gone\" int 0 global1 \"left\" int 0
        global2 \"a\" map (int) int capacity 6000
        probe \"f\" function \"f\" arguments 3 handler func0 probe \"end\" end 0 handler func1
        probe \"t\" timer 1000000 0 handler func2
        func0 \"f\" () { block0: v0: int = arg 0 @0 v1: int = int 1 @0 v2: int = map.add global2 [v0], v1 @0 return }
        func1 \"end\" () { block0: v0: int = iter.first global2 [_] @0 jump block1(v0)
        block1(v1: int): branch v1, block2, block3
        block2: v2: int = iter.value global2, v1 @0 v3: int = global.add global1, v2 @0
            v4: int = iter.next global2 [_], v1 @0 jump block1(v4)
        block3: v5: int = global.get global0 @0 global.set global0, v5 @0 return }
        func2 \"t\" () { block0: v0: int = iter.first global2 [_], value descending @0 jump block1(v0)
        block1(v1: int): branch v1, block2, block3
        block2: v2: int = iter.value global2, v1 @0 v3: int = global.add global0, v2 @0
            v4: int = iter.next global2 [_], v1 @0 jump block1(v4)
        block3: global.clear global2 @0 return }";
    let mut loaded = Loaded::new(text);
    let mut parts = vec![0; loaded.part_words * CPUS * SPILE_LEVELS as usize];
    let mut cpus = cpus(&mut loaded, &mut parts, &[]);
    let (hit, end, timer) = (loaded.handler(0), loaded.handler(1), loaded.handler(2));
    thread::scope(|scope| {
        let (sorter, others) = cpus.split_first_mut().expect("CPUs");
        let running: Vec<_> = others
            .iter_mut()
            .enumerate()
            .map(|(number, cpu)| {
                scope.spawn(move || {
                    for turn in 0..HITS {
                        let args = [(turn * 7919 % 5003 + number) as u64; 3];
                        let ctx = &mut cpu.contexts[turn % 2];
                        ctx.args = args.as_ptr() as u64;
                        hit(ctx);
                    }
                })
            })
            .collect();
        while running.iter().any(|thread| !thread.is_finished()) {
            timer(&raw mut sorter.contexts[0]);
        }
    });
    let skipped: u64 = cpus.iter().map(|cpu| cpu.counters.skips[SPILE_SKIP_LOCK as usize]).sum();
    assert_eq!(skipped, 0);
    end(&raw mut cpus[0].contexts[0]);
    assert_eq!((loaded.data[8] + loaded.data[16]) as usize, (CPUS - 1) * HITS);
}

#[test]
fn elements_come_and_go_and_nothing_is_seen_in_part() {
    // The first number counts hits that saw the two elements differ; each hit makes its own element and removes it.
    let (loaded, skipped) = run(&script(
        "global2 \"m\" map (int) int capacity 16",
        "v0: int = int 1 @0 v1: int = int 2 @0 v2: int = map.get global2 [v0] @0 v3: int = map.get global2 [v1] @0
        v4: int = sub v2, v3 @0 branch v4, block1, block2
        block1: v5: int = global.add global0, v0 @0 jump block2
        block2: v6: int = map.add global2 [v0], v0 @0 v7: int = builtin current_task () @0
        v8: int = load.kernel v7, 4, signed @0 map.set global2 [v8], v0 @0 map.delete global2 [v8] @0
        v9: int = map.add global2 [v1], v0 @0",
        "v0: int = int 2 @0 v1: int = map.get global2 [v0] @0 global.set global1, v1 @0",
    ));
    assert_eq!((loaded.global(), loaded.data[16] as i64), (0, ALL - skipped as i64));
    // Two elements are left, and the runtime's count says so.
    assert_eq!((loaded.data[24] >> 32) as u32, 2);
}
