// SPDX-License-Identifier: MIT OR Apache-2.0
//! The library that is built in.

use super::TapsetLibrary;

/// Name and text of every file in `tapsets/`, listed by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin_files.rs"));

impl TapsetLibrary {
    /// The built-in library. Files of further folders are [added](Self::add) to it.
    pub fn builtin() -> Self {
        let mut library = Self::new();
        for (name, text) in FILES {
            library.add(format!("tapset/{name}"), *text);
        }
        library
    }
}
