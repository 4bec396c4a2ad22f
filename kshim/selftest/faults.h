/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A build for tests: SPILE_FAULTS=y. The n-th call of kshim's that may fail
 * does, and what kshim has of the kernel is counted. This is included before
 * everything else, after the kernel's headers that it wraps functions of.
 */
#ifndef SPILE_FAULTS_H
#define SPILE_FAULTS_H

#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/poll.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

/* The error of a call that is to fail, or 0. */
int fault_now(void);
/* Count what the kernel gave, if it did, and what goes back to it. */
void *fault_took(void *memory);
void fault_gave(const void *memory);
int fault_registered(int err);
int fault_unregistered(int err);

/* Some of them are macros on some kernels. */
static inline void *fault_kzalloc(size_t size, gfp_t flags)
{
	return fault_now() ? NULL : fault_took(kzalloc(size, flags));
}

static inline void *fault_kcalloc(size_t n, size_t size, gfp_t flags)
{
	return fault_now() ? NULL : fault_took(kcalloc(n, size, flags));
}

static inline void *fault_kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return fault_now() ? NULL : fault_took(kvcalloc(n, size, flags));
}

static inline void *fault_kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	return fault_now() ? NULL : fault_took(kvmalloc_array(n, size, flags));
}

static inline void *fault_vmalloc(unsigned long size, gfp_t flags)
{
	return fault_now() ? NULL : fault_took(__vmalloc(size, flags));
}

static inline void *fault_vmalloc_user(unsigned long size)
{
	return fault_now() ? NULL : fault_took(vmalloc_user(size));
}

static inline void *fault_vmap(struct page **pages, unsigned int n, unsigned long flags,
			       pgprot_t protection)
{
	return fault_now() ? NULL : fault_took(vmap(pages, n, flags, protection));
}

static inline struct workqueue_struct *fault_workqueue(const char *name, unsigned int flags,
						       int active)
{
	return fault_now() ? NULL : alloc_workqueue("%s", flags, active, name);
}

#define FAULT_GIVE(function)				\
static inline void fault_##function(const void *memory)	\
{							\
	fault_gave(memory);				\
	function(memory);				\
}

FAULT_GIVE(kfree)
FAULT_GIVE(kvfree)
FAULT_GIVE(vfree)
FAULT_GIVE(vunmap)

static inline void fault_unregister_kprobes(struct kprobe **probes, int n)
{
	int i;

	unregister_kprobes(probes, n);
	for (i = 0; i < n; i++)
		fault_unregistered(0);
}

static inline void fault_unregister_kretprobes(struct kretprobe **probes, int n)
{
	int i;

	unregister_kretprobes(probes, n);
	for (i = 0; i < n; i++)
		fault_unregistered(0);
}

#undef kzalloc
#undef kcalloc
#undef kvcalloc
#undef kvmalloc_array
#undef __vmalloc
#undef vmalloc_user
#undef vmap
#undef alloc_workqueue
#define kzalloc			fault_kzalloc
#define kcalloc			fault_kcalloc
#define kvcalloc		fault_kvcalloc
#define kvmalloc_array		fault_kvmalloc_array
#define __vmalloc		fault_vmalloc
#define vmalloc_user		fault_vmalloc_user
#define vmap			fault_vmap
#define alloc_workqueue		fault_workqueue
#define kfree			fault_kfree
#define kvfree			fault_kvfree
#define vfree			fault_vfree
#define vunmap			fault_vunmap
#define unregister_kprobes	fault_unregister_kprobes
#define unregister_kretprobes	fault_unregister_kretprobes

#define FAULT_REGISTER(call)	fault_registered(fault_now() ?: (call))

#define misc_register(...)	(fault_now() ?: misc_register(__VA_ARGS__))
#define register_module_notifier(...) (fault_now() ?: register_module_notifier(__VA_ARGS__))
#define ftrace_set_filter_ip(...) (fault_now() ?: ftrace_set_filter_ip(__VA_ARGS__))
#define ftrace_set_filter_ips(...) (fault_now() ?: ftrace_set_filter_ips(__VA_ARGS__))
#define register_tracepoint_module_notifier(...) \
	(fault_now() ?: register_tracepoint_module_notifier(__VA_ARGS__))
#define register_kprobe(...)	FAULT_REGISTER(register_kprobe(__VA_ARGS__))
#define register_kretprobe(...)	FAULT_REGISTER(register_kretprobe(__VA_ARGS__))
#define register_ftrace_function(...) FAULT_REGISTER(register_ftrace_function(__VA_ARGS__))
#define unregister_ftrace_function(...) \
	fault_unregistered(unregister_ftrace_function(__VA_ARGS__))
#define register_ftrace_direct(...) FAULT_REGISTER(register_ftrace_direct(__VA_ARGS__))
#define register_ftrace_direct_multi(...) \
	FAULT_REGISTER(register_ftrace_direct_multi(__VA_ARGS__))
#define unregister_ftrace_direct(...) \
	fault_unregistered(unregister_ftrace_direct(__VA_ARGS__))
#define unregister_ftrace_direct_multi(...) \
	fault_unregistered(unregister_ftrace_direct_multi(__VA_ARGS__))
#define modify_ftrace_direct(...) (fault_now() ?: modify_ftrace_direct(__VA_ARGS__))
#define modify_ftrace_direct_multi(...) (fault_now() ?: modify_ftrace_direct_multi(__VA_ARGS__))
#define tracepoint_probe_register(...) FAULT_REGISTER(tracepoint_probe_register(__VA_ARGS__))
#define tracepoint_probe_unregister(...) \
	fault_unregistered(tracepoint_probe_unregister(__VA_ARGS__))

#endif
