// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdlib.h>
#include <string.h>

#include "image.h"

__asm__(".section .rodata\n"
	".balign 8\n"
	".globl text_bin, text_bin_end\n"
	"text_bin:\n"
	".incbin \"" TEXT_BIN "\"\n"
	".balign 4\n"
	"text_bin_end:\n"
	".previous\n");

extern const __u8 text_bin[], text_bin_end[];

#if defined(__x86_64__)
#define ARCH SPILE_ARCH_X86_64
#else
#define ARCH SPILE_ARCH_AARCH64
#endif

static size_t align(size_t value, size_t to)
{
	return (value + to - 1) / to * to;
}

void image_init(struct image *image)
{
	memset(image, 0, sizeof(*image));
	image->header.init = SPILE_NO_TEXT;
	image->header.conditions = SPILE_NO_TEXT;
	image->header.data_size = 4096;
	image->header.part_size = 100;
	image->header.scratch_size = 1000;
	image->header.strings_size = 1;
}

/* The text offset of a handler. */
unsigned int image_handler(enum handler handler)
{
	return handler == HANDLER_NONE ? SPILE_NO_TEXT :
	       ((const struct text_head *)text_bin)->handlers[handler];
}

/* Where the parameters lie in the text. */
unsigned int image_params_offset(void)
{
	return ((const struct text_head *)text_bin)->params;
}

struct spile_probe *image_probe(struct image *image, int kind, enum handler handler,
				const char *name, long long param)
{
	struct spile_probe *probe = &image->probes[image->header.n_probes++];

	probe->kind = kind;
	probe->handler = image_handler(handler);
	probe->entry_handler = SPILE_NO_TEXT;
	probe->param = param;
	probe->trampoline = SPILE_NO_TRAMPOLINE;
	probe->condition = SPILE_NO_CONDITION;
	if (name) {
		probe->name = image->header.strings_size;
		strcpy(image->strings + probe->name, name);
		image->header.strings_size += strlen(name) + 1;
	}
	return probe;
}

/*
 * Gives all probes that are in the image to a trampoline: n_probes for each
 * site, one site behind the other.
 */
void image_trampoline(struct image *image, enum handler code, unsigned int n_probes)
{
	struct spile_trampoline *trampoline = &image->trampoline;
	unsigned int i;

	image->header.n_trampolines = 1;
	trampoline->code = image_handler(code);
	trampoline->flags = code == HANDLER_trampoline_return ? SPILE_TRAMPOLINE_RETURNS : 0;
	trampoline->n_sites = image->header.n_probes / n_probes;
	trampoline->n_probes = n_probes;
	while (trampoline->n_sites > 1 && 1u << trampoline->rows_log2 < 2 * trampoline->n_sites)
		trampoline->rows_log2++;
	for (i = 0; i < image->header.n_probes; i++) {
		image->probes[i].trampoline = 0;
		image->probes[i].site = i / n_probes;
		image->probes[i].position = i % n_probes;
	}
	image->params[PARAM_ROWS] = trampoline->rows_log2;
	image->params[PARAM_ROWS + 2] = n_probes;
}

/* Gives the image the handlers' two conditions. */
void image_conditions(struct image *image)
{
	image->header.conditions = image_handler(HANDLER_conditions);
	image->header.n_conditions = 2;
}

struct file image_build(const struct image *image)
{
	const struct text_head *head = (const struct text_head *)text_bin;
	struct spile_image header = image->header;
	struct file file;
	__u32 i;

	header.magic = SPILE_MAGIC;
	header.version = SPILE_ABI_VERSION;
	header.abi_hash = SPILE_ABI_HASH;
	header.arch = ARCH;
	header.stubs = head->stubs;
	header.n_imports = SPILE_N_IMPORTS;
	header.imports_off = sizeof(header);
	header.probes_off = align(header.imports_off + 4 * header.n_imports, 8);
	header.strings_off = header.probes_off + header.n_probes * sizeof(struct spile_probe);
	header.trampolines_off = align(header.strings_off + header.strings_size, 8);
	header.fixups_off = header.trampolines_off + header.n_trampolines * sizeof(image->trampoline);
	header.n_fixups = (head->fixups_end - head->fixups) / sizeof(struct spile_fixup);
	header.text_off = align(header.fixups_off + header.n_fixups * sizeof(struct spile_fixup),
				SPILE_TEXT_ALIGN);
	header.text_size = text_bin_end - text_bin + image->padding;
	header.host_off = header.text_off + header.text_size;
	header.host_size = 40;
	header.image_size = header.host_off + header.host_size;

	file.size = header.image_size;
	file.bytes = calloc(1, file.size);
	memcpy(file.bytes, &header, sizeof(header));
	for (i = 0; i < header.n_imports; i++)
		((__u32 *)(file.bytes + header.imports_off))[i] = i;
	memcpy(file.bytes + header.probes_off, image->probes,
	       header.n_probes * sizeof(struct spile_probe));
	memcpy(file.bytes + header.strings_off, image->strings, header.strings_size);
	memcpy(file.bytes + header.trampolines_off, &image->trampoline,
	       header.n_trampolines * sizeof(image->trampoline));
	memcpy(file.bytes + header.fixups_off, text_bin + head->fixups,
	       header.n_fixups * sizeof(struct spile_fixup));
	memcpy(file.bytes + header.text_off, text_bin, text_bin_end - text_bin);
	memcpy(file.bytes + header.text_off + head->params, image->params, sizeof(image->params));
	return file;
}
