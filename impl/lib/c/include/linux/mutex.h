/*
 * linux/mutex.h - mutexes; kernel/locking/mutex.c by what it promises.
 *
 * Who waits sleeps until the mutex is free and takes it. mutex_lock() and
 * mutex_unlock() are locked instructions, full barriers as on x86; a trylock
 * that fails is one too.
 *
 * Left out: optimistic spinning, hand-off and the list of those who wait. How a
 * waiter sleeps and is woken is the mutex's own and loses nothing; who gets it
 * next is not said.
 */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/sched/signal.h>

struct mutex {
	struct task_struct *owner;
};

#define __MUTEX_INITIALIZER(name) { NULL }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)
#define mutex_init(lock) WRITE_ONCE((lock)->owner, NULL)

LOCKSTEP_PRIMITIVE void mutex_lock(struct mutex *lock)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(!lock->owner);
		lock->owner = current;
	}
}

/* Who waits may be interrupted by a signal of those that end `state`. */
LOCKSTEP_PRIMITIVE int __mutex_lock_signalled(struct mutex *lock, unsigned int state)
{
	int ret = 0;

	LOCKSTEP_ATOMIC {
		lockstep_await(!lock->owner || signal_pending_state(state, current));
		if (lock->owner)
			ret = -EINTR;
		else
			lock->owner = current;
	}
	return ret;
}

#define mutex_lock_interruptible(lock) __mutex_lock_signalled(lock, TASK_INTERRUPTIBLE)
#define mutex_lock_killable(lock) __mutex_lock_signalled(lock, TASK_KILLABLE)
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)

LOCKSTEP_PRIMITIVE int mutex_trylock(struct mutex *lock)
{
	return cmpxchg(&lock->owner, NULL, current) == NULL;
}

LOCKSTEP_PRIMITIVE void mutex_unlock(struct mutex *lock)
{
	LOCKSTEP_ATOMIC {
		BUG_ON(lock->owner != current);
		lock->owner = NULL;
	}
}

LOCKSTEP_PRIMITIVE bool mutex_is_locked(struct mutex *lock)
{
	return READ_ONCE(lock->owner) != NULL;
}

#endif
