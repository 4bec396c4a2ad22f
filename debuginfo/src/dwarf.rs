// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types, enumerators and variables from the DWARF debug information of an ELF file, versions 2 to 5: where BTF has no answer.
//!
//! The units are listed at the start; the index of names, which takes a walk through all of them, is built at the first
//! question. As with BTF, the data are not trusted: whatever they hold, no method panics or runs without bound.

mod index;
mod query;
mod spell;

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use gimli::{AttributeValue, EndianArcSlice, LittleEndian, Reader as _, UnitOffset};
use object::{CompressionFormat, Object as _, ObjectSection as _};
use spile_frontend::target::TypeId;

use crate::Error;
pub use index::StaticVariable;

type Reader = EndianArcSlice<LittleEndian>;
type Unit = gimli::Unit<Reader>;
type Die = gimli::DebuggingInformationEntry<Reader>;

/// Numbers of types from DWARF have this bit; those of BTF are far below.
const FIRST: u32 = 0x4000_0000;
/// Numbers of rows of arrays with several dimensions, which have no entry of their own, have this one too.
const ROWS: u32 = 0x2000_0000;

/// The debug information of one file.
pub struct Dwarf {
    dwarf: gimli::Dwarf<Reader>,
    /// In the order of their offsets.
    units: Vec<Unit>,
    /// The file's build-id in hexadecimal; empty if it has none.
    build_id: String,
    /// Addresses of variables that each CPU has its own of.
    per_cpu: Option<Range<u64>>,
    index: OnceLock<index::Index>,
    /// The array and the dimension that rows are of.
    rows: Mutex<Vec<(u32, u32)>>,
}

/// An entry, and the unit that it is in.
struct Entry<'d> {
    unit: &'d Unit,
    die: Die,
}

impl Dwarf {
    /// Reads an ELF file's debug information.
    ///
    /// # Errors
    ///
    /// [`Error::Dwarf`] if there is none, or it is damaged; or the file cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let data = std::fs::read(path).map_err(|error| Error::Dwarf(format!("{}: {error}", path.display())))?;
        Self::parse(&data)
    }

    /// Reads the debug information of an ELF file.
    ///
    /// # Errors
    ///
    /// [`Error::Dwarf`] if there is none, or it is damaged.
    pub fn parse(elf: &[u8]) -> Result<Self, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::Dwarf(error.to_string());
        let file = object::File::parse(elf).map_err(|error| wrong(&error))?;
        if !file.is_little_endian() {
            return Err(Error::Dwarf("big-endian files are not supported".into()));
        }
        let load = |id: gimli::SectionId| section(&file, id.name()).map(|data| Reader::new(data, LittleEndian));
        let dwarf = gimli::Dwarf::load(load)?;
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next().map_err(|error| wrong(&error))? {
            units.push(dwarf.unit(header).map_err(|error| wrong(&error))?);
        }
        if units.is_empty() {
            return Err(Error::Dwarf("the file has no debug information".into()));
        }
        let per_cpu = file.section_by_name(".data..percpu");
        let per_cpu = per_cpu.map(|section| section.address()..section.address().saturating_add(section.size()));
        let build_id = file.build_id().ok().flatten().unwrap_or_default();
        let build_id = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { dwarf, units, build_id, per_cpu, index: OnceLock::new(), rows: Mutex::default() })
    }

    /// The file's build-id in hexadecimal; empty if it has none.
    pub fn build_id(&self) -> &str {
        &self.build_id
    }

    /// Whether a type is one of this file's.
    pub fn has(ty: TypeId) -> bool {
        ty.0 & FIRST != 0
    }

    /// The entry at an offset in `.debug_info`.
    fn entry(&self, offset: u32) -> Option<Entry<'_>> {
        let offset = offset as usize;
        let position = self.units.partition_point(|unit| start_of(unit) <= offset).checked_sub(1)?;
        let unit = self.units.get(position)?;
        let die = unit.entry(UnitOffset(offset.checked_sub(start_of(unit))?)).ok()?;
        Some(Entry { unit, die })
    }

    /// The name of an entry, or of what it refers to.
    fn name_of(&self, unit: &Unit, die: &Die) -> Option<String> {
        let name = self.dwarf.attr_string(unit, die.attr_value(gimli::DW_AT_name)?).ok()?;
        Some(name.to_string_lossy().ok()?.into_owned())
    }
}

/// Where a unit starts in `.debug_info`.
fn start_of(unit: &Unit) -> usize {
    unit.header.debug_info_offset().map_or(usize::MAX, |offset| offset.0)
}

impl Entry<'_> {
    fn tag(&self) -> gimli::DwTag {
        self.die.tag()
    }

    fn number(&self, attribute: gimli::DwAt) -> Option<u64> {
        self.die.attr_value(attribute)?.udata_value()
    }

    fn flag(&self, attribute: gimli::DwAt) -> bool {
        matches!(self.die.attr_value(attribute), Some(AttributeValue::Flag(true)))
    }

    /// The offset in `.debug_info` of an entry that this one refers to.
    fn refers(&self, attribute: gimli::DwAt) -> Option<u32> {
        refers(self.unit, &self.die, attribute)
    }

    /// The type that it is of, or refers to; `void` where it names none.
    fn ty(&self) -> TypeId {
        self.refers(gimli::DW_AT_type).map_or(TypeId(0), type_id)
    }

    /// Calls `visit` with each entry directly inside of this one, until it returns false.
    fn for_each_child(&self, mut visit: impl FnMut(Entry<'_>) -> bool) {
        let Ok(mut tree) = self.unit.entries_tree(Some(self.die.offset())) else { return };
        let Ok(root) = tree.root() else { return };
        let mut children = root.children();
        while let Ok(Some(child)) = children.next() {
            if !visit(Entry { unit: self.unit, die: child.entry().clone() }) {
                return;
            }
        }
    }
}

fn refers(unit: &Unit, die: &Die, attribute: gimli::DwAt) -> Option<u32> {
    let offset = match die.attr_value(attribute)? {
        AttributeValue::UnitRef(offset) => start_of(unit).checked_add(offset.0)?,
        AttributeValue::DebugInfoRef(offset) => offset.0,
        _ => return None,
    };
    u32::try_from(offset).ok().filter(|offset| *offset < ROWS)
}

fn type_id(offset: u32) -> TypeId {
    TypeId(FIRST | offset)
}

/// A section's data, decompressed; empty where there is none.
fn section(file: &object::File<'_>, name: &str) -> Result<Arc<[u8]>, Error> {
    let Some(section) = file.section_by_name(name) else { return Ok(Arc::default()) };
    let failed = |error: &dyn std::fmt::Display| Error::Dwarf(format!("section {name}: {error}"));
    let data = section.compressed_data().map_err(|error| failed(&error))?;
    match data.format {
        CompressionFormat::None => Ok(data.data.into()),
        CompressionFormat::Zlib => {
            let mut plain = Vec::new();
            flate2::read::ZlibDecoder::new(data.data).read_to_end(&mut plain).map_err(|error| failed(&error))?;
            Ok(plain.into())
        }
        CompressionFormat::Zstandard => Ok(zstd::decode_all(data.data).map_err(|error| failed(&error))?.into()),
        _ => Err(failed(&"compressed in a way that is not known")),
    }
}
