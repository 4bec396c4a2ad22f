// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Generated from rt.h by jit/rt/tests/generated.rs; do not edit.

pub const RT_ABORT: u32 = 4294967295;
pub const RT_LOCK_WRITER: u32 = 2147483648;
pub const RT_NO_REGISTER: u32 = 65535;
pub const RT_MAX_REGISTERS: u32 = 128;
pub type __u8 = ::core::ffi::c_uchar;
pub type __u16 = ::core::ffi::c_ushort;
pub type __u32 = ::core::ffi::c_uint;
pub type __u64 = ::core::ffi::c_ulonglong;
pub type __s64 = ::core::ffi::c_longlong;
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_ctx {
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
    pub frame_top: __u64,
    pub budget: __s64,
    pub depth: __u32,
    pub error: __u32,
    pub error_arg: __u64,
    pub error_location: __u32,
    pub matched: __u32,
    pub error_text: __u64,
    pub random: __u64,
    pub word: __u64,
    pub keys: [__u64; 4usize],
}
const _: () = {
    ["Size of rt_ctx"][::core::mem::size_of::<rt_ctx>() - 296usize];
    ["Alignment of rt_ctx"][::core::mem::align_of::<rt_ctx>() - 8usize];
    ["Offset of field: rt_ctx::next"][::core::mem::offset_of!(rt_ctx, next) - 0usize];
    ["Offset of field: rt_ctx::state"][::core::mem::offset_of!(rt_ctx, state) - 8usize];
    ["Offset of field: rt_ctx::hits"][::core::mem::offset_of!(rt_ctx, hits) - 16usize];
    ["Offset of field: rt_ctx::rows"][::core::mem::offset_of!(rt_ctx, rows) - 24usize];
    ["Offset of field: rt_ctx::data"][::core::mem::offset_of!(rt_ctx, data) - 32usize];
    ["Offset of field: rt_ctx::part"][::core::mem::offset_of!(rt_ctx, part) - 40usize];
    ["Offset of field: rt_ctx::parts"][::core::mem::offset_of!(rt_ctx, parts) - 48usize];
    ["Offset of field: rt_ctx::part_stride"][::core::mem::offset_of!(rt_ctx, part_stride) - 56usize];
    ["Offset of field: rt_ctx::scratch"][::core::mem::offset_of!(rt_ctx, scratch) - 64usize];
    ["Offset of field: rt_ctx::counters"][::core::mem::offset_of!(rt_ctx, counters) - 72usize];
    ["Offset of field: rt_ctx::session"][::core::mem::offset_of!(rt_ctx, session) - 80usize];
    ["Offset of field: rt_ctx::param"][::core::mem::offset_of!(rt_ctx, param) - 88usize];
    ["Offset of field: rt_ctx::n_cpus"][::core::mem::offset_of!(rt_ctx, n_cpus) - 96usize];
    ["Offset of field: rt_ctx::cpu"][::core::mem::offset_of!(rt_ctx, cpu) - 100usize];
    ["Offset of field: rt_ctx::level"][::core::mem::offset_of!(rt_ctx, level) - 104usize];
    ["Offset of field: rt_ctx::probe"][::core::mem::offset_of!(rt_ctx, probe) - 108usize];
    ["Offset of field: rt_ctx::regs"][::core::mem::offset_of!(rt_ctx, regs) - 112usize];
    ["Offset of field: rt_ctx::args"][::core::mem::offset_of!(rt_ctx, args) - 120usize];
    ["Offset of field: rt_ctx::entry"][::core::mem::offset_of!(rt_ctx, entry) - 128usize];
    ["Offset of field: rt_ctx::result"][::core::mem::offset_of!(rt_ctx, result) - 136usize];
    ["Offset of field: rt_ctx::task"][::core::mem::offset_of!(rt_ctx, task) - 144usize];
    ["Offset of field: rt_ctx::calls"][::core::mem::offset_of!(rt_ctx, calls) - 152usize];
    ["Offset of field: rt_ctx::returns"][::core::mem::offset_of!(rt_ctx, returns) - 160usize];
    ["Offset of field: rt_ctx::lost_returns"][::core::mem::offset_of!(rt_ctx, lost_returns) - 168usize];
    ["Offset of field: rt_ctx::sample"][::core::mem::offset_of!(rt_ctx, sample) - 176usize];
    ["Offset of field: rt_ctx::clocks"][::core::mem::offset_of!(rt_ctx, clocks) - 184usize];
    ["Offset of field: rt_ctx::owner"][::core::mem::offset_of!(rt_ctx, owner) - 192usize];
    ["Offset of field: rt_ctx::frame_top"][::core::mem::offset_of!(rt_ctx, frame_top) - 200usize];
    ["Offset of field: rt_ctx::budget"][::core::mem::offset_of!(rt_ctx, budget) - 208usize];
    ["Offset of field: rt_ctx::depth"][::core::mem::offset_of!(rt_ctx, depth) - 216usize];
    ["Offset of field: rt_ctx::error"][::core::mem::offset_of!(rt_ctx, error) - 220usize];
    ["Offset of field: rt_ctx::error_arg"][::core::mem::offset_of!(rt_ctx, error_arg) - 224usize];
    ["Offset of field: rt_ctx::error_location"][::core::mem::offset_of!(rt_ctx, error_location) - 232usize];
    ["Offset of field: rt_ctx::matched"][::core::mem::offset_of!(rt_ctx, matched) - 236usize];
    ["Offset of field: rt_ctx::error_text"][::core::mem::offset_of!(rt_ctx, error_text) - 240usize];
    ["Offset of field: rt_ctx::random"][::core::mem::offset_of!(rt_ctx, random) - 248usize];
    ["Offset of field: rt_ctx::word"][::core::mem::offset_of!(rt_ctx, word) - 256usize];
    ["Offset of field: rt_ctx::keys"][::core::mem::offset_of!(rt_ctx, keys) - 264usize];
};
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_session {
    pub errors: __u64,
    pub skips: __u64,
    pub max_string: __u32,
    pub max_errors: __u32,
    pub max_skipped: __u32,
    pub max_nesting: __u32,
    pub max_trylock: __u32,
    pub scratch_size: __u32,
    pub reserve: __u32,
    pub timing_off: __u32,
    pub begun: __u64,
    pub globals: __u64,
}
const _: () = {
    ["Size of rt_session"][::core::mem::size_of::<rt_session>() - 64usize];
    ["Alignment of rt_session"][::core::mem::align_of::<rt_session>() - 8usize];
    ["Offset of field: rt_session::errors"][::core::mem::offset_of!(rt_session, errors) - 0usize];
    ["Offset of field: rt_session::skips"][::core::mem::offset_of!(rt_session, skips) - 8usize];
    ["Offset of field: rt_session::max_string"][::core::mem::offset_of!(rt_session, max_string) - 16usize];
    ["Offset of field: rt_session::max_errors"][::core::mem::offset_of!(rt_session, max_errors) - 20usize];
    ["Offset of field: rt_session::max_skipped"][::core::mem::offset_of!(rt_session, max_skipped) - 24usize];
    ["Offset of field: rt_session::max_nesting"][::core::mem::offset_of!(rt_session, max_nesting) - 28usize];
    ["Offset of field: rt_session::max_trylock"][::core::mem::offset_of!(rt_session, max_trylock) - 32usize];
    ["Offset of field: rt_session::scratch_size"][::core::mem::offset_of!(rt_session, scratch_size) - 36usize];
    ["Offset of field: rt_session::reserve"][::core::mem::offset_of!(rt_session, reserve) - 40usize];
    ["Offset of field: rt_session::timing_off"][::core::mem::offset_of!(rt_session, timing_off) - 44usize];
    ["Offset of field: rt_session::begun"][::core::mem::offset_of!(rt_session, begun) - 48usize];
    ["Offset of field: rt_session::globals"][::core::mem::offset_of!(rt_session, globals) - 56usize];
};
pub const RT_INT: rt_kind = 0;
pub const RT_STR: rt_kind = 1;
pub const RT_STAT: rt_kind = 2;
pub const RT_MAP: rt_kind = 3;
pub type rt_kind = ::core::ffi::c_uint;
pub const RT_HIST_NONE: rt_hist = 0;
pub const RT_HIST_LOG: rt_hist = 1;
pub const RT_HIST_LINEAR: rt_hist = 2;
pub type rt_hist = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_global {
    pub kind: __u8,
    pub value: __u8,
    pub hist: __u8,
    pub variance: __u8,
    pub variance_shift: __u8,
    pub wrap: __u8,
    pub n_keys: __u8,
    pub sized: __u8,
    pub sum: __u8,
    pub extremes: __u8,
    pub sharded: __u8,
    pub shared: __u8,
    pub spare: __u8,
    pub n_orders: __u8,
    pub reserved: [__u8; 2usize],
    pub visits: __u32,
    pub str_keys: __u32,
    pub capacity: __u32,
    pub max_string: __u32,
    pub low: __s64,
    pub high: __s64,
    pub step: __s64,
    pub slot: __u32,
    pub n_buckets: __u32,
    pub stat_size: __u32,
    pub node_size: __u32,
    pub n_slots: __u32,
    pub data_off: __u32,
    pub data_size: __u32,
    pub part_off: __u32,
    pub part_size: __u32,
    pub lock_off: __u32,
    pub nodes_off: __u32,
    pub keys_off: __u32,
    pub hash_shift: __u32,
    pub select: __u32,
    pub select_off: __u32,
    pub select_size: __u32,
    pub select_lock_off: __u32,
    pub unused: __u32,
}
const _: () = {
    ["Size of rt_global"][::core::mem::size_of::<rt_global>() - 128usize];
    ["Alignment of rt_global"][::core::mem::align_of::<rt_global>() - 8usize];
    ["Offset of field: rt_global::kind"][::core::mem::offset_of!(rt_global, kind) - 0usize];
    ["Offset of field: rt_global::value"][::core::mem::offset_of!(rt_global, value) - 1usize];
    ["Offset of field: rt_global::hist"][::core::mem::offset_of!(rt_global, hist) - 2usize];
    ["Offset of field: rt_global::variance"][::core::mem::offset_of!(rt_global, variance) - 3usize];
    ["Offset of field: rt_global::variance_shift"][::core::mem::offset_of!(rt_global, variance_shift) - 4usize];
    ["Offset of field: rt_global::wrap"][::core::mem::offset_of!(rt_global, wrap) - 5usize];
    ["Offset of field: rt_global::n_keys"][::core::mem::offset_of!(rt_global, n_keys) - 6usize];
    ["Offset of field: rt_global::sized"][::core::mem::offset_of!(rt_global, sized) - 7usize];
    ["Offset of field: rt_global::sum"][::core::mem::offset_of!(rt_global, sum) - 8usize];
    ["Offset of field: rt_global::extremes"][::core::mem::offset_of!(rt_global, extremes) - 9usize];
    ["Offset of field: rt_global::sharded"][::core::mem::offset_of!(rt_global, sharded) - 10usize];
    ["Offset of field: rt_global::shared"][::core::mem::offset_of!(rt_global, shared) - 11usize];
    ["Offset of field: rt_global::spare"][::core::mem::offset_of!(rt_global, spare) - 12usize];
    ["Offset of field: rt_global::n_orders"][::core::mem::offset_of!(rt_global, n_orders) - 13usize];
    ["Offset of field: rt_global::reserved"][::core::mem::offset_of!(rt_global, reserved) - 14usize];
    ["Offset of field: rt_global::visits"][::core::mem::offset_of!(rt_global, visits) - 16usize];
    ["Offset of field: rt_global::str_keys"][::core::mem::offset_of!(rt_global, str_keys) - 20usize];
    ["Offset of field: rt_global::capacity"][::core::mem::offset_of!(rt_global, capacity) - 24usize];
    ["Offset of field: rt_global::max_string"][::core::mem::offset_of!(rt_global, max_string) - 28usize];
    ["Offset of field: rt_global::low"][::core::mem::offset_of!(rt_global, low) - 32usize];
    ["Offset of field: rt_global::high"][::core::mem::offset_of!(rt_global, high) - 40usize];
    ["Offset of field: rt_global::step"][::core::mem::offset_of!(rt_global, step) - 48usize];
    ["Offset of field: rt_global::slot"][::core::mem::offset_of!(rt_global, slot) - 56usize];
    ["Offset of field: rt_global::n_buckets"][::core::mem::offset_of!(rt_global, n_buckets) - 60usize];
    ["Offset of field: rt_global::stat_size"][::core::mem::offset_of!(rt_global, stat_size) - 64usize];
    ["Offset of field: rt_global::node_size"][::core::mem::offset_of!(rt_global, node_size) - 68usize];
    ["Offset of field: rt_global::n_slots"][::core::mem::offset_of!(rt_global, n_slots) - 72usize];
    ["Offset of field: rt_global::data_off"][::core::mem::offset_of!(rt_global, data_off) - 76usize];
    ["Offset of field: rt_global::data_size"][::core::mem::offset_of!(rt_global, data_size) - 80usize];
    ["Offset of field: rt_global::part_off"][::core::mem::offset_of!(rt_global, part_off) - 84usize];
    ["Offset of field: rt_global::part_size"][::core::mem::offset_of!(rt_global, part_size) - 88usize];
    ["Offset of field: rt_global::lock_off"][::core::mem::offset_of!(rt_global, lock_off) - 92usize];
    ["Offset of field: rt_global::nodes_off"][::core::mem::offset_of!(rt_global, nodes_off) - 96usize];
    ["Offset of field: rt_global::keys_off"][::core::mem::offset_of!(rt_global, keys_off) - 100usize];
    ["Offset of field: rt_global::hash_shift"][::core::mem::offset_of!(rt_global, hash_shift) - 104usize];
    ["Offset of field: rt_global::select"][::core::mem::offset_of!(rt_global, select) - 108usize];
    ["Offset of field: rt_global::select_off"][::core::mem::offset_of!(rt_global, select_off) - 112usize];
    ["Offset of field: rt_global::select_size"][::core::mem::offset_of!(rt_global, select_size) - 116usize];
    ["Offset of field: rt_global::select_lock_off"][::core::mem::offset_of!(rt_global, select_lock_off) - 120usize];
    ["Offset of field: rt_global::unused"][::core::mem::offset_of!(rt_global, unused) - 124usize];
};
pub const RT_LOCK_READ: rt_lock_mode = 1;
pub const RT_LOCK_WRITE: rt_lock_mode = 2;
pub const RT_LOCK_UPDATE: rt_lock_mode = 3;
pub const RT_LOCK_ALONE: rt_lock_mode = 4;
pub const RT_LOCK_SELECT: rt_lock_mode = 5;
pub type rt_lock_mode = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_lock {
    pub lock_off: __u32,
    pub mode: __u32,
    pub global: __u32,
    pub what: __u32,
    pub visits: __u32,
}
const _: () = {
    ["Size of rt_lock"][::core::mem::size_of::<rt_lock>() - 20usize];
    ["Alignment of rt_lock"][::core::mem::align_of::<rt_lock>() - 4usize];
    ["Offset of field: rt_lock::lock_off"][::core::mem::offset_of!(rt_lock, lock_off) - 0usize];
    ["Offset of field: rt_lock::mode"][::core::mem::offset_of!(rt_lock, mode) - 4usize];
    ["Offset of field: rt_lock::global"][::core::mem::offset_of!(rt_lock, global) - 8usize];
    ["Offset of field: rt_lock::what"][::core::mem::offset_of!(rt_lock, what) - 12usize];
    ["Offset of field: rt_lock::visits"][::core::mem::offset_of!(rt_lock, visits) - 16usize];
};
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_init_info {
    pub max_string: __u32,
    pub max_errors: __u32,
    pub max_skipped: __u32,
    pub max_nesting: __u32,
    pub max_trylock: __u32,
    pub scratch_size: __u32,
    pub n_globals: __u32,
    pub reserve: __u32,
}
const _: () = {
    ["Size of rt_init_info"][::core::mem::size_of::<rt_init_info>() - 32usize];
    ["Alignment of rt_init_info"][::core::mem::align_of::<rt_init_info>() - 4usize];
    ["Offset of field: rt_init_info::max_string"][::core::mem::offset_of!(rt_init_info, max_string) - 0usize];
    ["Offset of field: rt_init_info::max_errors"][::core::mem::offset_of!(rt_init_info, max_errors) - 4usize];
    ["Offset of field: rt_init_info::max_skipped"][::core::mem::offset_of!(rt_init_info, max_skipped) - 8usize];
    ["Offset of field: rt_init_info::max_nesting"][::core::mem::offset_of!(rt_init_info, max_nesting) - 12usize];
    ["Offset of field: rt_init_info::max_trylock"][::core::mem::offset_of!(rt_init_info, max_trylock) - 16usize];
    ["Offset of field: rt_init_info::scratch_size"][::core::mem::offset_of!(rt_init_info, scratch_size) - 20usize];
    ["Offset of field: rt_init_info::n_globals"][::core::mem::offset_of!(rt_init_info, n_globals) - 24usize];
    ["Offset of field: rt_init_info::reserve"][::core::mem::offset_of!(rt_init_info, reserve) - 28usize];
};
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_timing {
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
    ["Size of rt_timing"][::core::mem::size_of::<rt_timing>() - 320usize];
    ["Alignment of rt_timing"][::core::mem::align_of::<rt_timing>() - 8usize];
    ["Offset of field: rt_timing::count"][::core::mem::offset_of!(rt_timing, count) - 0usize];
    ["Offset of field: rt_timing::sum"][::core::mem::offset_of!(rt_timing, sum) - 8usize];
    ["Offset of field: rt_timing::min"][::core::mem::offset_of!(rt_timing, min) - 16usize];
    ["Offset of field: rt_timing::max"][::core::mem::offset_of!(rt_timing, max) - 24usize];
    ["Offset of field: rt_timing::squares_low"][::core::mem::offset_of!(rt_timing, squares_low) - 32usize];
    ["Offset of field: rt_timing::squares_high"][::core::mem::offset_of!(rt_timing, squares_high) - 40usize];
    ["Offset of field: rt_timing::lock_waits"][::core::mem::offset_of!(rt_timing, lock_waits) - 48usize];
    ["Offset of field: rt_timing::lock_wait_ns"][::core::mem::offset_of!(rt_timing, lock_wait_ns) - 56usize];
    ["Offset of field: rt_timing::buckets"][::core::mem::offset_of!(rt_timing, buckets) - 64usize];
};
pub const RT_COUNT: rt_field = 0;
pub const RT_SUM: rt_field = 1;
pub const RT_MIN: rt_field = 2;
pub const RT_MAX: rt_field = 3;
pub const RT_AVG: rt_field = 4;
pub const RT_VARIANCE: rt_field = 5;
pub type rt_field = ::core::ffi::c_uint;
pub const RT_BY_KEY: rt_sort_by = 1;
pub const RT_BY_VALUE: rt_sort_by = 2;
pub const RT_BY_STAT: rt_sort_by = 3;
pub type rt_sort_by = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_value {
    pub type_: __u64,
    pub word: __u64,
    pub length: __u64,
}
const _: () = {
    ["Size of rt_value"][::core::mem::size_of::<rt_value>() - 24usize];
    ["Alignment of rt_value"][::core::mem::align_of::<rt_value>() - 8usize];
    ["Offset of field: rt_value::type_"][::core::mem::offset_of!(rt_value, type_) - 0usize];
    ["Offset of field: rt_value::word"][::core::mem::offset_of!(rt_value, word) - 8usize];
    ["Offset of field: rt_value::length"][::core::mem::offset_of!(rt_value, length) - 16usize];
};
pub const RT_ARG_INT: rt_arg = 0;
pub const RT_ARG_STR: rt_arg = 1;
pub const RT_ARG_HIST: rt_arg = 2;
pub type rt_arg = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_hist_arg {
    pub global: __u64,
    pub keys: __u64,
}
const _: () = {
    ["Size of rt_hist_arg"][::core::mem::size_of::<rt_hist_arg>() - 16usize];
    ["Alignment of rt_hist_arg"][::core::mem::align_of::<rt_hist_arg>() - 8usize];
    ["Offset of field: rt_hist_arg::global"][::core::mem::offset_of!(rt_hist_arg, global) - 0usize];
    ["Offset of field: rt_hist_arg::keys"][::core::mem::offset_of!(rt_hist_arg, keys) - 8usize];
};
pub const RT_STEP_COPY: rt_step_kind = 0;
pub const RT_STEP_SPLIT_AFTER: rt_step_kind = 1;
pub const RT_STEP_SPLIT_BEFORE: rt_step_kind = 2;
pub const RT_STEP_SPLIT: rt_step_kind = 3;
pub const RT_STEP_CHOOSE: rt_step_kind = 4;
pub const RT_STEP_OPTIONAL: rt_step_kind = 5;
pub const RT_STEP_LAST: rt_step_kind = 6;
pub const RT_STEP_CLEAR: rt_step_kind = 7;
pub type rt_step_kind = ::core::ffi::c_uint;
#[repr(C)]
#[derive(
    Debug, Default, Copy, Clone, PartialEq, Eq, zerocopy :: FromBytes, zerocopy :: IntoBytes, zerocopy :: Immutable,
)]
pub struct rt_step {
    pub kind: __u16,
    pub from: __u16,
    pub to: __u16,
    pub rest: __u16,
    pub forward: __u32,
    pub backward: __u32,
}
const _: () = {
    ["Size of rt_step"][::core::mem::size_of::<rt_step>() - 16usize];
    ["Alignment of rt_step"][::core::mem::align_of::<rt_step>() - 4usize];
    ["Offset of field: rt_step::kind"][::core::mem::offset_of!(rt_step, kind) - 0usize];
    ["Offset of field: rt_step::from"][::core::mem::offset_of!(rt_step, from) - 2usize];
    ["Offset of field: rt_step::to"][::core::mem::offset_of!(rt_step, to) - 4usize];
    ["Offset of field: rt_step::rest"][::core::mem::offset_of!(rt_step, rest) - 6usize];
    ["Offset of field: rt_step::forward"][::core::mem::offset_of!(rt_step, forward) - 8usize];
    ["Offset of field: rt_step::backward"][::core::mem::offset_of!(rt_step, backward) - 12usize];
};
