// SPDX-License-Identifier: MIT OR Apache-2.0
//! The diagnostics, one function for each, by stage. Codes are never reused: `E00xx` lexer, `E01xx`
//! preprocessor, `E02xx` parser, `E03xx` meaning; warnings count along with a `W`.

pub mod embedded;
pub mod ir;
pub mod lex;
pub mod library;
pub mod preprocess;
pub mod print;
pub mod regex;
pub mod semantic;
pub mod syntax;
pub mod target;
pub mod unused;

/// The known word that is most like `word`, if one is similar enough to be what was meant.
pub fn similar<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let score = |candidate: &str| strsim::damerau_levenshtein(word, candidate);
    let closest =
        known.into_iter().filter(|candidate| *candidate != word).map(|candidate| (score(candidate), candidate));
    // Ties are broken by name, so that the answer does not depend on the order of a hash table.
    let (distance, candidate) = closest.min()?;
    (distance <= 1 + word.len() / 4 && distance < word.len()).then(|| candidate.to_owned())
}

#[cfg(test)]
mod tests;
