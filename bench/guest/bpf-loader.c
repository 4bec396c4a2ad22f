// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Attaches the BPF programs of one work to vfs_read, or to the tracepoint
 * sys_enter, runs a command, and prints "hits N", as the programs counted them.
 *
 *   bpf-loader WORKS.bpf.o trampoline|kprobe WORK COMMAND...
 *
 * Written on bpf(2): a machine of the bench has no libraries, and the programs
 * need nothing of one. bench/bpf/works.bpf.c says what counts hits.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

typedef unsigned long long u64;

#define FUNCTION	"vfs_read"
#define MAX_MAPS	8
#define MAX_VALUE	64
#define RECORD_HEADER	8
#define PRINTF_RECORD	(RECORD_HEADER + 32)

struct map {
	__u32 type, key_size, value_size, max_entries;
};

static char *object;
static Elf64_Shdr *sections;
static struct map maps[MAX_MAPS];
static int map_fds[MAX_MAPS];
static size_t n_maps;
static int bss_fd = -1;
static __u32 bss_size;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static u64 address(const void *pointer)
{
	return (unsigned long)pointer;
}

/* A whole file; for those of sysfs too, whose size may be anything. */
static char *read_file(const char *path)
{
	size_t size = 0, room = 1 << 20;
	char *bytes = malloc(room);
	int fd = open(path, O_RDONLY);
	ssize_t got;

	if (fd < 0 || !bytes)
		die(path);
	while ((got = read(fd, bytes + size, room - size)) > 0) {
		size += got;
		if (size == room && !(bytes = realloc(bytes, room *= 2)))
			die(path);
	}
	if (got < 0)
		die(path);
	close(fd);
	return bytes;
}

static Elf64_Ehdr *header(void)
{
	return (Elf64_Ehdr *)object;
}

/* A section by name, NULL if there is none. */
static Elf64_Shdr *section(const char *name)
{
	char *names = object + sections[header()->e_shstrndx].sh_offset;

	for (int at = 0; at < header()->e_shnum; at++) {
		if (!strcmp(names + sections[at].sh_name, name))
			return &sections[at];
	}
	return NULL;
}

static int create_map(const struct map *map)
{
	union bpf_attr attr = { };
	int fd;

	attr.map_type = map->type;
	attr.key_size = map->key_size;
	attr.value_size = map->value_size;
	attr.max_entries = map->max_entries;
	fd = bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0)
		die("cannot create a map");
	return fd;
}

static void create_maps(void)
{
	Elf64_Shdr *described = section("maps"), *bss = section(".bss");
	struct map globals = { BPF_MAP_TYPE_ARRAY, sizeof(__u32), 0, 1 };

	n_maps = described->sh_size / sizeof(*maps);
	if (n_maps > MAX_MAPS)
		exit(2);
	memcpy(maps, object + described->sh_offset, described->sh_size);
	for (size_t at = 0; at < n_maps; at++)
		map_fds[at] = create_map(&maps[at]);
	globals.value_size = bss_size = bss->sh_size;
	bss_fd = create_map(&globals);
}

/* Writes maps and addresses of globals into a program. */
static void relocate(struct bpf_insn *program, const char *name)
{
	char relocations_name[128];
	Elf64_Shdr *relocations, *symbols = section(".symtab");
	Elf64_Rel *rel;

	snprintf(relocations_name, sizeof(relocations_name), ".rel%s", name);
	relocations = section(relocations_name);
	if (!relocations)
		return;
	rel = (Elf64_Rel *)(object + relocations->sh_offset);
	for (size_t at = 0; at < relocations->sh_size / sizeof(*rel); at++) {
		Elf64_Sym *symbol = (Elf64_Sym *)(object + symbols->sh_offset) + ELF64_R_SYM(rel[at].r_info);
		struct bpf_insn *insn = program + rel[at].r_offset / sizeof(*program);
		u64 offset = symbol->st_value + insn->imm;

		if (&sections[symbol->st_shndx] == section("maps")) {
			insn->src_reg = BPF_PSEUDO_MAP_FD;
			insn->imm = map_fds[offset / sizeof(*maps)];
		} else {
			insn->src_reg = BPF_PSEUDO_MAP_VALUE;
			insn->imm = bss_fd;
			insn[1].imm = offset;
		}
	}
}

/* The id of a function in the kernel's BTF. */
static __u32 btf_id(const char *function)
{
	char *btf = read_file("/sys/kernel/btf/vmlinux");
	struct btf_header *head = (struct btf_header *)btf;
	char *at = btf + head->hdr_len + head->type_off, *end = at + head->type_len;
	char *names = btf + head->hdr_len + head->str_off;
	/* Bytes behind struct btf_type: so many, and so many for each of vlen. */
	static const struct { size_t fixed, each; } extra[32] = {
		[BTF_KIND_INT] = { 4, 0 }, [BTF_KIND_ARRAY] = { 12, 0 }, [BTF_KIND_STRUCT] = { 0, 12 },
		[BTF_KIND_UNION] = { 0, 12 }, [BTF_KIND_ENUM] = { 0, 8 }, [BTF_KIND_FUNC_PROTO] = { 0, 8 },
		[BTF_KIND_VAR] = { 4, 0 }, [BTF_KIND_DATASEC] = { 0, 12 }, [BTF_KIND_DECL_TAG] = { 4, 0 },
		[BTF_KIND_ENUM64] = { 0, 12 },
	};

	for (__u32 id = 1; at < end; id++) {
		struct btf_type *type = (struct btf_type *)at;
		__u32 kind = BTF_INFO_KIND(type->info);

		if (kind == BTF_KIND_FUNC && !strcmp(names + type->name_off, function))
			return id;
		at += sizeof(*type) + extra[kind].fixed + extra[kind].each * BTF_INFO_VLEN(type->info);
	}
	fprintf(stderr, "the kernel's BTF has no %s\n", function);
	exit(1);
}

/* Loads the program of a section. */
static int load(const char *name, enum bpf_prog_type type, enum bpf_attach_type attach, __u32 function)
{
	static char log[1 << 20];
	Elf64_Shdr *text = section(name);
	struct bpf_insn *program = (struct bpf_insn *)(object + text->sh_offset);
	union bpf_attr attr = { };
	int fd;

	relocate(program, name);
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.attach_btf_id = function;
	attr.insns = address(program);
	attr.insn_cnt = text->sh_size / sizeof(*program);
	attr.license = address("GPL");
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return fd;
	attr.log_buf = address(log);
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	bpf(BPF_PROG_LOAD, &attr);
	fprintf(stderr, "%s\n", log);
	die(name);
	return -1;
}

static void attach_raw(int program, const char *tracepoint)
{
	union bpf_attr attr = { };

	attr.raw_tracepoint.name = address(tracepoint);
	attr.raw_tracepoint.prog_fd = program;
	if (bpf(BPF_RAW_TRACEPOINT_OPEN, &attr) < 0)
		die("cannot attach");
}

static void attach_kprobe(int program, int is_return)
{
	char *type = read_file("/sys/bus/event_source/devices/kprobe/type");
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int fd;

	attr.type = atoi(type);
	attr.config = is_return;
	attr.kprobe_func = address(FUNCTION);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		die("cannot attach to a kprobe");
}

static void attach(const char *way, const char *work, const char *end)
{
	char name[64];
	int is_return = !strcmp(end, "exit");

	snprintf(name, sizeof(name), "%s_%s_%s", way, work, end);
	if (!section(name))
		return;
	if (!strcmp(way, "kprobe"))
		attach_kprobe(load(name, BPF_PROG_TYPE_KPROBE, 0, 0), is_return);
	else
		attach_raw(load(name, BPF_PROG_TYPE_TRACING, is_return ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY,
				btf_id(FUNCTION)), NULL);
}

static int lookup(int map, const void *key, void *value)
{
	union bpf_attr attr = { };

	attr.map_fd = map;
	attr.key = address(key);
	attr.value = address(value);
	return bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

/* The first word of every value, on every CPU. */
static u64 sum_of_hash(const struct map *map, int fd)
{
	size_t words = map->value_size / 8, cpus = get_nprocs_conf();
	u64 *value = calloc(cpus * words, 8), sum = 0;
	char key[MAX_VALUE], next[MAX_VALUE], *before = NULL;
	union bpf_attr attr = { };

	for (;;) {
		attr.map_fd = fd;
		attr.key = address(before);
		attr.next_key = address(next);
		if (bpf(BPF_MAP_GET_NEXT_KEY, &attr))
			return sum;
		before = memcpy(key, next, map->key_size);
		if (lookup(fd, key, value))
			die("cannot read a map");
		for (size_t cpu = 0; cpu < cpus; cpu++)
			sum += value[cpu * words];
	}
}

/* By where the next record of a ring buffer will be. */
static u64 records_of_ring(int fd)
{
	long page = sysconf(_SC_PAGESIZE);
	u64 *produced = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page);

	if (produced == MAP_FAILED)
		die("cannot map a ring buffer");
	return *produced / PRINTF_RECORD;
}

static u64 hits(void)
{
	u64 *globals = calloc(1, bss_size), sum = 0;
	__u32 zero = 0;

	if (lookup(bss_fd, &zero, globals))
		die("cannot read .bss");
	for (size_t at = 0; at < bss_size / 8; at++)
		sum += globals[at];
	for (size_t at = 0; at < n_maps; at++) {
		if (maps[at].type == BPF_MAP_TYPE_PERCPU_HASH)
			sum += sum_of_hash(&maps[at], map_fds[at]);
		else if (maps[at].type == BPF_MAP_TYPE_RINGBUF)
			sum += records_of_ring(map_fds[at]);
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int status;
	pid_t child;

	if (argc < 5) {
		fputs("usage: bpf-loader WORKS.bpf.o trampoline|kprobe WORK COMMAND...\n", stderr);
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	object = read_file(argv[1]);
	sections = (Elf64_Shdr *)(object + header()->e_shoff);
	create_maps();
	if (!strcmp(argv[3], "tracepoint")) {
		attach_raw(load("raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0), "sys_enter");
	} else {
		attach(argv[2], argv[3], "entry");
		attach(argv[2], argv[3], "exit");
	}
	child = fork();
	if (child == 0) {
		execvp(argv[4], argv + 4);
		die(argv[4]);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("cannot run the command");
	printf("hits %llu\n", hits());
	return status != 0;
}
