// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the compiler asks of the traced system. The compiler core does no I/O: all facts about
//! a kernel arrive through [`Target`], from a live system, a kit, or a test.

use std::fmt;

/// The instruction set of the traced system.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arch {
    /// `x86_64`.
    X86_64,
    /// `arm64`.
    Aarch64,
}

impl Arch {
    /// Its name in scripts (`%( arch == "arm64" %? …`).
    pub fn script_name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "arm64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        })
    }
}

/// A type of the target, by its number there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TypeId(pub u32);

/// The shape of a type, typedefs and qualifiers already seen through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypeShape {
    /// `void`, or a type that is only declared.
    Void,
    /// An integer, `char` or `bool`.
    Int {
        /// 1, 2, 4, 8 or 16.
        bytes: u32,
        /// Whether it is signed.
        signed: bool,
        /// Whether it is a character type (`%s` of an array of it is text).
        is_char: bool,
        /// Whether it is `bool`.
        is_bool: bool,
    },
    /// A floating-point number.
    Float {
        /// Its size.
        bytes: u32,
    },
    /// A pointer.
    Pointer(TypeId),
    /// An array.
    Array {
        /// Of what.
        element: TypeId,
        /// How many; 0 for a flexible array.
        length: u32,
    },
    /// A structure or union.
    Struct {
        /// Whether it is a union.
        is_union: bool,
        /// Its size.
        bytes: u32,
        /// Its members in order; an anonymous one has an empty name.
        members: Vec<Member>,
    },
    /// An enumeration.
    Enum {
        /// Its size.
        bytes: u32,
        /// Whether it is signed.
        signed: bool,
    },
    /// A function.
    Function,
}

/// A member of a structure or union.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its name; empty if anonymous.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Offset of its first bit from the start of the structure.
    pub bit_offset: u32,
    /// Bits of a bit-field; 0 for an ordinary member.
    pub bit_size: u32,
}

/// A parameter of a function or argument of a tracepoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// Its name; may be empty.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Which argument word holds it (`ir::Op::Arg`), or the first of those that do; `None` where none does.
    pub arg: Option<u32>,
    /// Whether that word is the address of a copy, made for the call.
    pub by_address: bool,
}

/// A variable of the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its type, where it is known.
    pub ty: Option<TypeId>,
    /// Where it is.
    pub place: VariablePlace,
}

/// Where a variable of the kernel is. Kernels are loaded at random addresses, so those of their objects are counted from one
/// that every task leads to, `init_task`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VariablePlace {
    /// So many bytes after `init_task`.
    Object(i64),
    /// Each CPU has its own: the distance of `__per_cpu_offset` from `init_task`, and what an entry of it is added to.
    PerCpu {
        /// Where the kernel keeps how far each CPU's area is from the original.
        offsets: i64,
        /// The variable in the original area.
        original: Original,
    },
}

/// A variable in the original of the per-CPU areas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Original {
    /// It is at this address, which only means something together with an offset.
    Address(u64),
    /// It is an object, so many bytes after `init_task`.
    Object(i64),
}

/// A kernel function that can be probed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionInfo {
    /// Its symbol.
    pub symbol: String,
    /// Its module, `None` for the kernel proper.
    pub module: Option<String>,
    /// Its parameters and result, where the target has type information on it.
    pub prototype: Option<Prototype>,
    /// Source file and line of its definition, where known.
    pub source: Option<(String, u32)>,
}

/// Parameters and result of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prototype {
    /// The parameters in order.
    pub params: Vec<Param>,
    /// Words that arguments take: of registers, and if any is on the stack, all of the registers and those.
    pub words: u32,
    /// The result's type; `None` for `void`.
    pub result: Option<TypeId>,
}

/// A tracepoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracepointInfo {
    /// Its system, e.g. `sched`.
    pub system: String,
    /// Its name, e.g. `sched_switch`.
    pub name: String,
    /// Its arguments.
    pub params: Vec<Param>,
}

/// A place in the kernel's code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodePlace {
    /// The function it is in.
    pub symbol: String,
    /// Its module, `None` for the kernel proper.
    pub module: Option<String>,
    /// Bytes from the start of the function.
    pub offset: u64,
}

/// What kind of name a type has in C.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TypeTag {
    /// `struct NAME`.
    Struct,
    /// `union NAME`.
    Union,
    /// `enum NAME`.
    Enum,
    /// `NAME`: a typedef or base type.
    Plain,
}

/// Facts about the traced system.
///
/// All methods answer from memory, quickly, and none panics: what is unknown is `None` or empty.
pub trait Target {
    /// Its instruction set.
    fn arch(&self) -> Arch;

    /// Its kernel release, e.g. `6.1.0-56-amd64`; empty for an ordinary process.
    fn release(&self) -> &str;

    /// `kernel`, or `user` where handlers run in an ordinary process (`%( runtime == …`).
    fn runtime(&self) -> &str;

    /// The value of a configuration option by its full name (`CONFIG_SMP` → `y`).
    fn config(&self, name: &str) -> Option<&str>;

    /// Functions whose symbol matches a pattern (`*`, `?`, `[…]`), of the kernel proper or of a module, sorted.
    fn functions(&self, pattern: &str, module: Option<&str>) -> Vec<String>;

    /// One function.
    fn function(&self, symbol: &str, module: Option<&str>) -> Option<FunctionInfo>;

    /// Modules whose names match a pattern, sorted.
    fn modules(&self, _pattern: &str) -> Vec<String> {
        Vec::new()
    }

    /// Whether a function is exported to modules, where that is known.
    fn is_exported(&self, _symbol: &str, _module: Option<&str>) -> Option<bool> {
        None
    }

    /// What is at an address, in the boot that the facts are of.
    fn code_at(&self, _address: u64) -> Option<CodePlace> {
        None
    }

    /// Why a function cannot be probed, in the field's words (`is blocklisted`), or `None` where it can.
    fn blocklisted(&self, symbol: &str) -> Option<&str>;

    /// Tracepoints whose `name` (or `system:name`, if the pattern has a colon) matches, sorted.
    fn tracepoints(&self, pattern: &str) -> Vec<TracepointInfo>;

    /// The shape of a type, typedefs and qualifiers seen through.
    fn shape(&self, ty: TypeId) -> TypeShape;

    /// How C spells a type, e.g. `struct file*`, typedefs kept.
    fn spelling(&self, ty: TypeId) -> String;

    /// A type by name, complete if there is a complete one.
    fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId>;

    /// The value of an enumerator by its name, with its enumeration.
    fn enumerator(&self, name: &str) -> Option<(i64, TypeId)>;

    /// The enumerators of an enumeration.
    fn enumerators(&self, enumeration: TypeId) -> Vec<(String, i64)>;

    /// A variable of the kernel; `unit` is the path of the source file that defines it, or the end of that.
    fn variable(&self, name: &str, unit: Option<&str>) -> Option<Variable>;

    /// Size of a type in bytes; 0 where it has none.
    fn size_of(&self, ty: TypeId) -> u64 {
        match self.shape(ty) {
            TypeShape::Void | TypeShape::Function => 0,
            TypeShape::Int { bytes, .. }
            | TypeShape::Float { bytes }
            | TypeShape::Struct { bytes, .. }
            | TypeShape::Enum { bytes, .. } => bytes.into(),
            TypeShape::Pointer(_) => 8,
            TypeShape::Array { element, length } => u64::from(length) * self.size_of(element),
        }
    }

    /// A member by name, found through anonymous members too, its offset counted from `ty`.
    fn member(&self, ty: TypeId, name: &str) -> Option<Member> {
        let TypeShape::Struct { members, .. } = self.shape(ty) else { return None };
        if let Some(member) = members.iter().find(|member| member.name == name) {
            return Some(member.clone());
        }
        members.iter().filter(|member| member.name.is_empty()).find_map(|outer| {
            let inner = self.member(outer.ty, name)?;
            Some(Member { bit_offset: outer.bit_offset + inner.bit_offset, ..inner })
        })
    }
}
