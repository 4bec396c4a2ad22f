// SPDX-License-Identifier: MIT OR Apache-2.0
//! aarch64 trampolines. A function's begins with x30 leading into the function, and x9 to its caller.

use spile_abi as abi;

use super::{
    ARGS, CALLS, Cold, ENTRY, Frame, HITS, LOST_RETURNS, NEXT, PART, PROBE, Place, Plan, RESULT, RETURNS, ROWS, Rows,
    SAMPLE, STATE, Step, TASK, Work, entry_of,
};
use crate::a64::{
    SP, add_immediate, compare, load, load_at, load_before, load_pair_up, load_word, load_word_at, return_to, store,
    store_at, store_pair_down, store_word_at, subtract_immediate,
};
use crate::link::{Fixup, Glue, Reloc, RelocKind, Section, SectionId, Target};

/// Registers by number; those up to x7 and x8 are the function's.
const CTX: u32 = 0;
const FRAME_POINTER: u32 = 29;
const LINK: u32 = 30;
/// Nobody keeps anything in these at a call.
const T0: u32 = 10;
const T1: u32 = 11;
const T2: u32 = 12;
const T3: u32 = 13;

pub fn section(plan: &Plan) -> Section {
    A64::new(plan).finish()
}

/// A place in the code, perhaps a later one.
#[derive(Clone, Copy)]
struct Label(usize);

/// Fields for the distance to a label, in words but for `adr`.
#[derive(Clone, Copy)]
enum Field {
    Branch26,
    Branch19,
    Adr,
}

struct A64<'p> {
    plan: &'p Plan,
    frame: Frame,
    words: Vec<u32>,
    /// By label: the number of its word.
    labels: Vec<usize>,
    /// Words that lack a distance.
    open: Vec<(usize, Field, Label)>,
    relocs: Vec<(usize, Target)>,
    fixups: Vec<Fixup>,
    /// Constants behind the code that kshim fills in, by their kind.
    literals: Vec<(u32, Label)>,
    entries: Vec<usize>,
    cold: Vec<Cold<Label>>,
}

impl<'p> A64<'p> {
    fn new(plan: &'p Plan) -> Self {
        let mut this = Self {
            plan,
            frame: Frame::new(plan),
            words: Vec::new(),
            labels: Vec::new(),
            open: Vec::new(),
            relocs: Vec::new(),
            fixups: Vec::new(),
            literals: Vec::new(),
            entries: Vec::new(),
            cold: Vec::new(),
        };
        this.prologue();
        let (leave, skipped, stopped) = (this.label(), this.label(), this.label());
        this.cold.push(Cold::Stopped { from: stopped, to: leave });
        this.cold.push(Cold::Skipped { from: skipped, to: leave });
        this.take_context(skipped, stopped);
        this.find_row(stopped);
        this.fill_in(plan.reads_arguments, false, plan.reads_task[0]);
        if plan.returns() {
            this.increment(CALLS);
        }
        this.steps(&plan.entry, true);
        this.give_context();
        if plan.returns() {
            this.preempt_on();
            this.restore_arguments();
            this.call_function();
            this.after_function();
        }
        this.here(leave);
        this.preempt_on();
        this.epilogue();
        this.cold_code();
        this
    }

    fn is_tracepoint(&self) -> bool {
        self.plan.place == Place::Tracepoint
    }

    /// The frame records of the function's caller and of the function, x8, which may point to where a result goes, and the arguments.
    fn prologue(&mut self) {
        self.emit(0xd503_245f); // bti c
        if self.is_tracepoint() {
            self.emit(store_pair_down(FRAME_POINTER, LINK, 16));
        } else {
            self.emit(store_pair_down(FRAME_POINTER, 9, 16));
            self.emit(add_immediate(FRAME_POINTER, SP, 0));
            self.emit(store_pair_down(FRAME_POINTER, LINK, 32));
            self.emit(store(8, SP, 16));
        }
        self.emit(add_immediate(FRAME_POINTER, SP, 0));
        if self.frame.size > 0 {
            self.emit(subtract_immediate(SP, SP, self.frame.size));
        }
        for n in 0..self.plan.saved {
            // The first word of a tracepoint's probe function is its own.
            let register = n + u32::from(self.is_tracepoint());
            if register < 8 {
                self.emit(store(register, SP, 8 * n));
            } else {
                self.emit(load(T0, FRAME_POINTER, 16 + 8 * (register - 8)));
                self.emit(store(T0, SP, 8 * n));
            }
        }
    }

    fn restore_arguments(&mut self) {
        if !self.is_tracepoint() {
            for n in 0..self.plan.saved {
                self.emit(load(n, SP, 8 * n));
            }
            self.emit(load(8, FRAME_POINTER, 16));
        }
    }

    /// Back into the function, or the tracepoint.
    fn epilogue(&mut self) {
        self.restore_arguments();
        self.emit(add_immediate(SP, FRAME_POINTER, 0));
        if self.is_tracepoint() {
            self.emit(load_pair_up(FRAME_POINTER, LINK, 16));
            self.emit(return_to(LINK));
        } else {
            self.emit(load_pair_up(FRAME_POINTER, T0, 32));
            self.emit(load_pair_up(FRAME_POINTER, LINK, 16));
            self.emit(return_to(T0));
        }
    }

    /// Preemption off, the context in x0, taken from the stack; to one label where there is none, to the other where the
    /// session does not run.
    fn take_context(&mut self, none: Label, stopped: Label) {
        self.current(T0);
        self.literal(T1, abi::SPILE_FIXUP_PREEMPT);
        self.emit(load_word_at(T2, T0, T1));
        self.emit(0x1100_0400 | T2 << 5 | T2); // add w, w, #1
        self.emit(store_word_at(T2, T0, T1));
        self.slot_of_cpu();
        self.emit(load_at(CTX, T3, T1));
        self.branch_if_zero(CTX, none);
        self.emit(load(T0, CTX, NEXT));
        self.emit(store_at(T0, T3, T1));
        if self.plan.keeps_context() {
            self.emit(store(CTX, SP, self.frame.context));
        }
        self.emit(load(T0, CTX, STATE));
        self.emit(load_word(T0, T0, 0));
        self.emit(0x7100_001f | abi::SPILE_STATE_RUNNING << 10 | T0 << 5); // cmp w, #running
        self.branch_if_not_equal(stopped);
    }

    /// The place of the pointer to the free context: T3 + T1.
    fn slot_of_cpu(&mut self) {
        self.fixups.push(Fixup { offset: 4 * self.words.len() as u32, kind: abi::SPILE_FIXUP_PERCPU_BASE });
        self.emit(0xd538_d080 | T3); // mrs tpidr_el1
        self.literal(T1, abi::SPILE_FIXUP_CONTEXT);
    }

    /// The hit's row into T3, and into the frame if it is needed later.
    fn find_row(&mut self, unknown: Label) {
        let Some(rows) = self.plan.rows else { return };
        let (next, found) = (self.label(), self.label());
        self.emit(load(T0, FRAME_POINTER, 8));
        self.first_row(rows);
        self.branch_if_not_equal(next);
        self.here(found);
        if self.plan.keeps_row() {
            self.emit(store(T3, SP, self.frame.row));
        }
        self.cold.push(Cold::NextRow { from: next, to: found, unknown, rows });
    }

    /// The first row in which the address in T0 may be, into T3; equal if it is there. T2 is what is there.
    fn first_row(&mut self, rows: Rows) {
        self.constant(T1, abi::SPILE_ROW_HASH);
        self.emit(0x1b00_7c00 | T1 << 16 | T0 << 5 | T2); // mul w
        self.emit(0x5300_7c00 | (32 - rows.log2) << 16 | T2 << 5 | T2); // lsr w
        self.constant(T1, rows.bytes);
        self.emit(load(T3, CTX, ROWS));
        self.emit(0x9ba0_0000 | T1 << 16 | T3 << 10 | T2 << 5 | T3); // umaddl
        self.constant(T1, rows.offset);
        self.emit(0x8b00_0000 | T1 << 16 | T3 << 5 | T3); // add
        self.emit(load(T2, T3, 0));
        self.emit(compare(T2, T0));
    }

    /// The other rows in which it may be. A free row ends the search.
    fn next_rows(&mut self, rows: Rows, from: Label, found: Label, none: Label) {
        self.here(from);
        self.branch_if_zero(T2, none);
        self.emit(add_immediate(T3, T3, rows.bytes));
        self.emit(load(T2, T3, 0));
        self.emit(compare(T2, T0));
        self.branch_if_not_equal(from);
        self.jump(found);
    }

    /// What handlers read of the context, beside the probe.
    fn fill_in(&mut self, arguments: bool, result: bool, task: bool) {
        if arguments {
            self.emit(add_immediate(T0, SP, 0));
            self.emit(store(T0, CTX, ARGS));
        }
        if result {
            self.emit(load(T0, SP, self.frame.result));
            self.emit(store(T0, CTX, RESULT));
        }
        if task {
            self.current(T0);
            self.emit(store(T0, CTX, TASK));
        }
    }

    /// Runs a chain; the context is in x0 before and after. The row was just found and is in T3, or it is not.
    fn steps(&mut self, steps: &[Step], mut has_row: bool) {
        for step in steps {
            self.begin_hit(step, has_row);
            has_row = false;
            let code = match step.work {
                Work::Nothing => continue,
                Work::Add { offset, number } => {
                    self.emit(load(T0, CTX, PART));
                    self.constant(T1, offset);
                    self.emit(load_at(T2, T0, T1));
                    self.emit(add_immediate(T2, T2, number));
                    self.emit(store_at(T2, T0, T1));
                    continue;
                }
                Work::Run(code) => code,
            };
            self.point_at_words(step);
            let (timed, done) = (self.label(), self.label());
            self.emit(load(T0, CTX, SAMPLE));
            self.emit(subtract_immediate(T0, T0, 1));
            self.emit(store(T0, CTX, SAMPLE));
            self.branch_if_zero(T0, timed);
            self.call(entry_of(code));
            self.emit(load(CTX, SP, self.frame.context));
            self.here(done);
            self.cold.push(Cold::Timed { from: timed, to: done, code });
        }
    }

    /// Says which probe it is, and counts it.
    fn begin_hit(&mut self, step: &Step, has_row: bool) {
        match step.probe {
            Some(probe) => self.constant(T0, probe),
            None => {
                if !has_row {
                    self.emit(load(T3, SP, self.frame.row));
                }
                self.emit(load_word(T0, T3, 8 + 8 * step.position));
            }
        }
        if step.tells {
            self.emit(0xb900_0000 | (PROBE / 4) << 10 | CTX << 5 | T0); // str w
        }
        if step.counts {
            self.emit(load(T1, CTX, HITS));
            self.emit(0xf860_7800 | T0 << 16 | T1 << 5 | T2); // ldr [T1, T0, lsl #3]
            self.emit(add_immediate(T2, T2, 1));
            self.emit(0xf820_7800 | T0 << 16 | T1 << 5 | T2); // str
        }
    }

    fn point_at_words(&mut self, step: &Step) {
        let Some((offset, words)) = step.words else { return };
        let place = self.frame.entry_words + offset;
        if !step.counts {
            // At the entry; a handler that fails leaves them as they are now.
            for word in 0..words {
                self.emit(store(SP, SP, place + 8 * word)); // xzr
            }
        }
        self.emit(add_immediate(T0, SP, place));
        self.emit(store(T0, CTX, ENTRY));
    }

    fn give_context(&mut self) {
        self.slot_of_cpu();
        self.emit(store_at(CTX, T3, T1));
    }

    fn preempt_on(&mut self) {
        let (resched, back) = (self.label(), self.label());
        self.current(T0);
        self.literal(T1, abi::SPILE_FIXUP_PREEMPT);
        self.emit(load_word_at(T2, T0, T1));
        self.emit(0x5100_0400 | T2 << 5 | T2); // sub w, w, #1
        self.emit(store_word_at(T2, T0, T1));
        // With the count's other half, which is 0 where a task waits.
        self.emit(load_at(T2, T0, T1));
        self.branch_if_zero(T2, resched);
        self.here(back);
        self.cold.push(Cold::Resched { from: resched, to: back });
    }

    /// Calls the rest of the traced function: `ret` to its address is the jump that no branch protection minds.
    fn call_function(&mut self) {
        let after = self.label();
        self.open(0x1000_0000 | LINK, Field::Adr, after);
        self.emit(load(T0, FRAME_POINTER, 8));
        self.emit(return_to(T0));
        self.entries.push(self.words.len());
        self.here(after);
    }

    /// Runs the return handlers, and returns to the function's caller.
    fn after_function(&mut self) {
        let plan = self.plan;
        let result = self.frame.result;
        self.emit(store(0, SP, result));
        self.emit(store(1, SP, result + 8));
        let (lost, ended, counted) = (self.label(), self.label(), self.label());
        self.take_context(lost, counted);
        self.cold.push(Cold::LostReturn { from: lost, to: ended });
        self.fill_in(false, plan.reads_result, plan.reads_task[1]);
        self.steps(&plan.exit, false);
        self.here(counted);
        self.increment(RETURNS);
        self.give_context();
        self.here(ended);
        self.preempt_on();
        self.emit(load(0, SP, result));
        self.emit(load(1, SP, result + 8));
        self.emit(add_immediate(SP, FRAME_POINTER, 0));
        self.emit(load_pair_up(FRAME_POINTER, T0, 32));
        self.emit(load_pair_up(FRAME_POINTER, LINK, 16));
        self.emit(return_to(LINK));
    }

    fn increment(&mut self, field: u32) {
        self.emit(load(T0, CTX, field));
        self.emit(add_immediate(T0, T0, 1));
        self.emit(store(T0, CTX, field));
    }

    fn cold_code(&mut self) {
        for cold in std::mem::take(&mut self.cold) {
            match cold {
                Cold::Skipped { from, to } => {
                    self.here(from);
                    self.skip(abi::SPILE_SKIP_NESTED);
                    self.jump(to);
                }
                Cold::Stopped { from, to } => {
                    self.here(from);
                    self.give_context();
                    self.skip(abi::SPILE_SKIP_STATE);
                    self.jump(to);
                }
                Cold::LostReturn { from, to } => {
                    self.here(from);
                    self.lost_return();
                    self.skip(abi::SPILE_SKIP_NESTED);
                    self.jump(to);
                }
                Cold::Resched { from, to } => {
                    self.here(from);
                    self.call(Target::Import(abi::SPILE_IMPORT_resched));
                    self.jump(to);
                }
                Cold::Timed { from, to, code } => {
                    self.here(from);
                    self.timed(code);
                    self.jump(to);
                }
                Cold::NextRow { from, to, unknown, rows } => {
                    let (none, next) = (self.label(), self.label());
                    self.next_rows(rows, from, to, none);
                    // Then it returns to another trampoline's turn.
                    self.here(none);
                    self.emit(load_before(T0, T0, abi::SPILE_RETURN_WORD));
                    self.first_row(rows);
                    self.branch_if_not_equal(next);
                    self.jump(to);
                    self.next_rows(rows, next, to, unknown);
                }
            }
        }
    }

    fn skip(&mut self, reason: u32) {
        self.literal(0, abi::SPILE_FIXUP_SESSION);
        self.constant(1, reason);
        self.call(Target::Import(abi::SPILE_IMPORT_hit_skipped));
    }

    /// Adds one atomically, on any processor.
    fn lost_return(&mut self) {
        self.emit(load(T0, SP, self.frame.context));
        self.emit(add_immediate(T0, T0, LOST_RETURNS));
        let again = self.label();
        self.here(again);
        self.emit(0xc85f_7c00 | T0 << 5 | T1); // ldxr
        self.emit(add_immediate(T1, T1, 1));
        self.emit(0xc800_7c00 | T2 << 16 | T0 << 5 | T1); // stxr
        self.open(0x3500_0000 | T2, Field::Branch19, again); // cbnz w
    }

    fn timed(&mut self, code: SectionId) {
        let (context, cycles) = (self.frame.context, self.frame.cycles);
        self.call(Target::Import(abi::SPILE_IMPORT_cycles));
        self.emit(store(0, SP, cycles));
        self.emit(load(CTX, SP, context));
        self.call(entry_of(code));
        self.call(Target::Import(abi::SPILE_IMPORT_cycles));
        self.emit(load(T0, SP, cycles));
        self.emit(0xcb00_0001 | T0 << 16); // sub x1, x0, T0
        self.emit(load(CTX, SP, context));
        self.call(Target::Import(abi::SPILE_IMPORT_hit_timed));
        self.emit(load(CTX, SP, context));
    }

    fn emit(&mut self, word: u32) {
        self.words.push(word);
    }

    fn label(&mut self) -> Label {
        self.labels.push(0);
        Label(self.labels.len() - 1)
    }

    fn here(&mut self, label: Label) {
        self.labels[label.0] = self.words.len();
    }

    fn open(&mut self, word: u32, field: Field, label: Label) {
        self.open.push((self.words.len(), field, label));
        self.emit(word);
    }

    fn jump(&mut self, to: Label) {
        self.open(0x1400_0000, Field::Branch26, to);
    }

    fn branch_if_zero(&mut self, register: u32, to: Label) {
        self.open(0xb400_0000 | register, Field::Branch19, to);
    }

    fn branch_if_not_equal(&mut self, to: Label) {
        self.open(0x5400_0001, Field::Branch19, to);
    }

    fn call(&mut self, target: Target) {
        self.relocs.push((self.words.len(), target));
        self.emit(0x9400_0000);
    }

    /// The current task.
    fn current(&mut self, register: u32) {
        self.emit(0xd538_4100 | register); // mrs sp_el0
    }

    /// A word that kshim fills in.
    fn literal(&mut self, register: u32, kind: u32) {
        let known = self.literals.iter().find(|(other, _)| *other == kind).map(|(_, label)| *label);
        let label = known.unwrap_or_else(|| {
            let label = self.label();
            self.literals.push((kind, label));
            label
        });
        self.open(0x5800_0000 | register, Field::Branch19, label);
    }

    fn constant(&mut self, register: u32, value: u32) {
        self.emit(0x5280_0000 | (value & 0xffff) << 5 | register); // movz w
        if value > 0xffff {
            self.emit(0x72a0_0000 | (value >> 16) << 5 | register); // movk w, lsl #16
        }
    }

    fn finish(mut self) -> Section {
        if !self.words.len().is_multiple_of(2) {
            self.emit(0xd503_201f); // nop: literals are aligned to 8
        }
        for (kind, label) in std::mem::take(&mut self.literals) {
            self.here(label);
            self.fixups.push(Fixup { offset: 4 * self.words.len() as u32, kind });
            self.words.extend([0, 0]);
        }
        for (at, field, label) in std::mem::take(&mut self.open) {
            let distance = (self.labels[label.0] as i64 - at as i64) as u32;
            self.words[at] |= match field {
                Field::Branch26 => distance & 0x03ff_ffff,
                Field::Branch19 => (distance & 0x7_ffff) << 5,
                // A distance of words has its low two bits clear.
                Field::Adr => (distance & 0x7_ffff) << 5,
            };
        }
        let reloc = |(at, target): (usize, Target)| Reloc {
            offset: 4 * at as u32,
            kind: RelocKind::A64Branch26,
            target,
            addend: 0,
        };
        Section {
            name: "trampoline".to_owned(),
            bytes: self.words.iter().flat_map(|word| word.to_le_bytes()).collect(),
            align: 16,
            code: true,
            writable: false,
            relocs: self.relocs.into_iter().map(reloc).collect(),
            glue: Some(Glue { fixups: self.fixups, entries: self.entries.iter().map(|at| 4 * *at as u32).collect() }),
        }
    }
}
