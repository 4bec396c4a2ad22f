// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a function reads of the current task. Its `task_struct` is there as long as a handler runs, so these loads
//! cannot fault, and its name, at most 16 bytes, may stay in two registers.

use spile_abi::SPILE_NAME_BYTES as NAME_BYTES;
use spile_ir as ir;

use crate::TaskStruct;

/// What is known of a function's values.
#[derive(Debug)]
pub struct Task {
    /// By `Value`: where it leads to.
    pub fields: Vec<Option<Field>>,
    /// By `Value`: the task's name.
    pub names: Vec<Option<Name>>,
}

/// A place in the current `task_struct`, or in what that leads to as long as it is the current one.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    is_task: bool,
    /// Whether what is there stays as it is while a handler runs.
    pub is_constant: bool,
    offset: u32,
    /// Of the whole object.
    bytes: u32,
}

impl Field {
    /// Whether so many bytes are there.
    pub fn has(self, bytes: u32) -> bool {
        self.offset + bytes <= self.bytes
    }
}

/// A name, and where it is needed.
#[derive(Clone, Copy, Default, Debug)]
pub struct Name {
    /// As words without what is behind the NUL, and their length.
    pub in_words: bool,
    /// As a string in memory.
    pub in_memory: bool,
}

/// Finds them.
pub fn task(program: &ir::Program, function: &ir::Function, task: &TaskStruct) -> Task {
    let mut definitions = vec![None; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let Some(result) = inst.result {
            definitions[result.index()] = Some(&inst.op);
        }
    }
    let finder = Finder { definitions: &definitions, task };
    let fields: Vec<Option<Field>> =
        (0..function.values.len()).map(|value| finder.field(ir::Value::new(value))).collect();
    let mut names = vec![None; function.values.len()];
    if program.limits.max_string > NAME_BYTES {
        for (value, definition) in definitions.iter().enumerate() {
            if let Some(ir::Op::Intrinsic(ir::Intrinsic::KernelString, args)) = definition
                && fields[args[0].index()].is_some_and(|field| field.has(NAME_BYTES))
                && finder.constant(args[1]) == Some(i64::from(NAME_BYTES))
            {
                names[value] = Some(Name::default());
            }
        }
    }
    for block in &function.blocks {
        for inst in &block.insts {
            for operand in inst.op.operands() {
                if let Some(name) = &mut names[operand.index()] {
                    finder.note_use(program, &inst.op, operand, name);
                }
            }
        }
        for operand in block.end.operands() {
            if let Some(name) = &mut names[operand.index()] {
                name.in_memory = true;
            }
        }
    }
    Task { fields, names }
}

/// The values that a print operation prints; None where it prints a histogram.
pub fn print_values(args: &[ir::PrintArg]) -> Option<Vec<ir::Value>> {
    args.iter()
        .map(|arg| match arg {
            ir::PrintArg::Value(value) => Some(*value),
            ir::PrintArg::Hist { .. } => None,
        })
        .collect()
}

/// Whether elements of an array are looked up by code of the handler's own.
pub fn is_inline(program: &ir::Program, map: ir::GlobalId) -> bool {
    matches!(&program.globals[map.index()].kind, ir::GlobalKind::Map(map) if !map.wrap && map.keys.len() <= 4)
}

struct Finder<'a> {
    definitions: &'a [Option<&'a ir::Op>],
    task: &'a TaskStruct,
}

impl Finder<'_> {
    fn field(&self, mut value: ir::Value) -> Option<Field> {
        let mut offset = 0u32;
        let (is_task, bytes) = loop {
            let (rest, more) = match self.definitions[value.index()]? {
                ir::Op::Intrinsic(ir::Intrinsic::CurrentTask, _) => break (true, self.task.bytes),
                ir::Op::Load { space: ir::Space::Kernel, addr, bytes: 8, .. } => break (false, self.behind(*addr)?),
                ir::Op::Binary(ir::BinaryOp::Add, a, b) => match (self.constant(*a), self.constant(*b)) {
                    (_, Some(offset)) => (*a, offset),
                    (Some(offset), _) => (*b, offset),
                    _ => return None,
                },
                _ => return None,
            };
            offset = offset.checked_add(u32::try_from(more).ok()?).filter(|offset| *offset < 1 << 30)?;
            value = rest;
        };
        let is_constant = is_task && self.task.constants.contains(&offset);
        Some(Field { is_task, is_constant, offset, bytes }).filter(|field| field.offset < field.bytes)
    }

    /// Bytes of what a pointer at an address leads to, if that is sure to be there. No pointer of what is there leads on.
    fn behind(&self, addr: ir::Value) -> Option<u32> {
        let field = self.field(addr).filter(|field| field.is_task)?;
        self.task.pointers.iter().find(|(offset, _)| *offset == field.offset).map(|(_, bytes)| *bytes)
    }

    fn constant(&self, value: ir::Value) -> Option<i64> {
        match self.definitions[value.index()]? {
            ir::Op::Int(int) => Some(*int),
            _ => None,
        }
    }

    fn note_use(&self, program: &ir::Program, op: &ir::Op, operand: ir::Value, name: &mut Name) {
        let inline = |map: ir::GlobalId| is_inline(program, map);
        match op {
            // The words as they are will do.
            ir::Op::CompareStr(ir::CompareOp::Eq | ir::CompareOp::Ne, a, b)
                if [a, b].iter().any(|side| matches!(self.definitions[side.index()], Some(ir::Op::Str(_)))) => {}
            ir::Op::MapSet(map, keys, value) if inline(*map) && keys.contains(&operand) => {
                name.in_words = true;
                name.in_memory |= *value == operand;
            }
            ir::Op::MapGet(map, _) | ir::Op::MapAdd(map, ..) | ir::Op::StatAdd(map, ..) if inline(*map) => {
                name.in_words = true;
            }
            ir::Op::MapHas(map, keys) | ir::Op::MapDelete(map, keys)
                if inline(*map) && keys.iter().all(Option::is_some) =>
            {
                name.in_words = true;
            }
            // The record tells where it ends.
            ir::Op::Print(_, args) if print_values(args).is_some() => {}
            _ => name.in_memory = true,
        }
    }
}
