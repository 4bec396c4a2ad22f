// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Finds tasks that may return to a piece of text: they have an address in it
 * on their stack. Words that nobody uses any more look the same; they delay
 * what waits for the last one to leave, and do no harm otherwise.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "stack.h"

/* Words looked at in one piece. */
#define STACK_WORDS	32
/* Tasks looked at between two chances for others to run. */
#define STACK_TASKS	64

struct stack_text {
	u64 start;
	u32 size;
	unsigned long frame;		/* of the current task, where it began to look */
};

/* Signed return addresses differ in the bits above the lower 48. */
static bool stack_word_is_text(u64 word, const struct stack_text *text)
{
	return ((word - text->start) & GENMASK_ULL(47, 0)) < text->size;
}

static bool stack_range_has_text(unsigned long from, unsigned long end, const struct stack_text *text)
{
	unsigned long words[STACK_WORDS];
	u32 i, n;

	for (; from < end; from += n * sizeof(*words)) {
		n = min_t(unsigned long, STACK_WORDS, (end - from) / sizeof(*words));
		/* Nobody is on a stack that was freed meanwhile. */
		if (copy_from_kernel_nofault(words, (void *)from, n * sizeof(*words)))
			return false;
		for (i = 0; i < n; i++)
			if (stack_word_is_text(words[i], text))
				return true;
	}
	return false;
}

/*
 * Where the part of a task's stack begins that is in use. The frame that is
 * looked for was there before, so that an older answer serves, too.
 */
static unsigned long stack_top(struct task_struct *task, const struct stack_text *text)
{
	if (task == current)
		return text->frame;
#ifdef CONFIG_SMP
	/* Pairs with the release after the switch, which saved the pointer. Anywhere, while it runs. */
	if (smp_load_acquire(&task->on_cpu))
		return 0;
#endif
	return arch_task_sp(task);
}

static bool stack_of_task_has_text(struct task_struct *task, const struct stack_text *text)
{
	unsigned long stack = (unsigned long)READ_ONCE(task->stack);
	unsigned long top = stack_top(task, text), end = stack + THREAD_SIZE;

	if (!stack)
		return false;
	if (top < stack || top >= end)
		top = stack;
	return stack_range_has_text(ALIGN_DOWN(top, sizeof(long)), end, text);
}

/* Lets others run. Returns whether the walk can go on from here. Under RCU's lock. */
static bool stack_rest(struct task_struct *process, struct task_struct *task)
{
	bool alive;

	get_task_struct(process);
	get_task_struct(task);
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
	alive = pid_alive(process) && pid_alive(task);
	put_task_struct(task);
	put_task_struct(process);
	return alive;
}

/*
 * stack_has_text - may a task return to text that nobody enters any more?
 * @frame: frame address of a caller; what the current task does from there on
 *         does not count
 *
 * Process context, with arena_synchronize() before it: who did not
 * sleep since has left, or has a return address on the stack. Not found are
 * idle tasks, which may not sleep in the text, and tasks that took themselves
 * off the list while they exit: arena_synchronize() waits for them.
 * Returns true also where it cannot tell: ask again later.
 */
bool stack_has_text(const void *start, u32 size, unsigned long frame)
{
	const struct stack_text text = { .start = (unsigned long)start, .size = size, .frame = frame };
	struct task_struct *process, *task;
	bool found = false;
	u32 n = 0;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		found = stack_of_task_has_text(task, &text);
		if (!found && ++n % STACK_TASKS == 0)
			found = !stack_rest(process, task);
		if (found)
			goto out;
	}
out:
	rcu_read_unlock();
	return found;
}
