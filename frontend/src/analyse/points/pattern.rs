// SPDX-License-Identifier: MIT OR Apache-2.0
//! `function@file:lines`: which functions and lines a string means.

use crate::glob;
use crate::target::FunctionInfo;

/// What a string in `function("…")` or `statement("…")` means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourcePattern<'t> {
    /// The function's name, perhaps with wildcards.
    pub function: &'t str,
    /// Its file, or the end of its path, perhaps with wildcards.
    pub file: Option<&'t str>,
    /// Which lines of the file.
    pub lines: Option<Lines>,
}

/// Lines of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// `:7`, `:1-5`, `:1,3-5`: first and last of each run.
    Listed(Vec<(u32, u32)>),
    /// `+3`, counted from the function's first.
    Relative(u32),
    /// `:*`
    All,
}

/// What is known of whether a function is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    Yes,
    No,
    /// It takes debug information to say.
    Unknown,
}

impl<'t> SourcePattern<'t> {
    /// Reads the string; else what is wrong with it.
    pub fn parse(text: &'t str) -> Result<Self, &'static str> {
        let (function, rest) = match text.split_once('@') {
            Some((function, rest)) => (function, Some(rest)),
            None => (text, None),
        };
        if function.is_empty() {
            return Err("it begins with the name of a function, or with *");
        }
        let Some(rest) = rest else { return Ok(Self { function, file: None, lines: None }) };
        let (file, lines) = match rest.find([':', '+']) {
            Some(at) => (&rest[..at], Some(Lines::parse(&rest[at..])?)),
            None => (rest, None),
        };
        if file.is_empty() {
            Err("a source file follows the @")
        } else {
            Ok(Self { function, file: Some(file), lines })
        }
    }

    /// Whether a function is meant. Of lines only those are known that functions begin at.
    pub fn fits(&self, info: &FunctionInfo) -> Fit {
        let Some(file) = self.file else { return Fit::Yes };
        let Some((path, first)) = &info.source else { return Fit::Unknown };
        if !glob::matches(file, path) && !glob::matches(&format!("*/{file}"), path) {
            return Fit::No;
        }
        match &self.lines {
            None | Some(Lines::All | Lines::Relative(0)) => Fit::Yes,
            Some(Lines::Listed(runs)) if runs.iter().any(|(from, to)| (from..=to).contains(&first)) => Fit::Yes,
            Some(_) => Fit::Unknown,
        }
    }
}

impl Lines {
    /// From the `:` or `+` on.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let wrong = "lines are given as :N, :N-M, :N,M-L, :* or +N";
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong);
        if let Some(offset) = text.strip_prefix('+') {
            return number(offset).map(Self::Relative);
        }
        let listed = &text[1..];
        if listed == "*" {
            return Ok(Self::All);
        }
        let run = |text: &str| {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            let (from, to) = (number(from)?, number(to)?);
            if from == 0 || to < from { Err("the first line of a run is before its last") } else { Ok((from, to)) }
        };
        listed.split(',').map(run).collect::<Result<_, _>>().map(Self::Listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        let lines = |text: &str| SourcePattern::parse(text).map(|pattern| pattern.lines);
        assert_eq!(
            SourcePattern::parse("vfs_*@fs/*.c:7"),
            Ok(SourcePattern { function: "vfs_*", file: Some("fs/*.c"), lines: Some(Lines::Listed(vec![(7, 7)])) })
        );
        assert_eq!(SourcePattern::parse("f"), Ok(SourcePattern { function: "f", file: None, lines: None }));
        assert_eq!(lines("f@a.c"), Ok(None));
        assert_eq!(lines("f@a.c+12"), Ok(Some(Lines::Relative(12))));
        assert_eq!(lines("f@a.c:*"), Ok(Some(Lines::All)));
        assert_eq!(lines("*@a.c:3,5-9,11"), Ok(Some(Lines::Listed(vec![(3, 3), (5, 9), (11, 11)]))));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for wrong in
            ["", "@a.c", "f@", "f@:3", "f@a.c:", "f@a.c:x", "f@a.c:9-3", "f@a.c:1,,2", "f@a.c+", "f@a.c:0", "f@a.c:-1"]
        {
            assert!(SourcePattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
