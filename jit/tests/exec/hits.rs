// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a probe passes to its handlers: registers, tracepoint arguments, entry words, memory. The
//! text is mapped here and handlers are called directly.
#![cfg(target_arch = "x86_64")]
#![expect(unsafe_code, reason = "runs machine code on made-up contexts")]

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use spile_abi::{self as abi, Image, spile_ctx, spile_loaded};
use spile_jit::{Arch, JitOptions, compile};

use crate::support::program;

/// Addresses below this are not there.
const FIRST: u64 = 4096;

extern "sysv64" fn load(addr: u64) -> spile_loaded {
    match addr {
        0..FIRST => spile_loaded { value: 0, fault: 1 },
        // SAFETY: the tests pass addresses of their own integers.
        _ => spile_loaded { value: unsafe { *(addr as *const u64) }, fault: 0 },
    }
}

extern "sysv64" fn load_half(addr: u64) -> spile_loaded {
    let word = load(addr);
    spile_loaded { value: word.value & 0xffff_ffff, ..word }
}

extern "sysv64" fn load_byte(addr: u64) -> spile_loaded {
    let word = load(addr);
    spile_loaded { value: word.value & 0xff, ..word }
}

extern "sysv64" fn store(addr: u64, value: u64) -> u64 {
    if addr < FIRST {
        return 1;
    }
    // SAFETY: as above.
    unsafe { *(addr as *mut u64) = value };
    0
}

/// Every look at it is 10 µs later.
extern "sysv64" fn clock() -> u64 {
    static NOW: AtomicU64 = AtomicU64::new(0);
    NOW.fetch_add(10_000, Ordering::Relaxed)
}

/// Imports that the tests do not look at.
extern "sysv64" fn nothing() -> u64 {
    0
}

thread_local! {
    /// The last record.
    static RECORD: Cell<[u64; 16]> = const { Cell::new([0; 16]) };
    /// Skips by reason, and how often hits were timed and tasks let run.
    static SEEN: Cell<Seen> = const { Cell::new(Seen { skips: [0; 4], timed: 0, rescheduled: 0, session: 0, changed: 0 }) };
}

/// What imports saw.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Seen {
    pub skips: [u64; 4],
    pub timed: u64,
    pub rescheduled: u64,
    pub session: u64,
    /// Calls that tell of conditions.
    pub changed: u64,
}

impl Seen {
    /// What was seen since the last time.
    pub fn take() -> Self {
        SEEN.take()
    }

    fn update(change: impl FnOnce(&mut Self)) {
        let mut seen = SEEN.get();
        change(&mut seen);
        SEEN.set(seen);
    }
}

/// The last record, from its header on.
pub fn record() -> [u64; 16] {
    RECORD.take()
}

extern "sysv64" fn reserve(_ctx: u64, _size: u64, _kind: u64) -> u64 {
    RECORD.with(|record| record.as_ptr() as u64)
}

extern "sysv64" fn skipped(session: u64, reason: u64) {
    Seen::update(|seen| {
        seen.session = session;
        seen.skips[reason as usize] += 1;
    });
}

extern "sysv64" fn timed(ctx: *mut spile_ctx, cycles: u64) {
    assert!(cycles > 0);
    // SAFETY: the trampoline's own context.
    unsafe { (*ctx).sample = u64::from(abi::SPILE_SAMPLE) };
    Seen::update(|seen| seen.timed += 1);
}

extern "sysv64" fn changed(_ctx: *mut spile_ctx) {
    Seen::update(|seen| seen.changed += 1);
}

extern "sysv64" fn resched() {
    Seen::update(|seen| seen.rescheduled += 1);
}

pub struct Loaded {
    map: NonNull<std::ffi::c_void>,
    bytes: usize,
    /// Where in the mapping what is not the image's begins.
    behind: usize,
    /// In the mapping.
    stubs: Range<usize>,
    pub probes: Vec<abi::spile_probe>,
    pub trampolines: Vec<abi::spile_trampoline>,
    /// The handler that asks conditions, and how many there are.
    pub conditions: u32,
    pub n_conditions: u32,
    pub data: Vec<u64>,
    /// The parts of a CPU's contexts, one behind the other.
    pub parts: Vec<u64>,
    /// Words of each.
    pub part_words: usize,
    scratch: Vec<u64>,
    counters: abi::spile_counters,
    /// Nobody keeps it unless a test does: then imports tell the time.
    pub clocks: Box<abi::spile_clocks>,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no handler is running.
        unsafe { munmap(self.map, self.bytes) }.expect("unmaps");
    }
}

impl Loaded {
    /// Compiles a program, and runs its init function.
    pub fn new(text: &str) -> Self {
        Self::with(text, |_, _| Vec::new())
    }

    /// The same; `more` may change the text, and says what to put behind it, from a page on, given where its trampolines are.
    pub fn with(text: &str, more: impl FnOnce(&Image<'_>, &mut [u8]) -> Vec<u8>) -> Self {
        let image = compile(&program(text), &JitOptions::new(Arch::X86_64)).expect("it compiles").image;
        compile(&program(text), &JitOptions::new(Arch::Aarch64)).expect("it compiles for the other");
        let image = Image::parse(&image).expect("an image");
        let mut code = image.text().to_vec();
        for (import, stub) in image.imports() {
            let goal = match import {
                abi::SPILE_IMPORT_load_kernel_u8 | abi::SPILE_IMPORT_load_user_u8 => load_byte as *const () as usize,
                abi::SPILE_IMPORT_load_kernel_u32 => load_half as *const () as usize,
                abi::SPILE_IMPORT_load_kernel_u64 | abi::SPILE_IMPORT_load_user_u64 => load as *const () as usize,
                abi::SPILE_IMPORT_store_kernel_u64 => store as *const () as usize,
                abi::SPILE_IMPORT_time_mono_ns | abi::SPILE_IMPORT_time_real_ns | abi::SPILE_IMPORT_cycles => {
                    clock as *const () as usize
                }
                abi::SPILE_IMPORT_ring_reserve => reserve as *const () as usize,
                abi::SPILE_IMPORT_hit_skipped => skipped as *const () as usize,
                abi::SPILE_IMPORT_hit_timed => timed as *const () as usize,
                abi::SPILE_IMPORT_resched => resched as *const () as usize,
                abi::SPILE_IMPORT_conditions_changed => changed as *const () as usize,
                _ => nothing as *const () as usize,
            };
            let stub = &mut code[stub as usize..][..12];
            stub[..2].copy_from_slice(&[0x48, 0xb8]); // mov rax, goal
            stub[2..10].copy_from_slice(&goal.to_le_bytes());
            stub[10..].copy_from_slice(&[0xff, 0xe0]); // jmp rax
        }
        let more = more(&image, &mut code);
        code.resize(code.len().next_multiple_of(4096), 0);
        let behind = code.len();
        code.extend(more);
        let bytes = code.len().next_multiple_of(4096);
        let length = NonZeroUsize::new(bytes).expect("some code");
        // SAFETY: a fresh anonymous mapping of `bytes` bytes, filled before it becomes executable.
        let map = unsafe {
            let map = mmap_anonymous(None, length, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_PRIVATE)
                .expect("maps");
            std::ptr::copy_nonoverlapping(code.as_ptr(), map.as_ptr().cast(), code.len());
            mprotect(map, bytes, ProtFlags::PROT_READ | ProtFlags::PROT_EXEC).expect("becomes executable");
            map
        };
        let header = image.header();
        let words = |bytes: u32| vec![0; bytes as usize / 8 + 8];
        let mut loaded = Self {
            map,
            bytes,
            behind,
            stubs: header.stubs as usize..(header.stubs + header.n_imports * abi::SPILE_STUB_BYTES) as usize,
            probes: image.probes().to_vec(),
            trampolines: image.trampolines().to_vec(),
            conditions: header.conditions,
            n_conditions: header.n_conditions,
            data: words(header.data_size),
            parts: words(abi::SPILE_LEVELS * header.part_size),
            part_words: header.part_size as usize / 8,
            scratch: words(header.scratch_size),
            counters: abi::spile_counters::default(),
            clocks: Box::new(abi::spile_clocks { ended: 1, ..Default::default() }),
        };
        loaded.call(header.init, &mut spile_ctx::default());
        loaded
    }

    /// The addresses of its text, and of the stubs in it.
    pub fn text(&self) -> (Range<usize>, Range<usize>) {
        let base = self.map.as_ptr() as usize;
        (base..base + self.behind, base + self.stubs.start..base + self.stubs.end)
    }

    /// Bytes from the text's beginning to what was put behind it.
    pub fn text_pages(&self) -> usize {
        self.behind
    }

    /// An address in what was put behind the text.
    pub fn behind(&self, offset: usize) -> usize {
        self.map.as_ptr() as usize + self.behind + offset
    }

    pub fn call(&mut self, offset: u32, ctx: &mut spile_ctx) {
        self.fill_in(ctx);
        // SAFETY: the text is a linked image; offsets come from its tables; the context is complete.
        unsafe {
            let code = self.map.as_ptr().cast::<u8>().add(offset as usize);
            let code: extern "sysv64" fn(*mut spile_ctx) = std::mem::transmute(code);
            code(ctx);
        }
    }

    /// A probe's handler, for a context that is complete.
    pub fn handler(&self, probe: usize) -> impl Fn(*mut spile_ctx) + Copy + Send + use<> {
        let code = self.map.as_ptr() as usize + self.probes[probe].handler as usize;
        move |ctx| {
            // SAFETY: the text is a linked image, and the offset is from its table.
            let code: extern "sysv64" fn(*mut spile_ctx) = unsafe { std::mem::transmute(code) };
            code(ctx);
        }
    }

    /// Lends a context the image's memory.
    pub fn fill_in(&mut self, ctx: &mut spile_ctx) {
        ctx.data = self.data.as_mut_ptr() as u64;
        ctx.parts = self.parts.as_mut_ptr() as u64;
        ctx.part_stride = self.part_words as u64 * 8;
        ctx.part = ctx.parts + u64::from(ctx.level) * ctx.part_stride;
        ctx.owner = (abi::SPILE_OWNER | ctx.cpu).into();
        ctx.scratch = self.scratch.as_mut_ptr() as u64;
        ctx.counters = &raw mut self.counters as u64;
        ctx.clocks = &raw mut *self.clocks as u64;
        ctx.n_cpus = 1;
    }

    /// Global 0, an integer, after a hit of probe `index`.
    fn hit(&mut self, index: usize, ctx: &mut spile_ctx) -> i64 {
        ctx.probe = index as u32;
        self.call(self.probes[index].handler, ctx);
        self.global()
    }

    /// Its value, parts included.
    pub fn global(&self) -> i64 {
        // The first block of 64 bytes is the session's; the second the first global's.
        (self.data[64 / 8] as i64).wrapping_add(self.first_words().iter().sum())
    }

    /// The first word of each level's part.
    pub fn first_words(&self) -> Vec<i64> {
        if self.part_words == 0 {
            return Vec::new();
        }
        let words = self.parts.chunks(self.part_words).map(|part| part[0] as i64);
        words.take(abi::SPILE_LEVELS as usize).collect()
    }

    /// Code, argument and location of the last error that was reported.
    fn error(ctx: &spile_ctx) -> (u32, u64, u32) {
        let record = RECORD.take();
        // See struct spile_message, and struct rt_ctx.
        (record[2] as u32, ctx.image[3], (record[2] >> 32) as u32)
    }
}

const KINDS: &str = r#"global0 "g" int 0
    probe "f" function "f" handler func0
    probe "t" tracepoint "t" 3 handler func0
    probe "begin" begin 0 handler func0
    probe "r" return "f" 0 handler func2 entry func3 words 2
"#;

#[test]
fn arguments_come_from_where_the_probe_has_them() {
    // One handler for three kinds of probes, and the argument is read in a function that it calls.
    let text = format!(
        "{KINDS}
        func0 \"h\" () {{ block0: v0: int = call func1 () @0 global.set global0, v0 @0 return }}
        func1 \"second\" () -> int {{ block0: v0: int = arg 1 @0 return v0 }}
        func2 \"r\" () {{ block0: v0: int = return_value @0 v1: int = entry.get 1 @0 v2: int = add v0, v1 @0
            global.set global0, v2 @0 return }}
        func3 \"e\" () {{ block0: v0: int = arg 6 @0 entry.set 1, v0 @0 return }}"
    );
    let mut loaded = Loaded::new(&text);
    let stack = [0u64, 77];
    let mut regs = [0u64; 21];
    let registers = [10u64, 11, 12, 13, 14, 15];
    regs[152 / 8] = stack.as_ptr() as u64;
    let args = [20u64, 21, 22];
    let mut entry = [0u64; 2];
    let mut ctx = spile_ctx { args: registers.as_ptr() as u64, ..spile_ctx::default() };
    assert_eq!(loaded.hit(0, &mut ctx), 11);
    let mut ctx = spile_ctx { args: args.as_ptr() as u64, ..spile_ctx::default() };
    assert_eq!(loaded.hit(1, &mut ctx), 21);
    assert_eq!(loaded.hit(2, &mut spile_ctx::default()), 0);
    assert_eq!(loaded.probes[3].flags, abi::SPILE_PROBE_REGS, "it asks for the stack pointer");
    let regs = regs.as_ptr() as u64;
    let mut ctx = spile_ctx { regs, result: 1000, entry: entry.as_mut_ptr() as u64, ..spile_ctx::default() };
    loaded.call(loaded.probes[3].entry_handler, &mut ctx);
    assert_eq!(loaded.hit(3, &mut ctx), 1077, "the seventh argument, from the stack");
    assert_eq!(loaded.probes[3].entry_words, 2);
}

fn handler(body: &str) -> String {
    format!(
        "global0 \"g\" int 5 global1 \"h\" int 0 probe \"f\" function \"f\" handler func0
        func0 \"h\" () {{ block0: v0: int = arg 0 @0 {body} return }}"
    )
}

fn ctx_with(args: &mut [u64; 6], arg: u64) -> spile_ctx {
    args[0] = arg;
    spile_ctx { args: args.as_ptr() as u64, ..spile_ctx::default() }
}

#[test]
fn loads_and_stores() {
    let mut word = 0xffff_ffff_ffff_fff0u64;
    let mut args = [0; 6];
    let at = &raw mut word as u64;
    for (op, expected) in [
        ("load.kernel v0, 8, unsigned", -16),
        ("load.kernel v0, 1, unsigned", 0xf0),
        ("load.kernel v0, 1, signed", -16),
        ("load.user v0, 8, signed", -16),
    ] {
        let mut loaded = Loaded::new(&handler(&format!("v1: int = {op} @0 global.set global0, v1 @0")));
        assert_eq!(loaded.hit(0, &mut ctx_with(&mut args, at)), expected, "{op}");
    }
    let mut loaded = Loaded::new(&handler("v1: int = int 7 @0 store v0, 8, v1 @0"));
    assert_eq!(loaded.hit(0, &mut ctx_with(&mut args, at)), 5, "the initial value");
    assert_eq!(word, 7);
}

#[test]
fn faults_are_errors_with_their_address_and_place() {
    let mut args = [0; 6];
    for (op, code) in [
        ("v1: int = load.kernel v0, 8, unsigned @1", abi::SPILE_ERROR_KERNEL_READ),
        ("v1: int = load.user v0, 1, signed @1", abi::SPILE_ERROR_USER_READ),
        ("store v0, 8, v0 @1", abi::SPILE_ERROR_KERNEL_WRITE),
    ] {
        let mut loaded = Loaded::new(&handler(op));
        let mut ctx = ctx_with(&mut args, 16);
        loaded.hit(0, &mut ctx);
        assert_eq!(Loaded::error(&ctx), (code, 16, 1), "{op}");
    }
}

#[test]
fn a_locked_global_skips_the_hit_and_counts_it() {
    let mut loaded = Loaded::new(&handler("global.set global0, v0 @0"));
    let mut args = [0; 6];
    assert_eq!(loaded.hit(0, &mut ctx_with(&mut args, 9)), 9);
    loaded.data[64 / 8 + 1] = 1; // a reader holds the lock
    assert_eq!(loaded.hit(0, &mut ctx_with(&mut args, 10)), 9);
    assert_eq!(loaded.counters.skips[abi::SPILE_SKIP_LOCK as usize], 1);
    loaded.data[64 / 8 + 1] = 0;
    assert_eq!(loaded.hit(0, &mut ctx_with(&mut args, 10)), 10);
    assert_eq!(loaded.data[64 / 8 + 1], 0, "the lock is released");
}

#[test]
fn a_pure_counter_needs_no_lock() {
    let mut loaded = Loaded::new(&handler("v1: int = global.add global0, v0 @0"));
    let mut args = [0; 6];
    loaded.data[64 / 8 + 1] = 1;
    assert_eq!(loaded.hit(0, &mut ctx_with(&mut args, 2)), 7);
    let mut nested = spile_ctx { level: 3, ..ctx_with(&mut args, 2) };
    assert_eq!(loaded.hit(0, &mut nested), 9);
    assert_eq!(loaded.first_words(), [2, 0, 0, 2], "each level has its part");
}
