// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tracepoints: their types are in BTF, their systems in tracefs.
//!
//! For each tracepoint NAME the kernel has a typedef `btf_trace_NAME` of the pointer to a probe function, whose first
//! parameter is the probe's own and whose others have no names, and most often a function `__traceiter_NAME` with the
//! same parameters and their names.

use std::sync::OnceLock;

use spile_frontend::glob;
use spile_frontend::target::{Param, TracepointInfo, TypeId};

use crate::btf::{Btf, Kind, Type};
use crate::convention::{Passing, tracepoint_places};

const TYPEDEF: &str = "btf_trace_";
/// Functions that may have the parameters' names, by how their names start.
const NAMED: &[&str] = &["__traceiter_", "__probestub_", "__bpf_trace_", "perf_trace_", "trace_event_raw_event_"];

/// The systems of tracepoints, and which tracepoints there are.
pub(crate) struct Tracepoints {
    /// Name and system, sorted by name.
    systems: Vec<(String, String)>,
    /// All names with a type; collected when a wild card asks.
    names: OnceLock<Vec<String>>,
}

impl Tracepoints {
    /// From lines of `system:name`.
    pub(crate) fn new(events: &str) -> Self {
        let pairs = events.lines().filter_map(|line| line.trim().split_once(':'));
        let mut systems: Vec<_> = pairs.map(|(system, name)| (name.to_owned(), system.to_owned())).collect();
        systems.sort_unstable();
        Self { systems, names: OnceLock::new() }
    }

    /// Those that match `name` or `system:name`, sorted by name.
    pub(crate) fn find(&self, btf: &Btf, pattern: &str) -> Vec<TracepointInfo> {
        let (system, pattern) = match pattern.split_once(':') {
            Some((system, name)) => (Some(system), name),
            None => (None, pattern),
        };
        let single = [pattern.to_owned()];
        let names = if glob::is_pattern(pattern) { self.names(btf) } else { &single };
        names
            .iter()
            .filter(|name| glob::matches(pattern, name))
            .filter(|name| system.is_none_or(|system| glob::matches(system, self.system(name))))
            .filter_map(|name| self.info(btf, name))
            .collect()
    }

    /// The system of a tracepoint; empty for one without an event in tracefs.
    fn system(&self, name: &str) -> &str {
        let at = self.systems.binary_search_by(|(other, _)| other.as_str().cmp(name));
        at.map_or("", |at| &self.systems[at].1)
    }

    fn names(&self, btf: &Btf) -> &[String] {
        self.names.get_or_init(|| {
            let typedefs = btf.types().filter(|ty| ty.kind() == Kind::Typedef);
            let mut names: Vec<_> =
                typedefs.filter_map(|ty| ty.name().strip_prefix(TYPEDEF)).map(str::to_owned).collect();
            names.sort_unstable();
            names.dedup();
            names
        })
    }

    fn info(&self, btf: &Btf, name: &str) -> Option<TracepointInfo> {
        let proto = probe_type(btf, name)?;
        let types: Vec<u32> = proto.parameters().skip(1).map(|parameter| parameter.ty).collect();
        let named = NAMED.iter().filter_map(|start| btf.prototype(&format!("{start}{name}"))).find(|named| {
            let all_named = named.parameters().all(|parameter| !parameter.name.is_empty());
            all_named && named.parameters().skip(1).map(|parameter| parameter.ty).eq(types.iter().copied())
        });
        let names: Vec<String> = match named {
            Some(named) => named.parameters().skip(1).map(|parameter| parameter.name.to_owned()).collect(),
            None => (1..=types.len()).map(|number| format!("arg{number}")).collect(),
        };
        let passed: Vec<_> = types.iter().map(|&ty| Passing::of(btf, TypeId(ty))).collect();
        let places = tracepoint_places(&passed);
        let params = names.into_iter().zip(types).zip(places);
        Some(TracepointInfo {
            system: self.system(name).to_owned(),
            name: name.to_owned(),
            params: params
                .map(|((name, ty), place)| {
                    // What no word of the array can hold is nowhere.
                    let arg = place.word.filter(|word| *word < u32::MAX);
                    Param { name, ty: TypeId(ty), arg, by_address: place.by_address }
                })
                .collect(),
        })
    }
}

/// The type of the probes of a tracepoint.
fn probe_type<'a>(btf: &'a Btf, name: &str) -> Option<Type<'a>> {
    let typedef = format!("{TYPEDEF}{name}");
    let id = btf.named(&typedef).find(|ty| ty.kind() == Kind::Typedef)?.id();
    let pointer = btf.resolve(id).filter(|ty| ty.kind() == Kind::Ptr)?;
    btf.get(pointer.target()).filter(|ty| ty.kind() == Kind::FuncProto)
}

/// Of the text of `available_events`, what a kit needs: lines of `system:name`, sorted. System calls' events are no tracepoints.
pub(crate) fn condense(events: &[u8]) -> String {
    let text = String::from_utf8_lossy(events);
    let mut lines: Vec<_> =
        text.lines().map(str::trim).filter(|line| line.contains(':') && !line.starts_with("syscalls:")).collect();
    lines.sort_unstable();
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}
