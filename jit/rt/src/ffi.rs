// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The host's part of the C runtime (src/host.c), behind safe functions.
#![expect(unsafe_code, reason = "calls into the C runtime")]

use crate::raw::{self, rt_global, rt_value};

mod c {
    use crate::raw::{rt_global, rt_value};

    unsafe extern "C" {
        pub fn rt_layout(global: *mut rt_global, data: *mut u64, part: *mut u64) -> i32;
        pub safe fn rt_str_slot(max_string: u32) -> u32;
        pub safe fn rt_scratch_reserve(max_string: u32, matches: u32) -> u32;
        pub fn rt_format(
            out: *mut u8,
            capacity: u64,
            text: *const u8,
            length: u64,
            values: *const rt_value,
            n: u64,
        ) -> u64;
        pub fn rt_message(out: *mut u8, capacity: u64, code: u32, arg: u64) -> u64;
    }
}

/// An argument of a format.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// An integer.
    Int(i64),
    /// A string, without NUL.
    Str(&'a [u8]),
    /// A histogram, drawn as a chart.
    Hist(&'a HistData),
}

/// A histogram: `struct spile_hist` and its buckets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistData(Vec<u64>);

/// Words of `struct spile_hist`.
const HIST_WORDS: usize = size_of::<spile_abi::spile_hist>() / 8;

impl HistData {
    /// From the words of a print record: `struct spile_hist`, then as many buckets as it says, whose sum must
    /// not exceed `u64`. Nothing where the words are not that.
    pub fn from_words(words: &[u64]) -> Option<Self> {
        let (kind, n_buckets) = (*words.first()? as u32, (words[0] >> 32) as usize);
        let known =
            matches!(kind, raw::RT_HIST_LINEAR) && n_buckets >= 3 || kind == raw::RT_HIST_LOG && n_buckets == 128;
        (known && words.len() == HIST_WORDS + n_buckets).then(|| Self(words.to_vec()))
    }

    /// From a header, whose `n_buckets` is ignored, and its buckets.
    pub fn new(header: spile_abi::spile_hist, buckets: &[u64]) -> Option<Self> {
        let kind = u64::from(header.kind) | (buckets.len() as u64) << 32;
        let mut words = vec![kind];
        words.extend(
            [header.low, header.high, header.step, header.count, header.sum, header.min, header.max]
                .map(|word| word as u64),
        );
        words.extend(buckets);
        Self::from_words(&words)
    }
}

/// Formats as the script's printf does, without a limit of length.
///
/// A missing argument is 0; one of another type than the conversion's is printed by its own type.
pub fn format(text: &[u8], args: &[Arg<'_>]) -> Vec<u8> {
    let mut formatter = Formatter::default();
    let made = formatter.format::<std::convert::Infallible>(text, args.iter().copied().map(Ok));
    made.map(<[u8]>::to_vec).unwrap_or_default()
}

/// [`format()`] again and again, in the same memory.
#[derive(Default)]
pub struct Formatter {
    values: Vec<rt_value>,
    out: Vec<u8>,
}

impl Formatter {
    /// Formats arguments, unless one of them is an error.
    pub fn format<'a, E>(&mut self, text: &[u8], args: impl Iterator<Item = Result<Arg<'a>, E>>) -> Result<&[u8], E> {
        self.values.clear();
        for arg in args {
            self.values.push(value(&arg?));
        }
        let (values, out) = (&self.values, &mut self.out);
        let length = grow(out, |out| {
            // SAFETY: `out` has the capacity passed; `text` and `values` have the lengths passed, and `values` points
            // to what arguments borrow for longer than this call, histograms having as many buckets as they say
            // (`HistData::from_words`).
            unsafe {
                c::rt_format(
                    out.as_mut_ptr(),
                    out.len() as u64,
                    text.as_ptr(),
                    text.len() as u64,
                    values.as_ptr(),
                    values.len() as u64,
                )
            }
        });
        Ok(&self.out[..length])
    }
}

fn value(arg: &Arg<'_>) -> rt_value {
    match *arg {
        Arg::Int(value) => rt_value { type_: u64::from(raw::RT_ARG_INT), word: value as u64, length: 0 },
        Arg::Str(bytes) => rt_value {
            type_: u64::from(raw::RT_ARG_STR),
            word: bytes.as_ptr().addr() as u64,
            length: bytes.len() as u64,
        },
        Arg::Hist(hist) => {
            rt_value { type_: u64::from(raw::RT_ARG_HIST), word: hist.0.as_ptr().addr() as u64, length: 0 }
        }
    }
}

/// The message of an error (`SPILE_ERROR_*`) with its argument, without the place; empty for the script's own.
pub fn error_text(code: u32, arg: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let length = grow(&mut out, |out| {
        // SAFETY: `out` has the capacity passed.
        unsafe { c::rt_message(out.as_mut_ptr(), out.len() as u64, code, arg) }
    });
    out.truncate(length);
    out
}

/// Runs a function that fills a buffer and returns the bytes it would need, twice if need be; those bytes.
fn grow(out: &mut Vec<u8>, fill: impl Fn(&mut [u8]) -> u64) -> usize {
    if out.is_empty() {
        out.resize(256, 0);
    }
    let length = fill(out) as usize;
    if length > out.len() {
        out.resize(length, 0);
        fill(out);
    }
    length
}

/// A global does not fit: too many elements or buckets, or no room in the image's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayoutError;

/// Computes the lower part of a global from the upper, and advances the bytes used so far of the image's data
/// (which begin at the size of `rt_session`) and of each context's part.
pub fn layout(global: &mut rt_global, data: &mut u64, part: &mut u64) -> Result<(), LayoutError> {
    // SAFETY: three distinct, valid references.
    let status = unsafe { c::rt_layout(global, data, part) };
    if status == 0 { Ok(()) } else { Err(LayoutError) }
}

/// Bytes of storage for a string (`struct rt_str`) of at most `max_string - 1` bytes, a multiple of 8.
pub fn str_slot(max_string: u32) -> u32 {
    c::rt_str_slot(max_string)
}

/// Bytes at the end of the scratch memory that the runtime keeps for itself.
pub fn scratch_reserve(max_string: u32, matches: bool) -> u32 {
    c::rt_scratch_reserve(max_string, matches.into())
}
