// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Function entries, returns and single addresses by kprobes and kretprobes.
 * Their handlers run with preemption off, in any context where the kernel
 * allows a kprobe.
 */
#include <linux/cpumask.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#include "arch.h"
#include "compat/compat.h"
#include "context.h"
#include "probe.h"

/* Returns that may be under way at once in one return probe. */
#define MAX_ACTIVE	4096

static bool kprobe_check(const struct spile_probe *spec, const char *name)
{
	return spec->address || *name;
}

/* Fills in where. The handlers themselves are out of bounds: they would recurse. */
static int kprobe_place(struct kprobe *kprobe, const struct probe *probe)
{
	const struct spile_probe *spec = probe->spec;

	if (!spec->address) {
		kprobe->symbol_name = probe->name;
		kprobe->offset = spec->offset;
		return kprobe->offset == spec->offset ? 0 : -EINVAL;
	}
	if (within_module(spec->address, THIS_MODULE))
		return -EINVAL;
	kprobe->addr = (kprobe_opcode_t *)spec->address;
	return 0;
}

static int kprobe_hit(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct probe *probe = container_of(kprobe, struct probe, kprobe);
	struct spile_ctx *ctx = context_enter(probe->session, SPILE_STATE_RUNNING);
	u64 args[ARCH_ARGUMENTS];

	if (ctx) {
		arch_arguments(regs, args);
		ctx->args = (u64)args;
		ctx->regs = (u64)regs;
		context_hit(ctx, probe);
		context_leave(probe->session, ctx);
	}
	return 0;
}
NOKPROBE_SYMBOL(kprobe_hit);

static int kprobe_attach(struct probe *probe)
{
	int err;

	memset(&probe->kprobe, 0, sizeof(probe->kprobe));
	err = kprobe_place(&probe->kprobe, probe);
	if (err)
		return err;
	probe->kprobe.pre_handler = kprobe_hit;
	return register_kprobe(&probe->kprobe);
}

static void kprobe_detach(void **probes, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		probes[i] = &((struct probe *)probes[i])->kprobe;
	unregister_kprobes((struct kprobe **)probes, n);
}

static u64 kprobe_missed(const struct probe *probe)
{
	return probe->kprobe.nmissed;
}

const struct probe_ops probe_function_ops = {
	.attach_kind = SPILE_ATTACH_KPROBE,
	.check = kprobe_check,
	.attach = kprobe_attach,
	.detach = kprobe_detach,
	.missed = kprobe_missed,
};

const struct probe_ops probe_address_ops = {
	.attach_kind = SPILE_ATTACH_KPROBE,
	.check = kprobe_check,
	.attach = kprobe_attach,
	.detach = kprobe_detach,
	.missed = kprobe_missed,
};

static bool kretprobe_check(const struct spile_probe *spec, const char *name)
{
	return kprobe_check(spec, name) && spec->param >= 0 && spec->param <= MAX_ACTIVE &&
	       spec->entry_words <= SPILE_MAX_ENTRY_WORDS;
}

/* The return is left alone if this handler cannot run. */
static int kretprobe_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *kretprobe = compat_kretprobe_of(ri);
	u64 args[ARCH_ARGUMENTS];
	struct spile_ctx *ctx;
	struct probe *probe;

	if (unlikely(!kretprobe))
		return 1;
	probe = container_of(kretprobe, struct probe, kretprobe);
	ctx = context_enter(probe->session, SPILE_STATE_RUNNING);
	if (!ctx)
		return 1;
	memset(ri->data, 0, probe->spec->entry_words * sizeof(u64));
	if (probe->entry_handler) {
		arch_arguments(regs, args);
		ctx->args = (u64)args;
		ctx->regs = (u64)regs;
		ctx->entry = (u64)ri->data;
		context_call(ctx, probe, probe->entry_handler);
	}
	context_leave(probe->session, ctx);
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_entry);

static int kretprobe_hit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *kretprobe = compat_kretprobe_of(ri);
	u64 args[ARCH_ARGUMENTS];
	struct spile_ctx *ctx;
	struct probe *probe;

	if (unlikely(!kretprobe))
		return 0;
	probe = container_of(kretprobe, struct probe, kretprobe);
	ctx = context_enter(probe->session, SPILE_STATE_RUNNING);
	if (ctx) {
		arch_arguments(regs, args);
		ctx->args = (u64)args;
		ctx->regs = (u64)regs;
		ctx->entry = (u64)ri->data;
		ctx->result = regs_return_value(regs);
		context_hit(ctx, probe);
		context_leave(probe->session, ctx);
	}
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_hit);

static int kretprobe_attach(struct probe *probe)
{
	struct kretprobe *kretprobe = &probe->kretprobe;
	int err;

	memset(kretprobe, 0, sizeof(*kretprobe));
	err = kprobe_place(&kretprobe->kp, probe);
	if (err)
		return err;
	kretprobe->handler = kretprobe_hit;
	if (probe->entry_handler || probe->spec->entry_words)
		kretprobe->entry_handler = kretprobe_entry;
	kretprobe->data_size = probe->spec->entry_words * sizeof(u64);
	/* Callers may sleep inside the function: more than one for each CPU. */
	kretprobe->maxactive = probe->spec->param ?: max(64u, 8 * num_possible_cpus());
	return register_kretprobe(kretprobe);
}

static void kretprobe_detach(void **probes, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		probes[i] = &((struct probe *)probes[i])->kretprobe;
	unregister_kretprobes((struct kretprobe **)probes, n);
}

/* Entries that found no free instance, and hits that recursed. */
static u64 kretprobe_missed(const struct probe *probe)
{
	return (u64)probe->kretprobe.nmissed + probe->kretprobe.kp.nmissed;
}

const struct probe_ops probe_return_ops = {
	.attach_kind = SPILE_ATTACH_KPROBE,
	.check = kretprobe_check,
	.attach = kretprobe_attach,
	.detach = kretprobe_detach,
	.missed = kretprobe_missed,
};
