// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Tracepoints, of the kernel and of modules. A module stays loaded while one
 * of its tracepoints is attached.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "context.h"
#include "probe.h"

#define MAX_ARGS	12

static bool tracepoint_check(const struct spile_probe *spec, const char *name)
{
	return *name && spec->param >= 0 && spec->param <= MAX_ARGS;
}

/*
 * Called by any tracepoint: integers and pointers are passed alike. Those
 * that are not in registers lie on the stack, and are read only if there are
 * so many. What lies beyond the type of an argument is for the image to drop.
 */
static void tracepoint_hit(void *data, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6,
			   u64 a7, u64 a8, u64 a9, u64 a10, u64 a11)
{
	struct probe *probe = data;
	struct spile_ctx *ctx = context_enter(probe->session, SPILE_STATE_RUNNING);
	u64 args[MAX_ARGS];

	if (!ctx)
		return;
	args[0] = a0;
	args[1] = a1;
	args[2] = a2;
	args[3] = a3;
	args[4] = a4;
	if (probe->spec->param > 5) {
		args[5] = a5;
		args[6] = a6;
	}
	if (probe->spec->param > 7) {
		args[7] = a7;
		args[8] = a8;
		args[9] = a9;
		args[10] = a10;
		args[11] = a11;
	}
	ctx->args = (u64)args;
	context_hit(ctx, probe);
	context_leave(probe->session, ctx);
}

struct tracepoint_lookup {
	struct notifier_block notifier;
	const char *name;
	struct tracepoint_probe found;
};

static void tracepoint_match(struct tracepoint *tracepoint, void *data)
{
	struct tracepoint_lookup *lookup = data;

	if (!lookup->found.tracepoint && !strcmp(tracepoint->name, lookup->name))
		lookup->found.tracepoint = tracepoint;
}

/* Called for each module with tracepoints, under the kernel's lock of them. */
static int tracepoint_match_module(struct notifier_block *notifier, unsigned long action,
				   void *data)
{
	struct tracepoint_lookup *lookup =
		container_of(notifier, struct tracepoint_lookup, notifier);
	struct module *module = ((struct tp_module *)data)->mod;
	unsigned int i;

	if (action != MODULE_STATE_COMING || lookup->found.tracepoint)
		return 0;
	for (i = 0; i < module->num_tracepoints; i++)
		tracepoint_match(tracepoint_ptr_deref(&module->tracepoints_ptrs[i]), lookup);
	if (lookup->found.tracepoint && try_module_get(module))
		lookup->found.owner = module;
	else
		lookup->found.tracepoint = NULL;
	return 0;
}

/* On success a module that has it is held. Process context. */
int tracepoint_find(const char *name, struct tracepoint_probe *found)
{
	struct tracepoint_lookup lookup = {
		.notifier.notifier_call = tracepoint_match_module,
		.name = name,
	};

	for_each_kernel_tracepoint(tracepoint_match, &lookup);
	/* Registering shows the modules that are already there. */
	if (!lookup.found.tracepoint && !register_tracepoint_module_notifier(&lookup.notifier))
		unregister_tracepoint_module_notifier(&lookup.notifier);
	*found = lookup.found;
	return found->tracepoint ? 0 : -ENOENT;
}

static int tracepoint_attach(struct probe *probe)
{
	int err = tracepoint_find(probe->name, &probe->tracepoint);

	if (err)
		return err;
	err = tracepoint_probe_register(probe->tracepoint.tracepoint, tracepoint_hit, probe);
	if (err)
		module_put(probe->tracepoint.owner);
	return err;
}

static void tracepoint_detach(void **probes, u32 n)
{
	struct probe *probe;
	u32 i;

	for (i = 0; i < n; i++) {
		probe = probes[i];
		tracepoint_probe_unregister(probe->tracepoint.tracepoint, tracepoint_hit, probe);
	}
	tracepoint_synchronize_unregister();
	for (i = 0; i < n; i++)
		module_put(((struct probe *)probes[i])->tracepoint.owner);
}

const struct probe_ops probe_tracepoint_ops = {
	.attach_kind = SPILE_ATTACH_TRACEPOINT,
	.check = tracepoint_check,
	.attach = tracepoint_attach,
	.detach = tracepoint_detach,
};
