// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statistics aggregates.

use super::{FormatHist, error::Fault};
use crate::{Hist, StatField, StatSpec};

/// Buckets of a logarithmic histogram.
const LOG_BUCKETS: usize = 128;
/// The bucket of 0 in it.
const LOG_ZERO: i64 = 64;

/// An aggregate.
#[derive(Clone, Debug)]
pub(super) struct Stat {
    hist: Hist,
    /// Bits that values are shifted by for the variance.
    shift: u8,
    count: i64,
    sum: i64,
    min: i64,
    max: i64,
    /// Welford's running mean and sum of squared differences, of the shifted values.
    mean: i64,
    m2: i64,
    buckets: Vec<i64>,
}

impl Stat {
    pub fn new(spec: &StatSpec) -> Self {
        Self {
            hist: spec.hist,
            shift: spec.variance.unwrap_or(0),
            count: 0,
            sum: 0,
            min: 0,
            max: 0,
            mean: 0,
            m2: 0,
            buckets: vec![0; bucket_count(spec.hist)],
        }
    }

    pub fn add(&mut self, value: i64) {
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.max = if self.count == 0 { value } else { self.max.max(value) };
        self.count += 1;
        self.sum = self.sum.wrapping_add(value);
        let shifted = value.wrapping_shl(self.shift.into());
        let delta = shifted.wrapping_sub(self.mean);
        self.mean = self.mean.wrapping_add(delta / self.count);
        self.m2 = self.m2.wrapping_add(delta.wrapping_mul(shifted.wrapping_sub(self.mean)));
        if let Some(count) = self.buckets.get_mut(bucket(self.hist, value)) {
            *count += 1;
        }
    }

    pub fn read(&self, field: StatField) -> Result<i64, Fault> {
        match field {
            StatField::Count => Ok(self.count),
            StatField::Sum => Ok(self.sum),
            _ if self.count == 0 => Err(Fault::Empty),
            StatField::Min => Ok(self.min),
            StatField::Max => Ok(self.max),
            StatField::Avg => Ok(self.sum.wrapping_div(self.count)),
            StatField::Variance if self.count == 1 => Ok(0),
            StatField::Variance => Ok((self.m2 / (self.count - 1)) >> self.shift >> self.shift),
        }
    }

    pub fn bucket(&self, index: i64) -> Result<i64, Fault> {
        let index = usize::try_from(index).map_err(|_| Fault::HistIndex)?;
        self.buckets.get(index).copied().ok_or(Fault::HistIndex)
    }

    /// What a formatter needs to draw it.
    pub fn format(&self) -> FormatHist {
        FormatHist {
            hist: self.hist,
            buckets: self.buckets.clone(),
            count: self.count,
            sum: self.sum,
            min: self.min,
            max: self.max,
        }
    }
}

fn bucket_count(hist: Hist) -> usize {
    match hist {
        Hist::None => 0,
        Hist::Log => LOG_BUCKETS,
        Hist::Linear { .. } => linear_buckets(hist) as usize + 2,
    }
}

/// Buckets between those below and above: the one that begins at `high` is among them.
fn linear_buckets(hist: Hist) -> i128 {
    match hist {
        Hist::Linear { low, high, step } => (i128::from(high) - i128::from(low)) / i128::from(step) + 1,
        _ => 0,
    }
}

/// The bucket of a value.
fn bucket(hist: Hist, value: i64) -> usize {
    match hist {
        Hist::None => 0,
        Hist::Log => {
            let bits = i64::from(64 - value.unsigned_abs().leading_zeros());
            let bucket = if value < 0 { LOG_ZERO - bits } else { LOG_ZERO + bits };
            bucket as usize
        }
        Hist::Linear { low, .. } if value < low => 0,
        Hist::Linear { low, step, .. } => {
            let inside = (i128::from(value) - i128::from(low)) / i128::from(step);
            inside.min(linear_buckets(hist)) as usize + 1
        }
    }
}
