// SPDX-License-Identifier: MIT OR Apache-2.0
//! Extractors of statistics.

use super::body::Walk;
use crate::ast::{self, Histogram, HistogramShape, StatOp};
use crate::errors::semantic as errors;
use crate::hir::{Expr, ExprKind as H, GlobalId, bucket_count};
use crate::span::Span;
use spile_ir::{self as ir, Hist, StatField};

/// Most buckets of a histogram, those outside of its range included.
const MAX_BUCKETS: i64 = ir::MAX_LINEAR_BUCKETS + 2;

impl Walk<'_, '_, '_> {
    /// `@count(x)` and its relatives.
    pub fn stat(&mut self, op: StatOp, stat: &ast::Expr, span: Span) -> Expr {
        let Some((id, keys)) = self.aggregate(stat) else { return self.wrong(span) };
        self.read_global(id);
        let field = self.stat_field(op, id, span);
        self.long(span, H::Stat(id, keys, field))
    }

    /// The number an extractor reads; notes what the aggregate must keep for it.
    pub fn stat_field(&mut self, op: StatOp, id: GlobalId, span: Span) -> StatField {
        match op {
            StatOp::Count => StatField::Count,
            StatOp::Sum => StatField::Sum,
            StatOp::Min => StatField::Min,
            StatOp::Max => StatField::Max,
            StatOp::Avg => StatField::Avg,
            StatOp::Variance { bit_shift } => {
                let global = &mut self.a.script.globals[id.index()];
                let first = *self.a.histograms.entry((id, false)).or_insert(span);
                if *global.stat.variance.get_or_insert(bit_shift) != bit_shift {
                    let report = errors::conflicting_variance(span, &global.name, first);
                    self.report(report);
                }
                StatField::Variance
            }
        }
    }

    /// The aggregate of a histogram; notes that the aggregate must keep it.
    pub fn histogram(&mut self, histogram: &Histogram) -> Option<(GlobalId, Vec<Expr>, Hist)> {
        let (id, keys) = self.aggregate(&histogram.stat)?;
        self.read_global(id);
        let wanted = match histogram.shape {
            HistogramShape::Log => Hist::Log,
            HistogramShape::Linear { low, high, step } => Hist::Linear { low, high, step },
        };
        let first = *self.a.histograms.entry((id, true)).or_insert(histogram.span);
        let global = &mut self.a.script.globals[id.index()];
        if bucket_count(wanted) > MAX_BUCKETS {
            let report = errors::too_many_buckets(histogram.span, &global.name);
            self.report(report);
        } else if global.stat.hist == Hist::None {
            global.stat.hist = wanted;
        } else if global.stat.hist != wanted {
            let report = errors::conflicting_histograms(histogram.span, &global.name, first);
            self.report(report);
        }
        Some((id, keys, wanted))
    }

    /// `@hist_log(x)[n]`
    pub fn bucket(&mut self, histogram: &Histogram, index: &ast::Expr, span: Span) -> Expr {
        let found = self.histogram(histogram);
        let index = Box::new(self.long_expr(index));
        let Some((id, keys, _)) = found else { return self.wrong(span) };
        self.long(span, H::Bucket(id, keys, index))
    }
}
