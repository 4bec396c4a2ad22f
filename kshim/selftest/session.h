/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The device, as an agent uses it. */
#ifndef SESSION_H
#define SESSION_H

#include <sys/types.h>

#include "image.h"

struct session {
	int fd;
	struct spile_info info;
	__u64 records;		/* read so far, without pads */
	__u64 dropped;
	struct spile_counters counters;	/* of all CPUs */
	struct ring {
		const struct spile_ring *page;
		volatile __u64 *tail;
		const __u8 *data;
		__u64 last;		/* time */
	} rings[256];
	__u32 ring_bytes;
	__u32 flags;		/* of LOAD */
	__u32 attach;
};

/* Gets a record and its payload in words. */
typedef void (*on_record)(void *data, const struct spile_record *record, const __u64 *words,
			  int n_words);

int session_open(void);
int session_load_file(int fd, const struct file *file, __u32 ring_bytes);
int session_load_as(int fd, const struct file *file, struct spile_load load);
int session_load(struct session *session, const struct image *image);
int session_command(struct session *session, unsigned int command);
int session_state(struct session *session);
unsigned long session_text(struct session *session);
int session_attached(struct session *session);
struct spile_probe_status session_probe(struct session *session, unsigned int probe);
void session_drain(struct session *session, on_record on_record, void *data);
__u64 session_time(const struct session *session);
void session_close(struct session *session);

__u32 arena_free_bytes(void);
unsigned long symbol(const char *name);
/* Calls vfs_read() so many times. */
void read_zeroes(int n);
/* A process that does something until repeat_end(), or this one's end. */
pid_t repeat(void (*what)(void));
void repeat_end(pid_t pid);

#endif
