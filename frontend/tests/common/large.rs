// SPDX-License-Identifier: MIT OR Apache-2.0
//! Large scripts, each of another shape.
#![allow(dead_code, reason = "each user takes a part")]

/// A name, and what makes a script of about so many lines.
pub type Shape = (&'static str, fn(usize) -> String);

/// All shapes.
pub const SHAPES: &[Shape] = &[
    ("mixed", mixed),
    ("one long handler", one_handler),
    ("a chain of functions", chain),
    ("a chain of functions, the last first", chain_backwards),
    ("globals", globals),
    ("unread locals", unread),
    ("aliases", aliases),
    ("macros", macros),
    ("warnings", warnings),
];

fn each(lines: usize, mut line: impl FnMut(usize) -> String) -> String {
    (0..lines).map(|number| line(number) + "\n").collect()
}

/// What a real script has: functions, globals, aliases, probes with some statements.
pub fn mixed(lines: usize) -> String {
    each(lines / 10, |n| {
        format!(
            "global count{n}, names{n}[100]\n\
             function f{n}:long (x:long, s:string) {{\n  if (x > {n}) return strlen(s) + x\n  return f{last}(x + 1, s . \"x\")\n}}\n\
             probe my.point{n} = begin({n}) {{ name = \"point{n}\"; value = {n} }}\n\
             probe my.point{n} {{\n  count{n} <<< f{n}(value, name); names{n}[pid(), execname()] = sprintf(\"%s %d\", name, value)\n\
             \x20 printf(\"%d %s\\n\", @count(count{n}), names{n}[1, \"x\"])\n}}",
            last = n.saturating_sub(1),
        )
    })
}

fn one_handler(lines: usize) -> String {
    let body = each(lines, |n| format!("  x{} = {n} + x{}; if (x{} > 3) a[{n}] = x{}", n % 50, n % 49, n % 48, n % 47));
    format!("global a\nprobe begin {{\n{body}}}\n")
}

fn chain(lines: usize) -> String {
    let functions = each(lines, |n| match n {
        0 => "function f0(x) { g++; return x }".into(),
        _ => format!("function f{n}(x) {{ return f{}(x + 1) }}", n - 1),
    });
    format!("global g\n{functions}probe begin {{ println(f{}(0)) }}\n", lines - 1)
}

fn chain_backwards(lines: usize) -> String {
    let functions = each(lines, |n| format!("function f{n}(x) {{ return f{}(x + 1) }}", n + 1));
    format!("global g\n{functions}function f{lines}(x) {{ g++; return x }}\nprobe begin {{ println(f0(0)) }}\n")
}

fn globals(lines: usize) -> String {
    let globals = each(lines, |n| format!("global g{n} = {n}"));
    let used = each(lines, |n| format!("function u{n}() {{ g{n}++ }}"));
    let calls = each(lines, |n| format!("  u{n}()"));
    format!("{globals}{used}probe begin {{\n{calls}}}\n")
}

fn unread(lines: usize) -> String {
    format!("probe begin {{\n  x0 = 1\n{}}}\n", each(lines, |n| format!("  x{} = x{n} + 1", n + 1)))
}

fn aliases(lines: usize) -> String {
    let aliases = each(lines, |n| format!("probe a{n}.b.c{n} = begin({n}) {{ v = {n} }}"));
    let used = each(lines, |n| format!("probe a{n}.b.c{n} {{ println(v) }}"));
    format!("{aliases}{used}probe a1*.*.c*0 {{ println(v) }}\n")
}

fn macros(lines: usize) -> String {
    let macros = each(lines, |n| format!("@define m{n}(x) %( (@x + {n}) %)"));
    format!("{macros}probe begin {{\n{}}}\n", each(lines, |n| format!("  println(@m{n}(%( {n} > 3 %? 1 %: 2 %)))")))
}

fn warnings(lines: usize) -> String {
    format!("probe begin {{\n{}}}\n", each(lines / 10, |n| format!("  println(unset{n} + 1)")))
}
