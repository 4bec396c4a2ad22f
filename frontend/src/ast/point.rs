// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probes, aliases and probe points.

use super::{Block, Expr, Literal, Name};
use crate::span::Span;

/// `probe POINT, … { … }`
#[derive(Clone, Debug)]
pub struct Probe {
    /// All of the probe.
    pub span: Span,
    /// Where it fires; at least one.
    pub points: Vec<ProbePoint>,
    /// What it does.
    pub body: Block,
}

/// `probe NAME = POINT, … { … }` and its relatives.
///
/// `=` makes the block a prologue, `+=` an epilogue; `= … { … }, { … }` has both.
#[derive(Clone, Debug)]
pub struct Alias {
    /// All of the definition.
    pub span: Span,
    /// What it is called; usually one name.
    pub names: Vec<ProbePoint>,
    /// What it stands for; at least one.
    pub points: Vec<ProbePoint>,
    /// Runs before the handler of the probe that uses the alias.
    pub prologue: Option<Block>,
    /// Runs after it.
    pub epilogue: Option<Block>,
}

/// One probe point, as written: braces and wildcards are still there.
#[derive(Clone, Debug)]
pub struct ProbePoint {
    /// All of it, with its condition.
    pub span: Span,
    /// Separated by dots; at least one.
    pub components: Vec<Component>,
    /// `?` or `!` at its end.
    pub need: Need,
    /// `if (COND)`
    pub condition: Option<Expr>,
}

/// Whether a probe point may match nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// It must match.
    #[default]
    Required,
    /// `?`: it may match nothing.
    Optional,
    /// `!`: it may match nothing; if it matches, the rest of the comma list is dropped.
    Sufficient,
}

/// A component of a probe point.
#[derive(Clone, Debug)]
pub enum Component {
    /// `name` or `name(ARG)`
    Named(NamedComponent),
    /// `{a, b.c}`: any of these.
    Alternatives(Vec<Alternative>, Span),
}

/// `name` or `name(ARG)`
#[derive(Clone, Debug)]
pub struct NamedComponent {
    /// May hold the wildcards `*` and `**`.
    pub name: Name,
    /// The literal in parentheses.
    pub arg: Option<Literal>,
    /// With the argument.
    pub span: Span,
}

/// One of the choices in braces.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// Separated by dots; at least one.
    pub components: Vec<Component>,
    /// `?` or `!` at its end.
    pub need: Need,
}

/// A probe point with its braces expanded.
#[derive(Clone, Debug)]
pub struct FlatPoint<'a> {
    /// The probe point it comes from, with the condition.
    pub origin: &'a ProbePoint,
    /// Separated by dots; at least one.
    pub components: Vec<&'a NamedComponent>,
    /// The strongest of those on the way.
    pub need: Need,
}

impl ProbePoint {
    /// The cartesian product over its braces, in order of writing. The parser bounds how many there can be by
    /// [`MAX_FLAT_POINTS`].
    pub fn expand(&self) -> Vec<FlatPoint<'_>> {
        expand_all(&self.components)
            .into_iter()
            .map(|(components, need)| FlatPoint { origin: self, components, need: need.max(self.need) })
            .collect()
    }

    /// How many points [`expand`](Self::expand) would return.
    pub fn flat_count(&self) -> usize {
        count_all(&self.components)
    }
}

/// The most points that the braces of one probe point may stand for.
pub const MAX_FLAT_POINTS: usize = 4096;

/// Components without braces, and their need.
type Path<'a> = (Vec<&'a NamedComponent>, Need);

fn expand_all(components: &[Component]) -> Vec<Path<'_>> {
    let mut paths: Vec<Path<'_>> = vec![(Vec::new(), Need::Required)];
    for component in components {
        let tails = match component {
            Component::Named(named) => vec![(vec![named], Need::Required)],
            Component::Alternatives(alternatives, _) => alternatives.iter().flat_map(expand_alternative).collect(),
        };
        paths = product(&paths, &tails);
    }
    paths
}

fn expand_alternative(alternative: &Alternative) -> Vec<Path<'_>> {
    let mut paths = expand_all(&alternative.components);
    for (_, need) in &mut paths {
        *need = alternative.need.max(*need);
    }
    paths
}

fn product<'a>(heads: &[Path<'a>], tails: &[Path<'a>]) -> Vec<Path<'a>> {
    let join = |head: &Path<'a>, tail: &Path<'a>| {
        let components = head.0.iter().chain(&tail.0).copied().collect();
        (components, head.1.max(tail.1))
    };
    heads.iter().flat_map(|head| tails.iter().map(move |tail| join(head, tail))).collect()
}

fn count_all(components: &[Component]) -> usize {
    let count = |component: &Component| match component {
        Component::Named(_) => 1,
        Component::Alternatives(alternatives, _) => alternatives
            .iter()
            .fold(0, |sum: usize, alternative| sum.saturating_add(count_all(&alternative.components))),
    };
    components.iter().map(count).fold(1, usize::saturating_mul)
}
