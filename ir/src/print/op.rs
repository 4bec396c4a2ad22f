// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text form of operations: a mnemonic and operands.

use std::fmt::{self, Display, Formatter};

use super::{List, Quoted};
use crate::{Function, Op, PrintArg, Program, Sort, SortBy, Value, names::Named};

/// A value as an operand.
struct V(Value);

impl Display for V {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0.0)
    }
}

/// Keys, `_` where anything matches.
struct Keys<'a>(&'a [Option<Value>]);

impl Display for Keys<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let keys = self.0.iter().map(|key| key.map_or("_".to_owned(), |key| V(key).to_string()));
        write!(f, "[{}]", List(keys))
    }
}

fn values(values: &[Value]) -> impl Iterator<Item = V> + Clone + '_ {
    values.iter().copied().map(V)
}

pub(super) fn print(f: &mut Formatter<'_>, op: &Op) -> fmt::Result {
    match op {
        Op::Int(int) => write!(f, "int {int}"),
        Op::Str(string) => write!(f, "str str{}", string.0),
        Op::Binary(op, a, b) => write!(f, "{} {}, {}", op.word(), V(*a), V(*b)),
        Op::Compare(op, a, b) => write!(f, "{} {}, {}", op.word(), V(*a), V(*b)),
        Op::CompareStr(op, a, b) => write!(f, "str.{} {}, {}", op.word(), V(*a), V(*b)),
        Op::Concat(a, b) => write!(f, "concat {}, {}", V(*a), V(*b)),
        Op::Match { regex, subject, keep } => {
            write!(f, "match{} str{}, {}", if *keep { ".keep" } else { "" }, regex.0, V(*subject))
        }
        Op::LocalGet(local) => write!(f, "local.get local{}", local.0),
        Op::LocalSet(local, value) => write!(f, "local.set local{}, {}", local.0, V(*value)),
        Op::GlobalGet(global) => write!(f, "global.get global{}", global.0),
        Op::GlobalSet(global, value) => write!(f, "global.set global{}, {}", global.0, V(*value)),
        Op::GlobalAdd(global, value) => write!(f, "global.add global{}, {}", global.0, V(*value)),
        Op::GlobalClear(global) => write!(f, "global.clear global{}", global.0),
        Op::Load { space, addr, bytes, signed } => {
            let sign = if *signed { "signed" } else { "unsigned" };
            write!(f, "load.{} {}, {bytes}, {sign}", space.word(), V(*addr))
        }
        Op::Store { addr, bytes, value } => write!(f, "store {}, {bytes}, {}", V(*addr), V(*value)),
        Op::Arg(n) => write!(f, "arg {n}"),
        Op::ReturnValue => write!(f, "return_value"),
        Op::EntryGet(word) => write!(f, "entry.get {word}"),
        Op::EntrySet(word, value) => write!(f, "entry.set {word}, {}", V(*value)),
        Op::ProbeIndex => write!(f, "probe_index"),
        Op::Intrinsic(intrinsic, args) => write!(f, "builtin {} ({})", intrinsic.name(), List(values(args))),
        Op::Call(callee, args) => write!(f, "call func{} ({})", callee.0, List(values(args))),
        Op::Sprint(format, args) => write!(f, "sprint fmt{} ({})", format.0, List(args.iter().map(print_arg))),
        Op::Print(format, args) => write!(f, "print fmt{} ({})", format.0, List(args.iter().map(print_arg))),
        Op::Budget(actions) => write!(f, "budget {actions}"),
        Op::Release => write!(f, "release"),
        Op::Caught => write!(f, "caught"),
        _ => print_map(f, op),
    }
}

fn print_map(f: &mut Formatter<'_>, op: &Op) -> fmt::Result {
    let all = |keys: &[Value]| format!("[{}]", List(values(keys)));
    match op {
        Op::MapGet(global, keys) => write!(f, "map.get global{} {}", global.0, all(keys)),
        Op::MapHas(global, keys) => write!(f, "map.has global{} {}", global.0, Keys(keys)),
        Op::MapSet(global, keys, value) => write!(f, "map.set global{} {}, {}", global.0, all(keys), V(*value)),
        Op::MapAdd(global, keys, value) => write!(f, "map.add global{} {}, {}", global.0, all(keys), V(*value)),
        Op::MapDelete(global, keys) => write!(f, "map.delete global{} {}", global.0, Keys(keys)),
        Op::StatAdd(global, keys, value) => write!(f, "stat.add global{} {}, {}", global.0, all(keys), V(*value)),
        Op::StatRead(global, keys, field) => {
            write!(f, "stat.read global{} {}, {}", global.0, all(keys), field.word())
        }
        Op::HistBucket(global, keys, index) => {
            write!(f, "hist.bucket global{} {}, {}", global.0, all(keys), V(*index))
        }
        Op::IterFirst(global, sort, keys, limit) => {
            write!(f, "iter.first global{} {}{}", global.0, Keys(keys), SortText(*sort))?;
            limit.map_or(Ok(()), |limit| write!(f, ", {}", V(limit)))
        }
        Op::IterNext(global, cursor, keys) => {
            write!(f, "iter.next global{} {}, {}", global.0, Keys(keys), V(*cursor))
        }
        Op::IterKey(global, cursor, key) => write!(f, "iter.key global{}, {}, {key}", global.0, V(*cursor)),
        Op::IterValue(global, cursor) => write!(f, "iter.value global{}, {}", global.0, V(*cursor)),
        Op::IterStat(global, cursor, field) => {
            write!(f, "iter.stat global{}, {}, {}", global.0, V(*cursor), field.word())
        }
        _ => Ok(()),
    }
}

/// What a sort adds to its operation.
struct SortText(Option<Sort>);

impl Display for SortText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(Sort { by, descending }) = self.0 else { return Ok(()) };
        let order = if descending { "descending" } else { "ascending" };
        match by {
            SortBy::Key(key) => write!(f, ", key {key} {order}"),
            SortBy::Value => write!(f, ", value {order}"),
            SortBy::Stat(field) => write!(f, ", {} {order}", field.word()),
        }
    }
}

fn print_arg(arg: &PrintArg) -> String {
    match arg {
        PrintArg::Value(value) => V(*value).to_string(),
        PrintArg::Hist { global, keys } => format!("hist global{} [{}]", global.0, List(values(keys))),
    }
}

/// What the numbers in an operation stand for, for human readers.
pub(super) fn print_comment(f: &mut Formatter<'_>, program: &Program, function: &Function, op: &Op) -> fmt::Result {
    let named = match op {
        Op::Str(string) | Op::Match { regex: string, .. } => program.strings.get(string.index()).map(|text| &text[..]),
        Op::Sprint(format, _) | Op::Print(format, _) => {
            program.formats.get(format.index()).map(|format| &format.text[..])
        }
        Op::Call(callee, _) => program.functions.get(callee.index()).map(|callee| callee.name.as_bytes()),
        Op::LocalGet(local) | Op::LocalSet(local, _) => {
            function.locals.get(local.index()).map(|local| local.name.as_bytes())
        }
        _ => op.global().and_then(|global| program.globals.get(global.index())).map(|global| global.name.as_bytes()),
    };
    match named {
        Some(name) => write!(f, " ; {}", Quoted(name)),
        None => Ok(()),
    }
}
