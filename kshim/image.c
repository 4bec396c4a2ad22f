// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Reads an image. User space is not trusted: the file is copied first, so
 * that it cannot change, and no number in it is used unchecked. What the text
 * does cannot be checked; that is why only CAP_SYS_ADMIN gets here.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "arch.h"
#include "image.h"
#include "import.h"
#include "probe.h"

/* A part of the file, as the header describes it. */
struct section {
	u32 offset;
	u64 size;
	u32 align;
};

static bool section_check(const struct section *section, u32 image_size)
{
	if (!section->size)
		return true;
	return section->offset >= sizeof(struct spile_image) &&
	       IS_ALIGNED(section->offset, section->align) &&
	       section->offset + section->size <= image_size;
}

static bool section_overlap(const struct section *a, const struct section *b)
{
	return a->size && b->size && a->offset < b->offset + b->size &&
	       b->offset < a->offset + a->size;
}

static bool image_check_sections(const struct spile_image *header)
{
	const struct section sections[] = {
		{ header->text_off, header->text_size, SPILE_TEXT_ALIGN },
		{ header->imports_off, header->n_imports * (u64)sizeof(u32), 4 },
		{ header->probes_off, header->n_probes * (u64)sizeof(struct spile_probe), 8 },
		{ header->strings_off, header->strings_size, 1 },
		{ header->trampolines_off,
		  header->n_trampolines * (u64)sizeof(struct spile_trampoline), 4 },
		{ header->fixups_off, header->n_fixups * (u64)sizeof(struct spile_fixup), 4 },
		{ header->host_off, header->host_size, 1 },
	};
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(sections); i++) {
		if (!section_check(&sections[i], header->image_size))
			return false;
		for (j = 0; j < i; j++)
			if (section_overlap(&sections[i], &sections[j]))
				return false;
	}
	return true;
}

static bool image_check_sizes(const struct spile_image *header)
{
	u64 stubs_end = header->stubs + (u64)header->n_imports * SPILE_STUB_BYTES;

	return header->text_size && header->n_imports <= SPILE_MAX_IMPORTS &&
	       header->n_probes <= SPILE_MAX_PROBES &&
	       header->n_trampolines <= header->n_probes &&
	       header->n_fixups <= SPILE_MAX_FIXUPS &&
	       header->n_conditions <= SPILE_MAX_CONDITIONS &&
	       header->data_size <= SPILE_MAX_DATA &&
	       header->part_size <= SPILE_MAX_PART &&
	       header->scratch_size <= SPILE_MAX_SCRATCH &&
	       IS_ALIGNED(header->stubs, SPILE_STUB_BYTES) && stubs_end <= header->text_size &&
	       !header->reserved;
}

/* Is there a function at this text offset that may be called indirectly? */
bool image_check_handler(const struct image *image, u32 handler)
{
	const struct spile_image *header = image->header;
	u32 stubs_end = header->stubs + header->n_imports * SPILE_STUB_BYTES;

	return IS_ALIGNED(handler, 16) && handler < header->text_size &&
	       header->text_size - handler >= 4 &&
	       (handler < header->stubs || handler >= stubs_end) &&
	       arch_is_entry(image->text + handler);
}

static bool image_check_probe(const struct image *image, const struct spile_probe *spec)
{
	const struct probe_ops *ops = probe_ops_of(spec->kind);

	if (!ops || spec->flags & ~(SPILE_PROBE_OPTIONAL | SPILE_PROBE_REGS))
		return false;
	if (!image_check_handler(image, spec->handler))
		return false;
	if (spec->condition != SPILE_NO_CONDITION &&
	    (!ops->attach || spec->condition >= image->header->n_conditions))
		return false;
	if (spec->kind == SPILE_PROBE_RETURN && spec->entry_handler != SPILE_NO_TEXT &&
	    !image_check_handler(image, spec->entry_handler))
		return false;
	if (spec->name && spec->name >= image->header->strings_size)
		return false;
	return ops->check(spec, image_string(image, spec->name));
}

/* What the kernel may allocate for the returns under way. */
#define MAX_RETURN_BYTES	(256u << 20)

/* Roughly that of a probe. */
static u64 image_return_bytes(const struct spile_probe *spec)
{
	if (spec->kind != SPILE_PROBE_RETURN)
		return 0;
	return max_t(u64, spec->param, 64) * (64 + spec->entry_words * sizeof(u64));
}

/* Is it of a kind that there is here, within the text, and off the stubs? */
static bool image_check_fixup(const struct image *image, const struct spile_fixup *fixup)
{
	const struct spile_image *header = image->header;
	u64 stubs_end = header->stubs + (u64)header->n_imports * SPILE_STUB_BYTES;
	u64 end;
	u32 size;

	if (fixup->at > header->text_size || header->text_size - fixup->at < sizeof(u32))
		return false;
	size = arch_fixup_size(image->text, fixup->at, fixup->kind);
	end = (u64)fixup->at + size;
	return size && end <= header->text_size &&
	       (end <= header->stubs || fixup->at >= stubs_end);
}

static bool image_check_tables(const struct image *image)
{
	const struct spile_image *header = image->header;
	u64 return_bytes = 0;
	u32 i;

	/* So every string in it ends. */
	if (header->strings_size && image->strings[header->strings_size - 1])
		return false;
	for (i = 0; i < header->n_imports; i++)
		if (!import_address(image->imports[i]))
			return false;
	for (i = 0; i < header->n_probes; i++) {
		if (!image_check_probe(image, &image->probes[i]))
			return false;
		return_bytes += image_return_bytes(&image->probes[i]);
	}
	if (return_bytes > MAX_RETURN_BYTES)
		return false;
	for (i = 0; i < header->n_fixups; i++)
		if (!image_check_fixup(image, &image->fixups[i]))
			return false;
	if (header->init != SPILE_NO_TEXT && !image_check_handler(image, header->init))
		return false;
	return header->n_conditions ? image_check_handler(image, header->conditions) :
	       header->conditions == SPILE_NO_TEXT;
}

static int image_check(struct image *image, u32 size)
{
	const struct spile_image *header = image->header;

	if (header->magic != SPILE_MAGIC || header->version != SPILE_ABI_VERSION ||
	    header->abi_hash != SPILE_ABI_HASH || header->arch != ARCH_IMAGE)
		return -ENOEXEC;
	if (header->image_size != size || !image_check_sizes(header) ||
	    !image_check_sections(header))
		return -EINVAL;
	image->text = image->file + header->text_off;
	image->imports = image->file + header->imports_off;
	image->probes = image->file + header->probes_off;
	image->strings = image->file + header->strings_off;
	image->trampolines = image->file + header->trampolines_off;
	image->fixups = image->file + header->fixups_off;
	return image_check_tables(image) ? image_check_trampolines(image) : -EINVAL;
}

/*
 * image_read - copy an image from user space, and check it
 *
 * Process context. Returns -ENOEXEC for an image of another version or
 * machine, -EINVAL for a malformed one. After success image_free() is due.
 */
int image_read(struct image *image, u64 user_address, u32 size)
{
	int err;

	if (size < sizeof(struct spile_image) || size > SPILE_MAX_IMAGE)
		return -EINVAL;
	image->file = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!image->file)
		return -ENOMEM;
	image->header = image->file;
	if (copy_from_user(image->file, u64_to_user_ptr(user_address), size))
		err = -EFAULT;
	else
		err = image_check(image, size);
	if (err)
		image_free(image);
	return err;
}

/*
 * Writes stubs and fixups into the copy of the text, which is to run at @text
 * in the session of this number and slot.
 */
int image_link(struct image *image, void *text, u32 session, unsigned long slot)
{
	const struct spile_image *header = image->header;
	u32 i, at;

	for (i = 0; i < header->n_imports; i++) {
		at = header->stubs + i * SPILE_STUB_BYTES;
		if (!arch_write_jump(image->text + at, (unsigned long)text + at,
				     import_address(image->imports[i])))
			return -ERANGE;
	}
	for (i = 0; i < header->n_fixups; i++) {
		at = image->fixups[i].at;
		if (!arch_fixup(image->text + at, image->fixups[i].kind, slot, session))
			return -ERANGE;
	}
	return 0;
}

void image_free(struct image *image)
{
	kvfree(image->chains);
	kvfree(image->chain_starts);
	vfree(image->file);
	*image = (struct image){};
}

/* A name in the strings; offset 0 is "", also where there are no strings. */
const char *image_string(const struct image *image, u32 offset)
{
	return offset ? image->strings + offset : "";
}
