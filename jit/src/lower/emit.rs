// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state of lowering one function, and what all of it emits: calls, addresses, fields.

use std::collections::{HashMap, HashSet};

use cranelift_codegen::ir::{
    self as clif, AbiParam, ExtFuncData, ExternalName, GlobalValueData, InstBuilder as _, MemFlagsData, Signature,
    StackSlotData, StackSlotKind, UserExternalName, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Variable};
use spile_abi::{self as abi, SPILE_IMPORT_TABLE};
use spile_ir as ir;

use super::known::Lookup;
use super::later::{Later, Loaded};
use super::name::Words;
use super::{IMPORT, Instance, Lowering, RUNTIME, SECTION};
use crate::effects::uses;
use crate::link::SectionId;
use crate::runtime::{Rt, ctx};

/// What code may call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Callee {
    /// A function of the runtime.
    Runtime(Rt),
    /// A stub, by `SPILE_IMPORT_*`.
    Import(u32),
    /// A section of the image, with so many words and results.
    Section(SectionId, usize, usize),
    /// A section that leaves all registers as they are, with so many words.
    Preserving(SectionId, usize),
    /// A section that tells a clock, of the context.
    Clock(SectionId),
}

/// A script variable.
#[derive(Clone, Copy)]
pub enum Local {
    /// An integer.
    Int(Variable),
    /// A string, by its address.
    Str(clif::Value),
}

/// Lowering of one function.
pub struct Emitter<'a, 'p> {
    pub lowering: &'a mut Lowering<'p>,
    pub builder: FunctionBuilder<'a>,
    pub function: &'a ir::Function,
    pub instance: Instance,
    /// The address of the context.
    pub ctx: clif::Value,
    /// The words it gets, the context first.
    pub params: Vec<clif::Value>,
    /// The address of the frame's slots, where it has any.
    pub frame: Option<clif::Value>,
    /// Where a string result goes.
    pub result: Option<clif::Value>,
    /// By `LocalId`.
    pub locals: Vec<Local>,
    /// By `Value`, as they become known.
    pub values: Vec<Option<clif::Value>>,
    /// By `Value`: how often it is used.
    pub uses: Vec<u32>,
    /// By `Value`: integers known now.
    pub known: HashMap<ir::Value, i64>,
    /// By `Value`: string constants.
    pub texts: HashMap<ir::Value, ir::StrId>,
    /// By `BlockId`.
    pub blocks: Vec<clif::Block>,
    /// The block being lowered, and the location of the instruction.
    pub block: usize,
    pub loc: ir::LocId,
    /// Where errors unwind to.
    pub unwind: clif::Block,
    /// Where the function ends, with its integer result.
    pub exit: clif::Block,
    /// By catch block: where an error that may be uncatchable goes.
    pub landings: HashMap<u32, clif::Block>,
    /// Elements looked up so far in this block and those before it.
    pub found: Vec<Lookup>,
    /// By `BlockId`: the same at the end of each block.
    pub found_at_end: Vec<Vec<Lookup>>,
    /// What is loaded where it is used; what is so because only a record has it; so far; and by `BlockId`, so far at its end.
    pub later: HashMap<ir::Value, Later>,
    pub for_records: HashSet<ir::Value>,
    pub loaded: Loaded,
    pub loaded_at_end: Vec<Loaded>,
    /// By `Value`: names of tasks, in registers.
    pub names: HashMap<ir::Value, Words>,
    callees: HashMap<Callee, clif::FuncRef>,
    symbols: HashMap<SectionId, clif::GlobalValue>,
    /// Words passed by address: one slot serves all operations.
    words: Option<clif::StackSlot>,
    n_words: usize,
}

/// Accesses to memory that is there.
pub const TRUSTED: MemFlagsData = MemFlagsData::trusted();

/// A signature of words.
pub fn signature(args: usize, results: usize) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params = vec![AbiParam::new(types::I64); args];
    signature.returns = vec![AbiParam::new(types::I64); results];
    signature
}

impl<'a, 'p> Emitter<'a, 'p> {
    /// In the entry block of a function whose first parameter is the context.
    pub fn new(
        lowering: &'a mut Lowering<'p>,
        mut builder: FunctionBuilder<'a>,
        function: &'a ir::Function,
        instance: Instance,
    ) -> Self {
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let params = builder.block_params(entry).to_vec();
        let ctx = params[0];
        let (unwind, exit) = (builder.create_block(), builder.create_block());
        let blocks = function.blocks.iter().map(|_| builder.create_block()).collect();
        Self {
            lowering,
            function,
            instance,
            ctx,
            params,
            frame: None,
            result: None,
            locals: Vec::new(),
            values: vec![None; function.values.len()],
            uses: uses(function),
            known: HashMap::new(),
            texts: HashMap::new(),
            blocks,
            block: 0,
            loc: ir::LocId(0),
            unwind,
            exit,
            landings: HashMap::new(),
            found: Vec::new(),
            found_at_end: vec![Vec::new(); function.blocks.len()],
            later: HashMap::new(),
            for_records: HashSet::new(),
            loaded: Vec::new(),
            loaded_at_end: vec![Vec::new(); function.blocks.len()],
            names: HashMap::new(),
            callees: HashMap::new(),
            symbols: HashMap::new(),
            words: None,
            n_words: 0,
            builder,
        }
    }

    /// The machine value of an IR value.
    pub fn value(&mut self, value: ir::Value) -> clif::Value {
        match self.values[value.index()] {
            Some(value) => value,
            // Only in code that nothing reaches.
            None => self.int(0),
        }
    }

    /// A word.
    pub fn int(&mut self, int: i64) -> clif::Value {
        self.builder.ins().iconst(types::I64, int)
    }

    /// A field of the context.
    pub fn ctx_load(&mut self, ty: clif::Type, offset: i32) -> clif::Value {
        self.builder.ins().load(ty, TRUSTED, self.ctx, offset)
    }

    /// A field of the context that stays as it is as long as a handler runs, and so is loaded once.
    pub fn ctx_constant(&mut self, ty: clif::Type, offset: i32) -> clif::Value {
        self.builder.ins().load(ty, TRUSTED.with_readonly().with_can_move(), self.ctx, offset)
    }

    /// Sets a field of the context.
    pub fn ctx_store(&mut self, value: clif::Value, offset: i32) {
        self.builder.ins().store(TRUSTED, value, self.ctx, offset);
    }

    /// The address of a byte in a section.
    pub fn address(&mut self, section: SectionId, offset: usize) -> clif::Value {
        let builder = &mut self.builder;
        let symbol = *self.symbols.entry(section).or_insert_with(|| {
            let name = UserExternalName::new(SECTION, section.0);
            let name = ExternalName::User(builder.func.declare_imported_user_function(name));
            builder.create_global_value(GlobalValueData::Symbol { name, offset: 0.into(), colocated: true, tls: false })
        });
        let base = self.builder.ins().symbol_value(types::I64, symbol);
        if offset == 0 { base } else { self.builder.ins().iadd_imm_s(base, offset as i64) }
    }

    /// The address of a constant string.
    pub fn string(&mut self, text: &[u8], limit: usize) -> clif::Value {
        let section = self.lowering.constants.string(&mut self.lowering.linker, text, limit);
        self.address(section, 0)
    }

    /// Bytes of text in a string value.
    pub fn string_limit(&self) -> usize {
        self.lowering.program.limits.max_string.saturating_sub(1) as usize
    }

    /// The address of a slot of the frame.
    pub fn slot(&mut self, slot: u32) -> clif::Value {
        let frame = self.frame.unwrap_or(self.ctx);
        let offset = i64::from(slot) * i64::from(self.lowering.slot_bytes);
        if offset == 0 { frame } else { self.builder.ins().iadd_imm_s(frame, offset) }
    }

    /// The address of a global's descriptor.
    pub fn global(&mut self, global: ir::GlobalId) -> clif::Value {
        match self.lowering.globals {
            Some(table) => self.address(table, global.index() * size_of::<spile_rt::raw::rt_global>()),
            None => self.int(0),
        }
    }

    /// The address of a global's data, and the offset to add.
    pub fn global_data(&mut self, global: ir::GlobalId) -> (clif::Value, i32) {
        let offset = self.lowering.layout.globals[global.index()].data_off;
        let base = self.ctx_constant(types::I64, ctx::DATA);
        match i32::try_from(offset) {
            Ok(offset) => (base, offset),
            Err(_) => (self.builder.ins().iadd_imm_s(base, i64::from(offset)), 0),
        }
    }

    /// Calls something with words.
    pub fn call(&mut self, callee: Callee, args: &[clif::Value]) -> Vec<clif::Value> {
        let callee = self.callee(callee);
        let call = self.builder.ins().call(callee, args);
        self.builder.inst_results(call).to_vec()
    }

    /// Calls a function of the runtime that returns nothing of use.
    pub fn runtime(&mut self, rt: Rt, args: &[clif::Value]) {
        self.call(Callee::Runtime(rt), args);
    }

    /// Calls a function that returns a word.
    pub fn word(&mut self, callee: Callee, args: &[clif::Value]) -> clif::Value {
        match self.call(callee, args).first() {
            Some(word) => *word,
            None => self.int(0),
        }
    }

    /// Calls something, with the context first, and leaves all registers as they are: for code that seldom runs, so that
    /// other code does not pay for the call.
    pub fn aside(&mut self, callee: Callee, args: &[clif::Value]) {
        let section = self.lowering.preserving(callee);
        let args = [&[self.ctx], args].concat();
        self.call(Callee::Preserving(section, args.len()), &args);
    }

    /// The same for a word.
    pub fn word_aside(&mut self, callee: Callee, args: &[clif::Value]) -> clif::Value {
        self.aside(callee, args);
        self.ctx_load(types::I64, ctx::WORD)
    }

    fn callee(&mut self, callee: Callee) -> clif::FuncRef {
        if let Some(known) = self.callees.get(&callee) {
            return *known;
        }
        let (name, signature) = match callee {
            Callee::Runtime(rt) => {
                (UserExternalName::new(RUNTIME, rt as u32), signature(rt.n_args(), rt.has_result().into()))
            }
            Callee::Import(import) => (UserExternalName::new(IMPORT, import), import_signature(import)),
            Callee::Section(section, args, results) => {
                (UserExternalName::new(SECTION, section.0), signature(args, results))
            }
            Callee::Preserving(section, args) => {
                let signature = Signature { call_conv: CallConv::PreserveAll, ..signature(args, 0) };
                (UserExternalName::new(SECTION, section.0), signature)
            }
            Callee::Clock(section) => {
                let signature = Signature { call_conv: CallConv::WindowsFastcall, ..signature(1, 1) };
                (UserExternalName::new(SECTION, section.0), signature)
            }
        };
        let name = ExternalName::User(self.builder.func.declare_imported_user_function(name));
        let signature = self.builder.import_signature(signature);
        let data = ExtFuncData { name, signature, colocated: true, patchable: false };
        let known = self.builder.import_function(data);
        self.callees.insert(callee, known);
        known
    }

    /// Stores words where a callee can read them, from word `first` on; their address.
    pub fn words(&mut self, first: usize, words: &[clif::Value]) -> clif::Value {
        if words.is_empty() {
            return self.int(0);
        }
        let address = self.area(first, words.len());
        for (index, word) in words.iter().enumerate() {
            self.builder.ins().store(TRUSTED, *word, address, (index * 8) as i32);
        }
        address
    }

    /// The address of so many words for a callee, from word `first` on.
    pub fn area(&mut self, first: usize, count: usize) -> clif::Value {
        let builder = &mut self.builder;
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3);
        let slot = *self.words.get_or_insert_with(|| builder.create_sized_stack_slot(data));
        self.n_words = self.n_words.max(first + count);
        self.builder.func.sized_stack_slots[slot].size = (self.n_words * 8) as u32;
        self.builder.ins().stack_addr(types::I64, slot, (first * 8) as i32)
    }

    /// Emits code for `cold` in a block of its own where a condition is not zero, and goes on behind it.
    /// `cold` must end its block.
    pub fn cold(&mut self, condition: clif::Value, cold: impl FnOnce(&mut Self)) {
        let (aside, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(aside);
        self.builder.ins().brif(condition, aside, &[], next, &[]);
        self.builder.switch_to_block(aside);
        cold(self);
        self.builder.switch_to_block(next);
    }
}

fn import_signature(import: u32) -> Signature {
    let (_, args) = SPILE_IMPORT_TABLE[import as usize];
    let results = match import {
        abi::SPILE_IMPORT_load_kernel_u8..=abi::SPILE_IMPORT_load_user_u64 => 2,
        abi::SPILE_IMPORT_ring_commit
        | abi::SPILE_IMPORT_session_exit
        | abi::SPILE_IMPORT_session_fail
        | abi::SPILE_IMPORT_conditions_changed => 0,
        _ => 1,
    };
    signature(args, results)
}
