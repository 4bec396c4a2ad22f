// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The embedded objects hold what the jit's linker and the kernel can take, and nothing else.
#![cfg(feature = "freestanding")]

use std::collections::BTreeSet;
use std::process::Command;

use object::elf;
use object::read::{File, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget};
use object::{SectionFlags, SymbolScope};
use spile_abi::{SPILE_ARCH_AARCH64, SPILE_ARCH_X86_64, SPILE_IMPORT_TABLE};

const ARCHES: [u32; 2] = [SPILE_ARCH_X86_64, SPILE_ARCH_AARCH64];

fn file(arch: u32) -> File<'static> {
    File::parse(spile_rt::freestanding::object(arch)).expect("an ELF object")
}

fn allocated<'a>(file: &'a File<'static>) -> impl Iterator<Item = object::Section<'static, 'a>> {
    file.sections().filter(|section| has(section, elf::SHF_ALLOC))
}

fn has(section: &object::Section<'_, '_>, flag: elf::SectionFlags) -> bool {
    matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags & flag == flag)
}

/// The kinds that the jit's linker knows; all are relative to the place.
fn relocations(arch: u32) -> &'static [elf::RelocationType] {
    match arch {
        SPILE_ARCH_X86_64 => &[elf::R_X86_64_PC32, elf::R_X86_64_PLT32],
        _ => &[
            elf::R_AARCH64_ADR_PREL_PG_HI21,
            elf::R_AARCH64_ADD_ABS_LO12_NC,
            elf::R_AARCH64_CALL26,
            elf::R_AARCH64_JUMP26,
        ],
    }
}

#[test]
fn sections_are_code_and_constants() {
    for arch in ARCHES {
        let file = file(arch);
        for section in allocated(&file).filter(|section| section.size() > 0) {
            let name = section.name().expect("a name");
            assert!(name.starts_with(".text.") || name.starts_with(".rodata."), "{name}");
            assert!(!has(&section, elf::SHF_WRITE), "{name} is writable");
        }
        let bytes: u64 = allocated(&file).map(|section| section.size()).sum();
        assert!((8 << 10..64 << 10).contains(&bytes), "{bytes} bytes for {arch}");
    }
}

#[test]
fn relocations_are_relative_and_only_in_code() {
    for arch in ARCHES {
        let file = file(arch);
        for section in allocated(&file) {
            for (offset, relocation) in section.relocations() {
                let RelocationFlags::Elf { r_type, .. } = relocation.flags() else { unreachable!() };
                let name = section.name().expect("a name");
                assert!(name.starts_with(".text."), "{name}+{offset:#x}");
                assert!(relocations(arch).contains(&r_type), "{name}+{offset:#x}: {r_type:?}");
                assert!(matches!(relocation.target(), RelocationTarget::Symbol(_)), "{name}+{offset:#x}");
            }
        }
    }
}

#[test]
fn imports_are_those_of_the_abi() {
    for arch in ARCHES {
        let file = file(arch);
        for symbol in file.symbols().filter(|symbol| symbol.is_undefined() && !symbol.name_bytes().unwrap().is_empty())
        {
            let name = symbol.name().expect("a name");
            let import = name.strip_prefix("spile_import_").unwrap_or_else(|| panic!("{name} is undefined"));
            assert!(SPILE_IMPORT_TABLE.iter().any(|(known, _)| *known == import), "{import}");
        }
    }
}

/// Every function that rt.h declares is there, under its name, in both.
#[test]
fn interface_is_complete() {
    let header = include_str!("../include/rt.h");
    let declared: BTreeSet<&str> = header
        .lines()
        .filter(|line| line.starts_with("__") || line.starts_with("void ") || line.starts_with("int "))
        .filter_map(|line| line.split_once('('))
        .filter_map(|(start, _)| start.rsplit(' ').next())
        .filter(|name| name.starts_with("rt_"))
        .collect();
    assert!(declared.len() > 40, "{declared:?}");
    for arch in ARCHES {
        let file = file(arch);
        let defined: BTreeSet<&str> = file
            .symbols()
            .filter(|symbol| symbol.is_definition() && symbol.scope() != SymbolScope::Compilation)
            .map(|symbol| symbol.name().expect("a name"))
            .collect();
        let missing: Vec<_> = declared.difference(&defined).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

/// Compiler flags forbid these; the disassembler, where there is one, sees whether they did.
#[test]
fn no_vector_register_and_no_indirect_branch() {
    for arch in ARCHES {
        let path = std::env::temp_dir().join(format!("spile-rt-{}-{arch}.o", std::process::id()));
        std::fs::write(&path, spile_rt::freestanding::object(arch)).expect("write the object");
        let output = Command::new("llvm-objdump-14").args(["-d", "--no-show-raw-insn"]).arg(&path).output();
        std::fs::remove_file(&path).expect("remove the object");
        let Ok(output) = output else { return };
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let instructions: Vec<&str> =
            text.lines().filter(|line| line.starts_with("  ") || line.contains('\t')).collect();
        assert!(instructions.len() > 3000, "{} lines", instructions.len());
        for line in instructions {
            let mut fields = line.split('\t').skip(1);
            let (mnemonic, operands) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            assert!(allowed(arch, mnemonic.trim(), operands), "{arch}: {line}");
        }
    }
}

fn allowed(arch: u32, mnemonic: &str, operands: &str) -> bool {
    if arch == SPILE_ARCH_X86_64 {
        let vector = ["%xmm", "%ymm", "%zmm", "%mm", "%st"].iter().any(|register| operands.contains(register));
        return !vector && !operands.starts_with('*');
    }
    let register = |operand: &str| {
        let operand = operand.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let number = operand.strip_prefix(['v', 'q', 'd', 's', 'h', 'b', 'z']);
        number.is_some_and(|number| number.split('.').next().is_some_and(|number| number.parse::<u32>().is_ok()))
            || operand == "x18"
            || operand == "w18"
    };
    !operands.split([',', ' ']).any(register) && mnemonic != "br" && mnemonic != "blr"
}
