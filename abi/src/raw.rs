// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated from spile_abi.h by abi/tests/generated.rs; do not edit.

pub const SPILE_ABI_HASH: u64 = 0xa4176cb196c983ae;
/// Names of the imports and how many arguments they take, in the order of `SPILE_IMPORT_*`.
pub const SPILE_IMPORT_TABLE: &[(&str, usize)] = &[
    ("load_kernel_u8", 1),
    ("load_kernel_u16", 1),
    ("load_kernel_u32", 1),
    ("load_kernel_u64", 1),
    ("load_user_u8", 1),
    ("load_user_u16", 1),
    ("load_user_u32", 1),
    ("load_user_u64", 1),
    ("store_kernel_u8", 2),
    ("store_kernel_u16", 2),
    ("store_kernel_u32", 2),
    ("store_kernel_u64", 2),
    ("ring_reserve", 3),
    ("ring_commit", 2),
    ("session_exit", 1),
    ("session_fail", 1),
    ("time_mono_ns", 0),
    ("time_real_ns", 0),
    ("time_boot_ns", 0),
    ("cycles", 0),
    ("jiffies", 0),
    ("resched", 0),
    ("hit_skipped", 2),
    ("hit_timed", 2),
    ("ring_flush", 1),
    ("conditions_changed", 1),
];
pub const SPILE_MAGIC: u32 = 1162627408;
pub const SPILE_ABI_VERSION: u32 = 1;
pub const SPILE_ARCH_X86_64: u32 = 62;
pub const SPILE_ARCH_AARCH64: u32 = 183;
pub const SPILE_MAX_IMAGE: u32 = 16777216;
pub const SPILE_MAX_IMPORTS: u32 = 64;
pub const SPILE_MAX_PROBES: u32 = 65536;
pub const SPILE_MAX_DATA: u32 = 1073741824;
pub const SPILE_MAX_PART: u32 = 67108864;
pub const SPILE_MAX_SCRATCH: u32 = 4194304;
pub const SPILE_MAX_ENTRY_WORDS: u32 = 32;
pub const SPILE_MAX_CONDITIONS: u32 = 1024;
pub const SPILE_MIN_RING: u32 = 16384;
pub const SPILE_MAX_RING: u32 = 268435456;
pub const SPILE_STUB_BYTES: u32 = 16;
pub const SPILE_TEXT_ALIGN: u32 = 4096;
pub const SPILE_NO_TEXT: u32 = 4294967295;
pub const SPILE_NO_CONDITION: u32 = 4294967295;
pub const SPILE_NOT_ASKED: u32 = 2;
pub const SPILE_TRAMPOLINE_RETURNS: u32 = 1;
pub const SPILE_RETURN_WORD: u32 = 8;
pub const SPILE_MAX_CHAIN: u32 = 16;
pub const SPILE_NO_TRAMPOLINE: u32 = 4294967295;
pub const SPILE_ROW_HASH: u32 = 2654435761;
pub const SPILE_MAX_FIXUPS: u32 = 65536;
pub const SPILE_PROBE_OPTIONAL: u32 = 1;
pub const SPILE_PROBE_REGS: u32 = 2;
pub const SPILE_LEVELS: u32 = 4;
pub const SPILE_OWNER: u32 = 2147483648;
pub const SPILE_CTX_IMAGE_WORDS: u32 = 16;
pub const SPILE_SAMPLE: u32 = 32;
pub const SPILE_RECORD_BUSY: u32 = 2147483648;
pub const SPILE_RECORD_SIZE: u32 = 1073741823;
pub const SPILE_PRINT_NAME: u32 = 2147483648;
pub const SPILE_NAME_BYTES: u32 = 16;
pub const SPILE_NO_LOCATION: u32 = 4294967295;
pub const SPILE_LOAD_OVERWRITE: u32 = 1;
pub const SPILE_LOAD_NO_OVERLOAD: u32 = 2;
pub type __u8 = ::core::ffi::c_uchar;
pub type __u16 = ::core::ffi::c_ushort;
pub type __s32 = ::core::ffi::c_int;
pub type __u32 = ::core::ffi::c_uint;
pub type __s64 = ::core::ffi::c_longlong;
pub type __u64 = ::core::ffi::c_ulonglong;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_image {
    pub magic: __u32,
    pub version: __u32,
    pub abi_hash: __u64,
    pub arch: __u32,
    pub image_size: __u32,
    pub text_off: __u32,
    pub text_size: __u32,
    pub stubs: __u32,
    pub imports_off: __u32,
    pub n_imports: __u32,
    pub probes_off: __u32,
    pub n_probes: __u32,
    pub strings_off: __u32,
    pub strings_size: __u32,
    pub data_size: __u32,
    pub part_size: __u32,
    pub scratch_size: __u32,
    pub init: __u32,
    pub host_off: __u32,
    pub host_size: __u32,
    pub trampolines_off: __u32,
    pub n_trampolines: __u32,
    pub fixups_off: __u32,
    pub n_fixups: __u32,
    pub conditions: __u32,
    pub n_conditions: __u32,
    pub reserved: __u32,
}
const _: () = {
    ["Size of spile_image"][::core::mem::size_of::<spile_image>() - 112usize];
    ["Alignment of spile_image"][::core::mem::align_of::<spile_image>() - 8usize];
    ["Offset of field: spile_image::magic"][::core::mem::offset_of!(spile_image, magic) - 0usize];
    ["Offset of field: spile_image::version"][::core::mem::offset_of!(spile_image, version) - 4usize];
    ["Offset of field: spile_image::abi_hash"][::core::mem::offset_of!(spile_image, abi_hash) - 8usize];
    ["Offset of field: spile_image::arch"][::core::mem::offset_of!(spile_image, arch) - 16usize];
    ["Offset of field: spile_image::image_size"][::core::mem::offset_of!(spile_image, image_size) - 20usize];
    ["Offset of field: spile_image::text_off"][::core::mem::offset_of!(spile_image, text_off) - 24usize];
    ["Offset of field: spile_image::text_size"][::core::mem::offset_of!(spile_image, text_size) - 28usize];
    ["Offset of field: spile_image::stubs"][::core::mem::offset_of!(spile_image, stubs) - 32usize];
    ["Offset of field: spile_image::imports_off"][::core::mem::offset_of!(spile_image, imports_off) - 36usize];
    ["Offset of field: spile_image::n_imports"][::core::mem::offset_of!(spile_image, n_imports) - 40usize];
    ["Offset of field: spile_image::probes_off"][::core::mem::offset_of!(spile_image, probes_off) - 44usize];
    ["Offset of field: spile_image::n_probes"][::core::mem::offset_of!(spile_image, n_probes) - 48usize];
    ["Offset of field: spile_image::strings_off"][::core::mem::offset_of!(spile_image, strings_off) - 52usize];
    ["Offset of field: spile_image::strings_size"][::core::mem::offset_of!(spile_image, strings_size) - 56usize];
    ["Offset of field: spile_image::data_size"][::core::mem::offset_of!(spile_image, data_size) - 60usize];
    ["Offset of field: spile_image::part_size"][::core::mem::offset_of!(spile_image, part_size) - 64usize];
    ["Offset of field: spile_image::scratch_size"][::core::mem::offset_of!(spile_image, scratch_size) - 68usize];
    ["Offset of field: spile_image::init"][::core::mem::offset_of!(spile_image, init) - 72usize];
    ["Offset of field: spile_image::host_off"][::core::mem::offset_of!(spile_image, host_off) - 76usize];
    ["Offset of field: spile_image::host_size"][::core::mem::offset_of!(spile_image, host_size) - 80usize];
    ["Offset of field: spile_image::trampolines_off"][::core::mem::offset_of!(spile_image, trampolines_off) - 84usize];
    ["Offset of field: spile_image::n_trampolines"][::core::mem::offset_of!(spile_image, n_trampolines) - 88usize];
    ["Offset of field: spile_image::fixups_off"][::core::mem::offset_of!(spile_image, fixups_off) - 92usize];
    ["Offset of field: spile_image::n_fixups"][::core::mem::offset_of!(spile_image, n_fixups) - 96usize];
    ["Offset of field: spile_image::conditions"][::core::mem::offset_of!(spile_image, conditions) - 100usize];
    ["Offset of field: spile_image::n_conditions"][::core::mem::offset_of!(spile_image, n_conditions) - 104usize];
    ["Offset of field: spile_image::reserved"][::core::mem::offset_of!(spile_image, reserved) - 108usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_trampoline {
    pub code: __u32,
    pub flags: __u32,
    pub n_sites: __u32,
    pub n_probes: __u32,
    pub rows_log2: __u32,
    pub rows_off: __u32,
}
const _: () = {
    ["Size of spile_trampoline"][::core::mem::size_of::<spile_trampoline>() - 24usize];
    ["Alignment of spile_trampoline"][::core::mem::align_of::<spile_trampoline>() - 4usize];
    ["Offset of field: spile_trampoline::code"][::core::mem::offset_of!(spile_trampoline, code) - 0usize];
    ["Offset of field: spile_trampoline::flags"][::core::mem::offset_of!(spile_trampoline, flags) - 4usize];
    ["Offset of field: spile_trampoline::n_sites"][::core::mem::offset_of!(spile_trampoline, n_sites) - 8usize];
    ["Offset of field: spile_trampoline::n_probes"][::core::mem::offset_of!(spile_trampoline, n_probes) - 12usize];
    ["Offset of field: spile_trampoline::rows_log2"][::core::mem::offset_of!(spile_trampoline, rows_log2) - 16usize];
    ["Offset of field: spile_trampoline::rows_off"][::core::mem::offset_of!(spile_trampoline, rows_off) - 20usize];
};
pub const SPILE_FIXUP_CONTEXT: spile_fixup_kind = 1;
pub const SPILE_FIXUP_PREEMPT: spile_fixup_kind = 2;
pub const SPILE_FIXUP_CURRENT: spile_fixup_kind = 3;
pub const SPILE_FIXUP_PERCPU_BASE: spile_fixup_kind = 4;
pub const SPILE_FIXUP_SESSION: spile_fixup_kind = 5;
pub type spile_fixup_kind = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_fixup {
    pub at: __u32,
    pub kind: __u32,
}
const _: () = {
    ["Size of spile_fixup"][::core::mem::size_of::<spile_fixup>() - 8usize];
    ["Alignment of spile_fixup"][::core::mem::align_of::<spile_fixup>() - 4usize];
    ["Offset of field: spile_fixup::at"][::core::mem::offset_of!(spile_fixup, at) - 0usize];
    ["Offset of field: spile_fixup::kind"][::core::mem::offset_of!(spile_fixup, kind) - 4usize];
};
pub const SPILE_PROBE_BEGIN: spile_probe_kind = 1;
pub const SPILE_PROBE_END: spile_probe_kind = 2;
pub const SPILE_PROBE_ERROR: spile_probe_kind = 3;
pub const SPILE_PROBE_TIMER: spile_probe_kind = 4;
pub const SPILE_PROBE_FUNCTION: spile_probe_kind = 5;
pub const SPILE_PROBE_RETURN: spile_probe_kind = 6;
pub const SPILE_PROBE_ADDRESS: spile_probe_kind = 7;
pub const SPILE_PROBE_TRACEPOINT: spile_probe_kind = 8;
pub type spile_probe_kind = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_probe {
    pub kind: __u32,
    pub flags: __u32,
    pub handler: __u32,
    pub entry_handler: __u32,
    pub name: __u32,
    pub entry_words: __u32,
    pub param: __s64,
    pub param2: __s64,
    pub offset: __u64,
    pub address: __u64,
    pub trampoline: __u32,
    pub site: __u32,
    pub position: __u32,
    pub condition: __u32,
}
const _: () = {
    ["Size of spile_probe"][::core::mem::size_of::<spile_probe>() - 72usize];
    ["Alignment of spile_probe"][::core::mem::align_of::<spile_probe>() - 8usize];
    ["Offset of field: spile_probe::kind"][::core::mem::offset_of!(spile_probe, kind) - 0usize];
    ["Offset of field: spile_probe::flags"][::core::mem::offset_of!(spile_probe, flags) - 4usize];
    ["Offset of field: spile_probe::handler"][::core::mem::offset_of!(spile_probe, handler) - 8usize];
    ["Offset of field: spile_probe::entry_handler"][::core::mem::offset_of!(spile_probe, entry_handler) - 12usize];
    ["Offset of field: spile_probe::name"][::core::mem::offset_of!(spile_probe, name) - 16usize];
    ["Offset of field: spile_probe::entry_words"][::core::mem::offset_of!(spile_probe, entry_words) - 20usize];
    ["Offset of field: spile_probe::param"][::core::mem::offset_of!(spile_probe, param) - 24usize];
    ["Offset of field: spile_probe::param2"][::core::mem::offset_of!(spile_probe, param2) - 32usize];
    ["Offset of field: spile_probe::offset"][::core::mem::offset_of!(spile_probe, offset) - 40usize];
    ["Offset of field: spile_probe::address"][::core::mem::offset_of!(spile_probe, address) - 48usize];
    ["Offset of field: spile_probe::trampoline"][::core::mem::offset_of!(spile_probe, trampoline) - 56usize];
    ["Offset of field: spile_probe::site"][::core::mem::offset_of!(spile_probe, site) - 60usize];
    ["Offset of field: spile_probe::position"][::core::mem::offset_of!(spile_probe, position) - 64usize];
    ["Offset of field: spile_probe::condition"][::core::mem::offset_of!(spile_probe, condition) - 68usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_ctx {
    pub next: __u64,
    pub state: __u64,
    pub hits: __u64,
    pub rows: __u64,
    pub data: __u64,
    pub part: __u64,
    pub parts: __u64,
    pub part_stride: __u64,
    pub scratch: __u64,
    pub counters: __u64,
    pub session: __u64,
    pub param: __u64,
    pub n_cpus: __u32,
    pub cpu: __u32,
    pub level: __u32,
    pub probe: __u32,
    pub regs: __u64,
    pub args: __u64,
    pub entry: __u64,
    pub result: __u64,
    pub task: __u64,
    pub calls: __u64,
    pub returns: __u64,
    pub lost_returns: __u64,
    pub sample: __u64,
    pub clocks: __u64,
    pub owner: __u64,
    pub image: [__u64; 16usize],
}
const _: () = {
    ["Size of spile_ctx"][::core::mem::size_of::<spile_ctx>() - 328usize];
    ["Alignment of spile_ctx"][::core::mem::align_of::<spile_ctx>() - 8usize];
    ["Offset of field: spile_ctx::next"][::core::mem::offset_of!(spile_ctx, next) - 0usize];
    ["Offset of field: spile_ctx::state"][::core::mem::offset_of!(spile_ctx, state) - 8usize];
    ["Offset of field: spile_ctx::hits"][::core::mem::offset_of!(spile_ctx, hits) - 16usize];
    ["Offset of field: spile_ctx::rows"][::core::mem::offset_of!(spile_ctx, rows) - 24usize];
    ["Offset of field: spile_ctx::data"][::core::mem::offset_of!(spile_ctx, data) - 32usize];
    ["Offset of field: spile_ctx::part"][::core::mem::offset_of!(spile_ctx, part) - 40usize];
    ["Offset of field: spile_ctx::parts"][::core::mem::offset_of!(spile_ctx, parts) - 48usize];
    ["Offset of field: spile_ctx::part_stride"][::core::mem::offset_of!(spile_ctx, part_stride) - 56usize];
    ["Offset of field: spile_ctx::scratch"][::core::mem::offset_of!(spile_ctx, scratch) - 64usize];
    ["Offset of field: spile_ctx::counters"][::core::mem::offset_of!(spile_ctx, counters) - 72usize];
    ["Offset of field: spile_ctx::session"][::core::mem::offset_of!(spile_ctx, session) - 80usize];
    ["Offset of field: spile_ctx::param"][::core::mem::offset_of!(spile_ctx, param) - 88usize];
    ["Offset of field: spile_ctx::n_cpus"][::core::mem::offset_of!(spile_ctx, n_cpus) - 96usize];
    ["Offset of field: spile_ctx::cpu"][::core::mem::offset_of!(spile_ctx, cpu) - 100usize];
    ["Offset of field: spile_ctx::level"][::core::mem::offset_of!(spile_ctx, level) - 104usize];
    ["Offset of field: spile_ctx::probe"][::core::mem::offset_of!(spile_ctx, probe) - 108usize];
    ["Offset of field: spile_ctx::regs"][::core::mem::offset_of!(spile_ctx, regs) - 112usize];
    ["Offset of field: spile_ctx::args"][::core::mem::offset_of!(spile_ctx, args) - 120usize];
    ["Offset of field: spile_ctx::entry"][::core::mem::offset_of!(spile_ctx, entry) - 128usize];
    ["Offset of field: spile_ctx::result"][::core::mem::offset_of!(spile_ctx, result) - 136usize];
    ["Offset of field: spile_ctx::task"][::core::mem::offset_of!(spile_ctx, task) - 144usize];
    ["Offset of field: spile_ctx::calls"][::core::mem::offset_of!(spile_ctx, calls) - 152usize];
    ["Offset of field: spile_ctx::returns"][::core::mem::offset_of!(spile_ctx, returns) - 160usize];
    ["Offset of field: spile_ctx::lost_returns"][::core::mem::offset_of!(spile_ctx, lost_returns) - 168usize];
    ["Offset of field: spile_ctx::sample"][::core::mem::offset_of!(spile_ctx, sample) - 176usize];
    ["Offset of field: spile_ctx::clocks"][::core::mem::offset_of!(spile_ctx, clocks) - 184usize];
    ["Offset of field: spile_ctx::owner"][::core::mem::offset_of!(spile_ctx, owner) - 192usize];
    ["Offset of field: spile_ctx::image"][::core::mem::offset_of!(spile_ctx, image) - 200usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_clocks_copy {
    pub last: __u64,
    pub mult: __u64,
    pub fraction: __u64,
    pub shift: __u64,
    pub mono: __u64,
    pub real: __u64,
    pub boot: __u64,
    pub reserved: __u64,
}
const _: () = {
    ["Size of spile_clocks_copy"][::core::mem::size_of::<spile_clocks_copy>() - 64usize];
    ["Alignment of spile_clocks_copy"][::core::mem::align_of::<spile_clocks_copy>() - 8usize];
    ["Offset of field: spile_clocks_copy::last"][::core::mem::offset_of!(spile_clocks_copy, last) - 0usize];
    ["Offset of field: spile_clocks_copy::mult"][::core::mem::offset_of!(spile_clocks_copy, mult) - 8usize];
    ["Offset of field: spile_clocks_copy::fraction"][::core::mem::offset_of!(spile_clocks_copy, fraction) - 16usize];
    ["Offset of field: spile_clocks_copy::shift"][::core::mem::offset_of!(spile_clocks_copy, shift) - 24usize];
    ["Offset of field: spile_clocks_copy::mono"][::core::mem::offset_of!(spile_clocks_copy, mono) - 32usize];
    ["Offset of field: spile_clocks_copy::real"][::core::mem::offset_of!(spile_clocks_copy, real) - 40usize];
    ["Offset of field: spile_clocks_copy::boot"][::core::mem::offset_of!(spile_clocks_copy, boot) - 48usize];
    ["Offset of field: spile_clocks_copy::reserved"][::core::mem::offset_of!(spile_clocks_copy, reserved) - 56usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_clocks {
    pub begun: __u64,
    pub ended: __u64,
    pub reserved: [__u64; 6usize],
    pub copies: [spile_clocks_copy; 2usize],
}
const _: () = {
    ["Size of spile_clocks"][::core::mem::size_of::<spile_clocks>() - 192usize];
    ["Alignment of spile_clocks"][::core::mem::align_of::<spile_clocks>() - 8usize];
    ["Offset of field: spile_clocks::begun"][::core::mem::offset_of!(spile_clocks, begun) - 0usize];
    ["Offset of field: spile_clocks::ended"][::core::mem::offset_of!(spile_clocks, ended) - 8usize];
    ["Offset of field: spile_clocks::reserved"][::core::mem::offset_of!(spile_clocks, reserved) - 16usize];
    ["Offset of field: spile_clocks::copies"][::core::mem::offset_of!(spile_clocks, copies) - 64usize];
};
pub const SPILE_SKIP_NESTED: spile_skip = 0;
pub const SPILE_SKIP_LOCK: spile_skip = 1;
pub const SPILE_SKIP_STATE: spile_skip = 2;
pub const SPILE_SKIP_MISSED: spile_skip = 3;
pub const SPILE_SKIPS: spile_skip = 4;
pub type spile_skip = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_counters {
    pub hits: __u64,
    pub skips: [__u64; 4usize],
}
const _: () = {
    ["Size of spile_counters"][::core::mem::size_of::<spile_counters>() - 40usize];
    ["Alignment of spile_counters"][::core::mem::align_of::<spile_counters>() - 8usize];
    ["Offset of field: spile_counters::hits"][::core::mem::offset_of!(spile_counters, hits) - 0usize];
    ["Offset of field: spile_counters::skips"][::core::mem::offset_of!(spile_counters, skips) - 8usize];
};
pub const SPILE_IMPORT_load_kernel_u8: spile_import = 0;
pub const SPILE_IMPORT_load_kernel_u16: spile_import = 1;
pub const SPILE_IMPORT_load_kernel_u32: spile_import = 2;
pub const SPILE_IMPORT_load_kernel_u64: spile_import = 3;
pub const SPILE_IMPORT_load_user_u8: spile_import = 4;
pub const SPILE_IMPORT_load_user_u16: spile_import = 5;
pub const SPILE_IMPORT_load_user_u32: spile_import = 6;
pub const SPILE_IMPORT_load_user_u64: spile_import = 7;
pub const SPILE_IMPORT_store_kernel_u8: spile_import = 8;
pub const SPILE_IMPORT_store_kernel_u16: spile_import = 9;
pub const SPILE_IMPORT_store_kernel_u32: spile_import = 10;
pub const SPILE_IMPORT_store_kernel_u64: spile_import = 11;
pub const SPILE_IMPORT_ring_reserve: spile_import = 12;
pub const SPILE_IMPORT_ring_commit: spile_import = 13;
pub const SPILE_IMPORT_session_exit: spile_import = 14;
pub const SPILE_IMPORT_session_fail: spile_import = 15;
pub const SPILE_IMPORT_time_mono_ns: spile_import = 16;
pub const SPILE_IMPORT_time_real_ns: spile_import = 17;
pub const SPILE_IMPORT_time_boot_ns: spile_import = 18;
pub const SPILE_IMPORT_cycles: spile_import = 19;
pub const SPILE_IMPORT_jiffies: spile_import = 20;
pub const SPILE_IMPORT_resched: spile_import = 21;
pub const SPILE_IMPORT_hit_skipped: spile_import = 22;
pub const SPILE_IMPORT_hit_timed: spile_import = 23;
pub const SPILE_IMPORT_ring_flush: spile_import = 24;
pub const SPILE_IMPORT_conditions_changed: spile_import = 25;
pub const SPILE_N_IMPORTS: spile_import = 26;
pub type spile_import = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_loaded {
    pub value: __u64,
    pub fault: __u64,
}
const _: () = {
    ["Size of spile_loaded"][::core::mem::size_of::<spile_loaded>() - 16usize];
    ["Alignment of spile_loaded"][::core::mem::align_of::<spile_loaded>() - 8usize];
    ["Offset of field: spile_loaded::value"][::core::mem::offset_of!(spile_loaded, value) - 0usize];
    ["Offset of field: spile_loaded::fault"][::core::mem::offset_of!(spile_loaded, fault) - 8usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_ring {
    pub head: __u64,
    pub first: __u64,
    pub flushes: __u64,
    pub records: __u64,
    pub dropped: __u64,
    pub dropped_bytes: __u64,
    pub counters: spile_counters,
}
const _: () = {
    ["Size of spile_ring"][::core::mem::size_of::<spile_ring>() - 88usize];
    ["Alignment of spile_ring"][::core::mem::align_of::<spile_ring>() - 8usize];
    ["Offset of field: spile_ring::head"][::core::mem::offset_of!(spile_ring, head) - 0usize];
    ["Offset of field: spile_ring::first"][::core::mem::offset_of!(spile_ring, first) - 8usize];
    ["Offset of field: spile_ring::flushes"][::core::mem::offset_of!(spile_ring, flushes) - 16usize];
    ["Offset of field: spile_ring::records"][::core::mem::offset_of!(spile_ring, records) - 24usize];
    ["Offset of field: spile_ring::dropped"][::core::mem::offset_of!(spile_ring, dropped) - 32usize];
    ["Offset of field: spile_ring::dropped_bytes"][::core::mem::offset_of!(spile_ring, dropped_bytes) - 40usize];
    ["Offset of field: spile_ring::counters"][::core::mem::offset_of!(spile_ring, counters) - 48usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_ring_tail {
    pub tail: __u64,
    pub flushes: __u64,
}
const _: () = {
    ["Size of spile_ring_tail"][::core::mem::size_of::<spile_ring_tail>() - 16usize];
    ["Alignment of spile_ring_tail"][::core::mem::align_of::<spile_ring_tail>() - 8usize];
    ["Offset of field: spile_ring_tail::tail"][::core::mem::offset_of!(spile_ring_tail, tail) - 0usize];
    ["Offset of field: spile_ring_tail::flushes"][::core::mem::offset_of!(spile_ring_tail, flushes) - 8usize];
};
pub const SPILE_RECORD_PAD: spile_record_type = 0;
pub const SPILE_RECORD_PRINT: spile_record_type = 1;
pub const SPILE_RECORD_ERROR: spile_record_type = 2;
pub const SPILE_RECORD_WARNING: spile_record_type = 3;
pub const SPILE_RECORD_SYSTEM: spile_record_type = 4;
pub const SPILE_RECORD_SKIPPED: spile_record_type = 5;
pub const SPILE_RECORD_TIMING: spile_record_type = 6;
pub type spile_record_type = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_record {
    pub size: __u32,
    pub type_: __u16,
    pub level: __u16,
    pub time: __u64,
}
const _: () = {
    ["Size of spile_record"][::core::mem::size_of::<spile_record>() - 16usize];
    ["Alignment of spile_record"][::core::mem::align_of::<spile_record>() - 8usize];
    ["Offset of field: spile_record::size"][::core::mem::offset_of!(spile_record, size) - 0usize];
    ["Offset of field: spile_record::type_"][::core::mem::offset_of!(spile_record, type_) - 4usize];
    ["Offset of field: spile_record::level"][::core::mem::offset_of!(spile_record, level) - 6usize];
    ["Offset of field: spile_record::time"][::core::mem::offset_of!(spile_record, time) - 8usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_print {
    pub record: spile_record,
    pub format: __u32,
    pub n_args: __u32,
}
const _: () = {
    ["Size of spile_print"][::core::mem::size_of::<spile_print>() - 24usize];
    ["Alignment of spile_print"][::core::mem::align_of::<spile_print>() - 8usize];
    ["Offset of field: spile_print::record"][::core::mem::offset_of!(spile_print, record) - 0usize];
    ["Offset of field: spile_print::format"][::core::mem::offset_of!(spile_print, format) - 16usize];
    ["Offset of field: spile_print::n_args"][::core::mem::offset_of!(spile_print, n_args) - 20usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_hist {
    pub kind: __u32,
    pub n_buckets: __u32,
    pub low: __s64,
    pub high: __s64,
    pub step: __s64,
    pub count: __s64,
    pub sum: __s64,
    pub min: __s64,
    pub max: __s64,
}
const _: () = {
    ["Size of spile_hist"][::core::mem::size_of::<spile_hist>() - 64usize];
    ["Alignment of spile_hist"][::core::mem::align_of::<spile_hist>() - 8usize];
    ["Offset of field: spile_hist::kind"][::core::mem::offset_of!(spile_hist, kind) - 0usize];
    ["Offset of field: spile_hist::n_buckets"][::core::mem::offset_of!(spile_hist, n_buckets) - 4usize];
    ["Offset of field: spile_hist::low"][::core::mem::offset_of!(spile_hist, low) - 8usize];
    ["Offset of field: spile_hist::high"][::core::mem::offset_of!(spile_hist, high) - 16usize];
    ["Offset of field: spile_hist::step"][::core::mem::offset_of!(spile_hist, step) - 24usize];
    ["Offset of field: spile_hist::count"][::core::mem::offset_of!(spile_hist, count) - 32usize];
    ["Offset of field: spile_hist::sum"][::core::mem::offset_of!(spile_hist, sum) - 40usize];
    ["Offset of field: spile_hist::min"][::core::mem::offset_of!(spile_hist, min) - 48usize];
    ["Offset of field: spile_hist::max"][::core::mem::offset_of!(spile_hist, max) - 56usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_message {
    pub record: spile_record,
    pub code: __u32,
    pub location: __u32,
    pub probe: __u32,
    pub length: __u32,
}
const _: () = {
    ["Size of spile_message"][::core::mem::size_of::<spile_message>() - 32usize];
    ["Alignment of spile_message"][::core::mem::align_of::<spile_message>() - 8usize];
    ["Offset of field: spile_message::record"][::core::mem::offset_of!(spile_message, record) - 0usize];
    ["Offset of field: spile_message::code"][::core::mem::offset_of!(spile_message, code) - 16usize];
    ["Offset of field: spile_message::location"][::core::mem::offset_of!(spile_message, location) - 20usize];
    ["Offset of field: spile_message::probe"][::core::mem::offset_of!(spile_message, probe) - 24usize];
    ["Offset of field: spile_message::length"][::core::mem::offset_of!(spile_message, length) - 28usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_timing {
    pub record: spile_record,
    pub probe: __u32,
    pub reserved: __u32,
    pub elapsed: __u64,
    pub count: __u64,
    pub sum: __u64,
    pub min: __u64,
    pub max: __u64,
    pub squares_low: __u64,
    pub squares_high: __u64,
    pub lock_waits: __u64,
    pub lock_wait_ns: __u64,
    pub buckets: [__u64; 32usize],
}
const _: () = {
    ["Size of spile_timing"][::core::mem::size_of::<spile_timing>() - 352usize];
    ["Alignment of spile_timing"][::core::mem::align_of::<spile_timing>() - 8usize];
    ["Offset of field: spile_timing::record"][::core::mem::offset_of!(spile_timing, record) - 0usize];
    ["Offset of field: spile_timing::probe"][::core::mem::offset_of!(spile_timing, probe) - 16usize];
    ["Offset of field: spile_timing::reserved"][::core::mem::offset_of!(spile_timing, reserved) - 20usize];
    ["Offset of field: spile_timing::elapsed"][::core::mem::offset_of!(spile_timing, elapsed) - 24usize];
    ["Offset of field: spile_timing::count"][::core::mem::offset_of!(spile_timing, count) - 32usize];
    ["Offset of field: spile_timing::sum"][::core::mem::offset_of!(spile_timing, sum) - 40usize];
    ["Offset of field: spile_timing::min"][::core::mem::offset_of!(spile_timing, min) - 48usize];
    ["Offset of field: spile_timing::max"][::core::mem::offset_of!(spile_timing, max) - 56usize];
    ["Offset of field: spile_timing::squares_low"][::core::mem::offset_of!(spile_timing, squares_low) - 64usize];
    ["Offset of field: spile_timing::squares_high"][::core::mem::offset_of!(spile_timing, squares_high) - 72usize];
    ["Offset of field: spile_timing::lock_waits"][::core::mem::offset_of!(spile_timing, lock_waits) - 80usize];
    ["Offset of field: spile_timing::lock_wait_ns"][::core::mem::offset_of!(spile_timing, lock_wait_ns) - 88usize];
    ["Offset of field: spile_timing::buckets"][::core::mem::offset_of!(spile_timing, buckets) - 96usize];
};
pub const SPILE_ERROR_NONE: spile_error = 0;
pub const SPILE_ERROR_ACTION: spile_error = 1;
pub const SPILE_ERROR_NESTING: spile_error = 2;
pub const SPILE_ERROR_DIVISION: spile_error = 3;
pub const SPILE_ERROR_MAP_FULL: spile_error = 4;
pub const SPILE_ERROR_MAP_SIZE: spile_error = 5;
pub const SPILE_ERROR_EMPTY: spile_error = 6;
pub const SPILE_ERROR_HIST_INDEX: spile_error = 7;
pub const SPILE_ERROR_EXHAUSTED: spile_error = 8;
pub const SPILE_ERROR_KERNEL_READ: spile_error = 9;
pub const SPILE_ERROR_USER_READ: spile_error = 10;
pub const SPILE_ERROR_KERNEL_STRING: spile_error = 11;
pub const SPILE_ERROR_USER_STRING: spile_error = 12;
pub const SPILE_ERROR_KERNEL_WRITE: spile_error = 13;
pub const SPILE_ERROR_SCRIPT: spile_error = 14;
pub type spile_error = ::core::ffi::c_uint;
pub const SPILE_STATE_LOADED: spile_state = 0;
pub const SPILE_STATE_STARTING: spile_state = 1;
pub const SPILE_STATE_RUNNING: spile_state = 2;
pub const SPILE_STATE_EXITING: spile_state = 3;
pub const SPILE_STATE_FAILED: spile_state = 4;
pub const SPILE_STATE_STOPPED: spile_state = 5;
pub type spile_state = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_user_cred {
    pub uid: __u32,
    pub gid: __u32,
    pub euid: __u32,
    pub egid: __u32,
}
const _: () = {
    ["Size of spile_user_cred"][::core::mem::size_of::<spile_user_cred>() - 16usize];
    ["Alignment of spile_user_cred"][::core::mem::align_of::<spile_user_cred>() - 4usize];
    ["Offset of field: spile_user_cred::uid"][::core::mem::offset_of!(spile_user_cred, uid) - 0usize];
    ["Offset of field: spile_user_cred::gid"][::core::mem::offset_of!(spile_user_cred, gid) - 4usize];
    ["Offset of field: spile_user_cred::euid"][::core::mem::offset_of!(spile_user_cred, euid) - 8usize];
    ["Offset of field: spile_user_cred::egid"][::core::mem::offset_of!(spile_user_cred, egid) - 12usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_user_task {
    pub pid: __s32,
    pub tgid: __s32,
    pub real_parent: __u64,
    pub cred: __u64,
    pub comm: [__u8; 16usize],
}
const _: () = {
    ["Size of spile_user_task"][::core::mem::size_of::<spile_user_task>() - 40usize];
    ["Alignment of spile_user_task"][::core::mem::align_of::<spile_user_task>() - 8usize];
    ["Offset of field: spile_user_task::pid"][::core::mem::offset_of!(spile_user_task, pid) - 0usize];
    ["Offset of field: spile_user_task::tgid"][::core::mem::offset_of!(spile_user_task, tgid) - 4usize];
    ["Offset of field: spile_user_task::real_parent"][::core::mem::offset_of!(spile_user_task, real_parent) - 8usize];
    ["Offset of field: spile_user_task::cred"][::core::mem::offset_of!(spile_user_task, cred) - 16usize];
    ["Offset of field: spile_user_task::comm"][::core::mem::offset_of!(spile_user_task, comm) - 24usize];
};
pub const SPILE_CLOCK_MONOTONIC: spile_clock = 0;
pub const SPILE_CLOCK_CYCLES: spile_clock = 1;
pub type spile_clock = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_info {
    pub abi_hash: __u64,
    pub version: __u32,
    pub arch: __u32,
    pub n_cpus: __u32,
    pub page_size: __u32,
    pub arena_size: __u32,
    pub arena_free: __u32,
    pub ring_stride: __u64,
    pub clock: __u32,
    pub reserved: __u32,
}
const _: () = {
    ["Size of spile_info"][::core::mem::size_of::<spile_info>() - 48usize];
    ["Alignment of spile_info"][::core::mem::align_of::<spile_info>() - 8usize];
    ["Offset of field: spile_info::abi_hash"][::core::mem::offset_of!(spile_info, abi_hash) - 0usize];
    ["Offset of field: spile_info::version"][::core::mem::offset_of!(spile_info, version) - 8usize];
    ["Offset of field: spile_info::arch"][::core::mem::offset_of!(spile_info, arch) - 12usize];
    ["Offset of field: spile_info::n_cpus"][::core::mem::offset_of!(spile_info, n_cpus) - 16usize];
    ["Offset of field: spile_info::page_size"][::core::mem::offset_of!(spile_info, page_size) - 20usize];
    ["Offset of field: spile_info::arena_size"][::core::mem::offset_of!(spile_info, arena_size) - 24usize];
    ["Offset of field: spile_info::arena_free"][::core::mem::offset_of!(spile_info, arena_free) - 28usize];
    ["Offset of field: spile_info::ring_stride"][::core::mem::offset_of!(spile_info, ring_stride) - 32usize];
    ["Offset of field: spile_info::clock"][::core::mem::offset_of!(spile_info, clock) - 40usize];
    ["Offset of field: spile_info::reserved"][::core::mem::offset_of!(spile_info, reserved) - 44usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_load {
    pub image: __u64,
    pub image_size: __u32,
    pub ring_bytes: __u32,
    pub param: __u64,
    pub flags: __u32,
    pub attach: __u32,
    pub overload_threshold: __u64,
    pub overload_interval: __u64,
}
const _: () = {
    ["Size of spile_load"][::core::mem::size_of::<spile_load>() - 48usize];
    ["Alignment of spile_load"][::core::mem::align_of::<spile_load>() - 8usize];
    ["Offset of field: spile_load::image"][::core::mem::offset_of!(spile_load, image) - 0usize];
    ["Offset of field: spile_load::image_size"][::core::mem::offset_of!(spile_load, image_size) - 8usize];
    ["Offset of field: spile_load::ring_bytes"][::core::mem::offset_of!(spile_load, ring_bytes) - 12usize];
    ["Offset of field: spile_load::param"][::core::mem::offset_of!(spile_load, param) - 16usize];
    ["Offset of field: spile_load::flags"][::core::mem::offset_of!(spile_load, flags) - 24usize];
    ["Offset of field: spile_load::attach"][::core::mem::offset_of!(spile_load, attach) - 28usize];
    ["Offset of field: spile_load::overload_threshold"]
        [::core::mem::offset_of!(spile_load, overload_threshold) - 32usize];
    ["Offset of field: spile_load::overload_interval"]
        [::core::mem::offset_of!(spile_load, overload_interval) - 40usize];
};
pub const SPILE_ATTACH_NONE: spile_attach = 0;
pub const SPILE_ATTACH_DIRECT: spile_attach = 1;
pub const SPILE_ATTACH_FTRACE: spile_attach = 2;
pub const SPILE_ATTACH_FPROBE: spile_attach = 3;
pub const SPILE_ATTACH_KPROBE: spile_attach = 4;
pub const SPILE_ATTACH_TRACEPOINT: spile_attach = 5;
pub const SPILE_ATTACH_TIMER: spile_attach = 6;
pub type spile_attach = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_status {
    pub state: __u32,
    pub n_attached: __u32,
    pub text: __u64,
    pub failed: __u32,
    pub overload_cpu: __u32,
    pub overload_cycles: __u64,
    pub overload_interval: __u64,
    pub overload_threshold: __u64,
}
const _: () = {
    ["Size of spile_status"][::core::mem::size_of::<spile_status>() - 48usize];
    ["Alignment of spile_status"][::core::mem::align_of::<spile_status>() - 8usize];
    ["Offset of field: spile_status::state"][::core::mem::offset_of!(spile_status, state) - 0usize];
    ["Offset of field: spile_status::n_attached"][::core::mem::offset_of!(spile_status, n_attached) - 4usize];
    ["Offset of field: spile_status::text"][::core::mem::offset_of!(spile_status, text) - 8usize];
    ["Offset of field: spile_status::failed"][::core::mem::offset_of!(spile_status, failed) - 16usize];
    ["Offset of field: spile_status::overload_cpu"][::core::mem::offset_of!(spile_status, overload_cpu) - 20usize];
    ["Offset of field: spile_status::overload_cycles"]
        [::core::mem::offset_of!(spile_status, overload_cycles) - 24usize];
    ["Offset of field: spile_status::overload_interval"]
        [::core::mem::offset_of!(spile_status, overload_interval) - 32usize];
    ["Offset of field: spile_status::overload_threshold"]
        [::core::mem::offset_of!(spile_status, overload_threshold) - 40usize];
};
#[repr(C)]
#[derive(
    Debug,
    Default,
    Copy,
    Clone,
    PartialEq,
    Eq,
    zerocopy :: FromBytes,
    zerocopy :: IntoBytes,
    zerocopy :: Immutable,
    zerocopy :: KnownLayout,
)]
pub struct spile_probe_status {
    pub probe: __u32,
    pub error: __s32,
    pub hits: __u64,
    pub missed: __u64,
    pub attach: __u32,
    pub direct_error: __s32,
    pub armed: __u32,
    pub times: __u32,
}
const _: () = {
    ["Size of spile_probe_status"][::core::mem::size_of::<spile_probe_status>() - 40usize];
    ["Alignment of spile_probe_status"][::core::mem::align_of::<spile_probe_status>() - 8usize];
    ["Offset of field: spile_probe_status::probe"][::core::mem::offset_of!(spile_probe_status, probe) - 0usize];
    ["Offset of field: spile_probe_status::error"][::core::mem::offset_of!(spile_probe_status, error) - 4usize];
    ["Offset of field: spile_probe_status::hits"][::core::mem::offset_of!(spile_probe_status, hits) - 8usize];
    ["Offset of field: spile_probe_status::missed"][::core::mem::offset_of!(spile_probe_status, missed) - 16usize];
    ["Offset of field: spile_probe_status::attach"][::core::mem::offset_of!(spile_probe_status, attach) - 24usize];
    ["Offset of field: spile_probe_status::direct_error"]
        [::core::mem::offset_of!(spile_probe_status, direct_error) - 28usize];
    ["Offset of field: spile_probe_status::armed"][::core::mem::offset_of!(spile_probe_status, armed) - 32usize];
    ["Offset of field: spile_probe_status::times"][::core::mem::offset_of!(spile_probe_status, times) - 36usize];
};
pub const SPILE_IOCTL_INFO: __u32 = 2150650736;
pub const SPILE_IOCTL_LOAD: __u32 = 1076908913;
pub const SPILE_IOCTL_START: __u32 = 21362;
pub const SPILE_IOCTL_STOP: __u32 = 21363;
pub const SPILE_IOCTL_STATUS: __u32 = 2150650740;
pub const SPILE_IOCTL_PROBE: __u32 = 3223868277;
