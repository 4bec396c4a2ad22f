// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The character device. ioctls of one file are serialised by its session's
 * lock; poll() and mmap() take none, and look only at what LOAD published.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "arena.h"
#include "context.h"
#include "device.h"
#include "session.h"

static int device_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	file->private_data = session_create();
	if (!file->private_data)
		return -ENOMEM;
	return nonseekable_open(inode, file);
}

/* The last reference is gone, and so are all mappings. */
static int device_release(struct inode *inode, struct file *file)
{
	session_destroy(file->private_data);
	return 0;
}

static int device_info(struct session *session, struct spile_info *info)
{
	*info = (struct spile_info){
		.abi_hash = SPILE_ABI_HASH,
		.version = SPILE_ABI_VERSION,
		.arch = ARCH_IMAGE,
		.n_cpus = session->n_cpus,
		.page_size = PAGE_SIZE,
		.arena_size = arena_bytes(),
		.arena_free = arena_bytes_free(),
		.ring_stride = session->loaded ? ring_stride(session->ring_bytes) : 0,
		.clock = ring_clock,
	};
	return 0;
}

/* Any argument of an ioctl. */
union device_argument {
	struct spile_info info;
	struct spile_load load;
	struct spile_status status;
	struct spile_probe_status probe;
};

/* Under the session's lock. */
static int device_command(struct session *session, unsigned int command,
			  union device_argument *argument)
{
	switch (command) {
	case SPILE_IOC_INFO:
		return device_info(session, &argument->info);
	case SPILE_IOC_LOAD:
		return session_load(session, &argument->load);
	case SPILE_IOC_START:
		return session_start(session);
	case SPILE_IOC_STOP:
		return session_stop(session);
	case SPILE_IOC_STATUS:
		return session_status(session, &argument->status);
	case SPILE_IOC_PROBE:
		return session_probe_status(session, &argument->probe);
	default:
		return -ENOTTY;
	}
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long user)
{
	struct session *session = file->private_data;
	union device_argument argument = {};
	u32 size = _IOC_SIZE(command);
	int err;

	if (size > sizeof(argument))
		return -ENOTTY;
	if (_IOC_DIR(command) & _IOC_WRITE &&
	    copy_from_user(&argument, (void __user *)user, size))
		return -EFAULT;
	if (mutex_lock_killable(&session->lock))
		return -EINTR;
	err = device_command(session, command, &argument);
	mutex_unlock(&session->lock);
	if (err)
		return err;
	if (_IOC_DIR(command) & _IOC_READ &&
	    copy_to_user((void __user *)user, &argument, size))
		return -EFAULT;
	return 0;
}

/* Readable when a ring has data, or when the agent has to stop the session. */
static __poll_t device_poll(struct file *file, poll_table *table)
{
	struct session *session = file->private_data;
	enum spile_state state;
	u32 cpu;

	poll_wait(file, &session->wait, table);
	if (!session_loaded(session))
		return 0;
	state = session_state(session);
	if (state == SPILE_STATE_EXITING || state == SPILE_STATE_FAILED)
		return EPOLLIN | EPOLLRDNORM;
	for (cpu = 0; cpu < session->n_cpus; cpu++)
		if (ring_has_data(&session->cpus[cpu].ring))
			return EPOLLIN | EPOLLRDNORM;
	return 0;
}

/* A mapping lies within one CPU's ring. */
static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct session *session = file->private_data;
	unsigned long stride, cpu, page;

	if (!session_loaded(session))
		return -EINVAL;
	stride = ring_stride(session->ring_bytes) >> PAGE_SHIFT;
	cpu = vma->vm_pgoff / stride;
	page = vma->vm_pgoff % stride;
	if (cpu >= session->n_cpus || vma_pages(vma) > stride - page)
		return -EINVAL;
	return ring_mmap(&session->cpus[cpu].ring, vma, page);
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = device_poll,
	.mmap = device_mmap,
};

static struct miscdevice device_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "spile",
	.mode = 0600,
	.fops = &device_operations,
};

int device_init(void)
{
	return misc_register(&device_misc);
}

void device_exit(void)
{
	misc_deregister(&device_misc);
}
