// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loads, stores, strings in memory.

use spile_ir::Task;

use crate::support::{World, begin, run, run_in, show};

fn run_with_memory(items: &str, body: &str) -> String {
    let program = begin(items, body);
    let mut world = World::default();
    world.kernel.map(0x1000, b"\xfe\xff\xff\xff\xff\xff\xff\xffhello\0world".to_vec());
    world.user.map(0x1000, b"user\0".to_vec());
    show(&program, &run_in(&program, &mut world))
}

fn load(text: &str) -> String {
    run_with_memory("", &format!("block0: v0: int = int 4096 @0 v1: int = load.{text} @2 print fmt0 (v1) @0 return"))
}

#[test]
fn loads_extend() {
    assert_eq!(load("kernel v0, 1, unsigned"), "254\n");
    assert_eq!(load("kernel v0, 1, signed"), "-2\n");
    assert_eq!(load("kernel v0, 2, unsigned"), "65534\n");
    assert_eq!(load("kernel v0, 4, signed"), "-2\n");
    assert_eq!(load("kernel v0, 8, unsigned"), "-2\n");
    assert_eq!(load("user v0, 1, unsigned"), "117\n");
}

#[test]
fn a_bad_pointer_is_an_error() {
    assert_eq!(
        load("user v0, 8, unsigned"),
        "ERROR: read fault [man error::fault] at 0x0000000000001000 near identifier 'x' at a.stp:4:5 in probe begin\n"
    );
    assert_eq!(
        run("", "block0: v0: int = int -8 @0 store v0, 4, v0 @2 return"),
        "ERROR: write fault [man error::fault] at 0xfffffffffffffff8 near identifier 'x' at a.stp:4:5 in probe begin\n"
    );
}

#[test]
fn stores_change_what_is_loaded() {
    let body = "block0: v0: int = int 4096 @0 v1: int = int 258 @0 store v0, 1, v1 @0
        v2: int = load.kernel v0, 2, unsigned @0 print fmt0 (v2) @0 return";
    assert_eq!(run_with_memory("", body), "65282\n");
}

fn string(space: &str, addr: i64, length: i64) -> String {
    run_with_memory(
        "",
        &format!(
            "block0: v0: int = int {addr} @0 v1: int = int {length} @0 v2: str = builtin {space}_string (v0, v1) @2
            print fmt1 (v2) @0 return"
        ),
    )
}

#[test]
fn a_task_is_laid_out_as_in_a_process() {
    let program = begin(
        "",
        "block0: v0: int = builtin current_task () @0 v1: int = int 4 @0 v2: int = add v0, v1 @0
        v3: int = load.kernel v2, 4, signed @0 print fmt0 (v3) @0 v4: int = int 16 @0 v5: int = add v0, v4 @0
        v6: int = load.kernel v5, 8, unsigned @0 v7: int = load.kernel v6, 4, unsigned @0 print fmt0 (v7) @0
        v8: int = int 24 @0 v9: int = add v0, v8 @0 v10: str = builtin kernel_string (v9, v4) @0 print fmt1 (v10) @0 return",
    );
    let mut world = World::default();
    let task = Task { pid: 6, tgid: 5, uid: 1000, comm: "a-very-long-command".into(), ..Task::default() };
    world.kernel.map_task(0x1000, &task);
    assert_eq!(show(&program, &run_in(&program, &mut world)), "5\n1000\na-very-long-com\n");
}

#[test]
fn strings_end_at_their_nul_or_length() {
    assert_eq!(string("kernel", 0x1008, 512), "hello\n");
    assert_eq!(string("kernel", 0x1008, 4), "hell\n");
    assert_eq!(string("kernel", 0x1008, 0), "\n");
    assert_eq!(string("user", 0x1000, 512), "user\n");
}

#[test]
fn bytes_do_not_end_at_a_nul() {
    let program = begin(
        "",
        "block0: v0: int = int 4104 @0 v1: int = int 7 @0 v2: str = builtin kernel_bytes (v0, v1) @0
        v3: int = builtin strlen (v2) @0 print fmt0 (v3) @0 return",
    );
    let mut world = World::default();
    world.kernel.map(0x1008, b"hello\0!".to_vec());
    assert_eq!(show(&program, &run_in(&program, &mut world)), "7\n");
}

#[test]
fn string_faults() {
    assert_eq!(
        string("kernel", 0x10, 9),
        "ERROR: kernel string copy fault at 0x0000000000000010 [man error::fault] near identifier 'x' at a.stp:4:5 in \
        probe begin\n"
    );
    assert_eq!(
        string("user", 0x10, 9),
        "ERROR: user string copy fault -14 at 0x0000000000000010 [man error::fault] near identifier 'x' at a.stp:4:5 in \
        probe begin\n"
    );
}
