// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sections of a relocatable ELF object.

use std::collections::HashMap;

use object::elf;
use object::read::{
    Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget, SectionFlags,
};

use super::{LinkError, Linker, Reloc, RelocKind, Section, SectionId, Target};
use crate::Arch;

/// Adds all sections that would be loaded, and the global symbols.
pub fn add(linker: &mut Linker, bytes: &[u8]) -> Result<(), LinkError> {
    let file = object::File::parse(bytes).map_err(bad)?;
    let expected = match linker.arch() {
        Arch::X86_64 => object::Architecture::X86_64,
        Arch::Aarch64 => object::Architecture::Aarch64,
    };
    if file.architecture() != expected || file.kind() != object::ObjectKind::Relocatable {
        return Err(LinkError::Object("not a relocatable object of the target architecture".to_owned()));
    }
    let loaded: Vec<_> = file.sections().filter_map(|section| Some((flags(&section)?, section))).collect();
    let ids: HashMap<_, _> = loaded.iter().map(|(_, section)| (section.index(), linker.reserve())).collect();
    for (flags, section) in &loaded {
        let read = read_section(linker.arch(), &file, section, *flags, &ids)?;
        linker.define(ids[&section.index()], read);
    }
    for symbol in file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
        let home = symbol.section_index().and_then(|index| ids.get(&index));
        if let (Some(id), Ok(name)) = (home, symbol.name()) {
            linker.runtime.insert(name.to_owned(), (*id, symbol.address() as i64));
        }
    }
    Ok(())
}

/// The flags of a section that is loaded.
fn flags(section: &object::Section<'_, '_>) -> Option<elf::SectionFlags> {
    match section.flags() {
        SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_ALLOC) => Some(sh_flags),
        _ => None,
    }
}

fn read_section(
    arch: Arch,
    file: &object::File<'_>,
    section: &object::Section<'_, '_>,
    flags: elf::SectionFlags,
    ids: &HashMap<object::SectionIndex, SectionId>,
) -> Result<Section, LinkError> {
    let name = section.name().map_err(bad)?;
    let mut relocs = Vec::new();
    for (offset, reloc) in section.relocations() {
        let offset = offset as u32;
        let RelocationFlags::Elf { r_type } = reloc.flags() else {
            return Err(LinkError::Object("not ELF relocations".to_owned()));
        };
        let target = match reloc.target() {
            RelocationTarget::Symbol(index) => target(file, index, ids)?,
            other => return Err(LinkError::Object(format!("relocation against {other:?}"))),
        };
        let kind = kind(arch, r_type).unwrap_or(RelocKind::Unknown(r_type.0));
        relocs.push(Reloc { offset, kind, target, addend: reloc.addend() });
    }
    Ok(Section {
        name: name.strip_prefix(".text.").unwrap_or(name).to_owned(),
        bytes: section.data().map_err(bad)?.to_vec(),
        align: section.align().clamp(1, 64) as u32,
        code: flags.contains(elf::SHF_EXECINSTR),
        writable: flags.contains(elf::SHF_WRITE) || flags.contains(elf::SHF_TLS),
        relocs,
        glue: None,
    })
}

fn target(
    file: &object::File<'_>,
    index: object::SymbolIndex,
    ids: &HashMap<object::SectionIndex, SectionId>,
) -> Result<Target, LinkError> {
    let symbol = file.symbol_by_index(index).map_err(bad)?;
    if let Some(id) = symbol.section_index().and_then(|index| ids.get(&index)) {
        return Ok(Target::Section(*id, symbol.address() as i64));
    }
    Ok(Target::Undefined(symbol.name().map_err(bad)?.to_owned()))
}

fn kind(arch: Arch, r_type: elf::RelocationType) -> Option<RelocKind> {
    Some(match (arch, r_type) {
        (Arch::X86_64, elf::R_X86_64_PC32 | elf::R_X86_64_PLT32) => RelocKind::Rel32,
        (Arch::X86_64, _) => return None,
        (_, elf::R_AARCH64_PREL32) => RelocKind::Rel32,
        (_, elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26) => RelocKind::A64Branch26,
        (_, elf::R_AARCH64_CONDBR19) => RelocKind::A64Branch19,
        (_, elf::R_AARCH64_TSTBR14) => RelocKind::A64Branch14,
        (_, elf::R_AARCH64_ADR_PREL_LO21) => RelocKind::A64Adr21,
        (_, elf::R_AARCH64_ADR_PREL_PG_HI21) => RelocKind::A64AdrPage21,
        (_, elf::R_AARCH64_ADD_ABS_LO12_NC) => RelocKind::A64Add12,
        (_, elf::R_AARCH64_LDST8_ABS_LO12_NC) => RelocKind::A64Ldst12(0),
        (_, elf::R_AARCH64_LDST16_ABS_LO12_NC) => RelocKind::A64Ldst12(1),
        (_, elf::R_AARCH64_LDST32_ABS_LO12_NC) => RelocKind::A64Ldst12(2),
        (_, elf::R_AARCH64_LDST64_ABS_LO12_NC) => RelocKind::A64Ldst12(3),
        _ => return None,
    })
}

fn bad(error: object::Error) -> LinkError {
    LinkError::Object(error.to_string())
}
