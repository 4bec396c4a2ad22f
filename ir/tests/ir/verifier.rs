// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each invariant of the verifier, broken.

use spile_ir::{BlockId, Op, StrId, Value};

use crate::support::{begin, problems, program};
use crate::text::everything;

/// Asserts what the verifier says of a begin probe's body.
#[track_caller]
fn wrong(items: &str, body: &str, messages: &[&str]) {
    let messages: Vec<String> = messages.iter().map(|message| format!("function \"begin\": {message}")).collect();
    assert_eq!(problems(&begin(items, body)), messages);
}

#[track_caller]
fn wrong_items(items: &str, messages: &[&str]) {
    assert_eq!(problems(&program(items)), messages);
}

#[test]
fn correct_programs_pass() {
    assert_eq!(problems(&program(&everything())), [""; 0]);
}

#[test]
fn tables() {
    wrong_items("limits max_string 1", &["max_string is 1: there is no room for a string"]);
    wrong_items("str0 \"a\\x00\"", &["string 0 has a NUL byte"]);
    wrong_items("loc3 file7 1 1 \"\"", &["location 3: no such file 7"]);
    wrong_items("loc3 file0 0 1 \"\"", &["location 3: lines and columns count from 1"]);
    wrong_items("global0 \"s\" str \"\\x00\"", &["global \"s\": initial value has a NUL byte"]);
    wrong_items("global0 \"m\" map () int capacity 0", &["global \"m\": an array needs a key"]);
    let hist = |spec: &str, message: &str| {
        wrong_items(&format!("global0 \"a\" stat {spec}"), &[&format!("global \"a\": {message}")]);
    };
    hist("variance 63", "the variance shift is at most 62");
    hist("hist_linear 0 10 0", "the step of a histogram must be positive");
    hist("hist_linear 10 9 1", "the range of a histogram is empty");
    hist("hist_linear 0 129 1", "a histogram has at most 128 buckets");
}

#[test]
fn probes() {
    wrong_items("probe \"p\" begin 0 handler func3", &["probe \"p\": function 3: no such function"]);
    wrong_items(
        "probe \"p\" begin 0 handler func0 @9 func0 \"f\" () { block0: return }",
        &["probe \"p\": there is no location 9"],
    );
    wrong_items(
        "probe \"p\" begin 0 handler func0 func0 \"f\" (int) { local0 \"x\" int block0: return }",
        &["probe \"p\": function 0: a handler has no parameters and no result"],
    );
    let empty = "func0 \"f\" () { block0: return }";
    wrong_items(
        &format!("probe \"p\" begin 0 handler func0 entry func0 {empty}"),
        &["probe \"p\": only return probes have an entry handler"],
    );
    wrong_items(
        &format!("probe \"p\" return \"x\" 0 handler func0 words 1 {empty}"),
        &["probe \"p\": entry words without an entry handler"],
    );
    wrong_items(
        &format!("probe \"p\" return \"x\" 0 handler func0 entry func0 words 33 {empty}"),
        &["probe \"p\": at most 32 entry words"],
    );
}

#[test]
fn structure() {
    wrong("", "", &["a function needs a block"]);
    wrong("", "block0(v0: int): return", &["block0: the entry block has parameters"]);
    wrong("", "block0: jump block0", &["block0, instruction 0: jumps to the entry block"]);
    wrong("", "block0: jump block9", &["block0, instruction 0: no such block9"]);
    wrong("", "block0 catch block9: return", &["block0: no such block9"]);
    wrong(
        "",
        "block0: v0: int = int 1 @0 branch v0, block1(v0), block1 block1: return",
        &["block0, instruction 1: block1 takes 0 values, not 1"],
    );
    wrong(
        "",
        "block0: v0: str = str str0 @0 jump block1(v0) block1(v1: int): return",
        &["block0, instruction 1: block argument: v0 is not an integer", "block0, instruction 0: no such string 0"],
    );
}

#[test]
fn catch_blocks() {
    wrong("", "block0 catch block1: return block1: return", &["block0: catch block1 does not begin with caught"]);
    wrong(
        "",
        "block0 catch block1: return block1(v0: int): v1: str = caught @0 return",
        &["block0: catch block1 has parameters"],
    );
    wrong("", "block0: v0: str = caught @0 return", &["block0: caught in the entry block"]);
    wrong(
        "",
        "block0 catch block1: return block1: v0: str = caught @0 v1: str = caught @0 return",
        &["block1, instruction 1: caught is not the first of its block"],
    );
    wrong(
        "",
        "block0 catch block1: jump block1 block1: v0: str = caught @0 return",
        &["block0, instruction 0: jumps to the catch block1"],
    );
}

#[test]
fn parameters_are_the_first_locals() {
    wrong_items(
        "func0 \"f\" (int) { local0 \"a\" str block0: return }",
        &["function \"f\": the first locals are not the parameters"],
    );
}

#[test]
fn values_are_defined_once_and_exist() {
    let mut program = begin("", "block0: v0: int = int 1 @0 v1: int = int 2 @0 return");
    program.functions[0].blocks[0].insts[1].result = Some(Value(0));
    program.functions[0].blocks[0].insts[0].op = Op::Concat(Value(7), Value(0));
    assert_eq!(
        problems(&program),
        [
            "function \"begin\": block0, instruction 0: no such value v7",
            "function \"begin\": block0, instruction 1: v0 is defined twice",
        ]
    );
    program.functions[0].blocks[0].params = vec![Value(9)];
    program.functions[0].blocks[0].catch = Some(BlockId(3));
    assert_eq!(problems(&program).len(), 4);
}

#[test]
fn definitions_reach_their_uses() {
    wrong(
        "",
        "block0: print fmt0 (v0) @0 v0: int = int 1 @0 return",
        &["block0, instruction 0: v0 is not defined on every path to its use"],
    );
    wrong(
        "",
        "block0: v0: int = int 1 @0 branch v0, block1, block2 block1: v1: int = int 2 @0 jump block2
        block2: print fmt0 (v1) @0 return",
        &["block2, instruction 0: v1 is not defined on every path to its use"],
    );
    // Defined before the failure, or after it.
    let try_block = |print: &str| {
        format!(
            "block0: v0: int = int 1 @0 jump block1
            block1 catch block2: v1: int = int 2 @0 v2: int = div v0, v1 @0 v3: int = int 3 @0 v4: int = rem v0, v1 @0 return
            block2: v5: str = caught @0 print fmt0 ({print}) @0 return"
        )
    };
    assert_eq!(problems(&begin("", &try_block("v1"))), [""; 0]);
    for late in ["v2", "v3"] {
        let message = format!("block2, instruction 1: {late} is not defined on every path to its use");
        wrong("", &try_block(late), &[&message]);
    }
}

#[test]
fn strings_die_at_their_release() {
    let dead = "is used after its release";
    let items = "str0 \"a\"";
    wrong(
        items,
        "block0: v0: str = str str0 @0 release @0 print fmt1 (v0) @0 return",
        &[&format!("block0, instruction 2: v0, a string, {dead}")],
    );
    // Around a loop, through one arm only.
    wrong(
        items,
        "block0: v0: str = str str0 @0 jump block1
        block1: print fmt1 (v0) @0 v1: int = int 0 @0 branch v1, block2, block1
        block2: release @0 jump block1",
        &[&format!("block1, instruction 0: v0, a string, {dead}")],
    );
    // Into a catch block.
    wrong(
        items,
        "block0 catch block1: v0: str = str str0 @0 budget 1 @0 release @0 budget 1 @0 return
        block1: v1: str = caught @0 print fmt1 (v0) @0 return",
        &[&format!("block1, instruction 1: v0, a string, {dead}")],
    );
    wrong(
        items,
        "block0: v0: str = str str0 @0 jump block1
        block1 catch block2: budget 1 @0 release @0 budget 1 @0 return
        block2: v1: str = caught @0 print fmt1 (v0) @0 return",
        &[&format!("block2, instruction 1: v0, a string, {dead}")],
    );
    // Integers live on; so does a string that is made again in each round.
    let fine = "block0: v0: int = int 1 @0 jump block1
        block1: v1: str = str str0 @0 print fmt1 (v1) @0 release @0 branch v0, block1, block2 block2: print fmt0 (v0) @0 return";
    assert_eq!(problems(&begin(items, fine)), [""; 0]);
}

#[test]
fn operand_types() {
    let items = "str0 \"a\" global0 \"m\" map (int) str capacity 0";
    let op = |op: &str, message: &str| {
        let body = format!("block0: v0: int = int 1 @0 v1: str = str str0 @0 {op} return");
        wrong(items, &body, &[&format!("block0, instruction 2: {message}")]);
    };
    op("v2: int = add v0, v1 @0", "operand: v1 is not an integer");
    op("v2: str = concat v0, v1 @0", "operand: v0 is not a string");
    op("v2: str = add v0, v0 @0", "result: v2 is not an integer");
    op("add v0, v0 @0", "the result is missing");
    op("v2: int = release @0", "v2 is the result of an operation that has none");
    op("branch v1, block1, block1 block1:", "condition: v1 is not an integer");
    op("map.set global0 [v1], v1 @0", "key: v1 is not an integer");
    op("map.set global0 [v0], v0 @0", "assigned value: v0 is not a string");
    op("map.set global0 [v0, v0], v1 @0", "global 0 takes 1 keys, not 2");
    op("v2: int = map.add global0 [v0], v0 @0", "elements of global 0 are no integers");
    op("v2: int = load.kernel v0, 3, signed @0", "an access has 1, 2, 4 or 8 bytes, not 3");
    op("v2: int = load.kernel v1, 4, signed @0", "address: v1 is not an integer");
    op("print fmt0 (v1) @0", "the format takes [Int], not [Str]");
    op("print fmt9 (v1) @0", "no such format 9");
    op("v2: int = iter.first global0 [_], value ascending, v1 @0", "limit: v1 is not an integer");
    op("v2: int = builtin strlen (v0) @0", "argument: v0 is not a string");
    op("v2: int = builtin strlen () @0", "\"strlen\" takes 1 arguments, not 0");
    op("local.set local3, v0 @0", "no such local 3");
    op("print fmt0 (v0) @9", "no such location 9");
    op("return v0 block1:", "returns a value, but the function has no result");
    op("call func9 () @0", "no such function 9");
    op("call func0 () @0", "calls the handler \"begin\"");
}

#[test]
fn kinds_of_globals() {
    let items = "global0 \"n\" int 0 global1 \"a\" stat global2 \"m\" map (int) stat hist_log capacity 0
        global3 \"i\" map (int) int capacity 0 global4 \"s\" str \"\"
        global5 \"c\" stat no_sum no_extremes fmt2 \"%H\" (hist)";
    let op = |op: &str, message: &str| {
        let body = format!("block0: v0: int = int 1 @0 {op} return");
        wrong(items, &body, &[&format!("block0, instruction 1: {message}")]);
    };
    op("global.set global1, v0 @0", "global 1 is no scalar");
    op("global.set global9, v0 @0", "no such global 9");
    op("v1: int = global.add global4, v0 @0", "global 4 is no integer");
    op("map.delete global0 [v0] @0", "global 0 is no array");
    op("map.set global2 [v0], v0 @0", "elements of global 2 are aggregates");
    op("stat.add global0 [], v0 @0", "global 0 holds no aggregates");
    op("stat.add global1 [v0], v0 @0", "global 1 is no array");
    op("stat.add global2 [], v0 @0", "global 2 takes 1 keys, not 0");
    op("stat.add global3 [v0], v0 @0", "global 3 holds no aggregates");
    op("v1: int = stat.read global1 [], variance @0", "global 1 keeps no variance");
    op("v1: int = stat.read global5 [], avg @0", "global 5 keeps no avg");
    op("v1: int = stat.read global5 [], max @0", "global 5 keeps no max");
    op("v1: int = hist.bucket global1 [], v0 @0", "global 1 keeps no histogram");
    op("print fmt2 (hist global1 []) @0", "global 1 keeps no histogram");
    op("v1: int = iter.first global3 [_], key 1 ascending @0", "no such key 1");
    op("v1: int = iter.first global2 [_], value ascending @0", "elements of global 2 are aggregates");
    op("v1: int = iter.first global3 [_], count ascending @0", "global 3 holds no aggregates");
    op("v1: int = iter.stat global3, v0, sum @0", "global 3 holds no aggregates");
}

#[test]
fn keys_of_cursors() {
    wrong(
        "global0 \"m\" map (int) int capacity 0",
        "block0: v0: int = int 1 @0 iter.key global0, v0, 1 @0 return",
        &["block0, instruction 1: no such key 1"],
    );
}

#[test]
fn calls_and_returns() {
    let text = "func0 \"f\" (int) -> str { local0 \"a\" int block0: v0: int = int 1 @0 v1: str = call func0 (v0, v0) @0 return }
        func1 \"g\" () -> str { block0: v0: int = int 1 @0 return v0 }";
    wrong_items(
        text,
        &[
            "function \"f\": block0, instruction 2: returns no value, but the function has a result",
            "function \"f\": block0, instruction 1: \"f\" takes 1 arguments, not 2",
            "function \"g\": block0, instruction 1: returned value: v0 is not a string",
        ],
    );
}

#[test]
fn conditions() {
    let text = "global0 \"on\" int 0
        probe \"a\" timer 1 0 handler func0 condition func1
        probe \"b\" timer 1 0 handler func0 condition func2
        probe \"c\" timer 1 0 handler func0 condition func0
        probe \"d\" timer 1 0 handler func0 condition func9
        func0 \"h\" () { block0: return }
        func1 \"on?\" () -> int { block0: v0: int = global.get global0 @0 return v0 }
        func2 \"of\" (int) -> int { local0 \"x\" int block0: v0: int = local.get local0 @0 return v0 }";
    let wrong = |probe: &str| format!("probe \"{probe}\": a condition is a function without parameters to an integer");
    let wrong = ["b", "c", "d"].map(wrong);
    wrong_items(text, &wrong.each_ref().map(String::as_str));
}

#[test]
fn entry_words() {
    let text = "probe \"r\" return \"x\" 0 handler func0 entry func1 words 1
        func0 \"r\" () { block0: v0: int = entry.get 1 @0 entry.set 0, v0 @0 return }
        func1 \"e\" () { block0: v0: int = int 1 @0 entry.set 0, v0 @0 entry.set 1, v0 @0 v1: int = entry.get 0 @0 return }";
    wrong_items(
        text,
        &[
            "function \"r\": block0, instruction 0: cannot load entry word 1 here",
            "function \"r\": block0, instruction 1: cannot store entry word 0 here",
            "function \"e\": block0, instruction 2: cannot store entry word 1 here",
            "function \"e\": block0, instruction 3: cannot load entry word 0 here",
        ],
    );
}

#[test]
fn entry_words_are_loaded_where_only_return_handlers_call() {
    let text = "probe \"r\" return \"x\" 0 handler func0 entry func1 words 1
        probe \"b\" begin 0 handler func3
        func0 \"r\" () { block0: v0: int = call func2 () @0 v1: int = call func4 () @0 return }
        func1 \"e\" () { block0: v0: int = int 1 @0 entry.set 0, v0 @0 return }
        func2 \"good\" () -> int { block0: v0: int = entry.get 0 @0 return v0 }
        func3 \"b\" () { block0: v0: int = call func4 () @0 return }
        func4 \"bad\" () -> int { block0: v0: int = entry.get 0 @0 return v0 }";
    wrong_items(text, &["function \"bad\": block0, instruction 0: cannot load entry word 0 here"]);
}

#[test]
fn constants_exist() {
    let mut program = begin("", "block0: v0: int = int 1 @0 return");
    program.functions[0].values[0] = spile_ir::Type::Str;
    program.functions[0].blocks[0].insts[0].op = Op::Str(StrId(4));
    assert_eq!(problems(&program), ["function \"begin\": block0, instruction 0: no such string 4"]);
}
