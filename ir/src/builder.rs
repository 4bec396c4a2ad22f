// SPDX-License-Identifier: MIT OR Apache-2.0
//! Construction of functions.
//!
//! ```
//! use spile_ir::{BinaryOp, FunctionBuilder, Op, Program, Type};
//!
//! let mut program = Program::default();
//! let id = program.declare("half", &[("n".into(), Type::Int)], Some(Type::Int));
//! let file = program.intern_file("a.stp");
//! let loc = program.intern_location(&spile_ir::Location { file, line: 1, column: 1, near: String::new() });
//! let mut b = FunctionBuilder::new(&mut program, id);
//! b.set_loc(loc);
//! let n = b.value(Op::LocalGet(spile_ir::LocalId(0)));
//! let two = b.int(2);
//! let half = b.value(Op::Binary(BinaryOp::Div, n, two));
//! b.ret(Some(half));
//! b.finish();
//! assert_eq!(spile_ir::verify(&program), Ok(()));
//! ```

use crate::{
    Block, BlockId, FileId, Format, FormatId, FuncId, Function, Inst, LocId, Local, LocalId, Location, Op, Program,
    StrId, Target, Terminator, Type, Value,
};

/// Builds the body of one function in its program.
///
/// Instructions go to the end of the current block, carry the current location, and where they fail, go to the
/// current catch block. After a terminator the current block is *ended*: what is emitted
/// then goes into a fresh block that nothing reaches, so that lowering code after `break` or `return` needs
/// no special case.
pub struct FunctionBuilder<'p> {
    program: &'p mut Program,
    id: FuncId,
    current: BlockId,
    /// Which blocks have their terminator.
    ended: Vec<bool>,
    catch: Option<BlockId>,
    loc: LocId,
}

impl<'p> FunctionBuilder<'p> {
    /// Starts the body of a declared function, in place of an earlier one, at its entry block.
    ///
    /// # Panics
    /// Where the program has no such function.
    pub fn new(program: &'p mut Program, id: FuncId) -> Self {
        let function = &mut program.functions[id.index()];
        function.blocks.clear();
        function.values.clear();
        function.locals.truncate(function.params.len());
        let mut builder = Self { program, id, current: BlockId(0), ended: Vec::new(), catch: None, loc: LocId(0) };
        builder.current = builder.create_block();
        builder
    }

    /// The program, for adding constants, locations and formats.
    pub fn program(&mut self) -> &mut Program {
        self.program
    }

    /// The function as built so far.
    pub fn function(&self) -> &Function {
        &self.program.functions[self.id.index()]
    }

    /// Which function this is.
    pub fn id(&self) -> FuncId {
        self.id
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.function().ty(value)
    }

    /// Adds a mutable variable; it is 0 or "" at entry.
    pub fn new_local(&mut self, name: impl Into<String>, ty: Type) -> LocalId {
        let function = self.function_mut();
        function.locals.push(Local { name: name.into(), ty });
        LocalId::new(function.locals.len() - 1)
    }

    /// Sets the location of what is emitted from now on, and returns the one before.
    pub fn set_loc(&mut self, loc: LocId) -> LocId {
        std::mem::replace(&mut self.loc, loc)
    }

    /// The current location.
    pub fn loc(&self) -> LocId {
        self.loc
    }

    /// Sets where failures go from now on, and returns the catch block before. Opens a new block
    /// where the current one already has instructions, since a block has one catch block for all of them.
    pub fn set_catch(&mut self, catch: Option<BlockId>) -> Option<BlockId> {
        let before = std::mem::replace(&mut self.catch, catch);
        let current = self.current;
        if before != catch && !self.is_ended() {
            if self.block(current).insts.is_empty() {
                self.block(current).catch = catch;
            } else {
                let next = self.create_block();
                self.jump(next);
                self.switch_to(next);
            }
        }
        before
    }

    /// Adds a block without parameters, with the current catch block. It does not become current.
    pub fn create_block(&mut self) -> BlockId {
        self.create_block_with(&[]).0
    }

    /// Adds a block with parameters of these types.
    pub fn create_block_with(&mut self, params: &[Type]) -> (BlockId, Vec<Value>) {
        let catch = self.catch;
        let function = self.function_mut();
        let params: Vec<Value> = params.iter().map(|ty| function.new_value(*ty)).collect();
        let block = Block { params: params.clone(), insts: Vec::new(), end: Terminator::Return(None), catch };
        function.blocks.push(block);
        self.ended.push(false);
        (BlockId::new(self.ended.len() - 1), params)
    }

    /// Adds a catch block for [`Self::set_catch`]. It begins with [`Op::Caught`], whose value is the message, and its
    /// own failures go to the catch block that is current now.
    pub fn create_catch(&mut self) -> (BlockId, Value) {
        let block = self.create_block();
        let loc = self.loc;
        let function = self.function_mut();
        let message = function.new_value(Type::Str);
        function.blocks[block.index()].insts.push(Inst { result: Some(message), op: Op::Caught, loc });
        (block, message)
    }

    /// Makes a block current.
    ///
    /// # Panics
    /// Where the block already has its terminator.
    pub fn switch_to(&mut self, block: BlockId) {
        assert!(!self.ended[block.index()], "block{} has ended", block.0);
        self.current = block;
        self.catch = self.block(block).catch;
    }

    /// The current block.
    pub fn current(&self) -> BlockId {
        self.current
    }

    /// Whether the current block has its terminator: what is emitted now is never reached.
    pub fn is_ended(&self) -> bool {
        self.ended[self.current.index()]
    }

    /// Appends an operation; its value, if it defines one.
    pub fn emit(&mut self, op: Op) -> Option<Value> {
        let ty = op.result_type(self.program, self.function());
        let loc = self.loc;
        let current = self.open();
        let result = ty.map(|ty| self.function_mut().new_value(ty));
        self.block(current).insts.push(Inst { result, op, loc });
        result
    }

    /// Appends an operation that defines a value.
    ///
    /// # Panics
    /// Where the operation defines none.
    pub fn value(&mut self, op: Op) -> Value {
        let debug = format!("{op:?}");
        self.emit(op).unwrap_or_else(|| panic!("{debug} defines no value"))
    }

    /// An integer constant.
    pub fn int(&mut self, int: i64) -> Value {
        self.value(Op::Int(int))
    }

    /// A string constant.
    pub fn string(&mut self, bytes: &[u8]) -> Value {
        let id = self.program.intern_string(bytes);
        self.value(Op::Str(id))
    }

    /// 0 or "".
    pub fn default_value(&mut self, ty: Type) -> Value {
        match ty {
            Type::Int => self.int(0),
            Type::Str => self.string(b""),
        }
    }

    /// Ends the current block: go on at another one.
    pub fn jump(&mut self, target: impl Into<Target>) {
        self.end(Terminator::Jump(target.into()));
    }

    /// Ends the current block: go on at `yes` where the integer is not zero, else at `no`.
    pub fn branch(&mut self, cond: Value, yes: impl Into<Target>, no: impl Into<Target>) {
        self.end(Terminator::Branch { cond, yes: yes.into(), no: no.into() });
    }

    /// Ends the current block: leave the function.
    pub fn ret(&mut self, value: Option<Value>) {
        self.end(Terminator::Return(value));
    }

    /// Ends the body. Blocks that are still open leave the function with 0, "" or nothing, as a script function does
    /// that runs off its end.
    pub fn finish(mut self) -> FuncId {
        for index in 0..self.ended.len() {
            if !self.ended[index] {
                self.current = BlockId::new(index);
                let result = self.function().result;
                let value = result.map(|ty| self.default_value(ty));
                self.ret(value);
            }
        }
        self.id
    }

    fn end(&mut self, end: Terminator) {
        let current = self.open();
        self.block(current).end = end;
        self.ended[current.index()] = true;
    }

    /// A block that takes instructions: the current one, or a new, unreachable one.
    fn open(&mut self) -> BlockId {
        if self.is_ended() {
            self.current = self.create_block();
        }
        self.current
    }

    fn function_mut(&mut self) -> &mut Function {
        &mut self.program.functions[self.id.index()]
    }

    fn block(&mut self, block: BlockId) -> &mut Block {
        &mut self.function_mut().blocks[block.index()]
    }
}

impl From<BlockId> for Target {
    fn from(block: BlockId) -> Self {
        Self { block, args: Vec::new() }
    }
}

impl From<(BlockId, Vec<Value>)> for Target {
    fn from((block, args): (BlockId, Vec<Value>)) -> Self {
        Self { block, args }
    }
}

impl Program {
    /// Adds a function without a body, so that calls of it can be built before its body is.
    pub fn declare(&mut self, name: impl Into<String>, params: &[(String, Type)], result: Option<Type>) -> FuncId {
        self.functions.push(Function::new(name, params, result));
        FuncId::new(self.functions.len() - 1)
    }

    /// The number of a string constant, added if it is new.
    pub fn intern_string(&mut self, bytes: &[u8]) -> StrId {
        StrId::new(intern(&mut self.strings, |string| string == bytes, || bytes.to_vec()))
    }

    /// The number of a format, added if it is new.
    pub fn intern_format(&mut self, format: &Format) -> FormatId {
        FormatId::new(intern(&mut self.formats, |known| known == format, || format.clone()))
    }

    /// The number of a file name, added if it is new.
    pub fn intern_file(&mut self, name: &str) -> FileId {
        FileId::new(intern(&mut self.files, |known| known == name, || name.to_owned()))
    }

    /// The number of a location, added if it is new.
    pub fn intern_location(&mut self, location: &Location) -> LocId {
        LocId::new(intern(&mut self.locations, |known| known == location, || location.clone()))
    }
}

/// The index of an entry, looked for from the end, where the latest are; a new one if there is none.
fn intern<T>(table: &mut Vec<T>, same: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> usize {
    table.iter().rposition(same).unwrap_or_else(|| {
        table.push(make());
        table.len() - 1
    })
}
