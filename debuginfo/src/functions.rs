// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which symbols are functions that a script may mean.

/// Names that linker scripts give to places, not to functions.
const MARKERS: &[&str] =
    &["_text", "_stext", "_etext", "_sinittext", "_einittext", "__init_begin", "__init_end", "_end"];
/// Ends of names of places.
const MARKER_ENDS: &[&str] = &["_text_start", "_text_end", "text_begin"];
/// Starts of names that are code, but no function of the source.
const STUBS: &[&str] = &["__pfx_", "__SCT__", "__cfi_", "__pi_", "__efistub_", "__kvm_nvhe_"];

/// Whether the name is a mark in a section.
pub(crate) fn is_marker(name: &str) -> bool {
    MARKERS.contains(&name) || MARKER_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a wild card may give this symbol.
///
/// Marks and stubs are no functions of the source; `read.isra.0`, `.constprop.`, `.part.` and `.cold` are pieces of one, whose
/// arguments are not what the source says. A pattern asks for them by having the start of the stub, or the dot.
pub(crate) fn wild_card_gives(pattern: &str, name: &str) -> bool {
    if is_marker(name) {
        return false;
    }
    let is_stub = STUBS.iter().any(|stub| name.starts_with(stub) && !pattern.starts_with(stub));
    !is_stub && (!name.contains('.') || pattern.contains('.'))
}
