// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::lexer::lex;

/// The texts of the tokens that are left.
fn texts(tokens: &[Token]) -> String {
    let text = |token: &Token| match &token.kind {
        TokenKind::Ident(name) => name.to_string(),
        TokenKind::At(name) => format!("@{name}"),
        TokenKind::Number(value) => value.to_string(),
        TokenKind::String(bytes) => crate::print::quoted(bytes),
        TokenKind::Op(op) => op.text().to_owned(),
        other => format!("{other:?}"),
    };
    let (end, tokens) = tokens.split_last().expect("an end");
    assert_eq!(end.kind, TokenKind::End);
    tokens.iter().map(text).collect::<Vec<_>>().join(" ")
}

struct Fixture {
    sources: SourceMap,
    macros: Macros,
    args: ScriptArgs,
    guru_mode: bool,
}

impl Fixture {
    fn new() -> Self {
        let (sources, macros, args) = Default::default();
        Self { sources, macros, args, guru_mode: false }
    }

    fn with_args(args: &[&str]) -> Self {
        Self { args: ScriptArgs::new(args.iter().copied()), ..Self::new() }
    }

    /// What is left, and the errors.
    fn run(&mut self, kind: FileKind, text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
        let file = self.sources.add("t.stp", text);
        let config = |name: &str| (name == "CONFIG_SMP").then(|| "y".to_owned());
        let mut conditions = Conditions::new("5.10.0-21-amd64", "x86_64");
        conditions.guru_mode = self.guru_mode;
        let conditions = Conditions { config: &config, ..conditions };
        let lexed = lex(&self.sources, file);
        let (macros, args) = (&mut self.macros, &mut self.args);
        let surroundings = Surroundings { conditions: &conditions, macros, args };
        preprocess(&lexed.tokens, kind, &mut self.sources, surroundings)
    }

    fn ok(&mut self, text: &str) -> String {
        let (tokens, diagnostics) = self.run(FileKind::User, text);
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        texts(&tokens)
    }
}

fn holds(condition: &str) -> bool {
    match &*Fixture::new().ok(&format!("%( {condition} %? 1 %: 0 %)")) {
        "1" => true,
        "0" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn macros_are_replaced_by_their_bodies() {
    let text = "@define two %( 1 + 1 %) @define add(a, b) %( (@a + @b) %) @define none() %( x %)
        @two @add(@two, f(1, 2)) @add([1, 2], @add(3, 4)) @none() @count(s)";
    assert_eq!(Fixture::new().ok(text), "1 + 1 ( 1 + 1 + f ( 1 , 2 ) ) ( [ 1 , 2 ] + ( 3 + 4 ) ) x @count ( s )");
}

#[test]
fn parameters_hide_macros_and_operators() {
    let text = "@define x %( 1 %) @define f(x, min) %( @x @min @g(@x) %) @define g(y) %( [@y @x] %) @f(2, 3)";
    assert_eq!(Fixture::new().ok(text), "2 3 [ 2 1 ]");
}

#[test]
fn bodies_may_hold_conditionals() {
    let text = "@define m(a) %( %( arch == \"x86_64\" %? @a %: %( guru_mode == 1 %? g %) %) %) @m(1)";
    assert_eq!(Fixture::new().ok(text), "1");
}

#[test]
fn only_the_chosen_arm_counts() {
    let text = "%( 1 == 2 %? @nothing $9 @define a %( wrong %) %: %( 1 == 1 %? a %: b %) @define a %( c %) @a %)";
    assert_eq!(Fixture::new().ok(text), "a c");
}

#[test]
fn library_macros_are_shared_and_can_be_replaced() {
    let mut fixture = Fixture::new();
    let library = "@define lib(x) %( l @x %) %( kernel_v >= \"5.0\" %? @define v %( new %) %: @define v %( old %) %)";
    let (tokens, diagnostics) = fixture.run(FileKind::MacroLibrary, library);
    assert!(diagnostics.is_empty() && texts(&tokens).is_empty());
    assert_eq!(fixture.ok("@lib(1) @v"), "l 1 new");
    assert_eq!(fixture.ok("@define v %( mine %) @v @define own %( %)"), "mine");
    assert_eq!(fixture.ok("@v"), "new");
    assert!(!fixture.run(FileKind::User, "@own").1.is_empty(), "a file's macros are its own");
}

#[test]
fn conditions_ask_for_all_subjects() {
    for condition in [
        r#"kernel_v == "5.10.0""#,
        r#"kernel_vr == "5.10.0-21-amd64""#,
        r#"kernel_v >= "5.9""#,
        r#"kernel_v < "5.10.1" && kernel_v > "5.4" && kernel_vr != "5.10.0""#,
        r#"kernel_vr == "5.10.*-amd64""#,
        r#"kernel_v != "6.*""#,
        r#"arch == "x86*""#,
        r#"arch != "arm64""#,
        r#"CONFIG_SMP == "[ym]""#,
        r#"CONFIG_NOTHING == """#,
        r#"CONFIG_NOTHING != "y""#,
        r#"systemtap_v >= "4.0""#,
        r#"systemtap_v <= "5.6""#,
        r#"systemtap_privilege == "stapdev""#,
        r#"runtime != "bpf""#,
        "guru_mode == 0",
        "3 > 2",
        r#""abc" < "abd""#,
        r#"1 == 2 || 1 == 1 && 2 == 2"#,
        r#"1 == 1 || 1 == 2 && 2 == 3"#,
    ] {
        assert!(holds(condition), "{condition}");
    }
    for condition in [r#"kernel_v >= "5.10.1""#, r#"arch == "arm*""#, "guru_mode != 0", "1 == 1 && 1 == 2"] {
        assert!(!holds(condition), "{condition}");
    }
    let mut guru = Fixture::new();
    guru.guru_mode = true;
    assert_eq!(guru.ok("%( guru_mode == 1 %? g %)"), "g");
}

#[test]
fn script_arguments_are_pasted() {
    let mut fixture = Fixture::with_args(&["kernel.function(\"x\")", "a\"b\\", ""]);
    assert_eq!(
        fixture.ok("probe $1 { print(@1, @2, $#, @#, $3) }"),
        "probe kernel . function ( \"x\" ) { print ( \"kernel.function(\\\"x\\\")\" , \"a\\\"b\\\\\" , 3 , \"3\" , ) }"
    );
    assert!(fixture.args.unused_warnings().is_empty());
}

#[test]
fn unused_arguments_are_told() {
    let mut fixture = Fixture::with_args(&["1", "2"]);
    fixture.ok("$1 # $2");
    let warnings: Vec<_> = fixture.args.unused_warnings().into_iter().map(|w| w.message).collect();
    assert_eq!(warnings, ["unused command line option $2/@2"]);
    fixture.ok("%( 1 == 2 %? $2 $3 %)");
    assert!(fixture.args.unused_warnings().is_empty(), "it is used, whatever the kernel");
}

#[test]
fn pasted_text_joins_the_word_behind_it() {
    let mut fixture = Fixture::with_args(&["vfs", "1 +", "", "4"]);
    assert_eq!(fixture.ok("$1_read $1 _read $1.$1 $1$4"), "vfs_read vfs _read vfs . vfs vfs$4");
    assert_eq!(fixture.ok("$2x $3y $4$3 $3 40"), "1 + x y 4 40");
}

#[test]
fn expanded_tokens_know_where_they_come_from() {
    let mut fixture = Fixture::with_args(&["y"]);
    let text = "@define in(a) %( @a z $1 %)\n@define out %( @in(x) %)\n @out";
    let (tokens, _) = fixture.run(FileKind::User, text);
    let chain = |token: &Token| {
        let names = fixture.sources.expansion_chain(token.span).map(|one| one.name.to_string());
        (fixture.sources.text(token.span).to_owned(), names.collect::<Vec<_>>().join(" "))
    };
    let chains: Vec<_> = tokens[..3].iter().map(chain).collect();
    let expected = [("x", "@out"), ("z", "@in @out"), ("y", "$1 @in @out")];
    assert_eq!(chains, expected.map(|(text, names)| (text.to_owned(), names.to_owned())));
    let place = fixture.sources.location(fixture.sources.outermost(tokens[1].span));
    assert_eq!((place.line, place.column), (3, 2));
}

#[test]
fn macros_make_conditions_and_arms() {
    let text = "@define new %( kernel_v >= \"5\" %) @define if(c, a, b) %( %( @c %? @a %: @b %) %)
        %( @new %? n %: o %) @if(@new && 1 == 1, x, y) @if(1 == 2 || arch == \"arm*\", @gone, z)";
    assert_eq!(Fixture::new().ok(text), "n x z");
}

#[test]
fn conditionals_stand_at_any_token() {
    let text = "probe %( 1 == 1 %? begin %: end %) { f(1 %( 2 > 1 %? , 2 %( 1 == 1 && 2 == 2 %? + 3 %) %)) }";
    assert_eq!(Fixture::new().ok(text), "probe begin { f ( 1 , 2 + 3 ) }");
}

/// A chain of macros, each of which uses the one before twice.
#[test]
fn doubling_macros_are_stopped() {
    let mut text = String::from("@define m0 %( x %)\n");
    for i in 1..60 {
        text += &format!("@define m{i} %( @m{0} @m{0} %)\n", i - 1);
    }
    let (tokens, diagnostics) = Fixture::new().run(FileKind::User, &(text + "@m59"));
    assert!(tokens.len() <= MAX_TOKENS);
    let messages: Vec<_> = diagnostics.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(messages, ["the macros of this file expand to too much text"]);
}
