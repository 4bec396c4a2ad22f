// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions, blocks, instructions, terminators.

use std::collections::BTreeMap;

use super::{Parser, Result, Token};
use crate::{Block, BlockId, Function, Inst, LocId, Local, Target, Terminator, Type, Value};

/// Types of values seen so far.
type Values = BTreeMap<u32, Type>;

impl Parser<'_> {
    /// After `funcN`.
    pub(super) fn function(&mut self) -> Result<Function> {
        let name = self.text()?;
        let params = self.list("(", ")", Self::ty)?;
        let result = if self.eat_sign("->")? { Some(self.ty()?) } else { None };
        self.expect("{")?;
        let locals = self.locals()?;
        let mut values = Values::new();
        let mut blocks = Vec::new();
        while !self.eat_sign("}")? {
            if self.starts("v")? {
                self.definition(&mut values)?;
                continue;
            }
            let number = self.numbered("block")?;
            self.in_order("block", number, blocks.len())?;
            let block = self.block(&mut values)?;
            blocks.push(block);
        }
        if let Some((missing, _)) = values.keys().enumerate().find(|(index, value)| *index != **value as usize) {
            return self.error(format!("v{missing} has no type"));
        }
        Ok(Function { name, params, result, locals, values: values.into_values().collect(), blocks })
    }

    fn locals(&mut self) -> Result<Vec<Local>> {
        let mut locals = Vec::new();
        while self.starts("local")? {
            let number = self.numbered("local")?;
            self.in_order("local", number, locals.len())?;
            locals.push(Local { name: self.text()?, ty: self.ty()? });
        }
        Ok(locals)
    }

    /// Whether a word with this prefix and a number is next.
    fn starts(&mut self, prefix: &str) -> Result<bool> {
        let Token::Word(word) = self.peek()? else { return Ok(false) };
        Ok(matches!(super::split_number(word), (found, Some(_)) if found == prefix))
    }

    /// `vN: type`
    fn definition(&mut self, values: &mut Values) -> Result<Value> {
        let number = self.numbered("v")?;
        self.expect(":")?;
        let ty = self.ty()?;
        if values.insert(number, ty).is_some() {
            return self.error(format!("v{number} is defined twice"));
        }
        Ok(Value(number))
    }

    /// After `blockN`.
    fn block(&mut self, values: &mut Values) -> Result<Block> {
        let params = if self.peek()? == Token::Sign("(") {
            self.list("(", ")", |parser| parser.definition(values))?
        } else {
            Vec::new()
        };
        let catch = if self.eat_word("catch")? { Some(BlockId(self.numbered("block")?)) } else { None };
        self.expect(":")?;
        let mut insts = Vec::new();
        let end = loop {
            match self.peek()? {
                Token::Word(word @ ("jump" | "branch" | "return")) => {
                    self.next()?;
                    break self.terminator(word)?;
                }
                _ => insts.push(self.inst(values)?),
            }
        };
        Ok(Block { params, insts, end, catch })
    }

    fn inst(&mut self, values: &mut Values) -> Result<Inst> {
        let result = if self.starts("v")? {
            let value = self.definition(values)?;
            self.expect("=")?;
            Some(value)
        } else {
            None
        };
        let op = self.op()?;
        self.expect("@")?;
        let loc = LocId(self.number()?);
        Ok(Inst { result, op, loc })
    }

    fn terminator(&mut self, word: &str) -> Result<Terminator> {
        Ok(match word {
            "jump" => Terminator::Jump(self.target()?),
            "branch" => {
                let cond = self.value()?;
                self.expect(",")?;
                let yes = self.target()?;
                self.expect(",")?;
                Terminator::Branch { cond, yes, no: self.target()? }
            }
            _ => Terminator::Return(if self.starts("v")? { Some(self.value()?) } else { None }),
        })
    }

    fn target(&mut self) -> Result<Target> {
        let block = BlockId(self.numbered("block")?);
        let args = if self.peek()? == Token::Sign("(") { self.list("(", ")", Self::value)? } else { Vec::new() };
        Ok(Target { block, args })
    }

    pub(super) fn value(&mut self) -> Result<Value> {
        Ok(Value(self.numbered("v")?))
    }
}
