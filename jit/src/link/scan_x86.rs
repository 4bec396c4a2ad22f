// SPDX-License-Identifier: MIT OR Apache-2.0
//! x86_64 instructions that may be in an image.

use iced_x86::{CpuidFeature, Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};

use super::Refusal;
use super::scan::Step;

/// Decodes and checks one instruction at a text offset.
pub fn step(bytes: &[u8], place: u32, is_glue: bool) -> Result<Step, Refusal> {
    let instruction = Decoder::with_ip(64, bytes, u64::from(place), DecoderOptions::NONE).decode();
    if instruction.is_invalid() {
        return Err(Refusal::Invalid);
    }
    // The other segments are flat; compilers pad with their prefixes. %gs is the CPU's own.
    let segmented = match instruction.segment_prefix() {
        Register::FS => true,
        Register::GS => !is_glue,
        _ => false,
    };
    if instruction.is_privileged() || segmented {
        return Err(Refusal::Privileged);
    }
    let step = flow(&instruction)?;
    registers(&instruction)?;
    if instruction.cpuid_features().iter().any(|feature| !is_general(*feature)) {
        return Err(Refusal::Vector);
    }
    Ok(step)
}

fn flow(instruction: &Instruction) -> Result<Step, Refusal> {
    let falls_through = match instruction.flow_control() {
        FlowControl::Next => true,
        FlowControl::Return => false,
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch | FlowControl::Call => {
            if !is_near(instruction) {
                return Err(Refusal::Privileged);
            }
            instruction.flow_control() != FlowControl::UnconditionalBranch
        }
        FlowControl::IndirectBranch | FlowControl::IndirectCall => return Err(Refusal::Indirect),
        FlowControl::Interrupt | FlowControl::Exception | FlowControl::XbeginXabortXend => return Err(Refusal::Trap),
    };
    let target = is_near(instruction).then(|| instruction.near_branch_target() as i64);
    Ok(Step { length: instruction.len() as u32, falls_through, target })
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
            | CpuidFeature::TSC
            // mfence and lfence; the registers were looked at.
            | CpuidFeature::SSE2
    )
}
