// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile dump`: what each stage makes, as text.

mod asm;
mod beside;
mod image;
mod tokens;

use std::fs;

use anyhow::{Result, bail};
use spile_abi::Image;
use spile_frontend::hir;
use spile_frontend::print;
use spile_frontend::target::Target;

use crate::args::{Dump, Emit};
use crate::build::facts;
use crate::compile::Request;
use crate::show;
use crate::source::Texts;

/// Prints what a stage makes of a script, or what is in an image file.
pub fn dump(options: &Dump) -> Result<()> {
    let path = options.script.words.first().filter(|_| options.script.expression.is_none());
    let bytes = path.filter(|path| *path != "-").and_then(|path| fs::read(path).ok()).unwrap_or_default();
    let text = if bytes.starts_with(&spile_abi::SPILE_MAGIC.to_le_bytes()) {
        of_image(&bytes, options.emit, None)?
    } else {
        emit(&Request::new(&options.script)?, options.emit, facts(&options.compile_for)?.as_ref())?
    };
    show::text(&text)
}

/// What a stage makes of a script.
pub fn emit(request: &Request, emit: Emit, target: &dyn Target) -> Result<String> {
    Ok(match emit {
        Emit::Tokens => tokens::tokens(request.sources()),
        Emit::Ast => {
            request.parsed(target, |parsed| Ok(parsed.files().iter().map(|file| print::file(file)).collect()))?
        }
        Emit::Resolved => request.analysed(target)?.script.to_string(),
        Emit::Typed => hir::typed(&request.analysed(target)?.script, target),
        Emit::Ir => {
            let lowered = request.lowered(target)?;
            beside::ir(&lowered.program, &lowered.texts)
        }
        Emit::Clif => {
            let lowered = request.lowered(target)?;
            let clif = request.code(&lowered.program, target, true)?.dump.unwrap_or_default().clif;
            beside::clif(&clif, &lowered.program, &lowered.texts)
        }
        Emit::Asm | Emit::Image => {
            let lowered = request.lowered(target)?;
            let image = request.code(&lowered.program, target, false)?.image;
            of_image(&image, emit, Some(&lowered.texts))?
        }
    })
}

/// What is in an image.
fn of_image(bytes: &[u8], emit: Emit, texts: Option<&Texts>) -> Result<String> {
    let image = Image::parse(bytes)?;
    let info = image.host()?;
    match emit {
        Emit::Asm => {
            let named = if texts.is_none() { Texts::named(&info.files) } else { Texts::default() };
            Ok(asm::asm(&image, &info, texts.unwrap_or(&named)))
        }
        Emit::Image => Ok(image::image(&image, &info)),
        _ => bail!("an image has machine code and tables only: --emit asm or image"),
    }
}
