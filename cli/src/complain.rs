// SPDX-License-Identifier: MIT OR Apache-2.0
//! `eprintln!` and `eprint!` without a panic where nobody reads on.

/// A line to standard error.
macro_rules! complain {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(anstream::stderr(), $($arg)*);
    }};
}

/// Text to standard error.
macro_rules! complain_text {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(anstream::stderr(), $($arg)*);
    }};
}
