// SPDX-License-Identifier: MIT OR Apache-2.0
//! Embedded C, which no compiler takes: what to write instead.

use crate::diag::Diagnostic;
use crate::span::Span;

/// What embedded code is used for, by a word of it, and what the language has for that.
const INSTEAD: &[(&str, &str)] = &[
    ("STAP_PRINTF", "print with printf(…)"),
    ("_stp_printf", "print with printf(…)"),
    ("printk", "print with printf(…)"),
    ("STAP_ERROR", "end with an error by error(…)"),
    ("task_pid_nr", "use pid() and tid(), or @cast(task, \"task_struct\")->pid"),
    ("current->tgid", "use pid()"),
    ("current->pid", "use tid()"),
    ("current->comm", "use execname()"),
    ("current->mm", "use @cast(task_current(), \"task_struct\")->mm"),
    ("current_uid", "use uid()"),
    ("current_gid", "use gid()"),
    ("current", "use task_current(), and @cast(…, \"task_struct\")->member"),
    ("jiffies", "use jiffies()"),
    ("smp_processor_id", "use cpu()"),
    ("ktime_get_real", "use gettimeofday_ns()"),
    ("ktime_get", "use ktime_get_ns()"),
    ("do_gettimeofday", "use gettimeofday_us()"),
    ("get_cycles", "use get_cycles()"),
    ("get_random", "use randint(n)"),
    ("copy_from_user", "use user_string(address), or @uderef(size, address)"),
    ("strncpy_from_user", "use user_string(address)"),
    ("get_user", "use @uderef(size, address)"),
    ("kread", "use @kderef(size, address), or @cast(address, \"type\")->member"),
    ("kderef", "use @kderef(size, address), or @cast(address, \"type\")->member"),
    ("strlcpy", "string results are returned: return kernel_string(address)"),
    ("container_of", "use @container_of(pointer, \"type\", member)"),
    ("offsetof", "use @offsetof(\"type\", member)"),
    ("sizeof", "use @cast_sizeof(\"type\")"),
    ("ntohs", "use ntohs(n)"),
    ("ntohl", "use ntohl(n)"),
    ("#include", "types of the kernel are known without headers: @cast(address, \"type\")->member"),
    ("#define", "use @define NAME %( … %)"),
];

/// C code.
pub fn embedded_c(span: Span, code: &str) -> Diagnostic {
    let base = Diagnostic::error("E0337", span, "embedded C is not supported: no C compiler takes part");
    if let Some((_, instead)) = INSTEAD.iter().find(|(word, _)| has_word(code, word)) {
        return base.hint(*instead);
    }
    if let Some(constant) = constant(code) {
        return base.hint(format!("for a constant of the kernel's headers, use @const(\"{constant}\")"));
    }
    base.hint("the library has most of it: @kderef(size, address), @cast(…)->member, kernel_string(address), …")
}

fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(part) && (!code[at + word.len()..].starts_with(part) || word.starts_with("ktime_get"))
    })
}

/// The only name in code that is but one, in capitals; or that is returned.
fn constant(code: &str) -> Option<&str> {
    let code = code.split_once("*/").map_or(code, |(_, rest)| rest);
    let value =
        code.trim().trim_start_matches("STAP_RETVALUE").trim_start_matches([' ', '=']).trim_end_matches([';', ' ']);
    let name = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    (name && value.starts_with(|c: char| c.is_ascii_uppercase())).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::PrintFunction;
    use crate::library::{Declares, TapsetLibrary};
    use crate::token::AT_WORDS;

    /// What is suggested is there.
    #[test]
    fn what_is_suggested_exists() {
        let library = TapsetLibrary::builtin();
        let exists = |name: &str| match name.strip_prefix('@') {
            Some(word) => AT_WORDS.contains(&word) || !library.declaring(Declares::Macro, word).is_empty(),
            None => PrintFunction::NAMES.contains(&name) || !library.declaring(Declares::Function, name).is_empty(),
        };
        for (_, instead) in INSTEAD {
            for (at, _) in instead.match_indices('(') {
                let before = &instead[..at];
                let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@')).next();
                let name = name.unwrap_or_default();
                assert!(name.is_empty() || exists(name), "{name} of {instead:?} does not exist");
            }
        }
    }

    #[test]
    fn constants_are_recognised() {
        assert_eq!(constant(" EINVAL "), Some("EINVAL"));
        assert_eq!(constant(" /* pure */ STAP_RETVALUE = PAGE_SIZE; "), Some("PAGE_SIZE"));
        assert_eq!(constant(" STAP_RETVALUE = f(X); "), None);
    }
}
