/*
 * linux/semaphore.h - counting semaphores; kernel/locking/semaphore.c.
 *
 * All is done with sem->lock held and looked at with it only, so that each
 * operation is one step. Left out: the order of those who wait, and
 * down_timeout().
 */
#ifndef _LINUX_SEMAPHORE_H
#define _LINUX_SEMAPHORE_H

#include <linux/errno.h>
#include <linux/sched/signal.h>

struct semaphore {
	unsigned int count;
};

#define __SEMAPHORE_INITIALIZER(name, n) { (n) }
#define DEFINE_SEMAPHORE(name, n) struct semaphore name = __SEMAPHORE_INITIALIZER(name, n)
#define sema_init(sem, n) WRITE_ONCE((sem)->count, n)

LOCKSTEP_PRIMITIVE void down(struct semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(sem->count > 0);
		sem->count--;
	}
}

LOCKSTEP_PRIMITIVE int __down_signalled(struct semaphore *sem, unsigned int state)
{
	int ret = 0;

	LOCKSTEP_ATOMIC {
		lockstep_await(sem->count > 0 || signal_pending_state(state, current));
		if (sem->count > 0)
			sem->count--;
		else
			ret = -EINTR;
	}
	return ret;
}

#define down_interruptible(sem) __down_signalled(sem, TASK_INTERRUPTIBLE)
#define down_killable(sem) __down_signalled(sem, TASK_KILLABLE)

/* 0 where it is taken, as in the kernel */
LOCKSTEP_PRIMITIVE int down_trylock(struct semaphore *sem)
{
	int failed = 1;

	LOCKSTEP_ATOMIC {
		if (sem->count > 0) {
			sem->count--;
			failed = 0;
		}
	}
	return failed;
}

LOCKSTEP_PRIMITIVE void up(struct semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		sem->count++;
	}
}

#endif
