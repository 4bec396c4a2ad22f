// SPDX-License-Identifier: MIT OR Apache-2.0
#![expect(unsafe_code, reason = "called by generated code, with addresses")]
//! The import table of the ABI, in an ordinary process.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::OnceLock;

use nix::time::ClockId;
use spile_abi::raw;

use super::shared::Shared;
use crate::clock::{monotonic_ns, read_ns};

type Context = *mut raw::spile_ctx;

/// The instruction set of this process, as images name it.
pub const ARCH: u32 = if cfg!(target_arch = "x86_64") { raw::SPILE_ARCH_X86_64 } else { raw::SPILE_ARCH_AARCH64 };

/// The address of an import's function.
pub fn address(import: u32) -> Option<usize> {
    // One arm for each, so that a new import of the ABI does not go unnoticed by the tests.
    Some(match import {
        raw::SPILE_IMPORT_load_kernel_u8 | raw::SPILE_IMPORT_load_user_u8 => load::<1> as *const () as usize,
        raw::SPILE_IMPORT_load_kernel_u16 | raw::SPILE_IMPORT_load_user_u16 => load::<2> as *const () as usize,
        raw::SPILE_IMPORT_load_kernel_u32 | raw::SPILE_IMPORT_load_user_u32 => load::<4> as *const () as usize,
        raw::SPILE_IMPORT_load_kernel_u64 | raw::SPILE_IMPORT_load_user_u64 => load::<8> as *const () as usize,
        raw::SPILE_IMPORT_store_kernel_u8 => store::<1> as *const () as usize,
        raw::SPILE_IMPORT_store_kernel_u16 => store::<2> as *const () as usize,
        raw::SPILE_IMPORT_store_kernel_u32 => store::<4> as *const () as usize,
        raw::SPILE_IMPORT_store_kernel_u64 => store::<8> as *const () as usize,
        raw::SPILE_IMPORT_ring_reserve => ring_reserve as *const () as usize,
        raw::SPILE_IMPORT_ring_commit => ring_commit as *const () as usize,
        raw::SPILE_IMPORT_session_exit => session_exit as *const () as usize,
        raw::SPILE_IMPORT_session_fail => session_fail as *const () as usize,
        raw::SPILE_IMPORT_time_mono_ns => time_mono_ns as *const () as usize,
        raw::SPILE_IMPORT_time_real_ns => time_real_ns as *const () as usize,
        raw::SPILE_IMPORT_time_boot_ns => time_boot_ns as *const () as usize,
        raw::SPILE_IMPORT_cycles => cycles as *const () as usize,
        raw::SPILE_IMPORT_jiffies => jiffies as *const () as usize,
        raw::SPILE_IMPORT_resched => resched as *const () as usize,
        raw::SPILE_IMPORT_hit_skipped => hit_skipped as *const () as usize,
        raw::SPILE_IMPORT_hit_timed => hit_timed as *const () as usize,
        raw::SPILE_IMPORT_ring_flush => ring_flush as *const () as usize,
        raw::SPILE_IMPORT_conditions_changed => conditions_changed as *const () as usize,
        _ => return None,
    })
}

/// A stub: a jump to an absolute address.
#[cfg(target_arch = "x86_64")]
pub fn jump_to(address: usize) -> [u8; raw::SPILE_STUB_BYTES as usize] {
    // movabs rax, address; jmp rax; int3 ...
    let mut stub = [0xcc; raw::SPILE_STUB_BYTES as usize];
    stub[..2].copy_from_slice(&[0x48, 0xb8]);
    stub[2..10].copy_from_slice(&address.to_le_bytes());
    stub[10..12].copy_from_slice(&[0xff, 0xe0]);
    stub
}

/// A stub: a jump to an absolute address.
#[cfg(target_arch = "aarch64")]
pub fn jump_to(address: usize) -> [u8; raw::SPILE_STUB_BYTES as usize] {
    // ldr x16, .+8; br x16; .quad address
    let mut stub = [0; raw::SPILE_STUB_BYTES as usize];
    stub[..4].copy_from_slice(&0x5800_0050u32.to_le_bytes());
    stub[4..8].copy_from_slice(&0xd61f_0200u32.to_le_bytes());
    stub[8..].copy_from_slice(&address.to_le_bytes());
    stub
}

/// Makes new code visible to instruction fetch.
#[cfg(target_arch = "x86_64")]
pub fn synchronise_instructions(_start: usize, _bytes: usize) {
    // x86 keeps its instruction cache coherent.
}

/// Makes new code visible to instruction fetch.
#[cfg(target_arch = "aarch64")]
pub fn synchronise_instructions(start: usize, bytes: usize) {
    // The smallest cache line that the architecture allows; a larger one is cleaned more than once.
    for line in (start..start + bytes).step_by(16) {
        // SAFETY: cache maintenance on our own mapping.
        unsafe { std::arch::asm!("dc cvau, {0}", "dsb ish", "ic ivau, {0}", in(reg) line) };
    }
    // SAFETY: barriers.
    unsafe { std::arch::asm!("dsb ish", "isb") };
}

/// A pipe to try addresses on: write(2) answers EFAULT where a load would fault.
struct Probe {
    read: File,
    write: OwnedFd,
}

fn probe() -> &'static Probe {
    static PROBE: OnceLock<Probe> = OnceLock::new();
    PROBE.get_or_init(|| {
        let mut ends = [0; 2];
        // SAFETY: pipe2 fills two descriptors.
        let made = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
        assert_eq!(made, 0, "pipe2 fails only for want of descriptors");
        // SAFETY: both were just made, and nobody else owns them.
        unsafe { Probe { read: File::from_raw_fd(ends[0]), write: OwnedFd::from_raw_fd(ends[1]) } }
    })
}

fn try_read(address: u64, buffer: &mut [u8]) -> bool {
    let Probe { read, write } = probe();
    // SAFETY: write(2) checks the address itself; that is the point.
    let written = unsafe { libc::write(write.as_raw_fd(), address as *const _, buffer.len()) };
    if written < 0 {
        return false;
    }
    // A partial write means that the rest is not there.
    let mut got = vec![0; written as usize];
    let whole = (&mut (&*read)).read_exact(&mut got).is_ok() && got.len() == buffer.len();
    if whole {
        buffer.copy_from_slice(&got);
    }
    whole
}

extern "C" fn load<const BYTES: usize>(address: u64) -> raw::spile_loaded {
    let mut bytes = [0; 8];
    let fault = !try_read(address, &mut bytes[..BYTES]);
    raw::spile_loaded { value: if fault { 0 } else { u64::from_le_bytes(bytes) }, fault: fault.into() }
}

extern "C" fn store<const BYTES: usize>(address: u64, value: u64) -> u64 {
    let Probe { read, write } = probe();
    let bytes = &value.to_le_bytes()[..BYTES];
    // SAFETY: writes bytes of ours into our own pipe.
    let written = unsafe { libc::write(write.as_raw_fd(), bytes.as_ptr().cast(), BYTES) };
    // SAFETY: read(2) checks the address itself, and answers EFAULT where a store would fault. Guru
    // mode lets a script write anywhere; here that is its own process.
    let stored = unsafe { libc::read(read.as_raw_fd(), address as *mut _, BYTES) };
    if stored < 0 {
        // The bytes stayed in the pipe.
        let drained = (&mut (&*read)).read_exact(&mut [0; BYTES]);
        debug_assert!(drained.is_ok(), "they were just written");
    }
    (written != BYTES as isize || stored != BYTES as isize).into()
}

fn shared<'a>(context: Context) -> &'a mut Shared {
    // SAFETY: handlers pass the context that they were given, whose session the engine set
    // (`Shared::context`). One thread runs them, and the engine holds no reference meanwhile.
    unsafe { &mut *std::ptr::with_exposed_provenance_mut((*context).session as usize) }
}

extern "C" fn ring_reserve(context: Context, size: u64, kind: u64) -> u64 {
    shared(context).ring().reserve(size, kind).map_or(0, |record| record.expose_provenance() as u64)
}

extern "C" fn ring_commit(_context: Context, _record: u64) {
    // Records are read between handlers only.
}

extern "C" fn ring_flush(context: Context) {
    shared(context).flush = true;
}

extern "C" fn session_exit(context: Context) {
    let shared = shared(context);
    if matches!(shared.state, raw::SPILE_STATE_LOADED | raw::SPILE_STATE_STARTING | raw::SPILE_STATE_RUNNING) {
        shared.state = raw::SPILE_STATE_EXITING;
    }
}

extern "C" fn session_fail(context: Context) {
    shared(context).state = raw::SPILE_STATE_FAILED;
}

/// The tasks that scripts see: this process and its parent.
struct Tasks {
    credentials: raw::spile_user_cred,
    parent: raw::spile_user_task,
    own: raw::spile_user_task,
}

fn task(pid: i32, tgid: i32, comm: &str) -> raw::spile_user_task {
    let mut task = raw::spile_user_task { pid, tgid, ..Default::default() };
    // The last byte stays NUL, as in the kernel.
    for (to, from) in task.comm[..15].iter_mut().zip(comm.trim_end().bytes()) {
        *to = from;
    }
    task
}

/// The address of this thread's `spile_user_task`.
pub fn current_task() -> u64 {
    static TASKS: OnceLock<Box<Tasks>> = OnceLock::new();
    let tasks = TASKS.get_or_init(|| {
        let comm = |pid: i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let (own, parent) = (nix::unistd::getpid().as_raw(), nix::unistd::getppid().as_raw());
        let mut tasks = Box::new(Tasks {
            credentials: raw::spile_user_cred {
                uid: nix::unistd::getuid().as_raw(),
                gid: nix::unistd::getgid().as_raw(),
                euid: nix::unistd::geteuid().as_raw(),
                egid: nix::unistd::getegid().as_raw(),
            },
            parent: task(parent, parent, &comm(parent)),
            own: task(nix::unistd::gettid().as_raw(), own, &comm(own)),
        });
        let credentials = (&raw const tasks.credentials).expose_provenance() as u64;
        let parent = (&raw const tasks.parent).expose_provenance() as u64;
        tasks.own.cred = credentials;
        tasks.own.real_parent = parent;
        // Credentials and parent of the parent are not ours to know.
        tasks.parent.cred = credentials;
        tasks.parent.real_parent = parent;
        tasks
    });
    (&raw const tasks.own).expose_provenance() as u64
}

extern "C" fn time_mono_ns() -> u64 {
    monotonic_ns()
}

extern "C" fn time_real_ns() -> u64 {
    read_ns(ClockId::CLOCK_REALTIME)
}

extern "C" fn time_boot_ns() -> u64 {
    read_ns(ClockId::CLOCK_BOOTTIME)
}

#[cfg(target_arch = "x86_64")]
pub extern "C" fn cycles() -> u64 {
    // SAFETY: every x86_64 processor has it, and Linux lets processes read it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "aarch64")]
pub extern "C" fn cycles() -> u64 {
    let count;
    // SAFETY: Linux lets processes read the virtual counter.
    unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) count) };
    count
}

extern "C" fn jiffies() -> u64 {
    // Processes have no ticks; Debian's kernels have 250 a second.
    monotonic_ns() / 4_000_000
}

// Only trampolines call these, and nothing calls a trampoline here.

extern "C" fn resched() {}

extern "C" fn hit_skipped(_session: u64, _reason: u64) {}

extern "C" fn hit_timed(_context: Context, _cycles: u64) {}

/// Nothing is attached here that could be detached: handlers look at their conditions.
extern "C" fn conditions_changed(_context: Context) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_of_the_abi_is_here() {
        for import in 0..raw::SPILE_N_IMPORTS {
            assert!(address(import).is_some(), "import {import} has no function");
        }
        assert_eq!(address(raw::SPILE_N_IMPORTS), None);
    }

    #[test]
    fn loads_and_stores_answer_faults() {
        let mut word = 0x8877_6655_4433_2211u64;
        let address = (&raw mut word).expose_provenance() as u64;
        let loaded = load::<4>(address);
        assert_eq!((loaded.value, loaded.fault), (0x4433_2211, 0));
        assert_eq!(load::<8>(16).fault, 1);
        assert_eq!(load::<8>(0xffff_8000_0000_0000).fault, 1);
        assert_eq!(store::<2>(address, 0xbbaa), 0);
        assert_eq!(load::<8>(address).value, 0x8877_6655_4433_bbaa);
        assert_eq!(store::<8>(16, 1), 1);
        assert_eq!(load::<1>(address).value, 0xaa, "a fault leaves nothing behind");
    }
}
