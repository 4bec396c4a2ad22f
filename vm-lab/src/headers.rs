// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's kernel headers, usable where they are unpacked.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Makes the header packages unpacked below `root` refer to `/usr/src` as it will be found at `src`: their Makefiles name
/// each other by absolute path. (Their links are relative, and stay.)
pub(crate) fn relocate(root: &Path, src: &Path) -> Result<()> {
    let here = root.join("usr/src");
    let src = src.to_str().context("the cache's path is not UTF-8")?;
    for tree in fs::read_dir(&here).with_context(|| format!("cannot read {}", here.display()))? {
        let makefile = tree?.path().join("Makefile");
        if !makefile.exists() {
            continue; // the link to kbuild's tools
        }
        let text = fs::read_to_string(&makefile)?;
        fs::write(&makefile, text.replace("/usr/src/linux-headers-", &format!("{src}/linux-headers-")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makefiles_follow_the_tree() {
        let temp = tempfile::tempdir().unwrap();
        let tree = temp.path().join("usr/src/linux-headers-6.1.0-56-amd64");
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("Makefile"), "include /usr/src/linux-headers-6.1.0-56-common/Makefile\n").unwrap();
        relocate(temp.path(), Path::new("/cache/src")).unwrap();
        let text = fs::read_to_string(tree.join("Makefile")).unwrap();
        assert_eq!(text, "include /cache/src/linux-headers-6.1.0-56-common/Makefile\n");
    }
}
