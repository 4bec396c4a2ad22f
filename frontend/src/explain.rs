// SPDX-License-Identifier: MIT OR Apache-2.0
//! Explanations of the diagnostics' codes: the pages of `docs/errors/`.

use crate::errors::similar;

/// Code and page of every diagnostic, by code.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/explanations.rs"));

/// An explanation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// The code: `E0301`.
    pub code: &'static str,
    /// All of it, in Markdown: what it means, a script that is wrong and one that is right.
    pub text: &'static str,
}

impl Explanation {
    /// All of them, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        PAGES.iter().map(|(code, text)| Self { code, text })
    }

    /// The one of a code, in whatever case.
    pub fn of(code: &str) -> Option<Self> {
        Self::all().find(|one| one.code.eq_ignore_ascii_case(code))
    }

    /// The known code that is most like one.
    pub fn similar(code: &str) -> Option<String> {
        similar(&code.to_ascii_uppercase(), PAGES.iter().map(|(code, _)| *code))
    }

    /// What it is about, in a few words.
    pub fn title(self) -> &'static str {
        let head = self.text.lines().next().unwrap_or_default();
        head.split_once(": ").map_or(head, |(_, title)| title)
    }

    /// The examples: the word `wrong` or `right` with the options that go with it, and the script.
    pub fn examples(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let blocks = self.text.split("```").skip(1).step_by(2);
        blocks.filter_map(|block| block.split_once('\n'))
    }
}
