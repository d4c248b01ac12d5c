/*
 * linux/rwsem.h - reader-writer locks whose waiters sleep;
 * kernel/locking/rwsem.c by what it promises.
 *
 * Each call is a locked instruction, a full barrier as on x86. Left out, as in
 * linux/mutex.h: spinning, hand-off, the order of those who wait (a writer that
 * waits keeps later readers out), signals.
 */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define __RWSEM_WRITER (-1)

struct rw_semaphore {
	int count;	/* readers, or __RWSEM_WRITER */
};

#define __RWSEM_INITIALIZER(name) { 0 }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)
#define init_rwsem(sem) WRITE_ONCE((sem)->count, 0)

LOCKSTEP_PRIMITIVE void down_read(struct rw_semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(sem->count != __RWSEM_WRITER);
		sem->count++;
	}
}

LOCKSTEP_PRIMITIVE void up_read(struct rw_semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		BUG_ON(sem->count <= 0);
		sem->count--;
	}
}

LOCKSTEP_PRIMITIVE void down_write(struct rw_semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(sem->count == 0);
		sem->count = __RWSEM_WRITER;
	}
}

LOCKSTEP_PRIMITIVE void up_write(struct rw_semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		BUG_ON(sem->count != __RWSEM_WRITER);
		sem->count = 0;
	}
}

LOCKSTEP_PRIMITIVE void downgrade_write(struct rw_semaphore *sem)
{
	LOCKSTEP_ATOMIC {
		BUG_ON(sem->count != __RWSEM_WRITER);
		sem->count = 1;
	}
}

#endif
