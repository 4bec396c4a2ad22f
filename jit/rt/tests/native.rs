// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Runs the whole runtime natively, with mock imports: tests/native/*.c. Once compiled with the
//! address and undefined-behaviour sanitizers, and once as the very objects that images are linked from.

use std::path::{Path, PathBuf};
use std::process::Command;

const COMMON: &[&str] = &["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-DSPILE_FREESTANDING"];

#[test]
fn runtime_passes_its_c_tests_under_sanitizers() {
    let flags = ["-fno-strict-aliasing", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rt.c");
    run("gcc", &flags, &runtime, &[]);
}

#[cfg(feature = "freestanding")]
#[test]
fn embedded_objects_pass_the_c_tests() {
    use spile_abi::{SPILE_ARCH_AARCH64, SPILE_ARCH_X86_64};

    for (arch, number) in [("x86_64", SPILE_ARCH_X86_64), ("aarch64", SPILE_ARCH_AARCH64)] {
        let compiler = format!("{arch}-linux-gnu-gcc");
        let emulator = format!("qemu-{arch}");
        let native = std::env::consts::ARCH == arch;
        // The other instruction set needs its cross compiler and an emulator.
        if !(native || runs(&compiler) && runs(&emulator)) {
            eprintln!("no {compiler} or no {emulator}, {arch} not tested");
            continue;
        }
        let object = temporary(&format!("{arch}.o"));
        std::fs::write(&object, spile_rt::freestanding::object(number)).expect("write the object");
        let emulator: &[&str] = if native { &[] } else { &[&emulator] };
        run(if native { "gcc" } else { &compiler }, &["-static"], &object, emulator);
        std::fs::remove_file(&object).expect("remove the object");
    }
}

#[cfg(feature = "freestanding")]
fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rt-{}-{name}", std::process::id()))
}

/// Builds the C tests with a runtime (source or object), and runs them, under an emulator if one is given.
fn run(compiler: &str, flags: &[&str], runtime: &Path, emulator: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = temporary("tests");
    let mut sources: Vec<PathBuf> = std::fs::read_dir(root.join("tests/native"))
        .expect("the C tests")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    let output = Command::new(compiler)
        .args(COMMON)
        .args(flags)
        .arg("-I")
        .arg(root.join("../../abi/include"))
        .args(&sources)
        .arg(runtime)
        .arg("-lm")
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut words = emulator.iter().map(PathBuf::from).chain([program.clone()]);
    let output = Command::new(words.next().expect("a program")).args(words).output().expect("the C tests run");
    std::fs::remove_file(&program).expect("remove the program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler}: {}: {errors}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok\n");
}
