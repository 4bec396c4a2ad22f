// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Where a global's parts are, as the jit and the runtime see them. */
#include "hist.h"
#include "map.h"
#include "regex.h"
#include "stat.h"

#define BLOCK 64		/* one cache line: what different globals never share */
#define MAX_KEYS 32

/* Bytes of an element's value. */
static u32 value_size(const struct rt_global *global)
{
	if (global->value == RT_STR)
		return global->slot;
	return global->value == RT_STAT ? global->stat_size : (u32)sizeof(s64);
}

static int stat_layout(struct rt_global *global)
{
	u64 size = sizeof(struct stat) + (global->variance ? sizeof(struct stat_spread) : 0);

	global->n_buckets = 0;
	if (global->hist != RT_HIST_NONE) {
		global->n_buckets = hist_buckets(global->hist, global->low, global->high, global->step);
		if (!global->n_buckets)
			return -1;
		size += global->n_buckets * sizeof(u64);
	}
	if (global->variance_shift > 62)
		return -1;
	global->stat_size = (u32)size;
	return 0;
}

/* Heads so few are zeroed at once. */
#define FEW_SLOTS 4096

/* Bytes of a map's data, or 0. */
static u64 map_layout(struct rt_global *global)
{
	u64 size = sizeof(struct node) + value_size(global);
	u32 i;

	if (!global->n_keys || global->n_keys > MAX_KEYS || !global->capacity || global->capacity > 1u << 30)
		return 0;
	global->keys_off = (u32)size;
	for (i = 0; i < global->n_keys; i++)
		size += key_size(global, i);
	global->node_size = (u32)size;
	global->n_slots = 2;
	global->hash_shift = 63;
	while (global->n_slots < global->capacity) {
		global->n_slots *= 2;
		global->hash_shift--;
	}
	global->spare &= global->n_slots > FEW_SLOTS;
	global->select = global->capacity;
	global->select = select_front(global, global->visits);
	/* All can be sorted at once. */
	if (global->select == global->capacity)
		global->n_orders = 0;
	return map_heads_size(global) + align_up(global->capacity * size, sizeof(u64));
}

/* Bytes of what selecting needs. */
static u64 map_selections_size(struct rt_global *global)
{
	global->select_size = (u32)(sizeof(struct selection) + global->select * sizeof(struct selected));
	return (u64)global->select_size * global->n_orders;
}

int rt_layout(struct rt_global *global, __u64 *data, __u64 *part)
{
	u64 size = 0, own = 0, lock_at = 0, nodes_end = 0;

	if (global->max_string < 1 || global->max_string > 1u << 20)
		return -1;
	global->slot = rt_str_slot(global->max_string);
	global->stat_size = 0;
	global->node_size = 0;
	global->n_slots = 0;
	global->hash_shift = 0;
	global->n_buckets = 0;
	global->nodes_off = 0;
	global->keys_off = 0;
	if ((global->kind == RT_STAT || (global->kind == RT_MAP && global->value == RT_STAT)) && stat_layout(global))
		return -1;
	switch (global->kind) {
	case RT_INT:
		lock_at = sizeof(s64);
		size = lock_at + sizeof(u64);
		own = global->sharded ? sizeof(s64) : 0;
		break;
	case RT_STR:
		lock_at = global->slot;
		size = lock_at + sizeof(u64);
		break;
	case RT_STAT:
		lock_at = sizeof(u64);
		size = lock_at + sizeof(u64);
		own = global->stat_size;
		break;
	case RT_MAP:
		nodes_end = map_layout(global);
		if (!nodes_end)
			return -1;
		size = nodes_end + map_selections_size(global);
		own = global->shared ? sizeof(u32) : 0;
		break;
	default:
		return -1;
	}
	if (*data + size + BLOCK > SPILE_MAX_DATA || *part + own + BLOCK > SPILE_MAX_PART)
		return -1;
	global->data_off = (u32)align_up(*data, BLOCK);
	global->data_size = (u32)align_up(size, BLOCK);
	global->lock_off = global->data_off + (u32)lock_at;
	if (global->kind == RT_MAP) {
		global->nodes_off = global->data_off + (u32)map_heads_size(global);
		global->select_off = global->data_off + (u32)nodes_end;
		global->select_lock_off = global->select_off + (u32)__builtin_offsetof(struct selection, lock);
	}
	/* Nobody else writes there, so nothing is gained by apartness. */
	global->part_off = (u32)*part;
	global->part_size = (u32)align_up(own, sizeof(u64));
	*data = global->data_off + global->data_size;
	*part = global->part_off + global->part_size;
	return 0;
}

__u32 rt_scratch_reserve(__u32 max_string, __u32 matches)
{
	return rt_str_slot(max_string) + (u32)sizeof(struct spile_hist) + MAX_BUCKETS * (u32)sizeof(u64) +
	       (matches ? match_size(max_string) : 0);
}
