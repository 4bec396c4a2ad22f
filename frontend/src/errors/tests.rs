// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each error, where it is reported and in which words.

use expect_test::expect;

use crate::ast::FileKind;
use crate::parser::{ParseContext, Parsed, parse_file};
use crate::preprocess::{Conditions, ScriptArgs};
use crate::span::SourceMap;

/// Code, place and message of what is wrong, and the script. Other stages that see the same script have
/// nothing to add.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("E0001", "2:3", "unexpected character", "probe begin {\n  ' x }"),
    ("E0002", "1:19", "number invalid or out of range", "probe begin { x = 08 }"),
    ("E0003", "1:21", "unclosed quote", "probe begin { print(\"abc\n) }"),
    ("E0004", "1:2", "unclosed embedded code", " %{ abc"),
    ("W0005", "1:6", "possible typo in embedded code", "%{ a }% %}"),
    ("E0101", "1:15", "unknown macro or operator `@cout`", "probe begin { @cout(x) }"),
    ("E0102", "2:15", "macro `@m` needs arguments in parentheses", "@define m(a) %( @a %)\nprobe begin { @m }"),
    ("E0103", "2:15", "unclosed argument list of macro `@m`", "@define m(a) %( @a %)\nprobe begin { @m(1 }"),
    ("E0104", "2:15", "macro `@m` takes 1 argument, not 2", "@define m(a) %( @a %)\nprobe begin { @m(1, 2) }"),
    ("E0105", "2:1", "macro `@m` uses itself", "@define m %( @m %)\n@m"),
    ("E0106", "2:9", "attempt to redefine macro `@m`", "@define m %( 1 %)\n@define m %( 2 %)"),
    ("E0107", "1:9", "attempt to redefine builtin `@count`", "@define count %( 1 %)"),
    ("E0108", "1:9", "expected the name of the macro after `@define`", "@define \"x\" %( %)"),
    ("E0109", "1:9", "expected `%(` and the body of macro `@m`", "@define m"),
    ("E0110", "1:9", "unclosed body of macro `@m`", "@define m %( 1"),
    ("E0111", "2:1", "a macro cannot define a macro", "@define m %( @define n %( %) %)\n@m"),
    ("E0112", "1:11", "expected a list of names for the macro's parameters, found number `1`", "@define m(1) %( %)"),
    ("E0113", "1:13", "duplicate macro parameter `a`", "@define m(a,a) %( %)"),
    ("E0117", "1:19", "a script argument cannot refer to argument 2", "probe begin { x + $1 }"),
    ("E0117", "1:19", "a script argument cannot count the arguments", "probe begin { x + $2 }"),
    ("E0118", "1:17", "script argument `$9` out of range 1 to 2", "probe begin { f($9) }"),
    ("E0120", "1:15", "`%)` without `%(`", "probe begin { %) }"),
    ("E0121", "1:1", "expected `%?` after the condition of `%(`", "%( 1 == 1"),
    ("E0122", "1:1", "incomplete conditional", "%( 1 == 1 %? global a %: global b"),
    ("E0123", "1:1", "incomplete condition", "%( %? global a %)"),
    ("E0123", "1:11", "incomplete condition", "%( 1 == 1 && arch %? global a %)"),
    ("E0124", "1:11", "expected `&&`, `||` or `%?` after a comparison, found number `2`", "%( 1 == 1 2 %? global a %)"),
    ("E0125", "1:6", "expected a comparison operator, found `+`", "%( 1 + 1 %? global a %)"),
    ("E0126", "1:9", "expected a number on the right side of the comparison", "%( 1 == \"1\" %? global a %)"),
    (
        "E0126",
        "1:16",
        "expected a string literal on the right side of the comparison",
        "%( kernel_v >= 5 %? global a %)",
    ),
    ("E0127", "1:9", "identifier `arch` can only be compared with `==` and `!=`", "%( arch >= \"x\" %? global a %)"),
    ("E0128", "1:4", "a condition cannot ask for identifier `kernel`", "%( kernel == \"x\" %? global a %)"),
    ("E0201", "2:7", "expected `)` after the condition, found `{`", "probe begin {\nif (a { } }"),
    ("E0202", "1:8", "expected the name of a global variable, found keyword `next`", "global next"),
    (
        "E0202",
        "1:24",
        "expected an array, an element or a variable after `delete`, found identifier `$x`",
        "probe begin {   delete $x }",
    ),
    ("E0203", "1:22", "expected a string literal as the format, found identifier `x`", "probe begin { printf(x) }"),
    ("E0204", "1:10", "expected a number as the size of the array, found identifier `n`", "global a[n]"),
    (
        "E0205",
        "1:12",
        "expected a number or a string literal as the initial value, found identifier `b`",
        "global a = b",
    ),
    ("E0206", "1:19", "expected an expression, found `;`", "probe begin { x = ; }"),
    ("E0207", "1:1", "expected `probe`, `function`, `global` or `private`, found identifier `x`", "x = 1"),
    ("E0208", "1:12", "expected `long` or `string` as the type, found identifier `int`", "function f:int() { }"),
    ("E0209", "1:17", "expected a probe point component, found `}`", "probe kernel. { }"),
    ("E0211", "2:3", "expected `}`, found end of file", "probe begin {\n a"),
    ("E0212", "1:16", "only scalar globals can be initialised", "global a[10] = 1"),
    ("E0213", "1:10", "array size out of range", "global a[0]"),
    ("E0213", "1:10", "array size out of range", "global a[2147483648]"),
    ("E0214", "1:15", "duplicate parameter `a`", "function f(a, a) { }"),
    ("E0215", "1:14", "expected the function's priority, 0 or more, found `-`", "function f():-1 { }"),
    ("E0216", "1:7", "the name of a probe alias cannot be optional or sufficient", "probe a? = begin { }"),
    ("E0216", "1:7", "the name of a probe alias cannot have a condition", "probe a if (b) = begin { }"),
    ("E0216", "1:7", "the name of a probe alias cannot hold wildcards", "probe a.{b*} = begin { }"),
    ("E0218", "1:15", "`else` without `if`", "probe begin { else ; }"),
    ("E0219", "1:15", "`catch` without `try`", "probe begin { catch ; }"),
    ("E0220", "1:23", "expected `catch` after `try { … }`, found `}`", "probe begin { try { } }"),
    ("E0221", "1:26", "expected `in` and an array, found `)`", "probe begin { foreach (k ) ; }"),
    ("E0222", "1:31", "`@variance` cannot sort an array", "probe begin { foreach (k in a @variance-) ; }"),
    (
        "E0223",
        "1:36",
        "expected `+` (ascending) or `-` (descending), found `)`",
        "probe begin { foreach (k in a @sum ) ; }",
    ),
    ("E0224", "1:31", "`foreach` can sort by one thing only", "probe begin { foreach (k+ in a-) ; }"),
    ("E0225", "1:15", "this cannot be assigned to", "probe begin { a + b = 3 }"),
    ("E0226", "1:22", "expected `in` after a list of keys, found `}`", "probe begin { [a, b] }"),
    ("E0227", "1:16", "a list of keys cannot stand here", "probe begin { ![k] in a }"),
    ("E0228", "1:16", "this has no address", "probe begin { &x }"),
    ("E0229", "1:15", "expected the name of a target variable after `$`", "probe begin { $ }"),
    ("E0230", "1:22", "expected `(` after `printf`", "probe begin { printf \"x\" }"),
    ("E0231", "1:17", "`*` cannot be the key of one element", "probe begin { a[*] = 1 }"),
    ("E0232", "1:15", "`printd` takes a delimiter and at least one value", "probe begin { printd(\",\") }"),
    ("E0234", "1:23", "the size of an access is 1, 2, 4 or 8 bytes", "probe begin { @kderef(3, x) }"),
    ("E0235", "1:28", "the bit shift of `@variance` is 0 to 62", "probe begin { @variance(s, 63) }"),
    ("E0236", "1:19", "a histogram is not a value", "probe begin { x = @hist_log(s) }"),
    ("E0237", "1:37", "the width of a bucket is at least 1", "probe begin { @hist_linear(s, 0, 1, 0)[1] }"),
    (
        "E0238",
        "1:15",
        "the low end of the histogram is above its high end",
        "probe begin { @hist_linear(s, 2, 1, 1)[1] }",
    ),
];

fn parse(text: &str, kind: FileKind) -> (SourceMap, Parsed, ScriptArgs) {
    let mut sources = SourceMap::new();
    let file = sources.add("t.stp", text);
    let mut context = ParseContext::new(Conditions::new("6.12.0", "x86_64"));
    context.args = ScriptArgs::new(["$2", "@#"]);
    let parsed = parse_file(&mut sources, file, kind, &mut context);
    (sources, parsed, context.args)
}

/// Code, place and message of the first diagnostic.
fn first(text: &str, kind: FileKind) -> (&'static str, String, String) {
    let (sources, parsed, _) = parse(text, kind);
    let Some(first) = parsed.diagnostics.first() else { panic!("no error in {text}") };
    let place = sources.location(sources.outermost(first.span().expect("a place")));
    (first.code, format!("{}:{}", place.line, place.column), first.message.clone())
}

#[test]
fn each_error_names_its_place() {
    let mut wrong = Vec::new();
    for (code, place, message, text) in CASES {
        let found = first(text, FileKind::User);
        if (found.0, &*found.1, &*found.2) != (*code, *place, *message) {
            wrong.push((text, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rare_errors_name_their_place() {
    let is = |found: (&str, String, String), code: &str, place: &str, message: &str| {
        assert_eq!((found.0, &*found.1, &*found.2), (code, place, message));
    };
    let library = first("@define a %( %)\nglobal b", FileKind::MacroLibrary);
    is(library, "E0114", "2:1", "a macro library holds only `@define`, found keyword `global`");

    let nested = "%( 1 == 1 %? ".repeat(100) + &"%)".repeat(100);
    is(first(&nested, FileKind::User), "E0115", "1:833", "macros and conditionals are nested too deeply");

    let mut doubling = String::from("@define m0 %( x %)");
    for i in 1..40 {
        doubling += &format!("@define m{i} %( @m{0} @m{0} %)", i - 1);
    }
    let message = "the macros of this file expand to too much text";
    is(first(&(doubling + "\n @m39"), FileKind::User), "E0116", "2:2", message);

    let deep = format!("probe begin {{\n{} }}", "{".repeat(1000));
    is(first(&deep, FileKind::User), "E0210", "2:65", "this is nested too deeply");

    let braces = format!("probe begin, {} {{ }}", ["{a,b,c,d,e,f,g,h}"; 5].join("."));
    let message = "the braces stand for more than 4096 probe points";
    is(first(&braces, FileKind::User), "E0217", "1:14", message);

    // What the preprocessor does not let through.
    let mut sources = SourceMap::new();
    let file = sources.add("t.stp", "probe begin { @define(x) }");
    let tokens = crate::lexer::lex(&sources, file).tokens;
    let (_, errors) = crate::parser::parse(&sources, &tokens, &mut Default::default());
    let message = "`@define` cannot be used in an expression";
    assert_eq!((errors[0].code, &*errors[0].message), ("E0233", message));

    let (_, _, args) = parse("probe begin { }", FileKind::User);
    let warnings = args.unused_warnings();
    let codes: Vec<_> = warnings.iter().map(|one| (one.code, &*one.message)).collect();
    let expected = ["unused command line option $1/@1", "unused command line option $2/@2"];
    assert_eq!(codes, expected.map(|message| ("W0119", message)));
}

#[test]
fn library_macros_have_one_definition() {
    let mut sources = SourceMap::new();
    let conditions = Conditions::new("6.1.0", "x86_64");
    let mut context = crate::parser::ParseContext::new(conditions);
    let mut parse = |name: &str, text: &str| {
        let file = sources.add(name, text);
        crate::parser::parse_file(&mut sources, file, FileKind::MacroLibrary, &mut context).diagnostics
    };
    assert!(parse("a.stpm", "@define m %( 1 %)").is_empty());
    let errors = parse("b.stpm", "@define n %( 2 %) @define m %( 2 %)");
    let told: Vec<_> = errors.iter().map(|one| (one.code, &*one.message)).collect();
    assert_eq!(told, [("E0180", "duplicate definition of library macro `@m`")]);
}

#[test]
fn the_closest_word_is_suggested() {
    let words = ["probe", "function", "global", "private"];
    assert_eq!(super::similar("prob", words).as_deref(), Some("probe"));
    assert_eq!(super::similar("funtcion", words).as_deref(), Some("function"));
    assert_eq!(super::similar("x", words), None);
    assert_eq!(super::similar("ab", ["ac", "aa"]).as_deref(), Some("aa"));
}

#[test]
fn diagnostics_show_source_labels_notes_and_hints() {
    let text = "@define bad(x) %( 1 + (@x + ) %)\nfunction f(a, a) { }\nprobe begin {\n  print(@bad(2))\n  if x\n}\nprob end { }\n";
    let (sources, parsed, _) = parse(text, FileKind::User);
    let texts: Vec<_> = parsed.diagnostics.iter().map(|one| one.render(&sources, false)).collect();
    expect![[r#"
        error[E0214]: duplicate parameter `a`
         --> t.stp:2:15
          |
        2 | function f(a, a) { }
          |            -  ^
          |            |
          |            first here

        error[E0206]: expected an expression, found `)`
         --> t.stp:1:29
          |
        1 | @define bad(x) %( 1 + (@x + ) %)
          |                             ^
        ...
        4 |   print(@bad(2))
          |         ---- in this use of `@bad`

        error[E0201]: expected `(` after `if`, found identifier `x`
         --> t.stp:5:6
          |
        5 |   if x
          |      ^ `(` belongs here

        error[E0207]: expected `probe`, `function`, `global` or `private`, found identifier `prob`
         --> t.stp:7:1
          |
        7 | prob end { }
          | ^^^^
          |
          = help: did you mean `probe`?
    "#]]
    .assert_eq(&texts.join("\n"));
    let styled = parsed.diagnostics[0].render(&sources, true);
    assert!(styled.contains("\u{1b}["), "{styled:?}");
}
