// SPDX-License-Identifier: MIT OR Apache-2.0
//! Images that fill kshim's arena: one fits only if nothing else is in it.

use anyhow::{Result, ensure};
use spile_abi::{Image, raw};
use zerocopy::{FromBytes, IntoBytes};

use crate::lab_facts::Compiler;

/// kshim's `SPILE_ARENA_BYTES`.
pub const ARENA_BYTES: usize = 1 << 20;

/// An image that ends at once, if it can be loaded at all.
pub fn image(compiler: &Compiler) -> Result<Vec<u8>> {
    with_text_bytes(&compiler.image("arena.stp", "probe begin { exit() }", &[])?, ARENA_BYTES)
}

/// The same image with a text of `text_bytes`, the new part of which is never run.
fn with_text_bytes(image: &[u8], text_bytes: usize) -> Result<Vec<u8>> {
    let text = Image::parse(image)?.text().to_vec();
    ensure!(text.len() <= text_bytes, "the text is {} bytes already", text.len());
    let mut grown = image.to_vec();
    grown.resize(grown.len().next_multiple_of(raw::SPILE_TEXT_ALIGN as usize), 0);
    let text_off = grown.len();
    grown.extend(text);
    grown.resize(text_off + text_bytes, 0);

    let size = size_of::<raw::spile_image>();
    let mut header = raw::spile_image::read_from_bytes(&grown[..size]).expect("parsed above");
    header.text_off = u32::try_from(text_off)?;
    header.text_size = u32::try_from(text_bytes)?;
    header.image_size = u32::try_from(grown.len())?;
    grown[..size].copy_from_slice(header.as_bytes());
    Ok(grown)
}
