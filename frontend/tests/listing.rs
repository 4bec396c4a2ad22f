// SPDX-License-Identifier: MIT OR Apache-2.0
//! What there is to probe and to call.

use spile_frontend::analyse::{ListedPoint, POINT_TYPES};
use spile_frontend::compile::{conditions, parse};
use spile_frontend::mock::MockTarget;
use spile_frontend::{Options, Source, TapsetLibrary};

const ALIASES: &str = r#"
probe file.read = kernel.function("vfs_read") { size = $count name = "read" }
probe file.write = kernel.function("vfs_write") { size = $count }
probe file._hidden = kernel.function("kfree") { }
probe both = file.read.return, file.write.return { ret = $return }
function _inner() { return 1 }
function half(x) { return x / 2 }
function greet(who) { println("hello, " . who) }
"#;

/// Points that a pattern stands for, beside those aliases.
fn points(pattern: &str) -> Vec<ListedPoint> {
    let mut library = TapsetLibrary::new();
    library.add("aliases.stp", ALIASES);
    let (target, options) = (MockTarget::new(), Options::default());
    let conditions = conditions(&target, &options, &|_| None);
    let source = Source { name: "<input>".into(), text: format!("probe {pattern} {{}}").into() };
    let sources = [source];
    let parsed = parse(&sources, &library, &conditions, &options).expect("the pattern parses");
    parsed.list_points(&options, &target, true)
}

fn names(pattern: &str) -> Vec<String> {
    points(pattern).into_iter().map(|point| point.name).collect()
}

/// `NAME:TYPE`, in order.
fn variables(pattern: &str) -> Vec<String> {
    let points = points(pattern);
    let [point] = &points[..] else { panic!("{pattern} is not one point: {points:?}") };
    point.variables.iter().map(|variable| format!("{}:{}", variable.name, variable.ty)).collect()
}

#[test]
fn patterns_are_expanded() {
    assert_eq!(
        names(r#"kernel.function("vfs_*")"#),
        ["kernel.function(\"vfs_read@fs/read_write.c:450\")", "kernel.function(\"vfs_write@fs/read_write.c:451\")"]
    );
    assert_eq!(
        names(r#"kernel.trace("sched_*")"#),
        ["kernel.trace(\"sched:sched_switch\")", "kernel.trace(\"sched:sched_wakeup\")"]
    );
    assert_eq!(names("timer.s(1), begin"), ["begin", "timer.s(1)"]);
}

#[test]
fn aliases_are_listed_under_their_own_names() {
    assert_eq!(names("file.*"), ["file._hidden", "file.read", "file.write"]);
    assert_eq!(names("file.read.return"), ["file.read.return"]);
    assert_eq!(names("both"), ["both"], "once, whatever it stands for");
}

#[test]
fn what_is_not_there_is_not_listed() {
    assert_eq!(names(r#"kernel.function("no_such")"#), [""; 0]);
    assert_eq!(names("nonsense.at.all"), [""; 0]);
    assert_eq!(names(r#"kernel.function("no_such"), begin"#), ["begin"]);
}

#[test]
fn variables_have_their_types() {
    assert_eq!(
        variables(r#"kernel.function("vfs_read")"#),
        ["$file:struct file*", "$buf:char*", "$count:unsigned long", "$pos:long*"]
    );
    assert_eq!(variables(r#"kernel.function("vfs_read").return"#)[..2], ["$return:long", "$file:struct file*"]);
    assert_eq!(variables("file.read")[..3], ["size:long", "name:string", "$file:struct file*"]);
    assert_eq!(variables("both")[..3], ["size:long", "name:string", "ret:long"]);
    assert_eq!(variables("begin"), [""; 0]);
}

/// A listing of the library and of these aliases.
fn library(list: impl Fn(spile_frontend::ParsedScript<'_>, &Options, &MockTarget) -> Vec<String>) -> Vec<String> {
    let mut library = TapsetLibrary::builtin();
    library.add("aliases.stp", ALIASES);
    let (target, options) = (MockTarget::new(), Options::default());
    let conditions = conditions(&target, &options, &|_| None);
    list(parse(&[], &library, &conditions, &options).expect("nothing parses"), &options, &target)
}

#[test]
fn functions_are_listed_with_inferred_types() {
    let all = library(|parsed, options, target| parsed.list_functions(options, target));
    assert!(all.contains(&"half:long (x:long)".to_owned()), "{all:#?}");
    assert!(all.contains(&"greet:unknown (who:string)".to_owned()));
    assert!(all.iter().any(|signature| signature.starts_with("execname:string (")));
    assert!(!all.iter().any(|signature| signature.starts_with('_')));
}

#[test]
fn aliases_are_listed_with_their_points() {
    let all = library(|parsed, _, _| parsed.list_aliases());
    assert!(all.contains(&r#"file.read = kernel.function("vfs_read")"#.to_owned()), "{all:#?}");
    assert!(all.contains(&"both = file.read.return, file.write.return".to_owned()));
}

#[test]
fn each_form_of_a_point_is_one_that_the_compiler_takes() {
    for form in POINT_TYPES {
        let function = match form {
            _ if form.starts_with("kernel.trace") => "sched_switch",
            _ if form.contains("module") => "ext4_open",
            _ => "vfs_read",
        };
        // The made-up kernel exports no function of a module.
        let function = if form.ends_with(".exported") { "vfs_read" } else { function };
        let point =
            form.replace("module(string)", "module(\"ext4\")").replace("(string)", &format!("(\"{function}\")"));
        let point = point
            .replace("function(number)", "function(0xffffffff81000000)")
            .replace("statement(number)", "statement(0xffffffff81000000)");
        let point = point.replace("(number)", "(1)");
        let source = Source { name: "<input>".into(), text: format!("probe {point} {{}}").into() };
        let options = Options { guru: true, ..Options::default() };
        if let Err(failed) = spile_frontend::compile(&[source], &TapsetLibrary::new(), &options, &MockTarget::new()) {
            panic!("{}", failed.diagnostics.render(&failed.sources, false));
        }
    }
}
