// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every script of the repository can be read, printed, and read again.

use std::path::{Path, PathBuf};

use spile_frontend::ast::FileKind;
use spile_frontend::diag::Diagnostics;
use spile_frontend::parser::{ParseContext, parse_file};
use spile_frontend::preprocess::{Conditions, ScriptArgs};
use spile_frontend::print;
use spile_frontend::span::SourceMap;

/// The printed form of a script without errors.
fn printed(name: &str, text: &str) -> String {
    let mut sources = SourceMap::new();
    let id = sources.add(name, text);
    let mut context = ParseContext::new(Conditions::new("6.12.0", "x86_64"));
    context.args = ScriptArgs::new(["7", "two words", "3"]);
    let parsed = parse_file(&mut sources, id, FileKind::Tapset, &mut context);
    let mut diagnostics = Diagnostics::new();
    diagnostics.extend(parsed.diagnostics);
    assert!(diagnostics.iter().len() == 0, "{text}\n{}", diagnostics.render(&sources, false));
    print::file(&parsed.file)
}

/// The `.stp` files in a folder and the folders in it.
fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "stp") {
            found.push(path);
        }
    }
}

#[test]
fn scripts_survive_printing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["tapsets", "tests/cases/ok", "tests/cases/fault"] {
        scripts(&root.join(folder), &mut found);
    }
    assert!(found.len() > 50, "only {} scripts", found.len());
    for path in found {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).expect("a readable script");
        let once = printed(&name, &text);
        assert_eq!(once, printed(&name, &once), "{name}");
    }
}
