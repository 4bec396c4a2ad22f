/* SPDX-License-Identifier: (GPL-2.0-only OR MIT OR Apache-2.0) */
/* Generated from spile_abi.h by abi/tests/generated.rs; do not edit. */
#ifndef SPILE_ABI_HASH_H
#define SPILE_ABI_HASH_H

/* FNV-1a of spile_abi.h without comments and white space. */
#define SPILE_ABI_HASH 0xa4176cb196c983aeull

#endif /* SPILE_ABI_HASH_H */
