// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole front end: any text is answered with a program that verifies, or with errors that do not blame the compiler. The
//! program survives the optimiser, the IR's text form, and both code generators.

use std::sync::LazyLock;

use spile_frontend::mock::MockTarget;
use spile_frontend::{Options, Source, TapsetLibrary, compile};

static LIBRARY: LazyLock<TapsetLibrary> = LazyLock::new(TapsetLibrary::builtin);

/// What the module says, of one input.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let source = Source { name: "fuzz.stp".into(), text: (&*text).into() };
    let options = Options {
        guru: data.len().is_multiple_of(2),
        args: vec!["7".into(), "two words".into()],
        ..Options::default()
    };
    match compile(&[source], &LIBRARY, &options, &MockTarget::new()) {
        Ok(compiled) => {
            compiled.diagnostics.render(&compiled.sources, false);
            let mut program = compiled.program;
            spile_ir::optimise(&mut program);
            crate::check_program(&program);
        }
        Err(failed) => {
            assert!(failed.diagnostics.has_errors(), "refused without an error");
            let rendered = failed.diagnostics.render(&failed.sources, false);
            assert!(!rendered.contains("internal error"), "{rendered}");
        }
    }
}
