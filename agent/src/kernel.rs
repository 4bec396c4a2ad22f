// SPDX-License-Identifier: MIT OR Apache-2.0
#![expect(unsafe_code, reason = "ioctls")]
//! The engine of the kernel: kshim's device.

use std::fs::{self, File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use nix::errno::Errno;
use spile_abi::raw;
use spile_output::{Attachment, Chunk, Overload, ProbeReport, Report};

use crate::addresses;
use crate::clock::RecordClock;
use crate::engine::{Drain, Drained, Engine, Setup, State};
use crate::protocol::{Hello, PROTOCOL_VERSION};
use crate::ring::Ring;

/// kshim's device.
pub const DEVICE: &str = "/dev/spile";

/// Runs an image in the kernel. Closing the device undoes everything.
pub struct KernelEngine {
    device: File,
    info: raw::spile_info,
    clock: RecordClock,
    rings: Vec<Ring>,
    n_probes: u32,
    flight_recorder: bool,
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
        let clock = RecordClock::new(info.clock);
        Ok(Self { device, info, clock, rings: Vec::new(), n_probes: 0, flight_recorder: false })
    }

    fn probe_status(&self, probe: u32) -> Result<raw::spile_probe_status> {
        let mut status = raw::spile_probe_status { probe, ..Default::default() };
        ioctl(&self.device, spile_abi::SPILE_IOCTL_PROBE, &mut status).context("asking for a probe's state")?;
        Ok(status)
    }

    /// Why a session is refused, where there is something to be done about it.
    fn refusal(&self, image: &[u8], setup: &Setup, error: Error) -> Error {
        let said = match error.downcast_ref() {
            Some(Errno::ENOMEM) => {
                let cpus = u64::from(self.info.n_cpus);
                let globals = spile_abi::Image::parse(image).map_or(0, |image| {
                    u64::from(image.header().data_size)
                        + cpus * u64::from(raw::SPILE_LEVELS) * u64::from(image.header().part_size)
                });
                format!(
                    "there is too little memory for the session: its globals are {} MB (-D MAXMAPENTRIES and array \
                     sizes make them smaller), its rings {cpus} times {} MB (-s)",
                    globals.div_ceil(1 << 20),
                    setup.ring_bytes.div_ceil(1 << 20)
                )
            }
            Some(Errno::ENOSPC) => format!(
                "kshim has {} KB of executable memory left, too little for the script's code: other sessions have the rest",
                self.info.arena_free >> 10
            ),
            Some(Errno::EUSERS) => "kshim runs as many sessions as it can already".into(),
            Some(Errno::EPERM) => "this kernel is locked down: it runs no code that is not signed".into(),
            _ => return error.context("kshim refuses the image"),
        };
        Error::msg(said)
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

    fn load(&mut self, image: &[u8], setup: &Setup) -> Result<()> {
        let mut image = image.to_vec();
        self.n_probes = addresses::resolve(&mut image)?;
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        let mut load = raw::spile_load {
            image: image.as_ptr().expose_provenance() as u64,
            image_size: image.len().try_into().context("the image is too large")?,
            ring_bytes: setup.ring_bytes,
            param: setup.param,
            flags: flag(setup.flight_recorder, raw::SPILE_LOAD_OVERWRITE)
                | flag(setup.overload.unlimited, raw::SPILE_LOAD_NO_OVERLOAD),
            attach: setup.attach,
            overload_threshold: setup.overload.threshold.unwrap_or(0),
            overload_interval: setup.overload.interval.unwrap_or(0),
        };
        ioctl(&self.device, spile_abi::SPILE_IOCTL_LOAD, &mut load)
            .map_err(|error| self.refusal(&image, setup, error))?;
        ioctl(&self.device, spile_abi::SPILE_IOCTL_INFO, &mut self.info)?;
        self.flight_recorder = setup.flight_recorder;
        let (page_size, bytes) = (self.info.page_size as usize, setup.ring_bytes as usize);
        for cpu in 0..self.info.n_cpus {
            let offset = u64::from(cpu) * self.info.ring_stride;
            self.rings.push(Ring::map(&self.device, cpu, offset, page_size, bytes)?);
        }
        Ok(())
    }

    fn start(&mut self) -> Result<Vec<Attachment>> {
        ioctl::<()>(&self.device, spile_abi::SPILE_IOCTL_START, &mut ()).context("kshim cannot start the session")?;
        (0..self.n_probes).map(|probe| Ok(attachment(&self.probe_status(probe)?))).collect()
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

    fn drain(&mut self, what: Drain) -> Result<Drained> {
        let mut drained = Drained { horizon: self.clock.horizon(), chunks: Vec::new(), more: false };
        // The script's wish is known by all rings together: it may have come from any CPU.
        let wanted = self.rings.iter_mut().map(Ring::answer_flush).filter(|asked| *asked).count() != 0;
        for ring in &mut self.rings {
            let records = match self.flight_recorder {
                true if wanted || what == Drain::All => ring.take_newest()?,
                true => Vec::new(),
                false => {
                    let (records, left) = ring.take()?;
                    drained.more |= left.is_some();
                    drained.horizon = drained.horizon.min(left.unwrap_or(u64::MAX));
                    records
                }
            };
            if !records.is_empty() {
                drained.chunks.push(Chunk { cpu: ring.cpu(), records });
            }
        }
        Ok(drained)
    }

    fn report(&self) -> Result<Report> {
        let status = self.status()?;
        let probe = |probe| {
            let status = self.probe_status(probe)?;
            Ok(ProbeReport {
                hits: status.hits,
                missed: status.missed,
                attachment: attachment(&status),
                times: status.times,
            })
        };
        let probes: Result<Vec<_>> = (0..self.n_probes).map(probe).collect();
        Ok(Report {
            failed: status.failed != 0,
            cpus: self.rings.iter().map(|ring| ring.report(self.flight_recorder)).collect(),
            n_online: online_cpus().unwrap_or(self.info.n_cpus),
            ring_bytes: self.rings.first().map_or(0, Ring::bytes),
            probes: probes?,
            overload: overload(&status),
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
    Errno::result(result)?;
    Ok(())
}

fn attachment(status: &raw::spile_probe_status) -> Attachment {
    Attachment {
        errno: -status.error,
        kind: status.attach,
        direct_errno: -status.direct_error,
        disarmed: status.armed == 0,
    }
}

fn overload(status: &raw::spile_status) -> Option<Overload> {
    (status.overload_cycles != 0).then_some(Overload {
        cpu: status.overload_cpu,
        cycles: status.overload_cycles,
        threshold: status.overload_threshold,
        interval: status.overload_interval,
    })
}

/// How many CPUs the kernel's list `0-3,5` has.
fn online_cpus() -> Option<u32> {
    count_cpus(&fs::read_to_string("/sys/devices/system/cpu/online").ok()?)
}

fn count_cpus(list: &str) -> Option<u32> {
    let ranges = list.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        last.parse::<u32>().ok()?.checked_sub(first.parse().ok()?).map(|more| more + 1)
    });
    ranges.sum()
}

#[cfg(test)]
mod tests {
    use super::count_cpus;

    #[test]
    fn lists_of_cpus_are_counted() {
        assert_eq!(count_cpus("0\n"), Some(1));
        assert_eq!(count_cpus("0-3,5,8-9\n"), Some(7));
        assert_eq!(count_cpus("3-1"), None);
        assert_eq!(count_cpus(""), None);
    }
}
