// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls that leave all registers as they are. What seldom runs costs code that often runs nothing then: no value has to
//! be in a register that functions save for their callers, or in memory.
//!
//! Cranelift's convention for that has no results: the context, always the first argument, takes them.

use std::mem::offset_of;

use spile_abi as abi;

use crate::Arch;
use crate::a64::{
    SP, add_immediate, compare, load, load_pair, load_pair_up, return_to, store, store_pair, store_pair_down,
};
use crate::link::{Reloc, RelocKind, Section, Target};
use crate::runtime::ctx;

/// Calls an ordinary function between saving and restoring the registers that it may change.
pub fn call(arch: Arch, target: Target) -> Section {
    let (kind, addend) = match arch {
        Arch::X86_64 => (RelocKind::Rel32, -4),
        Arch::Aarch64 => (RelocKind::A64Branch26, 0),
    };
    let (before, after) = match arch {
        Arch::X86_64 => call_x86(),
        Arch::Aarch64 => call_aarch64(),
    };
    // The call's last four bytes, or the whole.
    let reloc = Reloc { offset: before.len() as u32 - 4, kind, target, addend };
    Section { relocs: vec![reloc], ..section("aside", [before, after].concat()) }
}

/// Tells a clock by the cycle counter, as `struct spile_clocks` says; `base` is where a copy has the clock's. Where the
/// counter does not tell it, `asking` asks the kernel.
pub fn clock(arch: Arch, base: usize, asking: Target) -> Section {
    let at = |field: usize| (offset_of!(abi::spile_clocks, copies) + field) as u32;
    let copy = Copy {
        last: at(offset_of!(abi::spile_clocks_copy, last)),
        mult: at(offset_of!(abi::spile_clocks_copy, mult)),
        fraction: at(offset_of!(abi::spile_clocks_copy, fraction)),
        shift: at(offset_of!(abi::spile_clocks_copy, shift)),
        base: at(base),
    };
    // Where the address of what asks is, from the end.
    let (bytes, kind, addend, back) = match arch {
        Arch::X86_64 => (clock_x86(&copy), RelocKind::Rel32, -4, 11),
        Arch::Aarch64 => (words(&clock_aarch64(&copy)), RelocKind::A64Branch26, 0, 4),
    };
    let reloc = Reloc { offset: bytes.len() as u32 - back, kind, target: asking, addend };
    Section { relocs: vec![reloc], ..section("clock", bytes) }
}

/// Offsets of a copy's fields from the clocks' beginning, if it is the first.
struct Copy {
    last: u32,
    mult: u32,
    fraction: u32,
    shift: u32,
    base: u32,
}

const BEGUN: u32 = offset_of!(abi::spile_clocks, begun) as u32;
const ENDED: u32 = offset_of!(abi::spile_clocks, ended) as u32;

/// Windows' convention: the context is in rcx, the time in rax; rdi and rsi stay as they are, where others keep the
/// context. Loads stay in their order on x86. What asks the kernel is a function of others' convention.
fn clock_x86(copy: &Copy) -> Vec<u8> {
    let [last, mult, fraction, shift, base] =
        [copy.last, copy.mult, copy.fraction, copy.shift, copy.base].map(u32::to_le_bytes);
    let clocks = ctx::CLOCKS.to_le_bytes();
    [
        &[0x4c, 0x8b, 0x81][..],
        &clocks,                          // mov r8, [rcx+CLOCKS]
        &[0x4d, 0x8b, 0x48, BEGUN as u8], // mov r9, [r8+BEGUN]
        &[0x0f, 0x31],                    // rdtsc
        &[0x48, 0xc1, 0xe2, 0x20],        // shl rdx, 32
        &[0x48, 0x09, 0xd0],              // or rax, rdx
        &[0x44, 0x89, 0xca],              // mov edx, r9d
        &[0x49, 0x2b, 0x84, 0x10],
        &last, // sub rax, [r8+rdx+last]
        &[0x49, 0x0f, 0xaf, 0x84, 0x10],
        &mult, // imul rax, [r8+rdx+mult]
        &[0x49, 0x03, 0x84, 0x10],
        &fraction, // add rax, [r8+rdx+fraction]
        &[0x41, 0x8b, 0x8c, 0x10],
        &shift,              // mov ecx, [r8+rdx+shift]
        &[0x48, 0xd3, 0xf8], // sar rax, cl
        &[0x49, 0x03, 0x84, 0x10],
        &base,                            // add rax, [r8+rdx+base]
        &[0x4d, 0x3b, 0x48, ENDED as u8], // cmp r9, [r8+ENDED]
        &[0x75, 0x01],                    // jne 1f
        &[0xc3],                          // ret
        &[0x57, 0x56],                    // 1: push rdi, rsi
        &[0x48, 0x83, 0xec, 0x08],        // sub rsp, 8
        &[0xe8, 0, 0, 0, 0],              // call asking
        &[0x48, 0x83, 0xc4, 0x08],        // add rsp, 8
        &[0x5e, 0x5f],                    // pop rsi, rdi
        &[0xc3],                          // ret
    ]
    .concat()
}

/// Cranelift keeps no value in x16 and x17. The barriers are the kernel's: the counter is not read ahead, and the number
/// behind the copy not before it.
fn clock_aarch64(copy: &Copy) -> Vec<u32> {
    const CLOCKS: u32 = 16;
    const TIME: u32 = 17;
    const COPY: u32 = 9;
    const FIELD: u32 = 10;
    const FRAME: u32 = 32;
    let up = load_pair_up(COPY, FIELD, FRAME);
    vec![
        store_pair_down(COPY, FIELD, FRAME),
        store(11, SP, 16),
        load(CLOCKS, 0, ctx::CLOCKS as u32),
        load(11, CLOCKS, BEGUN),
        0xd503_3fdf,                                 // isb
        0xd53b_e040 | TIME,                          // mrs TIME, cntvct_el0
        0x8b20_4000 | 11 << 16 | CLOCKS << 5 | COPY, // add COPY, CLOCKS, w11, uxtw
        load(FIELD, COPY, copy.last),
        0xcb00_0000 | FIELD << 16 | TIME << 5 | TIME, // sub TIME, TIME, FIELD
        load(FIELD, COPY, copy.mult),
        0x9b00_7c00 | FIELD << 16 | TIME << 5 | TIME, // mul TIME, TIME, FIELD
        load(FIELD, COPY, copy.fraction),
        0x8b00_0000 | FIELD << 16 | TIME << 5 | TIME, // add TIME, TIME, FIELD
        load(FIELD, COPY, copy.shift),
        0x9ac0_2800 | FIELD << 16 | TIME << 5 | TIME, // asr TIME, TIME, FIELD
        load(FIELD, COPY, copy.base),
        0x8b00_0000 | FIELD << 16 | TIME << 5 | TIME, // add TIME, TIME, FIELD
        0xd503_39bf,                                  // dmb ishld
        load(FIELD, CLOCKS, ENDED),
        compare(FIELD, 11),
        store(TIME, 0, ctx::WORD as u32),
        load(11, SP, 16),
        up,
        0x5400_0041, // b.ne asking
        return_to(30),
        0x1400_0000, // b asking
    ]
}

fn section(name: &str, bytes: Vec<u8>) -> Section {
    Section { name: name.to_owned(), bytes, align: 16, code: true, ..Section::default() }
}

/// What is up to the call, and what is behind it.
fn call_x86() -> (Vec<u8>, Vec<u8>) {
    let before = [
        &[0x55][..],               // push rbp
        &[0x48, 0x89, 0xe5],       // mov rbp, rsp
        &[0x50, 0x51, 0x52],       // push rax, rcx, rdx
        &[0x56, 0x57],             // push rsi, rdi
        &[0x41, 0x50, 0x41, 0x51], // push r8, r9
        &[0x41, 0x52, 0x41, 0x53], // push r10, r11
        &[0x48, 0x83, 0xec, 0x08], // sub rsp, 8
        &[0xe8, 0, 0, 0, 0],       // call
    ];
    let after = [
        &[0x48, 0x8b, 0x7d, 0xd8][..], // mov rdi, [rbp-40]
        &[0x48, 0x89, 0x87],           // mov [rdi+WORD], rax
        &ctx::WORD.to_le_bytes(),      //
        &[0x48, 0x83, 0xc4, 0x08],     // add rsp, 8
        &[0x41, 0x5b, 0x41, 0x5a],     // pop r11, r10
        &[0x41, 0x59, 0x41, 0x58],     // pop r9, r8
        &[0x5f, 0x5e],                 // pop rdi, rsi
        &[0x5a, 0x59, 0x58],           // pop rdx, rcx, rax
        &[0x5d, 0xc3],                 // pop rbp; ret
    ];
    (before.concat(), after.concat())
}

/// Registers 0 to 15 are saved above the frame record.
fn call_aarch64() -> (Vec<u8>, Vec<u8>) {
    const FRAME: u32 = 16 + 16 * 8;
    let pairs = || (0..16).step_by(2).map(|first| (first, 16 + 8 * first));
    let mut before = vec![store_pair_down(29, 30, FRAME), add_immediate(29, SP, 0)];
    before.extend(pairs().map(|(first, offset)| store_pair(first, first + 1, offset)));
    before.push(0x9400_0000); // bl
    let mut after = vec![load(9, SP, 16), store(0, 9, ctx::WORD as u32)];
    after.extend(pairs().map(|(first, offset)| load_pair(first, first + 1, offset)));
    after.extend([load_pair_up(29, 30, FRAME), return_to(30)]);
    (words(&before), words(&after))
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
