// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operations.

use super::{Parser, Result, Token};
use crate::{
    BinaryOp, CompareOp, FormatId, FuncId, GlobalId, Intrinsic, LocalId, Op, PrintArg, Sort, SortBy, StatField, StrId,
    Value, names::Named,
};

impl Parser<'_> {
    pub(super) fn op(&mut self) -> Result<Op> {
        let word = self.word()?;
        if let Some(binary) = BinaryOp::from_word(word) {
            let (a, b) = self.pair()?;
            return Ok(Op::Binary(binary, a, b));
        }
        if let Some(compare) = CompareOp::from_word(word) {
            let (a, b) = self.pair()?;
            return Ok(Op::Compare(compare, a, b));
        }
        Ok(match word {
            "int" => Op::Int(self.number()?),
            "str" => Op::Str(StrId(self.numbered("str")?)),
            "concat" => {
                let (a, b) = self.pair()?;
                Op::Concat(a, b)
            }
            "match" => self.regex_match(false)?,
            "match.keep" => self.regex_match(true)?,
            "local.get" => Op::LocalGet(LocalId(self.numbered("local")?)),
            "local.set" => Op::LocalSet(LocalId(self.numbered("local")?), self.then_value()?),
            "store" => {
                let (addr, bytes) = (self.value()?, self.then_number()?);
                Op::Store { addr, bytes, value: self.then_value()? }
            }
            "arg" => Op::Arg(self.number()?),
            "return_value" => Op::ReturnValue,
            "entry.get" => Op::EntryGet(self.number()?),
            "entry.set" => Op::EntrySet(self.number()?, self.then_value()?),
            "probe_index" => Op::ProbeIndex,
            "builtin" => self.intrinsic()?,
            "call" => Op::Call(FuncId(self.numbered("func")?), self.list("(", ")", Self::value)?),
            "sprint" => Op::Sprint(FormatId(self.numbered("fmt")?), self.list("(", ")", Self::print_arg)?),
            "print" => Op::Print(FormatId(self.numbered("fmt")?), self.list("(", ")", Self::print_arg)?),
            "budget" => Op::Budget(self.number()?),
            "release" => Op::Release,
            "caught" => Op::Caught,
            _ => return self.dotted(word),
        })
    }

    /// Mnemonics of a group and a member.
    fn dotted(&mut self, word: &str) -> Result<Op> {
        match word.split_once('.') {
            Some(("str", member)) => match CompareOp::from_word(member) {
                Some(compare) => {
                    let (a, b) = self.pair()?;
                    Ok(Op::CompareStr(compare, a, b))
                }
                None => self.unknown(word),
            },
            Some(("load", member)) => match Named::from_word(member) {
                Some(space) => {
                    let (addr, bytes) = (self.value()?, self.then_number()?);
                    self.expect(",")?;
                    let signed = match self.word()? {
                        "signed" => true,
                        "unsigned" => false,
                        other => return self.error(format!("expected signed or unsigned, found {other:?}")),
                    };
                    Ok(Op::Load { space, addr, bytes, signed })
                }
                None => self.unknown(word),
            },
            Some(("global" | "map" | "stat" | "hist" | "iter", _)) => self.global_op(word),
            _ => self.unknown(word),
        }
    }

    fn global_op(&mut self, word: &str) -> Result<Op> {
        let global = GlobalId(self.numbered("global")?);
        Ok(match word {
            "global.get" => Op::GlobalGet(global),
            "global.set" => Op::GlobalSet(global, self.then_value()?),
            "global.add" => Op::GlobalAdd(global, self.then_value()?),
            "global.clear" => Op::GlobalClear(global),
            "map.get" => Op::MapGet(global, self.keys()?),
            "map.has" => Op::MapHas(global, self.pattern()?),
            "map.set" => Op::MapSet(global, self.keys()?, self.then_value()?),
            "map.add" => Op::MapAdd(global, self.keys()?, self.then_value()?),
            "map.delete" => Op::MapDelete(global, self.pattern()?),
            "stat.add" => Op::StatAdd(global, self.keys()?, self.then_value()?),
            "stat.read" => Op::StatRead(global, self.keys()?, self.then_field()?),
            "hist.bucket" => Op::HistBucket(global, self.keys()?, self.then_value()?),
            "iter.first" => {
                let keys = self.pattern()?;
                let sort = if self.eat_sign(",")? { Some(self.sort()?) } else { None };
                let limit = if sort.is_some() && self.eat_sign(",")? { Some(self.value()?) } else { None };
                Op::IterFirst(global, sort, keys, limit)
            }
            "iter.next" => {
                let keys = self.pattern()?;
                Op::IterNext(global, self.then_value()?, keys)
            }
            "iter.key" => Op::IterKey(global, self.then_value()?, self.then_number()?),
            "iter.value" => Op::IterValue(global, self.then_value()?),
            "iter.stat" => Op::IterStat(global, self.then_value()?, self.then_field()?),
            _ => return self.unknown(word),
        })
    }

    fn unknown<T>(&self, word: &str) -> Result<T> {
        self.error(format!("unknown operation {word:?}"))
    }

    fn intrinsic(&mut self) -> Result<Op> {
        let name = self.word()?;
        match Intrinsic::from_name(name) {
            Some(intrinsic) => Ok(Op::Intrinsic(intrinsic, self.list("(", ")", Self::value)?)),
            None => self.error(format!("unknown builtin {name:?}")),
        }
    }

    fn sort(&mut self) -> Result<Sort> {
        let by = if self.eat_word("key")? {
            SortBy::Key(self.number()?)
        } else if self.eat_word("value")? {
            SortBy::Value
        } else {
            SortBy::Stat(self.named("field")?)
        };
        let descending = match self.word()? {
            "ascending" => false,
            "descending" => true,
            other => return self.error(format!("expected an order, found {other:?}")),
        };
        Ok(Sort { by, descending })
    }

    fn print_arg(&mut self) -> Result<PrintArg> {
        if self.eat_word("hist")? {
            Ok(PrintArg::Hist { global: GlobalId(self.numbered("global")?), keys: self.keys()? })
        } else {
            Ok(PrintArg::Value(self.value()?))
        }
    }

    fn regex_match(&mut self, keep: bool) -> Result<Op> {
        Ok(Op::Match { regex: StrId(self.numbered("str")?), subject: self.then_value()?, keep })
    }

    fn pair(&mut self) -> Result<(Value, Value)> {
        Ok((self.value()?, self.then_value()?))
    }

    fn then_value(&mut self) -> Result<Value> {
        self.expect(",")?;
        self.value()
    }

    fn then_number<T: TryFrom<i128>>(&mut self) -> Result<T> {
        self.expect(",")?;
        self.number()
    }

    fn then_field(&mut self) -> Result<StatField> {
        self.expect(",")?;
        self.named("field")
    }

    fn keys(&mut self) -> Result<Vec<Value>> {
        self.list("[", "]", Self::value)
    }

    fn pattern(&mut self) -> Result<Vec<Option<Value>>> {
        self.list("[", "]", |parser| {
            if parser.peek()? == Token::Word("_") {
                parser.next()?;
                Ok(None)
            } else {
                parser.value().map(Some)
            }
        })
    }
}
