/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ftrace with one face for all kernels. */
#ifndef SPILE_COMPAT_FTRACE_H
#define SPILE_COMPAT_FTRACE_H

#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/ptrace.h>
#include <linux/version.h>

#include "arch.h"

/* Flags of an ops whose function bears being called in itself. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define COMPAT_FTRACE_FLAGS	0
#else
#define COMPAT_FTRACE_FLAGS	FTRACE_OPS_FL_RECURSION_SAFE
#endif

/* Can an ops' function have all registers? */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
#define COMPAT_FTRACE_REGS	FTRACE_OPS_FL_SAVE_REGS
#else
#define COMPAT_FTRACE_REGS	0
#endif

/* What an ops needs so that its function sees arguments. */
#if defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS) && \
	LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define COMPAT_FTRACE_ARGS	0
#else
#define COMPAT_FTRACE_ARGS	COMPAT_FTRACE_REGS
#endif

#define COMPAT_FTRACE_HAS_ARGS	(COMPAT_FTRACE_REGS || IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_ARGS))

/* What an ops' function gets. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define compat_ftrace_regs	ftrace_regs
#else
#define compat_ftrace_regs	pt_regs
#endif

/* The registers of an ops with COMPAT_FTRACE_REGS. */
static __always_inline struct pt_regs *compat_ftrace_pt_regs(struct compat_ftrace_regs *regs)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return ftrace_get_regs(regs);
#else
	return regs;
#endif
}

/* The function's arguments, ARCH_ARGUMENTS of them. */
static __always_inline void compat_ftrace_arguments(struct compat_ftrace_regs *regs, u64 *args)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0) && defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
	u32 i;

	for (i = 0; i < ARCH_ARGUMENTS; i++)
		args[i] = ftrace_regs_get_argument(regs, i);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	/* All of them may not be there, but those for arguments are. */
	arch_arguments(&regs->regs, args);
#else
	arch_arguments(regs, args);
#endif
}

/* Adds addresses of calls, all or none, to what an ops traces. */
static inline int compat_ftrace_add(struct ftrace_ops *ops, unsigned long *ips, u32 n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	return ftrace_set_filter_ips(ops, ips, n, 0, 0);
#else
	u32 i, undo;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		err = ftrace_set_filter_ip(ops, ips[i], 0, 0);
	for (undo = 0; err && undo + 1 < i; undo++)
		ftrace_set_filter_ip(ops, ips[undo], 1, 0);
	return err;
#endif
}

/* Frees what compat_ftrace_add() needed. The ops is not registered. */
static inline void compat_ftrace_clear(struct ftrace_ops *ops)
{
	/* The filter becomes the empty one, which is no memory. */
	ftrace_set_filter(ops, NULL, 0, 1);
}

/* Calls of functions that go straight to other code. */
struct compat_direct {
	unsigned long code;
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
	struct ftrace_ops ops;
#else
	unsigned long ip;
#endif
#endif
};

/* The largest number of functions in one. */
#if !defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
#define COMPAT_DIRECT_MAX	0
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
#define COMPAT_DIRECT_MAX	SPILE_MAX_PROBES
#else
#define COMPAT_DIRECT_MAX	1
#endif

/*
 * Lets the calls at n addresses go to code, all or none. Returns -EBUSY if
 * one of them goes somewhere already, -EINVAL if one is no call of ftrace's.
 */
static inline int compat_direct_register(struct compat_direct *direct, unsigned long *ips, u32 n,
					 unsigned long code)
{
	direct->code = code;
#if !defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
	return -EOPNOTSUPP;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
	int err = compat_ftrace_add(&direct->ops, ips, n);

	if (err)
		return err;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	err = register_ftrace_direct(&direct->ops, code);
#else
	err = register_ftrace_direct_multi(&direct->ops, code);
#endif
	if (err)
		compat_ftrace_clear(&direct->ops);
	return err;
#else
	direct->ip = *ips;
	return n == 1 ? register_ftrace_direct(direct->ip, code) : -EOPNOTSUPP;
#endif
}

/*
 * Has the calls go to other code. Whoever calls one of the functions meanwhile
 * comes to the one or the other: ftrace goes by its list until all are changed.
 */
static inline int compat_direct_modify(struct compat_direct *direct, unsigned long code)
{
#if !defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
	int err = -EOPNOTSUPP;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	int err = modify_ftrace_direct(&direct->ops, code);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
	int err = modify_ftrace_direct_multi(&direct->ops, code);
#else
	int err = modify_ftrace_direct(direct->ip, direct->code, code);
#endif
	if (!err)
		direct->code = code;
	return err;
}

/*
 * Undoes it. On return no CPU and no task is on its way into the code; who
 * sleeps in a function that the code called may come back to it.
 */
static inline int compat_direct_unregister(struct compat_direct *direct)
{
#if !defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
	return -EOPNOTSUPP;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return unregister_ftrace_direct(&direct->ops, direct->code, true);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
	int err = unregister_ftrace_direct_multi(&direct->ops, direct->code);

	if (!err)
		compat_ftrace_clear(&direct->ops);
	return err;
#else
	/* The caller's synchronisation does the rest: these kernels do not preempt in the kernel. */
	return unregister_ftrace_direct(direct->ip, direct->code);
#endif
}

#endif
