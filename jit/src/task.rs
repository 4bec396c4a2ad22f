// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a function reads of the current task. Its `task_struct` is there as long as a handler runs, so these loads
//! cannot fault, and its name, at most 16 bytes, may stay in two registers.

use spile_ir as ir;

/// Bytes of a task's name, the NUL included if there is one.
pub const NAME_BYTES: u32 = 16;

/// What is known of a function's values.
#[derive(Debug)]
pub struct Task {
    /// By `Value`: the byte of the current `task_struct` that it is the address of.
    pub fields: Vec<Option<u32>>,
    /// By `Value`: the task's name.
    pub names: Vec<Option<Name>>,
    /// Bytes of the target's `task_struct`, 0 where they are not known.
    pub bytes: u32,
}

/// A name, and where it is needed.
#[derive(Clone, Copy, Default, Debug)]
pub struct Name {
    /// As words without what is behind the NUL, and their length.
    pub in_words: bool,
    /// As a string in memory.
    pub in_memory: bool,
}

/// Finds them. `task_bytes` is the size of the target's `task_struct`, 0 where it is not known.
pub fn task(program: &ir::Program, function: &ir::Function, task_bytes: u32) -> Task {
    let mut definitions = vec![None; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let Some(result) = inst.result {
            definitions[result.index()] = Some(&inst.op);
        }
    }
    let finder = Finder { definitions: &definitions, task_bytes };
    let fields: Vec<Option<u32>> =
        (0..function.values.len()).map(|value| finder.field(ir::Value::new(value))).collect();
    let mut names = vec![None; function.values.len()];
    if program.limits.max_string > NAME_BYTES {
        for (value, definition) in definitions.iter().enumerate() {
            if let Some(ir::Op::Intrinsic(ir::Intrinsic::KernelString, args)) = definition
                && fields[args[0].index()].is_some_and(|field| field + NAME_BYTES <= task_bytes)
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
    Task { fields, names, bytes: task_bytes }
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
    task_bytes: u32,
}

impl Finder<'_> {
    fn field(&self, mut value: ir::Value) -> Option<u32> {
        let mut field = 0u32;
        loop {
            let (rest, offset) = match self.definitions[value.index()]? {
                ir::Op::Intrinsic(ir::Intrinsic::CurrentTask, _) => return Some(field),
                ir::Op::Binary(ir::BinaryOp::Add, a, b) => match (self.constant(*a), self.constant(*b)) {
                    (_, Some(offset)) => (*a, offset),
                    (Some(offset), _) => (*b, offset),
                    _ => return None,
                },
                _ => return None,
            };
            field = field.checked_add(u32::try_from(offset).ok()?).filter(|field| *field < self.task_bytes)?;
            value = rest;
        }
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
            ir::Op::Print(_, args) if print_values(args).is_some() => name.in_words = true,
            _ => name.in_memory = true,
        }
    }
}
