// SPDX-License-Identifier: MIT OR Apache-2.0
//! Strings: what is borrowed stays what it was, what is made has its own place. Every program also
//! runs in the interpreter.

use spile_ir::{Event, Format, FormatValue, Interp, Memory, Program, Services, Space};

use crate::support::{begin, program, transcript};

struct Plain(Memory);

impl Services for Plain {
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8> {
        let args: Vec<spile_rt::Arg<'_>> = args
            .iter()
            .map(|arg| match arg {
                FormatValue::Int(int) => spile_rt::Arg::Int(*int),
                FormatValue::Str(text) => spile_rt::Arg::Str(text),
                FormatValue::Hist(_) => panic!("no histogram in these tests"),
            })
            .collect();
        spile_rt::format(&format.text, &args)
    }

    fn load(&mut self, _: Space, addr: u64, bytes: &mut [u8]) -> bool {
        self.0.load(addr, bytes)
    }

    fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        self.0.store(addr, bytes)
    }

    fn current_task(&mut self) -> u64 {
        0
    }

    fn cpu(&mut self) -> i64 {
        0
    }

    fn target_pid(&mut self) -> i64 {
        42
    }

    fn clock(&mut self, _: spile_ir::Clock, now_ns: u64) -> i64 {
        now_ns as i64
    }

    fn random(&mut self, _: u64) -> u64 {
        0
    }
}

/// What both engines show.
#[track_caller]
fn both(program: &Program, expected: &str) {
    let outcome = match Interp::new(program, &mut Plain(Memory::default())) {
        Ok(interp) => interp.run(),
        Err(errors) => panic!("{errors:#?}"),
    };
    let shown: String = outcome
        .events
        .iter()
        .map(|event| match event {
            Event::Print(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Event::Error(report) => format!("ERROR: {}\n", report.describe(program)),
            other => format!("{other:?}\n"),
        })
        .collect();
    assert_eq!(shown, expected, "interpreted");
    assert_eq!(transcript(program), expected, "compiled");
}

const TEXTS: &str = "str0 \"a\" str1 \"b\" str2 \"\" fmt2 \"%s %s %s\\n\" (str, str, str)";

#[test]
fn a_variable_read_before_it_changes_keeps_its_value() {
    let body = "local0 \"s\" str
        block0: v0: str = str str0 @0 local.set local0, v0 @0 release @0
        v1: str = local.get local0 @0 v2: str = str str1 @0 local.set local0, v2 @0 v3: str = local.get local0 @0
        v4: str = concat v1, v3 @0 print fmt2 (v1, v3, v4) @0 release @0 return";
    both(&begin(TEXTS, body), "a b ab\n");
}

#[test]
fn a_global_read_before_a_call_changes_it_keeps_its_value() {
    let text = format!(
        "{TEXTS} global0 \"g\" str \"old\"
        probe \"begin\" begin 0 handler func0
        func0 \"begin\" () {{
        block0: v0: str = global.get global0 @0 v1: str = call func1 (v0) @0 v2: str = global.get global0 @0
            print fmt2 (v0, v1, v2) @0 return
        }}
        func1 \"f\" (str) -> str {{
            local0 \"p\" str
        block0: v0: str = str str1 @0 global.set global0, v0 @0 v1: str = local.get local0 @0
            v2: str = concat v1, v0 @0 return v2
        }}"
    );
    both(&program(&text), "old oldb b\n");
}

#[test]
fn an_element_read_before_it_changes_keeps_its_value() {
    let items = format!("{TEXTS} global0 \"m\" map (str) str capacity 0");
    let body = "block0: v0: str = str str0 @0 v1: str = str str1 @0 map.set global0 [v0], v0 @0
        v2: str = map.get global0 [v0] @0 map.set global0 [v0], v1 @0 v3: str = map.get global0 [v0] @0
        v4: str = map.get global0 [v1] @0 print fmt2 (v2, v3, v4) @0
        v5: str = map.get global0 [v0] @0 map.delete global0 [v5] @0 map.set global0 [v0], v5 @0
        v6: str = map.get global0 [v0] @0 print fmt2 (v5, v6, v5) @0 return";
    both(&begin(&items, body), "a b \nb b b\n");
}

#[test]
fn parameters_may_be_changed_by_their_function() {
    let text = format!(
        "{TEXTS} probe \"begin\" begin 0 handler func0
        func0 \"begin\" () {{
            local0 \"s\" str
        block0: v0: str = str str0 @0 local.set local0, v0 @0 v1: str = local.get local0 @0
            v2: str = call func1 (v1, v1) @0 v3: str = local.get local0 @0 print fmt2 (v1, v2, v3) @0 return
        }}
        func1 \"f\" (str, str) -> str {{
            local0 \"p\" str local1 \"q\" str
        block0: v0: str = local.get local0 @0 v1: str = concat v0, v0 @0 local.set local0, v1 @0
            v2: str = local.get local0 @0 v3: str = local.get local1 @0 v4: str = concat v2, v3 @0 return v4
        }}"
    );
    both(&program(&text), "a aaa a\n");
}

#[test]
fn block_parameters_carry_strings_out_of_either_branch() {
    for (cond, expected) in [(0, "ba b b\n"), (1, "ab b b\n")] {
        let body = format!(
            "block0: v0: str = str str0 @0 v1: str = str str1 @0 v2: int = int {cond} @0 branch v2, block1, block2
            block1: v3: str = concat v0, v1 @0 jump block3(v3)
            block2: v4: str = concat v1, v0 @0 jump block3(v4)
            block3(v5: str): v6: str = concat v1, v7 @0 print fmt2 (v5, v6, v1) @0 return"
        );
        let body = body.replace("v6: str = concat v1, v7 @0", "v6: str = str str2 @0 v7: str = concat v1, v6 @0");
        let body = body.replace("(v5, v6, v1)", "(v5, v7, v1)");
        both(&begin(TEXTS, &body), expected);
    }
}

#[test]
fn values_alive_together_have_their_own_places() {
    let body = "block0: v0: str = str str0 @0 v1: str = str str1 @0
        v2: str = concat v0, v0 @0 v3: str = concat v1, v1 @0 v4: str = concat v2, v3 @0
        print fmt2 (v2, v3, v4) @0 release @0
        v5: str = str str0 @0 v6: str = concat v5, v5 @0 v7: str = concat v6, v6 @0 v8: str = concat v7, v6 @0
        print fmt2 (v6, v7, v8) @0 return";
    both(&begin(TEXTS, body), "aa bb aabb\naa aaaa aaaaaa\n");
}

#[test]
fn strings_survive_loops() {
    let body = "local0 \"s\" str local1 \"i\" int
        block0: jump block1
        block1: v0: int = local.get local1 @0 v1: int = int 4 @0 v2: int = lt v0, v1 @0 branch v2, block2, block3
        block2: v3: str = local.get local0 @0 v4: str = str str0 @0 v5: str = concat v3, v4 @0 local.set local0, v5 @0
            v6: int = int 1 @0 v7: int = add v0, v6 @0 local.set local1, v7 @0 release @0 jump block1
        block3: v8: str = local.get local0 @0 print fmt1 (v8) @0 return";
    both(&begin(TEXTS, body), "aaaa\n");
}

#[test]
fn recursion_with_strings() {
    // rev(n) = n > 0 ? rev(n - 1) . "a" : "b"
    let text = format!(
        "{TEXTS} limits max_nesting 20 probe \"begin\" begin 0 handler func0
        func0 \"begin\" () {{
        block0: v0: int = int 9 @0 v1: str = call func1 (v0) @0 print fmt1 (v1) @0 return
        }}
        func1 \"f\" (int) -> str {{
            local0 \"n\" int
        block0: v0: int = local.get local0 @0 branch v0, block1, block2
        block1: v1: int = int 1 @0 v2: int = sub v0, v1 @0 v3: str = call func1 (v2) @0 v4: str = str str0 @0
            v5: str = concat v3, v4 @0 return v5
        block2: v6: str = str str1 @0 return v6
        }}"
    );
    both(&program(&text), "baaaaaaaaa\n");
}

#[test]
fn sprint_formats_in_the_handler() {
    let items = format!("{TEXTS} fmt3 \"<%5d|%-4s|%x>\" (int, str, int)");
    let body = "block0: v0: int = int -3 @0 v1: str = str str0 @0 v2: int = int 255 @0
        v3: str = sprint fmt3 (v0, v1, v2) @0 print fmt1 (v3) @0 return";
    both(&begin(&items, body), "<   -3|a   |ff>\n");
}

#[test]
fn the_script_s_own_error_text_reaches_the_catch_block() {
    let text = format!(
        "{TEXTS} probe \"begin\" begin 0 handler func0
        func0 \"begin\" () {{
        block0 catch block1: v0: str = str str0 @0 call func1 (v0) @0 return
        block1: v1: str = caught @0 v2: str = str str1 @0 v3: str = concat v1, v2 @0 print fmt2 (v1, v2, v3) @0 return
        }}
        func1 \"f\" (str) {{
            local0 \"p\" str
        block0: v0: str = local.get local0 @0 v1: str = concat v0, v0 @0 builtin error (v1) @1 return
        }}"
    );
    both(&program(&text), "aa b aab\n");
}

#[test]
fn an_uncaught_error_text_survives_unwinding() {
    let body = "block0: v0: str = str str0 @0 v1: str = concat v0, v0 @0 builtin error (v1) @1 return";
    both(&begin(TEXTS, body), "ERROR: aa near operator '/' at a.stp:2:3 in probe begin\n");
}

#[test]
fn intrinsics_on_strings() {
    let items = "str0 \"hello\" str1 \"l\" str2 \"LL\" fmt2 \"%d %d %d %d\\n\" (int, int, int, int)";
    let body = "block0: v0: str = str str0 @0 v1: str = str str1 @0 v2: int = int 1 @0 v3: int = int 3 @0
        v4: int = builtin strlen (v0) @0 v5: int = builtin strpos (v0, v1) @0 v6: int = builtin isinstr (v0, v1) @0
        v7: int = builtin stringat (v0, v2) @0 print fmt2 (v4, v5, v6, v7) @0
        v8: str = builtin substr (v0, v2, v3) @0 print fmt1 (v8) @0
        v9: str = str str2 @0 v10: str = builtin str_replace (v0, v1, v9) @0 print fmt1 (v10) @0
        v11: int = int 0 @0 v12: str = builtin text_str (v10, v11, v2) @0 print fmt1 (v12) @0
        v13: str = builtin ctime (v11) @0 print fmt1 (v13) @0
        v14: str = builtin probe_point () @0 print fmt1 (v14) @0
        v15: int = builtin target_pid () @0 print fmt0 (v15) @0 return";
    both(&begin(items, body), "5 2 1 101\nell\nheLLLLo\n\"heLLLLo\"\nThu Jan  1 00:00:00 1970\nbegin\n42\n");
}
