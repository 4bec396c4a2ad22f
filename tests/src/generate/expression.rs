// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions. `fuel` bounds their depth.

use super::body::Body;
use super::{Array, Element, Hist, Type};

const NUMBERS: [&str; 18] = [
    "1",
    "0",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "-7",
    "63",
    "64",
    "255",
    "4096",
    "0x7fffffff",
    "0x80000000",
    "1000000007",
    "9223372036854775807",
    "(-9223372036854775807 - 1)",
    "0177",
];

const TEXTS: [&str; 16] = [
    r#""a""#,
    r#""""#,
    r#""b c""#,
    r#""42""#,
    r#""-17x""#,
    r#""0x1f""#,
    r#""tab\tquote\"""#,
    r#""\\back""#,
    r#""long enough to be cut""#,
    r#""\001\377""#,
    r#""A" "B""#,
    r#""%d %s""#,
    r#""aXbXc""#,
    r#""zzzz""#,
    r#""\n""#,
    r#""é""#,
];

/// Operators between integers, of all precedences; the last two may fail.
const OPERATORS: [&str; 22] = [
    "+", "-", "*", "&", "|", "^", "<<", ">>", ">>>", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/",
    "%",
];

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

impl Body<'_, '_> {
    /// An expression of a type.
    pub fn expr(&mut self, ty: Type, fuel: usize) -> String {
        match ty {
            Type::Int => self.int(fuel),
            Type::Str => self.str(fuel),
        }
    }

    /// An integer.
    pub fn int(&mut self, fuel: usize) -> String {
        if fuel == 0 || self.choices().one_in(4) {
            return self.int_leaf();
        }
        let fuel = fuel - 1;
        let found = match self.choices().weighted(&[12, 16, 6, 6, 4, 6, 6, 6, 8, 6, 6, 2, 6, 1]) {
            0 => None,
            1 => Some(self.binary(fuel)),
            2 => Some(format!("{} {}", self.writer.choices.pick(&["-", "!", "~", "+"]), self.operand(fuel))),
            3 => Some(format!("({} ? {} : {})", self.int(fuel), self.int(fuel), self.int(fuel))),
            4 => {
                let operator = COMPARISONS[self.choices().below(COMPARISONS.len())];
                Some(format!("({} {operator} {})", self.str(fuel), self.str(fuel)))
            }
            5 => self.call(Some(Type::Int), fuel),
            6 => self
                .array(false, |element| element == Element::Scalar(Type::Int))
                .map(|(_, array)| self.element(&array)),
            7 => Some(self.int_of_strings(fuel)),
            8 => self.extractor(fuel),
            9 => self.assigned_int(fuel),
            10 => self.membership(fuel),
            11 => self.aggregate(true).map(|(text, _)| format!("({text} <<< {})", self.int(fuel))),
            12 => Some(self.regex_match(fuel)),
            _ => Some(self.choices().pick(&["@kderef(8, 0)", "kernel_int(1)", "strlen(kernel_string(0))"]).to_owned()),
        };
        found.unwrap_or_else(|| self.int_leaf())
    }

    fn int_leaf(&mut self) -> String {
        if self.choices().one_in(2)
            && let Some(name) = self.readable(Type::Int)
        {
            return name;
        }
        NUMBERS[self.choices().below(NUMBERS.len())].to_owned()
    }

    /// In parentheses, or not where precedence does not matter or may decide.
    fn operand(&mut self, fuel: usize) -> String {
        let text = self.int(fuel);
        if self.choices().one_in(3) { text } else { format!("({text})") }
    }

    fn binary(&mut self, fuel: usize) -> String {
        let operator = OPERATORS[self.choices().below(OPERATORS.len())];
        format!("{} {operator} {}", self.operand(fuel), self.operand(fuel))
    }

    fn int_of_strings(&mut self, fuel: usize) -> String {
        match self.choices().below(6) {
            4 => format!("strpos({}, {})", self.str(fuel), self.str(fuel)),
            5 => format!("isdigit({})", self.str(fuel)),
            0 => format!("strlen({})", self.str(fuel)),
            1 => format!("isinstr({}, {})", self.str(fuel), self.str(fuel)),
            2 => {
                let base = self.choices().pick(&["10", "0", "16", "8", "36", "2"]);
                format!("strtol({}, {base})", self.str(fuel))
            }
            _ => format!("stringat({}, {})", self.str(fuel), self.int(fuel)),
        }
    }

    /// What an aggregate tells.
    fn extractor(&mut self, fuel: usize) -> Option<String> {
        let (text, stat) = self.aggregate(false)?;
        let bucket = |body: &mut Self| {
            if body.choices().one_in(3) { body.int(fuel) } else { body.choices().below(6).to_string() }
        };
        Some(match self.choices().below(7) {
            0 => format!("@count({text})"),
            1 => format!("@sum({text})"),
            2 => format!("@min({text})"),
            3 => format!("@max({text})"),
            4 => format!("@avg({text})"),
            5 if stat.variance_shift == 0 => format!("@variance({text})"),
            5 => format!("@variance({text}, {})", stat.variance_shift),
            _ => format!("{}[{}]", histogram(&text, stat.hist)?, bucket(self)),
        })
    }

    /// Assignments as values.
    fn assigned_int(&mut self, fuel: usize) -> Option<String> {
        let place = self.int_place()?;
        Some(match self.choices().below(6) {
            0 => format!("({place} = {})", self.int(fuel)),
            1 => format!("{place}++"),
            2 => format!("++{place}"),
            3 => format!("{place}--"),
            4 => format!("(--{place})"),
            _ => {
                let operator = self.choices().pick(&["+=", "-=", "*=", "&=", "|=", "^=", "<<=", ">>=", "/=", "%="]);
                format!("({place} {operator} {})", self.int(fuel))
            }
        })
    }

    /// Something that an integer may be assigned to.
    pub fn int_place(&mut self) -> Option<String> {
        if self.choices().one_in(3)
            && let Some((_, array)) = self.array(true, |element| element == Element::Scalar(Type::Int))
        {
            return Some(self.element(&array));
        }
        self.writable(Type::Int)
    }

    /// Something that a string may be assigned to.
    pub fn str_place(&mut self) -> Option<String> {
        if self.choices().one_in(3)
            && let Some((_, array)) = self.array(true, |element| element == Element::Scalar(Type::Str))
        {
            return Some(self.element(&array));
        }
        self.writable(Type::Str)
    }

    fn membership(&mut self, fuel: usize) -> Option<String> {
        let (_, array) = self.array(false, |_| true)?;
        let keys: Vec<String> = array
            .keys
            .iter()
            .map(|ty| if self.choices().one_in(4) { "*".into() } else { self.key(*ty, fuel) })
            .collect();
        Some(match &keys[..] {
            // It binds tighter than `&`, and looser than what a key is made of.
            [key] if key != "*" && self.choices().one_in(3) => {
                let operator = self.choices().pick(&["&", "|", "^", "&&", "||"]);
                format!("({} {operator} {key} in {})", self.int_leaf(), array.name)
            }
            _ => format!("([{}] in {})", keys.join(", "), array.name),
        })
    }

    /// A key; mostly of a few, so that some elements are found.
    pub fn key(&mut self, ty: Type, fuel: usize) -> String {
        if self.choices().one_in(3) {
            return self.expr(ty, fuel);
        }
        match ty {
            Type::Int => self.choices().below(5).to_string(),
            Type::Str => self.choices().pick(&[r#""a""#, r#""b""#, r#""""#, r#""key""#]).to_owned(),
        }
    }

    /// An element of an array.
    pub fn element(&mut self, array: &Array) -> String {
        let keys: Vec<String> = array.keys.iter().map(|ty| self.key(*ty, 1)).collect();
        format!("{}[{}]", array.name, keys.join(", "))
    }

    /// A call, whose recursion comes to an end.
    pub fn call(&mut self, result: Option<Type>, fuel: usize) -> Option<String> {
        let callee = self.callee(result)?;
        let recursive = self
            .function
            .as_ref()
            .is_some_and(|own| own.name == callee.name && own.params.len() == callee.params.len());
        let mut args = Vec::new();
        for (index, ty) in callee.params.iter().enumerate() {
            args.push(match (index, callee.bounded) {
                (0, true) if recursive => format!("p0 - {}", 1 + self.choices().below(3)),
                (0, true) => self.choices().below(7).to_string(),
                _ => self.expr(*ty, fuel),
            });
        }
        Some(format!("{}({})", callee.name, args.join(", ")))
    }

    /// A string.
    pub fn str(&mut self, fuel: usize) -> String {
        if fuel == 0 || self.choices().one_in(4) {
            return self.str_leaf();
        }
        let fuel = fuel - 1;
        let found = match self.choices().weighted(&[5, 6, 3, 3, 3, 4, 2, 3]) {
            0 => None,
            1 => Some(format!("({} . {})", self.str(fuel), self.str(fuel))),
            2 => Some(format!("({} ? {} : {})", self.int(fuel), self.str(fuel), self.str(fuel))),
            3 => self.call(Some(Type::Str), fuel),
            4 => self
                .array(false, |element| element == Element::Scalar(Type::Str))
                .map(|(_, array)| self.element(&array)),
            5 => Some(self.str_of_values(fuel)),
            6 => Some(self.sprint(fuel)),
            _ => {
                let operator = self.choices().pick(&["=", ".="]);
                self.str_place().map(|place| format!("({place} {operator} {})", self.str(fuel)))
            }
        };
        found.unwrap_or_else(|| self.str_leaf())
    }

    fn str_leaf(&mut self) -> String {
        if self.choices().one_in(2)
            && let Some(name) = self.readable(Type::Str)
        {
            return name;
        }
        TEXTS[self.choices().below(TEXTS.len())].to_owned()
    }

    fn str_of_values(&mut self, fuel: usize) -> String {
        match self.choices().below(7) {
            4 => format!("text_strn({}, {}, {})", self.str(fuel), self.choices().below(30), self.choices().below(2)),
            5 => format!("string_quoted({})", self.str(fuel)),
            6 => self.matched(fuel),
            0 => format!("substr({}, {}, {})", self.str(fuel), self.int(fuel), self.int(fuel)),
            1 => format!("text_str({})", self.str(fuel)),
            2 => format!("str_replace({}, {}, {})", self.str(fuel), self.str(fuel), self.str(fuel)),
            _ => format!("substr({}, {}, {})", self.str(fuel), self.choices().below(4), self.choices().below(8)),
        }
    }
}

/// A histogram, where the aggregate has one.
pub(super) fn histogram(aggregate: &str, hist: Hist) -> Option<String> {
    match hist {
        Hist::None => None,
        Hist::Log => Some(format!("@hist_log({aggregate})")),
        Hist::Linear { low, high, step } => Some(format!("@hist_linear({aggregate}, {low}, {high}, {step})")),
    }
}
