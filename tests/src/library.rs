// SPDX-License-Identifier: MIT OR Apache-2.0
//! The script library, as tests look at it: its functions, and scripts that call them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use spile_debuginfo::{KernelTarget, Kit, Parts};
use spile_frontend::TapsetLibrary;
use spile_frontend::ast::{FileKind, Item, TypeName};
use spile_frontend::parser::{ParseContext, parse_file};
use spile_frontend::preprocess::Conditions;
use spile_frontend::span::SourceMap;
use spile_frontend::target::{Arch, Target};
use spile_vm_lab::{Cell, Silent};

use crate::machines;

/// The library as it is in the folder.
pub struct Library {
    files: Vec<(String, String)>,
}

/// A function of the library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Types of its parameters; `None` where they are not given.
    pub params: Vec<Option<TypeName>>,
    /// The file that defines it.
    pub file: String,
}

impl Library {
    /// Reads `tapsets/`.
    pub fn read() -> Result<Self> {
        let root = machines::root().join("tapsets");
        let mut paths = Vec::new();
        collect(&root, &mut paths)?;
        paths.sort();
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((path.strip_prefix(&root)?.display().to_string(), text))
        };
        Ok(Self { files: paths.iter().map(read).collect::<Result<_>>()? })
    }

    /// For the compiler.
    pub fn tapsets(&self) -> TapsetLibrary {
        let mut library = TapsetLibrary::new();
        for (name, text) in &self.files {
            library.add(name.as_str(), text.as_str());
        }
        library
    }

    /// The functions that scripts may call on a target, sorted.
    pub fn functions(&self, target: &dyn Target) -> Vec<Function> {
        let conditions = Conditions {
            runtime: target.runtime().into(),
            ..Conditions::new(target.release(), target.arch().script_name())
        };
        let mut context = ParseContext::new(conditions);
        let mut functions = Vec::new();
        // Macros first.
        let (macros, scripts): (Vec<_>, Vec<_>) = self.files.iter().partition(|(name, _)| name.ends_with(".stpm"));
        for (kind, files) in [(FileKind::MacroLibrary, macros), (FileKind::Tapset, scripts)] {
            for (name, text) in files {
                let mut sources = SourceMap::new();
                let id = sources.add(name.as_str(), text.as_str());
                for item in parse_file(&mut sources, id, kind, &mut context).file.items {
                    if let Item::Function(function) = item
                        && !function.private
                        && !function.name.name.starts_with('_')
                    {
                        let params = function.params.iter().map(|param| param.ty).collect();
                        functions.push(Function { name: function.name.name.to_string(), params, file: name.clone() });
                    }
                }
            }
        }
        functions.sort_by_key(Function::signature);
        functions
    }
}

impl Function {
    /// `name/arity`
    pub fn signature(&self) -> String {
        format!("{}/{}", self.name, self.params.len())
    }

    /// A script that calls it.
    pub fn call(&self) -> String {
        let mut call = format!("probe begin {{ {}(", self.name);
        for (index, param) in self.params.iter().enumerate() {
            let value = if *param == Some(TypeName::String) { "\"s\"" } else { "1" };
            let _ = write!(call, "{}{value}", if index == 0 { "" } else { ", " });
        }
        call + ") }"
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "examples") {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm") {
            paths.push(path);
        }
    }
    Ok(())
}

/// A kernel of the lab as a target, from its package alone: without symbols and tracepoints.
pub fn packaged_kernel(cell: Cell) -> Result<KernelTarget> {
    let kernel = cell.prepare(&Silent)?;
    let read = |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    let arch = machines::arch(cell);
    let kit = Kit::create(Parts {
        arch,
        release: &kernel.release,
        btf: read(kernel.btf())?,
        kallsyms: kallsyms(arch),
        events: b"",
        filter_functions: b"",
        blacklist: b"",
        config: &read(kernel.config())?,
        notes: b"",
    })?;
    Ok(KernelTarget::new(kit)?)
}

/// The least that a kernel's symbols can be.
fn kallsyms(arch: Arch) -> &'static [u8] {
    match arch {
        Arch::X86_64 => b"ffffffff81000000 T _text\nffffffff81000100 T startup_64\n",
        Arch::Aarch64 => b"ffffffc008000000 T _text\nffffffc008000100 T primary_entry\n",
    }
}
