// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The formatter, as host and agent call it.

use expect_test::{Expect, expect};
use spile_abi::spile_hist;
use spile_rt::{Arg, HistData, error_text, format, raw};

fn ints(text: &str, args: &[i64]) -> String {
    let args: Vec<Arg<'_>> = args.iter().map(|&value| Arg::Int(value)).collect();
    String::from_utf8(format(text.as_bytes(), &args)).expect("UTF-8")
}

fn str(text: &str, arg: &[u8]) -> String {
    String::from_utf8(format(text.as_bytes(), &[Arg::Str(arg)])).expect("UTF-8")
}

#[test]
fn decimal_numbers_of_every_length() {
    let powers = (0..19).map(|exponent| 10i64.pow(exponent));
    for number in powers.flat_map(|power| [power - 1, power, power + 1, 5 * (power / 2), -power]) {
        assert_eq!(ints("<%d>", &[number]), format!("<{number}>"));
        assert_eq!(ints("%24u", &[number]), format!("{:24}", number as u64));
    }
}

#[test]
fn integers() {
    for (text, value, expected) in [
        ("%d", 42, "42"),
        ("%i", -42, "-42"),
        ("%ld", 7, "7"),
        ("%u", -1, "18446744073709551615"),
        ("%d", i64::MIN, "-9223372036854775808"),
        ("%x", -1, "ffffffffffffffff"),
        ("%X", 0xbeef, "BEEF"),
        ("%#x", 0xbeef, "0xbeef"),
        ("%#X", 0xbeef, "0XBEEF"),
        ("%#x", 0, "0x0"),
        ("%p", 0xffff, "0xffff"),
        ("%10p|", 0xffff, "    0xffff|"),
        ("%o", 8, "10"),
        ("%#o", 8, "010"),
        ("%#o", 0, "0"),
        ("%o", -1, "1777777777777777777777"),
        ("%5d|", 42, "   42|"),
        ("%-5d|", 42, "42   |"),
        ("%05d", 42, "00042"),
        ("%05d", -3, "-0003"),
        ("%+d", 3, "+3"),
        ("%+d", -3, "-3"),
        ("% d", 3, " 3"),
        ("%+05d", 3, "   +3"),
        ("%016x", 0xdead_beef, "00000000deadbeef"),
        ("%.5d", 42, "00042"),
        ("%8.5d", -42, "  -00042"),
        ("%.0d", 0, "0"),
        ("%.d", 0, "0"),
        ("%100000d", 1, &format!("{:>65535}", 1)),
    ] {
        assert_eq!(ints(text, &[value]), expected, "{text} of {value}");
    }
}

#[test]
fn width_and_precision_from_arguments() {
    assert_eq!(ints("%*d|", &[5, 42]), "   42|");
    assert_eq!(ints("%*d|", &[-5, 42]), "42   |");
    assert_eq!(ints("%.*d", &[4, 42]), "0042");
    assert_eq!(ints("%.*d", &[-4, 42]), "42");
    assert_eq!(ints("%*.*d|%d", &[6, 3, 42, 7]), "   042|7");
    let args = [Arg::Int(6), Arg::Int(2), Arg::Str(b"hello")];
    assert_eq!(format(b"%-*.*s|", &args), b"he    |");
    assert_eq!(ints("%*d", &[i64::MIN, 1]).len(), 65535);
}

#[test]
fn strings() {
    assert_eq!(str("[%s]", b"hello"), "[hello]");
    assert_eq!(str("[%8s]", b"hello"), "[   hello]");
    assert_eq!(str("[%-8s]", b"hello"), "[hello   ]");
    assert_eq!(str("[%.3s]", b"hello"), "[hel]");
    assert_eq!(str("[%.0s]", b"hello"), "[]");
    assert_eq!(str("[%8.3s]", b"hello"), "[     hel]");
    assert_eq!(str("[%s]", b""), "[]");
}

#[test]
fn output_is_not_cut() {
    let long = vec![b'x'; 100_000];
    assert_eq!(format(b"%s%s", &[Arg::Str(&long), Arg::Str(&long)]).len(), 200_000);
}

#[test]
fn characters_and_binary() {
    assert_eq!(ints("%c%c", &[0x41, 0x142]), "AB");
    assert_eq!(ints("%c", &[0]), "\0");
    assert_eq!(ints("%3c|%-3c|", &[0x41, 0x42]), "  A|B  |");
    assert_eq!(ints("%#c%#c%#c%#c%#c", &[0x41, 10, 0, 0x7f, 0x22]), "A\\n\\000\\177\\\"");
    assert_eq!(ints("%#c%#c", &[0x5c, 7]), "\\\\\\a");
    let word = [Arg::Int(0x0807_0605_0403_0201)];
    assert_eq!(format(b"%b", &word), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(format(b"%1b", &word), [1]);
    assert_eq!(format(b"%2b", &word), [1, 2]);
    assert_eq!(format(b"%4b", &word), [1, 2, 3, 4]);
    assert_eq!(format(b"%8b", &word), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn literals_and_mistakes() {
    assert_eq!(ints("100%% of %d", &[3]), "100% of 3");
    assert_eq!(ints("50%", &[]), "50%");
    assert_eq!(ints("%", &[]), "%");
    assert_eq!(ints("%n %5", &[]), "%n %5");
    assert_eq!(ints("", &[1]), "");
    // An absent argument is 0, one of another type is printed by its own.
    assert_eq!(ints("%d %s", &[]), "0 0");
    assert_eq!(str("%d", b"text"), "text");
    assert_eq!(ints("%s", &[5]), "5");
    assert_eq!(str("%m|%M", b"a\x01"), "a\x01|0");
    assert_eq!(str("%M", b"a\x01\xff"), "6101ff");
    assert_eq!(str("%8.2M|", b"a\x01"), "    6101|");
}

#[test]
fn messages() {
    let text = |code, arg| String::from_utf8(error_text(code, arg)).expect("UTF-8");
    let all: Vec<String> = (0..=spile_abi::SPILE_ERROR_SCRIPT).map(|code| text(code, 0x1234)).collect();
    expect![[r#"

        MAXACTION exceeded
        MAXNESTING exceeded
        division by 0
        Array overflow, check MAXMAPENTRIES
        Array overflow, check size limit (4660)
        empty aggregate
        histogram index out of range
        all functions exhausted
        read fault [man error::fault] at 0x0000000000001234
        read fault [man error::fault] at 0x0000000000001234
        kernel string copy fault at 0x0000000000001234 [man error::fault]
        user string copy fault -14 at 0x0000000000001234 [man error::fault]
        write fault [man error::fault] at 0x0000000000001234
    "#]]
    .assert_eq(&all.join("\n"));
    assert_eq!(text(999, 0), "");
}

fn hist(kind: u32, n: usize, (low, high, step): (i64, i64, i64), counts: &[(usize, u64)]) -> HistData {
    let mut buckets = vec![0; n];
    counts.iter().for_each(|&(bucket, count)| buckets[bucket] = count);
    let header = spile_hist { kind, low, high, step, ..Default::default() };
    HistData::new(header, &buckets).expect("a histogram")
}

fn chart(hist: &HistData, expected: Expect) {
    let text = String::from_utf8(format(b"%H", &[Arg::Hist(hist)])).expect("UTF-8");
    // Rows without a bar end in blanks before the count, never after it.
    assert!(text.lines().all(|line| line.trim_end() == line));
    expected.assert_eq(&text);
}

fn log(counts: &[(usize, u64)], expected: Expect) {
    chart(&hist(raw::RT_HIST_LOG, 128, (0, 0, 0), counts), expected);
}

#[test]
fn logarithmic_charts() {
    log(&[], expect![""]);
    // The scale is the maximum by 50, rounded up: 2033 / 41 and 1601 / 41.
    log(
        &[(70, 1601), (71, 52), (72, 46), (73, 164), (74, 140), (75, 2033)],
        expect![[r#"
            value |-------------------------------------------------- count
                8 |                                                      0
               16 |                                                      0
               32 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@            1601
               64 |@                                                    52
              128 |@                                                    46
              256 |@@@@                                                164
              512 |@@@                                                 140
             1024 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@  2033
             2048 |                                                      0
             4096 |                                                      0

        "#]],
    );
    log(
        &[(65, 3), (72, 2)],
        expect![[r#"
            value |-------------------------------------------------- count
                0 |                                                   0
                1 |@@@                                                3
                2 |                                                   0
                4 |                                                   0
                  ~
               32 |                                                   0
               64 |                                                   0
              128 |@@                                                 2
              256 |                                                   0
              512 |                                                   0

        "#]],
    );
    log(
        &[(0, 1), (63, 1), (127, 1)],
        expect![[r#"
                           value |-------------------------------------------------- count
            -9223372036854775808 |@                                                  1
            -4611686018427387904 |                                                   0
            -2305843009213693952 |                                                   0
                                 ~
                              -4 |                                                   0
                              -2 |                                                   0
                              -1 |@                                                  1
                               0 |                                                   0
                               1 |                                                   0
                                 ~
             1152921504606846976 |                                                   0
             2305843009213693952 |                                                   0
             4611686018427387904 |@                                                  1

        "#]],
    );
}

#[test]
fn linear_charts() {
    let linear = |counts: &[(usize, u64)]| hist(raw::RT_HIST_LINEAR, 13, (0, 100, 10), counts);
    chart(
        &linear(&[(2, 10)]),
        expect![[r#"
            value |-------------------------------------------------- count
                0 |                                                    0
               10 |@@@@@@@@@@                                         10
               20 |                                                    0
               30 |                                                    0

        "#]],
    );
    chart(
        &linear(&[(0, 1), (7, 1), (12, 100)]),
        expect![[r#"
            value |-------------------------------------------------- count
               <0 |                                                     1
                0 |                                                     0
               10 |                                                     0
                  ~
               40 |                                                     0
               50 |                                                     0
               60 |                                                     1
               70 |                                                     0
               80 |                                                     0
               90 |                                                     0
              100 |                                                     0
             >100 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100

        "#]],
    );
}

#[test]
fn malformed_histograms_are_refused() {
    assert!(HistData::from_words(&[]).is_none());
    assert!(HistData::from_words(&[1 | 128 << 32]).is_none());
    assert!(HistData::from_words(&[2 | 1 << 32, 0, 0, 0, 0, 0, 0, 0, 0]).is_none());
    assert!(HistData::from_words(&[3 | 3 << 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_none());
    assert!(HistData::from_words(&[2 | 3 << 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_some());
}

#[test]
fn a_chart_has_no_limit_of_counts() {
    let all = hist(raw::RT_HIST_LOG, 128, (0, 0, 0), &[(64, u64::MAX), (65, u64::MAX)]);
    assert!(format(b"%H", &[Arg::Hist(&all)]).len() < 1000);
}
