/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* An image as user space gave it, copied and checked. */
#ifndef SPILE_IMAGE_H
#define SPILE_IMAGE_H

#include "abi.h"

struct image {
	void *file;			/* the copy; what follows points into it */
	const struct spile_image *header;
	const struct spile_probe *probes;
	const char *strings;
	u8 *text;
	const u32 *imports;
};

int image_read(struct image *image, u64 user_address, u32 size);
int image_link(struct image *image, void *text);
void image_free(struct image *image);

const char *image_string(const struct image *image, u32 offset);

#endif
