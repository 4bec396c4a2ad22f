// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A probe does not keep a module loaded. When one goes, its functions are
 * detached before ftrace forgets them, and another module may come to lie
 * where it was. Sessions are told under their locks: one that has found a module
 * alive is told before that module is gone.
 */
#include <linux/kallsyms.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "attach.h"
#include "direct.h"
#include "owner.h"
#include "session.h"

/* Taken before the sessions' own locks. */
static DEFINE_MUTEX(owner_sessions_lock);
static LIST_HEAD(owner_sessions);

/* Process context; neither lock is held. */
void owner_watch(struct session *session)
{
	mutex_lock(&owner_sessions_lock);
	list_add(&session->watched, &owner_sessions);
	mutex_unlock(&owner_sessions_lock);
}

/* Process context; neither lock is held. May be called again. */
void owner_unwatch(struct session *session)
{
	mutex_lock(&owner_sessions_lock);
	list_del_init(&session->watched);
	mutex_unlock(&owner_sessions_lock);
}

/* Process context, after the module's own exit, before ftrace lets go of it. */
static int owner_notify(struct notifier_block *notifier, unsigned long action, void *data)
{
	struct session *session;

	if (action != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	mutex_lock(&owner_sessions_lock);
	list_for_each_entry(session, &owner_sessions, watched) {
		mutex_lock(&session->lock);
		if (session->loaded)
			attach_forget(session, data);
		mutex_unlock(&session->lock);
	}
	mutex_unlock(&owner_sessions_lock);
	/* Sessions that are over may not have come to it. */
	direct_forget(data);
	return NOTIFY_OK;
}

static struct notifier_block owner_notifier = {
	.notifier_call = owner_notify,
};

/* The module of this name, if it is not on its way out. What is found is compared only. */
static struct module *owner_named(const char *name)
{
	struct kset *modules = THIS_MODULE->mkobj.kobj.kset;
	struct module *owner = NULL;
	struct kobject *kobject;

	/* Nothing exported finds modules, but sysfs has them all. */
	kobject = modules ? kset_find_obj(modules, name) : NULL;
	if (!kobject)
		return NULL;
	owner = container_of(kobject, struct module_kobject, kobj)->mod;
	if (owner && try_module_get(owner))
		module_put(owner);
	else
		owner = NULL;
	kobject_put(kobject);
	return owner;
}

/*
 * owner_find - whose is the function at an address
 * @owner: the module, or NULL: the kernel itself
 *
 * Process context, under the lock of a session that is watched: it will be told
 * when the module goes. Returns -ENODEV if it goes already, or is gone: then
 * another one may be about to come to this place.
 */
int owner_find(unsigned long address, struct module **owner)
{
	char symbol[KSYM_SYMBOL_LEN], *name;

	*owner = NULL;
	sprint_symbol(symbol, address);
	/* Nothing known is there, and it shows as a number. */
	if (!strncmp(symbol, "0x", 2))
		return -ENODEV;
	name = strchr(symbol, '[');
	if (!name)
		return 0;
	name++;
	*strchrnul(name, ']') = '\0';
	*owner = owner_named(name);
	return *owner && within_module(address, *owner) ? 0 : -ENODEV;
}

int owner_init(void)
{
	return register_module_notifier(&owner_notifier);
}

void owner_exit(void)
{
	unregister_module_notifier(&owner_notifier);
}
