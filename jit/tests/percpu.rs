// SPDX-License-Identifier: MIT OR Apache-2.0
//! How x86_64 trampolines reach a CPU's own variables: kshim fills in displacements of 32 bits with a sign. `mov` from or
//! to rax has a short form with 64 bits, in which the sign would be lost.

use iced_x86::{Decoder, DecoderOptions, Instruction, Register};
use spile_abi::{self as abi, Image};
use spile_jit::{Arch, JitOptions, compile};

/// One trampoline of each kind, and one of several functions; they read all that trampolines can.
const TEXT: &str = r#"
loc0 file0 1 1 "" file0 "a.stp" global0 "n" int 0
probe "entry" function "f" arguments 6 handler func0
probe "return" return "g" 0 arguments 6 handler func0 entry func0 words 1
probe "tracepoint" tracepoint "t" 3 handler func0
probe "one" function "h" arguments 2 handler func1
probe "other" function "i" arguments 2 handler func1
func0 "all" () {
block0:
    v0: int = builtin current_task () @0 v1: int = arg 1 @0 v2: int = add v0, v1 @0 global.set global0, v2 @0 return
}
func1 "which" () {
block0:
    v0: int = probe_index @0 global.set global0, v0 @0 return
}
"#;

/// The instruction that has a byte, in code that begins somewhere before it.
fn instruction_at(text: &[u8], start: u32, at: u32) -> (Instruction, iced_x86::ConstantOffsets) {
    let mut decoder = Decoder::with_ip(64, &text[start as usize..], start.into(), DecoderOptions::NONE);
    loop {
        let instruction = decoder.decode();
        assert!(!instruction.is_invalid(), "at {:#x}", instruction.ip());
        if instruction.next_ip() > at.into() {
            return (instruction, decoder.get_constant_offsets(&instruction));
        }
    }
}

#[test]
fn displacements_are_32_bits_with_a_sign() {
    let program = spile_ir::parse(TEXT).expect("it parses");
    let image = compile(&program, &JitOptions::new(Arch::X86_64)).expect("it compiles").image;
    let image = Image::parse(&image).expect("an image");
    let mut kinds = [0; 6];
    for fixup in image.fixups() {
        let starts = image.trampolines().iter().map(|trampoline| trampoline.code);
        let start = starts.filter(|start| *start < fixup.at).max().expect("a trampoline");
        let (instruction, offsets) = instruction_at(image.text(), start, fixup.at);
        kinds[fixup.kind as usize] += 1;
        let place = (fixup.at - start) as usize - (instruction.ip() as u32 - start) as usize;
        if fixup.kind == abi::SPILE_FIXUP_SESSION {
            assert_eq!((offsets.immediate_offset(), offsets.immediate_size()), (place, 4), "{instruction}");
            continue;
        }
        assert_eq!(instruction.memory_segment(), Register::GS, "{instruction}");
        assert_eq!((instruction.memory_base(), instruction.memory_index()), (Register::None, Register::None));
        assert_eq!((offsets.displacement_offset(), offsets.displacement_size()), (place, 4), "{instruction}");
    }
    let seen = |kind: u32| kinds[kind as usize];
    assert!(seen(abi::SPILE_FIXUP_CONTEXT) >= 12 && seen(abi::SPILE_FIXUP_PREEMPT) >= 8);
    assert!(seen(abi::SPILE_FIXUP_CURRENT) >= 3 && seen(abi::SPILE_FIXUP_SESSION) >= 4);
}
