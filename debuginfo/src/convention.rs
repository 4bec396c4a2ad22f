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

/// The argument word that holds each parameter, `None` where it is in no single register.
///
/// `hidden_result`: the function returns a structure by way of memory that its caller provides.
pub(crate) fn argument_words(arch: Arch, parameters: &[Passing], hidden_result: bool) -> Vec<Option<u32>> {
    let mut registers = match arch {
        Arch::X86_64 => Registers { used: u32::from(hidden_result), count: 6, arm: false },
        // The address of the result has a register of its own, x8.
        Arch::Aarch64 => Registers { used: 0, count: 8, arm: true },
    };
    parameters.iter().map(|&parameter| registers.assign(parameter)).collect()
}

/// The words of a tracepoint's arguments: kshim hands over an array of all, however many registers there are.
pub(crate) fn tracepoint_words(parameters: &[Passing]) -> Vec<Option<u32>> {
    let mut all = Registers { used: 0, count: u32::MAX, arm: false };
    parameters.iter().map(|&parameter| all.assign(parameter)).collect()
}

/// Whether a result of this size is returned through memory.
pub(crate) fn result_in_memory(result: Passing) -> bool {
    matches!(result, Passing::Aggregate(bytes, _) if bytes > 16)
}

struct Registers {
    used: u32,
    count: u32,
    arm: bool,
}

impl Registers {
    fn assign(&mut self, parameter: Passing) -> Option<u32> {
        match parameter {
            Passing::Word => self.take(1, false),
            Passing::Wide => self.take(2, true).and(None),
            Passing::Aggregate(bytes, _) if bytes > 16 => {
                // aarch64 passes the address of a copy, x86 puts the whole on the stack.
                if self.arm { self.take(1, false).and(None) } else { None }
            }
            // x86 has such structures on the stack as well.
            Passing::Aggregate(_, true) if !self.arm => None,
            Passing::Aggregate(bytes, aligned) => {
                let words = bytes.div_ceil(8) as u32;
                self.take(words, aligned).filter(|_| words == 1)
            }
            Passing::Elsewhere => None,
        }
    }

    /// The first of some registers, if as many are left.
    fn take(&mut self, words: u32, even: bool) -> Option<u32> {
        let first = if even && self.arm { self.used.next_multiple_of(2) } else { self.used };
        if first.checked_add(words)? <= self.count {
            self.used = first + words;
            return Some(first);
        }
        if self.arm {
            // On aarch64 nothing goes to a register any more once something went to the stack.
            self.used = self.count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Passing::{Aggregate, Elsewhere, Wide, Word};
    use super::*;

    fn x86(parameters: &[Passing]) -> Vec<Option<u32>> {
        argument_words(Arch::X86_64, parameters, false)
    }

    fn arm(parameters: &[Passing]) -> Vec<Option<u32>> {
        argument_words(Arch::Aarch64, parameters, false)
    }

    #[test]
    fn words_fill_the_registers() {
        let eight: Vec<_> = (0..8).map(Some).collect();
        assert_eq!(arm(&[Word; 9])[..8], eight);
        assert_eq!(arm(&[Word; 9])[8], None);
        assert_eq!(x86(&[Word; 7])[..6], eight[..6]);
        assert_eq!(x86(&[Word; 7])[6], None);
        assert_eq!(x86(&[Elsewhere, Word]), [None, Some(0)]);
    }

    #[test]
    fn structures_take_one_word_two_or_none() {
        let small = [Aggregate(4, false), Aggregate(16, false), Word];
        assert_eq!(x86(&small), [Some(0), None, Some(3)]);
        assert_eq!(arm(&small), [Some(0), None, Some(3)]);
        // By hidden reference on one, on the stack on the other.
        assert_eq!(x86(&[Aggregate(24, false), Word]), [None, Some(0)]);
        assert_eq!(arm(&[Aggregate(24, false), Word]), [None, Some(1)]);
    }

    #[test]
    fn wide_integers_are_aligned_on_aarch64_only() {
        assert_eq!(x86(&[Word, Wide, Word]), [Some(0), None, Some(3)]);
        assert_eq!(arm(&[Word, Wide, Word]), [Some(0), None, Some(4)]);
        assert_eq!(x86(&[Aggregate(16, true), Word]), [None, Some(0)]);
        assert_eq!(arm(&[Word, Aggregate(16, true), Word]), [Some(0), None, Some(4)]);
    }

    #[test]
    fn what_does_not_fit_closes_the_registers_on_aarch64_only() {
        let mut parameters = vec![Word; 5];
        parameters.extend([Aggregate(16, false), Word]);
        assert_eq!(x86(&parameters)[5..], [None, Some(5)]);
        let mut parameters = vec![Word; 7];
        parameters.extend([Aggregate(16, false), Word]);
        assert_eq!(arm(&parameters)[7..], [None, None]);
    }

    #[test]
    fn a_result_in_memory_takes_the_first_register_on_x86_only() {
        assert_eq!(argument_words(Arch::X86_64, &[Word], true), [Some(1)]);
        assert_eq!(argument_words(Arch::Aarch64, &[Word], true), [Some(0)]);
        assert!(result_in_memory(Aggregate(24, false)) && !result_in_memory(Aggregate(16, false)));
    }

    #[test]
    fn tracepoints_have_all_their_words() {
        assert_eq!(tracepoint_words(&[Word; 10])[9], Some(9));
        assert_eq!(tracepoint_words(&[Word, Aggregate(16, false), Word]), [Some(0), None, Some(3)]);
    }
}
