// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pure built-in functions on strings. Results are not yet cut to the limit.

/// So many bytes from a position; none where the position is outside.
pub(crate) fn substr(s: &[u8], start: i64, length: i64) -> &[u8] {
    let (Ok(start), Ok(length)) = (usize::try_from(start), usize::try_from(length)) else { return b"" };
    match s.get(start..) {
        Some(tail) => &tail[..length.min(tail.len())],
        None => b"",
    }
}

/// The byte at a position, or 0.
pub(crate) fn stringat(s: &[u8], position: i64) -> i64 {
    usize::try_from(position).ok().and_then(|position| s.get(position)).map_or(0, |byte| i64::from(*byte))
}

/// Where a part first is, or -1.
pub(crate) fn strpos(s: &[u8], part: &[u8]) -> i64 {
    find(s, part).map_or(-1, |position| position as i64)
}

/// How many bytes a string begins with that are in a set, or that are not.
pub(crate) fn span(s: &[u8], set: &[u8], inside: bool) -> i64 {
    s.iter().take_while(|byte| set.contains(byte) == inside).count() as i64
}

fn find(s: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    s.windows(part.len()).position(|window| window == part)
}

/// The number that a string begins with: `-`, a prefix where the base allows one, digits. It wraps.
pub(crate) fn strtol(s: &[u8], base: i64) -> i64 {
    let (negative, s) = match s.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, s),
    };
    let hex = s.strip_prefix(b"0x").or(s.strip_prefix(b"0X"));
    let hex = hex.filter(|digits| digits.first().is_some_and(u8::is_ascii_hexdigit));
    let (base, digits) = match (base, hex) {
        (0 | 16, Some(digits)) => (16, digits),
        (0, None) if s.starts_with(b"0") => (8, s),
        (0, None) => (10, s),
        (2..=36, _) => (base as u32, s),
        _ => return 0,
    };
    let digits = digits.iter().map_while(|byte| char::from(*byte).to_digit(base));
    let value = digits.fold(0i64, |value, digit| value.wrapping_mul(base.into()).wrapping_add(digit.into()));
    if negative { value.wrapping_neg() } else { value }
}

/// All occurrences of `search` replaced, from left to right; an empty one is nowhere.
pub(crate) fn replace(mut s: &[u8], search: &[u8], replacement: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(position) = find(s, search).filter(|_| !search.is_empty()) {
        out.extend_from_slice(&s[..position]);
        out.extend_from_slice(replacement);
        s = &s[position + search.len()..];
    }
    out.extend_from_slice(s);
    out
}

/// Unprintable bytes, quotes and backslashes escaped, in at most `limit` bytes. Quoted text that does not fit ends
/// in three dots after the quote.
pub(crate) fn text_str(s: &[u8], limit: usize, quoted: bool) -> Vec<u8> {
    let escaped: Vec<Vec<u8>> = s.iter().map(|byte| escape(*byte)).collect();
    let whole: usize = escaped.iter().map(Vec::len).sum();
    let frame = if quoted { 2 } else { 0 };
    let fits = whole + frame <= limit;
    let dots = if quoted && !fits { 3 } else { 0 };
    let room = limit.saturating_sub(frame + dots);
    let mut text = Vec::new();
    for bytes in escaped {
        if text.len() + bytes.len() > room {
            break;
        }
        text.extend(bytes);
    }
    if !quoted {
        return text;
    }
    let mut out = [b"\"", &text[..], b"\"", &b"..."[..dots]].concat();
    out.truncate(limit);
    out
}

fn escape(byte: u8) -> Vec<u8> {
    match byte {
        b'"' | b'\\' => vec![b'\\', byte],
        0x07..=0x0d => vec![b'\\', b"abtnvfr"[usize::from(byte - 7)]],
        b' '..=b'~' => vec![byte],
        _ => format!("\\{byte:03o}").into_bytes(),
    }
}

/// `Day Mon dd hh:mm:ss yyyy` in UTC, for the years from 1 to 9999.
pub(crate) fn ctime(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    /// From 0001-01-01, a Monday, to 1970-01-01.
    const DAYS_BEFORE_EPOCH: i64 = 719_162;

    let day = seconds.div_euclid(86_400).saturating_add(DAYS_BEFORE_EPOCH);
    let second = seconds.rem_euclid(86_400);
    if day < 0 {
        return "a long, long time ago...".into();
    }
    if day >= days_before(10_000) {
        return "far far in the future...".into();
    }
    // Years have 366 days at most: a guess that is never too late.
    let mut year = day / 366 + 1;
    while days_before(year + 1) <= day {
        year += 1;
    }
    let mut rest = day - days_before(year);
    let mut month = 0;
    while rest >= days_in(year, month) {
        rest -= days_in(year, month);
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let weekday = DAYS[(day % 7) as usize];
    format!("{weekday} {} {:2} {hour:02}:{minute:02}:{second:02} {year:4}", MONTHS[month], rest + 1)
}

/// Days from the beginning of year 1 to that of a year.
fn days_before(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

fn days_in(year: i64, month: usize) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 if leap => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}
