/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* An image as user space gave it, copied and checked. */
#ifndef SPILE_IMAGE_H
#define SPILE_IMAGE_H

#include "abi.h"

struct image {
	void *file;			/* the copy; what follows points into it */
	const struct spile_image *header;
	const struct spile_probe *probes;
	const struct spile_trampoline *trampolines;
	const struct spile_fixup *fixups;
	const char *strings;
	u8 *text;
	const u32 *imports;
	/* Made when it is checked: see image_trampoline.c. */
	u32 *chains;			/* a probe for each trampoline, site and position */
	u32 *chain_starts;		/* of each trampoline, in chains */
	u64 rows_size;			/* of all trampolines, bytes */
};

int image_read(struct image *image, u64 user_address, u32 size);
int image_link(struct image *image, void *text, u32 session, unsigned long slot);
void image_free(struct image *image);

bool image_check_handler(const struct image *image, u32 handler);
int image_check_trampolines(struct image *image);

const char *image_string(const struct image *image, u32 offset);

#endif
