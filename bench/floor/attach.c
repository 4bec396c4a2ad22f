// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Attachments to vfs_read: a direct call from ftrace into a trampoline where
 * the kernel has them; else an ftrace_ops, and a kretprobe for returns.
 * Called by the module's init and exit only.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/version.h>

#include "floor.h"

static char function[] = "vfs_read";

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS

static struct ftrace_ops ops;
static unsigned long trampoline;

#define ENTRY(name) { #name, floor_##name##_trampoline },
static const struct {
	const char *name;
	void (*trampoline)(void);
} works[] = { FLOOR_ENTRIES(ENTRY) FLOOR_PAIRS(ENTRY) };

static int attach_function(const char *work)
{
	size_t at;
	int err;

	for (at = 0; at < ARRAY_SIZE(works) && strcmp(works[at].name, work); at++)
		;
	if (at == ARRAY_SIZE(works))
		return -EINVAL;
	err = ftrace_set_filter(&ops, function, sizeof(function) - 1, 1);
	if (err)
		return err;
	trampoline = (unsigned long)works[at].trampoline;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return register_ftrace_direct(&ops, trampoline);
#else
	return register_ftrace_direct_multi(&ops, trampoline);
#endif
}

static void detach_function(void)
{
	if (!trampoline)
		return;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	unregister_ftrace_direct(&ops, trampoline, true);
#else
	unregister_ftrace_direct_multi(&ops, trampoline);
	ftrace_set_filter(&ops, NULL, 0, 1);
#endif
	/* Who sleeps in vfs_read would return into us: the bench lets nobody. */
	msleep(200);
}

#else

#define ENTRY_FUNCTION(name)							\
static void notrace name##_hit(unsigned long ip, unsigned long parent,		\
			       struct ftrace_ops *hit_ops, struct ftrace_regs *fregs) \
{										\
	struct pt_regs *regs = ftrace_get_regs(fregs);				\
										\
	floor_##name((struct file *)regs->regs[0], (char __user *)regs->regs[1],	\
		     regs->regs[2], (loff_t *)regs->regs[3]);			\
}
FLOOR_ENTRIES(ENTRY_FUNCTION)

#define PAIR_FUNCTIONS(name)							\
static int notrace name##_entry(struct kretprobe_instance *ri, struct pt_regs *regs) \
{										\
	*(u64 *)ri->data = floor_##name##_entry();				\
	return 0;								\
}										\
static int notrace name##_exit(struct kretprobe_instance *ri, struct pt_regs *regs) \
{										\
	floor_##name##_exit(*(u64 *)ri->data);					\
	return 0;								\
}
FLOOR_PAIRS(PAIR_FUNCTIONS)

static struct ftrace_ops ops;
static struct kretprobe probe;

static int attach_ops(ftrace_func_t func)
{
	int err = ftrace_set_filter(&ops, function, sizeof(function) - 1, 1);

	ops.func = func;
	return err ?: register_ftrace_function(&ops);
}

static int attach_return(kretprobe_handler_t entry, kretprobe_handler_t exit)
{
	probe.kp.symbol_name = function;
	probe.entry_handler = entry;
	probe.handler = exit;
	probe.data_size = sizeof(u64);
	return register_kretprobe(&probe);
}

static int attach_function(const char *work)
{
#define ENTRY(name)				\
	if (!strcmp(work, #name))		\
		return attach_ops(name##_hit);
	FLOOR_ENTRIES(ENTRY)
#define PAIR(name)				\
	if (!strcmp(work, #name))		\
		return attach_return(name##_entry, name##_exit);
	FLOOR_PAIRS(PAIR)
	return -EINVAL;
}

static void detach_function(void)
{
	if (ops.func)
		unregister_ftrace_function(&ops);
	if (probe.handler)
		unregister_kretprobe(&probe);
}

#endif

/* The kernel exports no tracepoint but by a walk over all. */
static struct tracepoint *sys_enter;

static void find_sys_enter(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "sys_enter"))
		sys_enter = tracepoint;
}

static int attach_tracepoint(void)
{
	int err = -ENOENT;

	for_each_kernel_tracepoint(find_sys_enter, NULL);
	if (sys_enter)
		err = tracepoint_probe_register(sys_enter, floor_sys_enter, NULL);
	if (err)
		sys_enter = NULL;
	return err;
}

int floor_attach(const char *work)
{
	return strcmp(work, "tracepoint") ? attach_function(work) : attach_tracepoint();
}

void floor_detach(void)
{
	if (sys_enter) {
		tracepoint_probe_unregister(sys_enter, floor_sys_enter, NULL);
		tracepoint_synchronize_unregister();
	} else {
		detach_function();
	}
}
