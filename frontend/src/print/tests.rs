// SPDX-License-Identifier: MIT OR Apache-2.0
use proptest::prelude::*;

use crate::parser::tests::{messages, parse_script};
use crate::print;

/// The tree without places and identities.
fn shape(file: &crate::ast::File) -> String {
    let text = format!("{:?}", file.items);
    let mut out = String::new();
    for (index, part) in text.split("Span { ").enumerate() {
        out.push_str(if index == 0 { part } else { part.split_once(" }").map_or(part, |both| both.1) });
    }
    let ids = out.split("ExprId(").enumerate();
    ids.map(|(index, part)| if index == 0 { part } else { part.split_once(')').map_or(part, |both| both.1) }).collect()
}

/// Reads, prints, reads and prints.
fn round_trip(text: &str) {
    let (sources, first) = parse_script(text, &[]);
    assert!(first.diagnostics.is_empty(), "{text}\n{:?}", messages(&sources, &first));
    let printed = print::file(&first.file);
    let (sources, second) = parse_script(&printed, &[]);
    assert!(second.diagnostics.is_empty(), "{text}\n{printed}\n{:?}", messages(&sources, &second));
    assert_eq!(shape(&first.file), shape(&second.file), "{text}\n{printed}");
    assert_eq!(printed, print::file(&second.file));
}

#[test]
fn strings_keep_their_bytes() {
    round_trip(r#"probe begin { print("\a\b\t\n\v\f\r\\\"\0\18\x7f\xff\303\251é%s", "\1" "2") }"#);
}

#[test]
fn operators_are_kept_apart() {
    round_trip("probe begin { x = - -y; x = -(--y); x = +(+y); x = !(~y); x = a - -b; x = a & &$b; x = a-- - --b }");
}

#[test]
fn needed_parentheses_stay() {
    round_trip(
        r#"probe begin { (a = b) + 1; (a ? b : c) ? d : e; a ? b : (c = d); (a in b) == 1; [1] in b; [a = 1] in b; (s =~ "x") == 1;
           s =~ "x" & 1; (s . t) =~ "x"; (a < b) =~ "x"; a - (b - c); (a . b)->c; (a)[1]; (-a)->b; a[1][2]; f()[1]; (sprint(1))[2];
           ($a$)->b; (&$a)->b; -(a + b); !(a in b); (a++)->b; (%{ 1 %})[2] }"#,
    );
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("x"),
        Just("7"),
        Just("\"s\""),
        Just("$t"),
        Just("$t->m$"),
        Just("$$vars"),
        Just("@count(s)"),
        Just("a[1, 2]"),
        Just("y"),
        Just("@hist_log(s)[3]"),
        Just("18446744073709551615"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 3, |inner| {
        let binary = proptest::sample::select(vec![
            "||", "&&", "|", "^", "&", "<", ">", "<=", ">=", "==", "!=", "<<", ">>", ">>>", ".", "+", "-", "*", "/",
            "%",
        ]);
        let assign = proptest::sample::select(vec!["=", "+=", ".=", "<<<", ">>="]);
        let unary = proptest::sample::select(vec!["-", "+", "!", "~"]);
        let place = prop_oneof![Just("x"), Just("a[x]"), Just("$t->m[2]"), Just("@kderef(8, x)")];
        prop_oneof![
            4 => (inner.clone(), binary, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            1 => (place.clone(), assign, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} ({b})")),
            2 => (unary, inner.clone()).prop_map(|(op, a)| format!("{op} ({a})")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[({a}), *, {b}] in arr")),
            1 => inner.clone().prop_map(|a| format!("({a}) in arr")),
            1 => inner.clone().prop_map(|a| format!("({a}) !~ \"re\"")),
            1 => inner.clone().prop_map(|a| format!("({a})->m[{a}]$$")),
            1 => inner.clone().prop_map(|a| format!("({a})[{a}]")),
            1 => inner.clone().prop_map(|a| format!("&({a})->n")),
            1 => inner.clone().prop_map(|a| format!("f({a}, arr[{a}])")),
            1 => inner.clone().prop_map(|a| format!("@cast({a}, \"t\", \"m\")->x")),
            1 => place.clone().prop_map(|a| format!("++{a}")),
            1 => place.prop_map(|a| format!("{a}--")),
        ]
    })
}

proptest! {
    #[test]
    fn any_expression_survives(text in expression()) {
        round_trip(&format!("probe begin {{ v = ({text}); if ({text}) {{ {text} }} }}"));
    }
}
