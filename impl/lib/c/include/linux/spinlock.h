/*
 * linux/spinlock.h - spin locks; include/linux/spinlock.h,
 * kernel/locking/qspinlock.c by what it promises.
 *
 * Taking the lock is a locked instruction, a full barrier as on x86; giving it
 * back is a release, a plain store on x86. A trylock that fails is a load.
 * spin_lock_irqsave() is two steps, interrupts off and the lock.
 *
 * Left out: the queue of those who wait. Whoever waits gets the lock at some
 * time; who is first is not said, which adds orders and hides none. Nothing is
 * switched off but interrupts: no other task runs on the CPU. The _bh forms are
 * here spin_lock() itself: there are no softirqs, and the handlers of
 * LOCKSTEP_INTERRUPT() are not kept out by them in the kernel either.
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/irqflags.h>

typedef struct spinlock {
	bool locked;
} spinlock_t;
typedef spinlock_t raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name) { false }
#define __RAW_SPIN_LOCK_UNLOCKED(name) { false }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = __RAW_SPIN_LOCK_UNLOCKED(name)
#define spin_lock_init(lock) WRITE_ONCE((lock)->locked, false)
#define raw_spin_lock_init(lock) spin_lock_init(lock)

LOCKSTEP_PRIMITIVE void spin_lock(spinlock_t *lock)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(!lock->locked);
		lock->locked = true;
	}
}

LOCKSTEP_PRIMITIVE bool spin_trylock(spinlock_t *lock)
{
	bool taken = false;

	LOCKSTEP_STEP {
		if (!lock->locked) {
			smp_mb();
			lock->locked = true;
			taken = true;
		}
	}
	return taken;
}

LOCKSTEP_PRIMITIVE void spin_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->locked, false);
}

LOCKSTEP_PRIMITIVE bool spin_is_locked(spinlock_t *lock)
{
	return READ_ONCE(lock->locked);
}

LOCKSTEP_PRIMITIVE unsigned long __spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = __local_irq_set(true);

	spin_lock(lock);
	return flags;
}

LOCKSTEP_PRIMITIVE void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	local_irq_restore(flags);
}

#define spin_lock_irqsave(lock, flags) ((flags) = __spin_lock_irqsave(lock))
#define spin_lock_irq(lock) ((void)__spin_lock_irqsave(lock))
#define spin_unlock_irq(lock) spin_unlock_irqrestore(lock, 0)
#define spin_lock_bh(lock) spin_lock(lock)
#define spin_unlock_bh(lock) spin_unlock(lock)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_trylock(lock) spin_trylock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)
#define raw_spin_lock_irqsave(lock, flags) spin_lock_irqsave(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags) spin_unlock_irqrestore(lock, flags)
#define raw_spin_lock_irq(lock) spin_lock_irq(lock)
#define raw_spin_unlock_irq(lock) spin_unlock_irq(lock)

#endif
