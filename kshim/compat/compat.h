/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * One face for all kernels. Every condition on a version is in this folder,
 * behind a name that says what it gives.
 */
#ifndef SPILE_COMPAT_H
#define SPILE_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/version.h>

/* COMPAT_EXTABLE(from, to): a fault at label from goes on at label to. */
#if defined(_ASM_EXTABLE)
#define COMPAT_EXTABLE(from, to)	_ASM_EXTABLE(from, to)
#else
#define COMPAT_EXTABLE(from, to)	_ASM_EXTABLE_KACCESS_ERR_ZERO(from, to, wzr, wzr)
#endif

#ifdef CONFIG_X86
/* In assembly: a return that the kernel may patch, and what an indirect call may arrive at. */
#ifdef ASM_RET
#define COMPAT_RET	ASM_RET
#else
#define COMPAT_RET	"ret"
#endif
#ifdef ASM_ENDBR
#define COMPAT_ENDBR	ASM_ENDBR
#else
#define COMPAT_ENDBR	""
#endif

/* Per-CPU addresses of the preemption count and of the pointer to the current task. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define COMPAT_PREEMPT_COUNT	(&pcpu_hot.preempt_count)
#define COMPAT_CURRENT_TASK	(&pcpu_hot.current_task)
#else
#define COMPAT_PREEMPT_COUNT	(&__preempt_count)
#define COMPAT_CURRENT_TASK	(&current_task)
#endif

/* The preemption count has 64 bits: a decrement to 0 tells of rescheduling only where it is of all of them. */
#define COMPAT_PREEMPT_COUNT_IS_LONG	IS_ENABLED(CONFIG_HAS_SEPARATE_PREEMPT_RESCHED_BITS)
#endif

/* Initialises a timer with its function. */
static inline void compat_hrtimer_setup(struct hrtimer *timer,
					enum hrtimer_restart (*function)(struct hrtimer *),
					clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, function, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#endif
}

/* Takes flags from a mapping that mmap() is setting up. */
static inline void compat_vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/* The return probe of an instance, NULL when it is being unregistered. */
static nokprobe_inline struct kretprobe *compat_kretprobe_of(struct kretprobe_instance *ri)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

#endif
