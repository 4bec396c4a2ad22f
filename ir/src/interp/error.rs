// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors that a handler can raise.

use crate::Space;

/// Why an instruction failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Action,
    /// No error: the script's abort().
    Abort,
    Nesting,
    Division,
    /// The size of an array that has one of its own.
    MapFull(Option<u32>),
    Empty,
    HistIndex,
    Exhausted,
    Read(u64),
    Write(u64),
    String(Space, u64),
    Script(Vec<u8>),
}

impl Fault {
    /// The text that a catch block gets, not yet cut to the limit.
    pub fn message(&self) -> Vec<u8> {
        match self {
            Self::Action => "MAXACTION exceeded".into(),
            Self::Abort => Vec::new(),
            Self::Nesting => "MAXNESTING exceeded".into(),
            Self::Division => "division by 0".into(),
            Self::MapFull(None) => "Array overflow, check MAXMAPENTRIES".into(),
            Self::MapFull(Some(size)) => format!("Array overflow, check size limit ({size})").into(),
            Self::Empty => "empty aggregate".into(),
            Self::HistIndex => "histogram index out of range".into(),
            Self::Exhausted => "all functions exhausted".into(),
            Self::Read(addr) => format!("read fault [man error::fault] at 0x{addr:016x}").into(),
            Self::Write(addr) => format!("write fault [man error::fault] at 0x{addr:016x}").into(),
            Self::String(Space::Kernel, addr) => {
                format!("kernel string copy fault at 0x{addr:016x} [man error::fault]").into()
            }
            Self::String(Space::User, addr) => {
                format!("user string copy fault -14 at 0x{addr:016x} [man error::fault]").into()
            }
            Self::Script(text) => text.clone(),
        }
    }

    /// Whether `try` can catch it: an exhausted budget leaves nothing to go on with, nor does abort().
    pub fn is_catchable(&self) -> bool {
        !matches!(self, Self::Action | Self::Abort)
    }
}
