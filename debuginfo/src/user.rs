// SPDX-License-Identifier: MIT OR Apache-2.0
//! An ordinary process as the compiler's target: scripts run in user space, without any kernel.

use spile_frontend::target::{
    Arch, FunctionInfo, Member, Target, TracepointInfo, TypeId, TypeShape, TypeTag, Variable,
};

use crate::Error;
use crate::btf::{Btf, Builder, Kind};

/// A process, which has no functions and no tracepoints to probe, and one structure: `task_struct`, as
/// `struct spile_user_task` of the ABI lays it out, so that the script library's `pid()` or `execname()` work as they do in
/// a kernel.
pub struct UserTarget {
    arch: Arch,
    btf: Btf,
}

impl UserTarget {
    /// A process of this instruction set.
    ///
    /// # Errors
    ///
    /// None in practice: the types are our own.
    pub fn new(arch: Arch) -> Result<Self, Error> {
        Ok(Self { arch, btf: Btf::parse(user_types())? })
    }
}

/// `task_struct` and what it needs, named as in a kernel. The offsets are those of `spile_abi.h`.
fn user_types() -> Vec<u8> {
    const SIGNED: u32 = 1;
    let mut types = Builder::default();
    let int = types.int("int", 4, SIGNED);
    let unsigned = types.int("unsigned int", 4, 0);
    let char = types.int("char", 1, SIGNED);
    types.int("long int", 8, SIGNED);
    types.int("long unsigned int", 8, 0);
    let pid = types.name(Kind::Typedef, "pid_t", int);
    let uid = types.name(Kind::Typedef, "uid_t", unsigned);
    let gid = types.name(Kind::Typedef, "gid_t", unsigned);
    let kuid = types.composite(Kind::Struct, "", 4, &[("val", uid, 0)]);
    let kuid = types.name(Kind::Typedef, "kuid_t", kuid);
    let kgid = types.composite(Kind::Struct, "", 4, &[("val", gid, 0)]);
    let kgid = types.name(Kind::Typedef, "kgid_t", kgid);
    let cred = [("uid", kuid, 0), ("gid", kgid, 4), ("euid", kuid, 8), ("egid", kgid, 12)];
    let cred = types.composite(Kind::Struct, "cred", 16, &cred);
    let cred = types.refer(Kind::Const, cred);
    let cred = types.refer(Kind::Ptr, cred);
    let comm = types.array(char, 16);
    // The pointer comes before what it points to, as in any self-referring structure.
    let task = types.next_id() + 1;
    let parent = types.refer(Kind::Ptr, task);
    let members =
        [("pid", pid, 0), ("tgid", pid, 4), ("real_parent", parent, 8), ("cred", cred, 16), ("comm", comm, 24)];
    types.composite(Kind::Struct, "task_struct", 40, &members);
    types.finish()
}

impl Target for UserTarget {
    fn arch(&self) -> Arch {
        self.arch
    }

    fn release(&self) -> &str {
        ""
    }

    fn runtime(&self) -> &str {
        "user"
    }

    fn config(&self, _: &str) -> Option<&str> {
        None
    }

    fn functions(&self, _: &str, _: Option<&str>) -> Vec<String> {
        Vec::new()
    }

    fn function(&self, _: &str, _: Option<&str>) -> Option<FunctionInfo> {
        None
    }

    fn blocklisted(&self, _: &str) -> Option<&str> {
        None
    }

    fn tracepoints(&self, _: &str) -> Vec<TracepointInfo> {
        Vec::new()
    }

    fn shape(&self, ty: TypeId) -> TypeShape {
        self.btf.shape(ty)
    }

    fn spelling(&self, ty: TypeId) -> String {
        self.btf.spelling(ty)
    }

    fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId> {
        self.btf.find_type(tag, name)
    }

    fn enumerator(&self, _: &str) -> Option<(i64, TypeId)> {
        None
    }

    fn enumerators(&self, _: TypeId) -> Vec<(String, i64)> {
        Vec::new()
    }

    fn variable(&self, _: &str, _: Option<&str>) -> Option<Variable> {
        None
    }

    fn size_of(&self, ty: TypeId) -> u64 {
        self.btf.size_of(ty)
    }

    fn member(&self, ty: TypeId, name: &str) -> Option<Member> {
        self.btf.member(ty, name)
    }
}
