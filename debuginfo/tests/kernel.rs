// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the compiler learns of a kernel.

mod common;

use common::{kit, read_fact};
use spile_debuginfo::{KernelTarget, Kit, Parts, Symbols, UserTarget, facts};
use spile_frontend::target::{Arch, Target, TypeShape, TypeTag};

fn kernel(arch: Arch) -> KernelTarget {
    KernelTarget::new(kit(arch)).expect("the types are sound")
}

/// `name:word` of each parameter.
fn words(target: &KernelTarget, function: &str) -> String {
    let prototype = target.function(function, None).and_then(|function| function.prototype).expect("it has one");
    let words = prototype.params.iter().map(|param| match param.arg {
        Some(word) => format!("{}:{word}", param.name),
        None => format!("{}:none", param.name),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn functions_have_their_prototypes() {
    let target = kernel(Arch::X86_64);
    assert_eq!(words(&target, "vfs_read"), "file:0 buf:1 count:2");
    let read = target.function("vfs_read", None).and_then(|function| function.prototype).expect("it has one");
    assert_eq!(target.spelling(read.params[0].ty), "struct file*");
    assert_eq!(read.result.map(|ty| target.spelling(ty)), Some("long unsigned int".into()));
    let write = target.function("vfs_write", None).and_then(|function| function.prototype).expect("it has one");
    assert_eq!(write.result, None);
    // Known by name only.
    let vector = target.function("vfs_readv", None).expect("it is a symbol");
    assert_eq!((vector.module, vector.prototype, vector.source), (None, None, None));
    assert_eq!(target.function("jiffies", None), None);
    assert_eq!(target.function("vfs_nothing", None), None);
}

/// Plain `char` lost its sign in Linux 6.2, and never had one on aarch64.
#[test]
fn the_sign_of_char_is_that_of_the_kernel() {
    let is_signed = |arch, release: &str| {
        let kit = Kit::from_facts(arch, release, read_fact).expect("the facts are sound");
        let target = KernelTarget::new(kit).expect("the types are sound");
        let char = target.find_type(TypeTag::Plain, "char").expect("it is there");
        matches!(target.shape(char), TypeShape::Int { signed: true, is_char: true, .. })
    };
    assert!(is_signed(Arch::X86_64, "6.1.0-56-amd64"));
    assert!(!is_signed(Arch::X86_64, "6.12.107+deb13-amd64"));
    assert!(!is_signed(Arch::Aarch64, "5.10.0-32-arm64"));
}

#[test]
fn arguments_follow_the_calling_convention() {
    assert_eq!(words(&kernel(Arch::X86_64), "big_result"), "pair:1 count:3");
    assert_eq!(words(&kernel(Arch::Aarch64), "big_result"), "pair:0 count:2");
}

#[test]
fn wild_cards_give_functions_of_the_source() {
    let target = kernel(Arch::X86_64);
    assert_eq!(target.functions("vfs_*", None), ["vfs_read", "vfs_readv", "vfs_write"]);
    assert_eq!(target.functions("twice", None), ["twice"]);
    assert_eq!(target.functions("t?ice", None), ["twice"]);
    let all = target.functions("*", None);
    assert_eq!(all, ["big_result", "do_int3", "early", "startup_64", "twice", "vfs_read", "vfs_readv", "vfs_write"]);
    // Asked for literally.
    assert_eq!(target.functions("vfs_*.*", None), ["vfs_readv.cold", "vfs_write.isra.0"]);
    assert_eq!(target.functions("__SCT__*", None), ["__SCT__vfs_hook"]);
    assert_eq!(target.functions("vfs_write.isra.0", None), ["vfs_write.isra.0"]);
    assert!(target.functions("jiffies", None).is_empty());
}

#[test]
fn modules_have_their_own_functions() {
    let target = kernel(Arch::X86_64);
    assert_eq!(target.symbols().modules(), ["ext4"]);
    assert_eq!(target.functions("*", Some("ext4")), ["ext4_read", "ext4_write", "vfs_read"]);
    assert!(target.functions("*", Some("xfs")).is_empty());
    let own = target.function("vfs_read", Some("ext4")).expect("it is a symbol");
    // The prototype known is that of the kernel's function.
    assert_eq!((own.module.as_deref(), own.prototype), (Some("ext4"), None));
    assert_eq!(target.function("vfs_write", Some("ext4")), None);
}

#[test]
fn what_cannot_be_probed_is_told_in_the_field_s_words() {
    let target = kernel(Arch::X86_64);
    assert_eq!(target.blocklisted("vfs_read"), None);
    assert_eq!(target.blocklisted("vfs_write"), Some("is blocklisted"));
    assert_eq!(target.blocklisted("do_int3"), Some("is blocklisted"));
    assert_eq!(target.blocklisted("early"), Some("is in blocklisted section"));
    assert_eq!(target.blocklisted("nothing"), None);
}

#[test]
fn the_function_tracer_s_list_narrows_wild_cards() {
    let (btf, kallsyms) = (read_fact("/sys/kernel/btf/vmlinux"), read_fact("/proc/kallsyms"));
    let parts = Parts {
        arch: Arch::X86_64,
        release: common::RELEASE,
        btf: btf.expect("it is there"),
        kallsyms: &kallsyms.expect("it is there"),
        events: b"",
        filter_functions: b"vfs_read\ntwice\next4_write [ext4]\n",
        blacklist: b"",
        config: b"",
        notes: b"",
    };
    let kit = Kit::create(parts).expect("the parts are sound");
    let kit = Kit::from_bytes(&kit.to_bytes().expect("it packs")).expect("it unpacks");
    let target = KernelTarget::new(kit).expect("the types are sound");
    assert_eq!(target.functions("*", None), ["twice", "vfs_read"]);
    assert_eq!(target.functions("*", Some("ext4")), ["ext4_write"]);
    assert_eq!(target.functions("vfs_readv", None), ["vfs_readv"]);
}

#[test]
fn tracepoints_by_name_and_system() {
    let target = kernel(Arch::X86_64);
    let names = |pattern| -> Vec<String> {
        let found = target.tracepoints(pattern);
        found.iter().map(|found| format!("{}:{}", found.system, found.name)).collect()
    };
    assert_eq!(names("sched_switch"), ["sched:sched_switch"]);
    assert_eq!(names("*"), ["skb:kfree_skb", ":no_event", "sched:sched_switch"]);
    assert_eq!(names("s*:*"), ["skb:kfree_skb", "sched:sched_switch"]);
    assert!(names("irq:sched_switch").is_empty());
    assert!(names("sys_enter_read").is_empty());

    let params = |name| -> Vec<String> {
        let found = target.tracepoints(name).into_iter().flat_map(|found| found.params);
        found.map(|param| format!("{} {} {:?}", target.spelling(param.ty), param.name, param.arg)).collect()
    };
    assert_eq!(params("sched_switch"), ["_Bool preempt Some(0)", "struct file* prev Some(1)"]);
    assert_eq!(params("kfree_skb"), ["_Bool arg1 Some(0)", "struct file* arg2 Some(1)"]);
}

#[test]
fn configuration_and_names() {
    let target = kernel(Arch::Aarch64);
    assert_eq!((target.arch(), target.release(), target.runtime()), (Arch::Aarch64, "6.1.0-test", "kernel"));
    assert_eq!(target.config("CONFIG_SMP"), Some("y"));
    assert_eq!(target.config("CONFIG_NR_CPUS"), Some("64"));
    assert_eq!(target.config("CONFIG_LOCALVERSION"), Some("\"-test\""));
    assert_eq!(target.config("CONFIG_KASAN"), None);
    assert_eq!(target.config("CONFIG_"), None);
    assert_eq!(target.config(""), None);
    assert_eq!(target.build_id(), "01abcdef");
}

#[test]
fn addresses_get_names() {
    let kit = kit(Arch::X86_64);
    let at = |address| kit.symbols.locate_address(address, kit.symbols.text_address()).map(|found| found.to_string());
    assert_eq!(at(0xffff_ffff_8100_0210).as_deref(), Some("vfs_read+0x0/0xf0"));
    assert_eq!(at(0xffff_ffff_8100_02ff).as_deref(), Some("vfs_read+0xef/0xf0"));
    assert_eq!(at(0xffff_ffff_8100_0000).as_deref(), Some("startup_64+0x0/0x100"));
    assert_eq!(at(0xffff_ffff_c040_0044).as_deref(), Some("vfs_read+0x4/0x40 [ext4]"));
    assert_eq!(at(0xffff_ffff_c040_0080).as_deref(), Some("ext4_write+0x0/0x0 [ext4]"));
    assert_eq!(at(0xffff_ffff_80ff_ffff), None);
    assert_eq!(at(0xffff_ffff_ffff_ffff), None);
    assert_eq!(at(0), None);
    // Another boot put the kernel elsewhere.
    let moved = kit.symbols.locate_address(0xffff_ffff_9e00_0215, 0xffff_ffff_9e00_0000);
    assert_eq!(moved.map(|found| found.to_string()).as_deref(), Some("vfs_read+0x5/0xf0"));
}

#[test]
fn symbols_that_say_nothing_are_refused() {
    let error = |text: &str| Symbols::parse(text.as_bytes()).err().map(|error| error.to_string());
    assert_eq!(error("").as_deref(), Some("kallsyms: it has no symbols"));
    assert_eq!(
        error("0000000000000000 T _text\n0000000000000000 T vfs_read\n").as_deref(),
        Some("kallsyms: all addresses are hidden; read it as root, or set kernel.kptr_restrict to 0 or 1")
    );
    assert_eq!(error("ffffffff81000000 T vfs_read\n").as_deref(), Some("kallsyms: it has no _text and no _stext"));
    assert_eq!(
        error("ffffffff81000000 T _text\nvfs_read\n").as_deref(),
        Some("kallsyms: line 2 is no symbol: vfs_read")
    );
    assert_eq!(error("ffffffff81000000 T _text"), None);
}

#[test]
fn a_target_without_a_required_file_is_told() {
    let without = |missing: &'static str| {
        let kit = Kit::from_facts(Arch::X86_64, common::RELEASE, |path| read_fact(path).filter(|_| path != missing));
        kit.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let required: Vec<_> = facts(common::RELEASE).into_iter().filter(|fact| fact.required).collect();
    assert_eq!(required.len(), 2);
    assert_eq!(
        without("/sys/kernel/btf/vmlinux"),
        "the target has no /sys/kernel/btf/vmlinux: its kernel must be built with CONFIG_DEBUG_INFO_BTF"
    );
    assert_eq!(
        without("/proc/kallsyms"),
        "the target has no /proc/kallsyms: its kernel must be built with CONFIG_KALLSYMS, and /proc be mounted"
    );
    assert_eq!(without("/boot/config-6.1.0-test"), "");
}

#[test]
fn a_process_has_the_task_of_the_abi() {
    let target = UserTarget::new(Arch::Aarch64).expect("its types are sound");
    assert_eq!((target.arch(), target.release(), target.runtime()), (Arch::Aarch64, "", "user"));
    let structure = |name| target.find_type(TypeTag::Struct, name).expect("it is there");
    let (task, cred) = (structure("task_struct"), structure("cred"));
    let offset = |ty, name: &str| target.member(ty, name).map(|member| member.bit_offset as usize / 8);
    macro_rules! same_layout {
        ($ty:expr, $abi:ident, $($field:ident),+) => {
            $(assert_eq!(offset($ty, stringify!($field)), Some(std::mem::offset_of!(spile_abi::$abi, $field)));)+
            assert_eq!(target.size_of($ty) as usize, size_of::<spile_abi::$abi>());
        };
    }
    same_layout!(task, spile_user_task, pid, tgid, real_parent, cred, comm);
    same_layout!(cred, spile_user_cred, uid, gid, euid, egid);

    let ty = |name| target.member(task, name).expect("it is there").ty;
    assert_eq!(target.spelling(ty("real_parent")), "struct task_struct*");
    assert_eq!(target.spelling(ty("cred")), "struct cred const*");
    assert_eq!(target.spelling(ty("comm")), "char[16]");
    assert_eq!(target.spelling(ty("pid")), "pid_t");
    let uid = target.member(cred, "uid").expect("it is there").ty;
    assert_eq!(target.spelling(uid), "kuid_t");
    let value = target.member(uid, "val").expect("it is there").ty;
    assert!(matches!(target.shape(value), TypeShape::Int { bytes: 4, signed: false, .. }));
    assert!(target.functions("*", None).is_empty() && target.tracepoints("*").is_empty());
}

#[test]
fn variables_are_counted_from_the_first_task() {
    use spile_frontend::target::{Original, VariablePlace};

    let kernel = KernelTarget::new(common::kit(Arch::X86_64)).unwrap();
    let jiffies = kernel.variable("jiffies", None).unwrap();
    assert_eq!((jiffies.ty, jiffies.place), (None, VariablePlace::Object(-0x100)));
    let runqueues = kernel.variable("runqueues", None).unwrap();
    assert_eq!(kernel.spelling(runqueues.ty.unwrap()), "struct big");
    let place = VariablePlace::PerCpu { offsets: 0x100, original: Original::Address(0x40) };
    assert_eq!(runqueues.place, place);
    // A function is no variable.
    assert!(kernel.variable("vfs_read", None).is_none() && kernel.variable("nothing", None).is_none());
}
