// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel as the compiler's target.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use spile_frontend::glob;
use spile_frontend::target::{
    Arch, CodePlace, FunctionInfo, Member, Param, Prototype, Target, TracepointInfo, TypeId, TypeShape, TypeTag,
    Variable,
};

use crate::blacklist::Blacklist;
use crate::btf::{Btf, Kind, Type};
use crate::config::Config;
use crate::convention::{Passing, argument_places, result_in_memory};
use crate::functions::wild_card_gives;
use crate::symbols::Symbols;
use crate::tracepoints::Tracepoints;
use crate::{Dwarf, Error, Kit, variables};

/// A kernel whose facts come from a [`Kit`].
pub struct KernelTarget {
    arch: Arch,
    release: String,
    build_id: String,
    btf: Btf,
    symbols: Symbols,
    tracepoints: Tracepoints,
    blacklist: Blacklist,
    config: Config,
    debug: Option<DebugFile>,
}

/// A file with debug information of the kernel, read when BTF first has no answer: it is large.
struct DebugFile {
    path: PathBuf,
    dwarf: OnceLock<Option<Dwarf>>,
}

impl KernelTarget {
    /// The kernel that a kit is about.
    ///
    /// # Errors
    ///
    /// [`Error::Btf`] if its types cannot be read.
    pub fn new(kit: Kit) -> Result<Self, Error> {
        // Linux 6.2 made char unsigned everywhere; before, it was as the instruction set's C has it.
        let signed_char = kit.arch == Arch::X86_64 && glob::compare_versions(&kit.release, "6.2").is_lt();
        Ok(Self {
            arch: kit.arch,
            release: kit.release,
            build_id: kit.build_id,
            btf: Btf::parse(kit.btf)?.with_signed_char(signed_char),
            tracepoints: Tracepoints::new(&kit.tracepoints),
            blacklist: Blacklist::new(&kit.blacklist),
            config: Config::new(&kit.config),
            symbols: kit.symbols,
            debug: None,
        })
    }

    /// Adds the debug information that the distribution installed on this machine for the kernel, if there is some.
    pub fn with_installed_debug_file(self) -> Self {
        let release = &self.release;
        let places = [
            format!("/usr/lib/debug/boot/vmlinux-{release}"),
            format!("/usr/lib/debug/lib/modules/{release}/vmlinux"),
            format!("/lib/modules/{release}/build/vmlinux"),
            format!("/boot/vmlinux-{release}"),
        ];
        match places.into_iter().find(|path| Path::new(path).is_file()) {
            Some(path) => self.with_debug_file(path),
            None => self,
        }
    }

    /// Adds the kernel's file with DWARF debug information (`vmlinux`), which answers where BTF does not. A file that cannot be
    /// read, or is another kernel's, answers nothing.
    pub fn with_debug_file(self, path: impl Into<PathBuf>) -> Self {
        let debug = DebugFile { path: path.into(), dwarf: OnceLock::new() };
        Self { debug: Some(debug), ..self }
    }

    fn dwarf(&self) -> Option<&Dwarf> {
        let debug = self.debug.as_ref()?;
        let is_ours = |dwarf: &Dwarf| {
            let known = !dwarf.build_id().is_empty() && !self.build_id.is_empty();
            !known || dwarf.build_id() == self.build_id
        };
        debug.dwarf.get_or_init(|| Dwarf::open(&debug.path).ok().filter(is_ours)).as_ref()
    }

    /// The debug information that a type is from; `None` for BTF's.
    fn dwarf_of(&self, ty: TypeId) -> Option<&Dwarf> {
        if Dwarf::has(ty) { self.dwarf() } else { None }
    }

    /// Its symbols, by name and by address.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// Its types.
    pub fn btf(&self) -> &Btf {
        &self.btf
    }

    /// Its build-id in hexadecimal; empty if not known.
    pub fn build_id(&self) -> &str {
        &self.build_id
    }

    fn prototype(&self, proto: Type<'_>) -> Prototype {
        let result = Some(proto.target()).filter(|&ty| self.btf.resolve(ty).is_some()).map(TypeId);
        let in_memory = result.is_some_and(|ty| result_in_memory(Passing::of(&self.btf, ty)));
        let passed: Vec<_> = proto.parameters().map(|parameter| Passing::of(&self.btf, TypeId(parameter.ty))).collect();
        let (places, words) = argument_places(self.arch, &passed, in_memory);
        let params = proto.parameters().zip(places).map(|(parameter, place)| Param {
            name: parameter.name.to_owned(),
            ty: TypeId(parameter.ty),
            arg: place.word,
            by_address: place.by_address,
        });
        Prototype { params: params.collect(), words, result }
    }
}

impl Target for KernelTarget {
    fn arch(&self) -> Arch {
        self.arch
    }

    fn release(&self) -> &str {
        &self.release
    }

    fn runtime(&self) -> &str {
        "kernel"
    }

    fn config(&self, name: &str) -> Option<&str> {
        self.config.get(name)
    }

    /// A wild card gives functions of the source only (no `__pfx_*` stubs, no `*.isra.0` pieces, no linker's marks),
    /// and, where the target said what its function tracer can attach to, only those. A literal name gives
    /// any code symbol.
    fn functions(&self, pattern: &str, module: Option<&str>) -> Vec<String> {
        if !glob::is_pattern(pattern) {
            let found = self.symbols.named(pattern).any(|symbol| symbol.is_text && symbol.module == module);
            return if found { vec![pattern.to_owned()] } else { Vec::new() };
        }
        let start = pattern.split(['*', '?', '[', '\\']).next().unwrap_or("");
        let symbols = self.symbols.functions(module, start);
        let mut names: Vec<_> = symbols
            .filter(|symbol| symbol.is_traceable != Some(false))
            .map(|symbol| symbol.name)
            .filter(|name| glob::matches(pattern, name) && wild_card_gives(pattern, name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(str::to_owned).collect()
    }

    /// A module's function has no prototype yet: the kernel's own types may have another function of the name.
    fn function(&self, symbol: &str, module: Option<&str>) -> Option<FunctionInfo> {
        self.symbols.named(symbol).find(|found| found.is_text && found.module == module)?;
        let proto = if module.is_none() { self.btf.prototype(symbol) } else { None };
        Some(FunctionInfo {
            symbol: symbol.to_owned(),
            module: module.map(str::to_owned),
            prototype: proto.map(|proto| self.prototype(proto)),
            source: None,
        })
    }

    fn modules(&self, pattern: &str) -> Vec<String> {
        let names = self.symbols.modules().into_iter().filter(|name| glob::matches(pattern, name));
        names.map(str::to_owned).collect()
    }

    fn code_at(&self, address: u64) -> Option<CodePlace> {
        let found = self.symbols.locate_address(address, self.symbols.text_address())?;
        found.symbol.is_text.then(|| CodePlace {
            symbol: found.symbol.name.to_owned(),
            module: found.symbol.module.map(str::to_owned),
            offset: found.distance,
        })
    }

    fn blocklisted(&self, symbol: &str) -> Option<&str> {
        self.blacklist.reason(symbol, &self.symbols)
    }

    fn tracepoints(&self, pattern: &str) -> Vec<TracepointInfo> {
        self.tracepoints.find(&self.btf, pattern)
    }

    fn shape(&self, ty: TypeId) -> TypeShape {
        self.dwarf_of(ty).map_or_else(|| self.btf.shape(ty), |dwarf| dwarf.shape(ty))
    }

    fn spelling(&self, ty: TypeId) -> String {
        self.dwarf_of(ty).map_or_else(|| self.btf.spelling(ty), |dwarf| dwarf.spelling(ty))
    }

    fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId> {
        let known = self.btf.find_type(tag, name).filter(|&ty| self.btf.resolve(ty.0).is_some_and(is_complete));
        known.or_else(|| self.dwarf()?.find_type(tag, name)).or_else(|| self.btf.find_type(tag, name))
    }

    fn enumerator(&self, name: &str) -> Option<(i64, TypeId)> {
        let known = self.btf.enumerator(name).map(|(value, ty)| (value, TypeId(ty)));
        known.or_else(|| self.dwarf()?.enumerator(name))
    }

    fn enumerators(&self, enumeration: TypeId) -> Vec<(String, i64)> {
        let dwarf = self.dwarf_of(enumeration);
        dwarf.map_or_else(|| self.btf.enumerators(enumeration), |dwarf| dwarf.enumerators(enumeration))
    }

    /// BTF says nothing of source files: without debug information only a variable's name counts.
    fn variable(&self, name: &str, unit: Option<&str>) -> Option<Variable> {
        let known = variables::find(&self.symbols, &self.btf, name);
        let is_enough = unit.is_none() && known.as_ref().is_some_and(|variable| variable.ty.is_some());
        match self.dwarf() {
            Some(dwarf) if !is_enough => match variables::from_debug_information(dwarf, name, unit) {
                None if unit.is_none() => known,
                found => found,
            },
            _ => known,
        }
    }

    fn size_of(&self, ty: TypeId) -> u64 {
        self.dwarf_of(ty).map_or_else(|| self.btf.size_of(ty), |dwarf| dwarf.size_of(ty))
    }

    fn member(&self, ty: TypeId, name: &str) -> Option<Member> {
        self.dwarf_of(ty).map_or_else(|| self.btf.member(ty, name), |dwarf| dwarf.member(ty, name))
    }
}

/// Whether BTF has more of a type than its declaration.
fn is_complete(ty: Type<'_>) -> bool {
    ty.kind() != Kind::Fwd && (ty.kind() != Kind::Enum || ty.parts() > 0)
}
