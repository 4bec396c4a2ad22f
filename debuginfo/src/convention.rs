// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the calling conventions put arguments: x86_64's System V, aarch64's AAPCS64.
//!
//! Only the registers for integers count, in their order (rdi, rsi, …; x0, x1, …): kernels are built without any other.

use spile_frontend::target::{Arch, TypeId, TypeShape};

use crate::btf::Btf;

/// How a parameter travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passing {
    /// As one word, or less.
    Word,
    /// As a 16-byte integer.
    Wide,
    /// As a structure or union of this many bytes; the flag is set if it is aligned to 16.
    Aggregate(u64, bool),
    /// Not in a register for integers, or it takes no room.
    Elsewhere,
}

impl Passing {
    /// How a parameter of this type travels.
    pub(crate) fn of(btf: &Btf, ty: TypeId) -> Self {
        match btf.shape(ty) {
            TypeShape::Int { bytes: 16, .. } => Self::Wide,
            TypeShape::Float { .. } => Self::Elsewhere,
            TypeShape::Struct { bytes: 0, .. } => Self::Elsewhere,
            TypeShape::Struct { bytes, members, .. } => {
                let is_wide = |ty| matches!(btf.shape(ty), TypeShape::Int { bytes: 16, .. });
                Self::Aggregate(bytes.into(), bytes == 16 && members.iter().any(|member| is_wide(member.ty)))
            }
            _ => Self::Word,
        }
    }
}

/// Where a parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The first argument word that holds it (those on the stack follow those in registers); `None` where none does.
    pub(crate) word: Option<u32>,
    /// Whether the word is its address.
    pub(crate) by_address: bool,
}

/// Where each parameter of a function is, and how many words all take: registers, or if any is on the stack, all of the
/// registers and the words there.
///
/// `hidden_result`: the function returns a structure by way of memory that its caller provides.
pub(crate) fn argument_places(arch: Arch, parameters: &[Passing], hidden_result: bool) -> (Vec<Place>, u32) {
    let mut words = match arch {
        Arch::X86_64 => Words { used: u32::from(hidden_result), registers: 6, stacked: 0, arm: false },
        // The address of the result has a register of its own, x8.
        Arch::Aarch64 => Words { used: 0, registers: 8, stacked: 0, arm: true },
    };
    let places = parameters.iter().map(|&parameter| words.assign(parameter)).collect();
    let all = if words.stacked == 0 { words.used } else { words.registers.saturating_add(words.stacked) };
    (places, all)
}

/// Where the arguments of a tracepoint are: kshim hands over an array of all, however many registers there are.
pub(crate) fn tracepoint_places(parameters: &[Passing]) -> Vec<Place> {
    let mut all = Words { used: 0, registers: u32::MAX, stacked: 0, arm: false };
    parameters.iter().map(|&parameter| all.assign(parameter)).collect()
}

/// Whether a result of this size is returned through memory.
pub(crate) fn result_in_memory(result: Passing) -> bool {
    matches!(result, Passing::Aggregate(bytes, _) if bytes > 16)
}

struct Words {
    /// Registers that are taken.
    used: u32,
    registers: u32,
    /// Words on the stack that are taken.
    stacked: u32,
    arm: bool,
}

impl Words {
    fn assign(&mut self, parameter: Passing) -> Place {
        let here = |word| Place { word: Some(word), by_address: false };
        match parameter {
            Passing::Word => here(self.take(1, false)),
            Passing::Wide => here(self.take(2, true)),
            // aarch64 passes the address of a copy, x86 puts the whole on the stack.
            Passing::Aggregate(bytes, _) if bytes > 16 && self.arm => {
                Place { word: Some(self.take(1, false)), by_address: true }
            }
            Passing::Aggregate(bytes, aligned) if bytes > 16 || (aligned && !self.arm) => {
                here(self.stack(bytes.div_ceil(8) as u32, aligned))
            }
            Passing::Aggregate(bytes, aligned) => here(self.take(bytes.div_ceil(8) as u32, aligned)),
            Passing::Elsewhere => Place { word: None, by_address: false },
        }
    }

    /// The first of some registers, if as many are left; else of some words on the stack.
    fn take(&mut self, words: u32, even: bool) -> u32 {
        let first = if even && self.arm { self.used.next_multiple_of(2) } else { self.used };
        if first.checked_add(words).is_some_and(|end| end <= self.registers) {
            self.used = first + words;
            return first;
        }
        if self.arm {
            // On aarch64 nothing goes to a register any more once something went to the stack.
            self.used = self.registers;
        }
        self.stack(words, even)
    }

    fn stack(&mut self, words: u32, even: bool) -> u32 {
        let first = if even { self.stacked.next_multiple_of(2) } else { self.stacked };
        self.stacked = first.saturating_add(words);
        self.registers.saturating_add(first)
    }
}

#[cfg(test)]
mod tests {
    use super::Passing::{Aggregate, Elsewhere, Wide, Word};
    use super::*;

    fn words(places: Vec<Place>) -> Vec<Option<u32>> {
        places.into_iter().map(|place| place.word).collect()
    }

    fn x86(parameters: &[Passing]) -> Vec<Option<u32>> {
        words(argument_places(Arch::X86_64, parameters, false).0)
    }

    fn arm(parameters: &[Passing]) -> Vec<Option<u32>> {
        words(argument_places(Arch::Aarch64, parameters, false).0)
    }

    #[test]
    fn words_fill_the_registers_and_then_the_stack() {
        let nine: Vec<_> = (0..9).map(Some).collect();
        assert_eq!(arm(&[Word; 9]), nine);
        assert_eq!(x86(&[Word; 9]), nine);
        assert_eq!(x86(&[Elsewhere, Word]), [None, Some(0)]);
    }

    #[test]
    fn structures_take_one_word_or_two() {
        let small = [Aggregate(4, false), Aggregate(16, false), Word];
        assert_eq!(x86(&small), [Some(0), Some(1), Some(3)]);
        assert_eq!(arm(&small), [Some(0), Some(1), Some(3)]);
        // By the address of a copy on one, on the stack on the other.
        assert_eq!(x86(&[Aggregate(24, false), Word, Aggregate(24, false)]), [Some(6), Some(0), Some(9)]);
        let (large, taken) = argument_places(Arch::Aarch64, &[Aggregate(24, false), Word], false);
        assert_eq!(taken, 2);
        assert_eq!(argument_places(Arch::X86_64, &[Aggregate(24, false), Word], false).1, 9);
        assert_eq!(large[0], Place { word: Some(0), by_address: true });
        assert_eq!(large[1], Place { word: Some(1), by_address: false });
    }

    #[test]
    fn wide_integers_are_aligned_on_aarch64_only() {
        assert_eq!(x86(&[Word, Wide, Word]), [Some(0), Some(1), Some(3)]);
        assert_eq!(arm(&[Word, Wide, Word]), [Some(0), Some(2), Some(4)]);
        assert_eq!(x86(&[Aggregate(16, true), Word]), [Some(6), Some(0)]);
        assert_eq!(arm(&[Word, Aggregate(16, true), Word]), [Some(0), Some(2), Some(4)]);
    }

    #[test]
    fn what_does_not_fit_closes_the_registers_on_aarch64_only() {
        let mut parameters = vec![Word; 5];
        parameters.extend([Aggregate(16, false), Word]);
        assert_eq!(x86(&parameters)[5..], [Some(6), Some(5)]);
        let mut parameters = vec![Word; 7];
        parameters.extend([Aggregate(16, false), Word]);
        assert_eq!(arm(&parameters)[7..], [Some(8), Some(10)]);
    }

    #[test]
    fn a_result_in_memory_takes_the_first_register_on_x86_only() {
        assert_eq!(words(argument_places(Arch::X86_64, &[Word], true).0), [Some(1)]);
        assert_eq!(words(argument_places(Arch::Aarch64, &[Word], true).0), [Some(0)]);
        assert!(result_in_memory(Aggregate(24, false)) && !result_in_memory(Aggregate(16, false)));
    }

    #[test]
    fn tracepoints_have_all_their_words() {
        assert_eq!(words(tracepoint_places(&[Word; 10]))[9], Some(9));
        assert_eq!(words(tracepoint_places(&[Word, Aggregate(16, false), Word])), [Some(0), Some(1), Some(3)]);
        // No array has so many words.
        assert_eq!(words(tracepoint_places(&[Aggregate(24, false)])), [Some(u32::MAX)]);
    }
}
