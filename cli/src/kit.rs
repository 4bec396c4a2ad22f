// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile kit`.

use anyhow::Result;
use spile_debuginfo::{KernelTarget, Kit as KitFile};
use spile_frontend::target::Target;
use spile_vm_lab::Terminal;

use crate::args::Kit;
use crate::{place, show};

/// Collects facts, or shows them.
pub fn kit(command: &Kit) -> Result<()> {
    match command {
        Kit::Create { target, output } => Ok(place::kit(target, Terminal::or_lines().as_ref())?.write(output)?),
        Kit::Show { kit } => {
            let target = KernelTarget::new(KitFile::read(kit)?)?;
            show::lines([
                format!("release      {}", target.release()),
                format!("architecture {}", target.arch()),
                format!("build id     {}", target.build_id()),
                format!("symbols      {}", target.symbols().len()),
                format!("functions    {}", target.functions("*", None).len()),
                format!("tracepoints  {}", target.tracepoints("*").len()),
            ])
        }
    }
}
