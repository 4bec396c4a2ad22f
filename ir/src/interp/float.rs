// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arithmetic on doubles that scripts hold as bit patterns, by the processor's own.

/// The one pattern for what is no number.
const NAN: i64 = 0x7ff8_0000_0000_0000;

fn double(bits: i64) -> f64 {
    f64::from_bits(bits as u64)
}

fn pattern(value: f64) -> i64 {
    if value.is_nan() { NAN } else { value.to_bits() as i64 }
}

pub(crate) fn add(a: i64, b: i64) -> i64 {
    pattern(double(a) + double(b))
}

pub(crate) fn mul(a: i64, b: i64) -> i64 {
    pattern(double(a) * double(b))
}

pub(crate) fn div(a: i64, b: i64) -> i64 {
    pattern(double(a) / double(b))
}

pub(crate) fn sqrt(value: i64) -> i64 {
    pattern(double(value).sqrt())
}

/// `a` minus the nearest multiple of `b`, the even one of two.
pub(crate) fn rem(a: i64, b: i64) -> i64 {
    let (a, b) = (double(a), double(b).abs());
    if a.is_infinite() || b == 0.0 {
        return NAN;
    }
    if b.is_infinite() {
        return pattern(a);
    }
    // Within two divisors of zero, so that the parity is known; all steps are exact.
    let near = if b <= f64::MAX / 2.0 { a % (b + b) } else { a };
    let mut x = near.abs();
    // `x + x` may overflow, `b / 2` may not be exact.
    let beyond = |x: f64| if b < 1.0 { x + x > b } else { x > b / 2.0 };
    if beyond(x) {
        x -= b;
        if x + x >= b {
            x -= b;
        }
    }
    pattern(if near.is_sign_negative() { -x } else { x })
}

/// Decimal digits, at most 100 after the point.
pub(crate) fn to_string(value: i64, precision: i64) -> String {
    format!("{:.*}", precision.clamp(0, 100) as usize, double(value))
}

/// The number that a text begins with: a sign, `inf` or `nan`, or digits with a point and an exponent.
pub(crate) fn parse(text: &[u8]) -> i64 {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match text.get(..3).map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(b"inf") => f64::INFINITY,
        Some(b"nan") => f64::NAN,
        _ => String::from_utf8_lossy(number(text)).parse().unwrap_or(0.0),
    };
    pattern(if negative { -magnitude } else { magnitude })
}

/// What of a text is an unsigned number.
fn number(text: &[u8]) -> &[u8] {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if text.get(end) == Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    &text[..end]
}
