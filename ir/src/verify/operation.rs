// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checks of single operations: tables, operand types and results.

use super::{entry_words, function::Checker, is_handler};
use crate::{
    FormatId, FuncId, GlobalId, GlobalKind, Hist, LocalId, MapSpec, MapValue, Op, PrintArg, Sort, SortBy, StatField,
    Type, Value, names::Named,
};

/// Checks all instructions.
pub(super) fn check(checker: &mut Checker<'_>) {
    let (sets, gets) = entry_words(checker.program, checker.id);
    for (index, block) in checker.function.blocks.iter().enumerate() {
        for (number, inst) in block.insts.iter().enumerate() {
            checker.place = Some((index, Some(number)));
            if inst.loc.index() >= checker.program.locations.len() {
                checker.error(format!("no such location {}", inst.loc.0));
            }
            checker.check_result(&inst.op, inst.result);
            checker.check_op(&inst.op);
            match inst.op {
                Op::EntrySet(word, _) if word >= sets => checker.error(format!("cannot store entry word {word} here")),
                Op::EntryGet(word) if word >= gets => checker.error(format!("cannot load entry word {word} here")),
                _ => {}
            }
        }
    }
}

impl Checker<'_> {
    fn check_result(&mut self, op: &Op, result: Option<Value>) {
        match (op.result_type(self.program, self.function), result) {
            (Some(ty), Some(value)) => self.expect(value, ty, "result"),
            // A function's result may be left unused.
            (Some(_), None) if matches!(op, Op::Call(..)) => {}
            (Some(_), None) => self.error("the result is missing"),
            (None, Some(value)) => self.error(format!("v{} is the result of an operation that has none", value.0)),
            (None, None) => {}
        }
    }

    fn check_op(&mut self, op: &Op) {
        match op {
            Op::Int(_) | Op::Arg(_) | Op::ReturnValue | Op::EntryGet(_) | Op::ProbeIndex => {}
            Op::Budget(_) | Op::Release | Op::Caught => {}
            Op::Str(string) => {
                if string.index() >= self.program.strings.len() {
                    self.error(format!("no such string {}", string.0));
                }
            }
            Op::Match { regex, subject, .. } => {
                self.expect(*subject, Type::Str, "operand");
                match self.program.strings.get(regex.index()).map(|pattern| spile_regex::parse(pattern)) {
                    None => self.error(format!("no such string {}", regex.0)),
                    Some(Err(error)) => self.error(format!("string {} is no regular expression: {error}", regex.0)),
                    Some(Ok(_)) => {}
                }
            }
            Op::Binary(_, a, b) | Op::Compare(_, a, b) => self.expect_all(&[*a, *b], Type::Int, "operand"),
            Op::CompareStr(_, a, b) | Op::Concat(a, b) => self.expect_all(&[*a, *b], Type::Str, "operand"),
            Op::LocalGet(local) => {
                self.local(*local);
            }
            Op::LocalSet(local, value) => {
                if let Some(ty) = self.local(*local) {
                    self.expect(*value, ty, "assigned value");
                }
            }
            Op::Load { addr, bytes, .. } => {
                self.check_bytes(*bytes);
                self.expect(*addr, Type::Int, "address");
            }
            Op::Store { addr, bytes, value } => {
                self.check_bytes(*bytes);
                self.expect(*addr, Type::Int, "address");
                self.expect(*value, Type::Int, "stored value");
            }
            Op::EntrySet(_, value) => self.expect(*value, Type::Int, "entry word"),
            Op::Intrinsic(intrinsic, args) => {
                self.check_args(intrinsic.name(), intrinsic.signature().0, args);
            }
            Op::Call(callee, args) => self.check_call(*callee, args),
            Op::Sprint(format, args) | Op::Print(format, args) => self.check_format(*format, args),
            _ => self.check_global(op),
        }
    }

    /// Operations on globals.
    fn check_global(&mut self, op: &Op) {
        match op {
            Op::GlobalGet(global) => {
                self.scalar(*global);
            }
            Op::GlobalSet(global, value) => {
                if let Some(ty) = self.scalar(*global) {
                    self.expect(*value, ty, "assigned value");
                }
            }
            Op::GlobalAdd(global, value) => {
                if self.scalar(*global) == Some(Type::Str) {
                    self.error(format!("global {} is no integer", global.0));
                }
                self.expect(*value, Type::Int, "summand");
            }
            Op::GlobalClear(global) => {
                self.global(*global);
            }
            Op::MapGet(global, keys) => {
                self.check_keys(*global, keys);
                self.element(*global);
            }
            Op::MapHas(global, keys) | Op::MapDelete(global, keys) => self.check_pattern(*global, keys),
            Op::MapSet(global, keys, value) => {
                self.check_keys(*global, keys);
                if let Some(ty) = self.element(*global) {
                    self.expect(*value, ty, "assigned value");
                }
            }
            Op::MapAdd(global, keys, value) => {
                self.check_keys(*global, keys);
                if self.element(*global) == Some(Type::Str) {
                    self.error(format!("elements of global {} are no integers", global.0));
                }
                self.expect(*value, Type::Int, "summand");
            }
            Op::StatAdd(global, keys, value) => {
                self.check_stat(*global, keys);
                self.expect(*value, Type::Int, "added value");
            }
            Op::StatRead(global, keys, field) => {
                self.check_stat(*global, keys);
                self.check_field(*global, *field);
            }
            Op::HistBucket(global, keys, index) => {
                self.check_hist(*global, keys);
                self.expect(*index, Type::Int, "bucket");
            }
            _ => self.check_iteration(op),
        }
    }

    fn check_iteration(&mut self, op: &Op) {
        match op {
            Op::IterFirst(global, sort, keys, limit) => {
                self.check_pattern(*global, keys);
                if let Some(sort) = sort {
                    self.check_sort(*global, *sort);
                }
                if let Some(limit) = limit {
                    self.expect(*limit, Type::Int, "limit");
                }
            }
            Op::IterNext(global, cursor, keys) => {
                self.expect(*cursor, Type::Int, "cursor");
                self.check_pattern(*global, keys);
            }
            Op::IterKey(global, cursor, key) => {
                self.expect(*cursor, Type::Int, "cursor");
                if let Some(map) = self.map(*global) {
                    self.check_key(map.keys.len(), *key);
                }
            }
            Op::IterValue(global, cursor) => {
                self.expect(*cursor, Type::Int, "cursor");
                self.element(*global);
            }
            Op::IterStat(global, cursor, field) => {
                self.expect(*cursor, Type::Int, "cursor");
                self.map(*global);
                self.check_field(*global, *field);
            }
            _ => {}
        }
    }

    fn expect_all(&mut self, values: &[Value], ty: Type, what: &str) {
        values.iter().for_each(|value| self.expect(*value, ty, what));
    }

    fn local(&mut self, local: LocalId) -> Option<Type> {
        let found = self.function.locals.get(local.index()).map(|local| local.ty);
        if found.is_none() {
            self.error(format!("no such local {}", local.0));
        }
        found
    }

    fn global(&mut self, global: GlobalId) -> Option<&GlobalKind> {
        if global.index() >= self.program.globals.len() {
            self.error(format!("no such global {}", global.0));
        }
        self.program.globals.get(global.index()).map(|global| &global.kind)
    }

    fn scalar(&mut self, global: GlobalId) -> Option<Type> {
        let ty = self.global(global)?.scalar();
        if ty.is_none() {
            self.error(format!("global {} is no scalar", global.0));
        }
        ty
    }

    fn map(&mut self, global: GlobalId) -> Option<MapSpec> {
        self.global(global)?;
        let map = self.program.map(global).cloned();
        if map.is_none() {
            self.error(format!("global {} is no array", global.0));
        }
        map
    }

    /// The type of an array's scalar elements.
    fn element(&mut self, global: GlobalId) -> Option<Type> {
        let value = &self.program.map(global)?.value;
        if matches!(value, MapValue::Stat(_)) {
            self.error(format!("elements of global {} are aggregates", global.0));
        }
        value.scalar()
    }

    fn check_keys(&mut self, global: GlobalId, keys: &[Value]) {
        let keys: Vec<Option<Value>> = keys.iter().copied().map(Some).collect();
        self.check_pattern(global, &keys);
    }

    fn check_pattern(&mut self, global: GlobalId, keys: &[Option<Value>]) {
        let Some(map) = self.map(global) else { return };
        if map.keys.len() != keys.len() {
            self.error(format!("global {} takes {} keys, not {}", global.0, map.keys.len(), keys.len()));
            return;
        }
        for (ty, key) in map.keys.iter().zip(keys) {
            key.iter().for_each(|key| self.expect(*key, *ty, "key"));
        }
    }

    /// An aggregate, or an array of such with keys.
    fn check_stat(&mut self, global: GlobalId, keys: &[Value]) {
        match self.global(global) {
            Some(GlobalKind::Map(_)) => self.check_keys(global, keys),
            Some(_) if !keys.is_empty() => self.error(format!("global {} is no array", global.0)),
            _ => {}
        }
        self.check_aggregate(global);
    }

    fn check_aggregate(&mut self, global: GlobalId) {
        if global.index() < self.program.globals.len() && self.program.stat(global).is_none() {
            self.error(format!("global {} holds no aggregates", global.0));
        }
    }

    fn check_field(&mut self, global: GlobalId, field: StatField) {
        self.check_aggregate(global);
        if self.program.stat(global).is_some_and(|spec| !spec.keeps(field)) {
            self.error(format!("global {} keeps no {}", global.0, field.word()));
        }
    }

    fn check_hist(&mut self, global: GlobalId, keys: &[Value]) {
        self.check_stat(global, keys);
        if self.program.stat(global).is_some_and(|spec| spec.hist == Hist::None) {
            self.error(format!("global {} keeps no histogram", global.0));
        }
    }

    fn check_key(&mut self, n_keys: usize, key: u32) {
        if key as usize >= n_keys {
            self.error(format!("no such key {key}"));
        }
    }

    fn check_sort(&mut self, global: GlobalId, sort: Sort) {
        let Some(map) = self.program.map(global) else { return };
        match sort.by {
            SortBy::Key(key) => self.check_key(map.keys.len(), key),
            SortBy::Value => {
                self.element(global);
            }
            SortBy::Stat(field) => self.check_field(global, field),
        }
    }

    fn check_bytes(&mut self, bytes: u8) {
        if !matches!(bytes, 1 | 2 | 4 | 8) {
            self.error(format!("an access has 1, 2, 4 or 8 bytes, not {bytes}"));
        }
    }

    fn check_call(&mut self, callee: FuncId, args: &[Value]) {
        let Some(function) = self.program.functions.get(callee.index()) else {
            return self.error(format!("no such function {}", callee.0));
        };
        if is_handler(self.program, callee) {
            self.error(format!("calls the handler {:?}", function.name));
        }
        self.check_args(&function.name, &function.params, args);
    }

    fn check_args(&mut self, callee: &str, params: &[Type], args: &[Value]) {
        if params.len() != args.len() {
            return self.error(format!("{callee:?} takes {} arguments, not {}", params.len(), args.len()));
        }
        for (ty, arg) in params.iter().zip(args) {
            self.expect(*arg, *ty, "argument");
        }
    }

    fn check_format(&mut self, format: FormatId, args: &[PrintArg]) {
        for arg in args {
            if let PrintArg::Hist { global, keys } = arg {
                self.check_hist(*global, keys);
            }
        }
        let Some(format) = self.program.formats.get(format.index()) else {
            return self.error(format!("no such format {}", format.0));
        };
        let have: Vec<_> = args.iter().map(|arg| arg.format_arg(self.function)).collect();
        if have != format.args {
            self.error(format!("the format takes {:?}, not {have:?}", format.args));
        }
    }
}
