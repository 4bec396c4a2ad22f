// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is loaded where it is used has the value that it had where the script asked.
#![cfg(target_arch = "x86_64")]

use spile_abi::{SPILE_NAME_BYTES, SPILE_PRINT_NAME, spile_ctx, spile_user_cred, spile_user_task};

use crate::hits::{Loaded, record};

/// The arguments of the last record of a handler, or what it leaves in the first global.
fn hit(body: &str, number: i64) -> ([u64; 8], i64) {
    let text = format!(
        "fmt2 \"%s %d %d\" (str, int, int) fmt3 \"%d\" (int) global0 \"g\" int {number}
        probe \"f\" function \"f\" handler func0 func0 \"f\" () {{ block0: {TASK} {body} }}"
    );
    let cred = spile_user_cred { uid: 1000, ..Default::default() };
    let mut task = spile_user_task { pid: 7, tgid: -2, real_parent: 70, ..Default::default() };
    task.cred = &raw const cred as u64;
    task.comm[..4].copy_from_slice(b"name");
    let mut loaded = Loaded::new(&text);
    record();
    let mut ctx = spile_ctx { task: &raw mut task as u64, ..Default::default() };
    loaded.call(loaded.probes[0].handler, &mut ctx);
    (*record()[3..].first_chunk().expect("it is longer"), loaded.global())
}

const TASK: &str = "v0: int = builtin current_task () @0 v1: int = int 8 @0 v2: int = add v0, v1 @0";

#[test]
fn a_record_has_them_all() {
    let body = "v3: int = int 24 @0 v4: int = add v0, v3 @0 v5: int = int 16 @0
        v6: str = builtin kernel_string (v4, v5) @0 v7: int = load.kernel v0, 4, signed @0
        v8: int = add v0, v5 @0 v9: int = load.kernel v8, 8, unsigned @0 v10: int = load.kernel v9, 4, unsigned @0
        print fmt2 (v6, v7, v10) @0 return";
    let name = u64::from_le_bytes(*b"name\0\0\0\0");
    assert_eq!(SPILE_NAME_BYTES, 16);
    assert_eq!(hit(body, 0).0[..5], [u64::from(SPILE_PRINT_NAME), name, 0, 7, 1000]);
}

#[test]
fn what_is_written_in_between_is_not_seen() {
    let loaded = "v3: int = load.kernel v2, 8, unsigned @0 v4: int = int 71 @0";
    let print = "print fmt3 (v3) @0 return";
    assert_eq!(hit(&format!("{loaded} {print}"), 0).0[0], 70);
    let written = "store v2, 8, v4 @0";
    assert_eq!(hit(&format!("{loaded} {written} {print}"), 0).0[0], 70);
}

/// A load in one branch is none for the other, nor behind both.
#[test]
fn each_way_loads_its_own() {
    let body = "v3: int = load.kernel v0, 4, signed @0 v4: int = global.get global0 @0 branch v4, block1, block2
        block1: v5: int = add v3, v4 @0 global.set global0, v5 @0 jump block3
        block2: print fmt3 (v3) @0 jump block3
        block3: v6: int = global.get global0 @0 v7: int = mul v6, v3 @0 global.set global0, v7 @0 return";
    assert_eq!(hit(body, 3).1, (7 + 3) * 7);
    let (args, global) = hit(body, 0);
    assert_eq!((args[0], global), (7, 0));
}
