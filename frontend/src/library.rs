// SPDX-License-Identifier: MIT OR Apache-2.0
//! The script library ("tapsets"): texts of which a script pulls in what it uses.
//!
//! Building a [`TapsetLibrary`] only notes which file declares which name, by a scan that skips bodies, strings and comments. A file is
//! parsed when a script first uses one of its names.

mod absent;
mod builtin;
mod scan;

pub use absent::{why_absent, why_no_alias};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What kind of thing a library file declares under a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Declares {
    /// A function.
    Function,
    /// A global.
    Global,
    /// A probe alias, by its path: `vfs.read.return`.
    Alias,
    /// A macro.
    Macro,
}

/// A file of the library.
#[derive(Clone, Debug)]
pub struct LibraryFile {
    /// Its path, or the path inside the built-in library.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// The texts of the library, and who declares what.
#[derive(Clone, Debug, Default)]
pub struct TapsetLibrary {
    files: Vec<LibraryFile>,
    index: HashMap<Declares, BTreeMap<Arc<str>, Vec<usize>>>,
}

impl TapsetLibrary {
    /// A library without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. Names ending in `.stpm` hold macros for all other files.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) {
        let file = LibraryFile { name: name.into(), text: text.into() };
        let number = self.files.len();
        let is_macro_file = file.name.ends_with(".stpm");
        for (kind, declared) in scan::declarations(&file.text) {
            if (kind == Declares::Macro) == is_macro_file {
                let files = self.index.entry(kind).or_default().entry(declared.into()).or_default();
                if files.last() != Some(&number) {
                    files.push(number);
                }
            }
        }
        self.files.push(file);
    }

    /// A file by its number.
    pub fn file(&self, number: usize) -> &LibraryFile {
        &self.files[number]
    }

    /// How many files it has.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether it has no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Numbers of the files that declare a name.
    pub fn declaring(&self, kind: Declares, name: &str) -> &[usize] {
        self.index.get(&kind).and_then(|names| names.get(name)).map_or(&[], |files| files)
    }

    /// All names of a kind, sorted, with the files that declare them.
    pub fn names(&self, kind: Declares) -> impl Iterator<Item = (&str, &[usize])> {
        self.index.get(&kind).into_iter().flatten().map(|(name, files)| (&**name, &**files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_what_it_declares() {
        let mut library = TapsetLibrary::new();
        library
            .add("a.stp", "global g, h[10] = 3\nfunction f:long (x) { function_like = 1 }\nprivate function _p() {}");
        library.add("b.stp", "# probe no = x {}\nprobe vfs.read = kernel.function(\"vfs_read\") { name = \"function z\" }\nprobe begin {}");
        library.add("c.stpm", "@define m(a) %( @a %)");
        assert_eq!(library.declaring(Declares::Function, "f"), [0]);
        assert_eq!(library.declaring(Declares::Function, "z"), [] as [usize; 0]);
        assert_eq!(library.declaring(Declares::Global, "h"), [0]);
        assert_eq!(library.declaring(Declares::Alias, "vfs.read"), [1]);
        assert_eq!(library.declaring(Declares::Macro, "m"), [2]);
        let aliases: Vec<_> = library.names(Declares::Alias).map(|(name, _)| name).collect();
        assert_eq!(aliases, ["vfs.read"]);
    }

    #[test]
    fn every_name_of_a_list_of_globals_is_found() {
        let mut library = TapsetLibrary::new();
        library.add("a.stp", "global a = \"x, y\", b%[3]\n, c\nprobe p.q, r = begin { }");
        for name in ["a", "b", "c"] {
            assert_eq!(library.declaring(Declares::Global, name), [0], "{name}");
        }
        assert_eq!(library.declaring(Declares::Global, "x"), [] as [usize; 0]);
        assert_eq!(library.declaring(Declares::Alias, "p.q"), [0]);
        assert_eq!(library.declaring(Declares::Alias, "r"), [0]);
    }
}
