// SPDX-License-Identifier: MIT OR Apache-2.0
//! Machines of one cell, one after the other: after a failure nobody knows what is left in one.

use anyhow::{Error, Result};
use spile_vm_lab::{Cell, Progress};

use crate::engines::Engine;
use crate::measure::Machine;

/// The machines. There is one at a time, booted when it is needed.
pub struct Machines<'a> {
    cell: Cell,
    cpus: u32,
    engines: &'a [Engine],
    progress: &'a dyn Progress,
    running: Option<Machine>,
    /// Why none boots.
    broken: Option<String>,
    complaints: Vec<String>,
}

impl<'a> Machines<'a> {
    /// Boots nothing yet.
    pub fn new(cell: Cell, cpus: u32, engines: &'a [Engine], progress: &'a dyn Progress) -> Self {
        Self { cell, cpus, engines, progress, running: None, broken: None, complaints: Vec::new() }
    }

    /// Takes numbers, or tells why there are none. What fails is tried once more, in a machine of its own.
    pub fn measure<T>(&mut self, what: &str, take: impl Fn(&mut Machine) -> Result<T>) -> Result<T, String> {
        self.progress.step(&format!("{}: {what}", self.cell.name()));
        let taken = self.attempt(&take).or_else(|error| {
            self.progress.step(&format!("{}: {what}: once more, since {error:#}", self.cell.name()));
            self.attempt(&take)
        });
        taken.map_err(|error| format!("{error:#}"))
    }

    fn attempt<T>(&mut self, take: &impl Fn(&mut Machine) -> Result<T>) -> Result<T> {
        if let Some(why) = &self.broken {
            return Err(Error::msg(why.clone()));
        }
        let mut machine = match self.running.take() {
            Some(machine) => machine,
            None => Machine::boot(self.cell, self.cpus, self.engines, self.progress).inspect_err(|error| {
                self.broken = Some(format!("{error:#}"));
            })?,
        };
        match take(&mut machine) {
            Ok(taken) => {
                self.running = Some(machine);
                Ok(taken)
            }
            Err(error) => {
                self.end(machine);
                Err(error)
            }
        }
    }

    /// What the kernels complained about.
    pub fn finish(mut self) -> Vec<String> {
        if let Some(machine) = self.running.take() {
            self.end(machine);
        }
        self.progress.idle();
        self.complaints
    }

    fn end(&mut self, machine: Machine) {
        if let Err(error) = machine.finish() {
            self.complaints.push(format!("{}: {error:#}", self.cell.name()));
        }
    }
}
