// SPDX-License-Identifier: MIT OR Apache-2.0
//! Script types and their inference by unification.
//!
//! Each expression and variable has a [`TypeVar`]. Equating two of them joins their classes (a union-find forest), so one walk over
//! the program reaches the fixpoint. A class remembers where its type was decided, for messages that show both sides.

use std::cell::Cell;
use std::fmt;

use crate::span::Span;

/// A type of the script language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Signed 64-bit integer.
    Long,
    /// Bounded string.
    Str,
    /// Statistics aggregate.
    Stat,
}

impl Type {
    /// What something of the type is, for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Long => "a long",
            Self::Str => "a string",
            Self::Stat => "statistics",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Long => "long",
            Self::Str => "string",
            Self::Stat => "stats",
        })
    }
}

/// A type that may not be known yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TypeVar(u32);

/// A known type and where it was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decided {
    /// The type.
    pub ty: Type,
    /// What decided it.
    pub span: Span,
}

/// Two classes that cannot be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// The type of the first.
    pub left: Decided,
    /// The type of the second.
    pub right: Decided,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    /// Member of the class of another.
    Link(TypeVar),
    /// Representative of a class.
    Root(Option<Decided>),
}

/// All type variables of a program.
#[derive(Clone, Debug, Default)]
pub struct Types {
    /// In cells, since looking up a class shortens the way to its representative.
    nodes: Vec<Cell<Node>>,
}

impl Types {
    /// A variable nothing is known of.
    pub fn fresh(&mut self) -> TypeVar {
        self.push(Node::Root(None))
    }

    /// A variable of a known type.
    pub fn known(&mut self, ty: Type, span: Span) -> TypeVar {
        self.push(Node::Root(Some(Decided { ty, span })))
    }

    fn push(&mut self, node: Node) -> TypeVar {
        self.nodes.push(Cell::new(node));
        TypeVar(self.nodes.len() as u32 - 1)
    }

    /// The type of a variable, if anything has decided it.
    pub fn get(&self, var: TypeVar) -> Option<Type> {
        self.decided(var).map(|decided| decided.ty)
    }

    /// The type of a variable; a long where nothing has decided it.
    pub fn get_or_long(&self, var: TypeVar) -> Type {
        self.get(var).unwrap_or(Type::Long)
    }

    /// The type of a variable and what decided it.
    pub fn decided(&self, var: TypeVar) -> Option<Decided> {
        self.root(var).1
    }

    /// Says that a variable is of a type, because of `span`.
    pub fn require(&mut self, var: TypeVar, ty: Type, span: Span) -> Result<(), Mismatch> {
        let right = Decided { ty, span };
        match self.root(var) {
            (root, None) => self.node(root).set(Node::Root(Some(right))),
            (_, Some(left)) if left.ty != ty => return Err(Mismatch { left, right }),
            _ => {}
        }
        Ok(())
    }

    /// Says that two variables are of the same type.
    pub fn unify(&mut self, a: TypeVar, b: TypeVar) -> Result<(), Mismatch> {
        let ((root_a, known_a), (root_b, known_b)) = (self.root(a), self.root(b));
        if root_a == root_b {
            return Ok(());
        }
        match (known_a, known_b) {
            (Some(left), Some(right)) if left.ty != right.ty => return Err(Mismatch { left, right }),
            (None, Some(_)) => self.node(root_a).set(Node::Link(root_b)),
            _ => self.node(root_b).set(Node::Link(root_a)),
        }
        Ok(())
    }

    /// The representative of a variable's class: that of all variables of the same type.
    pub fn class(&self, var: TypeVar) -> TypeVar {
        self.root(var).0
    }

    fn node(&self, var: TypeVar) -> &Cell<Node> {
        &self.nodes[var.0 as usize]
    }

    fn root(&self, mut var: TypeVar) -> (TypeVar, Option<Decided>) {
        loop {
            match self.node(var).get() {
                Node::Root(known) => return (var, known),
                Node::Link(next) => {
                    if let link @ Node::Link(_) = self.node(next).get() {
                        self.node(var).set(link);
                    }
                    var = next;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::FileId;

    fn at(start: u32) -> Span {
        Span::new(FileId(0), start, start + 1)
    }

    #[test]
    fn a_type_spreads_through_a_class_whatever_the_order() {
        let mut types = Types::default();
        let [a, b, c] = [types.fresh(), types.fresh(), types.fresh()];
        types.unify(a, b).unwrap();
        types.unify(c, b).unwrap();
        assert_eq!(types.get(a), None);
        types.require(c, Type::Str, at(1)).unwrap();
        assert_eq!(types.get(a), Some(Type::Str));
        assert_eq!(types.get_or_long(b), Type::Str);
    }

    #[test]
    fn a_mismatch_names_both_places() {
        let mut types = Types::default();
        let a = types.known(Type::Long, at(1));
        let b = types.known(Type::Str, at(2));
        let mismatch = types.unify(a, b).unwrap_err();
        assert_eq!((mismatch.left.span, mismatch.right.span), (at(1), at(2)));
        assert_eq!(types.require(a, Type::Stat, at(3)).unwrap_err().left.ty, Type::Long);
    }
}
