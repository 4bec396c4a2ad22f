// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hit costs in its handler: the image's instructions, counted one by one. A trampoline
//! and what kshim does in imports come on top; each jump to an import counts.
#![cfg(target_arch = "x86_64")]
#![expect(unsafe_code, reason = "single-steps a process of its own")]

use std::ops::Range;

use nix::libc;
use spile_abi::{spile_ctx, spile_user_cred, spile_user_task};

use crate::hits::Loaded;

/// Instructions in a range of addresses that `hit` executes, in a copy of this process.
fn count(text: &Range<usize>, stubs: &Range<usize>, hit: impl FnMut()) -> u32 {
    let mut count = 0;
    // A stub of kshim's is one instruction.
    step(hit, |_, at| count += u32::from(text.contains(&at) && (at.is_multiple_of(16) || !stubs.contains(&at))));
    count
}

/// Before each instruction that `hit` executes, in a copy of this process: that process, and the instruction's address.
pub fn step(mut hit: impl FnMut(), mut each: impl FnMut(libc::pid_t, usize)) {
    // SAFETY: the child calls generated code on memory of its own, and leaves without unwinding. The parent looks at it
    // through ptrace alone, and waits for it.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0, "fork");
        if child == 0 {
            libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
            libc::raise(libc::SIGSTOP);
            hit();
            libc::_exit(0);
        }
        let mut status = 0;
        while libc::waitpid(child, &raw mut status, 0) == child && libc::WIFSTOPPED(status) {
            let mut registers: libc::user_regs_struct = std::mem::zeroed();
            libc::ptrace(libc::PTRACE_GETREGS, child, 0, &raw mut registers);
            each(child, registers.rip as usize);
            libc::ptrace(libc::PTRACE_SINGLESTEP, child, 0, 0);
        }
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the handler ends: {status}");
    }
}

/// The handlers of a script after another, as `spile dump --emit ir` shows them.
struct Row {
    name: &'static str,
    globals: &'static str,
    handlers: &'static [&'static str],
    at_most: u32,
}

const EXECNAME: &str = "v0: int = builtin current_task () @0 v1: int = int 24 @0 v2: int = add v0, v1 @0
    v3: int = int 16 @0 v4: str = builtin kernel_string (v2, v3) @0";
const PID: &str = "v5: int = int 4 @0 v6: int = add v0, v5 @0 v7: int = load.kernel v6, 4, signed @0";
const TID: &str = "v0: int = builtin current_task () @0 v3: int = load.kernel v0, 4, signed @0";

const ROWS: &[Row] = &[
    Row {
        name: "n++",
        globals: "global0 \"n\" int 0",
        handlers: &["v10: int = int 1 @0 v11: int = global.add global0, v10 @0"],
        at_most: 8,
    },
    Row {
        name: "h <<< $count",
        globals: "global0 \"h\" stat no_sum no_extremes hist_log",
        handlers: &["v10: int = arg 2 @0 stat.add global0 [], v10 @0"],
        at_most: 18,
    },
    Row {
        name: "a <<< $count, all numbers",
        globals: "global0 \"a\" stat",
        handlers: &["v10: int = arg 2 @0 stat.add global0 [], v10 @0"],
        at_most: 20,
    },
    Row {
        name: "c[execname()]++",
        globals: "global0 \"c\" map (str) int capacity 0",
        handlers: &["EXECNAME v10: int = int 1 @0 v11: int = map.add global0 [v4], v10 @0"],
        at_most: 59,
    },
    Row {
        name: "s[execname(), pid()] <<< $count",
        globals: "global0 \"s\" map (str, int) stat capacity 0",
        handlers: &["EXECNAME PID v10: int = arg 2 @0 stat.add global0 [v4, v7], v10 @0"],
        at_most: 81,
    },
    Row {
        name: "latency, both handlers",
        globals: "global0 \"t\" map (int) int capacity 0 global1 \"h\" stat no_sum no_extremes hist_log",
        handlers: &[
            "TID v4: int = builtin time_real_ns () @0 map.set global0 [v3], v4 @0",
            "TID v4: int = map.has global0 [v3] @0 branch v4, block1, block2 block1:
            v5: int = builtin time_real_ns () @0 v6: int = map.get global0 [v3] @0 v7: int = sub v5, v6 @0
            stat.add global1 [], v7 @0 map.delete global0 [v3] @0 jump block2 block2:",
        ],
        at_most: 138,
    },
    Row {
        name: "printf of execname, pid, tid, uid",
        globals: "fmt2 \"%s %d %d %d\" (str, int, int, int)",
        handlers: &[
            "EXECNAME PID v10: int = load.kernel v0, 4, signed @0 v11: int = int 16 @0 v12: int = add v0, v11 @0
            v13: int = load.kernel v12, 8, unsigned @0 v14: int = load.kernel v13, 4, unsigned @0
            print fmt2 (v4, v7, v10, v14) @0",
        ],
        at_most: 38,
    },
    Row {
        name: "if (execname() == \"x\") n++, not matching",
        globals: "str0 \"x\" global0 \"n\" int 0",
        handlers: &["EXECNAME v5: str = str str0 @0 v6: int = str.eq v4, v5 @0 branch v6, block1, block2
            block1: v7: int = int 1 @0 v8: int = global.add global0, v7 @0 jump block2 block2:"],
        at_most: 12,
    },
    Row {
        name: "m[$name]++, a string in memory",
        globals: "global0 \"m\" map (str) int capacity 0",
        handlers: &["v0: int = arg 1 @0 v3: int = int 64 @0 v4: str = builtin kernel_string (v0, v3) @0
            v10: int = int 1 @0 v11: int = map.add global0 [v4], v10 @0"],
        at_most: 312,
    },
];

fn program(row: &Row) -> String {
    let mut text = row.globals.to_owned();
    for (number, body) in row.handlers.iter().enumerate() {
        let body = dense(&body.replace("EXECNAME", EXECNAME).replace("PID", PID).replace("TID", TID));
        text += &format!(
            "\nprobe \"p{number}\" function \"f{number}\" arguments 3 handler func{number}
            func{number} \"h{number}\" () {{ block0: {body} return }}"
        );
    }
    text
}

/// Numbers values without gaps.
fn dense(body: &str) -> String {
    let mut known = Vec::new();
    let rename = |word: &str| {
        let digits = word
            .trim_start_matches(['[', '('])
            .strip_prefix('v')
            .map(|rest| rest.trim_end_matches([',', ':', ']', ')']));
        let Some(number) = digits.filter(|digits| digits.parse::<u32>().is_ok()) else { return word.to_owned() };
        let at = known.iter().position(|other| *other == number).unwrap_or(known.len());
        if at == known.len() {
            known.push(number.to_owned());
        }
        word.replace(&format!("v{number}"), &format!("v{at}"))
    };
    body.split_whitespace().map(rename).collect::<Vec<String>>().join(" ")
}

#[test]
fn hits_are_cheap() {
    let cred = spile_user_cred { uid: 1000, ..Default::default() };
    let mut task = spile_user_task { pid: 7, tgid: 6, cred: &raw const cred as u64, ..Default::default() };
    task.comm[..5].copy_from_slice(b"bench");
    let path = *b"/usr/lib/x86_64\0";
    let args = [1, path.as_ptr() as u64, 4096];
    let mut wrong = String::new();
    for row in ROWS {
        let mut loaded = Loaded::new(&program(row));
        // Clocks are told by the counter; none is at 0.
        loaded.clocks.ended = loaded.clocks.begun;
        loaded.clocks.copies[0].real = 1;
        let mut ctx = spile_ctx { args: args.as_ptr() as u64, task: &raw const task as u64, ..Default::default() };
        let handlers: Vec<u32> = loaded.probes.iter().map(|probe| probe.handler).collect();
        let mut hit = |loaded: &mut Loaded| handlers.iter().for_each(|handler| loaded.call(*handler, &mut ctx));
        // The first one makes elements.
        hit(&mut loaded);
        hit(&mut loaded);
        let (text, stubs) = loaded.text();
        let cost = count(&text, &stubs, || hit(&mut loaded));
        assert!(cost > 0, "{}: nothing was counted", row.name);
        if cost > row.at_most {
            wrong += &format!("{}: {cost} instructions, at most {}\n", row.name, row.at_most);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
