// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens and comments to lines.

use super::structure::{Glue, Mark};
use crate::lexer::Lexed;
use crate::span::Span;

const INDENT: usize = 2;

/// The text of a file whose tokens have these marks.
pub fn lay_out(text: &str, lexed: &Lexed, marks: &[Mark]) -> String {
    let mut layout = Layout { text, lines: vec![Line::default()], end: 0, start: true };
    let mut comments = lexed.comments.iter().peekable();
    for (token, mark) in lexed.tokens.iter().zip(marks) {
        let mut commented = false;
        while let Some(comment) =
            comments.next_if(|comment| comment.start < token.span.start || token.span.range().is_empty())
        {
            layout.comment(*comment, mark.depth + usize::from(mark.closes));
            commented = true;
        }
        if !token.span.range().is_empty() {
            layout.token(token.span, mark, commented);
        }
    }
    layout.finish()
}

#[derive(Default)]
struct Line {
    text: String,
    /// Where a comment after the code begins.
    comment: Option<usize>,
}

struct Layout<'a> {
    text: &'a str,
    lines: Vec<Line>,
    /// Where the last token or comment ends in the source.
    end: usize,
    /// Whether nothing may stand between the last token and the next but a line's end: at the start of the file or a block.
    start: bool,
}

impl Layout<'_> {
    fn line(&mut self) -> &mut Line {
        self.lines.last_mut().expect("there is always a line")
    }

    /// How many lines end between what was written last and an offset.
    fn newlines(&self, to: usize) -> usize {
        self.text[self.end..to].matches('\n').count()
    }

    /// Whether nothing is written yet.
    fn blank(&self) -> bool {
        self.lines.len() == 1 && self.lines[0].text.is_empty()
    }

    /// Begins a line, after an empty one where the source has one and it is wanted.
    fn new_line(&mut self, depth: usize, empty: bool) {
        if !self.blank() {
            if empty && !self.start {
                self.lines.push(Line::default());
            }
            self.lines.push(Line::default());
        }
        self.line().text = " ".repeat(depth * INDENT);
    }

    /// Writes the lines of a token or comment, all but the first as they are.
    fn write<'t>(&mut self, lines: impl IntoIterator<Item = &'t str>) {
        for (index, line) in lines.into_iter().enumerate() {
            if index > 0 {
                self.lines.push(Line::default());
            }
            self.line().text.push_str(line);
        }
    }

    fn comment(&mut self, span: Span, depth: usize) {
        let newlines = self.newlines(span.range().start);
        let body = &self.text[span.range()];
        if newlines > 0 || self.blank() {
            self.new_line(depth, newlines > 1);
            self.start = false;
        } else {
            self.line().text.push(' ');
            let at = self.line().text.chars().count();
            self.line().comment = (!body.starts_with("/*")).then_some(at);
        }
        self.write(body.lines().map(str::trim_end));
        self.end = span.range().end;
    }

    fn token(&mut self, span: Span, mark: &Mark, commented: bool) {
        let newlines = self.newlines(span.range().start);
        let joins = mark.join && !commented;
        if !self.blank() && (mark.breaks || newlines > 0 && !joins) {
            self.new_line(mark.depth, newlines > 1 && !mark.closes);
        } else if !self.blank() && mark.glue == Glue::Spaced {
            self.line().text.push(' ');
        }
        let body = &self.text[span.range()];
        self.write(body.split('\n'));
        self.end = span.range().end;
        self.start = matches!(body, "{" | "%?" | "%:");
    }

    fn finish(mut self) -> String {
        self.align_comments();
        let mut out = String::new();
        for line in &self.lines {
            out.push_str(&line.text);
            out.push('\n');
        }
        let length = out.trim_end().len();
        out.truncate(length);
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }

    /// Puts the comments after the code of neighbouring lines below each other.
    fn align_comments(&mut self) {
        for group in self.lines.chunk_by_mut(|a, b| a.comment.is_some() && b.comment.is_some()) {
            let column = group.iter().filter_map(|line| line.comment).max().unwrap_or(0);
            for line in group {
                let Some(at) = line.comment else { continue };
                let byte = line.text.char_indices().nth(at).map_or(line.text.len(), |(byte, _)| byte);
                line.text.insert_str(byte, &" ".repeat(column - at));
            }
        }
    }
}
