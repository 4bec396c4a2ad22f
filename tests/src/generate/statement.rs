// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements.

use super::body::Body;
use super::expression::histogram;
use super::{Array, Element, Type};

impl Body<'_, '_> {
    /// A statement of any kind; where one does not fit, one that prints.
    pub fn statement(&mut self) {
        let nests = if self.may_nest() { 1 } else { 0 };
        let weights = [12, 6, 8, 6, 4, 3, 2, 2 * nests, 5 * nests, 3 * nests, 2 * nests, 4 * nests, 3 * nests, 1, 1, 1];
        match self.choices().weighted(&weights) {
            0 => self.print(),
            1 => self.declare(),
            2 => self.assign_int(),
            3 => self.assign_element(),
            4 => self.add_to_aggregate(),
            5 => self.assign_str(),
            6 => self.delete(),
            7 => self.nested_block(),
            8 => self.branch(),
            9 => self.count_loop(),
            10 => self.while_loop(),
            11 => self.foreach(),
            12 => self.try_catch(),
            13 => self.leave(),
            14 => self.choose(),
            _ => self.endless_loop(),
        }
    }

    fn declare(&mut self) {
        let ty = if self.choices().one_in(3) { Type::Str } else { Type::Int };
        let value = self.expr(ty, 3);
        let name = self.fresh(ty);
        self.line(&format!("{name} = {value}"));
        self.locals.push((name, ty));
    }

    fn assign_int(&mut self) {
        let Some(place) = self.int_place() else { return self.print() };
        let line = match self.choices().below(5) {
            0 => format!("{place} = {}", self.int(3)),
            1 => format!("{place}++"),
            2 => format!("--{place}"),
            _ => {
                let operator = self.choices().pick(&["+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "|=", "&=", "^="]);
                format!("{place} {operator} {}", self.int(3))
            }
        };
        self.line(&line);
    }

    fn assign_str(&mut self) {
        let Some(place) = self.str_place() else { return self.print() };
        let operator = self.choices().pick(&["=", ".="]);
        let value = self.str(3);
        self.line(&format!("{place} {operator} {value}"));
    }

    fn assign_element(&mut self) {
        let Some((_, array)) = self.array(true, |element| matches!(element, Element::Scalar(_))) else {
            return self.declare();
        };
        let place = self.element(&array);
        let ty = if array.element == Element::Scalar(Type::Int) { Type::Int } else { Type::Str };
        let value = self.expr(ty, 2);
        self.line(&format!("{place} = {value}"));
    }

    fn add_to_aggregate(&mut self) {
        match self.aggregate(true) {
            Some((aggregate, _)) => {
                let value = self.int(2);
                self.line(&format!("{aggregate} <<< {value}"));
            }
            None => self.assign_element(),
        }
    }

    fn delete(&mut self) {
        let what = match self.choices().below(3) {
            0 => self.array(true, |_| true).map(|(_, array)| {
                let keys: Vec<String> = array
                    .keys
                    .iter()
                    .map(|ty| if self.choices().one_in(3) { "*".into() } else { self.key(*ty, 1) })
                    .collect();
                format!("{}[{}]", array.name, keys.join(", "))
            }),
            1 => self.array(true, |_| true).map(|(_, array)| array.name),
            2 if self.choices().one_in(3) => self.writable(Type::Int),
            _ => {
                let ty = if self.choices().one_in(2) { Type::Str } else { Type::Int };
                let scalars = &self.writer.globals.scalars;
                let names: Vec<String> =
                    scalars.iter().filter(|(_, other)| *other == ty).map(|(name, _)| name.clone()).collect();
                let stats = self.writer.globals.stats.iter().map(|(name, _)| name.clone());
                let names: Vec<String> = names.into_iter().chain(stats).collect();
                let index = self.choices().below(names.len().max(1));
                names.get(index).cloned()
            }
        };
        match what {
            Some(what) => self.line(&format!("delete {what}")),
            None => self.assign_int(),
        }
    }

    fn nested_block(&mut self) {
        self.nested("", 3);
    }

    fn branch(&mut self) {
        let condition = self.int(3);
        self.nested(&format!("if ({condition})"), 3);
        if self.choices().one_in(2) {
            self.nested("else", 3);
        }
    }

    /// A loop whose counter nothing else changes.
    fn count_loop(&mut self) {
        let name = self.fresh(Type::Int);
        let times = if self.choices().one_in(8) { 2000 } else { 1 + self.choices().below(6) };
        let head = format!("for ({name} = 0; {name} < {times}; {name}++)");
        self.looped(&head, (name, Type::Int));
    }

    fn while_loop(&mut self) {
        let name = self.fresh(Type::Int);
        let times = 1 + self.choices().below(5);
        self.line(&format!("{name} = {times}"));
        let condition = if self.choices().one_in(2) { format!(" && {}", self.int(1)) } else { String::new() };
        let head = format!("while ({name}-- > 0{condition})");
        self.looped(&head, (name, Type::Int));
    }

    fn looped(&mut self, head: &str, variable: (String, Type)) {
        self.read_only.push(variable);
        self.loops += 1;
        self.nested(head, 3);
        self.loops -= 1;
        self.read_only.pop();
    }

    fn foreach(&mut self) {
        if self.choices().one_in(6)
            && let Some((aggregate, stat)) = self.aggregate(false)
            && let Some(histogram) = histogram(&aggregate, stat.hist)
        {
            return self.foreach_bucket(&histogram);
        }
        let Some((index, array)) = self.array(false, |_| true) else { return self.count_loop() };
        let names: Vec<(String, Type)> = array.keys.iter().map(|ty| (self.fresh(*ty), *ty)).collect();
        let head = self.foreach_head(&array, &names);
        let before = self.read_only.len();
        self.read_only.extend(names);
        self.iterating.push(index);
        self.loops += 1;
        self.nested(&head, 3);
        self.loops -= 1;
        self.iterating.pop();
        self.read_only.truncate(before);
    }

    fn foreach_bucket(&mut self, histogram: &str) {
        let bucket = self.fresh(Type::Int);
        let mut value = String::new();
        let before = self.read_only.len();
        if self.choices().one_in(2) {
            let count = self.fresh(Type::Int);
            value = format!("{count} = ");
            self.read_only.push((count, Type::Int));
        }
        let limit = if self.choices().one_in(4) { format!(" limit {}", self.int(1)) } else { String::new() };
        self.looped(&format!("foreach ({value}{bucket} in {histogram}{limit})"), (bucket, Type::Int));
        self.read_only.truncate(before);
    }

    fn foreach_head(&mut self, array: &Array, names: &[(String, Type)]) -> String {
        let mut keys: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
        let mut value = match array.element {
            Element::Scalar(ty) if self.choices().one_in(3) => Some(self.fresh(ty)),
            _ => None,
        };
        let mut suffix = String::new();
        let sign = self.choices().pick(&["+", "-"]);
        match self.choices().below(4) {
            0 => {}
            1 => {
                let key = self.choices().below(keys.len());
                keys[key] += sign;
            }
            2 => match &mut value {
                Some(value) if self.writer.choices.one_in(2) => value.push_str(sign),
                _ => suffix.push_str(sign),
            },
            _ => match array.element {
                Element::Stat(_) => {
                    let by = self.choices().pick(&["count", "sum", "min", "max", "avg"]);
                    suffix = format!(" @{by}{sign}");
                }
                Element::Scalar(_) => suffix.push_str(sign),
            },
        }
        let value = value.map_or(String::new(), |value| format!("{value} = "));
        let slice = if self.choices().one_in(5) {
            let slice: Vec<String> = array
                .keys
                .iter()
                .map(|ty| if self.choices().one_in(2) { "*".into() } else { self.key(*ty, 1) })
                .collect();
            format!("[{}]", slice.join(", "))
        } else {
            String::new()
        };
        let limit = if self.choices().one_in(4) { format!(" limit {}", self.int(1)) } else { String::new() };
        format!("foreach ({value}[{}] in {}{slice}{suffix}{limit})", keys.join(", "), array.name)
    }

    /// Expressions as statements: what has no effect is dropped, what has one stays.
    fn choose(&mut self) {
        let line = match self.choices().below(3) {
            0 => format!("({}) ? {} : {}", self.int(2), self.int(2), self.int(2)),
            1 => self.int(3),
            _ => self.str(3),
        };
        // A statement that began with one of these might belong to the one before.
        let joins = ['-', '+', '[', '!', '~', '"'];
        self.line(&if line.starts_with(joins) { format!("({line})") } else { line });
    }

    /// A loop that only a `break`, or the end of the budget, ends.
    fn endless_loop(&mut self) {
        if !self.may_nest() {
            return self.print();
        }
        let head = self.choices().pick(&["for (;;)", "while (1)"]).to_owned();
        self.loops += 1;
        self.line(&format!("{head} {{"));
        self.nesting += 1;
        self.block(3);
        let condition = self.int(2);
        self.line(&format!("if (!({condition})) continue"));
        self.line("break");
        self.nesting -= 1;
        self.line("}");
        self.loops -= 1;
    }

    fn try_catch(&mut self) {
        self.nested("try", 3);
        if self.choices().one_in(3) {
            self.nested("catch", 2);
        } else if self.choices().one_in(4)
            && let Some(name) = self.writable(Type::Str)
        {
            self.nested(&format!("catch ({name})"), 2);
        } else {
            let name = self.fresh(Type::Str);
            self.locals.push((name.clone(), Type::Str));
            self.line(&format!("catch ({name}) {{"));
            self.nesting += 1;
            self.line(&format!("println({name})"));
            self.block(2);
            self.nesting -= 1;
            self.line("}");
            self.locals.pop();
        }
    }

    /// Something that ends more than itself; mostly on a condition.
    fn leave(&mut self) {
        let statement = match self.choices().below(6) {
            0 if self.loops > 0 => "break".to_owned(),
            1 if self.loops > 0 => "continue".to_owned(),
            2 if self.may_pass => "next".to_owned(),
            3 => match self.function.as_ref().map(|function| function.result) {
                Some(None) => "return".to_owned(),
                Some(Some(ty)) => format!("return {}", self.expr(ty, 2)),
                None => "exit()".to_owned(),
            },
            4 => format!("error({})", self.str(2)),
            _ => format!("warn({})", self.str(2)),
        };
        if self.choices().one_in(4) {
            self.line(&statement);
        } else {
            let condition = self.int(2);
            self.line(&format!("if ({condition}) {statement}"));
        }
    }
}
