// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with the meaning of a script: names, types, uses. Codes `E03xx`, warnings `W03xx`.

use crate::ast::BinaryOp;
use crate::diag::Diagnostic;
use crate::span::{SourceMap, Span};
use crate::types::{Decided, Type};

fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, span, message)
}

fn with_similar(diagnostic: Diagnostic, similar: Option<String>) -> Diagnostic {
    match similar {
        Some(name) => diagnostic.hint(format!("did you mean '{name}'?")),
        None => diagnostic,
    }
}

/// A value of one type where another is needed.
pub fn type_mismatch(span: Span, expected: Type, found: Decided) -> Diagnostic {
    let base = error("E0301", span, format!("type mismatch: expected {expected} but found {}", found.ty))
        .label(format!("used as {} here", expected.noun()));
    if found.span == span { base } else { base.also(found.span, format!("this makes it {}", found.ty.noun())) }
}

/// Two things that must be of one type and are not.
pub fn types_differ(span: Span, left: Decided, right: Decided) -> Diagnostic {
    let mut base = error("E0301", span, format!("type mismatch: expected {} but found {}", left.ty, right.ty))
        .label(format!("this is {}", right.ty.noun()));
    for decided in [left, right] {
        if decided.span == span {
            base = base.label(format!("this is {}", decided.ty.noun()));
        } else {
            base = base.also(decided.span, format!("this makes it {}", decided.ty.noun()));
        }
    }
    base
}

/// A call of a function that nobody defines.
pub fn unresolved_function(span: Span, name: &str, similar: Option<String>) -> Diagnostic {
    with_similar(error("E0302", span, format!("unresolved function '{name}'")).label("no such function"), similar)
}

/// A call with a number of arguments that no overload takes.
pub fn incorrect_arguments(
    span: Span,
    name: &str,
    given: usize,
    arities: &[usize],
    defined: Option<Span>,
) -> Diagnostic {
    let takes: Vec<_> = arities.iter().map(usize::to_string).collect();
    let mut base =
        error("E0303", span, format!("incorrect number of arguments: '{name}' takes {}", takes.join(" or ")))
            .label(format!("{given} given"));
    if let Some(defined) = defined {
        base = base.also(defined, "defined here");
    }
    base
}

/// Use of an array that is no global.
pub fn unresolved_array(
    span: Span,
    name: &str,
    arity: usize,
    similar: Option<String>,
    local: Option<Span>,
    private: Option<String>,
) -> Diagnostic {
    let message = format!("unresolved arity-{arity} global array '{name}', missing global declaration?");
    let hint = match (similar, private) {
        (_, Some(file)) => format!("'{name}' is private to {file}"),
        (Some(similar), None) => format!("did you mean '{similar}'?"),
        (None, None) => format!("arrays are global: add `global {name}` outside of the probes"),
    };
    let error = error("E0304", span, message).hint(hint);
    match local {
        Some(local) if local != span => error.also(local, "a local variable, and no array"),
        _ => error,
    }
}

/// Use of statistics that are no global.
pub fn local_statistics(span: Span, name: &str) -> Diagnostic {
    error("E0305", span, format!("statistics '{name}' must be global, missing global declaration?"))
        .hint(format!("add `global {name}` outside of the probes"))
}

/// A global used with different numbers of keys.
pub fn inconsistent_arity(
    span: Span,
    name: &str,
    (now, before): (usize, usize),
    first: Span,
    initialised: bool,
) -> Diagnostic {
    let because = if initialised { "initialised here, and so a scalar".to_owned() } else { shape(before) };
    error("E0306", span, format!("inconsistent arity of '{name}' ({now} vs {before})"))
        .label(shape(now))
        .also(first, because)
}

fn shape(keys: usize) -> String {
    match keys {
        0 => "used as a scalar".into(),
        1 => "used as an array with 1 key".into(),
        n => format!("used as an array with {n} keys"),
    }
}

/// Two globals of one name.
pub fn duplicate_global(span: Span, name: &str, first: Span) -> Diagnostic {
    error("E0307", span, format!("duplicate global variable '{name}'")).also(first, "first declared here")
}

/// `%` on a scalar.
pub fn wrap_on_scalar(span: Span, name: &str, used: Span) -> Diagnostic {
    error("E0308", span, format!("wrapping not supported for scalar '{name}'"))
        .also(used, "used as a scalar")
        .hint("only an array can drop its oldest element; leave out the `%`")
}

/// `[N]` on a scalar.
pub fn size_on_scalar(span: Span, name: &str, used: Span) -> Diagnostic {
    error("E0355", span, format!("array size given for scalar '{name}'"))
        .also(used, "used as a scalar")
        .hint("leave out the size")
}

/// A linear histogram of too many buckets.
pub fn too_many_buckets(span: Span, name: &str) -> Diagnostic {
    error("E0356", span, format!("too many buckets in the histogram of '{name}'"))
        .hint("at most 128 buckets: choose a larger step or a narrower range")
}

/// Writing to the traced system without guru mode.
pub fn write_needs_guru(span: Span) -> Diagnostic {
    error("E0310", span, "write to target variable not permitted; need stap -g")
        .hint("guru mode (-g) allows scripts to change the traced system")
}

/// Changing an array in its own `foreach`.
pub fn modified_in_foreach(span: Span, name: &str) -> Diagnostic {
    error("E0311", span, format!("variable '{name}' modified during 'foreach' iteration"))
        .hint("note the keys in another array, and change this one after the loop")
}

/// `foreach` over something that is no array.
pub fn foreach_value_of_stats(span: Span, name: &str) -> Diagnostic {
    error("E0312", span, format!("the elements of '{name}' are statistics, which have no single value"))
        .hint("use @count, @sum and the like on the element")
}

/// A statement outside of what it belongs to.
pub fn misplaced(span: Span, what: &str, place: &str) -> Diagnostic {
    error("E0313", span, format!("'{what}' is only possible in {place}"))
}

/// Statistics where a value is needed.
pub fn statistics_as_value(span: Span) -> Diagnostic {
    error("E0314", span, "statistics have no single value")
        .hint("use an extractor: @count, @sum, @min, @max, @avg, @variance, @hist_log or @hist_linear")
}

/// An extractor on something that is not statistics.
pub fn not_statistics(span: Span) -> Diagnostic {
    error("E0315", span, "expected a statistics variable or array element").label("not what `<<<` gathers values in")
}

/// Two different histograms of one aggregate.
pub fn conflicting_histograms(span: Span, name: &str, first: Span) -> Diagnostic {
    error("E0316", span, format!("conflicting histogram parameters for '{name}'"))
        .also(first, "another histogram of it")
        .hint("one aggregate keeps one histogram: use the same @hist operator with the same parameters everywhere")
}

/// Two different `@variance` shifts of one aggregate.
pub fn conflicting_variance(span: Span, name: &str, first: Span) -> Diagnostic {
    error("E0317", span, format!("conflicting @variance bit shifts for '{name}'"))
        .also(first, "another shift of it")
        .hint("the shift belongs to the aggregate: use the same one everywhere")
}

/// A histogram where there can be none.
pub fn histogram_as_value(span: Span) -> Diagnostic {
    error("E0318", span, "a histogram can only be printed, indexed or iterated")
        .hint("print(@hist_log(x)), @hist_log(x)[n] or foreach (n in @hist_log(x))")
}

/// A context variable in a probe that has none.
pub fn no_context(span: Span, name: &str, point: &str) -> Diagnostic {
    error("E0321", span, format!("'{name}' is not available in {point} probes"))
        .hint("target variables exist in kernel.function, kernel.function.return and kernel.trace probes")
}

/// A function without type information.
pub fn no_prototype(span: Span, name: &str, symbol: &str) -> Diagnostic {
    error("E0323", span, format!("unable to find local '{name}': no type information on function '{symbol}'"))
}

/// A context variable that the function does not have.
pub fn no_such_variable(span: Span, name: &str, place: &str, known: &[&str], similar: Option<String>) -> Diagnostic {
    let alternatives = if known.is_empty() {
        String::new()
    } else {
        let known: Vec<_> = known.iter().map(|name| format!("${name}")).collect();
        format!(" (alternatives: {})", known.join(" "))
    };
    with_similar(
        error("E0324", span, format!("unable to find local '{name}' in {place}{alternatives}")),
        similar.map(|name| format!("${name}")),
    )
}

/// A parameter or result that no register says anything of.
pub fn not_in_register(span: Span, name: &str) -> Diagnostic {
    error("E0325", span, format!("'{name}' cannot be found: it is in no general register and not on the stack"))
}

/// A structure without the member.
pub fn no_such_member(span: Span, member: &str, ty: &str, known: &[String], similar: Option<String>) -> Diagnostic {
    let shown: Vec<_> = known.iter().take(20).map(String::as_str).collect();
    let more = if known.len() > shown.len() { " …" } else { "" };
    with_similar(
        error(
            "E0326",
            span,
            format!("unable to find member '{member}' for {ty} (alternatives: {}{more})", shown.join(" ")),
        ),
        similar,
    )
}

/// `->` on something that is no structure.
pub fn not_a_structure(span: Span, member: &str, ty: &str) -> Diagnostic {
    error("E0327", span, format!("invalid access '->{member}': {ty} is no structure or union"))
}

/// `[]` on something that is no array or pointer.
pub fn not_an_array(span: Span, ty: &str) -> Diagnostic {
    error("E0328", span, format!("invalid access '[]': {ty} is no array or pointer"))
}

/// `->` or `[]` on a script value of unknown C type.
pub fn unknown_ctype(span: Span) -> Diagnostic {
    error("E0329", span, "the C type of this value is not known")
        .hint("use @cast(value, \"struct name\")->member to say what it points to")
}

/// `@cast` to an unknown type.
pub fn no_such_type(span: Span, name: &str) -> Diagnostic {
    error("E0330", span, format!("type definition '{name}' not found"))
}

/// A value that cannot be read into a script value.
pub fn unreadable(span: Span, ty: &str) -> Diagnostic {
    error("E0331", span, format!("a value of type '{ty}' cannot be read"))
        .hint("access one of its members, or take its address with &")
}

/// Address of something without one.
pub fn no_address(span: Span) -> Diagnostic {
    error("E0332", span, "cannot take the address of a value that is not in memory")
}

/// `$return` outside of return probes.
pub fn return_outside(span: Span) -> Diagnostic {
    error("E0333", span, "$return is only available in .return probes")
}

/// `$return` of a function without result.
pub fn return_of_void(span: Span, symbol: &str) -> Diagnostic {
    error("E0334", span, format!("function '{symbol}' has no return value"))
}

/// `@entry` outside of return probes.
pub fn entry_outside(span: Span) -> Diagnostic {
    error("E0335", span, "@entry is only valid in .return probes")
}

/// An unknown constant.
pub fn no_such_constant(span: Span, name: &str) -> Diagnostic {
    error("E0336", span, format!("no enumerator '{name}' in the target's type information"))
        .hint("what a header #defines is in no type information: write its value")
}

/// A built-in function used outside of the library.
pub fn builtin_outside_library(span: Span, name: &str) -> Diagnostic {
    error("E0338", span, format!("'{name}' is reserved for the script library"))
}

/// Something the grammar knows and the compiler does not, yet.
pub fn not_supported(span: Span, what: &str) -> Diagnostic {
    error("E0340", span, format!("{what} is not supported yet"))
}

/// A probe point of which no kind is known. `further` is what could go on where it goes wrong.
pub fn unknown_point(span: Span, point: &str, similar: Option<String>, further: &[&str]) -> Diagnostic {
    let base = error("E0341", span, format!("probe point mismatch: no such probe point '{point}'"));
    match (similar, further) {
        (Some(similar), _) => base.hint(format!("did you mean '{similar}'?")),
        (None, []) => base.label("nothing can follow here"),
        (None, further) => base.hint(format!("there can be {}", further.join(", "))),
    }
}

/// A probe point that ends too early.
pub fn truncated_point(span: Span, point: &str, follow: &[String]) -> Diagnostic {
    error("E0501", span, format!("probe point truncated: '{point}' goes on"))
        .hint(format!("one of these follows: {}", follow.join(", ")))
}

/// A place that only debug information can tell.
pub fn needs_debug_info(span: Span, what: &str) -> Diagnostic {
    error("E0502", span, format!("{what} needs debug information, which the target's facts lack"))
        .hint("without it a script can name functions, and trace them with .call and .return")
}

/// A value of which nothing says what it is.
pub fn unresolved_type(span: Span, sources: &SourceMap) -> Diagnostic {
    error("E0505", span, format!("unresolved type of '{}'", sources.text(span)))
        .label("nothing says whether this is a number or a string")
}

/// A string in `function("…")` that cannot be read.
pub fn bad_source_pattern(span: Span, text: &str, problem: &str) -> Diagnostic {
    error("E0503", span, format!("malformed specification '{text}'"))
        .label(problem)
        .hint("it takes the form FUNCTION[@FILE[:LINES]], such as vfs_*@fs/read_write.c:450")
}

/// A local or target variable in the condition of a probe.
pub fn condition_not_global(span: Span, name: &str) -> Diagnostic {
    error("E0504", span, format!("probe condition must not reference undeclared global '{name}'"))
        .hint("the condition of a probe can use globals, literals and functions")
}

/// A known probe point that matches nothing.
pub fn no_match(span: Span, point: &str, similar: &[String]) -> Diagnostic {
    let base = error("E0342", span, format!("no match for probe point '{point}'"));
    match (similar, spelt_out(point)) {
        (_, Some(points)) => base.hint(format!("a name has no braces: write {points}")),
        ([], None) => base,
        (similar, None) => base.hint(format!("similar names: {}", similar.join(", "))),
    }
}

/// The points that somebody means who writes braces into a name: `function("vfs_{read,write}")`.
fn spelt_out(point: &str) -> Option<String> {
    let (before, rest) = point.split_once('{').filter(|(before, _)| before.contains('"'))?;
    let (alternatives, after) = rest.split_once('}')?;
    let points = alternatives.split(',').map(|name| format!("{before}{}{after}", name.trim()));
    Some(points.collect::<Vec<_>>().join(", "))
}

/// A probe point with a wrong argument.
pub fn bad_point_argument(span: Span, name: &str, wanted: &str) -> Diagnostic {
    error("E0343", span, format!("probe point component '{name}' takes {wanted}"))
}

/// A function that must not be probed.
pub fn blocklisted(span: Span, symbol: &str, reason: &str) -> Diagnostic {
    error("E0344", span, format!("function {symbol} {reason}"))
}

/// `kernel.statement(N).absolute` without guru mode.
pub fn absolute_needs_guru(span: Span) -> Diagnostic {
    error("E0357", span, "absolute statement probe needs guru mode (-g)")
}

/// A `$$` name that there is not.
pub fn no_such_group(span: Span, name: &str) -> Diagnostic {
    let known = ["$$vars", "$$parms", "$$locals", "$$return", "$$name", "$$system"];
    let error = error("E0358", span, format!("unknown context variable '{name}'"));
    match crate::errors::similar(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint(format!("there are {}", known.join(" "))),
    }
}

/// Aliases that lead to themselves.
pub fn alias_loop(span: Span, path: &str) -> Diagnostic {
    error("E0345", span, format!("recursive loop in alias expansion of '{path}'"))
}

/// A script without probes.
pub fn no_probes() -> Diagnostic {
    let mut diagnostic = Diagnostic::warning_without_place("E0346", "no probes found");
    diagnostic.severity = crate::diag::Severity::Error;
    diagnostic.hint("a script needs at least one probe: probe begin { … }")
}

/// A `-G` of an unknown global.
pub fn no_such_global_option(name: &str, similar: Option<String>) -> Diagnostic {
    let message = format!("-G {name}: the script has no scalar global of that name");
    with_similar(Diagnostic::warning_without_place("W0347", message), similar)
}

/// A `-G` of a wrong type.
pub fn bad_global_option(name: &str, value: &str) -> Diagnostic {
    Diagnostic::warning_without_place("W0348", format!("-G {name}={value}: '{name}' is a number"))
}

/// A `-D` of something that is no number.
pub fn bad_limit(name: &str, value: &str) -> Diagnostic {
    Diagnostic::warning_without_place("W0349", format!("-D {name}={value}: not a number, and so without effect"))
}

/// A `-D` of a name that means nothing.
pub fn unknown_limit(name: &str, similar: Option<String>) -> Diagnostic {
    with_similar(
        Diagnostic::warning_without_place("W0550", format!("-D {name}: no such limit, and so without effect")),
        similar,
    )
}

/// A local that is read and never written.
pub fn never_assigned_local(span: Span, name: &str, similar: Option<String>) -> Diagnostic {
    with_similar(
        Diagnostic::warning("W0350", span, format!("never-assigned local variable '{name}'")).label("always 0 or \"\""),
        similar,
    )
}

/// A global that is read and never written.
pub fn never_assigned_global(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("W0351", span, format!("never-assigned global variable '{name}'")).label("always 0 or \"\"")
}

/// A local of the return's handler in `@entry`.
pub fn local_at_entry(span: Span, name: &str) -> Diagnostic {
    error("E0354", span, format!("local variable '{name}' has no value at the function's entry"))
        .hint("@entry can use target variables, globals and functions")
}

/// `$var` in a return probe.
pub fn confusing_entry(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("W0353", span, format!("confusing usage, consider @entry({name}) in .return probe"))
        .label("this is the value at the function's entry")
}

/// `foreach ([a, b] in @hist_log(x))`
pub fn bucket_keys(span: Span) -> Diagnostic {
    error("E0463", span, "the buckets of a histogram have one number each")
        .label("a second variable has nothing to take")
        .hint("foreach (bucket in @hist_log(x)) println(bucket, @hist_log(x)[bucket])")
}

/// `$x->y.z`
pub fn member_by_dot(span: Span, member: &str) -> Diagnostic {
    error("E0466", span, "`.` joins strings, and this is a number")
        .hint(format!("members are accessed with `->`: write `->{member}`"))
}

/// An operator of which both sides are of the wrong type.
pub fn wrong_operator(span: Span, op: BinaryOp, found: Type) -> Diagnostic {
    let wanted = if found == Type::Str { Type::Long } else { Type::Str };
    let error = error("E0467", span, format!("type mismatch: `{}` takes two values of type {wanted}", op.text()))
        .label(format!("both sides are of type {found}"));
    match op {
        BinaryOp::Add => error.hint("strings are joined with `.`"),
        BinaryOp::Concat => error.hint("numbers are added with `+`; sprint(x) makes a string of one"),
        _ => error,
    }
}

/// A probe point component that takes no argument.
pub fn unwanted_point_argument(span: Span, name: &str) -> Diagnostic {
    error("E0469", span, format!("probe point component '{name}' takes no argument"))
}

/// A function that is private to another file.
pub fn private_function(span: Span, name: &str, file: &str) -> Diagnostic {
    error("E0465", span, format!("function '{name}' is private to {file}")).label("not visible here")
}
