// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files generated from `include/spile_abi.h` are those that it gives now.
//! `SPILE_BLESS=1 cargo nextest run -p spile-abi` renews them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bindgen::callbacks::{DeriveInfo, ParseCallbacks, TypeKind};

const LICENSE: &str = "SPDX-License-Identifier:";
const FROM: &str = "Generated from spile_abi.h by abi/tests/generated.rs; do not edit.";

#[test]
fn generated_files_are_current() {
    let header = read(&root().join("include/spile_abi.h"));
    let hash = fnv1a(normalised(&header).as_bytes());
    let raw = raw(&header, hash);
    let stale: Vec<PathBuf> = [
        ("src/raw.rs", raw.clone()),
        ("include/spile_abi_hash.h", hash_header(hash)),
        ("include/spile_abi_check.h", check_header(&raw)),
    ]
    .into_iter()
    .filter_map(|(path, text)| renew(&root().join(path), &text))
    .collect();
    assert!(stale.is_empty(), "stale: {stale:?}; run with SPILE_BLESS=1 to renew");
}

/// The C side asserts the same layout, in every environment that includes the header.
#[test]
fn c_asserts_the_layout() {
    for target in ["x86_64-unknown-none-elf", "aarch64-unknown-none-elf"] {
        let output = std::process::Command::new("clang-14")
            .args(["-std=c11", "-fsyntax-only", "-Wall", "-Wpadded", "-Werror", "-DSPILE_FREESTANDING", "-x", "c"])
            .args(["-target", target, "-I"])
            .arg(root().join("include"))
            .arg(root().join("include/spile_abi_check.h"))
            .output()
            .expect("clang-14 runs");
        assert!(output.status.success(), "{target}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn hash_ignores_comments_and_white_space() {
    assert_eq!(normalised("a /* x\n */ b\n\n\tc; // end\nd"), "a b c; d");
}

/// The path if the file differs from the text and is not to be renewed.
fn renew(path: &Path, text: &str) -> Option<PathBuf> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return None;
    }
    if std::env::var_os("SPILE_BLESS").is_none() {
        return Some(path.to_owned());
    }
    std::fs::write(path, text).expect("write the generated file");
    None
}

#[derive(Debug)]
struct Derives;

impl ParseCallbacks for Derives {
    fn add_derives(&self, info: &DeriveInfo<'_>) -> Vec<String> {
        if info.kind != TypeKind::Struct {
            return vec![];
        }
        [
            "PartialEq",
            "Eq",
            "zerocopy::FromBytes",
            "zerocopy::IntoBytes",
            "zerocopy::Immutable",
            "zerocopy::KnownLayout",
        ]
        .map(String::from)
        .to_vec()
    }
}

fn raw(header: &str, hash: u64) -> String {
    let bindings = bindgen::builder()
        .header(root().join("tests/wrapper.h").display().to_string())
        .clang_arg(format!("-I{}", root().join("include").display()))
        .allowlist_item("(SPILE|spile)_.*")
        .blocklist_item("SPILE_IOC_.*|SPILE_ABI_H")
        .prepend_enum_name(false)
        .derive_default(true)
        .use_core()
        .generate_comments(false)
        .disable_header_comment()
        .parse_callbacks(Box::new(Derives))
        .rustfmt_configuration_file(Some(root().join("../rustfmt.toml")))
        .generate()
        .expect("bindgen reads the header");
    let license = "MIT OR Apache-2.0";
    let mut text = format!("// {LICENSE} {license}\n// {FROM}\n\n");
    writeln!(text, "pub const SPILE_ABI_HASH: u64 = {hash:#018x};").expect("to a string");
    text += &imports(header);
    // The repository has no bare `allow`; lib.rs expects these lints for the whole module.
    text += &bindings.to_string().replace("#[allow(clippy::unnecessary_operation, clippy::identity_op)]\n", "");
    text
}

/// The import table as data: bindgen sees only the enumeration.
fn imports(header: &str) -> String {
    let mut text = String::from(
        "/// Names of the imports and how many arguments they take, in the order of `SPILE_IMPORT_*`.\n\
         pub const SPILE_IMPORT_TABLE: &[(&str, usize)] = &[\n",
    );
    for line in header.lines().filter_map(|line| line.trim().strip_prefix("X(")) {
        let Some((name, rest)) = line.split_once(',') else { continue };
        let Some((_, args)) = rest.split_once('(') else { continue };
        let args = args.split(')').next().unwrap_or_default();
        let n_args = if args == "void" { 0 } else { args.split(',').count() };
        writeln!(text, "    (\"{name}\", {n_args}),").expect("to a string");
    }
    text + "];\n"
}

fn hash_header(hash: u64) -> String {
    format!(
        "/* {LICENSE} (GPL-2.0-only OR MIT OR Apache-2.0) */\n/* {FROM} */\n\
         #ifndef SPILE_ABI_HASH_H\n#define SPILE_ABI_HASH_H\n\n\
         /* FNV-1a of spile_abi.h without comments and white space. */\n\
         #define SPILE_ABI_HASH {hash:#018x}ull\n\n#endif /* SPILE_ABI_HASH_H */\n"
    )
}

/// The layout that bindgen saw, as assertions for the C side.
fn check_header(raw: &str) -> String {
    let mut text = format!(
        "/* {LICENSE} (GPL-2.0-only OR MIT OR Apache-2.0) */\n/* {FROM} */\n\
         #ifndef SPILE_ABI_CHECK_H\n#define SPILE_ABI_CHECK_H\n\n#include \"spile_abi.h\"\n\n"
    );
    // Lines such as `["Size of spile_image"][::core::mem::size_of::<spile_image>() - 96usize];`
    for line in raw.lines().map(str::trim) {
        let number =
            |line: &str| line.rsplit_once(" - ").and_then(|(_, end)| end.strip_suffix("usize];").map(str::to_owned));
        let what = |line: &'_ str, start: &str| {
            line.strip_prefix(start).and_then(|rest| rest.split('"').next()).map(str::to_owned)
        };
        if let (Some(name), Some(bytes)) = (what(line, "[\"Size of "), number(line)) {
            writeln!(text, "_Static_assert(sizeof(struct {name}) == {bytes}, \"{name}\");").expect("to a string");
        }
        if let (Some(field), Some(bytes)) = (what(line, "[\"Offset of field: "), number(line)) {
            let (name, field) = field.split_once("::").expect("a structure's field");
            let field = field.trim_end_matches('_'); // bindgen's escape for `type`
            writeln!(
                text,
                "_Static_assert(__builtin_offsetof(struct {name}, {field}) == {bytes}, \"{name}.{field}\");"
            )
            .expect("to a string");
        }
    }
    text + "\n#endif /* SPILE_ABI_CHECK_H */\n"
}

/// Without comments, white space reduced to single blanks.
fn normalised(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("/*").into_iter().chain(rest.find("//")).min() {
        code.push_str(&rest[..at]);
        code.push(' ');
        let end = if rest[at..].starts_with("/*") { "*/" } else { "\n" };
        rest = rest[at..].split_once(end).map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
