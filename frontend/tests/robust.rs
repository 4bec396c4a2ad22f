// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever a script is, the compiler answers with a program that verifies or with errors: it never panics, and never blames itself.

mod common;

use common::compile_with;
use proptest::prelude::*;
use spile_frontend::Options;

/// Pieces of scripts, to be torn apart and joined.
const PIECES: &[&str] = &[
    "probe begin {",
    "probe kernel.function(\"vfs_*\") {",
    "probe kernel.function(\"vfs_read\").return {",
    "}",
    "probe vfs.read {",
    "global a, b, s",
    "global w%[3] ",
    "function f(x) {",
    "function f:string(x, y:long) {",
    "return x",
    "next",
    "if (a)",
    "else",
    "while (b < 3)",
    "for (i = 0; i < 3; i++)",
    "foreach (k in a)",
    "foreach ([k, l] in a- limit 2)",
    "foreach (v = k in w)",
    "foreach (n in @hist_log(s))",
    "break",
    "continue",
    "delete a",
    "delete a[1]",
    "delete x",
    "try {",
    "} catch (e) {",
    "a[1] = 2",
    "a[1, \"x\"]++",
    "b += 1",
    "s <<< 3",
    "s[1] <<< b",
    "println(@count(s))",
    "print(@hist_linear(s, 0, 10, 1))",
    "x = \"t\" . y",
    "println(x)",
    "printf(\"%d %s\", 1, \"a\")",
    "f(1)",
    "f(1, 2)",
    "println($file->f_pos)",
    "println($$parms, $count)",
    "$return",
    "@entry($count)",
    "@entry(x + b)",
    "println(@entry($file->f_slots[b]))",
    "println(@entry($file$))",
    "@defined($x)",
    "@cast(b, \"file\")->f_slots[b]",
    "$file$$",
    "[1, *] in a",
    "b ? 1 : \"x\"",
    "x =~ \"r\"",
    "execname()",
    "pid()",
    "thread_indent(1)",
    "w[b] = w[b - 1] + 1",
    ";",
    "(",
    ")",
    "/ 0",
    "&& !",
    "@variance(s, 2)",
    "x++",
    "probe timer.s(1) {",
    "probe end {",
    "&$file->f_pos",
    "s = 1",
    "f",
    "exit()",
    "b = @enum(\"RED\")",
    "x = f(x) + b",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order_are_answered(order in prop::collection::vec(0..PIECES.len(), 1..25)) {
        let text: Vec<&str> = order.iter().map(|piece| PIECES[*piece]).collect();
        check(&text.join(" "));
    }

    #[test]
    fn statements_in_any_order_are_answered(order in prop::collection::vec(0..PIECES.len(), 1..8)) {
        let fits = |piece: &&str| !piece.starts_with("probe") && !piece.starts_with("global") && !piece.starts_with("function")
            && !piece.contains(['{', '}']) && **piece != *"(" && **piece != *")";
        let body: Vec<&str> = order.iter().map(|piece| PIECES[*piece]).filter(fits).collect();
        let body = body.join(" ; ");
        check(&format!("global a, b, s, w%[3] function f(x) {{ return x }} function f(x, y) {{ next }}\n\
            probe kernel.function(\"vfs_*\").return {{ {body} }} probe begin {{ {body} }}"));
    }
}

fn check(text: &str) {
    if let Err(failed) = compile_with(text, &Options { guru: true, ..Options::default() }) {
        let rendered = failed.diagnostics.render(&failed.sources, false);
        assert!(failed.diagnostics.has_errors(), "{text}");
        assert!(!rendered.contains("internal error"), "{text}\n{rendered}");
    }
}
