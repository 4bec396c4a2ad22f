// SPDX-License-Identifier: MIT OR Apache-2.0
//! A tiny kernel for tests.

use spile_debuginfo::Kit;
use spile_debuginfo::btf::{Builder, Kind};
use spile_frontend::target::Arch;

pub const RELEASE: &str = "6.1.0-test";

/// `_text` is at ffffffff81000000; `early` lies in the initial code, `do_int3` in the entry code.
const KALLSYMS: &str = "\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000000 T startup_64
ffffffff81000100 T __entry_text_start
ffffffff81000110 t do_int3
ffffffff81000140 T __entry_text_end
ffffffff81000200 t __pfx_vfs_read
ffffffff81000210 T vfs_read
ffffffff81000300 T vfs_readv
ffffffff81000340 t vfs_readv.cold
ffffffff81000380 t vfs_write.isra.0
ffffffff81000400 T vfs_write
ffffffff81000480 t twice
ffffffff810004c0 t twice
ffffffff81000500 T big_result
ffffffff81000540 T __SCT__vfs_hook
ffffffff81100000 D jiffies
ffffffff81100010 r __ksymtab_vfs_read
ffffffff81100100 D init_task
ffffffff81100200 D __per_cpu_offset
ffffffff81200000 T _sinittext
ffffffff81200010 t early
ffffffff81200020 T _einittext
ffffffffc0400000 t ext4_read\t[ext4]
ffffffffc0400080 T ext4_write\t[ext4]
ffffffffc0400040 t vfs_read\t[ext4]
ffffffffc0500000 t bpf_prog_1\t[bpf]
";

const BLACKLIST: &str = "\
0xffffffff81000400-0xffffffff81000480\tvfs_write
0x0000000000000000-0x0000000000000000\tasm_exc_nmi
";

const EVENTS: &str = "sched:sched_switch\nsyscalls:sys_enter_read\nskb:kfree_skb\n";

const CONFIG: &str =
    "#\n# Linux\n#\nCONFIG_SMP=y\n# CONFIG_KASAN is not set\nCONFIG_NR_CPUS=64\nCONFIG_LOCALVERSION=\"-test\"\n";

/// An ELF note of a build-id, after one of another kind.
const NOTES: &[u8] =
    b"\x04\0\0\0\x01\0\0\0\x06\0\0\0Xen\0\x01\0\0\0\x04\0\0\0\x04\0\0\0\x03\0\0\0GNU\0\x01\xab\xcd\xef";

/// Reads a file of the tiny kernel.
pub fn read_fact(path: &str) -> Option<Vec<u8>> {
    Some(match path {
        "/sys/kernel/btf/vmlinux" => types(),
        "/proc/kallsyms" => KALLSYMS.into(),
        "/sys/kernel/debug/tracing/available_events" => EVENTS.into(),
        "/sys/kernel/debug/kprobes/blacklist" => BLACKLIST.into(),
        "/boot/config-6.1.0-test" => CONFIG.into(),
        "/sys/kernel/notes" => NOTES.into(),
        _ => return None,
    })
}

pub fn kit(arch: Arch) -> Kit {
    Kit::from_facts(arch, RELEASE, read_fact).expect("the facts are sound")
}

fn types() -> Vec<u8> {
    let mut types = Builder::default();
    let char = types.int("char", 1, 0);
    let long = types.int("long unsigned int", 8, 0);
    let bool = types.int("_Bool", 1, 4);
    let file = types.composite(Kind::Struct, "file", 8, &[("f_pos", long, 0)]);
    let file = types.refer(Kind::Ptr, file);
    let text = types.refer(Kind::Ptr, char);
    let void_pointer = types.refer(Kind::Ptr, 0);
    let read = types.prototype(long, &[("file", file), ("buf", text), ("count", long)]);
    types.name(Kind::Func, "vfs_read", read);
    let big = types.composite(Kind::Struct, "big", 24, &[("words", long, 0)]);
    let pair = types.composite(Kind::Struct, "pair", 16, &[("a", long, 0), ("b", long, 8)]);
    let big_result = types.prototype(big, &[("pair", pair), ("count", long)]);
    types.name(Kind::Func, "big_result", big_result);
    let write = types.prototype(0, &[("file", file)]);
    types.name(Kind::Func, "vfs_write", write);
    // One tracepoint whose parameters have names somewhere, and one whose have not.
    for name in ["sched_switch", "kfree_skb", "no_event"] {
        let probe = types.prototype(0, &[("", void_pointer), ("", bool), ("", file)]);
        let probe = types.refer(Kind::Ptr, probe);
        types.name(Kind::Typedef, &format!("btf_trace_{name}"), probe);
    }
    let named = types.prototype(0, &[("__data", void_pointer), ("preempt", bool), ("prev", file)]);
    types.name(Kind::Func, "__traceiter_sched_switch", named);
    let var = types.add(Kind::Var, "runqueues", (0, false), big, &[1]);
    types.add(Kind::Datasec, ".data..percpu", (1, false), 64, &[var, 0x40, 24]);
    types.finish()
}
