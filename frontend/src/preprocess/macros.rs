// SPDX-License-Identifier: MIT OR Apache-2.0
//! `@define`, and the use of what it defines.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{Cursor, Preprocessor, Scope};
use crate::ast::Name;
use crate::diag::Diagnostic;
use crate::errors::preprocess as errors;
use crate::span::Span;
use crate::token::{AT_WORDS, Op, Token, TokenKind};

/// A macro.
#[derive(Clone, Debug)]
pub struct Macro {
    /// Where its name is written.
    pub span: Span,
    /// Its parameters. Without a list of them, not even an empty one, its use takes no parentheses.
    params: Option<Arc<[Name]>>,
    body: Arc<[Token]>,
}

/// Macros by name, without the `@`.
#[derive(Clone, Debug, Default)]
pub struct Macros {
    all: HashMap<Name, Macro>,
    /// Names of those that the library has and nothing has used yet, for suggestions.
    loadable: Vec<String>,
}

impl Macros {
    /// The macro of this name.
    pub fn get(&self, name: &str) -> Option<&Macro> {
        self.all.get(name)
    }

    /// All names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.all.keys()
    }

    /// Names the macros that could be had.
    pub fn set_loadable<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        self.loadable = names.into_iter().map(str::to_owned).collect();
    }

    /// The names given to [`set_loadable`](Self::set_loadable).
    pub fn loadable(&self) -> impl Iterator<Item = &str> {
        self.loadable.iter().map(String::as_str)
    }

    /// Adds macros; an error for each whose name is taken.
    pub fn extend(&mut self, other: Macros) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        let mut others: Vec<_> = other.all.into_iter().collect();
        others.sort_by_key(|(_, new)| new.span.start);
        for (name, new) in others {
            match self.all.entry(name) {
                Entry::Occupied(old) => {
                    errors.push(errors::library_macro_redefined(new.span, old.key(), old.get().span));
                }
                Entry::Vacant(free) => {
                    free.insert(new);
                }
            }
        }
        errors
    }
}

/// The arguments of a use, and the parameters that take them.
type Arguments<'t, 'm> = (Vec<&'t [Token]>, &'m [Name]);

/// A list in parentheses that cannot be read.
struct Unclosed;

impl Preprocessor<'_> {
    /// `@define NAME[(p, …)] %( body %)`, after the `@define`.
    pub(super) fn definition(&mut self, span: Span, cursor: &mut Cursor<'_>, scope: &Scope) {
        if scope.expansion.is_some() {
            self.report(errors::definition_in_macro(span));
        }
        let name = match cursor.next() {
            Some(Token { kind: TokenKind::Ident(name), span }) => (name, scope.span(*span)),
            other => {
                self.report(errors::definition_without_name(place(other, span)));
                return skip_definition(cursor);
            }
        };
        let params = match cursor.eat(Op::ParenOpen) {
            true => match self.params(cursor, scope) {
                Some(params) => Some(params),
                None => {
                    self.broken.insert(name.0.clone());
                    return skip_definition(cursor);
                }
            },
            false => None,
        };
        if !cursor.eat(Op::CondOpen) {
            self.broken.insert(name.0.clone());
            let braces = cursor.peek() == Some(&TokenKind::Op(Op::BraceOpen));
            return self.report(errors::definition_without_body(name.1, name.0, braces));
        }
        let Some((body, _)) = cursor.take_until(&[Op::CondClose]) else {
            // Everything that follows may be meant as its body.
            self.broken.insert(name.0.clone());
            cursor.at = cursor.tokens.len().saturating_sub(1);
            return self.report(errors::unclosed_definition(name.1, name.0));
        };
        self.define(name.0, Macro { span: name.1, params, body: body.into() });
    }

    fn define(&mut self, name: &Name, new: Macro) {
        if AT_WORDS.contains(&name.as_str()) {
            self.report(errors::builtin_redefined(new.span, name));
        } else if let Some(old) = self.own.get(name) {
            let first = old.span;
            self.report(errors::macro_redefined(new.span, name, first));
        } else {
            self.own.all.insert(name.clone(), new);
        }
    }

    /// The parameters of a definition, after the `(`. Reports what is wrong with them.
    fn params(&mut self, cursor: &mut Cursor<'_>, scope: &Scope) -> Option<Arc<[Name]>> {
        let mut params: Vec<Name> = Vec::new();
        if cursor.eat(Op::ParenClose) {
            return Some(params.into());
        }
        loop {
            match cursor.next() {
                Some(Token { kind: TokenKind::Ident(name), span }) => {
                    if params.contains(name) {
                        self.report(errors::duplicate_macro_parameter(scope.span(*span), name));
                    }
                    params.push(name.clone());
                }
                Some(token) => {
                    let span = scope.span(token.span);
                    self.report(errors::bad_macro_parameter(span, &token.kind));
                    return None;
                }
                None => return None,
            }
            if cursor.eat(Op::ParenClose) {
                return Some(params.into());
            }
            if !cursor.eat(Op::Comma) {
                let token = cursor.next()?;
                let span = scope.span(token.span);
                self.report(errors::bad_macro_parameter(span, &token.kind));
                return None;
            }
        }
    }

    /// `@NAME[(arg, …)]`, after the name.
    pub(super) fn macro_use(&mut self, name: &Name, found: &Macro, span: Span, cursor: &mut Cursor<'_>, scope: &Scope) {
        let (args, params) = match self.checked_args(name, found, span, cursor) {
            Ok(found) => found,
            Err(problem) => {
                self.report(*problem);
                return self.stand_in(span);
            }
        };
        let args: Vec<_> = args.into_iter().map(|arg| self.expand_nested_arg(arg, scope)).collect();
        let id = self.sources.add_expansion(format!("@{name}"), span);
        let params = params.iter().cloned().zip(args).collect();
        let inside = Scope { expansion: Some(id), params: Arc::new(params), in_arg: scope.in_arg };
        self.open.push(name.clone());
        self.expand_deeper(&found.body, &inside, span);
        self.open.pop();
    }

    /// The arguments of a macro's use, and the parameters that take them.
    fn checked_args<'t, 'm>(
        &self,
        name: &Name,
        found: &'m Macro,
        span: Span,
        cursor: &mut Cursor<'t>,
    ) -> Result<Arguments<'t, 'm>, Box<Diagnostic>> {
        let mut args = match &found.params {
            None => Vec::new(),
            Some(_) if !cursor.eat(Op::ParenOpen) => {
                return Err(Box::new(errors::macro_without_arguments(span, name, found.span)));
            }
            Some(_) => macro_args(cursor).map_err(|Unclosed| Box::new(errors::unclosed_macro_use(span, name)))?,
        };
        let params = found.params.as_deref().unwrap_or_default();
        if args.is_empty() && params.len() == 1 {
            args.push(&[]);
        }
        if args.len() != params.len() {
            let counts = (params.len(), args.len());
            return Err(Box::new(errors::macro_arity(span, name, counts, found.span)));
        }
        if self.open.contains(name) {
            return Err(Box::new(errors::recursive_macro(span, name, found.span)));
        }
        Ok((args, params))
    }

    /// An argument belongs to the text where the macro is used, and is one level further in.
    fn expand_nested_arg(&mut self, arg: &[Token], scope: &Scope) -> Vec<Token> {
        let outside = std::mem::take(&mut self.out);
        let in_macro_arg = std::mem::replace(&mut self.in_macro_arg, true);
        if let Some(first) = arg.first() {
            self.expand_deeper(arg, scope, scope.span(first.span));
        }
        self.in_macro_arg = in_macro_arg;
        std::mem::replace(&mut self.out, outside)
    }
}

/// The arguments of a macro use, after the `(`. Commas inside of brackets of any kind do not separate.
fn macro_args<'t>(cursor: &mut Cursor<'t>) -> Result<Vec<&'t [Token]>, Unclosed> {
    if cursor.eat(Op::ParenClose) {
        return Ok(Vec::new());
    }
    let mut args = Vec::new();
    let mut depth = 0_usize;
    let mut start = cursor.at;
    while let Some(token) = cursor.next() {
        let here = cursor.at - 1;
        let TokenKind::Op(op) = token.kind else {
            continue;
        };
        match op {
            Op::ParenOpen | Op::BracketOpen | Op::BraceOpen | Op::CondOpen => depth += 1,
            Op::ParenClose if depth == 0 => {
                args.push(&cursor.tokens[start..here]);
                return Ok(args);
            }
            Op::ParenClose | Op::BracketClose | Op::BraceClose | Op::CondClose => {
                depth = depth.saturating_sub(1);
            }
            Op::Comma if depth == 0 => {
                args.push(&cursor.tokens[start..here]);
                start = cursor.at;
            }
            _ => {}
        }
    }
    // Leave the end of the file in place.
    cursor.at = cursor.tokens.len().saturating_sub(1).max(start.min(cursor.tokens.len()));
    Err(Unclosed)
}

/// Passes over the arguments of a macro that is not known.
pub(super) fn skip_arguments(cursor: &mut Cursor<'_>) {
    let start = cursor.at;
    if cursor.eat(Op::ParenOpen) && macro_args(cursor).is_err() {
        cursor.at = start;
    }
}

/// Passes over the rest of a definition whose head is wrong: up to its body and over that, if it has one.
fn skip_definition(cursor: &mut Cursor<'_>) {
    let rest = &cursor.tokens[cursor.at..];
    let is_item = |kind: &TokenKind| ["probe", "function", "global", "private"].iter().any(|word| kind.is_word(word));
    for (passed, token) in rest.iter().enumerate() {
        match &token.kind {
            TokenKind::Op(Op::CondOpen) => {
                cursor.at += passed + 1;
                cursor.take_until(&[Op::CondClose]);
                return;
            }
            TokenKind::At(word) if word.as_str() == "define" => return,
            TokenKind::End => return,
            kind if is_item(kind) => return,
            _ => {}
        }
    }
}

fn place(token: Option<&Token>, otherwise: Span) -> Span {
    token.map_or(otherwise, |token| token.span)
}
