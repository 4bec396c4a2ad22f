// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Runs the whole runtime natively, with mock imports, under the address and undefined-behaviour
//! sanitizers: tests/native/*.c.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn runtime_passes_its_c_tests_under_sanitizers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rt-native-{}", std::process::id()));
    let mut sources: Vec<PathBuf> = std::fs::read_dir(root.join("tests/native"))
        .expect("the C tests")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    sources.push(root.join("src/rt.c"));
    let output = Command::new("gcc")
        .args(["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fno-strict-aliasing", "-pthread"])
        .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DSPILE_FREESTANDING", "-I"])
        .arg(root.join("../../abi/include"))
        .args(&sources)
        .arg("-o")
        .arg(&program)
        .output()
        .expect("gcc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new(&program).output().expect("the C tests run");
    std::fs::remove_file(&program).expect("remove the program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok\n");
}
