// SPDX-License-Identifier: MIT OR Apache-2.0
//! Places in source text.
//!
//! A [`Span`] is a byte range of one file of the [`SourceMap`]. Text that a script did not spell out (the
//! body of a macro, a pasted script argument) keeps the range where it *is* written and carries an
//! [`ExpansionId`] that leads back, step by step, to where it was asked for.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

/// Index of a file in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Index of an [`Expansion`] in a [`SourceMap`]; a span without one is spelled out in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExpansionId(NonZeroU32);

/// A range of source text: bytes `start..end` of `file`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file the text is written in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just past the last byte.
    pub end: u32,
    /// The macro use or script argument that brought the text here.
    pub expansion: Option<ExpansionId>,
}

impl Span {
    /// The bytes `start..end` of `file`, spelled out there.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end, expansion: None }
    }

    /// The range from the start of `self` to the end of `last`.
    ///
    /// When the two come from different texts (one from a macro body, one not), no range covers both, and
    /// `self` is returned.
    pub fn to(self, last: Span) -> Span {
        if self.file != last.file || self.expansion != last.expansion || last.end < self.start {
            return self;
        }
        Span { end: last.end, ..self }
    }

    /// The empty range just after `self`: where a missing token belongs.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// Whether the two are the same range of the same file, however they came to be used.
    pub fn is_same_text(self, other: Span) -> bool {
        (self.file, self.start, self.end) == (other.file, other.start, other.end)
    }

    /// Whether the other is inside of this, in the same text.
    pub fn contains(self, other: Span) -> bool {
        (self.file, self.expansion) == (other.file, other.expansion)
            && self.start <= other.start
            && other.end <= self.end
    }

    /// Whether the two ranges of one file share a byte, however they came to be used.
    pub fn overlaps(self, other: Span) -> bool {
        self.file == other.file && self.start < other.end && other.start < self.end
    }

    /// The range as indices into the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One file: a name to show and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path, or a name such as `<input>`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// Offset of the first byte of each line.
    line_starts: Vec<u32>,
}

/// A use of a macro or of a script argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// As the script writes it: `@name` or `$1`.
    pub name: Arc<str>,
    /// Where it is used; may itself be inside an expansion.
    pub call_site: Span,
}

/// A position for people. Columns count bytes, as SystemTap's do; both numbers start at 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Name of the file.
    pub file: Arc<str>,
    /// Line number, from 1.
    pub line: u32,
    /// Column number, from 1.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Every text of a compilation, and the expansions between them.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    expansions: Vec<Expansion>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text. What lies beyond the 4 GiB that a [`Span`] can address is cut off.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let mut text = text.into();
        if u32::try_from(text.len()).is_err() {
            text = text[..text.floor_char_boundary(u32::MAX as usize)].into();
        }
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile { name: name.into(), text, line_starts });
        id
    }

    /// All files.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Records a use of a macro or script argument.
    pub fn add_expansion(&mut self, name: impl Into<Arc<str>>, call_site: Span) -> ExpansionId {
        self.expansions.push(Expansion { name: name.into(), call_site });
        let number = NonZeroU32::new(self.expansions.len() as u32);
        ExpansionId(number.expect("an expansion was just pushed"))
    }

    /// The file of `id`, which must come from this map.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The expansion of `id`, which must come from this map.
    pub fn expansion(&self, id: ExpansionId) -> &Expansion {
        &self.expansions[id.0.get() as usize - 1]
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or_default()
    }

    /// File, line and column of a span's first byte.
    pub fn location(&self, span: Span) -> Location {
        self.location_at(span.file, span.start)
    }

    /// File, line and column just past a span's last byte.
    pub fn end_location(&self, span: Span) -> Location {
        self.location_at(span.file, span.end)
    }

    fn location_at(&self, file: FileId, offset: u32) -> Location {
        let file = self.file(file);
        let line = file.line_starts.partition_point(|&start| start <= offset);
        let column = offset - file.line_starts[line - 1] + 1;
        Location { file: file.name.clone(), line: line as u32, column }
    }

    /// The expansions a span went through, innermost first.
    pub fn expansion_chain(&self, span: Span) -> impl Iterator<Item = &Expansion> {
        std::iter::successors(span.expansion.map(|id| self.expansion(id)), |outer| {
            outer.call_site.expansion.map(|id| self.expansion(id))
        })
    }

    /// Where a span stands in a file that someone wrote as a script: its outermost use.
    pub fn outermost(&self, span: Span) -> Span {
        self.expansion_chain(span).last().map_or(span, |outer| outer.call_site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_count_lines_and_bytes_from_one() {
        let mut map = SourceMap::new();
        let file = map.add("a.stp", "ab\n\ncd");
        let at = |start| map.location(Span::new(file, start, start)).to_string();
        assert_eq!(at(0), "a.stp:1:1");
        assert_eq!(at(2), "a.stp:1:3");
        assert_eq!(at(3), "a.stp:2:1");
        assert_eq!(at(5), "a.stp:3:2");
        assert_eq!(at(6), "a.stp:3:3", "end of file");
    }

    #[test]
    fn chains_lead_from_the_innermost_use_outwards() {
        let mut map = SourceMap::new();
        let file = map.add("a.stp", "@outer @inner 1");
        let outer_site = Span::new(file, 0, 6);
        let outer = map.add_expansion("@outer", outer_site);
        let inner_site = Span { expansion: Some(outer), ..Span::new(file, 7, 13) };
        let inner = map.add_expansion("@inner", inner_site);
        let span = Span { expansion: Some(inner), ..Span::new(file, 14, 15) };
        let names: Vec<_> = map.expansion_chain(span).map(|e| e.name.to_string()).collect();
        assert_eq!(names, ["@inner", "@outer"]);
        assert_eq!(map.outermost(span), outer_site);
        assert_eq!(map.text(span), "1");
    }

    #[test]
    fn a_span_joins_only_within_one_text() {
        let mut map = SourceMap::new();
        let file = map.add("a.stp", "a b c");
        let use_site = Span::new(file, 0, 1);
        let id = map.add_expansion("@a", use_site);
        let inside = Span { expansion: Some(id), ..Span::new(file, 4, 5) };
        assert_eq!(use_site.to(Span::new(file, 4, 5)), Span::new(file, 0, 5));
        assert_eq!(use_site.to(inside), use_site);
        assert_eq!(use_site.after(), Span::new(file, 1, 1));
    }
}
