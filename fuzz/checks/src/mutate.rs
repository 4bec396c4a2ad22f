// SPDX-License-Identifier: MIT OR Apache-2.0
//! Small changes to IR programs, most of which leave a program that verifies.

use spile_ir::{
    BinaryOp, Block, BlockId, CompareOp, Function, GlobalId, GlobalKind, Hist, Inst, Intrinsic, LocId, LocalId,
    MapSpec, MapValue, Op, Program, Space, StatField, StatSpec, StrId, Target, Terminator, Type, Value,
};

/// Numbers that tend to matter.
const NUMBERS: [i64; 12] = [0, 1, -1, 2, 7, 63, 64, 127, 511, 1 << 32, i64::MAX, i64::MIN];

/// The text of the program that a text stands for, changed; `None` where it stands for none.
pub fn text(text: &[u8], seed: u32) -> Option<String> {
    let program = spile_ir::parse(std::str::from_utf8(text).ok()?).ok()?;
    Some(mutate(program, seed).to_string())
}

/// A changed program; the same seed gives the same change.
fn mutate(mut program: Program, seed: u32) -> Program {
    let mut random = Random(u64::from(seed) << 1 | 1);
    for _ in 0..=random.below(3) {
        if program.functions.is_empty() || random.one_in(12) {
            mutate_tables(&mut program, &mut random);
        } else {
            let index = random.below(program.functions.len());
            let tables = program.clone();
            mutate_function(&tables, &mut program.functions[index], &mut random);
        }
    }
    program
}

fn mutate_tables(program: &mut Program, random: &mut Random) {
    match random.below(3) {
        0 => {
            let limits = &mut program.limits;
            let value = [0, 1, 2, 3, 8, 100, 512, 4096][random.below(8)];
            let fields = [
                &mut limits.max_string,
                &mut limits.max_action,
                &mut limits.max_action_interruptible,
                &mut limits.max_map_entries,
                &mut limits.max_errors,
                &mut limits.max_nesting,
                &mut limits.max_trylock,
            ];
            let n_fields = fields.len();
            for (index, field) in fields.into_iter().enumerate() {
                if index == random.below(n_fields) {
                    *field = value;
                }
            }
        }
        1 => {
            let n_globals = program.globals.len();
            if n_globals > 0 {
                program.globals[random.below(n_globals)].kind = global_kind(random);
            }
        }
        _ => {
            let n_strings = program.strings.len();
            if n_strings > 0 {
                let string = &mut program.strings[random.below(n_strings)];
                *string = string.repeat(random.below(4));
            }
        }
    }
}

fn global_kind(random: &mut Random) -> GlobalKind {
    let ty = |random: &mut Random| if random.one_in(2) { Type::Int } else { Type::Str };
    match random.below(4) {
        0 => GlobalKind::Int(random.number()),
        1 => GlobalKind::Str(b"initial".to_vec()),
        2 => GlobalKind::Stat(stat_spec(random)),
        _ => {
            let keys = (0..=random.below(5)).map(|_| ty(random)).collect();
            let value = match random.below(3) {
                0 => MapValue::Int,
                1 => MapValue::Str,
                _ => MapValue::Stat(stat_spec(random)),
            };
            GlobalKind::Map(MapSpec { keys, value, capacity: random.below(6) as u32, wrap: random.one_in(2) })
        }
    }
}

fn stat_spec(random: &mut Random) -> StatSpec {
    let hist = match random.below(3) {
        0 => Hist::None,
        1 => Hist::Log,
        _ => Hist::Linear { low: random.number(), high: random.number(), step: random.number() },
    };
    let variance = random.one_in(2).then(|| random.below(64) as u8);
    StatSpec { sum: !random.one_in(4), extremes: !random.one_in(4), hist, variance }
}

fn mutate_function(program: &Program, function: &mut Function, random: &mut Random) {
    if function.blocks.is_empty() {
        return;
    }
    let n_blocks = function.blocks.len();
    let at = random.below(n_blocks);
    match random.below(10) {
        0 | 1 => change_operand(function, at, random),
        2 => {
            let Block { insts, .. } = &mut function.blocks[at];
            if insts.len() > 1 {
                let (a, b) = (random.below(insts.len()), random.below(insts.len()));
                insts.swap(a, b);
            }
        }
        3 => {
            let Block { insts, .. } = &mut function.blocks[at];
            if !insts.is_empty() {
                insts.remove(random.below(insts.len()));
            }
        }
        4 => {
            let catch = (0..n_blocks).map(BlockId::new).rfind(|block| begins_caught(function, *block));
            function.blocks[at].catch = if random.one_in(2) { None } else { catch };
        }
        5 => {
            let goal = BlockId::new(random.below(n_blocks));
            if let Some(target) = function.blocks[at].end.targets_mut().into_iter().next_back() {
                target.block = goal;
            }
        }
        6 => branch(function, at, random),
        _ => insert(program, function, at, random),
    }
}

fn begins_caught(function: &Function, block: BlockId) -> bool {
    function.blocks[block.index()].insts.first().is_some_and(|inst| inst.op == Op::Caught)
}

fn change_operand(function: &mut Function, at: usize, random: &mut Random) {
    let types = function.values.clone();
    let block = &mut function.blocks[at];
    if block.insts.is_empty() {
        return;
    }
    let inst = random.below(block.insts.len());
    let op = &mut block.insts[inst].op;
    if let Op::Int(number) = op {
        *number = random.number();
        return;
    }
    let mut turn = random.below(3);
    op.map_operands(|value| {
        let chosen = turn == 0;
        turn = turn.wrapping_sub(1);
        let ty = types.get(value.index()).copied().unwrap_or(Type::Int);
        if chosen { pick(&types, ty, random).unwrap_or(value) } else { value }
    });
}

/// A jump becomes a branch, to a place that takes no values.
fn branch(function: &mut Function, at: usize, random: &mut Random) {
    let Some(cond) = pick(&function.values, Type::Int, random) else { return };
    let no = Target { block: BlockId::new(random.below(function.blocks.len())), args: Vec::new() };
    if let Terminator::Jump(yes) = &function.blocks[at].end {
        function.blocks[at].end = Terminator::Branch { cond, yes: yes.clone(), no };
    }
}

/// Puts in an operation of any kind, or one that the function has elsewhere.
fn insert(program: &Program, function: &mut Function, at: usize, random: &mut Random) {
    let all: Vec<&Inst> = function.blocks.iter().flat_map(|block| &block.insts).collect();
    let op = match random.below(3) {
        0 if !all.is_empty() => all[random.below(all.len())].op.clone(),
        _ => match operation(program, function, random) {
            Some(op) => op,
            None => return,
        },
    };
    let result = op.result_type(program, function).map(|ty| {
        function.values.push(ty);
        Value::new(function.values.len() - 1)
    });
    let loc = LocId::new(random.below(program.locations.len().max(1)));
    let insts = &mut function.blocks[at].insts;
    let place = random.below(insts.len() + 1);
    insts.insert(place, Inst { op, result, loc });
}

fn operation(program: &Program, function: &Function, random: &mut Random) -> Option<Op> {
    let types = &function.values;
    let int = |random: &mut Random| pick(types, Type::Int, random);
    let str = |random: &mut Random| pick(types, Type::Str, random);
    let global = GlobalId::new(random.below(program.globals.len().max(1)));
    let map = program.map(global);
    let keys = |random: &mut Random| -> Option<Vec<Value>> {
        map.map_or(Some(Vec::new()), |map| map.keys.iter().map(|ty| pick(types, *ty, random)).collect())
    };
    let field = StatField::Variance;
    Some(match random.below(23) {
        0 => Op::Int(random.number()),
        1 => Op::Binary(binary(random), int(random)?, int(random)?),
        2 => Op::Compare(CompareOp::Le, int(random)?, int(random)?),
        3 => Op::CompareStr(CompareOp::Gt, str(random)?, str(random)?),
        4 => Op::Concat(str(random)?, str(random)?),
        5 => Op::Release,
        6 => Op::Budget(random.below(100) as u32),
        7 => Op::MapGet(global, keys(random)?),
        8 => Op::MapHas(global, keys(random)?.into_iter().map(|key| random.one_in(2).then_some(key)).collect()),
        9 => Op::MapDelete(global, keys(random)?.into_iter().map(|key| random.one_in(2).then_some(key)).collect()),
        10 => Op::GlobalClear(global),
        11 => Op::StatAdd(global, keys(random)?, int(random)?),
        12 => Op::StatRead(global, keys(random)?, field),
        13 => Op::HistBucket(global, keys(random)?, int(random)?),
        14 => Op::IterFirst(global, None, map?.keys.iter().map(|_| None).collect(), None),
        15 => Op::IterNext(global, int(random)?, map?.keys.iter().map(|_| None).collect()),
        16 => Op::IterKey(global, int(random)?, 0),
        17 => {
            Op::Load { space: Space::Kernel, addr: int(random)?, bytes: 1 << random.below(4), signed: random.one_in(2) }
        }
        18 => Op::MapSet(global, keys(random)?, pick(types, map?.value.scalar()?, random)?),
        19 => Op::MapAdd(global, keys(random)?, int(random)?),
        20 => {
            let local = LocalId::new(random.below(function.locals.len().max(1)));
            Op::LocalSet(local, pick(types, function.locals.get(local.index())?.ty, random)?)
        }
        21 => {
            let regex = StrId::new(random.below(program.strings.len().max(1)));
            Op::Match { regex, subject: str(random)?, keep: random.one_in(2) }
        }
        _ => {
            let intrinsic = Intrinsic::ALL[random.below(Intrinsic::ALL.len())];
            let args: Option<_> = intrinsic.signature().0.iter().map(|ty| pick(types, *ty, random)).collect();
            Op::Intrinsic(intrinsic, args?)
        }
    })
}

fn binary(random: &mut Random) -> BinaryOp {
    use BinaryOp::*;
    [Add, Sub, Mul, Div, Rem, And, Or, Xor, Shl, Shr, UShr][random.below(11)]
}

/// A value of a type.
fn pick(types: &[Type], ty: Type, random: &mut Random) -> Option<Value> {
    let fitting: Vec<usize> = (0..types.len()).filter(|index| types[*index] == ty).collect();
    (!fitting.is_empty()).then(|| Value::new(fitting[random.below(fitting.len())]))
}

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn number(&mut self) -> i64 {
        NUMBERS[self.below(NUMBERS.len())]
    }
}
