/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Executable memory for images: pages inside the module's own text. */
#ifndef SPILE_ARENA_H
#define SPILE_ARENA_H

#include <linux/types.h>

/* The pages themselves: arena_text.S. */
extern u8 spile_arena_text[];

int arena_init(void);
void arena_exit(void);

void *arena_alloc(u32 size, u32 align);
int arena_write(void *text, const void *from, u32 size);
void arena_free(void *text, u32 size);
void arena_synchronize(void);

u32 arena_bytes(void);
u32 arena_bytes_free(void);

#endif
