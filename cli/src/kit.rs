// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile kit`.

use anyhow::Result;
use spile_debuginfo::Kit as KitFile;
use spile_vm_lab::Terminal;

use crate::args::Kit;
use crate::target;

/// Collects facts, or shows them.
pub fn kit(command: &Kit) -> Result<()> {
    match command {
        Kit::Create { target, output } => {
            let progress = Terminal::or_lines();
            let mut connected = target::connect(target, 1, progress.as_ref())?;
            Ok(target::live_kit(&mut connected.agent, progress.as_ref())?.write(output)?)
        }
        Kit::Show { kit } => {
            print!("{}", KitFile::read(kit)?.describe());
            Ok(())
        }
    }
}
