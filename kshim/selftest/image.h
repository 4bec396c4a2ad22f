/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Builds the images of the tests: all share one text. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>

#include "spile_abi.h"
#include "spile_abi_hash.h"
#include "handlers.h"

#define MAX_PROBES	8192

#define HANDLER_NUMBER(name) HANDLER_##name,
enum handler { HANDLERS(HANDLER_NUMBER) HANDLER_NONE };

struct image {
	struct spile_image header;	/* sizes and init; image_build() fills the rest */
	struct spile_probe probes[MAX_PROBES];
	struct spile_trampoline trampoline;	/* if header.n_trampolines is 1 */
	char strings[MAX_PROBES * 48];
	__u64 params[N_PARAMS];
	__u32 padding;			/* bytes of text that nothing is in */
};

/* The file; offsets of its parts are in its header. */
struct file {
	__u8 *bytes;
	size_t size;
};

void image_init(struct image *image);
struct spile_probe *image_probe(struct image *image, int kind, enum handler handler,
				const char *name, long long param);
void image_trampoline(struct image *image, enum handler code, unsigned int n_probes);
void image_conditions(struct image *image);
unsigned int image_handler(enum handler handler);
unsigned int image_params_offset(void);
struct file image_build(const struct image *image);

#endif
