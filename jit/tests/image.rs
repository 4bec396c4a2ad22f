// SPDX-License-Identifier: MIT OR Apache-2.0
//! The image file: tables, entries, source lines; and what cannot be compiled.

use spile_abi::{self as abi, Image};
use spile_ir::{Program, parse};
use spile_jit::{Arch, JitOptions, compile};

fn program(text: &str) -> Program {
    parse(&format!("file0 \"a.stp\" loc0 file0 1 1 \"\" loc1 file0 2 3 \"operator '/'\" fmt0 \"%d\\n\" (int) {text}"))
        .unwrap_or_else(|error| panic!("{error}"))
}

const TEXT: &str = r#"
global0 "n" int 7
probe "kernel.function(\"f\")" function "f" handler func0
probe "kernel.statement(0x10)" address "g" 16 handler func0
probe "timer.ms(1)" timer 1000000 5 handler func0
probe "begin" begin -3 handler func0
func0 "handler" () {
block0:
    budget 1 @0 v0: int = global.get global0 @0 v1: int = div v0, v0 @1 global.set global0, v1 @0 return
}
"#;

fn image(arch: Arch, text: &str) -> Vec<u8> {
    let options = JitOptions { script: "a.stp".into(), release: "6.1".into(), ..JitOptions::new(arch) };
    compile(&program(text), &options).unwrap_or_else(|error| panic!("{error}")).image
}

#[test]
fn tables_say_what_the_program_says() {
    let bytes = image(Arch::X86_64, TEXT);
    let image = Image::parse(&bytes).expect("an image");
    let probes = image.probes();
    let names: Vec<&str> = probes.iter().map(|probe| image.string(probe.name)).collect();
    assert_eq!(names, ["f", "g", "", ""]);
    let kinds: Vec<u32> = probes.iter().map(|probe| probe.kind).collect();
    assert_eq!(
        kinds,
        [abi::SPILE_PROBE_FUNCTION, abi::SPILE_PROBE_ADDRESS, abi::SPILE_PROBE_TIMER, abi::SPILE_PROBE_BEGIN]
    );
    assert_eq!((probes[1].offset, probes[2].param, probes[2].param2, probes[3].param), (16, 1_000_000, 5, -3));
    assert_eq!(probes[0].handler, probes[1].handler, "one handler serves both");
    assert_ne!(probes[0].handler, probes[3].handler, "begin has another budget");
    let host = image.host().expect("a host part");
    assert_eq!((host.script.as_str(), host.release.as_str(), host.arch), ("a.stp", "6.1", abi::SPILE_ARCH_X86_64));
    assert_eq!(host.probes[0].symbol, "f");
    assert_eq!(host.formats[0].text, b"%d\n");
}

#[test]
fn handlers_begin_aligned_and_with_a_landing_pad() {
    for (arch, pad) in [(Arch::X86_64, [0xf3, 0x0f, 0x1e, 0xfa]), (Arch::Aarch64, [0x5f, 0x24, 0x03, 0xd5])] {
        let bytes = image(arch, TEXT);
        let image = Image::parse(&bytes).expect("an image");
        let entries = image.probes().iter().map(|probe| probe.handler).chain([image.header().init]);
        for entry in entries {
            assert_eq!(entry % 16, 0);
            assert_eq!(image.text()[entry as usize..][..4], pad, "{arch:?}");
        }
        for (_, stub) in image.imports() {
            assert_eq!(image.text()[stub as usize..][..16], [0; 16], "stubs are kshim's to fill");
        }
    }
}

#[test]
fn addresses_lead_to_lines() {
    for arch in [Arch::X86_64, Arch::Aarch64] {
        let bytes = image(arch, TEXT);
        let host = Image::parse(&bytes).and_then(|image| image.host()).expect("a host part");
        let handler = host.functions.iter().find(|function| function.name == "handler").expect("the handler");
        let lines: Vec<u32> =
            (handler.start..handler.end).filter_map(|pc| host.location_at(pc)).map(|location| location.line).collect();
        assert!(lines.contains(&1) && lines.contains(&2), "{arch:?}: {lines:?}");
        assert!(host.functions.iter().any(|function| function.name == "rt_enter"));
    }
}

#[test]
fn an_image_is_the_same_each_time() {
    assert_eq!(image(Arch::X86_64, TEXT), image(Arch::X86_64, TEXT));
}

#[test]
fn the_code_can_be_shown() {
    let options = JitOptions { dump: true, ..JitOptions::new(Arch::Aarch64) };
    let dump = compile(&program(TEXT), &options).ok().and_then(|compiled| compiled.dump).expect("a dump");
    assert!(dump.clif.starts_with(";; handler\nfunction"), "{}", dump.clif);
    assert!(dump.assembly.contains("ret"), "{}", dump.assembly);
}

fn refused(text: &str) -> String {
    compile(&program(text), &JitOptions::new(Arch::X86_64)).err().map_or("compiled".into(), |error| error.to_string())
}

#[test]
fn what_does_not_fit_is_refused() {
    let huge = "global0 \"m\" map (int) int capacity 1073741824 probe \"begin\" begin 0 handler func0
        func0 \"begin\" () { block0: return }";
    assert_eq!(refused(huge), "global `m` is too large");
    let types = vec!["int"; 600].join(", ");
    let args = vec!["v0"; 600].join(", ");
    let deep = format!(
        "fmt1 \"x\" ({types}) probe \"begin\" begin 0 handler func0
        func0 \"begin\" () {{ block0: v0: int = int 1 @0 v1: str = sprint fmt1 ({args}) @0 return }}"
    );
    let message = refused(&deep);
    assert!(message.starts_with("a handler needs 48"), "{message}");
    assert!(message.ends_with(" bytes of stack; 4096 are the limit"), "{message}");
}
