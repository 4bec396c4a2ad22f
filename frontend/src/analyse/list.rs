// SPDX-License-Identifier: MIT OR Apache-2.0
//! What there is to probe and to call: for `-l`, `-L` and the dumps of the library.
//!
//! What cannot be resolved is left out without a word: a listing shows what can be used.

use super::derived::DerivedTypes;
use super::function::Caller;
use super::loader::ItemRef;
use super::{Analyser, ListedPoint, Loader, Options};
use crate::diag::Diagnostics;
use crate::print;
use crate::target::Target;

/// The points that the probes of the first script stand for, sorted by name within each probe.
pub fn points(
    loader: &mut Loader<'_>,
    options: &Options,
    target: &dyn Target,
    with_variables: bool,
) -> Vec<ListedPoint> {
    let first = loader.user_files().first().map(|file| file.id);
    let probes: Vec<_> = loader.probes.iter().filter(|probe| Some(probe.file.id) == first).cloned().collect();
    let mut ignored = Diagnostics::new();
    let target = DerivedTypes::new(target);
    let mut analyser = Analyser::new(loader, options, &target, &mut ignored);
    probes.iter().flat_map(|probe| analyser.list_probe(probe, with_variables)).collect()
}

/// All public functions of scripts and library with their types, sorted.
pub fn functions(loader: &mut Loader<'_>, options: &Options, target: &dyn Target) -> Vec<String> {
    let mut ignored = Diagnostics::new();
    loader.load_all(&mut ignored);
    let public = |item: &&ItemRef| {
        item.function().is_some_and(|function| !function.private && !function.name.name.starts_with('_'))
    };
    let items: Vec<_> = loader.parsed_functions().filter(public).cloned().collect();
    let target = DerivedTypes::new(target);
    let mut analyser = Analyser::new(loader, options, &target, &mut ignored);
    let ids: Vec<_> = items
        .iter()
        .map(|item| analyser.instantiate(std::slice::from_ref(item), Caller { contextual: false, ctypes: &[] }))
        .collect();
    analyser.resolve_waiting();
    let mut signatures: Vec<_> = ids.into_iter().map(|id| analyser.script.signature(id)).collect();
    signatures.sort();
    signatures.dedup();
    signatures
}

/// All public aliases of scripts and library, `NAME = POINT, POINT`, sorted.
pub fn aliases(loader: &mut Loader<'_>) -> Vec<String> {
    loader.load_all(&mut Diagnostics::new());
    let public = loader.parsed_aliases().filter(|(path, _)| !path.starts_with('_'));
    let mut shown: Vec<_> = public
        .filter_map(|(path, item)| {
            let alias = item.alias()?;
            let points: Vec<_> = alias.points.iter().map(print::point).collect();
            let sign = if alias.prologue.is_some() { "=" } else { "+=" };
            Some(format!("{path} {sign} {}", points.join(", ")))
        })
        .collect();
    shown.sort();
    shown
}
