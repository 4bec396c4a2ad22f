// SPDX-License-Identifier: MIT OR Apache-2.0
//! The library that is built in.

use super::TapsetLibrary;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../tapsets/", $name)))),*]
    };
}

/// Name and text of every file in `tapsets/`.
const FILES: &[(&str, &str)] = files![
    "aliases.stp",
    "context.stp",
    "conversions.stp",
    "endian.stp",
    "errno.stp",
    "indent.stp",
    "irq.stp",
    "kprocess.stp",
    "logging.stp",
    "macros.stpm",
    "random.stp",
    "scheduler.stp",
    "string.stp",
    "syscall_any.stp",
    "task.stp",
    "timestamp.stp",
    "uconversions.stp",
    "vfs.stp",
];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tapsets");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".stp") || name.ends_with(".stpm")).collect();
        names.sort();
        let built_in: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(built_in, names);
    }
}
