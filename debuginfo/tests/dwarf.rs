// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debug information of a small program, as gcc writes it in versions 4 and 5: the same answers from both, and those of C.

mod common;

use std::path::PathBuf;
use std::process::Command;

use spile_debuginfo::{Dwarf, KernelTarget};
use spile_frontend::target::{Arch, Target, TypeId, TypeShape, TypeTag, VariablePlace};

/// The program with debug information as these options ask.
fn compile(name: &str, options: &[&str]) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dwarf.c");
    let output = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("dwarf-{name}-{}", std::process::id()));
    let mut command = Command::new("gcc");
    command
        .args(["-nostdlib", "-static", "-ffreestanding", "-Wl,--unique=.data..percpu", "-o"])
        .arg(&output)
        .args(options)
        .arg(source);
    let status = command.status().expect("gcc can be run");
    assert!(status.success(), "{command:?}");
    output
}

fn open(name: &str, options: &[&str]) -> Dwarf {
    let path = compile(name, options);
    let dwarf = Dwarf::open(&path).expect("it has debug information");
    std::fs::remove_file(path).expect("it was just made");
    dwarf
}

fn each(check: impl Fn(&Dwarf)) {
    for version in ["-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5"] {
        check(&open(version, &["-gstrict-dwarf", version]));
    }
    check(&open("plain", &["-g"]));
    check(&open("compressed", &["-g", "-gz=zlib"]));
}

fn member(dwarf: &Dwarf, name: &str) -> (String, u32, u32) {
    let task = dwarf.find_type(TypeTag::Struct, "task").expect("it is declared");
    let member = dwarf.member(task, name).unwrap_or_else(|| panic!("no member {name}"));
    (dwarf.spelling(member.ty), member.bit_offset, member.bit_size)
}

#[test]
fn members_are_where_the_compiler_put_them() {
    each(|dwarf| {
        let at = |name| member(dwarf, name);
        assert_eq!(at("pid"), ("int".into(), 0, 0));
        assert_eq!(at("low"), ("unsigned int".into(), 32, 3));
        assert_eq!(at("mid"), ("int".into(), 35, 10));
        assert_eq!(at("hue"), ("enum color".into(), 45, 4));
        assert_eq!((at("wide").1, at("wide").2), (64, 40));
        assert_eq!(at("comm"), ("char[16]".into(), 104, 0));
        assert_eq!(at("uid"), ("kuid_t".into(), 256, 0));
        assert_eq!(at("second"), ("short int".into(), 272, 0));
        assert_eq!(at("links"), ("struct list const* const".into(), 320, 0));
        assert_eq!(at("table"), ("int[2][3]".into(), 384, 0));
        assert_eq!(at("hook").0, "int(*)(struct task*, char const*)");
        assert_eq!(at("opaque").0, "struct unknown*");
        let task = dwarf.find_type(TypeTag::Struct, "task").unwrap();
        assert_eq!(dwarf.size_of(task), 104);
        assert_eq!(dwarf.member(task, "nothing"), None);
    });
}

#[test]
fn shapes_are_those_of_c() {
    each(|dwarf| {
        let task = dwarf.find_type(TypeTag::Struct, "task").unwrap();
        let ty = |name: &str| dwarf.member(task, name).unwrap().ty;
        let shape = |name: &str| dwarf.shape(ty(name));
        assert_eq!(shape("pid"), TypeShape::Int { bytes: 4, signed: true, is_char: false, is_bool: false });
        assert_eq!(shape("ready"), TypeShape::Int { bytes: 1, signed: false, is_char: false, is_bool: true });
        assert_eq!(shape("weight"), TypeShape::Float { bytes: 8 });
        assert_eq!(shape("hue"), TypeShape::Enum { bytes: 4, signed: true });
        let TypeShape::Array { element, length: 16 } = shape("comm") else { panic!("{:?}", shape("comm")) };
        assert!(matches!(dwarf.shape(element), TypeShape::Int { bytes: 1, is_char: true, .. }));
        let TypeShape::Array { element: row, length: 2 } = shape("table") else { panic!("{:?}", shape("table")) };
        assert!(matches!(dwarf.shape(row), TypeShape::Array { length: 3, .. }));
        assert_eq!((dwarf.spelling(row).as_str(), dwarf.size_of(row), dwarf.size_of(ty("table"))), ("int[3]", 12, 24));
        assert!(matches!(shape("flexible"), TypeShape::Array { length: 0, .. }));
        let TypeShape::Pointer(list) = shape("links") else { panic!("{:?}", shape("links")) };
        assert!(matches!(dwarf.shape(list), TypeShape::Struct { is_union: false, bytes: 16, .. }));
        let TypeShape::Pointer(function) = shape("hook") else { panic!("{:?}", shape("hook")) };
        assert_eq!(dwarf.shape(function), TypeShape::Function);
        let TypeShape::Pointer(opaque) = shape("opaque") else { panic!("{:?}", shape("opaque")) };
        assert_eq!(dwarf.shape(opaque), TypeShape::Void);
    });
}

#[test]
fn names_are_found() {
    each(|dwarf| {
        let enumeration = dwarf.find_type(TypeTag::Enum, "color").unwrap();
        assert_eq!(dwarf.enumerator("GREEN"), Some((5, enumeration)));
        assert_eq!(dwarf.enumerator("NAMELESS").map(|(value, _)| value), Some(77));
        let names = [("RED", 0), ("GREEN", 5), ("DEEP", -3)].map(|(name, value)| (name.to_owned(), value));
        assert_eq!(dwarf.enumerators(enumeration), names);
        for spelling in ["unsigned long", "long unsigned int", "kuid_t", "u32", "_Bool"] {
            assert!(dwarf.find_type(TypeTag::Plain, spelling).is_some(), "{spelling}");
        }
        assert_eq!(dwarf.find_type(TypeTag::Union, "task"), None);
        let unknown = dwarf.find_type(TypeTag::Struct, "unknown").expect("it is declared");
        assert_eq!(dwarf.shape(unknown), TypeShape::Void);
    });
}

#[test]
fn variables_have_types_and_addresses() {
    each(|dwarf| {
        let shown = |name| {
            dwarf.variable(name, None).map(|variable| (dwarf.spelling(variable.ty), variable.per_cpu_start.is_some()))
        };
        assert_eq!(shown("init_task"), Some(("struct task".into(), false)));
        assert_eq!(shown("counter"), Some(("int".into(), false)));
        assert_eq!(shown("jiffies"), Some(("long unsigned int".into(), false)));
        assert_eq!(shown("runqueues"), Some(("int".into(), true)));
        assert_eq!(shown("_start"), None);
        assert!(
            dwarf.variable("counter", Some("dwarf.c")).is_some() && dwarf.variable("counter", Some("warf.c")).is_none()
        );
    });
}

/// What BTF does not know comes from the file, what it knows does not.
#[test]
fn a_kernel_asks_it_last() {
    let path = compile("kernel", &["-g", "-Wl,--build-id=none"]);
    let kernel = KernelTarget::new(common::kit(Arch::X86_64)).unwrap().with_debug_file(&path);
    let dwarf = Dwarf::open(&path).unwrap();
    let file = kernel.find_type(TypeTag::Struct, "file").unwrap();
    assert!(!Dwarf::has(file) && kernel.size_of(file) == 8);
    let task = kernel.find_type(TypeTag::Struct, "task").unwrap();
    assert!(Dwarf::has(task) && kernel.spelling(task) == "struct task" && kernel.size_of(task) == 104);
    assert_eq!(kernel.member(task, "second").unwrap().bit_offset, 272);
    assert_eq!(kernel.enumerator("DEEP").map(|(value, _)| value), Some(-3));
    assert!(kernel.enumerators(kernel.find_type(TypeTag::Enum, "color").unwrap()).len() == 3);
    let address = |name| dwarf.variable(name, None).unwrap().address as i64;
    let counter = kernel.variable("counter", Some("tests/dwarf.c")).unwrap();
    assert_eq!(counter.place, VariablePlace::Object(address("counter") - address("init_task")));
    assert_eq!(kernel.spelling(counter.ty.unwrap()), "int");
    assert_eq!(kernel.shape(TypeId(0)), TypeShape::Void);
    std::fs::remove_file(path).unwrap();
    // Another kernel's file is none of ours.
    let path = compile("other", &["-g", "-Wl,--build-id=0x123456"]);
    let kernel = KernelTarget::new(common::kit(Arch::X86_64)).unwrap().with_debug_file(&path);
    assert_eq!(kernel.find_type(TypeTag::Struct, "task"), None);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn damaged_files_are_answered() {
    let path = compile("damaged", &["-g"]);
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(Dwarf::parse(b"\x7fELF").is_err() && Dwarf::parse(&whole[..100]).is_err());
    // Every 97th byte changed in turn, a few at a time.
    for start in 0..40 {
        let mut bytes = whole.clone();
        for at in (64 + start..bytes.len()).step_by(97 * 40) {
            bytes[at] ^= 0x5a;
        }
        if let Ok(dwarf) = Dwarf::parse(&bytes) {
            let task = dwarf.find_type(TypeTag::Struct, "task").unwrap_or(TypeId(0x4000_0000 + start as u32));
            for name in ["table", "hook", "wide", "second"] {
                if let Some(member) = dwarf.member(task, name) {
                    let _ = (dwarf.shape(member.ty), dwarf.spelling(member.ty), dwarf.size_of(member.ty));
                }
            }
            let _ = (dwarf.enumerator("GREEN"), dwarf.variable("counter", None).is_some());
        }
    }
}
