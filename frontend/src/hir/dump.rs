// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolved script as text (`-p2`): globals, functions and probes with their types.

use std::fmt;

use super::{Constant, FunctionId, Local, Script};
use crate::types::{Type, TypeVar};

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dump = Dump { script: self, f };
        dump.globals()?;
        dump.functions()?;
        dump.probes()
    }
}

impl Script {
    /// A function with its types: `pow:long (base:long, exponent:long)`.
    pub fn signature(&self, id: FunctionId) -> String {
        let function = &self.functions[id.index()];
        let result = if function.has_value { self.type_name(function.result) } else { "unknown" };
        format!("{}:{result} ({})", function.name, self.typed(&function.body.locals[..function.params], ", "))
    }

    /// How the script language names a type.
    pub fn type_name(&self, var: TypeVar) -> &'static str {
        match self.types.get(var) {
            Some(Type::Long) => "long",
            Some(Type::Str) => "string",
            Some(Type::Stat) => "stats",
            None => "unknown",
        }
    }

    fn typed(&self, locals: &[Local], between: &str) -> String {
        let each = locals.iter().map(|local| format!("{}:{}", local.name, self.type_name(local.ty)));
        each.collect::<Vec<_>>().join(between)
    }
}

struct Dump<'s, 'f, 'o> {
    script: &'s Script,
    f: &'f mut fmt::Formatter<'o>,
}

impl Dump<'_, '_, '_> {
    fn globals(&mut self) -> fmt::Result {
        if self.script.globals.is_empty() {
            return Ok(());
        }
        writeln!(self.f, "# globals")?;
        for global in &self.script.globals {
            write!(self.f, "{}", global.name)?;
            if global.wrap {
                write!(self.f, "%")?;
            }
            if global.capacity > 0 {
                write!(self.f, "[{}]", global.capacity)?;
            }
            write!(self.f, ":{}", self.script.type_name(global.value))?;
            if let Some(keys) = &global.keys {
                let keys: Vec<_> = keys.iter().map(|key| self.script.type_name(*key)).collect();
                write!(self.f, " [{}]", keys.join(", "))?;
            }
            match &global.init {
                Some(Constant::Int(value)) => write!(self.f, " = {value}")?,
                Some(Constant::Str(text)) => write!(self.f, " = \"{}\"", text.escape_ascii())?,
                None => {}
            }
            writeln!(self.f)?;
        }
        Ok(())
    }

    fn functions(&mut self) -> fmt::Result {
        let used = self.script.used_functions();
        if used.is_empty() {
            return Ok(());
        }
        writeln!(self.f, "# functions")?;
        for id in used {
            writeln!(self.f, "{}", self.script.signature(id))?;
            let function = &self.script.functions[id.index()];
            self.locals(&function.body.locals[function.params..])?;
        }
        Ok(())
    }

    fn probes(&mut self) -> fmt::Result {
        writeln!(self.f, "# probes")?;
        for probe in &self.script.probes {
            writeln!(self.f, "{} /* <- {} */", probe.name, probe.written)?;
            self.locals(&self.script.handlers[probe.handler.index()].body.locals)?;
        }
        Ok(())
    }

    fn locals(&mut self, locals: &[Local]) -> fmt::Result {
        let named: Vec<Local> = locals.iter().filter(|local| !local.name.starts_with('<')).cloned().collect();
        if named.is_empty() {
            return Ok(());
        }
        let text = self.script.typed(&named, "\n  ");
        writeln!(self.f, "  # locals\n  {text}")
    }
}
