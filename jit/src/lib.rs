// SPDX-License-Identifier: MIT OR Apache-2.0
//! Typed IR to a linked, position-independent image, through Cranelift.
//!
//! [`compile`] lowers each function that a probe reaches, links the code with the runtime
//! (`jit/rt`), checks every instruction, and writes the image file that kshim loads.

mod a64;
mod conditions;
mod constants;
mod division;
mod effects;
mod flow;
mod globals;
mod image;
mod isa;
pub mod link;
mod locks;
mod lower;
mod preserving;
mod runtime;
mod sorts;
mod strings;
mod task;
mod trampoline;

use std::mem::offset_of;

use spile_ir as ir;

pub use isa::Arch;
pub use lower::Dump;

/// What to compile for.
#[derive(Clone, Debug)]
pub struct JitOptions {
    /// The target's instruction set.
    pub arch: Arch,
    /// The script's name, as messages give it.
    pub script: String,
    /// The kernel release that the program was compiled against; empty where it does not matter.
    pub release: String,
    /// For the agent: see [`spile_abi::host::Options`].
    pub options: spile_abi::host::Options,
    /// What is known of the target's `struct task_struct`.
    pub task: TaskStruct,
    /// Whether to keep the code as text.
    pub dump: bool,
}

impl JitOptions {
    /// For an instruction set and any target, with everything else empty.
    pub fn new(arch: Arch) -> Self {
        Self {
            arch,
            script: String::new(),
            release: String::new(),
            options: Default::default(),
            task: TaskStruct::default(),
            dump: false,
        }
    }
}

/// A target's `struct task_struct`: the current one is there while a handler runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskStruct {
    /// Its bytes, at least.
    pub bytes: u32,
    /// Pointers in it to what is there as long as it is the current one: their offsets, and the bytes they lead to.
    pub pointers: Vec<(u32, u32)>,
    /// Offsets of numbers of 32 bits that stay as they are while a handler runs, and are not negative.
    pub constants: Vec<u32>,
}

/// That of an ordinary process.
impl Default for TaskStruct {
    fn default() -> Self {
        use spile_abi::{spile_user_cred, spile_user_task};
        let cred = (offset_of!(spile_user_task, cred) as u32, size_of::<spile_user_cred>() as u32);
        let constants = vec![offset_of!(spile_user_task, pid) as u32, offset_of!(spile_user_task, tgid) as u32];
        Self { bytes: size_of::<spile_user_task>() as u32, pointers: vec![cred], constants }
    }
}

/// A compiled program.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The image file, `struct spile_image` first.
    pub image: Vec<u8>,
    /// The code as text, where it was asked for.
    pub dump: Option<Dump>,
}

/// Why a program cannot be compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The code generator does not take our settings.
    #[error("code generator: {0}")]
    Setup(String),
    /// A function could not be compiled.
    #[error("{function}: {message}")]
    Codegen {
        /// Its name.
        function: String,
        /// What the code generator says.
        message: String,
    },
    /// A global has too many elements or buckets, or all of them together do not fit.
    #[error("global `{0}` is too large")]
    GlobalTooLarge(String),
    /// Handlers need too much of the kernel's stack.
    #[error("a handler needs {bytes} bytes of stack; {} are the limit", lower::MAX_STACK)]
    Stack {
        /// How much the largest needs.
        bytes: u64,
    },
    /// A regular expression needs too large a table.
    #[error("the regular expression \"{0}\" needs too large a table")]
    RegexTooLarge(String),
    /// More of something than an image may have.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// Code that may not be in an image.
    #[error(transparent)]
    Link(#[from] link::LinkError),
}

/// Compiles a program, which must pass [`ir::verify`], to an image.
pub fn compile(program: &ir::Program, options: &JitOptions) -> Result<Compiled, Error> {
    let (program, conditions) = conditions::Conditions::add(program);
    let program = &*program;
    let mut lowering = lower::Lowering::new(program, conditions, options)?;
    let probes = image::handlers(&mut lowering, program);
    let conditions = image::conditions(&mut lowering);
    lowering.compile_instances()?;
    let chains = trampoline::plan(&mut lowering, &probes)?;
    let scratch_size = lowering.scratch_size();
    let init = lowering.compile_init(scratch_size)?;
    let extra = image::Extra { init, conditions };
    image::write(lowering, program, options, &probes, &chains, &extra, scratch_size)
}
