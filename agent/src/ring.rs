// SPDX-License-Identifier: MIT OR Apache-2.0
#![expect(unsafe_code, reason = "shared memory")]
//! The ring of one CPU, as kshim lends it.

use std::fs::File;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use anyhow::{Context, Result, bail};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use spile_abi::raw;
use spile_output::CpuReport;

/// Bytes copied out of one ring at a time, so that one busy CPU cannot starve the others; few enough that the memory for them
/// is used again, instead of being mapped and cleared each time.
const DRAIN_LIMIT: u64 = 96 << 10;

/// A mapped ring.
pub struct Ring {
    cpu: u32,
    base: NonNull<std::ffi::c_void>,
    page_size: usize,
    ring_bytes: usize,
    /// Flight recorder: what is before this position has been taken.
    taken: u64,
    /// Records taken so far, without pads.
    records: u64,
}

/// What is at a position.
enum Found {
    /// A whole record, or a pad, of so many bytes.
    Whole { bytes: u64, is_pad: bool },
    /// A record that is being written.
    Busy,
}

impl Ring {
    /// Maps the ring at an offset of the device.
    pub fn map(device: &File, cpu: u32, offset: u64, page_size: usize, ring_bytes: usize) -> Result<Self> {
        let file_offset = |pages: usize| libc::off_t::try_from(offset as usize + pages * page_size);
        let whole = NonZeroUsize::new(2 * page_size + ring_bytes).context("an empty ring")?;
        let read = ProtFlags::PROT_READ;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let base = unsafe { mmap(None, whole, read, MapFlags::MAP_SHARED, device, file_offset(0)?) }
            .context("cannot map a ring")?;
        let ring = Self { cpu, base, page_size, ring_bytes, taken: 0, records: 0 };
        let tail_address = NonZeroUsize::new(base.as_ptr() as usize + page_size);
        let page = NonZeroUsize::new(page_size).context("an empty page")?;
        // SAFETY: replaces the second page of the mapping just made, which nothing refers to yet.
        unsafe {
            let flags = MapFlags::MAP_SHARED | MapFlags::MAP_FIXED;
            mmap(tail_address, page, read | ProtFlags::PROT_WRITE, flags, device, file_offset(1)?)
        }
        .context("cannot map a ring's tail")?;
        Ok(ring)
    }

    /// Whose it is.
    pub fn cpu(&self) -> u32 {
        self.cpu
    }

    /// How large it is.
    pub fn bytes(&self) -> u32 {
        self.ring_bytes as u32
    }

    fn control(&self) -> *mut raw::spile_ring {
        self.base.cast().as_ptr()
    }

    fn tail(&self) -> *mut raw::spile_ring_tail {
        // SAFETY: the second page of the mapping.
        unsafe { self.base.byte_add(self.page_size) }.cast().as_ptr()
    }

    /// A word of the mapping that the kernel shares.
    fn word(&self, word: *const u64) -> &AtomicU64 {
        // SAFETY: callers pass the address of an aligned word inside the mapping.
        unsafe { AtomicU64::from_ptr(word.cast_mut()) }
    }

    fn head(&self) -> u64 {
        // SAFETY: `&raw` only computes addresses inside the mapped control page.
        self.word(unsafe { &raw const (*self.control()).head }).load(Ordering::Acquire)
    }

    fn first(&self) -> u64 {
        // SAFETY: as in `head`.
        self.word(unsafe { &raw const (*self.control()).first }).load(Ordering::Acquire)
    }

    /// Whether the script has asked for the rings to be read since the last time.
    pub fn answer_flush(&mut self) -> bool {
        // SAFETY: `&raw` only computes addresses inside the mapped pages.
        let (asked, answered) = unsafe { (&raw const (*self.control()).flushes, &raw const (*self.tail()).flushes) };
        let asked = self.word(asked).load(Ordering::Relaxed);
        self.word(answered).swap(asked, Ordering::Relaxed) != asked
    }

    /// Its counters.
    pub fn report(&self, flight_recorder: bool) -> CpuReport {
        let ring = self.control();
        // SAFETY: `&raw` only computes addresses inside the mapped control page.
        let (hits, skips, records, dropped, dropped_bytes) = unsafe {
            (
                &raw const (*ring).counters.hits,
                &raw const (*ring).counters.skips,
                &raw const (*ring).records,
                &raw const (*ring).dropped,
                &raw const (*ring).dropped_bytes,
            )
        };
        let skips: *const u64 = skips.cast();
        let count = |counter: *const u64| self.word(counter).load(Ordering::Relaxed);
        CpuReport {
            hits: count(hits),
            skips: (0..raw::SPILE_SKIPS as usize).map(|skip| count(skips.wrapping_add(skip))).collect(),
            dropped: count(dropped),
            dropped_bytes: count(dropped_bytes),
            displaced: if flight_recorder { count(records).saturating_sub(self.records) } else { 0 },
        }
    }

    fn offset(&self, position: u64) -> usize {
        position as usize & (self.ring_bytes - 1)
    }

    /// The start of the data at an offset below the ring's size.
    fn data(&self, offset: usize) -> *mut u8 {
        // SAFETY: the data begin in the third page, and all of them are mapped.
        unsafe { self.base.byte_add(2 * self.page_size + offset) }.cast().as_ptr()
    }

    /// Looks at the record at a position; `None` where there cannot be one.
    fn look(&self, position: u64) -> Option<Found> {
        let offset = self.offset(position);
        if !offset.is_multiple_of(8) {
            return None;
        }
        let at: *mut u32 = self.data(offset).cast();
        // SAFETY: two aligned words inside the mapped data, which only the kernel writes.
        let (size_word, kind) = unsafe {
            let size = AtomicU32::from_ptr(at).load(Ordering::Acquire);
            (size, AtomicU32::from_ptr(at.wrapping_add(1)).load(Ordering::Relaxed) & 0xffff)
        };
        let size = (size_word & raw::SPILE_RECORD_SIZE) as usize;
        if size < 8 || !size.is_multiple_of(8) || offset + size > self.ring_bytes {
            return None;
        }
        let bytes = size as u64;
        Some(if size_word & raw::SPILE_RECORD_BUSY != 0 {
            Found::Busy
        } else {
            Found::Whole { bytes, is_pad: kind == raw::SPILE_RECORD_PAD }
        })
    }

    /// Appends what is between two positions, which no wrap lies between.
    fn copy(&self, from: u64, to: u64, records: &mut Vec<u8>) {
        let (length, start) = ((to - from) as usize, records.len());
        let at = self.data(self.offset(from));
        records.reserve(length);
        // SAFETY: `look` has found records there, inside the mapped data, and there is room for them. A flight recorder's
        // may be overwritten meanwhile: they are copied as bytes, and thrown away if that happened.
        unsafe {
            std::ptr::copy_nonoverlapping(at, records.as_mut_ptr().add(start), length);
            records.set_len(start + length);
        }
    }

    /// Takes whole records, up to the first that is not committed; and the time of what it leaves behind, if anything.
    pub fn take(&mut self) -> Result<(Vec<u8>, Option<u64>)> {
        // SAFETY: `&raw` only computes the address.
        let tail_word = self.word(unsafe { &raw const (*self.tail()).tail });
        let mut at = tail_word.load(Ordering::Relaxed);
        let head = self.head();
        let end = head.min(at + DRAIN_LIMIT);
        let mut records = Vec::with_capacity((end - at) as usize);
        // Runs of records are copied in one piece.
        let mut run = at;
        let mut count = 0;
        let mut left = None;
        while at < head {
            match self.look(at) {
                Some(Found::Whole { is_pad: false, .. }) if at >= end => {
                    left = Some(self.time(at));
                    break;
                }
                Some(Found::Busy) => {
                    left = Some(self.time(at));
                    break;
                }
                Some(Found::Whole { bytes, is_pad }) => {
                    if is_pad || self.offset(at) == 0 {
                        self.copy(run, at, &mut records);
                        run = if is_pad { at + bytes } else { at };
                    }
                    count += u64::from(!is_pad);
                    at += bytes;
                }
                None => bail!("the ring of CPU {} is broken at {at}", self.cpu),
            }
        }
        self.copy(run, at, &mut records);
        tail_word.store(at, Ordering::Release);
        self.records += count;
        Ok((records, left))
    }

    /// When the record at a position, which is no pad, was reserved.
    fn time(&self, position: u64) -> u64 {
        let at = self.offset(position) + std::mem::offset_of!(raw::spile_record, time);
        self.word(self.data(at & (self.ring_bytes - 1)).cast()).load(Ordering::Relaxed)
    }

    /// Takes the newest records, those that were not taken before, while new ones displace the oldest.
    pub fn take_newest(&mut self) -> Result<Vec<u8>> {
        let head = self.head();
        let mut at = self.taken.max(self.first());
        let mut records = Vec::new();
        // Where each record was, and where its copy begins.
        let mut places: Vec<(u64, usize)> = Vec::new();
        while at < head {
            let found = self.look(at);
            // Had it been overwritten, its size would mean nothing.
            let first = self.first();
            if first > at {
                at = first;
                continue;
            }
            match found {
                Some(Found::Whole { bytes, is_pad }) => {
                    if !is_pad {
                        places.push((at, records.len()));
                        self.copy(at, at + bytes, &mut records);
                    }
                    at += bytes;
                }
                Some(Found::Busy) => break,
                None => bail!("the ring of CPU {} is broken at {at}", self.cpu),
            }
        }
        // What was overwritten while it was copied is known by now.
        fence(Ordering::Acquire);
        let first = self.first();
        let valid = places.partition_point(|(position, _)| *position < first);
        let begin = places.get(valid).map_or(records.len(), |(_, begin)| *begin);
        self.records += (places.len() - valid) as u64;
        self.taken = at;
        records.drain(..begin);
        Ok(records)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped by `map`, and no reference into it outlives a call.
        let unmapped = unsafe { munmap(self.base, 2 * self.page_size + self.ring_bytes) };
        debug_assert!(unmapped.is_ok(), "the mapping was ours");
    }
}
