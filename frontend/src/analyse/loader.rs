// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parses the user's files at once and those of the library when a name of theirs is wanted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::ast::{self, ExprIds, FileKind, Name};
use crate::diag::{Diagnostic, Diagnostics};
use crate::library::{Declares, TapsetLibrary};
use crate::preprocess::{Conditions, Macros, ScriptArgs, Surroundings};
use crate::span::SourceMap;
use crate::token::TokenKind;
use crate::{lexer, parser, preprocess};

/// A script of the user.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path, or a name such as `<input>`.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// An item of a parsed file.
#[derive(Clone)]
pub(super) struct ItemRef {
    /// The file.
    pub file: Rc<ast::File>,
    /// The item's place in the file.
    pub index: usize,
}

impl ItemRef {
    pub fn item(&self) -> &ast::Item {
        &self.file.items[self.index]
    }

    pub fn function(&self) -> Option<&ast::Function> {
        if let ast::Item::Function(function) = self.item() { Some(function) } else { None }
    }

    pub fn global(&self, var: usize) -> Option<&ast::Global> {
        if let ast::Item::Globals(globals) = self.item() { globals.vars.get(var) } else { None }
    }

    pub fn alias(&self) -> Option<&ast::Alias> {
        if let ast::Item::Alias(alias) = self.item() { Some(alias) } else { None }
    }
}

/// Parsed files, and who declares what in them.
pub struct Loader<'l> {
    /// All texts.
    pub sources: SourceMap,
    library: &'l TapsetLibrary,
    /// Which files of the library are parsed.
    loaded: Vec<bool>,
    conditions: &'l Conditions<'l>,
    macros: Macros,
    args: ScriptArgs,
    ids: ExprIds,
    user_files: Vec<Rc<ast::File>>,
    /// Macros that the user's files define.
    user_macros: HashSet<Name>,
    functions: HashMap<Name, Vec<ItemRef>>,
    globals: HashMap<Name, Vec<(ItemRef, usize)>>,
    aliases: BTreeMap<String, Vec<ItemRef>>,
    /// All probes, in the order of loading.
    pub(super) probes: Vec<ItemRef>,
}

impl<'l> Loader<'l> {
    /// Parses the user's files.
    pub fn new(
        user: &[Source],
        library: &'l TapsetLibrary,
        conditions: &'l Conditions<'l>,
        args: &[String],
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut loader = Self {
            sources: SourceMap::new(),
            library,
            loaded: vec![false; library.len()],
            conditions,
            macros: Macros::default(),
            args: ScriptArgs::new(args.iter().map(String::as_str)),
            ids: ExprIds::default(),
            user_files: Vec::new(),
            user_macros: HashSet::new(),
            functions: HashMap::new(),
            globals: HashMap::new(),
            aliases: BTreeMap::new(),
            probes: Vec::new(),
        };
        loader.macros.set_loadable(library.names(Declares::Macro).map(|(name, _)| name));
        for source in user {
            if let Some(file) = loader.parse(source.name.clone(), source.text.clone(), FileKind::User, diagnostics) {
                loader.user_files.push(file);
            }
        }
        loader
    }

    /// A warning for each script argument that no file has used: what the library uses is known at the end.
    pub fn unused_arguments(&self) -> Vec<Diagnostic> {
        self.args.unused_warnings()
    }

    /// The user's syntax trees, in order.
    pub fn user_files(&self) -> &[Rc<ast::File>] {
        &self.user_files
    }

    /// All functions of a name, the library's too.
    pub(super) fn functions(&mut self, name: &Name, diagnostics: &mut Diagnostics) -> &[ItemRef] {
        self.load_declaring(Declares::Function, name, diagnostics);
        self.functions.get(name).map_or(&[], |items| items)
    }

    /// All globals of a name, the library's too.
    pub(super) fn globals(&mut self, name: &Name, diagnostics: &mut Diagnostics) -> &[(ItemRef, usize)] {
        self.load_declaring(Declares::Global, name, diagnostics);
        self.globals.get(name).map_or(&[], |items| items)
    }

    /// All aliases of a path, the library's too.
    pub(super) fn aliases(&mut self, path: &str, diagnostics: &mut Diagnostics) -> &[ItemRef] {
        self.load_declaring(Declares::Alias, path, diagnostics);
        self.aliases.get(path).map_or(&[], |items| items)
    }

    /// Paths of all aliases, loaded or not.
    pub(super) fn alias_paths(&self) -> Vec<String> {
        let library = self.library.names(Declares::Alias).map(|(path, _)| path.to_owned());
        let mut paths: Vec<_> = library.chain(self.aliases.keys().cloned()).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Whether there is a macro of this name.
    pub(super) fn is_macro(&self, name: &str) -> bool {
        self.user_macros.contains(name) || self.macros.get(name).is_some() || self.macros.loadable().any(|m| m == name)
    }

    /// Names of all functions, loaded or not, for suggestions.
    pub(super) fn function_names(&self) -> impl Iterator<Item = &str> {
        let library = self.library.names(Declares::Function).map(|(name, _)| name);
        library.chain(self.functions.keys().map(Name::as_str)).filter(|name| !name.starts_with('_'))
    }

    /// Globals that the user's files declare, in order.
    pub(super) fn user_globals(&self) -> Vec<(ItemRef, usize)> {
        let mut all = Vec::new();
        for file in &self.user_files {
            for (index, item) in file.items.iter().enumerate() {
                if let ast::Item::Globals(globals) = item {
                    let item = ItemRef { file: file.clone(), index };
                    all.extend((0..globals.vars.len()).map(|var| (item.clone(), var)));
                }
            }
        }
        all
    }

    /// Parses what is left of the library.
    pub(super) fn load_all(&mut self, diagnostics: &mut Diagnostics) {
        for number in 0..self.library.len() {
            let macros = self.library.file(number).name.ends_with(".stpm");
            self.load(number, if macros { FileKind::MacroLibrary } else { FileKind::Tapset }, diagnostics);
        }
    }

    /// All functions that have been parsed.
    pub(super) fn parsed_functions(&self) -> impl Iterator<Item = &ItemRef> {
        self.functions.values().flatten()
    }

    /// All aliases that have been parsed, by path.
    pub(super) fn parsed_aliases(&self) -> impl Iterator<Item = (&str, &ItemRef)> {
        self.aliases.iter().flat_map(|(path, items)| items.iter().map(|item| (path.as_str(), item)))
    }

    fn load_declaring(&mut self, kind: Declares, name: &str, diagnostics: &mut Diagnostics) {
        let library = self.library;
        for &number in library.declaring(kind, name) {
            let kind = if kind == Declares::Macro { FileKind::MacroLibrary } else { FileKind::Tapset };
            self.load(number, kind, diagnostics);
        }
    }

    /// Parses a file of the library, once.
    fn load(&mut self, number: usize, kind: FileKind, diagnostics: &mut Diagnostics) {
        if !std::mem::replace(&mut self.loaded[number], true) {
            let file = self.library.file(number);
            self.parse(file.name.clone(), file.text.clone(), kind, diagnostics);
        }
    }

    fn parse(
        &mut self,
        name: Arc<str>,
        text: Arc<str>,
        kind: FileKind,
        diagnostics: &mut Diagnostics,
    ) -> Option<Rc<ast::File>> {
        let before = diagnostics.len();
        let id = self.sources.add(name, text);
        let lexed = lexer::lex(&self.sources, id);
        diagnostics.extend(lexed.diagnostics);
        for pair in lexed.tokens.windows(2) {
            if let [TokenKind::At(define), TokenKind::Ident(name)] = [&pair[0].kind, &pair[1].kind]
                && define.as_str() == "define"
                && kind == FileKind::User
            {
                self.user_macros.insert(name.clone());
            }
        }
        for token in &lexed.tokens {
            if let TokenKind::At(word) = &token.kind {
                self.load_declaring(Declares::Macro, word, diagnostics);
            }
        }
        let surroundings = Surroundings { conditions: self.conditions, macros: &mut self.macros, args: &mut self.args };
        let (tokens, problems) = preprocess::preprocess(&lexed.tokens, kind, &mut self.sources, surroundings);
        diagnostics.extend(problems);
        if kind == FileKind::MacroLibrary {
            return None;
        }
        let (items, problems) = parser::parse(&self.sources, &tokens, &mut self.ids);
        let earlier = diagnostics.iter().skip(before);
        let problems = parser::consequence::without_consequences(earlier, problems, &self.sources);
        diagnostics.extend(problems);
        let file = Rc::new(ast::File { id, kind, items });
        self.register(&file);
        Some(file)
    }

    fn register(&mut self, file: &Rc<ast::File>) {
        for (index, item) in file.items.iter().enumerate() {
            let here = ItemRef { file: file.clone(), index };
            match item {
                ast::Item::Probe(_) => self.probes.push(here),
                ast::Item::Alias(alias) => {
                    for path in alias.names.iter().flat_map(|name| name.expand()) {
                        let path: Vec<_> = path.components.iter().map(|component| component.name.as_str()).collect();
                        self.aliases.entry(path.join(".")).or_default().push(here.clone());
                    }
                }
                ast::Item::Function(function) => {
                    self.functions.entry(function.name.name.clone()).or_default().push(here);
                }
                ast::Item::Globals(globals) => {
                    for (var, global) in globals.vars.iter().enumerate() {
                        self.globals.entry(global.name.name.clone()).or_default().push((here.clone(), var));
                    }
                }
                ast::Item::Embedded(_) => {}
            }
        }
    }
}
