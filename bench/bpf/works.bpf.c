// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * The works of the bench as BPF programs, one a section: trampoline_WORK_entry
 * and _exit for BPF trampolines, kprobe_WORK_entry and _exit for kprobes, and
 * raw_tracepoint. They need helpers only, so no type of the kernel.
 *
 * What counts hits: every word of .bss, the first word of each value of a
 * per-CPU hash, the records of a ring buffer.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name)	__attribute__((section(name), used))
#define INLINE		static inline __attribute__((always_inline))

/* The numbers are those of linux/bpf.h. */
static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const map_delete)(void *map, const void *key) = (void *)3;
static u64 (*const ktime_get_ns)(void) = (void *)5;
static u64 (*const pid_tgid)(void) = (void *)14;
static u64 (*const uid_gid)(void) = (void *)15;
static long (*const get_comm)(void *to, u32 size) = (void *)16;
static void *(*const ringbuf_reserve)(void *map, u64 size, u64 flags) = (void *)131;
static void (*const ringbuf_submit)(void *record, u64 flags) = (void *)132;

/* What the loader creates maps by, in this order. */
struct map {
	u32 type, key_size, value_size, max_entries;
};

#define BPF_MAP_TYPE_HASH		1
#define BPF_MAP_TYPE_PERCPU_HASH	5
#define BPF_MAP_TYPE_RINGBUF		27

struct both_key {
	u8 comm[16];
	u64 pid;
};

struct statistics {
	u64 count, sum, min, max;
};

struct record {
	u8 comm[16];
	u32 pid, tid, uid, reserved;
};

#define MAP(name, type, key, value, entries) \
	struct map name SECTION("maps") = { type, key, value, entries }

MAP(by_comm, BPF_MAP_TYPE_PERCPU_HASH, 16, sizeof(u64), 1024);
MAP(by_both, BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct both_key), sizeof(struct statistics), 1024);
MAP(begun, BPF_MAP_TYPE_HASH, sizeof(u32), sizeof(u64), 1024);
MAP(ring, BPF_MAP_TYPE_RINGBUF, 0, 0, 16 << 20);

static u64 counter;
static u64 buckets[64];

INLINE void count(void)
{
	__sync_fetch_and_add(&counter, 1);
}

/* BPF has no instruction for it. */
INLINE u32 log2(u64 value)
{
	u32 log = 0;

#define STEP(bits)			\
	if (value >> (bits)) {		\
		value >>= (bits);	\
		log += (bits);		\
	}
	STEP(32) STEP(16) STEP(8) STEP(4) STEP(2) STEP(1)
	return log;
}

INLINE void add_to_histogram(u64 value)
{
	__sync_fetch_and_add(&buckets[log2(value) & 63], 1);
}

INLINE void empty_entry(u64 size) { (void)size; }

INLINE void both_entry(u64 size) { (void)size; }
INLINE void both_exit(void) { }

INLINE void count_entry(u64 size)
{
	(void)size;
	count();
}

INLINE void histogram_entry(u64 size)
{
	add_to_histogram(size);
}

INLINE void array_entry(u64 size)
{
	u64 one = 1, *have;
	/* Kernels of old leave what is behind the NUL as it is. */
	u8 comm[16] = { };

	(void)size;
	get_comm(comm, sizeof(comm));
	have = map_lookup(&by_comm, comm);
	if (have)
		++*have;
	else
		map_update(&by_comm, comm, &one, 0);
}

INLINE void statistics_entry(u64 size)
{
	struct statistics new = { 1, size, size, size }, *have;
	struct both_key key = { .pid = pid_tgid() >> 32 };

	get_comm(key.comm, sizeof(key.comm));
	have = map_lookup(&by_both, &key);
	if (!have) {
		map_update(&by_both, &key, &new, 0);
		return;
	}
	have->count++;
	have->sum += size;
	if (size < have->min)
		have->min = size;
	if (size > have->max)
		have->max = size;
}

INLINE void latency_entry(u64 size)
{
	u32 tid = (u32)pid_tgid();
	u64 now = ktime_get_ns();

	(void)size;
	map_update(&begun, &tid, &now, 0);
}

INLINE void latency_exit(void)
{
	u32 tid = (u32)pid_tgid();
	u64 *then = map_lookup(&begun, &tid);

	if (!then)
		return;
	add_to_histogram(ktime_get_ns() - *then);
	map_delete(&begun, &tid);
}

INLINE void printf_entry(u64 size)
{
	struct record *record = ringbuf_reserve(&ring, sizeof(*record), 0);
	u64 ids = pid_tgid();

	(void)size;
	if (!record)
		return;
	get_comm(record->comm, sizeof(record->comm));
	record->pid = ids >> 32;
	record->tid = (u32)ids;
	record->uid = (u32)uid_gid();
	record->reserved = 0;
	ringbuf_submit(record, 0);
}

INLINE void compare_entry(u64 size)
{
	u8 comm[16];

	(void)size;
	get_comm(comm, sizeof(comm));
	if (comm[0] == 'x' && !comm[1])
		count();
}

/* Where a kprobe finds the third argument in struct pt_regs, by words. */
#ifdef X86_64
#define THIRD_ARGUMENT 12
#else
#define THIRD_ARGUMENT 2
#endif

#define ENTRY(name)								\
SECTION("trampoline_" #name "_entry") int in_trampoline_##name##_entry(u64 *args)	\
{										\
	name##_entry(args[2]);							\
	return 0;								\
}										\
SECTION("kprobe_" #name "_entry") int in_kprobe_##name##_entry(u64 *regs)		\
{										\
	name##_entry(regs[THIRD_ARGUMENT]);					\
	return 0;								\
}

#define EXIT(name)								\
SECTION("trampoline_" #name "_exit") int in_trampoline_##name##_exit(void)		\
{										\
	name##_exit();								\
	return 0;								\
}										\
SECTION("kprobe_" #name "_exit") int in_kprobe_##name##_exit(void)			\
{										\
	name##_exit();								\
	return 0;								\
}

ENTRY(empty)
ENTRY(both)
EXIT(both)
ENTRY(count)
ENTRY(histogram)
ENTRY(array)
ENTRY(statistics)
ENTRY(latency)
EXIT(latency)
ENTRY(printf)
ENTRY(compare)

SECTION("raw_tracepoint") int in_raw_tracepoint(void)
{
	count();
	return 0;
}
