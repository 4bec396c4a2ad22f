// SPDX-License-Identifier: MIT OR Apache-2.0
use expect_test::{Expect, expect};

use super::*;

fn lex_text(text: &str) -> (SourceMap, Lexed) {
    let mut sources = SourceMap::new();
    let file = sources.add("t.stp", text);
    let lexed = lex(&sources, file);
    (sources, lexed)
}

/// Checks tokens, comments and errors, each with its text.
fn check(text: &str, expected: Expect) {
    let (sources, lexed) = lex_text(text);
    let mut out = String::new();
    for token in &lexed.tokens {
        let at = sources.location(token.span);
        out += &format!("{}:{} {:?}\n", at.line, at.column, token.kind);
    }
    for comment in &lexed.comments {
        out += &format!("comment {:?}\n", sources.text(*comment));
    }
    for diagnostic in &lexed.diagnostics {
        let span = diagnostic.span().expect("lexical errors have a place");
        out += &format!("{} {}: {:?}\n", diagnostic.code, diagnostic.message, sources.text(span));
    }
    expected.assert_eq(&out);
}

fn string(text: &str) -> Vec<u8> {
    match &lex_text(text).1.tokens[0].kind {
        TokenKind::String(bytes) => bytes.as_bytes().to_vec(),
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn names_may_hold_dollars_and_begin_with_at() {
    check(
        "a_1 $b->c$ $$vars$$ @cast x$y @",
        expect![[r#"
        1:1 Ident("a_1")
        1:5 Ident("$b")
        1:7 Op(Arrow)
        1:9 Ident("c$")
        1:12 Ident("$$vars$$")
        1:21 At("cast")
        1:27 Ident("x$y")
        1:31 At("")
        1:32 End
    "#]],
    );
}

#[test]
fn numbers_are_read_as_by_strtoull() {
    let value = |text: &str| match lex_text(text).1 {
        Lexed { tokens, diagnostics, .. } if diagnostics.is_empty() => match tokens[0].kind {
            TokenKind::Number(value) => Some(value),
            _ => panic!("{text} is no number"),
        },
        _ => None,
    };
    assert_eq!(value("0"), Some(0));
    assert_eq!(value("0x2A"), Some(42));
    assert_eq!(value("0XfF"), Some(255));
    assert_eq!(value("0777"), Some(511));
    assert_eq!(value("18446744073709551615"), Some(u64::MAX));
    assert_eq!(value("0xffffffffffffffff"), Some(u64::MAX));
    for bad in ["18446744073709551616", "08", "0x", "1a", "0x1g", "99999999999999999999999"] {
        assert_eq!(value(bad), None, "{bad}");
    }
}

#[test]
fn escapes_are_decoded() {
    assert_eq!(string(r#""\a\b\t\n\v\f\r\\\"""#), b"\x07\x08\t\n\x0b\x0c\r\\\"");
    assert_eq!(string(r#""\0\18\1234\777""#), b"\0\x018\x534\xff");
    assert_eq!(string(r#""\x4\x41B\xff0\xg""#), b"\x04\x41B\xff0xg");
    assert_eq!(string(r#""\q\%\é""#), "q%é".as_bytes());
    assert_eq!(string("\"a\\\nb\""), b"a\nb", "an escaped newline");
}

#[test]
fn comments_are_kept_aside() {
    check(
        "a # one $1\n// two\nb /* three\n */ c $# @# d# four\n/* no end",
        expect![[r##"
            1:1 Ident("a")
            3:1 Ident("b")
            4:5 Ident("c")
            4:7 ArgCount { quoted: false }
            4:10 ArgCount { quoted: true }
            4:13 Ident("d")
            5:10 End
            comment "# one $1"
            comment "// two"
            comment "/* three\n */"
            comment "# four"
            comment "/* no end"
        "##]],
    );
}

#[test]
fn script_arguments_are_tokens() {
    check(
        "$1 @23 $1x $# @# $99999999999",
        expect![[r#"
        1:1 Arg { number: 1, quoted: false }
        1:4 Arg { number: 23, quoted: true }
        1:8 Arg { number: 1, quoted: false }
        1:10 Ident("x")
        1:12 ArgCount { quoted: false }
        1:15 ArgCount { quoted: true }
        1:18 Arg { number: 4294967295, quoted: false }
        1:30 End
    "#]],
    );
}

#[test]
fn embedded_code_is_one_token() {
    check(
        "%{ a }% \"%{\" %}b%{ c",
        expect![[r#"
        1:1 Embedded(" a }% \"%{\" ")
        1:16 Ident("b")
        1:21 End
        W0005 possible typo in embedded code: "}%"
        E0004 unclosed embedded code: "%{"
    "#]],
    );
}

#[test]
fn the_longest_operator_is_taken() {
    check(
        "a<<<b>>>=c<<=d->e.=f%(%?%:%)%",
        expect![[r#"
        1:1 Ident("a")
        1:2 Op(Accumulate)
        1:5 Ident("b")
        1:6 Op(LogicalShr)
        1:9 Op(Assign)
        1:10 Ident("c")
        1:11 Op(ShlAssign)
        1:14 Ident("d")
        1:15 Op(Arrow)
        1:17 Ident("e")
        1:18 Op(ConcatAssign)
        1:20 Ident("f")
        1:21 Op(CondOpen)
        1:23 Op(CondThen)
        1:25 Op(CondElse)
        1:27 Op(CondClose)
        1:29 Op(Percent)
        1:30 End
    "#]],
    );
    for (index, op) in Op::ALL.iter().enumerate() {
        let (_, lexed) = lex_text(op.text());
        assert_eq!(lexed.tokens[0].kind, TokenKind::Op(*op));
        let hidden = Op::ALL[..index].iter().find(|first| op.text().starts_with(first.text()));
        assert_eq!(hidden, None, "{op} is never found");
    }
}

#[test]
fn the_lexer_goes_on_after_an_error() {
    check(
        "a 'b' \u{a0}é\x01` c \"no end\nd \"at the end\\",
        expect![[r#"
            1:1 Ident("a")
            1:4 Ident("b")
            1:14 Ident("c")
            1:16 String(b"no end")
            2:1 Ident("d")
            2:3 String(b"at the end")
            2:15 End
            E0001 unexpected character: "'"
            E0001 unexpected character: "'"
            E0001 unexpected character: "\u{a0}"
            E0001 unexpected character: "é\u{1}`"
            E0003 unclosed quote: "\"no end"
            E0003 unclosed quote: "\"at the end\\"
        "#]],
    );
}
