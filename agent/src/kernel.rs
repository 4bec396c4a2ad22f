// SPDX-License-Identifier: MIT OR Apache-2.0
#![expect(unsafe_code, reason = "ioctls and shared memory")]
//! The engine of the kernel: kshim's device.

use std::fs::{File, OpenOptions};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use spile_abi::raw;

use crate::addresses;
use crate::engine::{Engine, State};
use crate::protocol::{FailedProbe, Hello, PROTOCOL_VERSION};
use spile_output::{CpuReport, Report};

/// kshim's device.
pub const DEVICE: &str = "/dev/spile";

/// Bytes copied out of one ring at a time, so that one busy CPU cannot starve the others.
const DRAIN_LIMIT: u64 = 1 << 20;

/// Runs an image in the kernel. Closing the device undoes everything.
pub struct KernelEngine {
    device: File,
    info: raw::spile_info,
    rings: Vec<Ring>,
    n_probes: u32,
}

impl KernelEngine {
    /// Opens kshim's device.
    pub fn open() -> Result<Self> {
        let device = OpenOptions::new().read(true).write(true).open(DEVICE).with_context(|| {
            format!("cannot open {DEVICE}: kshim must be loaded (insmod kshim.ko), and the agent must be root")
        })?;
        let mut info = raw::spile_info::default();
        ioctl(&device, spile_abi::SPILE_IOCTL_INFO, &mut info).context("asking kshim who it is")?;
        if info.abi_hash != spile_abi::SPILE_ABI_HASH {
            bail!(
                "kshim has ABI {:016x}, this agent {:016x}: build both from one source",
                info.abi_hash,
                spile_abi::SPILE_ABI_HASH
            );
        }
        Ok(Self { device, info, rings: Vec::new(), n_probes: 0 })
    }

    fn probe_status(&self, probe: u32) -> Result<raw::spile_probe_status> {
        let mut status = raw::spile_probe_status { probe, ..Default::default() };
        ioctl(&self.device, spile_abi::SPILE_IOCTL_PROBE, &mut status).context("asking for a probe's state")?;
        Ok(status)
    }

    fn status(&self) -> Result<raw::spile_status> {
        let mut status = raw::spile_status::default();
        ioctl(&self.device, spile_abi::SPILE_IOCTL_STATUS, &mut status).context("asking for the session's state")?;
        Ok(status)
    }
}

impl Engine for KernelEngine {
    fn hello(&self) -> Hello {
        let release = nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned());
        Hello {
            protocol: PROTOCOL_VERSION,
            abi_hash: self.info.abi_hash,
            arch: std::env::consts::ARCH.into(),
            release: release.unwrap_or_default(),
            n_cpus: self.info.n_cpus,
        }
    }

    fn load(&mut self, image: &[u8], ring_bytes: u32, param: u64) -> Result<()> {
        let mut image = image.to_vec();
        self.n_probes = addresses::resolve(&mut image)?;
        let mut load = raw::spile_load {
            image: image.as_ptr().expose_provenance() as u64,
            image_size: image.len().try_into().context("the image is too large")?,
            ring_bytes,
            param,
            ..raw::spile_load::default()
        };
        ioctl(&self.device, spile_abi::SPILE_IOCTL_LOAD, &mut load).context("kshim refuses the image")?;
        ioctl(&self.device, spile_abi::SPILE_IOCTL_INFO, &mut self.info)?;
        let page_size = self.info.page_size as usize;
        for cpu in 0..self.info.n_cpus {
            let offset = u64::from(cpu) * self.info.ring_stride;
            self.rings.push(Ring::map(&self.device, cpu, offset, page_size, ring_bytes as usize)?);
        }
        Ok(())
    }

    fn start(&mut self) -> Result<Vec<FailedProbe>> {
        ioctl::<()>(&self.device, spile_abi::SPILE_IOCTL_START, &mut ()).context("kshim cannot start the session")?;
        let mut failed = Vec::new();
        for probe in 0..self.n_probes {
            let error = self.probe_status(probe)?.error;
            if error != 0 {
                failed.push(FailedProbe { probe, errno: -error });
            }
        }
        Ok(failed)
    }

    fn stop(&mut self) -> Result<()> {
        ioctl::<()>(&self.device, spile_abi::SPILE_IOCTL_STOP, &mut ()).context("kshim cannot stop the session")
    }

    fn state(&self) -> Result<State> {
        Ok(match self.status()?.state {
            raw::SPILE_STATE_EXITING | raw::SPILE_STATE_FAILED => State::Ending,
            raw::SPILE_STATE_STOPPED => State::Stopped,
            _ => State::Running,
        })
    }

    fn drain(&mut self) -> Result<Vec<(u32, Vec<u8>)>> {
        let chunks = self.rings.iter_mut().map(|ring| Ok((ring.cpu, ring.take()?)));
        let chunks: Result<Vec<_>> = chunks.collect();
        Ok(chunks?.into_iter().filter(|(_, records)| !records.is_empty()).collect())
    }

    fn report(&self) -> Result<Report> {
        let missed = (0..self.n_probes).map(|probe| Ok((probe, self.probe_status(probe)?.missed)));
        let missed: Result<Vec<_>> = missed.collect();
        Ok(Report {
            failed: self.status()?.failed != 0,
            cpus: self.rings.iter().map(Ring::report).collect(),
            missed: missed?.into_iter().filter(|(_, count)| *count != 0).collect(),
            command_status: None,
        })
    }

    fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.device.as_fd())
    }

    fn run_due(&mut self) -> Option<Duration> {
        None
    }
}

fn ioctl<T>(device: &File, request: u32, argument: &mut T) -> Result<()> {
    // SAFETY: each request is passed the structure that the ABI gives it, which lives through the call.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), request as libc::Ioctl, std::ptr::from_mut(argument)) };
    nix::errno::Errno::result(result)?;
    Ok(())
}

/// One CPU's ring, mapped.
struct Ring {
    cpu: u32,
    base: NonNull<std::ffi::c_void>,
    page_size: usize,
    ring_bytes: usize,
}

impl Ring {
    fn map(device: &File, cpu: u32, offset: u64, page_size: usize, ring_bytes: usize) -> Result<Self> {
        let file_offset = |pages: usize| libc::off_t::try_from(offset as usize + pages * page_size);
        let whole = NonZeroUsize::new(2 * page_size + ring_bytes).context("an empty ring")?;
        let read = ProtFlags::PROT_READ;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let base = unsafe { mmap(None, whole, read, MapFlags::MAP_SHARED, device, file_offset(0)?) }
            .context("cannot map a ring")?;
        let ring = Self { cpu, base, page_size, ring_bytes };
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

    fn control(&self) -> NonNull<raw::spile_ring> {
        self.base.cast()
    }

    /// A counter of the control page, which the kernel writes meanwhile.
    fn counter(&self, counter: *const u64) -> u64 {
        // SAFETY: the pointer is to an aligned word of the mapped control page.
        unsafe { AtomicU64::from_ptr(counter.cast_mut()) }.load(Ordering::Relaxed)
    }

    fn report(&self) -> CpuReport {
        let ring = self.control().as_ptr();
        // SAFETY: `&raw` only computes addresses inside the mapped control page.
        let (hits, skips, dropped, dropped_bytes) = unsafe {
            (
                &raw const (*ring).counters.hits,
                &raw const (*ring).counters.skips,
                &raw const (*ring).dropped,
                &raw const (*ring).dropped_bytes,
            )
        };
        let skips: *const u64 = skips.cast();
        CpuReport {
            hits: self.counter(hits),
            skips: (0..raw::SPILE_SKIPS as usize).map(|skip| self.counter(skips.wrapping_add(skip))).collect(),
            dropped: self.counter(dropped),
            dropped_bytes: self.counter(dropped_bytes),
        }
    }

    /// Takes whole records, up to the first that is not committed.
    fn take(&mut self) -> Result<Vec<u8>> {
        // SAFETY: head is the first word of the control page, tail that of the next page: mapped, aligned.
        let (head, tail_word) = unsafe {
            let head = AtomicU64::from_ptr((&raw mut (*self.control().as_ptr()).head).cast());
            let tail = AtomicU64::from_ptr(self.base.byte_add(self.page_size).cast().as_ptr());
            (head.load(Ordering::Acquire), tail)
        };
        let mut tail = tail_word.load(Ordering::Relaxed);
        let end = head.min(tail + DRAIN_LIMIT);
        let mut records = Vec::new();
        while tail < end {
            let offset = tail as usize & (self.ring_bytes - 1);
            // SAFETY: records begin at multiples of 8 inside the mapped data.
            let size_word = unsafe {
                let at = self.base.byte_add(2 * self.page_size + offset);
                std::sync::atomic::AtomicU32::from_ptr(at.cast().as_ptr()).load(Ordering::Acquire)
            };
            if size_word & raw::SPILE_RECORD_BUSY != 0 {
                break;
            }
            let size = (size_word & raw::SPILE_RECORD_SIZE) as usize;
            if size < 8 || !size.is_multiple_of(8) || offset + size > self.ring_bytes {
                bail!("the ring of CPU {} is broken: a record of {size} bytes at {offset}", self.cpu);
            }
            // SAFETY: the record is inside the mapped data, committed, and stays until the tail passes it.
            let record = unsafe {
                let at = self.base.byte_add(2 * self.page_size + offset);
                std::slice::from_raw_parts(at.cast::<u8>().as_ptr(), size)
            };
            let kind = record.get(4..6).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
            if kind.map(u32::from) != Some(raw::SPILE_RECORD_PAD) {
                records.extend_from_slice(record);
            }
            tail += size as u64;
            tail_word.store(tail, Ordering::Release);
        }
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
