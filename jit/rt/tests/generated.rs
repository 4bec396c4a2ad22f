// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! `src/raw.rs` is what `include/rt.h` gives now. `SPILE_BLESS=1 cargo nextest run -p spile-rt` renews it.

use std::path::PathBuf;

use bindgen::callbacks::{DeriveInfo, ParseCallbacks, TypeKind};

#[derive(Debug)]
struct Derives;

impl ParseCallbacks for Derives {
    fn add_derives(&self, info: &DeriveInfo<'_>) -> Vec<String> {
        let derives = ["PartialEq", "Eq", "zerocopy::FromBytes", "zerocopy::IntoBytes", "zerocopy::Immutable"];
        if info.kind == TypeKind::Struct { derives.map(String::from).to_vec() } else { vec![] }
    }
}

#[test]
fn raw_is_current() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let bindings = bindgen::builder()
        .header(root.join("include/rt.h").display().to_string())
        .clang_arg(format!("-I{}", root.join("../../abi/include").display()))
        .allowlist_type("rt_(ctx|session|global|lock|init_info|hist_arg|timing|value|kind|hist|lock_mode|field|sort_by|arg|step_kind|step)")
        .allowlist_item("RT_.*")
        .prepend_enum_name(false)
        .derive_default(true)
        .use_core()
        .generate_comments(false)
        .disable_header_comment()
        .parse_callbacks(Box::new(Derives))
        .rustfmt_configuration_file(Some(root.join("../../rustfmt.toml")))
        .generate()
        .expect("bindgen reads the header");
    let text = format!(
        "// SPDX-License-Identifier: GPL-2.0-only OR MIT\n// Generated from rt.h by jit/rt/tests/generated.rs; do not edit.\n\n{}",
        bindings.to_string().replace("#[allow(clippy::unnecessary_operation, clippy::identity_op)]\n", "")
    );
    let path = root.join("src/raw.rs");
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return;
    }
    assert!(std::env::var_os("SPILE_BLESS").is_some(), "src/raw.rs is stale; run with SPILE_BLESS=1 to renew it");
    std::fs::write(&path, text).expect("write src/raw.rs");
}
