// SPDX-License-Identifier: MIT OR Apache-2.0
//! The linker: sections of code and constants into one position-independent text.
//!
//! It lays out what the roots reach (code, then constants, then one zero-filled stub for each
//! import), resolves relative relocations, decodes all code, and *refuses* what must never
//! run in a kernel: see [`LinkError`].

mod elf;
mod reloc;
mod scan;
mod scan_aarch64;
mod scan_x86;

use std::collections::BTreeMap;

use spile_abi::{SPILE_IMPORT_TABLE, SPILE_MAX_IMAGE, SPILE_STUB_BYTES};

pub use reloc::RelocKind;

use crate::Arch;

/// Why code is refused. `section` is a function's name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkError {
    /// The runtime's object file cannot be read.
    #[error("the runtime's object file: {0}")]
    Object(String),
    /// A symbol that neither the runtime nor kshim defines.
    #[error("{section} refers to undefined symbol `{symbol}`")]
    Undefined {
        /// Who refers to it.
        section: String,
        /// The symbol.
        symbol: String,
    },
    /// Code generation asked for a library function.
    #[error("{section} calls library function `{name}`")]
    LibraryCall {
        /// Who calls it.
        section: String,
        /// The function.
        name: String,
    },
    /// A relocation kind that is not position-independent, or not known.
    #[error("{section}+{offset:#x}: relocation {kind} is not supported")]
    Relocation {
        /// Where it is.
        section: String,
        /// Its offset there.
        offset: u32,
        /// Its kind, as the object format names or numbers it.
        kind: String,
    },
    /// A relocation's target is too far away or misaligned.
    #[error("{section}+{offset:#x}: the target is out of the relocation's range")]
    Range {
        /// Where the relocation is.
        section: String,
        /// Its offset there.
        offset: u32,
    },
    /// Writable or thread-local data: state belongs into the image's data.
    #[error("{section} is writable data")]
    Writable {
        /// The section.
        section: String,
    },
    /// An instruction that may not be in an image.
    #[error("{section}+{offset:#x}: {what}")]
    Instruction {
        /// The function.
        section: String,
        /// Its offset there.
        offset: u32,
        /// What is wrong with it.
        what: Refusal,
    },
    /// More text than an image may have.
    #[error("the text is too large: {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// What is wrong with an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It does not decode.
    #[error("not an instruction")]
    Invalid,
    /// It uses a vector, floating-point or mask register.
    #[error("vector or floating-point instruction")]
    Vector,
    /// A jump or call through a register or memory, as of a jump table.
    #[error("indirect branch")]
    Indirect,
    /// A trap, a breakpoint or a system call.
    #[error("trap")]
    Trap,
    /// It is privileged, or touches segment, control or system registers.
    #[error("privileged instruction")]
    Privileged,
    /// A branch that leaves the code of the image.
    #[error("branch out of the image's code")]
    Escape,
}

/// Numbers a section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SectionId(pub u32);

/// Code or constants.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Of the function, for messages and symbolising.
    pub name: String,
    /// Its bytes, relocations unresolved.
    pub bytes: Vec<u8>,
    /// A power of two, at most 64.
    pub align: u32,
    /// Whether it is code.
    pub code: bool,
    /// Whether it would have to be written to: refused where reached.
    pub writable: bool,
    /// What to fill in.
    pub relocs: Vec<Reloc>,
    /// For code that may use a CPU's own registers, and returns elsewhere than to its caller.
    pub glue: Option<Glue>,
}

/// What trampolines have that no other code has.
#[derive(Clone, Debug, Default)]
pub struct Glue {
    /// What kshim fills in.
    pub fixups: Vec<Fixup>,
    /// Offsets where something returns to, beside the beginning.
    pub entries: Vec<u32>,
}

/// What kshim fills in.
#[derive(Clone, Copy, Debug)]
pub struct Fixup {
    /// Of the field.
    pub offset: u32,
    /// `SPILE_FIXUP_*`.
    pub kind: u32,
}

/// A place to fill in.
#[derive(Clone, Debug)]
pub struct Reloc {
    /// In the section.
    pub offset: u32,
    /// How.
    pub kind: RelocKind,
    /// With the address of what.
    pub target: Target,
    /// Plus this.
    pub addend: i64,
}

/// What a relocation refers to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A byte of a section.
    Section(SectionId, i64),
    /// The stub of an import, `SPILE_IMPORT_*`.
    Import(u32),
    /// A function of the runtime by name.
    Runtime(&'static str),
    /// A symbol of an object file that it does not define.
    Undefined(String),
    /// A function that code generation wants but the image does not have.
    Library(String),
}

/// Collects sections, then links them.
#[derive(Debug)]
pub struct Linker {
    arch: Arch,
    sections: Vec<Option<Section>>,
    runtime: BTreeMap<String, (SectionId, i64)>,
}

/// A linked text.
#[derive(Debug)]
pub struct Linked {
    /// Code, constants, stubs.
    pub text: Vec<u8>,
    /// Offset of the first stub in the text.
    pub stubs: u32,
    /// The import of each stub.
    pub imports: Vec<u32>,
    /// Sections in the order of their text offsets: offset and section.
    pub placed: Vec<(u32, SectionId)>,
    sections: Vec<Option<Section>>,
    offsets: Vec<Option<u32>>,
}

impl Linked {
    /// The text offset of a section; None where nothing reached it.
    pub fn offset(&self, section: SectionId) -> Option<u32> {
        self.offsets[section.0 as usize]
    }

    /// All that kshim fills in, by text offsets.
    pub fn fixups(&self) -> Vec<spile_abi::spile_fixup> {
        let glue = |&(start, id)| Some((start, self.section(id)?.glue.as_ref()?));
        let all = self.placed.iter().filter_map(glue).flat_map(|(start, glue)| {
            glue.fixups.iter().map(move |fixup| spile_abi::spile_fixup { at: start + fixup.offset, kind: fixup.kind })
        });
        all.collect()
    }

    /// A section that was placed.
    pub fn section(&self, section: SectionId) -> Option<&Section> {
        self.sections[section.0 as usize].as_ref()
    }
}

impl Linker {
    /// An empty linker.
    pub fn new(arch: Arch) -> Self {
        Self { arch, sections: Vec::new(), runtime: BTreeMap::new() }
    }

    /// Which instruction set it links for.
    pub fn arch(&self) -> Arch {
        self.arch
    }

    /// A number for a section that is added later.
    pub fn reserve(&mut self) -> SectionId {
        self.sections.push(None);
        SectionId(self.sections.len() as u32 - 1)
    }

    /// Gives a reserved number its section.
    pub fn define(&mut self, id: SectionId, section: Section) {
        self.sections[id.0 as usize] = Some(section);
    }

    /// Adds a section.
    pub fn add(&mut self, section: Section) -> SectionId {
        let id = self.reserve();
        self.define(id, section);
        id
    }

    /// Adds a relocatable ELF object; its global symbols become the runtime.
    pub fn add_object(&mut self, object: &[u8]) -> Result<(), LinkError> {
        elf::add(self, object)
    }

    /// Lays out and relocates all that the roots reach, and checks the code.
    pub fn link(self, roots: &[SectionId]) -> Result<Linked, LinkError> {
        let (reached, imports) = self.reach(roots)?;
        let mut linked = self.place(&reached, imports)?;
        self.relocate(&mut linked)?;
        scan::check(self.arch, &self, &linked)?;
        linked.sections = self.sections;
        Ok(linked)
    }

    fn section(&self, id: SectionId) -> Result<&Section, LinkError> {
        self.sections[id.0 as usize].as_ref().ok_or_else(|| LinkError::Undefined {
            section: "the image".to_owned(),
            symbol: format!("section {}", id.0),
        })
    }

    /// The section that a relocation refers to, or the import.
    fn resolve(&self, from: &Section, target: &Target) -> Result<Goal, LinkError> {
        let undefined = |symbol: &str| LinkError::Undefined { section: from.name.clone(), symbol: symbol.to_owned() };
        match target {
            Target::Section(id, offset) => Ok(Goal::Section(*id, *offset)),
            Target::Import(import) => Ok(Goal::Import(*import)),
            Target::Runtime(name) => {
                let (id, offset) = self.runtime.get(*name).ok_or_else(|| undefined(name))?;
                Ok(Goal::Section(*id, *offset))
            }
            Target::Undefined(name) => {
                let import = name
                    .strip_prefix("spile_import_")
                    .and_then(|name| SPILE_IMPORT_TABLE.iter().position(|(import, _)| *import == name));
                import.map(|index| Goal::Import(index as u32)).ok_or_else(|| undefined(name))
            }
            Target::Library(name) => Err(LinkError::LibraryCall { section: from.name.clone(), name: name.clone() }),
        }
    }

    /// All sections that the roots reach, in a fixed order, and all imports.
    fn reach(&self, roots: &[SectionId]) -> Result<(Vec<SectionId>, Vec<u32>), LinkError> {
        let mut seen = vec![false; self.sections.len()];
        let mut imports = Vec::new();
        let mut order = Vec::new();
        let mut work: Vec<SectionId> = roots.iter().rev().copied().collect();
        while let Some(id) = work.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            let section = self.section(id)?;
            if section.writable {
                return Err(LinkError::Writable { section: section.name.clone() });
            }
            order.push(id);
            for reloc in section.relocs.iter().rev() {
                if let RelocKind::Unknown(number) = reloc.kind {
                    let (section, kind) = (section.name.clone(), number.to_string());
                    return Err(LinkError::Relocation { section, offset: reloc.offset, kind });
                }
                match self.resolve(section, &reloc.target)? {
                    Goal::Section(id, _) => work.push(id),
                    Goal::Import(import) => imports.push(import),
                }
            }
        }
        imports.sort_unstable();
        imports.dedup();
        Ok((order, imports))
    }

    fn place(&self, reached: &[SectionId], imports: Vec<u32>) -> Result<Linked, LinkError> {
        let mut text = Vec::new();
        let mut offsets = vec![None; self.sections.len()];
        let mut placed = Vec::new();
        for code in [true, false] {
            for &id in reached {
                let section = self.section(id)?;
                if section.code == code {
                    pad(&mut text, section.align as usize, self.arch, code);
                    offsets[id.0 as usize] = Some(text.len() as u32);
                    placed.push((text.len() as u32, id));
                    text.extend_from_slice(&section.bytes);
                }
            }
        }
        pad(&mut text, SPILE_STUB_BYTES as usize, self.arch, false);
        let stubs = text.len() as u32;
        text.resize(text.len() + imports.len() * SPILE_STUB_BYTES as usize, 0);
        if text.len() > SPILE_MAX_IMAGE as usize {
            return Err(LinkError::TooLarge { bytes: text.len() });
        }
        Ok(Linked { text, stubs, imports, placed, sections: Vec::new(), offsets })
    }

    fn relocate(&self, linked: &mut Linked) -> Result<(), LinkError> {
        for (start, id) in linked.placed.clone() {
            let section = self.section(id)?;
            for reloc in &section.relocs {
                let target = match self.resolve(section, &reloc.target)? {
                    Goal::Section(id, offset) => i64::from(linked.offset(id).unwrap_or(0)) + offset,
                    Goal::Import(import) => {
                        let index = linked.imports.binary_search(&import).unwrap_or(0);
                        i64::from(linked.stubs) + (index * SPILE_STUB_BYTES as usize) as i64
                    }
                };
                let place = start + reloc.offset;
                reloc
                    .kind
                    .apply(&mut linked.text, place, target + reloc.addend)
                    .ok_or_else(|| LinkError::Range { section: section.name.clone(), offset: reloc.offset })?;
            }
        }
        Ok(())
    }
}

enum Goal {
    Section(SectionId, i64),
    Import(u32),
}

/// Fills up to an alignment: between functions with what traps if it is ever reached.
fn pad(text: &mut Vec<u8>, align: usize, arch: Arch, code: bool) {
    let end = text.len().next_multiple_of(align);
    let filler = if code && arch == Arch::X86_64 { 0xcc } else { 0 };
    text.resize(end, filler);
}
