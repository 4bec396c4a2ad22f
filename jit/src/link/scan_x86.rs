// SPDX-License-Identifier: MIT OR Apache-2.0
//! x86_64 instructions that may be in an image.

use iced_x86::{CpuidFeature, Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};

use super::Refusal;
use super::scan::{Code, Finding};

/// Checks a function at a text offset.
pub fn scan(bytes: &[u8], start: u32, code: &Code) -> Finding {
    let mut decoder = Decoder::with_ip(64, bytes, u64::from(start), DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        let offset = (instruction.ip() - u64::from(start)) as u32;
        check(&instruction, code).map_err(|what| (offset, what))?;
    }
    Ok(())
}

fn check(instruction: &Instruction, code: &Code) -> Result<(), Refusal> {
    if instruction.is_invalid() {
        return Err(Refusal::Invalid);
    }
    match instruction.flow_control() {
        FlowControl::Next | FlowControl::Return => {}
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch | FlowControl::Call => {
            if !is_near(instruction) {
                return Err(Refusal::Privileged);
            }
            if !code.contains(instruction.near_branch_target() as i64) {
                return Err(Refusal::Escape);
            }
        }
        FlowControl::IndirectBranch | FlowControl::IndirectCall => return Err(Refusal::Indirect),
        FlowControl::Interrupt | FlowControl::Exception | FlowControl::XbeginXabortXend => return Err(Refusal::Trap),
    }
    // The other segments are flat; compilers pad with their prefixes.
    let segmented = matches!(instruction.segment_prefix(), Register::FS | Register::GS);
    if instruction.is_privileged() || segmented {
        return Err(Refusal::Privileged);
    }
    registers(instruction)?;
    if instruction.cpuid_features().iter().any(|feature| !is_general(*feature)) {
        return Err(Refusal::Vector);
    }
    Ok(())
}

fn is_near(instruction: &Instruction) -> bool {
    matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

fn registers(instruction: &Instruction) -> Result<(), Refusal> {
    for operand in 0..instruction.op_count() {
        if instruction.op_kind(operand) != OpKind::Register {
            continue;
        }
        let register = instruction.op_register(operand);
        if register.is_segment_register() || register.is_cr() || register.is_dr() || register.is_tr() {
            return Err(Refusal::Privileged);
        }
        if !register.is_gpr() {
            return Err(Refusal::Vector);
        }
    }
    Ok(())
}

/// Features whose instructions use general registers and memory only.
fn is_general(feature: CpuidFeature) -> bool {
    matches!(
        feature,
        CpuidFeature::INTEL8086
            | CpuidFeature::INTEL186
            | CpuidFeature::INTEL286
            | CpuidFeature::INTEL386
            | CpuidFeature::INTEL486
            | CpuidFeature::X64
            | CpuidFeature::CMOV
            | CpuidFeature::CX8
            | CpuidFeature::CET_IBT
            | CpuidFeature::MULTIBYTENOP
            | CpuidFeature::PAUSE
            // mfence and lfence; the registers were looked at.
            | CpuidFeature::SSE2
    )
}
