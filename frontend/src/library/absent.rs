// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions of SystemTap's library that ours does not have, each with the reason.

const WRITES_USER_MEMORY: &str = "writing to a process's memory is not supported";
const WALKS_MAPPINGS: &str = "looking up a process's mappings is not supported";

const READS_VARIABLES: &str = "the kernel's variables cannot be read yet";
const KERNEL_LOG: &str = "the kernel's log is out of a handler's reach; log() and warn() reach the session";

const ABSENT: &[(&str, &str)] = &[
    ("_libc_errno", "the libc of the process keeps it, and nothing looks into processes yet"),
    ("addr_to_node", READS_VARIABLES),
    ("dump_stack", KERNEL_LOG),
    ("ftrace", KERNEL_LOG),
    ("get_loadavg_index", READS_VARIABLES),
    ("panic", "stopping the kernel is not supported"),
    ("printk", KERNEL_LOG),
    ("raise", "sending signals from a probe is not supported"),
    ("set_user_char", WRITES_USER_MEMORY),
    ("set_user_int", WRITES_USER_MEMORY),
    ("set_user_long", WRITES_USER_MEMORY),
    ("set_user_pointer", WRITES_USER_MEMORY),
    ("set_user_short", WRITES_USER_MEMORY),
    ("set_user_string", WRITES_USER_MEMORY),
    ("set_user_string_arg", WRITES_USER_MEMORY),
    ("set_user_string_n", WRITES_USER_MEMORY),
    ("sprint_loadavg", READS_VARIABLES),
    ("switch_file", "a script cannot choose the file that its output goes to"),
    ("umodaddr", WALKS_MAPPINGS),
    ("umodbuildid", WALKS_MAPPINGS),
];

/// Why the library lacks a function that SystemTap's has.
pub fn why_absent(function: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(name, _)| *name == function).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Declares, TapsetLibrary};

    #[test]
    fn what_is_absent_is_not_there() {
        let library = TapsetLibrary::builtin();
        for (name, _) in ABSENT {
            assert!(library.declaring(Declares::Function, name).is_empty(), "{name}");
        }
    }
}
