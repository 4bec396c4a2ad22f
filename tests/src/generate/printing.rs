// SPDX-License-Identifier: MIT OR Apache-2.0
//! Print statements and their sprint twins, with formats of all conversions.

use super::Type;
use super::body::Body;
use super::expression::histogram;

/// Conversions of integers.
const INT_CONVERSIONS: [&str; 11] = ["d", "i", "u", "x", "X", "o", "c", "p", "ld", "lx", "b"];

impl Body<'_, '_> {
    /// A statement that shows something.
    pub fn print(&mut self) {
        let line = match self.choices().weighted(&[8, 6, 2, 4, 10, 4, 1]) {
            0 => format!("println({})", self.values(1)),
            1 => format!("printf(\"%d %s\\n\", {}, {})", self.int(2), self.str(2)),
            2 => format!("print({})", self.values(1)),
            3 => {
                let name = self.choices().pick(&["printdln", "printd"]);
                let delimiter = self.choices().pick(&[r#"" ""#, r#"", ""#, r#""""#, r#""%d""#]);
                format!("{name}({delimiter}, {}, {})", self.int(1), self.values(1))
            }
            4 => {
                let (format, args) = self.format();
                format!("printf({format}{args})")
            }
            // Memory that is not there.
            6 => format!("printf(\"%.{}M\\n\", 0)", self.choices().below(9)),
            _ => {
                let shown = self.aggregate(false).and_then(|(text, stat)| histogram(&text, stat.hist));
                let name = self.choices().pick(&["print", "println"]);
                match shown {
                    Some(histogram) => format!("{name}({histogram})"),
                    None => format!("println({})", self.int(3)),
                }
            }
        };
        self.line(&line);
    }

    /// A string made by one of the sprint functions.
    pub fn sprint(&mut self, fuel: usize) -> String {
        match self.choices().below(5) {
            0 => {
                let (format, args) = self.format();
                format!("sprintf({format}{args})")
            }
            4 => match self.aggregate(false).and_then(|(text, stat)| histogram(&text, stat.hist)) {
                Some(histogram) => format!("sprint({histogram})"),
                None => format!("sprintdln(\"%\", {}, {})", self.str(fuel), self.int(fuel)),
            },
            1 => format!("sprint({}, {})", self.int(fuel), self.str(fuel)),
            2 => format!("sprintln({})", self.str(fuel)),
            _ => format!("sprintd(\"-\", {}, {})", self.int(fuel), self.str(fuel)),
        }
    }

    fn values(&mut self, fuel: usize) -> String {
        let one = |body: &mut Self| if body.choices().one_in(2) { body.str(fuel) } else { body.int(fuel) };
        let values: Vec<String> = (0..=self.choices().below(3)).map(|_| one(self)).collect();
        values.join(", ")
    }

    /// A format, and its arguments, each with a comma before it.
    fn format(&mut self) -> (String, String) {
        let mut text = String::from("\"");
        let mut args = String::new();
        for _ in 0..=self.choices().below(3) {
            text += self.choices().pick(&["", " ", "[", "%%", "\\t", "x="]);
            self.directive(&mut text, &mut args);
        }
        (text + "\\n\"", args)
    }

    fn directive(&mut self, text: &mut String, args: &mut String) {
        let ty = if self.choices().one_in(3) { Type::Str } else { Type::Int };
        text.push('%');
        text.push_str(self.choices().pick(&["", "", "-", "0", "+", " ", "#"]));
        if self.choices().one_in(3) {
            text.push_str(&(1 + self.choices().below(12)).to_string());
        } else if self.choices().one_in(12) {
            text.push('*');
            args.push_str(&format!(", {}", self.choices().below(24) as i64 - 4));
        }
        if self.choices().one_in(4) {
            text.push_str(&format!(".{}", self.choices().below(8)));
        } else if self.choices().one_in(12) {
            text.push_str(".*");
            args.push_str(&format!(", {}", self.choices().below(10) as i64 - 1));
        }
        let conversion = match ty {
            Type::Str => "s",
            Type::Int => INT_CONVERSIONS[self.choices().below(INT_CONVERSIONS.len())],
        };
        text.push_str(conversion);
        args.push_str(&format!(", {}", self.expr(ty, 2)));
    }
}
