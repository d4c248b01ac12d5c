/*
 * linux/completion.h - completions; kernel/sched/completion.c (complete,
 * complete_all, do_wait_for_common), kernel/sched/swait.c.
 *
 * A count of what is done and a list of who waits, under one lock. Who waits
 * sets its state without a barrier, since who wakes it has the lock too; the
 * list, which is looked at with the lock held only, changes in the same step.
 *
 * Left out: nothing that is not a matter of time. complete() is expected to be
 * called less often than UINT_MAX times.
 */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <lockstep/list.h>

struct completion {
	unsigned int done;
	raw_spinlock_t lock;	/* x->wait.lock */
	u64 wait;		/* x->wait.task_list: the tasks, by their numbers from 1 */
};

#define COMPLETION_INITIALIZER(work) { 0, { false }, 0 }
#define DECLARE_COMPLETION(work) struct completion work = COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION_ONSTACK(work) DECLARE_COMPLETION(work)
#define init_completion(x) WRITE_ONCE((x)->done, 0)
#define reinit_completion(x) WRITE_ONCE((x)->done, 0)

LOCKSTEP_PRIMITIVE void __swait_set(struct completion *x, bool waits, unsigned int state)
{
	u64 entry = lockstep_self() + 1;

	LOCKSTEP_STEP {
		if (!waits)
			x->wait = __list_without(x->wait, entry, 0xff);
		else if (!__list_has(x->wait, entry, 0xff))
			x->wait = __list_with_tail(x->wait, entry);
		WRITE_ONCE(current->__state, state);
	}
}

/* What is left of `timeout`, 0 if it is over, or -ERESTARTSYS. */
LOCKSTEP_PRIMITIVE long __wait_for_common(struct completion *x, long timeout, unsigned int state)
{
	unsigned long flags;
	unsigned int done;
	bool pending;

	spin_lock_irqsave(&x->lock, flags);
	done = READ_ONCE(x->done);
	if (!done) {
		do {
			if (state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) {
				pending = false;
				LOCKSTEP_STEP {
					pending = __signal_pending_state(state, current);
				}
				if (pending) {
					timeout = -ERESTARTSYS;
					break;
				}
			}
			__swait_set(x, true, state);
			spin_unlock_irqrestore(&x->lock, flags);
			timeout = schedule_timeout(timeout);
			spin_lock_irqsave(&x->lock, flags);
			done = READ_ONCE(x->done);
		} while (!done && timeout);
		__swait_set(x, false, TASK_RUNNING);
		if (!done) {
			spin_unlock_irqrestore(&x->lock, flags);
			return timeout;
		}
	}
	lockstep_update(x->done, x->done == UINT_MAX ? UINT_MAX : x->done - 1);
	spin_unlock_irqrestore(&x->lock, flags);
	return timeout ? timeout : 1;
}

#define wait_for_completion(x) ((void)__wait_for_common(x, MAX_SCHEDULE_TIMEOUT, TASK_UNINTERRUPTIBLE))
#define wait_for_completion_timeout(x, timeout) ((unsigned long)__wait_for_common(x, timeout, TASK_UNINTERRUPTIBLE))
#define wait_for_completion_interruptible_timeout(x, timeout) __wait_for_common(x, timeout, TASK_INTERRUPTIBLE)
#define wait_for_completion_killable_timeout(x, timeout) __wait_for_common(x, timeout, TASK_KILLABLE)

LOCKSTEP_PRIMITIVE int wait_for_completion_interruptible(struct completion *x)
{
	return __wait_for_common(x, MAX_SCHEDULE_TIMEOUT, TASK_INTERRUPTIBLE) == -ERESTARTSYS ? -ERESTARTSYS : 0;
}

LOCKSTEP_PRIMITIVE int wait_for_completion_killable(struct completion *x)
{
	return __wait_for_common(x, MAX_SCHEDULE_TIMEOUT, TASK_KILLABLE) == -ERESTARTSYS ? -ERESTARTSYS : 0;
}

/*
 * swake_up_locked(), swake_up_all_locked(): the first, or all, are taken off
 * the list and woken
 */
LOCKSTEP_PRIMITIVE void __swake_up_locked(struct completion *x, bool all)
{
	u64 todo = 0;

	LOCKSTEP_STEP {
		todo = all ? x->wait : __LIST_FIRST(x->wait);
		x->wait = all ? 0 : __LIST_REST(x->wait);
	}
	for (; todo; todo = __LIST_REST(todo))
		try_to_wake_up(&__lockstep_tasks[__LIST_FIRST(todo) - 1], TASK_NORMAL);
}

LOCKSTEP_PRIMITIVE void complete(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->lock, flags);
	lockstep_update(x->done, x->done == UINT_MAX ? UINT_MAX : x->done + 1);
	__swake_up_locked(x, false);
	spin_unlock_irqrestore(&x->lock, flags);
}

LOCKSTEP_PRIMITIVE void complete_all(struct completion *x)
{
	unsigned long flags;

	spin_lock_irqsave(&x->lock, flags);
	WRITE_ONCE(x->done, UINT_MAX);
	__swake_up_locked(x, true);
	spin_unlock_irqrestore(&x->lock, flags);
}

LOCKSTEP_PRIMITIVE bool try_wait_for_completion(struct completion *x)
{
	unsigned long flags;
	unsigned int done;

	if (!READ_ONCE(x->done))
		return false;
	spin_lock_irqsave(&x->lock, flags);
	done = READ_ONCE(x->done);
	if (done && done != UINT_MAX)
		WRITE_ONCE(x->done, done - 1);
	spin_unlock_irqrestore(&x->lock, flags);
	return done != 0;
}

/*
 * It takes the lock once more, so that who then frees *x does not do it under
 * complete().
 */
LOCKSTEP_PRIMITIVE bool completion_done(struct completion *x)
{
	unsigned long flags;

	if (!READ_ONCE(x->done))
		return false;
	spin_lock_irqsave(&x->lock, flags);
	spin_unlock_irqrestore(&x->lock, flags);
	return true;
}

#endif
