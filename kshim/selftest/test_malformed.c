// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Images that lie: each must be refused, and leave nothing behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

static struct image image;

/* A sound image with one probe of each kind. */
static struct file sound(void)
{
	int i;

	image_init(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_nop, NULL, 0);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_nop, NULL, 1000000);
	image_probe(&image, SPILE_PROBE_RETURN, HANDLER_nop, "vfs_read", 0);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_nop, "sys_enter", 2);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_nop, "vfs_read", 0);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_nop, "vfs_write", 0);
	image_probe(&image, SPILE_PROBE_RETURN, HANDLER_nop, "vfs_write", 0);
	image.header.init = image_handler(HANDLER_nop);
	image.header.n_trampolines = 1;
	image_conditions(&image);
	image.trampoline = (struct spile_trampoline){
		.code = image_handler(HANDLER_trampoline_return),
		.flags = SPILE_TRAMPOLINE_RETURNS,
		.n_sites = 2,
		.n_probes = 2,
		.rows_log2 = 2,
	};
	for (i = 0; i < 4; i++) {
		static const int probes[] = { 4, 2, 5, 6 };

		image.probes[probes[i]].trampoline = 0;
		image.probes[probes[i]].site = i / 2;
		image.probes[probes[i]].position = i % 2;
	}
	return image_build(&image);
}

static struct file file;
static struct spile_image *header;
static struct spile_probe *probes;
static __u32 *imports;
static struct spile_trampoline *trampoline;
static struct spile_fixup *fixups;

static int try(int expected, const char *what)
{
	int fd = session_open();
	int err = session_load_file(fd, &file, 16 << 10);

	close(fd);
	if (err != expected)
		fail("%s: %d, not %d", what, err, expected);
	return err;
}

/* One lie, then the truth again. */
#define LIE(expected, field, value)						\
	do {									\
		__typeof__(field) truth_ = (field);				\
		(field) = (value);						\
		try(expected, #field " = " #value);				\
		(field) = truth_;						\
	} while (0)

static void open_file(void)
{
	file = sound();
	header = (struct spile_image *)file.bytes;
	probes = (struct spile_probe *)(file.bytes + header->probes_off);
	imports = (__u32 *)(file.bytes + header->imports_off);
	trampoline = (struct spile_trampoline *)(file.bytes + header->trampolines_off);
	fixups = (struct spile_fixup *)(file.bytes + header->fixups_off);
	try(0, "a sound image");
}

static void identity(void)
{
	open_file();
	LIE(-ENOEXEC, header->magic, 0);
	LIE(-ENOEXEC, header->version, SPILE_ABI_VERSION + 1);
	LIE(-ENOEXEC, header->abi_hash, SPILE_ABI_HASH + 1);
	LIE(-ENOEXEC, header->arch, 0);
	LIE(-ENOEXEC, header->arch, SPILE_ARCH_X86_64 + SPILE_ARCH_AARCH64 - header->arch);
	LIE(-EINVAL, header->reserved, 1);
}

static void sizes(void)
{
	open_file();
	LIE(-EINVAL, header->image_size, header->image_size - 1);
	LIE(-EINVAL, header->image_size, header->image_size + 1);
	LIE(-EINVAL, header->image_size, 0);
	LIE(-EINVAL, header->text_size, 0);
	LIE(-EINVAL, header->text_size, 0xffffffff);
	LIE(-EINVAL, header->text_size, header->image_size);
	LIE(-EINVAL, header->data_size, SPILE_MAX_DATA + 1);
	LIE(-EINVAL, header->data_size, 0xffffffff);
	LIE(-EINVAL, header->part_size, SPILE_MAX_PART + 1);
	LIE(-EINVAL, header->scratch_size, SPILE_MAX_SCRATCH + 1);
	LIE(-EINVAL, header->n_imports, SPILE_MAX_IMPORTS + 1);
	LIE(-EINVAL, header->n_imports, 0xffffffff);
	LIE(-EINVAL, header->n_imports, 0x10000000);
	LIE(-EINVAL, header->n_probes, SPILE_MAX_PROBES + 1);
	LIE(-EINVAL, header->n_probes, SPILE_MAX_PROBES);
	LIE(-EINVAL, header->n_probes, 0xffffffff);
	LIE(-EINVAL, header->strings_size, 0xffffffff);
	LIE(-EINVAL, header->host_size, 0xffffffff);
	LIE(-EINVAL, header->host_size, header->host_size + 1);
}

static void places(void)
{
	open_file();
	LIE(-EINVAL, header->text_off, header->text_off + 16);
	LIE(-EINVAL, header->text_off, 0);
	LIE(-EINVAL, header->text_off, 0xfffff000);
	LIE(-EINVAL, header->text_off, header->text_off + 4096);
	LIE(-EINVAL, header->imports_off, header->imports_off + 1);
	LIE(-EINVAL, header->imports_off, 0);
	LIE(-EINVAL, header->imports_off, header->probes_off);
	LIE(-EINVAL, header->imports_off, 0xfffffffc);
	LIE(-EINVAL, header->probes_off, header->probes_off + 4);
	LIE(-EINVAL, header->probes_off, header->text_off);
	LIE(-EINVAL, header->probes_off, 0xfffffff8);
	LIE(-EINVAL, header->probes_off, 8);
	LIE(-EINVAL, header->strings_off, header->text_off);
	LIE(-EINVAL, header->strings_off, 0xffffffff);
	LIE(-EINVAL, header->strings_off, 1);
	LIE(-EINVAL, header->host_off, header->text_off);
	LIE(-EINVAL, header->host_off, 0xffffffff);
	LIE(-EINVAL, file.bytes[header->strings_off + header->strings_size - 1], 'x');
}

static void code(void)
{
	open_file();
	LIE(-EINVAL, header->stubs, header->stubs + 8);
	LIE(-EINVAL, header->stubs, header->text_size / 16 * 16);
	LIE(-EINVAL, header->stubs, 0xfffffff0);
	LIE(-EINVAL, imports[0], SPILE_N_IMPORTS);
	LIE(-EINVAL, imports[0], 0xffffffff);
	LIE(-EINVAL, imports[0], 0x80000000);
	LIE(-EINVAL, header->init, header->init + 4);
	LIE(-EINVAL, header->init, header->stubs);
	LIE(-EINVAL, header->init, header->text_size / 16 * 16 + 16);
	LIE(-EINVAL, header->init, 0xfffffff0);
	/* In bounds and aligned, but no entry there: the head of the text. */
	LIE(-EINVAL, header->init, 0);
	LIE(-EINVAL, header->conditions, 0);
	LIE(-EINVAL, header->conditions, SPILE_NO_TEXT);
	LIE(-EINVAL, header->conditions, header->stubs);
	LIE(-EINVAL, header->n_conditions, 0);
	LIE(-EINVAL, header->n_conditions, SPILE_MAX_CONDITIONS + 1);
}

static void rows(void)
{
	open_file();
	LIE(-EINVAL, probes[0].kind, 0);
	LIE(-EINVAL, probes[0].kind, 9);
	LIE(-EINVAL, probes[0].kind, 0xffffffff);
	LIE(-EINVAL, probes[0].flags, 4);
	LIE(-EINVAL, probes[0].condition, 0);
	LIE(-EINVAL, probes[0].condition, header->n_conditions);
	LIE(-EINVAL, probes[1].condition, header->n_conditions);
	LIE(0, probes[1].condition, 0);
	LIE(-EINVAL, probes[1].condition, 0x80000000);
	LIE(-EINVAL, probes[0].trampoline, 0);
	LIE(-EINVAL, probes[0].site, 1);
	LIE(-EINVAL, probes[0].position, 1);
	LIE(-EINVAL, probes[0].handler, SPILE_NO_TEXT);
	LIE(-EINVAL, probes[0].handler, probes[0].handler + 1);
	LIE(-EINVAL, probes[0].handler, header->stubs + 16);
	LIE(-EINVAL, probes[0].handler, 0);
	LIE(-EINVAL, probes[0].name, header->strings_size);
	LIE(-EINVAL, probes[0].name, 0xffffffff);
	LIE(-EINVAL, probes[1].param, 0);
	LIE(-EINVAL, probes[1].param, -1);
	LIE(-EINVAL, probes[1].param, 1ll << 62);
	LIE(-EINVAL, probes[1].param2, -1);
	LIE(-EINVAL, probes[1].param2, probes[1].param + 1);
	LIE(-EINVAL, probes[2].param, -1);
	LIE(-EINVAL, probes[2].param, 1ll << 32);
	LIE(-EINVAL, probes[2].entry_words, SPILE_MAX_ENTRY_WORDS + 1);
	LIE(-EINVAL, probes[2].entry_words, 0xffffffff);
	LIE(-EINVAL, probes[2].entry_handler, 0);
	LIE(-EINVAL, probes[2].entry_handler, header->stubs);
	LIE(-EINVAL, probes[2].name, 0);
	LIE(-EINVAL, probes[3].name, 0);
	LIE(-EINVAL, probes[3].param, 13);
	LIE(-EINVAL, probes[3].param, -1);
	LIE(-EINVAL, probes[4].name, 0);
}

static void trampolines(void)
{
	open_file();
	LIE(-EINVAL, header->n_trampolines, 0);
	LIE(-EINVAL, header->n_trampolines, 2);
	LIE(-EINVAL, header->n_trampolines, 0xffffffff);
	LIE(-EINVAL, header->trampolines_off, 0);
	LIE(-EINVAL, header->trampolines_off, header->trampolines_off + 2);
	LIE(-EINVAL, header->trampolines_off, header->probes_off);
	LIE(-EINVAL, trampoline->code, 0);
	LIE(-EINVAL, trampoline->code, trampoline->code + 4);
	LIE(-EINVAL, trampoline->code, header->stubs);
	LIE(-EINVAL, trampoline->flags, 0);
	LIE(-EINVAL, trampoline->flags, 3);
	LIE(-EINVAL, trampoline->n_sites, 0);
	LIE(-EINVAL, trampoline->n_sites, 1);
	LIE(-EINVAL, trampoline->n_sites, 3);
	LIE(-EINVAL, trampoline->n_sites, 0x80000000);
	LIE(-EINVAL, trampoline->n_probes, 0);
	LIE(-EINVAL, trampoline->n_probes, 1);
	LIE(-EINVAL, trampoline->n_probes, 3);
	LIE(-EINVAL, trampoline->n_probes, SPILE_MAX_CHAIN + 1);
	LIE(-EINVAL, trampoline->rows_log2, 0);
	LIE(-EINVAL, trampoline->rows_log2, 1);
	LIE(-EINVAL, trampoline->rows_log2, 31);
	LIE(-EINVAL, trampoline->rows_log2, 32);
	LIE(-EINVAL, trampoline->rows_log2, 0xffffffff);
	LIE(-EINVAL, trampoline->rows_off, 4);
	LIE(-EINVAL, trampoline->rows_off, 0xfffffff8);
	LIE(-EINVAL, probes[4].trampoline, SPILE_NO_TRAMPOLINE);
	LIE(-EINVAL, probes[4].trampoline, 1);
	LIE(-EINVAL, probes[4].site, 1);
	LIE(-EINVAL, probes[4].site, 2);
	LIE(-EINVAL, probes[4].position, 1);
	LIE(-EINVAL, probes[4].position, 2);
	LIE(-EINVAL, probes[4].address, 8);
	LIE(-EINVAL, probes[4].offset, 8);
	LIE(-EINVAL, probes[4].name, probes[3].name);
	LIE(-EINVAL, probes[4].kind, SPILE_PROBE_ADDRESS);
	LIE(-EINVAL, probes[4].kind, SPILE_PROBE_TRACEPOINT);
	LIE(-EINVAL, probes[0].trampoline, 0);
}

static void fixups_lie(void)
{
	open_file();
	check(header->n_fixups > 4);
	LIE(-EINVAL, header->n_fixups, SPILE_MAX_FIXUPS + 1);
	LIE(-EINVAL, header->n_fixups, 0xffffffff);
	LIE(-EINVAL, header->fixups_off, 0);
	LIE(-EINVAL, header->fixups_off, header->fixups_off + 2);
	LIE(-EINVAL, header->fixups_off, header->text_off);
	LIE(-EINVAL, fixups[0].kind, 0);
	LIE(-EINVAL, fixups[0].kind, 6);
	LIE(-EINVAL, fixups[0].kind, 0xffffffff);
	LIE(-EINVAL, fixups[0].at, header->text_size);
	LIE(-EINVAL, fixups[0].at, header->text_size - 2);
	LIE(-EINVAL, fixups[0].at, 0xfffffffc);
	LIE(-EINVAL, fixups[0].at, header->stubs);
	LIE(-EINVAL, fixups[0].at, header->stubs + 16);
#if defined(__x86_64__)
	LIE(-EINVAL, fixups[0].kind, SPILE_FIXUP_PERCPU_BASE);
	LIE(-EINVAL, fixups[0].at, header->stubs - 2);
	LIE(-EINVAL, fixups[0].at, 4);
#else
	LIE(-EINVAL, fixups[0].kind, SPILE_FIXUP_CURRENT);
	LIE(-EINVAL, fixups[0].kind, SPILE_FIXUP_PERCPU_BASE);
	LIE(-EINVAL, fixups[0].at, fixups[0].at + 4);
#endif
}

/* Not what was announced, or not there at all. */
static void addresses(void)
{
	struct file truth;

	open_file();
	truth = file;
	file.size = sizeof(struct spile_image) - 1;
	try(-EINVAL, "short");
	file.size = 0;
	try(-EINVAL, "empty");
	file.size = SPILE_MAX_IMAGE + 1;
	try(-EINVAL, "too long");
	file.size = truth.size - 1;
	try(-EINVAL, "cut");
	file = truth;
	file.bytes = NULL;
	try(-EFAULT, "nowhere");
	file.bytes = (void *)-4096ul;
	try(-EFAULT, "kernel memory");
	file.bytes = (void *)symbol("vfs_read");
	try(-EFAULT, "kernel memory");
}

/* As large as allowed, on a machine that is not: refused, and nothing lost. */
static void greed(void)
{
	open_file();
	LIE(-ENOMEM, header->part_size, SPILE_MAX_PART);
	LIE(-ENOMEM, header->data_size, SPILE_MAX_DATA);
	try(0, "a sound image");
}

/* Any bits: refused or taken, the kernel stands. Handlers never run. */
static void mutations(void)
{
	int i, round, fd, err, taken = 0;

	open_file();
	for (round = 0; round < 3000; round++) {
		__u8 *copy = malloc(file.size);
		struct file mutant = { copy, file.size };
		int end = header->text_off;

		memcpy(copy, file.bytes, file.size);
		for (i = test_random() % 4; i >= 0; i--)
			copy[24 + test_random() % (end - 24)] ^= 1 << test_random() % 8;
		/* Running another handler at load is harmless; memory is bounded here. */
		((struct spile_image *)copy)->data_size &= 0xffffff;
		((struct spile_image *)copy)->part_size &= 0xffff;
		((struct spile_image *)copy)->scratch_size &= 0xffff;
		fd = session_open();
		err = session_load_file(fd, &mutant, 16 << 10);
		check(!err || err == -EINVAL || err == -ENOEXEC);
		taken += !err;
		close(fd);
		free(copy);
	}
	check(taken && taken < 3000);
}

const struct test tests_malformed[] = {
	{ "malformed_identity", identity },
	{ "malformed_sizes", sizes },
	{ "malformed_places", places },
	{ "malformed_code", code },
	{ "malformed_rows", rows },
	{ "malformed_trampolines", trampolines },
	{ "malformed_fixups", fixups_lie },
	{ "malformed_addresses", addresses },
	{ "malformed_greed", greed },
	{ "malformed_mutations", mutations },
	{}
};
