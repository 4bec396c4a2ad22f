// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Compiles the C runtime: its host part for Rust callers and, with the feature `freestanding`,
//! all of it for both instruction sets of images.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Images hold no floating point, no jump table, no address of data, and no call to a library.
const FREESTANDING_FLAGS: &[&str] = &[
    "-std=gnu11",
    "-O2",
    "-ffreestanding",
    "-fno-builtin",
    "-mgeneral-regs-only",
    "-fPIE",
    "-mcmodel=small",
    "-fvisibility=hidden",
    "-fno-jump-tables",
    "-fno-unroll-loops",
    "-fno-strict-aliasing",
    "-fno-stack-protector",
    "-fno-omit-frame-pointer",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-DSPILE_RT_EMBEDDED",
];

/// Targets of clang, the object's name, and flags of the instruction set. Functions are only called
/// directly from inside the image: they need no landing pads.
const FREESTANDING_TARGETS: &[(&str, &str, &[&str])] = &[
    ("x86_64-none-elf", "rt-x86_64.o", &["-mno-red-zone", "-fcf-protection=none"]),
    ("aarch64-none-elf", "rt-aarch64.o", &["-ffixed-x18", "-mno-outline-atomics", "-mbranch-protection=none"]),
];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let abi = root.join("../../abi/include");
    for path in ["src", "include", "build.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-changed={}", abi.display());
    println!("cargo::rerun-if-env-changed=SPILE_CLANG");
    host(&root, &abi);
    if env::var_os("CARGO_FEATURE_FREESTANDING").is_some() {
        for target in FREESTANDING_TARGETS {
            freestanding(&root, &abi, &out, target);
        }
    }
}

fn host(root: &Path, abi: &Path) {
    let mut build = cc::Build::new();
    build.file(root.join("src/host.c")).include(abi).std("gnu11").opt_level(2);
    build.flag("-ffreestanding").flag("-fno-strict-aliasing").warnings(true);
    let target = env::var("TARGET").expect("cargo sets it");
    // It needs no C library, so the GNU compiler serves musl targets as well.
    if target.ends_with("-musl") && env::var_os(format!("CC_{}", target.replace('-', "_"))).is_none() {
        let arch = target.split('-').next().unwrap_or_default();
        build.compiler(format!("{arch}-linux-gnu-gcc"));
    }
    build.compile("spile_rt_host");
}

fn freestanding(root: &Path, abi: &Path, out: &Path, (target, object, flags): &(&str, &str, &[&str])) {
    let clang = env::var("SPILE_CLANG").unwrap_or_else(|_| "clang-14".to_owned());
    let status = Command::new(&clang)
        .arg(format!("--target={target}"))
        .args(FREESTANDING_FLAGS)
        .args(*flags)
        .arg("-I")
        .arg(abi)
        .arg("-c")
        .arg(root.join("src/rt.c"))
        .arg("-o")
        .arg(out.join(object))
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{clang} failed to compile the runtime for {target}: {status}"),
        Err(error) => panic!(
            "the runtime of images is compiled by {clang}: {error}; install it (apt-get install clang-14), \
             or name another clang in SPILE_CLANG"
        ),
    }
}
