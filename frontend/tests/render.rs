// SPDX-License-Identifier: MIT OR Apache-2.0
//! Diagnostics on texts that are hard to show.

use expect_test::expect;
use spile_frontend::diag::Diagnostic;
use spile_frontend::mock::MockTarget;
use spile_frontend::span::{SourceMap, Span};
use spile_frontend::{Failed, Options, Source, TapsetLibrary, compile};

/// What is said of a script that is wrong.
fn said(text: &str) -> String {
    let source = Source { name: "a.stp".into(), text: text.into() };
    match compile(&[source], &TapsetLibrary::builtin(), &Options::default(), &MockTarget::new()) {
        Ok(_) => panic!("nothing is wrong with {text:?}"),
        Err(Failed { sources, diagnostics }) => diagnostics.render(&sources, false),
    }
}

#[test]
fn lines_may_end_in_carriage_returns() {
    expect![[r#"
        error[E0302]: unresolved function 'foo'
         --> a.stp:2:3
          |
        2 |   foo()
          |   ^^^ no such function
    "#]]
    .assert_eq(&said("probe begin {\r\n  foo()\r\n}\r\n"));
}

#[test]
fn the_caret_stands_under_wide_text_and_tabs() {
    expect![[r#"
        error[E0302]: unresolved function 'foo'
         --> a.stp:1:35
          |
        1 | probe begin { println("日本 größe",    foo()) }
          |                                        ^^^ no such function
    "#]]
    .assert_eq(&said("probe begin { println(\"日本 größe\",\tfoo()) }"));
}

#[test]
fn replaced_bytes_are_shown() {
    let text = String::from_utf8_lossy(b"probe begin { println(\xff) }").into_owned();
    expect![[r#"
        error[E0001]: unexpected character
         --> a.stp:1:23
          |
        1 | probe begin { println(�) }
          |                       ^ no token begins with this
          |
          = help: the script is no UTF-8 here
    "#]]
    .assert_eq(&said(&text));
}

#[test]
fn long_lines_are_cut_around_the_caret() {
    let long = format!("probe begin {{ {}foo() {}}}", "println(1) ".repeat(500), "println(2) ".repeat(500));
    let said = said(&long);
    assert!(said.contains("foo()") && said.contains("^^^ no such function"), "{said}");
    assert!(said.lines().all(|line| line.len() < 200), "{said}");
}

#[test]
fn the_end_of_a_text_and_an_empty_one_have_places() {
    let mut sources = SourceMap::new();
    let empty = sources.add("empty.stp", "");
    let file = sources.add("a.stp", "probe begin {\n");
    let texts: Vec<_> = [Span::new(empty, 0, 0), Span::new(file, 14, 14)]
        .map(|span| Diagnostic::error("E0211", span, "the end").label("here").render(&sources, false))
        .into();
    expect![[r#"
        error[E0211]: the end
         --> empty.stp:1:1
          |
        1 |
          | ^ here

        error[E0211]: the end
         --> a.stp:1:15
          |
        1 | probe begin {
          |              ^ here
    "#]]
    .assert_eq(&texts.join("\n"));
    assert_eq!(sources.location(Span::new(empty, 0, 0)).to_string(), "empty.stp:1:1");
}

/// Spans from anywhere, in the middle of characters too, are shown without a panic.
#[test]
fn no_span_is_too_odd() {
    let mut sources = SourceMap::new();
    let text = "a\u{fc}\r\n\t\u{65e5}\u{0}\u{1b}[31m\n\n";
    let file = sources.add("a.stp", text);
    let end = text.len() as u32;
    for start in 0..=end {
        for stop in 0..=end {
            let also = Span::new(file, stop, end);
            let one = Diagnostic::error("E0001", Span::new(file, start, stop), "odd").label("x").also(also, "y");
            let shown = one.render(&sources, false);
            assert!(shown.starts_with("error[E0001]: odd\n"), "{shown}");
            assert!(!shown.contains('\u{1b}'), "the script's escape sequences do not reach the terminal: {shown:?}");
        }
    }
}
