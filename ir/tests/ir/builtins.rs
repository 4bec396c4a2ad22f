// SPDX-License-Identifier: MIT OR Apache-2.0
//! Intrinsics.

use spile_ir::{FunctionBuilder, Intrinsic, Op, Program, Type};

use crate::support::{begin, transcript};

/// An argument.
enum Arg<'a> {
    I(i64),
    S(&'a [u8]),
}
use Arg::{I, S};

/// What an intrinsic gives, printed.
#[track_caller]
fn call(intrinsic: Intrinsic, args: &[Arg<'_>]) -> String {
    let mut program: Program = begin("", "block0: return");
    let id = program.probes[0].handler;
    let mut b = FunctionBuilder::new(&mut program, id);
    let args = args.iter().map(|arg| match arg {
        I(int) => b.int(*int),
        S(bytes) => b.string(bytes),
    });
    let args = args.collect();
    let value = b.emit(Op::Intrinsic(intrinsic, args));
    if let Some(value) = value {
        let format = match b.ty(value) {
            Type::Int => 0,
            Type::Str => 1,
        };
        b.emit(Op::Print(spile_ir::FormatId(format), vec![spile_ir::PrintArg::Value(value)]));
    }
    b.finish();
    let text = transcript(&program);
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

#[test]
fn substr() {
    let substr = |start, length| call(Intrinsic::Substr, &[S(b"hello"), I(start), I(length)]);
    assert_eq!(substr(1, 3), "ell");
    assert_eq!(substr(3, 100), "lo");
    assert_eq!(substr(0, i64::MAX), "hello");
    for (start, length) in [(-1, 3), (5, 1), (9, 1), (0, 0), (1, -1)] {
        assert_eq!(substr(start, length), "", "{start} {length}");
    }
}

#[test]
fn bytes_and_positions() {
    assert_eq!(call(Intrinsic::Strlen, &[S(b"hello")]), "5");
    assert_eq!(call(Intrinsic::Stringat, &[S(b"a\xff"), I(1)]), "255");
    assert_eq!(call(Intrinsic::Stringat, &[S(b"a"), I(1)]), "0");
    assert_eq!(call(Intrinsic::Stringat, &[S(b"a"), I(-1)]), "0");
    assert_eq!(call(Intrinsic::Isinstr, &[S(b"hello"), S(b"ell")]), "1");
    assert_eq!(call(Intrinsic::Isinstr, &[S(b"hello"), S(b"elk")]), "0");
    assert_eq!(call(Intrinsic::Strpos, &[S(b"hello"), S(b"l")]), "2");
    assert_eq!(call(Intrinsic::Strpos, &[S(b"hello"), S(b"")]), "0");
    assert_eq!(call(Intrinsic::Strpos, &[S(b""), S(b"x")]), "-1");
}

#[test]
fn spans() {
    let spans = |s: &[u8], set: &[u8]| {
        [Intrinsic::Strspn, Intrinsic::Strcspn].map(|intrinsic| call(intrinsic, &[S(s), S(set)])).join(" ")
    };
    assert_eq!(spans(b"abcab", b"ba"), "2 0");
    assert_eq!(spans(b"abcab", b"c"), "0 2");
    assert_eq!(spans(b"aaa", b"a"), "3 0");
    assert_eq!(spans(b"abc", b""), "0 3");
    assert_eq!(spans(b"", b"abc"), "0 0");
}

#[test]
fn strtol() {
    let strtol = |text: &str, base| call(Intrinsic::Strtol, &[S(text.as_bytes()), I(base)]);
    assert_eq!(strtol("42x", 10), "42");
    assert_eq!(strtol("-42", 10), "-42");
    assert_eq!(strtol("0x1f", 0), "31");
    assert_eq!(strtol("0x1f", 16), "31");
    assert_eq!(strtol("1F", 16), "31");
    assert_eq!(strtol("0x1f", 10), "0");
    assert_eq!(strtol("017", 0), "15");
    assert_eq!(strtol("17", 0), "17");
    assert_eq!(strtol("0xg", 0), "0");
    assert_eq!(strtol("z", 36), "35");
    for text in [" 1", "+1", "", "-", "x"] {
        assert_eq!(strtol(text, 10), "0", "{text:?}");
    }
    assert_eq!(strtol("1", 1), "0");
    assert_eq!(strtol("1", 37), "0");
    assert_eq!(strtol("1", -2), "0");
}

#[test]
fn str_replace() {
    let replace = |s: &[u8], a: &[u8], b: &[u8]| call(Intrinsic::StrReplace, &[S(s), S(a), S(b)]);
    assert_eq!(replace(b"aXbX", b"X", b"--"), "a--b--");
    assert_eq!(replace(b"aaa", b"aa", b"b"), "ba");
    assert_eq!(replace(b"abc", b"", b"x"), "abc");
    assert_eq!(replace(b"abc", b"b", b""), "ac");
}

#[test]
fn text_str() {
    let text = |s: &[u8], length, quoted| call(Intrinsic::TextStr, &[S(s), I(length), I(quoted)]);
    assert_eq!(text(b"a\n\t\"\\\x01\xff", 0, 0), r#"a\n\t\"\\\001\377"#);
    assert_eq!(text(b"abc", 0, 1), "\"abc\"");
    assert_eq!(text(b"abcdef", 8, 1), "\"abcdef\"");
    assert_eq!(text(b"abcdefg", 8, 1), "\"abc\"...");
    assert_eq!(text(b"ab\n", 3, 0), "ab");
}

#[test]
fn ctime() {
    let ctime = |seconds| call(Intrinsic::Ctime, &[I(seconds)]);
    assert_eq!(ctime(0), "Thu Jan  1 00:00:00 1970");
    assert_eq!(ctime(951_825_599), "Tue Feb 29 11:59:59 2000");
    assert_eq!(ctime(1_700_000_000), "Tue Nov 14 22:13:20 2023");
    assert_eq!(ctime(-1), "Wed Dec 31 23:59:59 1969");
    assert_eq!(ctime(-62_135_596_800), "Mon Jan  1 00:00:00    1");
    assert_eq!(ctime(-62_135_596_801), "a long, long time ago...");
    assert_eq!(ctime(253_402_300_799), "Fri Dec 31 23:59:59 9999");
    assert_eq!(ctime(253_402_300_800), "far far in the future...");
    assert_eq!(ctime(i64::MIN), "a long, long time ago...");
    assert_eq!(ctime(i64::MAX), "far far in the future...");
}

#[test]
fn surroundings() {
    assert_eq!(call(Intrinsic::CurrentTask, &[]), "4096");
    assert_eq!(call(Intrinsic::Cpu, &[]), "3");
    assert_eq!(call(Intrinsic::TargetPid, &[]), "42");
    assert_eq!(call(Intrinsic::Registers, &[]), "0");
    assert_eq!(call(Intrinsic::TimeMonoNs, &[]), "1");
    assert_eq!(call(Intrinsic::TimeRealNs, &[]), "2");
    assert_eq!(call(Intrinsic::TimeBootNs, &[]), "3");
    assert_eq!(call(Intrinsic::Cycles, &[]), "4");
    assert_eq!(call(Intrinsic::Jiffies, &[]), "5");
    assert_eq!(call(Intrinsic::ProbePoint, &[]), "begin");
    assert_eq!(call(Intrinsic::Random, &[I(10)]), "9");
    assert_eq!(call(Intrinsic::Random, &[I(0)]), "0");
    assert_eq!(call(Intrinsic::Random, &[I(-4)]), "0");
}

#[test]
fn messages() {
    assert_eq!(call(Intrinsic::Warn, &[S(b"careful")]), "WARNING: careful");
    assert_eq!(call(Intrinsic::System, &[S(b"ls")]), "SYSTEM: ls");
    assert_eq!(call(Intrinsic::Error, &[S(b"bad")]), "ERROR: bad at a.stp:1:1 in probe begin");
}
