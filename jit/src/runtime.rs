// SPDX-License-Identifier: MIT OR Apache-2.0
//! What generated code calls in the runtime, and where it finds its context's fields.

macro_rules! runtime {
    ($($variant:ident = $name:ident($args:literal) $(-> $result:ident)?;)*) => {
        /// Functions of `rt.h`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Rt { $(#[doc = stringify!($name)] $variant,)* }

        impl Rt {
            const TABLE: &[(Self, &'static str, usize, bool)] =
                &[$((Self::$variant, stringify!($name), $args, runtime!(@result $($result)?)),)*];
        }
    };
    (@result) => { false };
    (@result $result:ident) => { true };
}

// Numbers of word-sized arguments, ctx and dst included.
runtime! {
    Init = rt_init(3);
    Enter = rt_enter(2) -> word;
    Ask = rt_ask(2) -> word;
    Leave = rt_leave(2);
    Failed = rt_failed(1);
    Caught = rt_caught(2);
    StrCopy = rt_str_copy(3);
    StrConcat = rt_str_concat(4);
    StrCompare = rt_str_compare(2) -> word;
    MapGet = rt_map_get(3) -> word;
    MapPut = rt_map_put(3) -> word;
    MapMake = rt_map_make(3) -> word;
    MapHas = rt_map_has(4) -> word;
    MapInsert = rt_map_insert(4) -> word;
    MapDelete = rt_map_delete(4);
    MapRemove = rt_map_remove(3);
    MapClear = rt_map_clear(2);
    CounterGet = rt_counter_get(2) -> word;
    CounterSet = rt_counter_set(3);
    StatAdd = rt_stat_add(4);
    StatAddTo = rt_stat_add_to(3);
    StatRead = rt_stat_read(4) -> word;
    HistBucket = rt_hist_bucket(4) -> word;
    StatClear = rt_stat_clear(2);
    IterFirst = rt_iter_first(6) -> word;
    IterNext = rt_iter_next(5) -> word;
    IterKey = rt_iter_key(4) -> word;
    IterValue = rt_iter_value(3) -> word;
    IterStat = rt_iter_stat(4) -> word;
    Print = rt_print(5);
    PrintStr = rt_print_str(2) -> word;
    Sprint = rt_sprint(6);
    Strlen = rt_strlen(1) -> word;
    Substr = rt_substr(5);
    Stringat = rt_stringat(2) -> word;
    Isinstr = rt_isinstr(2) -> word;
    Strpos = rt_strpos(2) -> word;
    Strspn = rt_strspn(2) -> word;
    Strcspn = rt_strcspn(2) -> word;
    Strtol = rt_strtol(2) -> word;
    StrReplace = rt_str_replace(5);
    TextStr = rt_text_str(5);
    Ctime = rt_ctime(3);
    KernelString = rt_kernel_string(4);
    UserString = rt_user_string(4);
    KernelBytes = rt_kernel_bytes(4);
    UserBytes = rt_user_bytes(4);
    Delay = rt_delay(2);
    Error = rt_error(2);
    Exhausted = rt_exhausted(1);
    Warn = rt_warn(2);
    System = rt_system(2);
    Random = rt_random(2) -> word;
    Abort = rt_abort(1);
    FpAdd = rt_fp_add(2) -> word;
    FpMul = rt_fp_mul(2) -> word;
    FpDiv = rt_fp_div(2) -> word;
    FpRem = rt_fp_rem(2) -> word;
    FpSqrt = rt_fp_sqrt(1) -> word;
    FpToString = rt_fp_to_string(4);
    StringToFp = rt_string_to_fp(1) -> word;
    Match = rt_match(2) -> word;
    MatchGroups = rt_match_groups(3) -> word;
    MatchedGroups = rt_matched_groups(1) -> word;
    MatchedText = rt_matched_text(3);
    TimingInit = rt_timing_init(2);
    Timed = rt_timed(2);
    TimingReport = rt_timing_report(2);
}

impl Rt {
    /// Its symbol.
    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].1
    }

    /// How many words it takes.
    pub fn n_args(self) -> usize {
        Self::TABLE[self as usize].2
    }

    /// Whether it returns a word.
    pub fn has_result(self) -> bool {
        Self::TABLE[self as usize].3
    }

    /// From its place in the table.
    pub fn from_index(index: u32) -> Option<Self> {
        Self::TABLE.get(index as usize).map(|(rt, ..)| *rt)
    }
}

/// Offsets of fields of `struct rt_ctx`.
pub mod ctx {
    use std::mem::offset_of;

    use spile_rt::raw::rt_ctx;

    macro_rules! offsets {
        ($($name:ident = $field:ident;)*) => {
            $(#[doc = stringify!($field)] pub const $name: i32 = offset_of!(rt_ctx, $field) as i32;)*
        };
    }

    offsets! {
        DATA = data;
        PART = part;
        REGS = regs;
        ARGS = args;
        ENTRY = entry;
        PARAM = param;
        CPU = cpu;
        OWNER = owner;
        PROBE = probe;
        SCRATCH = scratch;
        RESULT = result;
        TASK = task;
        CLOCKS = clocks;
        FRAME_TOP = frame_top;
        MATCHED = matched;
        BUDGET = budget;
        DEPTH = depth;
        ERROR = error;
        ERROR_ARG = error_arg;
        ERROR_LOCATION = error_location;
        WORD = word;
        KEYS = keys;
    }
}
