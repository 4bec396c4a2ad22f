// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regular expressions, and what they matched.

use super::body::Body;

/// Parts that match something of the texts that scripts make, as they are written in a literal.
const ATOMS: [&str; 14] =
    ["a", "b", "c", "X", ".", "[ab]", "[^a]", "[a-z]", "[[:digit:]]", "[]b-]", "\\\\.", "\\n", "z", "4"];

const COUNTS: [&str; 9] = ["*", "+", "?", "{2}", "{1,}", "{,2}", "{1,3}", "{0,1}", "*"];

impl Body<'_, '_> {
    /// A match, 1 or 0.
    pub(super) fn regex_match(&mut self, fuel: usize) -> String {
        let operator = self.choices().pick(&["=~", "=~", "!~"]);
        let subject = self.str(fuel);
        let begin = self.choices().pick(&["", "", "^"]);
        let end = self.choices().pick(&["", "", "$"]);
        let pattern = self.pattern(3);
        format!("(({subject}) {operator} \"{begin}{pattern}{end}\")")
    }

    fn pattern(&mut self, fuel: usize) -> String {
        if fuel == 0 {
            return self.choices().pick(&ATOMS).to_owned();
        }
        let fuel = fuel - 1;
        match self.choices().weighted(&[3, 3, 2, 3, 1, 1]) {
            0 => self.choices().pick(&ATOMS).to_owned(),
            1 => (0..=self.choices().below(3)).map(|_| self.pattern(fuel)).collect(),
            2 => format!("({}|{})", self.pattern(fuel), self.pattern(fuel)),
            3 => format!("({}){}", self.pattern(fuel), self.choices().pick(&COUNTS)),
            4 => format!("({}|{}|)", self.pattern(fuel), self.pattern(fuel)),
            _ => self.choices().pick(&["(^|a)", "(b|$)", "()", "(^a|b)*"]).to_owned(),
        }
    }

    /// What a match left: mostly of one just done.
    pub(super) fn matched(&mut self, fuel: usize) -> String {
        let asked = match self.choices().below(4) {
            0 => "matched_str()".to_owned(),
            1 => "sprint(ngroups())".to_owned(),
            _ => format!("matched({})", self.choices().below(3)),
        };
        if self.choices().one_in(5) {
            return asked;
        }
        let matching = self.regex_match(fuel);
        format!("({matching} ? {asked} : \"no\")")
    }
}
