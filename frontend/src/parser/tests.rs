// SPDX-License-Identifier: MIT OR Apache-2.0
use expect_test::{Expect, expect};

use super::*;
use crate::ast::{Component, FlatPoint, Item};
use crate::print;

/// Parses a script for Linux 6.12 on x86_64.
pub(crate) fn parse_script(text: &str, args: &[&str]) -> (SourceMap, Parsed) {
    let mut sources = SourceMap::new();
    let id = sources.add("t.stp", text);
    let mut context = ParseContext::new(Conditions::new("6.12.0-1-amd64", "x86_64"));
    context.args = ScriptArgs::new(args.iter().copied());
    let parsed = parse_file(&mut sources, id, FileKind::User, &mut context);
    (sources, parsed)
}

/// Each diagnostic as `line:column message`.
pub(crate) fn messages(sources: &SourceMap, parsed: &Parsed) -> Vec<String> {
    let one = |diagnostic: &Diagnostic| {
        let place = diagnostic.span().map(|span| sources.location(sources.outermost(span)));
        let place = place.map(|place| format!("{}:{} ", place.line, place.column));
        place.unwrap_or_default() + &diagnostic.message
    };
    parsed.diagnostics.iter().map(one).collect()
}

/// Parses what must have no errors.
fn ok(text: &str) -> ast::File {
    let (sources, parsed) = parse_script(text, &[]);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:#?}", messages(&sources, &parsed));
    parsed.file
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&print::file(&ok(text)));
}

/// Checks the printed form of statements.
fn check_body(body: &str, expected: Expect) {
    check(&format!("probe begin {{ {body} }}"), expected);
}

/// The expression of `probe begin { EXPR }`.
fn expression(text: &str) -> Expr {
    let mut file = ok(&format!("probe begin {{ {text} }}"));
    let Some(Item::Probe(mut probe)) = file.items.pop() else { panic!("no probe") };
    match probe.body.stmts.pop().map(|stmt| stmt.kind) {
        Some(ast::StmtKind::Expr(expr)) if probe.body.stmts.is_empty() => expr,
        other => panic!("{text} is not one expression but {other:?}"),
    }
}

/// An expression with every operator in parentheses.
fn grouped(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary { op, lhs, rhs, .. } => {
            format!("({} {} {})", grouped(lhs), op.text(), grouped(rhs))
        }
        ExprKind::Assign { op, place, value, .. } => {
            format!("({} {op} {})", grouped(place), grouped(value))
        }
        ExprKind::Ternary { cond, then, otherwise } => {
            format!("({} ? {} : {})", grouped(cond), grouped(then), grouped(otherwise))
        }
        ExprKind::Unary { op, operand } => format!("({}{})", op.text(), grouped(operand)),
        ExprKind::In { keys, array } => match &keys[..] {
            [ast::Key::Expr(key)] => format!("({} in {})", grouped(key), array.name),
            keys => format!("([{}] in {})", keys.len(), array.name),
        },
        ExprKind::RegexMatch { negated, subject, regex } => {
            let op = if *negated { "!~" } else { "=~" };
            format!("({} {op} {})", grouped(subject), print::quoted(&regex.value))
        }
        ExprKind::Step { .. } => format!("({})", print::expr(expr)),
        _ => print::expr(expr),
    }
}

#[test]
fn globals_have_sizes_wrapping_and_values() {
    check(
        "global a, b=3, c=\"x\", d[100], e%[10], f%, g%[7] private h = -5; private global i",
        expect![[r#"
            global a, b = 3, c = "x", d[100], e%[10], f%, g%[7];
            private global h = -5;
            private global i;
        "#]],
    );
}

#[test]
fn functions_have_types_and_priorities() {
    check(
        "function f() { } private function g:string(a:long, b, c:string):18446744073709551615 { return a; }
         function h(x) %{ /* pure */ STAP_RETVALUE = 1; %} %{ #include <x.h> %}",
        expect![[r#"
            function f() {
            }
            private function g:string(a:long, b, c:string):18446744073709551615 {
              return a;
            }
            function h(x) %{ /* pure */ STAP_RETVALUE = 1; %}
            %{ #include <x.h> %}
        "#]],
    );
}

#[test]
fn probe_points_have_arguments_wildcards_braces_and_conditions() {
    check(
        r#"probe kernel.function("vfs_*@fs/read_write.c").return.maxactive(0x10)?, begin(-9223372036854775808) ! {}
           probe syscall.*, tcp.**, foo*bar*2.x if (a > 3 && !b), {process("a" "b"), kernel}.{function("x").{call, inline?}, a}! {}
           probe timer.profile, global.function.in.string { }"#,
        expect![[r#"
            probe kernel.function("vfs_*@fs/read_write.c").return.maxactive(16)?, begin(-9223372036854775808)! {
            }
            probe syscall.*, tcp.**, foo*bar*2.x if (a > 3 && !b), {process("ab"), kernel}.{function("x").{call, inline?}, a}! {
            }
            probe timer.profile, global.function.in.string {
            }
        "#]],
    );
}

#[test]
fn aliases_have_prologues_and_epilogues() {
    check(
        "probe a.b = begin {x = 1} probe a.c += begin, end {y = 1} probe d, e = begin! {} , { z++ }",
        expect![[r#"
            probe a.b = begin {
              x = 1;
            }
            probe a.c += begin, end {
              y = 1;
            }
            probe d, e = begin! {
            }, {
              z++;
            }
        "#]],
    );
}

#[test]
fn braces_expand_to_their_product() {
    let file = ok("probe a.{b, c.d.{e, f!}}.g ?, h {}");
    let [Item::Probe(probe)] = &file.items[..] else { panic!("one probe") };
    let flat: Vec<FlatPoint<'_>> = probe.points.iter().flat_map(|point| point.expand()).collect();
    let texts: Vec<_> = flat.iter().map(print::flat_point).collect();
    assert_eq!(texts, ["a.b.g?", "a.c.d.e.g?", "a.c.d.f.g!", "h"]);
    assert_eq!(probe.points[0].flat_count(), 3);
    assert!(matches!(probe.points[0].components[1], Component::Alternatives(..)));
}

#[test]
fn statements_read_as_written() {
    check_body(
        "; if (a) b; else if (c) { d } else ; while (1) { break; continue } for (;;) next
         for (i = 0; i < 3; i++) { } return try { error(\"x\") } catch { } try { } catch (e) { return e }
         delete a; delete a[1]; delete a[*, \"x\", b * 2] %{ code %}",
        expect![[r#"
            probe begin {
              ;
              if (a)
                b;
              else if (c) {
                d;
              }
              else
                ;
              while (1) {
                break;
                continue;
              }
              for (; ; )
                next;
              for (i = 0; i < 3; i++) {
              }
              return;
              try {
                error("x");
              } catch {
              }
              try {
              } catch (e) {
                return e;
              }
              delete a;
              delete a[1];
              delete a[*, "x", b * 2];
              %{ code %}
            }
        "#]],
    );
}

#[test]
fn foreach_has_all_its_forms() {
    check_body(
        "foreach (k in a) ; foreach (k+ in a) ; foreach ([k, j-] in a) ; foreach (v = k in a-) ;
         foreach (v- = [k, j] in a[*, \"x\"] limit 10) ; foreach (k in a @sum+) ; foreach ([k] in a[*]@count -) ;
         foreach (b in @hist_log(a[1])) ; foreach (b in @hist_linear(a, -10, 0, 5)) ;",
        expect![[r#"
            probe begin {
              foreach ([k] in a)
                ;
              foreach ([k+] in a)
                ;
              foreach ([k, j-] in a)
                ;
              foreach (v = [k] in a-)
                ;
              foreach (v = [k, j] in a[*, "x"]- limit 10)
                ;
              foreach ([k] in a @sum+)
                ;
              foreach ([k] in a[*] @count-)
                ;
              foreach ([b] in @hist_log(a[1]))
                ;
              foreach ([b] in @hist_linear(a, -10, 0, 5))
                ;
            }
        "#]],
    );
}

#[test]
fn target_variables_have_paths_and_suffixes() {
    check_body(
        "$a; $$vars; $$parms$; $a->b->c[1]->next$$; $a$; $a[2]$; &$a->b; &@var(\"v@f.c\", \"m\")[3];
         @cast(p, \"task_struct\", \"kernel<linux/sched.h>\")->pid; @cast($a->b, \"t\")$$; x->y; a[1]->b; a[1][2]; f(x)->y[0];
         (x)[1]; (&$a)->b; (a . b)->c$; @entry($x)->y; $a->b = $c->d++; ($a->b)->c",
        expect![[r#"
            probe begin {
              $a;
              $$vars;
              $$parms$;
              $a->b->c[1]->next$$;
              $a$;
              $a[2]$;
              &$a->b;
              &@var("v@f.c", "m")[3];
              @cast(p, "task_struct", "kernel<linux/sched.h>")->pid;
              @cast($a->b, "t")$$;
              x->y;
              a[1]->b;
              a[1][2];
              f(x)->y[0];
              (x)[1];
              (&$a)->b;
              (a . b)->c$;
              @entry($x)->y;
              $a->b = $c->d++;
              $a->b->c;
            }
        "#]],
    );
}

#[test]
fn at_operators_read_as_written() {
    check_body(
        "@count(s); @sum(s[1]); @min(s); @max(s); @avg(s); @variance(s); @variance(s, 62); print(@hist_log(s));
         println(1, @hist_linear(s, 0, 100, 10), @hist_log(t)); @hist_log(s)[65]; @defined($x->y); @probewrite($x);
         @entry(f() + 1); @const(\"PATH_MAX\"); @enum(\"E\"); @enumname(x); @enumname(x, \"enum t\", \"m\"); @perf(\"c\");
         @kregister(3); @uregister(n); @kderef(8, a + 1); @uderef(1, a) = 3; %{ /* pure */ 1 %}",
        expect![[r#"
            probe begin {
              @count(s);
              @sum(s[1]);
              @min(s);
              @max(s);
              @avg(s);
              @variance(s);
              @variance(s, 62);
              print(@hist_log(s));
              println(1, @hist_linear(s, 0, 100, 10), @hist_log(t));
              @hist_log(s)[65];
              @defined($x->y);
              @probewrite($x);
              @entry(f() + 1);
              @const("PATH_MAX");
              @enum("E");
              @enumname(x);
              @enumname(x, "enum t", "m");
              @perf("c");
              @kregister(3);
              @uregister(n);
              @kderef(8, a + 1);
              @uderef(1, a) = 3;
              %{ /* pure */ 1 %}
            }
        "#]],
    );
}

#[test]
fn printing_functions_are_told_from_variables() {
    check_body(
        r#"print(); println("a" "b", 1); printd(",", 1, 2); printdln(":" "-", x); printf("%d\n", x); printf("\"");
           x = sprint(1) . sprintln(2) . sprintd("", 1) . sprintdln("", 1) . sprintf("%s", "y"); printer(1); print = 3"#,
        expect![[r#"
            probe begin {
              print();
              println("ab", 1);
              printd(",", 1, 2);
              printdln(":-", x);
              printf("%d\n", x);
              printf("\"");
              x = sprint(1) . sprintln(2) . sprintd("", 1) . sprintdln("", 1) . sprintf("%s", "y");
              printer(1);
              print = 3;
            }
        "#]],
    );
}

#[test]
fn every_pair_of_operators_binds_as_documented() {
    // From the loosest to the tightest.
    let levels: [&[&str]; 11] = [
        &["||"],
        &["&&"],
        &["|"],
        &["^"],
        &["&"],
        &["in"],
        &["<", ">", "<=", ">=", "==", "!=", "=~", "!~"],
        &["<<", ">>", ">>>"],
        &["."],
        &["+", "-"],
        &["*", "/", "%"],
    ];
    let operators = || levels.iter().enumerate().flat_map(|(level, all)| all.iter().map(move |op| (level, *op)));
    let (membership, comparison) = (5, 6);
    let rhs_of = |op: &str, name: &'static str| if op.ends_with('~') { "\"r\"" } else { name };
    for (level_a, a) in operators() {
        for (level_b, b) in operators() {
            // What takes a name or a literal on its right can only be the first if it binds at least as
            // tightly, and does not chain.
            let (y, z) = (rhs_of(a, "y"), rhs_of(b, "z"));
            let text = format!("x {a} {y} {b} {z}");
            let no_chain = match (level_a, level_b) {
                (5, _) => level_b >= membership,
                (6, 6) => a.ends_with('~') || b.ends_with('~'),
                (6, _) if a.ends_with('~') => level_b > comparison,
                _ => false,
            };
            if no_chain {
                let (_, parsed) = parse_script(&format!("probe begin {{ ({text}) }}"), &[]);
                assert!(!parsed.diagnostics.is_empty(), "{text} must not chain");
                continue;
            }
            let expected =
                if level_a >= level_b { format!("((x {a} {y}) {b} {z})") } else { format!("(x {a} ({y} {b} {z}))") };
            assert_eq!(grouped(&expression(&text)), expected, "{text}");
        }
        for unary in ["-", "!", "~", "+"] {
            let rhs = rhs_of(a, "y");
            assert_eq!(grouped(&expression(&format!("{unary}x {a} {rhs}"))), format!("(({unary}x) {a} {rhs})"));
        }
        let text = format!("x {a} {0} ? y {a} {0} : z {a} {0}", rhs_of(a, "w"));
        let part = |x: &str| format!("({x} {a} {})", rhs_of(a, "w"));
        let expected = format!("({} ? {} : {})", part("x"), part("y"), part("z"));
        assert_eq!(grouped(&expression(&text)), expected);
        let text = format!("v = x {a} {}", rhs_of(a, "y"));
        assert_eq!(grouped(&expression(&text)), format!("(v = (x {a} {}))", rhs_of(a, "y")));
    }
}

#[test]
fn assignments_and_conditionals_are_right_associative() {
    for op in ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|=", ".=", "<<<"] {
        let text = format!("x {op} y[1] = z ? a : b");
        assert_eq!(grouped(&expression(&text)), format!("(x {op} (y[1] = (z ? a : b)))"));
    }
    assert_eq!(grouped(&expression("a ? b : c ? d : e")), "(a ? b : (c ? d : e))");
    assert_eq!(grouped(&expression("a ? b = 1 : c")), "(a ? (b = 1) : c)");
    assert_eq!(grouped(&expression("-x++ * !--y")), "((-(x++)) * (!(--y)))");
    assert_eq!(grouped(&expression("a & [1, 2] in b | [*] in c")), "((a & ([2] in b)) | ([1] in c))");
}

#[test]
fn numbers_wrap_to_the_sign() {
    let value = |text: &str| match expression(text).kind {
        ExprKind::Number(value) => value,
        other => panic!("{other:?}"),
    };
    assert_eq!(value("18446744073709551615"), -1);
    assert_eq!(value("9223372036854775808"), i64::MIN);
    assert_eq!(value("0x7fffffffffffffff"), i64::MAX);
    assert_eq!(value("0777"), 511);
}

#[test]
fn each_expression_has_an_identity_of_its_own() {
    let mut sources = SourceMap::new();
    let mut context = ParseContext::new(Conditions::new("6.12.0", "arm64"));
    let mut seen = std::collections::HashSet::new();
    for name in ["a.stp", "b.stp"] {
        let id = sources.add(name, "probe begin { x = y + a[1, z] foreach (k in a) delete a[k] }");
        let parsed = parse_file(&mut sources, id, FileKind::Tapset, &mut context);
        let text = format!("{:?}", parsed.file);
        let ids = text.split("ExprId(").skip(1).map(|rest| rest.split(')').next().unwrap_or(""));
        for id in ids {
            assert!(seen.insert(id.to_owned()), "{id} occurs twice");
        }
    }
    assert_eq!(seen.len(), context.ids.len());
}

#[test]
fn spans_cover_what_they_name() {
    let (sources, parsed) = parse_script("probe begin {\n  x = (a + b) * $p->q[1]\n}", &[]);
    let Item::Probe(probe) = &parsed.file.items[0] else { panic!("a probe") };
    let stmt = &probe.body.stmts[0];
    assert_eq!(sources.text(stmt.span), "x = (a + b) * $p->q[1]");
    let ast::StmtKind::Expr(expr) = &stmt.kind else { panic!("an expression") };
    let ExprKind::Assign { value, op_span, .. } = &expr.kind else { panic!("an assignment") };
    assert_eq!(sources.location(*op_span).to_string(), "t.stp:2:5");
    assert_eq!(sources.text(value.span), "(a + b) * $p->q[1]");
    let ExprKind::Binary { lhs, rhs, .. } = &value.kind else { panic!("a product") };
    assert_eq!(sources.text(lhs.span), "a + b");
    assert_eq!(sources.text(rhs.span), "$p->q[1]");
    assert_eq!(sources.text(probe.points[0].span), "begin");
}

#[test]
fn the_parser_goes_on_after_an_error() {
    let text =
        "global 3\nprobe begin {\n  x = ;\n  y = 1\n  if (a { z }\n  w = 2;\n}\nfunction f( { }\nprobe end { v = }";
    let (sources, parsed) = parse_script(text, &[]);
    let all = messages(&sources, &parsed).join("\n");
    expect![[r#"
        1:8 expected the name of a global variable, found number `3`
        3:7 expected an expression, found `;`
        5:9 expected `)` after the condition, found `{`
        8:13 expected the name of a parameter, found `{`
        9:17 expected an expression, found `}`"#]]
    .assert_eq(&all);
    expect![[r#"
        probe begin {
          y = 1;
          w = 2;
        }
        probe end {
        }
    "#]]
    .assert_eq(&print::file(&parsed.file));
}

#[test]
fn a_missing_brace_costs_one_error() {
    let (sources, parsed) = parse_script("probe begin {\n  if (a) {\n    b\n\nprobe end { c }\n", &[]);
    assert_eq!(messages(&sources, &parsed), ["5:1 expected `}`, found keyword `probe`"]);
    assert_eq!(parsed.file.items.len(), 2);
}

/// Nothing may overflow the stack: neither reading, nor printing, nor dropping the tree.
#[test]
fn hostile_nesting_is_an_error() {
    let many = 20_000;
    let opened = ["(", "{", "- ", "!", "& ", "[", "f(", "a[", "x ? ", "x = ", "if (1) ", "1 + (", "@count(", "$a["];
    for open in opened {
        let text = format!("probe begin {{ {} }}", open.repeat(many));
        let (sources, parsed) = parse_script(&text, &[]);
        let all = messages(&sources, &parsed);
        assert!(all.iter().any(|one| one.ends_with("this is nested too deeply")), "{open}: {all:?}");
    }
    for chained in [" + 1", " . \"x\"", " && x", "->b", "[1]", " ? 1 : 2", " = x", "++", " in a"] {
        let (_, parsed) = parse_script(&format!("probe begin {{ x{} }}", chained.repeat(many)), &[]);
        let _ = print::file(&parsed.file);
    }
    for around in ["probe {", "probe a.{", "probe begin if (", "function f(", "foreach (a in b["] {
        let _ = parse_script(&around.repeat(many), &[]);
    }
}

#[test]
fn nesting_within_the_bound_is_read() {
    let depth = 45;
    let text = format!("x = {}1{}", "(1 + ".repeat(depth), ")".repeat(depth));
    expression(&text);
    expression(&format!("x{}", " . \"y\"".repeat(250)));
    let chain: String = (0..200).map(|i| format!("if (n == {i}) x = {i} else ")).collect();
    ok(&format!("probe begin {{ {chain} ; }}"));
    let ternaries: String = (0..200).map(|i| format!("n == {i} ? \"E{i}\" : ")).collect();
    expression(&format!("s = {ternaries} \"?\""));
}
