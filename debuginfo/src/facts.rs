// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of a target that say all there is to know for compiling.

/// What a file tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FactKind {
    /// The kernel's types.
    Btf,
    /// Its symbols; readable addresses take root, or kptr_restrict at 0.
    Kallsyms,
    /// Its tracepoints' systems.
    Events,
    /// Functions that the function tracer can attach to.
    FilterFunctions,
    /// Functions that cannot be probed.
    Blacklist,
    /// Its configuration, plain or compressed by gzip.
    Config,
    /// Its build-id, in an ELF note.
    Notes,
}

/// A file to read on a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it tells. Of several files of a kind the first that is there is enough.
    pub kind: FactKind,
    /// Where it is.
    pub path: String,
    /// Whether nothing can be compiled without it.
    pub required: bool,
}

/// The files to read on a target with this kernel release (`uname -r`), those of a kind in the order of preference.
///
/// They are pseudo files or text, at most 20 MB each; most give their size only by being read.
pub fn facts(release: &str) -> Vec<Fact> {
    let fact = |kind, path: &str| Fact {
        kind,
        path: path.to_owned(),
        required: matches!(kind, FactKind::Btf | FactKind::Kallsyms),
    };
    vec![
        fact(FactKind::Btf, "/sys/kernel/btf/vmlinux"),
        fact(FactKind::Kallsyms, "/proc/kallsyms"),
        fact(FactKind::Events, "/sys/kernel/tracing/available_events"),
        fact(FactKind::Events, "/sys/kernel/debug/tracing/available_events"),
        fact(FactKind::FilterFunctions, "/sys/kernel/tracing/available_filter_functions"),
        fact(FactKind::FilterFunctions, "/sys/kernel/debug/tracing/available_filter_functions"),
        fact(FactKind::Blacklist, "/sys/kernel/debug/kprobes/blacklist"),
        fact(FactKind::Config, "/proc/config.gz"),
        fact(FactKind::Config, &format!("/boot/config-{release}")),
        fact(FactKind::Config, &format!("/usr/lib/modules/{release}/config")),
        fact(FactKind::Config, &format!("/lib/modules/{release}/config")),
        fact(FactKind::Notes, "/sys/kernel/notes"),
    ]
}
