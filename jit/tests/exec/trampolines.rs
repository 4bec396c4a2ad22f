// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trampolines, called by a made-up function as ftrace makes the kernel's functions call them. This thread's %gs stands
//! for a CPU's own memory.
#![cfg(target_arch = "x86_64")]
#![expect(unsafe_code, reason = "runs machine code on made-up contexts")]

use std::ffi::c_void;
use std::ptr::NonNull;

use iced_x86::code_asm::registers::*;
use iced_x86::code_asm::{CodeAssembler, qword_ptr};
use nix::sys::mman::{ProtFlags, mprotect};
use spile_abi::{self as abi, Image, spile_ctx};

use crate::hits::{Loaded, Seen};

const SESSION: u32 = 7;
const CPU_CONTEXT: usize = 0;
const CPU_PREEMPT: usize = 1;
const CPU_CURRENT: usize = 2;
const TASK: u64 = 0x7a5c;
/// Of the count: no task waits. Else it is 0, and that is seen when preemption is on again.
const NO_TASK_WAITS: u64 = 0x8000_0000;

/// A CPU with two contexts, and an image whose trampolines are called by functions.
struct Cpu {
    loaded: Loaded,
    /// What is in %gs.
    own: Box<[u64; 4]>,
    contexts: Box<[spile_ctx; 2]>,
    state: Box<u32>,
    hits: Box<[[u64; 128]; 2]>,
    rows: Vec<u64>,
    /// Offsets behind the text of the functions, in the order of trampolines and sites.
    functions: Vec<usize>,
}

/// Who calls trampolines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// A function, as it would through ftrace.
    Function,
    /// Code like kshim's between them: it calls the same one three times, as if of different sessions.
    Stub,
}

/// Code of functions: of each trampoline, one for each site.
fn functions(image: &Image<'_>, caller: Caller) -> (Vec<u8>, Vec<usize>) {
    let text_end = u64::from(image.header().text_size).next_multiple_of(4096);
    let mut bytes = Vec::new();
    let mut starts = Vec::new();
    for trampoline in image.trampolines() {
        for _ in 0..trampoline.n_sites {
            bytes.resize(bytes.len().next_multiple_of(64), 0xcc);
            let start = bytes.len();
            let at = text_end + start as u64;
            starts.push(start);
            if caller == Caller::Function {
                bytes.extend(function(at, trampoline.code.into()));
                continue;
            }
            bytes.extend(function(at, at + 64));
            bytes.resize(start + 64, 0xcc);
            bytes.extend(stub(at + 64, trampoline.code.into()));
        }
    }
    (bytes, starts)
}

/// See kshim's `arch_stub_call()`. What returns into the function is on top of the stack at first, and is handed on.
fn stub(at: u64, trampoline: u64) -> Vec<u8> {
    let mut a = CodeAssembler::new(64).expect("an assembler");
    let mut code = || {
        let (mut words, mut nexts) = ([a.create_label(), a.create_label()], [a.create_label(), a.create_label()]);
        a.pop(r10)?;
        a.mov(qword_ptr(words[0]), r10)?;
        a.mov(qword_ptr(words[1]), r10)?;
        for (word, next) in words.iter_mut().zip(&mut nexts) {
            a.lea(r10, qword_ptr(*next))?;
            a.push(r10)?;
            a.jmp(trampoline)?;
            a.set_label(word)?;
            a.dq(&[0])?;
            a.set_label(next)?;
        }
        a.push(qword_ptr(words[1]))?;
        a.jmp(trampoline)?;
        a.assemble(at)
    };
    code().expect("it is encoded")
}

/// `a + 2 * b + 4 * c + 8 * d + 16 * e + 32 * f`, and the stack is as it was.
fn function(at: u64, trampoline: u64) -> Vec<u8> {
    let mut a = CodeAssembler::new(64).expect("an assembler");
    let mut code = || {
        a.call(trampoline)?;
        a.push(rbx)?;
        a.xor(eax, eax)?;
        for register in [r9, r8, rcx, rdx, rsi, rdi] {
            a.lea(rax, qword_ptr(register + rax * 2))?;
        }
        a.pop(rbx)?;
        a.ret()?;
        a.assemble(at)
    };
    code().expect("it is encoded")
}

impl Cpu {
    fn new(text: &str) -> Self {
        Self::with(text, Caller::Function)
    }

    fn with(text: &str, caller: Caller) -> Self {
        let mut starts = Vec::new();
        let loaded = Loaded::with(text, |image, code| {
            for fixup in image.fixups() {
                let value = match fixup.kind {
                    abi::SPILE_FIXUP_CONTEXT => 8 * CPU_CONTEXT as u32,
                    abi::SPILE_FIXUP_PREEMPT => 8 * CPU_PREEMPT as u32,
                    abi::SPILE_FIXUP_CURRENT => 8 * CPU_CURRENT as u32,
                    abi::SPILE_FIXUP_SESSION => SESSION,
                    kind => panic!("fixup {kind}"),
                };
                code[fixup.at as usize..][..4].copy_from_slice(&value.to_le_bytes());
            }
            let (bytes, found) = functions(image, caller);
            starts = found;
            bytes
        });
        let mut cpu = Self {
            loaded,
            own: Box::new([0, NO_TASK_WAITS, TASK, 0]),
            contexts: Box::new([0, 1].map(|level| spile_ctx { level, ..Default::default() })),
            state: Box::new(abi::SPILE_STATE_RUNNING),
            hits: Box::new([[0; 128]; 2]),
            rows: vec![0; 4096],
            functions: starts,
        };
        cpu.fill_rows();
        if caller == Caller::Stub {
            cpu.let_stubs_write();
        }
        let second = &raw const cpu.contexts[1] as u64;
        for (level, ctx) in cpu.contexts.iter_mut().enumerate() {
            cpu.loaded.fill_in(ctx);
            ctx.state = &raw const *cpu.state as u64;
            ctx.hits = cpu.hits[level].as_ptr() as u64;
            ctx.rows = cpu.rows.as_ptr() as u64;
            ctx.next = if level == 0 { second } else { 0 };
            ctx.sample = 1_000_000;
        }
        cpu.own[CPU_CONTEXT] = cpu.contexts.as_ptr() as u64;
        // SAFETY: Rust does not use this thread's %gs; the memory lives as long as the thread calls trampolines.
        let set = unsafe { nix::libc::syscall(nix::libc::SYS_arch_prctl, 0x1001, cpu.own.as_ptr()) };
        assert_eq!(set, 0, "ARCH_SET_GS");
        cpu
    }

    /// They keep where to return to beside their code.
    fn let_stubs_write(&self) {
        let start = NonNull::new(self.loaded.behind(0) as *mut c_void).expect("an address");
        let bytes = self.functions.last().expect("a function") + 256;
        let all = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE | ProtFlags::PROT_EXEC;
        // SAFETY: pages of the loaded text, from a page on, which nothing else has borrowed.
        unsafe { mprotect(start, bytes.next_multiple_of(4096), all) }.expect("becomes writable");
    }

    /// As kshim does when it attaches.
    fn fill_rows(&mut self) {
        let mut functions = self.functions.iter();
        for (number, trampoline) in self.loaded.trampolines.clone().iter().enumerate() {
            for site in 0..trampoline.n_sites {
                let address = self.loaded.behind(*functions.next().expect("a function for each site")) as u64 + 5;
                if trampoline.rows_log2 == 0 {
                    continue;
                }
                let words = 1 + trampoline.n_probes as usize;
                let hash = (address as u32).wrapping_mul(abi::SPILE_ROW_HASH) >> (32 - trampoline.rows_log2);
                let mut at = trampoline.rows_off as usize / 8 + hash as usize * words;
                while self.rows[at] != 0 {
                    at += words;
                }
                self.rows[at] = address;
                for (index, probe) in self.loaded.probes.iter().enumerate() {
                    if probe.trampoline == number as u32 && probe.site == site {
                        self.rows[at + 1 + probe.position as usize] = index as u64;
                    }
                }
            }
        }
    }

    /// Calls a function with 1, 2, 3, 4, 5, 6: it must not notice.
    fn call(&mut self, function: usize) {
        self.call_with(function, 6);
    }

    /// The same where a function has so many arguments only. Its sum counts each twice as much as the one before.
    fn call_with(&mut self, function: usize, arguments: u32) {
        let code = self.loaded.behind(self.functions[function]);
        type Function = extern "sysv64" fn(u64, u64, u64, u64, u64, u64) -> u64;
        // SAFETY: code that was encoded above.
        let function = unsafe { std::mem::transmute::<usize, Function>(code) };
        let count = self.own[CPU_PREEMPT];
        let result = function(1, 2, 3, 4, 5, 6);
        let others = 1 << arguments;
        assert_eq!(result % others, (1 + 4 + 12 + 32 + 80 + 192) % others);
        assert!(arguments < 6 || result == 1 + 4 + 12 + 32 + 80 + 192);
        assert_eq!(self.own[CPU_PREEMPT], count);
    }

    /// Global `n`, an integer.
    fn global(&self, n: usize) -> i64 {
        if n == 0 { self.loaded.global() } else { self.loaded.data[64 / 8 * (1 + n)] as i64 }
    }

    /// Hits of a probe in both contexts.
    fn hits(&self, probe: usize) -> [u64; 2] {
        [self.hits[0][probe], self.hits[1][probe]]
    }
}

const GLOBALS: &str = r#"global0 "g" int 0
    global1 "h" int 0
"#;

#[test]
fn the_handlers_of_a_function_run_in_their_order_and_the_function_does_not_notice() {
    let mut cpu = Cpu::new(&format!(
        "{GLOBALS} probe \"f\" function \"f\" arguments 6 handler func0
        probe \"empty\" function \"f\" arguments 6 handler func2
        probe \"f\" function \"f\" arguments 6 handler func1
        func0 \"a\" () {{ block0: v0: int = arg 5 @0 v1: int = int 10 @0 v2: int = global.get global0 @0
            v3: int = mul v2, v1 @0 v4: int = add v3, v0 @0 global.set global0, v4 @0 return }}
        func1 \"b\" () {{ block0: v0: int = arg 2 @0 v1: int = int 10 @0 v2: int = global.get global0 @0
            v3: int = mul v2, v1 @0 v4: int = add v3, v0 @0 global.set global0, v4 @0
            v5: int = builtin current_task () @0 global.set global1, v5 @0 return }}
        func2 \"empty\" () {{ block0: return }}"
    ));
    let [trampoline] = *cpu.loaded.trampolines else { panic!("one for all three") };
    assert_eq!((trampoline.flags, trampoline.n_sites, trampoline.n_probes), (0, 1, 3));
    cpu.call(0);
    assert_eq!(cpu.global(0), 63);
    assert_eq!(cpu.global(1), TASK as i64);
    cpu.call(0);
    assert_eq!(cpu.global(0), 6363);
    assert_eq!([cpu.hits(0), cpu.hits(1), cpu.hits(2)], [[2, 0]; 3]);
    assert_eq!(Seen::take(), Seen::default());
}

#[test]
fn a_counter_is_added_to_without_a_call() {
    let mut cpu = Cpu::new(
        "global0 \"n\" int 5
        probe \"f\" function \"f\" arguments 6 handler func0
        probe \"r\" return \"f\" 0 arguments 6 handler func1
        func0 \"a\" () { block0: v0: int = int 1 @0 v1: int = global.add global0, v0 @0 return }
        func1 \"b\" () { block0: v0: int = int 100 @0 v1: int = global.add global0, v0 @0 return }",
    );
    let second = cpu.contexts[0].next;
    cpu.call(0);
    cpu.own[CPU_CONTEXT] = second;
    cpu.call(0);
    cpu.call(0);
    // Each level has its part.
    assert_eq!(cpu.loaded.first_words(), [101, 202, 0, 0]);
    assert_eq!([cpu.hits(0), cpu.hits(1)], [[1, 2]; 2]);
}

#[test]
fn a_hit_needs_a_free_context_and_a_running_session() {
    let mut cpu = Cpu::new(&format!(
        "{GLOBALS} probe \"f\" function \"f\" handler func0
        func0 \"a\" () {{ block0: v0: int = int 1 @0 v1: int = global.add global0, v0 @0 return }}"
    ));
    // As if during a hit.
    let (first, second) = (cpu.own[CPU_CONTEXT], cpu.contexts[0].next);
    cpu.own[CPU_CONTEXT] = second;
    cpu.call(0);
    assert_eq!((cpu.hits(0), cpu.own[CPU_CONTEXT]), ([0, 1], second));
    cpu.own[CPU_CONTEXT] = 0;
    cpu.call(0);
    assert_eq!(Seen::take(), Seen { skips: [1, 0, 0, 0], session: 7, ..Seen::default() });
    cpu.own[CPU_CONTEXT] = first;
    *cpu.state = abi::SPILE_STATE_EXITING;
    cpu.call(0);
    assert_eq!((cpu.hits(0), cpu.own[CPU_CONTEXT]), ([0, 1], first));
    assert_eq!(Seen::take(), Seen { skips: [0, 0, 1, 0], session: 7, ..Seen::default() });
    assert_eq!(cpu.global(0), 1);
}

#[test]
fn some_hits_are_timed_and_a_waiting_task_may_run() {
    let mut cpu = Cpu::new(&format!(
        "{GLOBALS} probe \"f\" function \"f\" handler func0
        func0 \"a\" () {{ block0: v0: int = int 1 @0 v1: int = global.add global0, v0 @0
            v2: int = global.add global1, v0 @0 return }}"
    ));
    cpu.contexts[0].sample = 3;
    for _ in 0..3 + abi::SPILE_SAMPLE {
        cpu.call(0);
    }
    assert_eq!(Seen::take(), Seen { timed: 2, ..Seen::default() });
    cpu.own[CPU_PREEMPT] = 0;
    cpu.call(0);
    assert_eq!(Seen::take(), Seen { rescheduled: 1, ..Seen::default() });
    assert_eq!(cpu.global(0), i64::from(4 + abi::SPILE_SAMPLE));
}

#[test]
fn functions_with_the_same_chain_share_a_trampoline_and_each_has_its_row() {
    let probes: String =
        (0..5).map(|n| format!("probe \"p{n}\" function \"f{n}\" arguments {n} handler func0\n")).collect();
    let mut cpu = Cpu::new(&format!(
        "{GLOBALS} {probes} probe \"other\" function \"g\" arguments 6 handler func1
        func0 \"a\" () {{ block0: v0: int = probe_index @0 v1: int = int 10 @0 v2: int = global.get global0 @0
            v3: int = mul v2, v1 @0 v4: int = add v3, v0 @0 global.set global0, v4 @0 return }}
        func1 \"b\" () {{ block0: v0: int = int 7 @0 global.set global1, v0 @0 return }}"
    ));
    let sites: Vec<_> = cpu.loaded.trampolines.iter().map(|trampoline| trampoline.n_sites).collect();
    assert_eq!(sites, [5, 1]);
    for function in [3, 0, 4, 2, 1] {
        cpu.call(function);
    }
    assert_eq!(cpu.global(0), 30421);
    cpu.call(5);
    assert_eq!(cpu.global(1), 7);
    assert!((0..6).all(|probe| cpu.hits(probe) == [1, 0]));
    // One that kshim did not enter is left alone.
    cpu.rows.fill(0);
    cpu.call(0);
    assert_eq!(cpu.global(0), 30421);
    assert_eq!(Seen::take().skips, [0, 0, 1, 0]);
}

#[test]
fn trampolines_of_a_function_are_called_one_after_the_other() {
    for (kind, functions) in [("function \"f", 1), ("function \"f", 5), ("return \"f", 1), ("return \"f", 5)] {
        let end = if kind.starts_with("return") { "0 arguments 6" } else { "arguments 6" };
        let probes: String =
            (0..functions).map(|n| format!("probe \"p{n}\" {kind}{n}\" {end} handler func0\n")).collect();
        let mut cpu = Cpu::with(
            &format!(
                "{GLOBALS} {probes} func0 \"a\" () {{ block0: v0: int = probe_index @0 v1: int = int 10 @0
                v2: int = global.get global0 @0 v3: int = mul v2, v1 @0 v4: int = add v3, v0 @0
                global.set global0, v4 @0 return }}"
            ),
            Caller::Stub,
        );
        for function in 0..functions {
            cpu.call(function);
        }
        // Each call of a function is three hits, and each of them knows the function.
        let expected = (0..functions as i64).fold(0, |sum, function| sum * 1000 + 111 * function);
        assert_eq!(cpu.global(0), expected, "{kind} {functions}");
        assert!((0..functions).all(|probe| cpu.hits(probe) == [3, 0]));
        assert_eq!(Seen::take(), Seen::default());
    }
}

#[test]
fn where_nothing_asks_for_the_function_all_hits_are_the_firsts() {
    let probes: String =
        (0..3).map(|n| format!("probe \"p{n}\" function \"f{n}\" arguments 6 handler func0\n")).collect();
    let add = "v0: int = int 2 @0 v1: int = global.add global0, v0 @0";
    // Part of the trampoline, or code of its own.
    for body in [add.to_owned(), format!("{add} v2: int = global.add global0, v0 @0")] {
        let mut cpu = Cpu::new(&format!("{GLOBALS} {probes} func0 \"a\" () {{ block0: {body} return }}"));
        let trampoline = cpu.loaded.trampolines[0];
        assert!(trampoline.n_sites == 3 && trampoline.rows_log2 > 0, "kshim looks for doubles in the rows");
        cpu.rows.fill(0);
        (0..3).for_each(|function| cpu.call(function));
        assert_eq!([0, 1, 2].map(|probe| cpu.hits(probe)), [[3, 0], [0, 0], [0, 0]]);
        assert_eq!(cpu.global(0), 6 * body.matches("global.add").count() as i64);
    }
}

#[test]
fn a_trampoline_knows_the_function_where_an_error_or_a_lock_may_tell_it() {
    let bodies = [
        "v0: int = arg 0 @0 v1: int = div v0, v0 @0",
        "budget 1 @0",
        "v0: int = int 1 @0 map.set global2 [v0], v0 @0",
        "v0: str = builtin probe_point () @0 v1: int = builtin strlen (v0) @0 v2: int = global.add global0, v1 @0",
    ];
    for body in bodies {
        let mut cpu = Cpu::new(&format!(
            "{GLOBALS} global2 \"m\" map (int) int capacity 0 probe \"p\" function \"f\" arguments 6 handler func0
            probe \"q\" function \"g\" arguments 6 handler func0 func0 \"a\" () {{ block0: {body} return }}"
        ));
        cpu.call(1);
        assert_eq!([0, 1].map(|probe| cpu.hits(probe)), [[0, 0], [1, 0]], "{body}");
    }
}

#[test]
fn of_many_functions_those_with_few_arguments_have_a_trampoline_of_their_own() {
    // 40 of 100 have 5 or 6 arguments, or nobody knows.
    let arguments = ["arguments 0", "arguments 4", "arguments 5", "", "arguments 3"];
    let probes: String =
        (0..100).map(|n| format!("probe \"p{n}\" function \"f{n:02}\" {} handler func0\n", arguments[n % 5])).collect();
    let mut cpu = Cpu::new(&format!(
        "{GLOBALS} {probes} func0 \"a\" () {{ block0: v0: int = probe_index @0 global.set global0, v0 @0 return }}"
    ));
    let sites: Vec<_> = cpu.loaded.trampolines.iter().map(|trampoline| trampoline.n_sites).collect();
    assert_eq!(sites, [60, 40]);
    for function in 0..100 {
        cpu.call_with(function, if function < 60 { 4 } else { 6 });
        // The handler's probe is the one whose hit was counted.
        assert_eq!(cpu.hits(cpu.global(0) as usize), [1, 0]);
        assert_eq!((0..100).map(|probe| cpu.hits(probe)[0]).sum::<u64>(), function as u64 + 1);
    }
    assert!((0..100).all(|probe| cpu.hits(probe) == [1, 0]));
}

const RETURNS: &str = r#"probe "r" return "f" 0 arguments 6 handler func0 entry func1 words 2
    probe "f" function "f" arguments 6 handler func2
    probe "r2" return "f" 0 arguments 6 handler func3
    func0 "r" () { block0: v0: int = return_value @0 v1: int = entry.get 1 @0 v2: int = int 1000 @0
        v3: int = mul v1, v2 @0 v4: int = add v3, v0 @0 global.set global0, v4 @0 return }
    func1 "e" () { block0: v0: int = arg 3 @0 entry.set 1, v0 @0 return }
    func2 "f" () { block0: v0: int = int 5 @0 global.set global0, v0 @0 return }
    func3 "r2" () { block0: v0: int = global.get global0 @0 global.set global1, v0 @0 return }"#;

#[test]
fn a_trampoline_returns_in_the_functions_stead() {
    let mut cpu = Cpu::new(&format!("{GLOBALS} {RETURNS}"));
    let [trampoline] = *cpu.loaded.trampolines else { panic!("one for all three") };
    assert_eq!((trampoline.flags, trampoline.n_probes), (abi::SPILE_TRAMPOLINE_RETURNS, 3));
    cpu.call(0);
    assert_eq!(cpu.global(0), 4321, "the fourth argument and the result");
    assert_eq!(cpu.global(1), 4321, "in order");
    assert_eq!((cpu.contexts[0].calls, cpu.contexts[0].returns), (1, 1));
    assert_eq!([cpu.hits(0), cpu.hits(1), cpu.hits(2)], [[1, 0]; 3]);
}

#[test]
fn what_returns_is_counted_whatever_happens() {
    let mut cpu = Cpu::new(&format!("{GLOBALS} {RETURNS}"));
    *cpu.state = abi::SPILE_STATE_EXITING;
    cpu.call(0);
    cpu.own[CPU_CONTEXT] = 0;
    cpu.call(0);
    // Neither was followed.
    assert_eq!((cpu.contexts[0].calls, cpu.contexts[0].returns), (0, 0));
    assert_eq!(Seen::take().skips, [1, 0, 1, 0]);
    assert_eq!(cpu.hits(0), [0, 0]);
}

#[test]
fn tracepoints_have_their_arguments_from_registers_and_stack() {
    let cpu = Cpu::new(&format!(
        "{GLOBALS} probe \"t\" tracepoint \"t\" 9 handler func0
        func0 \"a\" () {{ block0: v0: int = arg 1 @0 v1: int = arg 8 @0 v2: int = int 100 @0 v3: int = mul v0, v2 @0
            v4: int = add v3, v1 @0 global.set global0, v4 @0 return }}"
    ));
    let code = cpu.loaded.behind(0) - cpu.loaded.text_pages() + cpu.loaded.trampolines[0].code as usize;
    type Probe = extern "sysv64" fn(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64);
    // SAFETY: a tracepoint's probe function takes its data and the arguments.
    let probe = unsafe { std::mem::transmute::<usize, Probe>(code) };
    probe(99, 10, 11, 12, 13, 14, 15, 16, 17, 18);
    assert_eq!(cpu.global(0), 1118);
    assert_eq!(cpu.hits(0), [1, 0]);
}
