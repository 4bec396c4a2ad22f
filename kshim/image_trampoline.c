// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Checks an image's trampolines: each must say where it is, what its sites
 * are, and which probe is at each position of each site's chain; and the
 * probes must say the same.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "image.h"

#define NO_PROBE	0xffffffffu
#define MAX_ROWS_BYTES	(256u << 20)

static bool trampoline_check(struct image *image, const struct spile_trampoline *spec)
{
	u64 rows, row_size = (1 + (u64)spec->n_probes) * sizeof(u64);

	if (!image_check_handler(image, spec->code) ||
	    spec->flags & ~SPILE_TRAMPOLINE_RETURNS)
		return false;
	if (!spec->n_sites || spec->n_sites > SPILE_MAX_PROBES ||
	    !spec->n_probes || spec->n_probes > SPILE_MAX_CHAIN)
		return false;
	if (!spec->rows_log2)
		return spec->n_sites == 1;
	/* Nobody else's rows, and half of them empty. */
	if (spec->rows_log2 > 31 || !IS_ALIGNED(spec->rows_off, sizeof(u64)) ||
	    spec->rows_off < image->rows_size)
		return false;
	rows = 1ull << spec->rows_log2;
	image->rows_size = spec->rows_off + 2 * rows * row_size;
	return rows >= 2ull * spec->n_sites && image->rows_size <= MAX_ROWS_BYTES;
}

/* The probe itself: may it be run by its trampoline? */
static bool trampoline_check_kind(const struct spile_trampoline *spec,
				  const struct spile_probe *probe)
{
	switch (probe->kind) {
	case SPILE_PROBE_RETURN:
		return spec->flags & SPILE_TRAMPOLINE_RETURNS;
	case SPILE_PROBE_FUNCTION:
		return true;
	case SPILE_PROBE_TRACEPOINT:
		return spec->n_sites == 1 && !(spec->flags & SPILE_TRAMPOLINE_RETURNS);
	default:
		return false;
	}
}

/* All probes of a site are on one function or tracepoint. */
static bool trampoline_check_site(const struct image *image, const u32 *chain, u32 n)
{
	const struct spile_probe *probe, *first = &image->probes[chain[0]];
	u32 i;

	for (i = 1; i < n; i++) {
		probe = &image->probes[chain[i]];
		if ((probe->kind == SPILE_PROBE_TRACEPOINT) !=
		    (first->kind == SPILE_PROBE_TRACEPOINT))
			return false;
		if (probe->address != first->address || probe->offset != first->offset ||
		    strcmp(image_string(image, probe->name), image_string(image, first->name)))
			return false;
	}
	return true;
}

/* Puts the probe where it says that it is; nobody may be there. */
static bool trampoline_place(struct image *image, u32 index)
{
	const struct spile_probe *probe = &image->probes[index];
	const struct spile_trampoline *spec;
	u32 *place;

	if (probe->trampoline == SPILE_NO_TRAMPOLINE)
		return !probe->site && !probe->position;
	if (probe->trampoline >= image->header->n_trampolines)
		return false;
	spec = &image->trampolines[probe->trampoline];
	if (probe->site >= spec->n_sites || probe->position >= spec->n_probes ||
	    !trampoline_check_kind(spec, probe))
		return false;
	place = &image->chains[image->chain_starts[probe->trampoline]];
	place += probe->site * spec->n_probes + probe->position;
	if (*place != NO_PROBE)
		return false;
	*place = index;
	return true;
}

/* Checks each by itself, and counts the places in their chains: 0 if one is wrong. */
static u64 trampoline_check_all(struct image *image)
{
	u64 places = 0;
	u32 i;

	for (i = 0; i < image->header->n_trampolines; i++) {
		const struct spile_trampoline *spec = &image->trampolines[i];

		if (!trampoline_check(image, spec))
			return 0;
		image->chain_starts[i] = places;
		places += spec->n_sites * (u64)spec->n_probes;
		if (places > image->header->n_probes)
			return 0;
	}
	return places;
}

static bool trampoline_check_chains(const struct image *image, u64 places)
{
	u32 i, site;

	for (i = 0; i < places; i++)
		if (image->chains[i] == NO_PROBE)
			return false;
	for (i = 0; i < image->header->n_trampolines; i++) {
		const struct spile_trampoline *spec = &image->trampolines[i];
		const u32 *chain = image->chains + image->chain_starts[i];

		for (site = 0; site < spec->n_sites; site++, chain += spec->n_probes)
			if (!trampoline_check_site(image, chain, spec->n_probes))
				return false;
	}
	return true;
}

/*
 * Process context; probes, strings and sizes are checked already. Returns
 * -EINVAL or -ENOMEM; what was allocated is image_free()'s.
 */
int image_check_trampolines(struct image *image)
{
	u32 i, n = image->header->n_trampolines;
	u64 places = 0;

	if (n) {
		image->chain_starts = kvcalloc(n, sizeof(u32), GFP_KERNEL_ACCOUNT);
		if (!image->chain_starts)
			return -ENOMEM;
		places = trampoline_check_all(image);
		if (!places)
			return -EINVAL;
		image->chains = kvmalloc_array(places, sizeof(u32), GFP_KERNEL_ACCOUNT);
		if (!image->chains)
			return -ENOMEM;
		memset32(image->chains, NO_PROBE, places);
	}
	for (i = 0; i < image->header->n_probes; i++)
		if (!trampoline_place(image, i))
			return -EINVAL;
	return trampoline_check_chains(image, places) ? 0 : -EINVAL;
}
