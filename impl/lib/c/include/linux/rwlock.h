/*
 * linux/rwlock.h - reader-writer spin locks; include/asm-generic/qrwlock.h,
 * kernel/locking/qrwlock.c by what they promise.
 *
 * Taking the lock is a locked instruction, a full barrier as on x86; so is
 * read_unlock(). write_unlock() is a release, a plain store.
 *
 * Left out: the queue (a writer that waits keeps later readers out), without
 * which more orders are possible and none less.
 */
#ifndef _LINUX_RWLOCK_H
#define _LINUX_RWLOCK_H

#include <linux/bug.h>
#include <linux/irqflags.h>

#define __RW_WRITER (-1)

typedef struct {
	int cnts;	/* readers, or __RW_WRITER */
} rwlock_t;

#define __RW_LOCK_UNLOCKED(name) { 0 }
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)
#define rwlock_init(lock) WRITE_ONCE((lock)->cnts, 0)

LOCKSTEP_PRIMITIVE void read_lock(rwlock_t *lock)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(lock->cnts != __RW_WRITER);
		lock->cnts++;
	}
}

LOCKSTEP_PRIMITIVE void read_unlock(rwlock_t *lock)
{
	LOCKSTEP_ATOMIC {
		BUG_ON(lock->cnts <= 0);
		lock->cnts--;
	}
}

LOCKSTEP_PRIMITIVE void write_lock(rwlock_t *lock)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(lock->cnts == 0);
		lock->cnts = __RW_WRITER;
	}
}

LOCKSTEP_PRIMITIVE void write_unlock(rwlock_t *lock)
{
	smp_store_release(&lock->cnts, 0);
}

LOCKSTEP_PRIMITIVE unsigned long __read_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags = __local_irq_set(true);

	read_lock(lock);
	return flags;
}

LOCKSTEP_PRIMITIVE unsigned long __write_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags = __local_irq_set(true);

	write_lock(lock);
	return flags;
}

LOCKSTEP_PRIMITIVE void read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	read_unlock(lock);
	local_irq_restore(flags);
}

LOCKSTEP_PRIMITIVE void write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	write_unlock(lock);
	local_irq_restore(flags);
}

#define read_lock_irqsave(lock, flags) ((flags) = __read_lock_irqsave(lock))
#define read_lock_irq(lock) ((void)__read_lock_irqsave(lock))
#define read_unlock_irq(lock) read_unlock_irqrestore(lock, 0)
#define write_lock_irqsave(lock, flags) ((flags) = __write_lock_irqsave(lock))
#define write_lock_irq(lock) ((void)__write_lock_irqsave(lock))
#define write_unlock_irq(lock) write_unlock_irqrestore(lock, 0)

#endif
