// SPDX-License-Identifier: MIT OR Apache-2.0
//! x86_64 trampolines. A function's begins with two return addresses on the stack: into the function, behind the call
//! that brought us here, and to the function's caller.

use iced_x86::code_asm::registers::*;
use iced_x86::code_asm::{AsmRegister64, CodeAssembler, CodeLabel, dword_ptr, qword_ptr};
use iced_x86::{BlockEncoderOptions, IcedError};
use spile_abi as abi;

use super::{
    ARGS, CALLS, Cold, ENTRY, Frame, HITS, LOST_RETURNS, NEXT, PART, PROBE, Place, Plan, RESULT, RETURNS, ROWS, Rows,
    SAMPLE, STATE, Step, TASK, Work, entry_of,
};
use crate::link::{Fixup, Glue, Reloc, RelocKind, Section, SectionId, Target};

/// A function's arguments, in order.
const FUNCTION: [AsmRegister64; 6] = [rdi, rsi, rdx, rcx, r8, r9];
/// Where a displacement is to be filled in.
const LATER: u64 = 0x7fff_0000;

/// `dec dword gs:[displacement]`, with a prefix in which kshim asks for 64 bits where the count has so many.
const DEC_GS: &[u8] = &[0x65, 0x40, 0xff, 0x0c, 0x25, 0, 0, 0, 0];

type Done = Result<(), IcedError>;

pub fn section(plan: &Plan) -> Result<Section, IcedError> {
    X86::new(plan)?.finish()
}

struct X86<'p> {
    plan: &'p Plan,
    frame: Frame,
    a: CodeAssembler,
    /// By number of the instruction.
    relocs: Vec<(usize, Target)>,
    fixups: Vec<(usize, u32)>,
    /// Where the function returns to, by number of the instruction.
    entries: Vec<usize>,
    /// Code that seldom runs, to be emitted last.
    cold: Vec<Cold<CodeLabel>>,
}

impl<'p> X86<'p> {
    fn new(plan: &'p Plan) -> Result<Self, IcedError> {
        let frame = Frame::new(plan);
        // Two return addresses and rbp are above, or one and rbp: calls want a stack aligned to 16.
        let (size, is_function) = (frame.size, plan.place != Place::Tracepoint);
        let mut this = Self {
            plan,
            frame: Frame { size: size + if is_function { 8 } else { 0 }, ..frame },
            a: CodeAssembler::new(64)?,
            relocs: Vec::new(),
            fixups: Vec::new(),
            entries: Vec::new(),
            cold: Vec::new(),
        };
        this.a.endbr64()?;
        this.a.push(rbp)?;
        this.a.mov(rbp, rsp)?;
        if this.frame.size > 0 {
            this.a.sub(rsp, this.frame.size as i32)?;
        }
        this.save_arguments()?;
        let (mut leave, skipped, stopped) = (this.a.create_label(), this.a.create_label(), this.a.create_label());
        this.cold.push(Cold::Stopped { from: stopped, to: leave });
        this.cold.push(Cold::Skipped { from: skipped, to: leave });
        this.take_context(skipped, stopped)?;
        this.find_row(stopped)?;
        this.fill_in(plan.reads_arguments, false, plan.reads_task[0])?;
        if plan.returns() {
            this.a.inc(qword_ptr(rdi + CALLS))?;
        }
        this.steps(&plan.entry, true)?;
        this.give_context()?;
        if plan.returns() {
            this.preempt_on()?;
            this.restore_arguments()?;
            this.call_function()?;
            this.after_function()?;
        }
        this.here(&mut leave)?;
        this.preempt_on()?;
        this.restore_arguments()?;
        this.a.leave()?;
        this.a.ret()?;
        this.cold_code()?;
        Ok(this)
    }

    /// Several labels may be at one place, which the assembler does not take.
    fn here(&mut self, label: &mut CodeLabel) -> Done {
        self.a.set_label(label)?;
        self.a.zero_bytes()
    }

    fn slot(&self, offset: u32) -> iced_x86::code_asm::AsmMemoryOperand {
        qword_ptr(rsp + offset as i32)
    }

    fn save_arguments(&mut self) -> Done {
        for n in 0..self.plan.saved {
            let slot = self.slot(8 * n);
            match (self.plan.place, FUNCTION.get(n as usize + 1)) {
                (Place::Entry | Place::EntryAndReturn, _) => self.a.mov(slot, FUNCTION[n as usize])?,
                // The first word of a tracepoint's probe function is its own.
                (Place::Tracepoint, Some(register)) => self.a.mov(slot, *register)?,
                (Place::Tracepoint, None) => {
                    self.a.mov(rax, qword_ptr(rbp + 16 + 8 * (n as i32 - 5)))?;
                    self.a.mov(slot, rax)?;
                }
            }
        }
        Ok(())
    }

    fn restore_arguments(&mut self) -> Done {
        if self.plan.place != Place::Tracepoint {
            for n in 0..self.plan.saved {
                let slot = self.slot(8 * n);
                self.a.mov(FUNCTION[n as usize], slot)?;
            }
        }
        Ok(())
    }

    /// The next instruction has a displacement in %gs, or an immediate, that kshim fills in.
    fn fixup(&mut self, kind: u32) {
        self.fixups.push((self.a.instructions().len(), kind));
    }

    /// Preemption off, the context in rdi, taken from the stack; to one label where there is none, to the other where the
    /// session does not run.
    fn take_context(&mut self, none: CodeLabel, stopped: CodeLabel) -> Done {
        self.fixup(abi::SPILE_FIXUP_PREEMPT);
        self.a.inc(dword_ptr(LATER).gs())?;
        self.fixup(abi::SPILE_FIXUP_CONTEXT);
        self.a.mov(rdi, qword_ptr(LATER).gs())?;
        self.a.test(rdi, rdi)?;
        self.a.jz(none)?;
        // Not rax: its short form has an offset of 64 bits, and displacements are negative since 6.15.
        self.a.mov(r11, qword_ptr(rdi + NEXT))?;
        self.fixup(abi::SPILE_FIXUP_CONTEXT);
        self.a.mov(qword_ptr(LATER).gs(), r11)?;
        if self.plan.keeps_context() {
            let slot = self.slot(self.frame.context);
            self.a.mov(slot, rdi)?;
        }
        self.a.mov(rax, qword_ptr(rdi + STATE))?;
        self.a.cmp(dword_ptr(rax), abi::SPILE_STATE_RUNNING as i32)?;
        self.a.jne(stopped)
    }

    /// The hit's row into rcx, and into the frame if it is needed later.
    fn find_row(&mut self, unknown: CodeLabel) -> Done {
        let Some(rows) = self.plan.rows else { return Ok(()) };
        let (next, mut found) = (self.a.create_label(), self.a.create_label());
        self.a.mov(rax, qword_ptr(rbp + 8))?;
        self.first_row(rows)?;
        self.a.jne(next)?;
        self.here(&mut found)?;
        if self.plan.keeps_row() {
            let slot = self.slot(self.frame.row);
            self.a.mov(slot, rcx)?;
        }
        self.cold.push(Cold::NextRow { from: next, to: found, unknown, rows });
        Ok(())
    }

    /// The first row in which the address in rax may be, into rcx; equal if it is there.
    fn first_row(&mut self, rows: Rows) -> Done {
        self.a.imul_3(ecx, eax, abi::SPILE_ROW_HASH as i32)?;
        self.a.shr(ecx, 32 - rows.log2)?;
        if rows.bytes.is_power_of_two() {
            self.a.shl(rcx, rows.bytes.trailing_zeros())?;
        } else {
            self.a.imul_3(rcx, rcx, rows.bytes as i32)?;
        }
        self.a.add(rcx, qword_ptr(rdi + ROWS))?;
        self.a.cmp(qword_ptr(rcx + rows.offset as i32), rax)
    }

    /// The other rows in which it may be. A free row ends the search; that the first may be one is no harm.
    fn next_rows(&mut self, rows: Rows, mut from: CodeLabel, found: CodeLabel) -> Done {
        self.here(&mut from)?;
        self.a.add(rcx, rows.bytes as i32)?;
        self.a.cmp(qword_ptr(rcx + rows.offset as i32), rax)?;
        self.a.je(found)?;
        self.a.cmp(qword_ptr(rcx + rows.offset as i32), 0)?;
        self.a.jne(from)
    }

    /// What handlers read of the context, beside the probe.
    fn fill_in(&mut self, arguments: bool, result: bool, task: bool) -> Done {
        if arguments {
            self.a.mov(qword_ptr(rdi + ARGS), rsp)?;
        }
        if result {
            self.a.mov(rax, self.slot(self.frame.result))?;
            self.a.mov(qword_ptr(rdi + RESULT), rax)?;
        }
        if task {
            self.fixup(abi::SPILE_FIXUP_CURRENT);
            self.a.mov(r11, qword_ptr(LATER).gs())?;
            self.a.mov(qword_ptr(rdi + TASK), r11)?;
        }
        Ok(())
    }

    /// Runs a chain; the context is in rdi before and after. The row was just found and is in rcx, or it is not.
    fn steps(&mut self, steps: &[Step], mut has_row: bool) -> Done {
        for step in steps {
            self.begin_hit(step, has_row)?;
            has_row = false;
            let code = match step.work {
                Work::Nothing => continue,
                Work::Add { offset, number } => {
                    self.a.mov(rax, qword_ptr(rdi + PART))?;
                    self.a.add(qword_ptr(rax + offset as i32), number as i32)?;
                    continue;
                }
                Work::Run(code) => code,
            };
            self.point_at_words(step)?;
            let (timed, mut done) = (self.a.create_label(), self.a.create_label());
            self.a.dec(qword_ptr(rdi + SAMPLE))?;
            self.a.jz(timed)?;
            self.call(entry_of(code))?;
            let slot = self.slot(self.frame.context);
            self.a.mov(rdi, slot)?;
            self.here(&mut done)?;
            self.cold.push(Cold::Timed { from: timed, to: done, code });
        }
        Ok(())
    }

    /// Says which probe it is, and counts it.
    fn begin_hit(&mut self, step: &Step, has_row: bool) -> Done {
        match (step.probe, self.plan.rows) {
            (Some(probe), _) => {
                if step.tells {
                    self.a.mov(dword_ptr(rdi + PROBE), probe as i32)?;
                }
                if step.counts {
                    self.a.mov(rax, qword_ptr(rdi + HITS))?;
                    self.a.inc(qword_ptr(rax + 8 * probe as i32))?;
                }
            }
            (None, Some(rows)) => {
                if !has_row {
                    let slot = self.slot(self.frame.row);
                    self.a.mov(rcx, slot)?;
                }
                self.a.mov(eax, dword_ptr(rcx + (rows.offset + 8 + 8 * step.position) as i32))?;
                if step.tells {
                    self.a.mov(dword_ptr(rdi + PROBE), eax)?;
                }
                if step.counts {
                    self.a.mov(rcx, qword_ptr(rdi + HITS))?;
                    self.a.inc(qword_ptr(rcx + rax * 8))?;
                }
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn point_at_words(&mut self, step: &Step) -> Done {
        let Some((offset, words)) = step.words else { return Ok(()) };
        let place = (self.frame.entry_words + offset) as i32;
        if !step.counts {
            // At the entry; a handler that fails leaves them as they are now.
            self.a.xor(eax, eax)?;
            for word in 0..words as i32 {
                self.a.mov(qword_ptr(rsp + place + 8 * word), rax)?;
            }
        }
        self.a.lea(rax, qword_ptr(rsp + place))?;
        self.a.mov(qword_ptr(rdi + ENTRY), rax)
    }

    fn give_context(&mut self) -> Done {
        self.fixup(abi::SPILE_FIXUP_CONTEXT);
        self.a.mov(qword_ptr(LATER).gs(), rdi)
    }

    fn preempt_on(&mut self) -> Done {
        let (resched, mut back) = (self.a.create_label(), self.a.create_label());
        self.fixup(abi::SPILE_FIXUP_PREEMPT);
        self.a.db(DEC_GS)?;
        self.a.jz(resched)?;
        self.here(&mut back)?;
        self.cold.push(Cold::Resched { from: resched, to: back });
        Ok(())
    }

    /// Calls the rest of the traced function: a `ret` to its address is the jump that no branch protection minds.
    fn call_function(&mut self) -> Done {
        let mut after = self.a.create_label();
        self.a.lea(rax, qword_ptr(after))?;
        self.a.push(rax)?;
        self.a.push(qword_ptr(rbp + 8))?;
        self.a.ret()?;
        self.entries.push(self.a.instructions().len());
        self.here(&mut after)
    }

    /// Runs the return handlers, and returns to the function's caller.
    fn after_function(&mut self) -> Done {
        let plan = self.plan;
        let (result, second) = (self.slot(self.frame.result), self.slot(self.frame.result + 8));
        self.a.mov(result, rax)?;
        self.a.mov(second, rdx)?;
        let (lost, mut ended, mut counted) = (self.a.create_label(), self.a.create_label(), self.a.create_label());
        self.take_context(lost, counted)?;
        self.fill_in(false, plan.reads_result, plan.reads_task[1])?;
        self.steps(&plan.exit, false)?;
        self.here(&mut counted)?;
        self.a.inc(qword_ptr(rdi + RETURNS))?;
        self.give_context()?;
        self.here(&mut ended)?;
        self.cold.push(Cold::LostReturn { from: lost, to: ended });
        self.preempt_on()?;
        self.a.mov(rax, result)?;
        self.a.mov(rdx, second)?;
        self.a.leave()?;
        // Past the return into the function.
        self.a.add(rsp, 8)?;
        self.a.ret()
    }

    fn call(&mut self, target: Target) -> Done {
        self.relocs.push((self.a.instructions().len(), target));
        self.a.call(LATER)
    }

    fn skip(&mut self, reason: u32) -> Done {
        self.fixup(abi::SPILE_FIXUP_SESSION);
        self.a.mov(edi, LATER as u32)?;
        self.a.mov(esi, reason)?;
        self.call(Target::Import(abi::SPILE_IMPORT_hit_skipped))
    }

    fn cold_code(&mut self) -> Done {
        for cold in std::mem::take(&mut self.cold) {
            match cold {
                Cold::Skipped { mut from, to } => {
                    self.here(&mut from)?;
                    self.skip(abi::SPILE_SKIP_NESTED)?;
                    self.a.jmp(to)?;
                }
                Cold::Stopped { mut from, to } => {
                    self.here(&mut from)?;
                    self.give_context()?;
                    self.skip(abi::SPILE_SKIP_STATE)?;
                    self.a.jmp(to)?;
                }
                Cold::LostReturn { mut from, to } => {
                    self.here(&mut from)?;
                    let slot = self.slot(self.frame.context);
                    self.a.mov(rdi, slot)?;
                    self.a.lock().inc(qword_ptr(rdi + LOST_RETURNS))?;
                    self.skip(abi::SPILE_SKIP_NESTED)?;
                    self.a.jmp(to)?;
                }
                Cold::Resched { mut from, to } => {
                    self.here(&mut from)?;
                    self.call(Target::Import(abi::SPILE_IMPORT_resched))?;
                    self.a.jmp(to)?;
                }
                Cold::Timed { mut from, to, code } => {
                    self.here(&mut from)?;
                    self.timed(code)?;
                    self.a.jmp(to)?;
                }
                Cold::NextRow { from, to, unknown, rows } => {
                    self.next_rows(rows, from, to)?;
                    // Then it returns to another trampoline's turn.
                    let next = self.a.create_label();
                    self.a.mov(rax, qword_ptr(rax - abi::SPILE_RETURN_WORD as i32))?;
                    self.first_row(rows)?;
                    self.a.je(to)?;
                    self.next_rows(rows, next, to)?;
                    self.a.jmp(unknown)?;
                }
            }
        }
        Ok(())
    }

    fn timed(&mut self, code: SectionId) -> Done {
        let (context, cycles) = (self.slot(self.frame.context), self.slot(self.frame.cycles));
        self.call(Target::Import(abi::SPILE_IMPORT_cycles))?;
        self.a.mov(cycles, rax)?;
        self.a.mov(rdi, context)?;
        self.call(entry_of(code))?;
        self.call(Target::Import(abi::SPILE_IMPORT_cycles))?;
        self.a.sub(rax, cycles)?;
        self.a.mov(rsi, rax)?;
        self.a.mov(rdi, context)?;
        self.call(Target::Import(abi::SPILE_IMPORT_hit_timed))?;
        self.a.mov(rdi, context)
    }

    fn finish(mut self) -> Result<Section, IcedError> {
        let options =
            BlockEncoderOptions::RETURN_NEW_INSTRUCTION_OFFSETS | BlockEncoderOptions::RETURN_CONSTANT_OFFSETS;
        let code = self.a.assemble_options(0, options)?.inner;
        let start = |number: usize| code.new_instruction_offsets[number];
        let constants = |number: usize| &code.constant_offsets[number];
        let relocs = self.relocs.iter().map(|(number, target)| Reloc {
            offset: start(*number) + constants(*number).immediate_offset() as u32,
            kind: RelocKind::Rel32,
            target: target.clone(),
            addend: -4,
        });
        let fixups = self.fixups.iter().map(|(number, kind)| {
            let offsets = constants(*number);
            let field = match *kind {
                // Declared as data, it has no fields.
                abi::SPILE_FIXUP_PREEMPT if !offsets.has_displacement() => DEC_GS.len() - 4,
                _ if offsets.has_displacement() => offsets.displacement_offset(),
                _ => offsets.immediate_offset(),
            };
            Fixup { offset: start(*number) + field as u32, kind: *kind }
        });
        let glue =
            Glue { fixups: fixups.collect(), entries: self.entries.iter().map(|number| start(*number)).collect() };
        Ok(Section {
            name: "trampoline".to_owned(),
            relocs: relocs.collect(),
            bytes: code.code_buffer,
            align: 16,
            code: true,
            writable: false,
            glue: Some(glue),
        })
    }
}
