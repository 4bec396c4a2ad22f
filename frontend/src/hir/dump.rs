// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolved script as text (`-p2`): globals, functions and probes with their types.

use std::fmt;

use super::{Constant, Local, Script};
use crate::types::TypeVar;

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dump = Dump { script: self, f };
        dump.globals()?;
        dump.functions()?;
        dump.probes()
    }
}

struct Dump<'s, 'f, 'o> {
    script: &'s Script,
    f: &'f mut fmt::Formatter<'o>,
}

impl Dump<'_, '_, '_> {
    fn ty(&self, var: TypeVar) -> &'static str {
        match self.script.types.get(var) {
            Some(crate::types::Type::Long) => "long",
            Some(crate::types::Type::Str) => "string",
            Some(crate::types::Type::Stat) => "stats",
            None => "unknown",
        }
    }

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
            write!(self.f, ":{}", self.ty(global.value))?;
            if let Some(keys) = &global.keys {
                let keys: Vec<_> = keys.iter().map(|key| self.ty(*key)).collect();
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
            let function = &self.script.functions[id.index()];
            let result = if function.has_value { self.ty(function.result) } else { "unknown" };
            let params = self.typed(&function.body.locals[..function.params], ", ");
            writeln!(self.f, "{}:{result} ({params})", function.name)?;
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
        let text = self.typed(&named, "\n  ");
        writeln!(self.f, "  # locals\n  {text}")
    }

    fn typed(&self, locals: &[Local], between: &str) -> String {
        let each = locals.iter().map(|local| format!("{}:{}", local.name, self.ty(local.ty)));
        each.collect::<Vec<_>>().join(between)
    }
}
