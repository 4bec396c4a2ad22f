// SPDX-License-Identifier: MIT OR Apache-2.0
//! The linker refuses what must never run in a kernel.

use spile_jit::Arch;
use spile_jit::link::{LinkError, Linker, Refusal, Reloc, RelocKind, Section, SectionId, Target};

fn section(name: &str, bytes: &[u8]) -> Section {
    Section { name: name.into(), bytes: bytes.into(), align: 16, code: true, ..Section::default() }
}

fn reloc(kind: RelocKind, target: Target) -> Reloc {
    Reloc { offset: 0, kind, target, addend: 0 }
}

/// The error of linking one function, which ends, with one relocation.
fn refused_with(arch: Arch, bytes: &[u8], reloc: Option<Reloc>) -> String {
    let mut linker = Linker::new(arch);
    let ret: &[u8] = if arch == Arch::X86_64 { &[0xc3] } else { &[0xc0, 0x03, 0x5f, 0xd6] };
    let bytes = [bytes, ret].concat();
    let root = linker.add(Section { relocs: reloc.into_iter().collect(), ..section("f", &bytes) });
    match linker.link(&[root]) {
        Ok(_) => "linked".into(),
        Err(error) => error.to_string(),
    }
}

fn x86(bytes: &[u8]) -> String {
    refused_with(Arch::X86_64, bytes, None)
}

fn a64(word: u32) -> String {
    refused_with(Arch::Aarch64, &word.to_le_bytes(), None)
}

#[test]
fn x86_code_of_general_registers_is_fine() {
    let fine: &[&[u8]] = &[
        &[0xf3, 0x0f, 0x1e, 0xfa],                                     // endbr64
        &[0x48, 0x89, 0xf8],                                           // mov rax, rdi
        &[0xf0, 0x48, 0x0f, 0xc1, 0x07],                               // lock xadd [rdi], rax
        &[0xf3, 0x90],                                                 // pause
        &[0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00], // nop
        &[0x48, 0x0f, 0x44, 0xc1],                                     // cmove rax, rcx
        &[0x48, 0xf7, 0xfe],                                           // idiv rsi
        &[0xeb, 0x00, 0xc3],                                           // jmp
    ];
    for bytes in fine {
        assert_eq!(x86(bytes), "linked", "{bytes:x?}");
    }
}

#[test]
fn x86_refusals() {
    let cases: &[(&[u8], Refusal)] = &[
        (&[0x66, 0x0f, 0xef, 0xc0], Refusal::Vector),         // pxor xmm0, xmm0
        (&[0x0f, 0x10, 0x07], Refusal::Vector),               // movups xmm0, [rdi]
        (&[0xc5, 0xfd, 0x6f, 0x07], Refusal::Vector),         // vmovdqa ymm0, [rdi]
        (&[0xd9, 0xe8], Refusal::Vector),                     // fld1
        (&[0x0f, 0x77], Refusal::Vector),                     // emms
        (&[0xff, 0xe0], Refusal::Indirect),                   // jmp rax
        (&[0xff, 0x24, 0xc5, 0, 0, 0, 0], Refusal::Indirect), // jmp [rax*8]
        (&[0xff, 0xd0], Refusal::Indirect),                   // call rax
        (&[0x0f, 0x0b], Refusal::Trap),                       // ud2
        (&[0xcc], Refusal::Trap),                             // int3
        (&[0x0f, 0x05], Refusal::Privileged),                 // syscall
        (&[0xfa], Refusal::Privileged),                       // cli
        (&[0xf4], Refusal::Privileged),                       // hlt
        (&[0x0f, 0x30], Refusal::Privileged),                 // wrmsr
        (&[0x0f, 0x22, 0xc0], Refusal::Privileged),           // mov cr0, rax
        (&[0x8e, 0xd8], Refusal::Privileged),                 // mov ds, ax
        (&[0x65, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0], Refusal::Privileged), // mov rax, gs:[0]
        (&[0xe8, 0, 1, 0, 0], Refusal::Escape),               // call out of the text
        (&[0xeb, 0x80], Refusal::Escape),                     // jmp before it
        (&[0x06], Refusal::Invalid),                          // push es
        (&[0xe8], Refusal::Invalid),                          // cut short
    ];
    for (bytes, what) in cases {
        assert_eq!(x86(bytes), format!("f+0x0: {what}"), "{bytes:x?}");
    }
}

#[test]
fn aarch64_code_of_general_registers_is_fine() {
    let fine = [
        0xd503_245f, // bti c
        0xd503_201f, // nop
        0xd503_3bbf, // dmb ish
        0x8b01_0000, // add x0, x0, x1
        0xf940_0000, // ldr x0, [x0]
        0xa9bf_7bfd, // stp x29, x30, [sp, #-16]!
        0xc85f_7c01, // ldxr x1, [x0]
        0x1400_0000, // b .
        0xd65f_03c0, // ret
    ];
    for word in fine {
        assert_eq!(a64(word), "linked", "{word:x}");
    }
}

#[test]
fn aarch64_refusals() {
    let cases = [
        (0x6e20_1c00, Refusal::Vector),     // eor v0.16b, v0.16b, v0.16b
        (0x1e60_2800, Refusal::Vector),     // fadd d0, d0, d0
        (0x3dc0_0000, Refusal::Vector),     // ldr q0, [x0]
        (0xad40_0400, Refusal::Vector),     // ldp q0, q1, [x0]
        (0x9e67_0000, Refusal::Vector),     // fmov d0, x0
        (0x0420_0000, Refusal::Vector),     // SVE add
        (0xd61f_0000, Refusal::Indirect),   // br x0
        (0xd63f_0000, Refusal::Indirect),   // blr x0
        (0xd420_0000, Refusal::Trap),       // brk #0
        (0xd400_0001, Refusal::Trap),       // svc #0
        (0x0000_0000, Refusal::Trap),       // udf #0
        (0xd51b_4200, Refusal::Privileged), // msr nzcv, x0
        (0xd53b_4200, Refusal::Privileged), // mrs x0, nzcv
        (0x9400_1000, Refusal::Escape),     // bl out of the text
        (0x5400_8000, Refusal::Escape),     // b.eq out of the text
    ];
    for (word, what) in cases {
        assert_eq!(a64(word), format!("f+0x0: {what}"), "{word:x}");
    }
}

#[test]
fn execution_may_not_run_off_the_end() {
    for (arch, nop) in [(Arch::X86_64, &[0x90][..]), (Arch::Aarch64, &[0x1f, 0x20, 0x03, 0xd5])] {
        let mut linker = Linker::new(arch);
        let root = linker.add(section("f", nop));
        let (section, offset, what) = ("f".into(), nop.len() as u32, Refusal::Escape);
        assert_eq!(linker.link(&[root]).err(), Some(LinkError::Instruction { section, offset, what }));
    }
}

/// Code generation puts constants there.
#[test]
fn what_is_never_reached_is_not_decoded() {
    let mut linker = Linker::new(Arch::X86_64);
    let root = linker.add(section("f", &[0xc3, 0x06, 0x0f, 0x0b]));
    assert!(linker.link(&[root]).is_ok());
}

#[test]
fn a_branch_into_the_middle_of_an_instruction_is_decoded_there() {
    // jmp .+1; mov eax, 0xc30b0f: behind its first byte is ud2.
    let mut linker = Linker::new(Arch::X86_64);
    let root = linker.add(section("f", &[0xeb, 0x01, 0xb8, 0x0f, 0x0b, 0xc3, 0x00]));
    let (section, offset, what) = ("f".into(), 3, Refusal::Trap);
    assert_eq!(linker.link(&[root]).err(), Some(LinkError::Instruction { section, offset, what }));
}

#[test]
fn a_branch_may_not_go_into_constants() {
    let mut linker = Linker::new(Arch::X86_64);
    let constant = linker.add(Section { code: false, ..section("constant", &[0; 8]) });
    let call = Reloc { offset: 1, kind: RelocKind::Rel32, target: Target::Section(constant, 0), addend: -4 };
    let root = linker.add(Section { relocs: vec![call], ..section("f", &[0xe8, 0, 0, 0, 0, 0xc3]) });
    assert_eq!(
        linker.link(&[root]).err(),
        Some(LinkError::Instruction { section: "f".into(), offset: 0, what: Refusal::Escape })
    );
}

#[test]
fn relocations_are_refused() {
    let nops = [0x90; 8];
    let with = |kind, target| refused_with(Arch::X86_64, &nops, Some(reloc(kind, target)));
    let own = || Target::Section(SectionId(0), 0);
    assert_eq!(with(RelocKind::Unknown(1), own()), "f+0x0: relocation 1 is not supported");
    assert_eq!(
        with(RelocKind::Rel32, Target::Section(SectionId(0), 1 << 40)),
        "f+0x0: the target is out of the relocation's range"
    );
    assert_eq!(with(RelocKind::Rel32, Target::Runtime("rt_print")), "f refers to undefined symbol `rt_print`");
    assert_eq!(with(RelocKind::Rel32, Target::Undefined("puts".into())), "f refers to undefined symbol `puts`");
    assert_eq!(
        with(RelocKind::Rel32, Target::Undefined("spile_import_puts".into())),
        "f refers to undefined symbol `spile_import_puts`"
    );
    assert_eq!(with(RelocKind::Rel32, Target::Library("Memcpy".into())), "f calls library function `Memcpy`");
}

#[test]
fn writable_data_is_refused_where_it_is_reached() {
    let mut linker = Linker::new(Arch::X86_64);
    let data = linker.add(Section { code: false, writable: true, ..section(".data.state", &[0; 8]) });
    let unreached = linker.add(section("g", &[0xc3]));
    let root = linker
        .add(Section { relocs: vec![reloc(RelocKind::Rel32, Target::Section(data, 0))], ..section("f", &[0; 4]) });
    assert_eq!(linker.link(&[unreached, root]).err(), Some(LinkError::Writable { section: ".data.state".into() }));
}

#[test]
fn a_section_that_was_never_defined_is_refused() {
    let mut linker = Linker::new(Arch::X86_64);
    let root = linker.reserve();
    assert_eq!(
        linker.link(&[root]).map(|_| ()).unwrap_err().to_string(),
        "the image refers to undefined symbol `section 0`"
    );
}

#[test]
fn a_foreign_object_is_refused() {
    let error = |bytes: &[u8]| Linker::new(Arch::Aarch64).add_object(bytes).unwrap_err().to_string();
    let x86 = spile_rt::freestanding::object(Arch::X86_64.number());
    assert_eq!(error(x86), "the runtime's object file: not a relocatable object of the target architecture");
    assert_eq!(error(b"\x7fELF"), "the runtime's object file: Could not read file magic");
}

#[test]
fn only_what_is_reached_is_linked() {
    for arch in [Arch::X86_64, Arch::Aarch64] {
        let mut linker = Linker::new(arch);
        linker.add_object(spile_rt::freestanding::object(arch.number())).expect("our own object");
        let ret: &[u8] = if arch == Arch::X86_64 { &[0xc3] } else { &[0xc0, 0x03, 0x5f, 0xd6] };
        let root = linker.add(section("f", ret));
        let linked = linker.link(&[root]).expect("it links");
        assert_eq!((linked.imports.len(), linked.placed.len(), linked.text.len()), (0, 1, 16));
    }
}

/// Everything that the runtime offers passes the checks.
#[test]
fn the_whole_runtime_links() {
    const FUNCTIONS: &[&str] = &[
        "rt_init",
        "rt_enter",
        "rt_leave",
        "rt_print",
        "rt_sprint",
        "rt_iter_first",
        "rt_stat_add",
        "rt_hist_bucket",
        "rt_str_replace",
        "rt_text_str",
        "rt_ctime",
        "rt_kernel_string",
        "rt_user_string",
        "rt_kernel_bytes",
        "rt_user_bytes",
        "rt_strspn",
        "rt_delay",
        "rt_map_delete",
        "rt_random",
        "rt_warn",
        "rt_system",
        "rt_strtol",
        "rt_caught",
    ];
    for arch in [Arch::X86_64, Arch::Aarch64] {
        let mut linker = Linker::new(arch);
        linker.add_object(spile_rt::freestanding::object(arch.number())).expect("our own object");
        let (call, ret, kind, addend): (&[u8], &[u8], _, _) = match arch {
            Arch::X86_64 => (&[0xe8, 0, 0, 0, 0], &[0xc3], RelocKind::Rel32, -4),
            Arch::Aarch64 => (&[0, 0, 0, 0x94], &[0xc0, 0x03, 0x5f, 0xd6], RelocKind::A64Branch26, 0),
        };
        let relocs = FUNCTIONS.iter().enumerate().map(|(index, name)| Reloc {
            offset: (index * call.len() + call.len() - 4) as u32,
            kind,
            target: Target::Runtime(name),
            addend,
        });
        let code = [&call.repeat(FUNCTIONS.len()), ret].concat();
        let root = linker.add(Section { relocs: relocs.collect(), ..section("f", &code) });
        let linked = linker.link(&[root]).unwrap_or_else(|error| panic!("{arch:?}: {error}"));
        println!("{arch:?}: {} bytes of text, {} imports", linked.text.len(), linked.imports.len());
        assert!(linked.imports.contains(&spile_abi::SPILE_IMPORT_ring_reserve));
    }
}
