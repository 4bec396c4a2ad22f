// SPDX-License-Identifier: MIT OR Apache-2.0
//! The optimiser: what it does to programs, and that they mean the same after it.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use spile_ir::{Program, optimise, verify};

use crate::support::{begin, program, transcript};
use crate::text::everything;

/// What becomes of a begin probe's body.
#[track_caller]
fn becomes(items: &str, body: &str, expected: Expect) {
    let mut program = begin(items, body);
    let before = transcript(&program);
    optimise(&mut program);
    assert_eq!(transcript(&program), before);
    let text = program.to_string();
    let (_, function) = text.split_once("() {\n").expect("a function");
    expected.assert_eq(function);
}

#[test]
fn constants_are_folded_and_branches_decided() {
    becomes(
        "",
        "block0: v0: int = int 6 @0 v1: int = int 7 @0 v2: int = mul v0, v1 @0 v3: int = gt v2, v0 @0 branch v3, block1(v2), block2
        block1(v4: int): print fmt0 (v4) @0 jump block3 block2: print fmt0 (v0) @0 jump block3 block3: return",
        expect![[r#"
            block0:
                v0: int = int 42 @0
                print fmt0 (v0) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn faults_stay() {
    becomes(
        "",
        "block0: v0: int = int 0 @0 v1: int = int 5 @0 v2: int = div v1, v0 @1 return",
        expect![[r#"
            block0:
                v0: int = int 0 @0
                v1: int = int 5 @0
                v2: int = div v1, v0 @1
                return
            }
        "#]],
    );
}

#[test]
fn a_catch_block_that_nothing_reaches_goes() {
    becomes(
        "",
        "block0: v0: int = int 1 @0 jump block1 block1 catch block2: v1: int = div v0, v0 @0 print fmt0 (v1) @0 jump block3
        block2: v2: str = caught @0 print fmt1 (v2) @0 jump block3 block3: return",
        expect![[r#"
            block0:
                v0: int = int 1 @0
                print fmt0 (v0) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn variables_are_forwarded_and_dead_stores_go() {
    becomes(
        "",
        "local0 \"a\" int local1 \"b\" int block0: v0: int = arg 0 @0 local.set local0, v0 @0 v1: int = local.get local0 @0
        local.set local1, v1 @0 v2: int = local.get local1 @0 print fmt0 (v2) @0 return",
        expect![[r#"
                local0 "a" int
                local1 "b" int
            block0:
                v0: int = arg 0 @0
                print fmt0 (v0) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn a_store_that_a_catch_block_reads_stays() {
    becomes(
        "",
        "local0 \"a\" int block0: v0: int = int 5 @0 v1: int = int 0 @0 jump block1
        block1 catch block2: local.set local0, v0 @0 v2: int = div v0, v1 @0 local.set local0, v1 @0 jump block3
        block2: v3: str = caught @0 jump block3
        block3: v4: int = local.get local0 @0 print fmt0 (v4) @0 return",
        expect![[r#"
                local0 "a" int
            block0 catch block1:
                v0: int = int 5 @0
                v1: int = int 0 @0
                local.set local0, v0 @0 ; "a"
                v2: int = div v0, v1 @0
                jump block2(v1)
            block1:
                v3: str = caught @0
                v4: int = local.get local0 @0 ; "a"
                jump block2(v4)
            block2(v5: int):
                print fmt0 (v5) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn strings_compare_at_compile_time() {
    becomes(
        "str0 \"abc\" str1 \"abd\"",
        "block0: v0: str = str str0 @0 v1: str = str str1 @0 v2: int = str.lt v0, v1 @0 v3: int = builtin strlen (v0) @0
        v4: int = add v2, v3 @0 print fmt0 (v4) @0 release @0 return",
        expect![[r#"
            block0:
                v0: int = int 4 @0
                print fmt0 (v0) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn effects_stay_without_their_results() {
    becomes(
        "global0 \"n\" int 0 global1 \"m\" map (int) int capacity 0",
        "block0: v0: int = int 1 @0 v1: int = global.add global0, v0 @0 v2: int = map.add global1 [v0], v0 @0
        v3: int = global.get global0 @0 v4: int = map.get global1 [v0] @0 v5: int = builtin random (v0) @0 return",
        expect![[r#"
            block0:
                v0: int = int 1 @0
                v1: int = map.add global0 [v0], v0 @0 ; "m"
                return
            }
        "#]],
    );
}

#[test]
fn everything_survives() {
    let mut program = program(&everything());
    optimise(&mut program);
    assert_eq!(verify(&program), Ok(()));
}

/// A random body: integer locals and constants, a few operations in each block, forward and backward jumps that the budget
/// bounds.
fn body() -> impl Strategy<Value = String> {
    let op = (0usize..14, 0usize..4, 0usize..4, -2i64..3);
    let block = (prop::collection::vec(op, 0..6), 0usize..4, 0usize..6, 0usize..6, any::<bool>());
    prop::collection::vec(block, 1..6).prop_map(|blocks| {
        let mut text = String::from("local0 \"a\" int local1 \"b\" int local2 \"c\" int local3 \"s\" str\n");
        let n_blocks = blocks.len();
        let catch = n_blocks + 1;
        let mut next = 0;
        text += "block0: jump block1\n";
        for (number, (ops, cond, yes, no, tries)) in blocks.iter().enumerate() {
            text += &format!("block{}", number + 1);
            text += &if *tries { format!(" catch block{catch}: budget 1 @0\n") } else { ": budget 1 @0\n".to_owned() };
            let mut values: Vec<usize> = Vec::new();
            let mut define = |text: &mut String, op: String| {
                *text += &format!("v{next}: int = {op} @1\n");
                next += 1;
                next - 1
            };
            for local in 0..3 {
                values.push(define(&mut text, format!("local.get local{local}")));
            }
            values.push(define(&mut text, "int 0".into()));
            for (kind, a, b, constant) in ops {
                let (x, y) = (values[values.len() - 1 - a % 4], values[values.len() - 1 - b % 4]);
                let names = ["add", "sub", "mul", "div", "rem", "and", "lt", "eq", "shl"];
                match kind {
                    0..=8 => values.push(define(&mut text, format!("{} v{x}, v{y}", names[*kind]))),
                    9 => values.push(define(&mut text, format!("int {constant}"))),
                    10 => text += &format!("print fmt0 (v{x}) @0\n"),
                    11 => values.push(define(&mut text, format!("global.add global0, v{x}"))),
                    _ => text += &format!("local.set local{}, v{x} @0\n", b % 3),
                }
            }
            let goal = |block: usize| if block < n_blocks { block + 1 } else { n_blocks + 2 };
            text += &format!("branch v{}, block{}, block{}\n", values[values.len() - 1 - cond], goal(*yes), goal(*no));
        }
        text += &format!("block{catch}: v{next}: str = caught @0 print fmt1 (v{next}) @0 jump block{}\n", catch + 1);
        text += &format!("block{}: return", catch + 1);
        text
    })
}

fn optimised(program: &Program) -> Program {
    let mut program = program.clone();
    optimise(&mut program);
    program
}

proptest! {
    #[test]
    fn programs_mean_the_same(body in body()) {
        let program = begin("limits max_action_interruptible 20 global0 \"g\" int 1", &body);
        let optimised = optimised(&program);
        prop_assert_eq!(transcript(&optimised), transcript(&program));
        prop_assert_eq!(spile_ir::parse(&optimised.to_string()), Ok(optimised));
    }
}

/// Conditions that nothing calls stay, and those of wildcards become one.
#[test]
fn equal_conditions_become_one() {
    let mut program = program(
        "global0 \"on\" int 0
        probe \"a\" timer 1 0 handler func0 condition func1
        probe \"b\" timer 2 0 handler func0 condition func2
        func0 \"h\" () { block0: v0: int = int 1 @0 global.set global0, v0 @0 return }
        func1 \"a?\" () -> int { block0: v0: int = call func3 () @0 return v0 }
        func2 \"b?\" () -> int { block0: v0: int = global.get global0 @0 return v0 }
        func3 \"get\" () -> int { block0: v0: int = global.get global0 @0 return v0 }",
    );
    optimise(&mut program);
    let [a, b] = [0, 1].map(|probe: usize| program.probes[probe].condition);
    assert!(a.is_some() && a == b, "{program}");
    assert_eq!(program.functions.len(), 2, "{program}");
}
