// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where globals are: the runtime's descriptors of them.

use spile_ir as ir;
use spile_rt::raw::{self, rt_global};
use zerocopy::IntoBytes as _;

use crate::Error;
use crate::locks::Sharing;

/// Descriptors of all globals and the sizes of the memory they are in.
pub struct Layout {
    /// One for each of `Program::globals`.
    pub globals: Vec<rt_global>,
    /// Bytes shared by all CPUs.
    pub data_size: u64,
    /// Bytes for each context.
    pub part_size: u64,
    /// Where in a context's part it is kept what handlers take, if that is wanted.
    pub timing_off: Option<u32>,
}

/// Tables in a context's part begin at multiples of this.
const CACHE_LINE: u64 = 64;

impl Layout {
    /// Lays out a program's globals.
    pub fn new(program: &ir::Program, sharing: &Sharing) -> Result<Self, Error> {
        let data_size = size_of::<raw::rt_session>() as u64;
        let mut layout = Self { globals: Vec::new(), data_size, part_size: 0, timing_off: None };
        for (index, global) in program.globals.iter().enumerate() {
            let mut described = describe(&global.kind, &program.limits);
            described.sharded = (described.kind == raw::RT_INT as u8 && sharing.is_sharded(index)).into();
            described.shared = sharing.is_shared(index).into();
            described.spare = sharing.is_emptied(index).into();
            described.n_orders = sharing.orders(index).len() as u8;
            // A handler visits no more elements than it has actions.
            described.visits = sharing.visits(index, program.limits.max_action);
            spile_rt::layout(&mut described, &mut layout.data_size, &mut layout.part_size)
                .map_err(|_| Error::GlobalTooLarge(global.name.clone()))?;
            layout.globals.push(described);
        }
        if program.is_timed() {
            layout.add_timing(program.probes.len() as u64)?;
        }
        Ok(layout)
    }

    /// Room for what the handlers of so many probes take.
    fn add_timing(&mut self, n_probes: u64) -> Result<(), Error> {
        // Never at 0, which means that nothing is timed.
        let offset = self.part_size.next_multiple_of(CACHE_LINE).max(CACHE_LINE);
        self.part_size = offset + n_probes * size_of::<raw::rt_timing>() as u64;
        self.timing_off = Some(u32::try_from(offset).map_err(|_| Error::TooMany("probes to time"))?);
        Ok(())
    }

    /// The table of descriptors as the image's constant.
    pub fn table(&self) -> Vec<u8> {
        self.globals.as_bytes().to_vec()
    }
}

fn describe(kind: &ir::GlobalKind, limits: &ir::Limits) -> rt_global {
    let mut global = rt_global { max_string: limits.max_string, ..rt_global::default() };
    match kind {
        ir::GlobalKind::Int(_) => global.kind = raw::RT_INT as u8,
        ir::GlobalKind::Str(_) => global.kind = raw::RT_STR as u8,
        ir::GlobalKind::Stat(spec) => {
            global.kind = raw::RT_STAT as u8;
            describe_stat(spec, &mut global);
        }
        ir::GlobalKind::Map(map) => {
            global.kind = raw::RT_MAP as u8;
            global.wrap = map.wrap.into();
            // The runtime refuses more than 32; do not let the count wrap round before that.
            global.n_keys = map.keys.len().try_into().unwrap_or(u8::MAX);
            global.sized = (map.capacity != 0).into();
            global.capacity = if map.capacity == 0 { limits.max_map_entries } else { map.capacity };
            for (position, _) in map.keys.iter().enumerate().take(32).filter(|(_, ty)| **ty == ir::Type::Str) {
                global.str_keys |= 1 << position;
            }
            match &map.value {
                ir::MapValue::Int => global.value = raw::RT_INT as u8,
                ir::MapValue::Str => global.value = raw::RT_STR as u8,
                ir::MapValue::Stat(spec) => {
                    global.value = raw::RT_STAT as u8;
                    describe_stat(spec, &mut global);
                }
            }
        }
    }
    global
}

fn describe_stat(spec: &ir::StatSpec, global: &mut rt_global) {
    (global.sum, global.extremes) = (spec.sum.into(), spec.extremes.into());
    global.variance = spec.variance.is_some().into();
    global.variance_shift = spec.variance.unwrap_or(0);
    match spec.hist {
        ir::Hist::None => global.hist = raw::RT_HIST_NONE as u8,
        ir::Hist::Log => global.hist = raw::RT_HIST_LOG as u8,
        ir::Hist::Linear { low, high, step } => {
            global.hist = raw::RT_HIST_LINEAR as u8;
            (global.low, global.high, global.step) = (low, high, step);
        }
    }
}
