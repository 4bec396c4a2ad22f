// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small made-up kernel for tests: a few functions, a tracepoint, and the types they need.

use std::collections::BTreeMap;

use crate::glob;
use crate::target::{
    Arch, CodePlace, FunctionInfo, Member, Original, Param, Prototype, Target, TracepointInfo, TypeId, TypeShape,
    TypeTag, Variable, VariablePlace,
};

/// A made-up kernel. [`MockTarget::new`] has
///
/// - `ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)`, and `vfs_write` alike;
/// - `void kfree(const void *ptr)`, `int do_exit(int code)`, `no_types` without type information;
/// - `struct pair by_value(double f, struct bits c, struct pair p, struct file big, int last)`, with a copy of `big` elsewhere;
/// - `struct file in_memory(void)`, `enum color mix(enum color hue)`, `void crossed(struct crossed x)`;
/// - `notrace_me`, which is blocklisted;
/// - the modules `ext4` with `ext4_open` and `ext4_sync`, and `xfs` with `xfs_open`, all without type information;
/// - the tracepoints `sched:sched_switch` and `sched:sched_wakeup`;
/// - `struct task_struct`, `struct file`, `struct inode`, `struct bits` with bit-fields, `struct pair`, `enum color`;
/// - the variables `init_task`, `counter`, `untyped`, and of each CPU `cpu_bits` and `cpu_object`.
#[derive(Clone, Debug)]
pub struct MockTarget {
    runtime: &'static str,
    shapes: Vec<(TypeShape, String)>,
    named: BTreeMap<String, TypeId>,
    functions: BTreeMap<String, FunctionInfo>,
    tracepoints: Vec<TracepointInfo>,
}

/// Where the made-up kernel's code begins, and how long each function is.
const TEXT: u64 = 0xffff_ffff_8100_0000;
const FUNCTION_BYTES: u64 = 0x100;

impl Default for MockTarget {
    fn default() -> Self {
        Self::new()
    }
}

impl MockTarget {
    /// The kernel described above.
    pub fn new() -> Self {
        let mut mock = Self {
            runtime: "kernel",
            shapes: Vec::new(),
            named: BTreeMap::new(),
            functions: BTreeMap::new(),
            tracepoints: Vec::new(),
        };
        mock.add_types();
        mock.add_functions();
        mock
    }

    fn module_functions(&self, module: Option<&str>) -> &'static [&'static str] {
        match module {
            Some("ext4") => &["ext4_open", "ext4_sync"],
            Some("xfs") => &["xfs_open"],
            _ => &[],
        }
    }

    fn ty(&mut self, shape: TypeShape, spelling: &str) -> TypeId {
        let id = TypeId(self.shapes.len() as u32);
        self.shapes.push((shape, spelling.to_owned()));
        self.named.insert(spelling.to_owned(), id);
        id
    }

    fn int(&mut self, spelling: &str, bytes: u32, signed: bool) -> TypeId {
        let shape = TypeShape::Int { bytes, signed, is_char: spelling == "char", is_bool: spelling == "bool" };
        self.ty(shape, spelling)
    }

    fn pointer(&mut self, to: TypeId) -> TypeId {
        let spelling = format!("{}*", self.spelling(to));
        self.ty(TypeShape::Pointer(to), &spelling)
    }

    /// A structure; members are name, type, bit offset, bits (0 for an ordinary member).
    fn structure(&mut self, name: &str, bytes: u32, is_union: bool, members: &[(&str, TypeId, u32, u32)]) -> TypeId {
        let member = |&(name, ty, bit_offset, bit_size): &(&str, TypeId, u32, u32)| Member {
            name: name.to_owned(),
            ty,
            bit_offset,
            bit_size,
        };
        let members = members.iter().map(member).collect();
        self.ty(TypeShape::Struct { is_union, bytes, members }, name)
    }

    fn find(&self, name: &str) -> TypeId {
        self.named.get(name).copied().unwrap_or(TypeId(0))
    }

    fn add_types(&mut self) {
        self.ty(TypeShape::Void, "void");
        let char = self.int("char", 1, true);
        let int = self.int("int", 4, true);
        let uint = self.int("unsigned int", 4, false);
        let long = self.int("long", 8, true);
        let ulong = self.int("unsigned long", 8, false);
        let short = self.int("short", 2, true);
        self.int("__int128", 16, true);
        let float = self.ty(TypeShape::Float { bytes: 8 }, "double");
        let color = self.ty(TypeShape::Enum { bytes: 4, signed: false }, "enum color");
        let kuid = self.structure("struct kuid_t", 4, false, &[("val", uint, 0, 0)]);
        let cred = self.structure(
            "struct cred",
            16,
            false,
            &[("uid", kuid, 0, 0), ("gid", kuid, 32, 0), ("euid", kuid, 64, 0), ("egid", kuid, 96, 0)],
        );
        let cred_pointer = self.pointer(cred);
        let comm = self.ty(TypeShape::Array { element: char, length: 16 }, "char[16]");
        // A pointer to a structure that is declared first and completed below.
        let declared = self.ty(TypeShape::Void, "struct task_struct");
        let task_pointer = self.pointer(declared);
        self.structure(
            "struct task_struct",
            64,
            false,
            &[
                ("pid", int, 0, 0),
                ("tgid", int, 32, 0),
                ("real_parent", task_pointer, 64, 0),
                ("cred", cred_pointer, 128, 0),
                ("comm", comm, 192, 0),
                ("weight", float, 320, 0),
                ("prio", int, 384, 0),
                ("static_prio", int, 416, 0),
                ("__state", uint, 448, 0),
            ],
        );
        let inode = self.structure("struct inode", 24, false, &[("i_ino", ulong, 0, 0), ("i_mode", uint, 64, 0)]);
        let inode_pointer = self.pointer(inode);
        let anonymous = self.structure("struct ", 8, true, &[("f_inode", inode_pointer, 0, 0), ("f_raw", ulong, 0, 0)]);
        let slots = self.ty(TypeShape::Array { element: int, length: 4 }, "int[4]");
        let file = self.structure(
            "struct file",
            64,
            false,
            &[
                ("f_mode", uint, 0, 0),
                ("", anonymous, 64, 0),
                ("f_slots", slots, 128, 0),
                ("f_pos", long, 256, 0),
                ("f_owner", task_pointer, 320, 0),
            ],
        );
        self.pointer(file);
        self.pointer(char);
        self.pointer(long);
        let bits =
            self.structure("struct bits", 8, false, &[("low", uint, 0, 3), ("mid", int, 3, 10), ("hue", color, 32, 4)]);
        self.pointer(bits);
        self.pointer(TypeId(0));
        // Packed: a member lies across both registers.
        let all = self.ty(TypeShape::Array { element: short, length: 3 }, "short[3]");
        self.structure("struct crossed", 16, false, &[("all", all, 0, 0), ("half", int, 48, 0)]);
        self.structure("struct pair", 16, false, &[("a", long, 0, 0), ("b", int, 64, 0), ("small", char, 96, 0)]);
    }

    fn add_functions(&mut self) {
        let param = |mock: &Self, name: &str, ty: &str, arg| Param {
            name: name.into(),
            ty: mock.find(ty),
            arg: Some(arg),
            by_address: false,
        };
        for (index, symbol) in ["vfs_read", "vfs_write"].into_iter().enumerate() {
            let params = vec![
                param(self, "file", "struct file*", 0),
                param(self, "buf", "char*", 1),
                param(self, "count", "unsigned long", 2),
                param(self, "pos", "long*", 3),
            ];
            let prototype = Prototype { params, words: 4, result: Some(self.find("long")) };
            self.function_info(symbol, Some(prototype), Some(450 + index as u32));
        }
        let ptr = param(self, "ptr", "void*", 0);
        self.function_info("kfree", Some(Prototype { params: vec![ptr], words: 1, result: None }), None);
        let code = param(self, "code", "int", 0);
        let exit = Prototype { params: vec![code], words: 1, result: Some(self.find("int")) };
        self.function_info("do_exit", Some(exit), None);
        let nowhere = Param { name: "f".into(), ty: self.find("double"), arg: None, by_address: false };
        let bits = param(self, "c", "struct bits", 0);
        let pair = param(self, "p", "struct pair", 1);
        let copy = Param { by_address: true, ..param(self, "big", "struct file", 3) };
        let seventh = param(self, "last", "int", 6);
        let params = vec![nowhere, bits, pair, copy, seventh];
        let by_value = Prototype { params, words: 7, result: Some(self.find("struct pair")) };
        self.function_info("by_value", Some(by_value), None);
        let result = Some(self.find("struct file"));
        self.function_info("in_memory", Some(Prototype { params: Vec::new(), words: 1, result }), None);
        let crossed = param(self, "x", "struct crossed", 0);
        self.function_info("crossed", Some(Prototype { params: vec![crossed], words: 1, result: None }), None);
        let hue = param(self, "hue", "enum color", 0);
        let result = Some(self.find("enum color"));
        self.function_info("mix", Some(Prototype { params: vec![hue], words: 1, result }), None);
        self.function_info("no_types", None, None);
        self.function_info("notrace_me", None, None);
        let prev = vec![
            param(self, "preempt", "int", 0),
            param(self, "prev", "struct task_struct*", 1),
            param(self, "next", "struct task_struct*", 2),
        ];
        for (name, params) in [("sched_switch", prev.clone()), ("sched_wakeup", prev[1..2].to_vec())] {
            self.tracepoints.push(TracepointInfo { system: "sched".into(), name: name.into(), params });
        }
    }

    fn function_info(&mut self, symbol: &str, prototype: Option<Prototype>, line: Option<u32>) {
        let source = line.map(|line| ("fs/read_write.c".to_owned(), line));
        let info = FunctionInfo { symbol: symbol.into(), module: None, prototype, source };
        self.functions.insert(symbol.into(), info);
    }
}

impl Target for MockTarget {
    fn arch(&self) -> Arch {
        Arch::X86_64
    }

    fn release(&self) -> &str {
        "6.1.0-mock"
    }

    fn runtime(&self) -> &str {
        self.runtime
    }

    fn config(&self, name: &str) -> Option<&str> {
        (name == "CONFIG_HZ").then_some("100")
    }

    fn functions(&self, pattern: &str, module: Option<&str>) -> Vec<String> {
        let of_module = self.module_functions(module);
        let names = of_module.iter().filter(|name| glob::matches(pattern, name)).map(|name| (*name).to_owned());
        let of_kernel = self.functions.keys().filter(|name| module.is_none() && glob::matches(pattern, name));
        of_kernel.cloned().chain(names).collect()
    }

    fn function(&self, symbol: &str, module: Option<&str>) -> Option<FunctionInfo> {
        if self.module_functions(module).contains(&symbol) {
            let module = module.map(str::to_owned);
            return Some(FunctionInfo { symbol: symbol.into(), module, prototype: None, source: None });
        }
        self.functions.get(symbol).filter(|_| module.is_none()).cloned()
    }

    fn modules(&self, pattern: &str) -> Vec<String> {
        ["ext4", "xfs"].iter().filter(|name| glob::matches(pattern, name)).map(|name| (*name).to_owned()).collect()
    }

    fn is_exported(&self, symbol: &str, _module: Option<&str>) -> Option<bool> {
        Some(symbol.starts_with("vfs_"))
    }

    fn code_at(&self, address: u64) -> Option<CodePlace> {
        let inside = address.checked_sub(TEXT)?;
        let symbol = self.functions.keys().nth((inside / FUNCTION_BYTES) as usize)?.clone();
        Some(CodePlace { symbol, module: None, offset: inside % FUNCTION_BYTES })
    }

    fn blocklisted(&self, symbol: &str) -> Option<&str> {
        (symbol == "notrace_me").then_some("is blocklisted")
    }

    fn tracepoints(&self, pattern: &str) -> Vec<TracepointInfo> {
        let matches = |info: &&TracepointInfo| {
            let full = format!("{}:{}", info.system, info.name);
            glob::matches(pattern, if pattern.contains(':') { &full } else { &info.name })
        };
        self.tracepoints.iter().filter(matches).cloned().collect()
    }

    fn shape(&self, ty: TypeId) -> TypeShape {
        self.shapes.get(ty.0 as usize).map_or(TypeShape::Void, |(shape, _)| shape.clone())
    }

    fn spelling(&self, ty: TypeId) -> String {
        self.shapes.get(ty.0 as usize).map(|(_, spelling)| spelling.clone()).unwrap_or_default()
    }

    fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId> {
        let full = match tag {
            TypeTag::Struct => format!("struct {name}"),
            TypeTag::Union => format!("union {name}"),
            TypeTag::Enum => format!("enum {name}"),
            TypeTag::Plain => name.to_owned(),
        };
        self.named.get(&full).copied()
    }

    fn enumerator(&self, name: &str) -> Option<(i64, TypeId)> {
        let value = ["RED", "GREEN", "BLUE"].iter().position(|known| *known == name)?;
        Some((value as i64, self.find("enum color")))
    }

    fn enumerators(&self, enumeration: TypeId) -> Vec<(String, i64)> {
        if enumeration != self.find("enum color") {
            return Vec::new();
        }
        ["RED", "GREEN", "BLUE"].into_iter().zip(0..).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn variable(&self, name: &str, unit: Option<&str>) -> Option<Variable> {
        let (ty, place) = match name {
            "init_task" => (Some("struct task_struct"), VariablePlace::Object(0)),
            "counter" => (Some("int"), VariablePlace::Object(0x800)),
            "untyped" => (None, VariablePlace::Object(0x810)),
            "cpu_bits" => {
                let original = Original::Address(0x40);
                (Some("struct bits"), VariablePlace::PerCpu { offsets: 0x900, original })
            }
            "cpu_object" => {
                let original = Original::Object(0xa00);
                (Some("long"), VariablePlace::PerCpu { offsets: 0x900, original })
            }
            _ => return None,
        };
        let known = unit.is_none_or(|unit| unit == "kernel/sched.c");
        known.then(|| Variable { ty: ty.map(|ty| self.find(ty)), place })
    }
}
