// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--emit asm`: the machine code that an image holds, decoded from its bytes, with the script's lines beside it.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Formatter, IntelFormatter};
use spile_abi::host::{Function, HostInfo};
use spile_abi::{Image, raw};
use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Operand};

use super::beside::Beside;
use super::image::import_name;
use crate::source::Texts;

/// A decoded instruction.
struct Decoded {
    /// Its text offset.
    pc: u32,
    text: String,
    /// Where it jumps or calls to, as a text offset.
    goes_to: Option<u32>,
}

/// The code of the script's functions; of the runtime's only the names.
pub fn asm(image: &Image<'_>, info: &HostInfo, texts: &Texts) -> String {
    let mut out = String::new();
    for function in &info.functions {
        let bytes = function.end - function.start;
        // All code but the runtime's stems from lines of a script, and what is run at load.
        if function.lines.is_empty() && function.name != "init" {
            out += &format!("; {}: {bytes} bytes of the runtime\n", function.name);
            continue;
        }
        out += &format!("\n{:#06x} <{}>: {bytes} bytes\n", function.start, function.name);
        out += &code(image, info, function, texts);
    }
    out
}

fn code(image: &Image<'_>, info: &HostInfo, function: &Function, texts: &Texts) -> String {
    let mut out = String::new();
    let mut beside = Beside::new(texts);
    for inst in decode(image, function) {
        if let Some(location) = info.location_at(inst.pc).filter(|_| !function.lines.is_empty()) {
            let file = info.files.get(location.file as usize).map_or("?", String::as_str);
            out += &beside.comment("  ", file, location.line);
        }
        let away = inst.goes_to.filter(|to| !(function.start..function.end).contains(to));
        let text = match (away.and_then(|to| name_of(image, info, to)), inst.text.rsplit_once(' ')) {
            (Some(name), Some((call, _))) => format!("{call} {name}"),
            _ => inst.text,
        };
        out += &format!("  {:#06x}  {text}\n", inst.pc);
    }
    out
}

/// The function that begins at a text offset, or the import whose stub is there.
fn name_of(image: &Image<'_>, info: &HostInfo, to: u32) -> Option<String> {
    let function = info.functions.iter().find(|function| function.start == to);
    let import = || image.imports().find(|(_, stub)| *stub == to).map(|(import, _)| import_name(import).to_owned());
    function.map(|function| function.name.clone()).or_else(import)
}

fn decode(image: &Image<'_>, function: &Function) -> Vec<Decoded> {
    let bytes = image.text().get(function.start as usize..function.end as usize).unwrap_or_default();
    if image.header().arch == raw::SPILE_ARCH_X86_64 { x86(bytes, function.start) } else { arm(bytes, function.start) }
}

fn x86(bytes: &[u8], start: u32) -> Vec<Decoded> {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_rip_relative_addresses(true);
    let decoder = Decoder::with_ip(64, bytes, start.into(), DecoderOptions::NONE);
    let shown = decoder.into_iter().map(|inst| {
        let mut text = String::new();
        formatter.format(&inst, &mut text);
        let flows = !matches!(inst.flow_control(), FlowControl::Next | FlowControl::Return);
        let goes_to = (flows && inst.near_branch_target() != 0).then(|| inst.near_branch_target() as u32);
        Decoded { pc: inst.ip() as u32, text, goes_to }
    });
    shown.collect()
}

fn arm(bytes: &[u8], start: u32) -> Vec<Decoded> {
    let decoder = InstDecoder::default();
    let shown = bytes.chunks_exact(4).zip((start..).step_by(4)).map(|(word, pc)| {
        let Ok(inst) = decoder.decode(&mut U8Reader::new(word)) else {
            let number = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            return Decoded { pc, text: format!(".word {number:#010x}"), goes_to: None };
        };
        let text = inst.to_string();
        let offset = inst.operands.iter().find_map(|operand| match operand {
            // The address of a page, not of code, in adrp.
            Operand::PCOffset(offset) if !text.starts_with("adr") => Some(*offset),
            _ => None,
        });
        let goes_to = offset.map(|offset| (i64::from(pc) + offset) as u32);
        let text = match (goes_to, text.rsplit_once(' ')) {
            (Some(to), Some((jump, _))) => format!("{jump} {to:#x}"),
            _ => text,
        };
        Decoded { pc, text, goes_to }
    });
    shown.collect()
}
