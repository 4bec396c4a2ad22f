// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens to tokens: macros, conditionals and script arguments.
//!
//! All three work in one pass from the first token to the last. Only the arm of a conditional that is chosen
//! is looked at any further: what stands in the other need not even be defined, and is not defined by it. But script
//! arguments count as used in both.

mod condition;
mod macros;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use condition::{Conditions, LANGUAGE_VERSION};
pub use macros::{Macro, Macros};

use crate::ast::{FileKind, Name};
use crate::diag::Diagnostic;
use crate::errors::preprocess as errors;
use crate::lexer;
use crate::span::{ExpansionId, FileId, SourceMap, Span};
use crate::token::{AT_WORDS, Op, Token, TokenKind};

/// The arguments of a script, and which of them it has used.
#[derive(Debug, Default)]
pub struct ScriptArgs {
    args: Vec<ScriptArg>,
}

#[derive(Debug)]
struct ScriptArg {
    text: Arc<str>,
    used: bool,
}

impl ScriptArgs {
    /// The arguments in order; the first is `$1`.
    pub fn new<T: Into<Arc<str>>>(args: impl IntoIterator<Item = T>) -> Self {
        let arg = |text: T| ScriptArg { text: text.into(), used: false };
        Self { args: args.into_iter().map(arg).collect() }
    }

    /// A warning for each argument that no file has used.
    pub fn unused_warnings(&self) -> Vec<Diagnostic> {
        let numbered = self.args.iter().zip(1..);
        let unused = numbered.filter(|(arg, _)| !arg.used);
        unused.map(|(arg, number)| errors::unused_argument(number, &arg.text)).collect()
    }

    /// Tokens that are left out have seen the arguments that they name.
    fn count_as_used(&mut self, tokens: &[Token]) {
        for token in tokens {
            if let TokenKind::Arg { number, .. } = token.kind
                && let Some(arg) = self.get_mut(number)
            {
                arg.used = true;
            }
        }
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut ScriptArg> {
        self.args.get_mut((number as usize).checked_sub(1)?)
    }
}

/// The macros of the library, the facts that conditions ask for, and the script's arguments.
pub struct Surroundings<'a> {
    /// The facts that conditions ask for.
    pub conditions: &'a Conditions<'a>,
    /// The macros of the library; a [`FileKind::MacroLibrary`] adds its own.
    pub macros: &'a mut Macros,
    /// The script's arguments.
    pub args: &'a mut ScriptArgs,
}

/// How many tokens macros and script arguments may add to a file: a bound on macros that double each other.
const MAX_TOKENS: usize = 1 << 18;
/// How deep macros and conditionals may be nested.
const MAX_DEPTH: usize = 64;

/// Runs the preprocessor over the tokens of one file, which end with [`TokenKind::End`], as does the result.
pub fn preprocess(
    tokens: &[Token],
    kind: FileKind,
    sources: &mut SourceMap,
    surroundings: Surroundings<'_>,
) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut pass = Preprocessor {
        sources,
        conditions: surroundings.conditions,
        library: surroundings.macros,
        args: surroundings.args,
        own: Macros::default(),
        broken: HashSet::new(),
        said: HashSet::new(),
        open: Vec::new(),
        in_macro_arg: false,
        depth: 0,
        budget: MAX_TOKENS,
        out: Vec::with_capacity(tokens.len()),
        diagnostics: Vec::new(),
    };
    pass.expand(tokens, &Scope::default());
    let Preprocessor { mut out, mut diagnostics, own, library, .. } = pass;
    if !matches!(out.last(), Some(token) if token.kind == TokenKind::End) {
        // An unfinished definition or conditional took it.
        out.extend(tokens.last().cloned());
    }
    if kind == FileKind::MacroLibrary {
        if let [first, _end, ..] = &*out {
            diagnostics.push(errors::not_a_definition(first.span, &first.kind));
        }
        out.drain(..out.len().saturating_sub(1));
        diagnostics.extend(library.extend(own));
    }
    (out, diagnostics)
}

struct Preprocessor<'a> {
    sources: &'a mut SourceMap,
    conditions: &'a Conditions<'a>,
    library: &'a mut Macros,
    args: &'a mut ScriptArgs,
    /// The macros of this file.
    own: Macros,
    /// Macros of this file that could not be read: their use is not wrong as well.
    broken: HashSet<Name>,
    /// Places of which something was said: a mistake in the text of a macro is one, however often that is used.
    said: HashSet<(FileId, u32)>,
    /// The macros being expanded, innermost last.
    open: Vec<Name>,
    /// Whether these tokens are an argument of a macro.
    in_macro_arg: bool,
    /// How deep macros and conditionals are nested here.
    depth: usize,
    /// How many tokens may still be added.
    budget: usize,
    out: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

/// Where a run of tokens stands.
#[derive(Clone, Default)]
struct Scope {
    /// The macro use or script argument that the tokens come from.
    expansion: Option<ExpansionId>,
    /// The parameters of the macro that the tokens are the body of.
    params: Arc<HashMap<Name, Vec<Token>>>,
    /// Whether the tokens come from a script argument.
    in_arg: bool,
}

impl Scope {
    /// A span of a token of the run, as the rest of the compiler is to see it.
    fn span(&self, span: Span) -> Span {
        Span { expansion: span.expansion.or(self.expansion), ..span }
    }
}

/// A place in a run of tokens.
struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<&'t TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn eat(&mut self, op: Op) -> bool {
        let found = self.peek() == Some(&TokenKind::Op(op));
        self.at += usize::from(found);
        found
    }

    /// Where the next token is, if it is a word or number with nothing between it and this one.
    fn word_behind(&self, token: &Token) -> Option<Span> {
        let next = self.tokens.get(self.at)?;
        let is_word =
            matches!(next.kind, TokenKind::Ident(_) | TokenKind::Number(_) | TokenKind::Arg { quoted: false, .. });
        (is_word && next.span.file == token.span.file && next.span.start == token.span.end).then_some(next.span)
    }

    /// Takes what comes before the `stop` that belongs to this level of `%( %)`, and the `stop`. Without one,
    /// takes nothing.
    fn take_until(&mut self, stops: &[Op]) -> Option<(&'t [Token], Op)> {
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            let TokenKind::Op(op) = token.kind else {
                continue;
            };
            if depth == 0 && stops.contains(&op) {
                let taken = &self.tokens[self.at..at];
                self.at = at + 1;
                return Some((taken, op));
            }
            match op {
                Op::CondOpen => depth += 1,
                Op::CondClose if depth == 0 => return None,
                Op::CondClose => depth -= 1,
                _ => {}
            }
        }
        None
    }
}

impl Preprocessor<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        if diagnostic.span().is_none_or(|at| self.said.insert((at.file, at.start))) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Appends what a run of tokens becomes.
    fn expand(&mut self, tokens: &[Token], scope: &Scope) {
        let mut cursor = Cursor { tokens, at: 0 };
        while let Some(token) = cursor.next() {
            let span = scope.span(token.span);
            if scope.expansion.is_some() && !self.spend(span) {
                return;
            }
            match &token.kind {
                TokenKind::At(name) => self.at_word(name, span, &mut cursor, scope),
                TokenKind::Arg { number, quoted: true } => self.quoted_arg(*number, span, scope),
                TokenKind::Arg { number, .. } => self.raw_arg(*number, token, &mut cursor, scope),
                TokenKind::ArgCount { quoted } => self.arg_count(*quoted, span, scope),
                TokenKind::Op(Op::CondOpen) => self.conditional(span, &mut cursor, scope),
                TokenKind::Op(op @ (Op::CondThen | Op::CondElse | Op::CondClose)) => {
                    self.report(errors::stray_conditional(span, *op));
                }
                kind => self.out.push(Token { kind: kind.clone(), span }),
            }
        }
    }

    /// Counts a token that is not written in the file itself; whether there may be one more.
    fn spend(&mut self, span: Span) -> bool {
        if self.budget == 1 {
            self.report(errors::too_many_tokens(self.sources.outermost(span)));
        }
        self.budget = self.budget.saturating_sub(1);
        self.budget > 0
    }

    /// Expands into a list of its own.
    fn expand_apart(&mut self, tokens: &[Token], scope: &Scope) -> Vec<Token> {
        let outside = std::mem::take(&mut self.out);
        self.expand(tokens, scope);
        std::mem::replace(&mut self.out, outside)
    }

    /// Expands one level further in, unless that is too deep.
    fn expand_deeper(&mut self, tokens: &[Token], scope: &Scope, span: Span) {
        if self.depth == MAX_DEPTH {
            return self.report(errors::nested_too_deep(span));
        }
        self.depth += 1;
        self.expand(tokens, scope);
        self.depth -= 1;
    }

    /// `@word`: an operator, a definition, a parameter or a macro.
    fn at_word(&mut self, name: &Name, span: Span, cursor: &mut Cursor<'_>, scope: &Scope) {
        if let Some(arg) = scope.params.get(name) {
            self.paste(arg);
        } else if name.as_str() == "define" {
            self.definition(span, cursor, scope);
        } else if let Some(found) = self.own.get(name).or_else(|| self.library.get(name)) {
            let found = found.clone();
            self.macro_use(name, &found, span, cursor, scope);
        } else if AT_WORDS.contains(&name.as_str()) {
            self.out.push(Token { kind: TokenKind::At(name.clone()), span });
        } else if self.in_macro_arg {
            // It may be left out yet.
            self.out.push(Token { kind: TokenKind::At(name.clone()), span });
        } else {
            self.unknown_word(name, span, scope);
            macros::skip_arguments(cursor);
        }
    }

    /// Appends a macro's argument.
    fn paste(&mut self, arg: &[Token]) {
        self.budget = self.budget.saturating_sub(arg.len()).max(1);
        let mut cursor = Cursor { tokens: arg, at: 0 };
        while let Some(token) = cursor.next() {
            match &token.kind {
                TokenKind::At(name) if !self.in_macro_arg && !AT_WORDS.contains(&name.as_str()) => {
                    self.unknown_word(name, token.span, &Scope::default());
                    macros::skip_arguments(&mut cursor);
                }
                _ => self.out.push(token.clone()),
            }
        }
    }

    fn unknown_word(&mut self, name: &Name, span: Span, scope: &Scope) {
        if !self.broken.contains(name) && !self.said.contains(&(span.file, span.start)) {
            self.unknown_macro(name, span, scope);
        }
        self.stand_in(span);
    }

    fn unknown_macro(&mut self, name: &Name, span: Span, scope: &Scope) {
        let known = self.own.names().chain(self.library.names()).map(Name::as_str);
        let known = known.chain(self.library.loadable()).chain(AT_WORDS);
        let similar = crate::errors::similar(name, known.chain(scope.params.keys().map(Name::as_str)));
        self.report(errors::unknown_macro(span, name, similar.as_deref()));
    }

    /// Something that may stand wherever an expression may, so that one mistake is one error.
    fn stand_in(&mut self, span: Span) {
        self.out.push(Token { kind: TokenKind::Number(0), span });
    }

    /// The text of a script argument that `span` asks for; else reports, and leaves something to go on with.
    fn arg(&mut self, number: u32, quoted: bool, span: Span, scope: &Scope) -> Option<Arc<str>> {
        if scope.in_arg {
            self.report(errors::argument_in_argument(span, number));
            self.stand_in(span);
            return None;
        }
        let count = self.args.args.len();
        if let Some(arg) = self.args.get_mut(number) {
            arg.used = true;
            return Some(arg.text.clone());
        }
        self.report(errors::argument_out_of_range(span, number, quoted, count));
        self.stand_in(span);
        None
    }

    fn quoted_arg(&mut self, number: u32, span: Span, scope: &Scope) {
        if let Some(text) = self.arg(number, true, span, scope) {
            self.out.push(Token { kind: TokenKind::String(text.as_bytes().into()), span });
        }
    }

    /// `$1`: the argument's text is read in its place, together with a word that follows immediately.
    fn raw_arg(&mut self, number: u32, token: &Token, cursor: &mut Cursor<'_>, scope: &Scope) {
        let span = scope.span(token.span);
        let Some(mut text) = self.arg(number, false, span, scope) else { return };
        // A number ends before a `$`.
        let last_word = text.rsplit(|c| !is_word_character(c)).next().unwrap_or_default();
        let joins = |next: &Span| match last_word.as_bytes().first() {
            None => false,
            Some(b'0'..=b'9') => !self.sources.text(*next).starts_with('$'),
            Some(_) => true,
        };
        if let Some(word) = cursor.word_behind(token).filter(joins) {
            text = format!("{text}{}", self.sources.text(word)).into();
            cursor.at += 1;
        }
        let file = self.sources.add(format!("<argument {number}>"), text);
        let lexed = lexer::lex(self.sources, file);
        let id = self.sources.add_expansion(format!("${number}"), span);
        for mut diagnostic in lexed.diagnostics {
            for (span, _) in &mut diagnostic.labels {
                span.expansion = Some(id);
            }
            self.report(diagnostic);
        }
        let (_end, tokens) = lexed.tokens.split_last().expect("a file ends with `End`");
        let inside = Scope { expansion: Some(id), in_arg: true, ..Scope::default() };
        self.expand_deeper(tokens, &inside, span);
    }

    fn arg_count(&mut self, quoted: bool, span: Span, scope: &Scope) {
        if scope.in_arg {
            self.report(errors::argument_in_argument(span, 0));
            return self.stand_in(span);
        }
        let count = self.args.args.len();
        let kind = match quoted {
            true => TokenKind::String(count.to_string().as_bytes().into()),
            false => TokenKind::Number(count as u64),
        };
        self.out.push(Token { kind, span });
    }

    /// `%( COND %? tokens [%: tokens] %)`, after the `%(`.
    fn conditional(&mut self, span: Span, cursor: &mut Cursor<'_>, scope: &Scope) {
        let Some((condition, _)) = cursor.take_until(&[Op::CondThen]) else {
            return self.report(errors::condition_without_then(span));
        };
        let Some((then, end)) = cursor.take_until(&[Op::CondElse, Op::CondClose]) else {
            return self.report(errors::unclosed_conditional(span));
        };
        let otherwise = match end {
            Op::CondElse => match cursor.take_until(&[Op::CondClose]) {
                Some((otherwise, _)) => otherwise,
                None => return self.report(errors::unclosed_conditional(span)),
            },
            _ => &[],
        };
        let condition = self.expand_apart(condition, scope);
        let (chosen, other) = match condition::evaluate(&condition, self.conditions, span) {
            Ok(true) => (then, otherwise),
            Ok(false) => (otherwise, then),
            Err(diagnostic) => return self.report(*diagnostic),
        };
        self.args.count_as_used(other);
        self.expand_deeper(chosen, scope, span);
    }
}

/// What may stand inside of a name or number.
fn is_word_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests;
