// SPDX-License-Identifier: MIT OR Apache-2.0
//! What SystemTap's library has and ours does not: functions, and names of probe aliases, each with the reason.

const WRITES_USER_MEMORY: &str = "writing to a process's memory is not supported";
const WALKS_MAPPINGS: &str = "looking up a process's mappings is not supported";
const WALKS_STACKS: &str = "stacks cannot be walked yet";
const NAMES_ADDRESSES: &str = "names of addresses are not known to handlers yet";
const KERNEL_LOG: &str = "the kernel's log is out of a handler's reach; log() and warn() reach the session";
const OF_PROBES: &str = "it belongs to probes that the library does not have yet";

/// Functions.
#[rustfmt::skip]
const ABSENT: &[(&[&str], &str)] = &[
    (&["_libc_errno"], "the libc of the process keeps it, and nothing looks into processes yet"),
    (&["addr_to_node"], "where the kernel keeps its memory nodes is not in its types"),
    (&["dump_stack", "ftrace", "printk"], KERNEL_LOG),
    (&["panic"], "stopping the kernel is not supported"),
    (&["raise"], "sending signals from a probe is not supported"),
    (&["switch_file"], "a script cannot choose the file that its output goes to"),
    (&["umodaddr", "umodbuildid", "umodname"], WALKS_MAPPINGS),
    (&["set_user_char", "set_user_int", "set_user_long", "set_user_pointer", "set_user_short", "set_user_string",
       "set_user_string_arg", "set_user_string_n"], WRITES_USER_MEMORY),
    (&["backtrace", "caller", "caller_addr", "callers", "print_backtrace", "print_backtrace_fileline", "print_stack",
       "print_ubacktrace", "print_ubacktrace_brief", "print_ubacktrace_fileline", "print_ustack", "sprint_backtrace",
       "sprint_stack", "sprint_ubacktrace", "sprint_ustack", "stack", "task_backtrace", "ubacktrace", "ucallers",
       "ustack"], WALKS_STACKS),
    (&["modname", "print_syms", "print_usyms", "sprint_syms", "sprint_usyms", "symdata", "symfile", "symfileline",
       "symline", "symname", "usymdata", "usymfile", "usymfileline", "usymline", "usymname"], NAMES_ADDRESSES),
    (&["print_java_backtrace", "sprint_java_backtrace"], "Java is not supported"),
    (&["cmd_request_timer_pending", "get_devstate_from_req", "get_scsi_request", "ipmib_get_proto", "ipmib_local_addr",
       "ipmib_remote_addr", "ipmib_tcp_local_port", "ipmib_tcp_remote_port", "scsi_cmd_to_rq",
       "scsi_timer_pending"], OF_PROBES),
    (&["NFS_CLIENT", "NFS_FH", "NFS_I", "NFS_PROTO", "NFS_SERVER", "addr_from_rqst", "addr_from_rqst_str",
       "clones_from_clnt", "ftype", "get_ip", "get_ip_from_client", "get_prot", "get_prot_from_client", "nfs3_cmode",
       "nfs4_ctype", "port_from_clnt", "port_from_xprt", "proc_from_msg", "prog_from_clnt", "prot_from_clnt",
       "tasks_from_clnt", "vers_from_clnt", "vers_from_prog", "xid_from_clnt"], OF_PROBES),
];

const SYSTEM_CALLS: &str = "the library has no probes of single system calls yet; syscall_any sees them all";
const SUBSYSTEMS: &str =
    "the library has no such probe yet; kernel.function(…) and kernel.trace(…) reach what it is made of";
const ELSEWHERE: &str = "only kernels are traced yet";

/// Beginnings of the names of aliases.
#[rustfmt::skip]
const ABSENT_ALIASES: &[(&[&str], &str)] = &[
    (&["dw_syscall", "nd_syscall", "syscall"], SYSTEM_CALLS),
    (&["generic", "ioblock", "ioblock_trace", "ioscheduler", "ioscheduler_trace", "ipmib", "linuxmib", "netdev", "nfs",
       "nfsd", "scsi", "signal", "socket", "sunrpc", "tcp", "tcpmib", "tty", "udp", "vm", "workqueue"], SUBSYSTEMS),
    // Of these the library has some.
    (&["kprocess.exec", "kprocess.release", "kprocess.start", "scheduler.balance", "scheduler.cpu_off",
       "scheduler.cpu_on", "scheduler.kthread_stop", "scheduler.migrate", "scheduler.process_free",
       "scheduler.process_wait", "scheduler.signal_send", "scheduler.tick", "scheduler.wait_task",
       "scheduler.wakeup_new", "vfs.__add_to_page_cache", "vfs.__set_page_dirty_buffers", "vfs.add_to_page_cache",
       "vfs.block_sync_page", "vfs.buffer_migrate_page", "vfs.do_mpage_readpage", "vfs.do_sync_read",
       "vfs.do_sync_write", "vfs.open", "vfs.readv", "vfs.remove_from_page_cache", "vfs.writev"], SUBSYSTEMS),
    (&["python", "stap", "staprun"], ELSEWHERE),
];

/// Why the library lacks a function that SystemTap's has.
pub fn why_absent(function: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(names, _)| names.contains(&function)).map(|(_, why)| *why)
}

/// Why the library lacks a probe alias that SystemTap's has, or may have.
pub fn why_no_alias(components: &[&str]) -> Option<&'static str> {
    let begins = |name: &&str| name.split('.').eq(components.iter().copied().take(name.split('.').count()));
    ABSENT_ALIASES.iter().find(|(names, _)| names.iter().any(begins)).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Declares, TapsetLibrary};

    #[test]
    fn what_is_absent_is_not_there() {
        let library = TapsetLibrary::builtin();
        for name in ABSENT.iter().flat_map(|(names, _)| *names) {
            assert!(library.declaring(Declares::Function, name).is_empty(), "{name}");
        }
        for (path, _) in library.names(Declares::Alias) {
            assert_eq!(why_no_alias(&Vec::from_iter(path.split('.'))), None, "{path}");
        }
    }
}
