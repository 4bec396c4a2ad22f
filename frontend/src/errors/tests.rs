// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors that no case in `tests/cases` can bring about, and how diagnostics look.

use expect_test::expect;

use crate::ast::FileKind;
use crate::parser::{ParseContext, Parsed, parse_file};
use crate::preprocess::{Conditions, ScriptArgs};
use crate::span::SourceMap;

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
