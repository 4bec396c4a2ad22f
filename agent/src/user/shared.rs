// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an image's handlers and the engine share: memory, context, ring, state.

use spile_abi::raw;

use super::imports;
use super::ring::{Losses, Ring};
use crate::clock::monotonic_ns;
use crate::engine::Setup;

/// Memory of one session; handlers hold its address in `spile_ctx.session`.
pub struct Shared {
    context: raw::spile_ctx,
    counters: raw::spile_counters,
    clocks: raw::spile_clocks,
    // Kept for the addresses in the context. Words, since an image's data wants 8-byte alignment.
    _memory: [Box<[u64]>; 3],
    /// Handlers run, for each probe.
    hits: Box<[u64]>,
    ring: Ring,
    /// `enum spile_state`.
    pub state: u32,
    /// Whether a fatal error happened.
    pub failed: bool,
    /// Whether the script wants the ring to be read.
    pub flush: bool,
    random: u64,
}

impl Shared {
    /// Zeroed memory as an image's header asks for.
    pub fn new(header: &raw::spile_image, setup: &Setup) -> Box<Self> {
        let words = |bytes: u32| vec![0u64; (bytes as usize).div_ceil(8)].into_boxed_slice();
        let mut memory =
            [words(header.data_size), words(raw::SPILE_LEVELS * header.part_size), words(header.scratch_size)];
        let mut hits = vec![0u64; header.n_probes as usize].into_boxed_slice();
        let [data, part, scratch] = memory.each_mut().map(|words| words.as_mut_ptr().expose_provenance() as u64);
        let context = raw::spile_ctx {
            data,
            part,
            parts: part,
            part_stride: header.part_size.into(),
            scratch,
            hits: hits.as_mut_ptr().expose_provenance() as u64,
            task: imports::current_task(),
            sample: raw::SPILE_SAMPLE.into(),
            n_cpus: 1,
            owner: raw::SPILE_OWNER.into(),
            param: setup.param,
            ..Default::default()
        };
        Box::new(Self {
            context,
            counters: Default::default(),
            // Never as it was begun: imports tell the time.
            clocks: raw::spile_clocks { ended: 1, ..Default::default() },
            _memory: memory,
            hits,
            ring: Ring::new(setup.ring_bytes as usize, setup.flight_recorder),
            state: raw::SPILE_STATE_LOADED,
            failed: false,
            flush: false,
            random: monotonic_ns() | 1,
        })
    }

    /// The context for a hit of a probe. There is one: nothing interrupts a handler.
    pub fn context(&mut self, probe: u32) -> *mut raw::spile_ctx {
        self.context.probe = probe;
        self.context.state = (&raw mut self.state).expose_provenance() as u64;
        self.context.counters = (&raw mut self.counters).expose_provenance() as u64;
        self.context.clocks = (&raw mut self.clocks).expose_provenance() as u64;
        self.context.session = (&raw mut *self).expose_provenance() as u64;
        &raw mut self.context
    }

    /// A handler is about to run for a probe.
    pub fn count_hit(&mut self, probe: u32) {
        self.hits[probe as usize] += 1;
    }

    /// Handlers run, for each probe.
    pub fn hits(&self) -> &[u64] {
        &self.hits
    }

    /// Hits and skips.
    pub fn counters(&self) -> raw::spile_counters {
        raw::spile_counters { hits: self.hits.iter().sum(), ..self.counters }
    }

    /// Where records go.
    pub fn ring(&mut self) -> &mut Ring {
        &mut self.ring
    }

    /// What became of records.
    pub fn losses(&self) -> Losses {
        self.ring.losses
    }

    /// The next period of a timer: its own, give or take its random spread.
    pub fn period_ns(&mut self, probe: &raw::spile_probe) -> u64 {
        // xorshift: the spread needs no better.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let spread = probe.param2.max(0) as u64;
        let shift = (self.random % (2 * spread + 1)) as i64 - spread as i64;
        probe.param.saturating_add(shift).max(1) as u64
    }
}
