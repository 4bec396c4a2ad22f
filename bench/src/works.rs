// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured: the rows of the table, each as every engine is told to do it.

/// One row: work that is done at each call of `vfs_read`, or at each system call.
pub struct Work {
    /// Its name for `--only`, the floor module and the BPF programs.
    pub key: &'static str,
    /// Its name in the table.
    pub name: &'static str,
    /// Guest instructions on x86_64, at most.
    pub limit: u32,
    /// Handlers that run at a call.
    pub handlers: u64,
    /// Whether references count their hits: empty handlers do not.
    pub counts: bool,
    /// In the script language. It may print `hits N` at its end.
    pub script: &'static str,
    /// In bpftrace's language; see [`Dialect`].
    pub bpftrace: &'static str,
}

/// The works of the table.
pub const WORKS: &[Work] = &[
    Work {
        key: "empty",
        name: "empty handler, entry",
        limit: 40,
        handlers: 1,
        counts: false,
        script: r#"probe kernel.function("vfs_read") { }"#,
        bpftrace: "ENTRY { }",
    },
    Work {
        key: "both",
        name: "empty handlers, entry and return",
        limit: 70,
        handlers: 2,
        counts: false,
        script: r#"probe kernel.function("vfs_read"), kernel.function("vfs_read").return { }"#,
        bpftrace: "ENTRY { } EXIT { }",
    },
    Work {
        key: "tracepoint",
        name: "raw tracepoint (sys_enter), `n++`",
        limit: 90,
        handlers: 1,
        counts: true,
        script: r#"global n probe kernel.trace("sys_enter") { n++ } probe end { printf("hits %d\n", n) }"#,
        bpftrace: "rawtracepoint:sys_enter { @n = count(); }",
    },
    Work {
        key: "count",
        name: "`n++`",
        limit: 46,
        handlers: 1,
        counts: true,
        script: r#"global n probe kernel.function("vfs_read") { n++ } probe end { printf("hits %d\n", n) }"#,
        bpftrace: "ENTRY { @n = count(); }",
    },
    Work {
        key: "histogram",
        name: "`h <<< $count`, log histogram",
        limit: 80,
        handlers: 1,
        counts: true,
        script: r#"global h probe kernel.function("vfs_read") { h <<< $count }
            probe end { print(@hist_log(h)) printf("hits %d\n", @count(h)) }"#,
        bpftrace: "ENTRY { @h = hist(COUNT); }",
    },
    Work {
        key: "array",
        name: "`c[execname()]++`",
        limit: 140,
        handlers: 1,
        counts: true,
        script: r#"global c probe kernel.function("vfs_read") { c[execname()]++ }
            probe end { printf("hits %d\n", c["load"]) }"#,
        bpftrace: "ENTRY { @c[comm] = count(); }",
    },
    Work {
        key: "statistics",
        name: "`s[execname(), pid()] <<< $count`",
        limit: 170,
        handlers: 1,
        counts: true,
        script: r#"global s probe kernel.function("vfs_read") { s[execname(), pid()] <<< $count }
            probe end {
                foreach ([name, p] in s) { if (name == "load") hits += @count(s[name, p]) }
                printf("hits %d\n", hits)
            }"#,
        bpftrace: "ENTRY { @s[comm, pid] = stats(COUNT); }",
    },
    Work {
        key: "latency",
        name: "latency: entry stores time per tid, return adds to a log histogram",
        limit: 220,
        handlers: 2,
        counts: true,
        script: r#"global begun, h
            probe kernel.function("vfs_read") { begun[tid()] = ktime_get_ns() }
            probe kernel.function("vfs_read").return {
                if (tid() in begun) { h <<< ktime_get_ns() - begun[tid()]; delete begun[tid()] }
            }
            probe end { print(@hist_log(h)) printf("hits %d\n", @count(h)) }"#,
        bpftrace: "ENTRY { @begun[tid] = nsecs; }
            EXIT { if (@begun[tid]) { @h = hist(nsecs - @begun[tid]); delete(@begun, tid); } }",
    },
    Work {
        key: "printf",
        name: "printf of execname, pid, tid, uid",
        limit: 150,
        handlers: 1,
        counts: true,
        script: r#"probe kernel.function("vfs_read") { printf("%s %d %d %d\n", execname(), pid(), tid(), uid()) }"#,
        bpftrace: r#"ENTRY { printf("%s %d %d %d\n", comm, pid, tid, uid); }"#,
    },
    Work {
        key: "compare",
        name: "`if (execname() == \"x\") n++`, not matching",
        limit: 70,
        handlers: 1,
        counts: false,
        script: r#"global n probe kernel.function("vfs_read") { if (execname() == "x") n++ }
            probe end { printf("others %d\n", n) }"#,
        bpftrace: r#"ENTRY { if (comm == "x") { @n = count(); } }"#,
    },
];

/// How bpftrace reaches functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// BPF trampolines: the cheapest, where the kernel has them.
    Fentry,
    /// kprobes.
    Kprobe,
}

impl Work {
    /// The bpftrace program.
    pub fn bpftrace(&self, dialect: Dialect) -> String {
        let (entry, exit, count) = match dialect {
            Dialect::Fentry => ("fentry:vfs_read", "fexit:vfs_read", "args.count"),
            Dialect::Kprobe => ("kprobe:vfs_read", "kretprobe:vfs_read", "arg2"),
        };
        self.bpftrace.replace("ENTRY", entry).replace("EXIT", exit).replace("COUNT", count)
    }
}
