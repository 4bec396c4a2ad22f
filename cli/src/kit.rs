// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile kit`.

use anyhow::Result;
use spile_debuginfo::{KernelTarget, Kit as KitFile};
use spile_frontend::target::Target;
use spile_vm_lab::Terminal;

use crate::args::Kit;
use crate::place;

/// Collects facts, or shows them.
pub fn kit(command: &Kit) -> Result<()> {
    match command {
        Kit::Create { target, output } => Ok(place::kit(target, Terminal::or_lines().as_ref())?.write(output)?),
        Kit::Show { kit } => {
            let target = KernelTarget::new(KitFile::read(kit)?)?;
            println!("release      {}", target.release());
            println!("architecture {}", target.arch());
            println!("build id     {}", target.build_id());
            println!("symbols      {}", target.symbols().len());
            println!("functions    {}", target.functions("*", None).len());
            println!("tracepoints  {}", target.tracepoints("*").len());
            Ok(())
        }
    }
}
