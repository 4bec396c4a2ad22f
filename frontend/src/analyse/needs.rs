// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a function's text needs of its caller: the context of a probe, or the C types of its arguments. Such a function is
//! resolved anew for each context, and for each combination of types.

use std::collections::HashMap;

use super::Analyser;
use super::circles::circles;
use super::loader::ItemRef;
use crate::ast::{self, ExprKind as A, FunctionBody, Name, StmtKind, TargetBase};

/// What a function needs of its caller.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Needs {
    /// It asks the probe point something: `$x`, `@entry`, `@kregister`.
    pub context: bool,
    /// It follows a pointer that it was given, or hands it back.
    pub ctypes: bool,
}

impl Needs {
    fn add(&mut self, other: Self) {
        self.context |= other.context;
        self.ctypes |= other.ctypes;
    }
}

/// What one function's own text says.
#[derive(Default)]
struct OwnNeeds {
    needs: Needs,
    calls: Vec<(Name, usize)>,
}

impl Analyser<'_, '_> {
    /// What a function needs, the functions that it calls included.
    pub(super) fn needs(&mut self, item: &ItemRef) -> Needs {
        let key = |item: &ItemRef| (item.file.id, item.index);
        if let Some(known) = self.needs.get(&key(item)) {
            return *known;
        }
        // All that it leads to and of which nothing is known yet.
        let mut items = vec![item.clone()];
        let mut numbers = HashMap::from([(key(item), 0)]);
        let (mut own, mut edges): (Vec<Needs>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        while let Some(item) = items.get(own.len()).cloned() {
            let OwnNeeds { mut needs, calls } = item.function().map(own_needs).unwrap_or_default();
            let mut leads_to = Vec::new();
            for (name, arity) in &calls {
                for callee in self.overloads(name, *arity, &item.file).unwrap_or_default() {
                    if let Some(known) = self.needs.get(&key(&callee)) {
                        needs.add(*known);
                        continue;
                    }
                    let new = items.len();
                    let number = *numbers.entry(key(&callee)).or_insert(new);
                    if number == new {
                        items.push(callee);
                    }
                    leads_to.push(number);
                }
            }
            own.push(needs);
            edges.push(leads_to);
        }
        for circle in circles(&edges) {
            let mut all = Needs::default();
            for member in &circle {
                all.add(own[*member]);
                edges[*member].iter().for_each(|callee| all.add(own[*callee]));
            }
            for member in circle {
                own[member] = all;
                self.needs.insert(key(&items[member]), all);
            }
        }
        own[0]
    }
}

fn own_needs(function: &ast::Function) -> OwnNeeds {
    let mut own = OwnNeeds::default();
    let FunctionBody::Script(block) = &function.body else { return own };
    let is_param = |name: &Name| function.params.iter().any(|param| param.name.name == *name);
    for stmt in &block.stmts {
        stmt.walk(&mut |stmt| {
            if let StmtKind::Return(Some(value)) = &stmt.kind {
                own.needs.ctypes |= hands_back(value);
            }
            stmt.walk_own_exprs(&mut |expr| match &expr.kind {
                A::Target(target) => match &target.base {
                    TargetBase::Context(_) | TargetBase::ContextGroup(_) => own.needs.context = true,
                    TargetBase::Autocast(_) => own.needs.ctypes = true,
                    TargetBase::Cast { .. } | TargetBase::Var { .. } => {}
                },
                A::Entry(_) | A::Register { .. } => own.needs.context = true,
                A::EnumName { type_name: None, .. } => own.needs.ctypes = true,
                A::Index { var, .. } => own.needs.ctypes |= is_param(&var.name),
                A::Call { function, args } => own.calls.push((function.name.clone(), args.len())),
                _ => {}
            });
        });
    }
    own
}

/// Whether a result may have the C type of an argument.
fn hands_back(value: &ast::Expr) -> bool {
    match &value.kind {
        A::Var(_) | A::Call { .. } => true,
        A::Ternary { then, otherwise, .. } => hands_back(then) || hands_back(otherwise),
        _ => false,
    }
}
