/*
 * linux/wait.h - wait queues; kernel/sched/wait.c (add_wait_queue,
 * prepare_to_wait, finish_wait, __wake_up_common, autoremove_wake_function),
 * include/linux/wait.h (waitqueue_active, ___wait_event).
 *
 * Who waits is on a list under the queue's lock, others at its head, exclusive
 * ones at its tail. Who wakes walks the list: each entry's task is woken, until
 * `nr` exclusive ones have been. The list is one word (lockstep/list.h): its
 * entry is the number of a task, how it is woken, and whether it is exclusive.
 *
 * An entry has no function: DEFINE_WAIT() is autoremove_wake_function(), which
 * takes the entry off the list once its task is woken; DECLARE_WAITQUEUE() is
 * default_wake_function(), which leaves it there; linux/poll.h has pollwake().
 * A task may have one entry of each kind on a queue. Left out: wait_woken() and
 * other functions, WQ_FLAG_PRIORITY, WQ_FLAG_BOOKMARK, keys of polls. A
 * time-out may come at any moment (schedule_timeout), a signal when the file
 * sends one (linux/sched/signal.h).
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/errno.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <lockstep/list.h>

/*
 * How an entry is woken, and that it is exclusive; the other bits of its byte
 * are the task's number, from 1.
 */
#define __WQ_TASK 0x1f
#define __WQ_EXCLUSIVE 0x20
#define __WQ_AUTOREMOVE 0x00
#define __WQ_DEFAULT 0x40
#define __WQ_POLL 0x80
#define __WQ_IDENTITY (0xff & ~__WQ_EXCLUSIVE)

typedef u64 wait_queue_entry_t;

typedef struct wait_queue_head {
	spinlock_t lock;
	u64 head;
} wait_queue_head_t;

#define __WQ_ENTRY(p, how) ((wait_queue_entry_t)(__task_number(p) + 1) | (how))
#define DEFINE_WAIT(name) wait_queue_entry_t name = __WQ_ENTRY(current, __WQ_AUTOREMOVE)
#define DECLARE_WAITQUEUE(name, p) wait_queue_entry_t name = __WQ_ENTRY(p, __WQ_DEFAULT)
#define init_wait(wait) (*(wait) = __WQ_ENTRY(current, __WQ_AUTOREMOVE))
#define init_waitqueue_entry(wait, p) (*(wait) = __WQ_ENTRY(p, __WQ_DEFAULT))
#define __WAIT_QUEUE_HEAD_INITIALIZER(name) { { false }, 0 }
#define DECLARE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)
#define init_waitqueue_head(wq_head)			\
	do {						\
		spin_lock_init(&(wq_head)->lock);	\
		WRITE_ONCE((wq_head)->head, 0);		\
	} while (0)

LOCKSTEP_PRIMITIVE u64 __wq_added(u64 list, u64 entry, bool exclusive)
{
	if (__list_has(list, entry, __WQ_IDENTITY))
		return list;
	return exclusive ? __list_with_tail(list, entry | __WQ_EXCLUSIVE) : __list_with_head(list, entry);
}

LOCKSTEP_PRIMITIVE void __add_wait_queue(struct wait_queue_head *wq_head, u64 entry, bool exclusive)
{
	unsigned long flags;

	spin_lock_irqsave(&wq_head->lock, flags);
	lockstep_update(wq_head->head, __wq_added(wq_head->head, entry, exclusive));
	spin_unlock_irqrestore(&wq_head->lock, flags);
}

LOCKSTEP_PRIMITIVE void __remove_wait_queue(struct wait_queue_head *wq_head, u64 entry)
{
	unsigned long flags;

	spin_lock_irqsave(&wq_head->lock, flags);
	lockstep_update(wq_head->head, __list_without(wq_head->head, entry, __WQ_IDENTITY));
	spin_unlock_irqrestore(&wq_head->lock, flags);
}

LOCKSTEP_PRIMITIVE void __prepare_to_wait(struct wait_queue_head *wq_head, u64 entry, bool exclusive, unsigned int state)
{
	unsigned long flags;

	spin_lock_irqsave(&wq_head->lock, flags);
	lockstep_update(wq_head->head, __wq_added(wq_head->head, entry, exclusive));
	set_current_state(state);
	spin_unlock_irqrestore(&wq_head->lock, flags);
}

/*
 * prepare_to_wait_event() in a state that a signal ends: with a signal pending
 * the task is off the list and not about to sleep.
 */
LOCKSTEP_PRIMITIVE int __prepare_to_wait_event(struct wait_queue_head *wq_head, u64 entry, bool exclusive, unsigned int state)
{
	unsigned long flags;
	bool pending = false;

	spin_lock_irqsave(&wq_head->lock, flags);
	LOCKSTEP_STEP {
		pending = __signal_pending_state(state, current);
	}
	if (pending) {
		lockstep_update(wq_head->head, __list_without(wq_head->head, entry, __WQ_IDENTITY));
	} else {
		lockstep_update(wq_head->head, __wq_added(wq_head->head, entry, exclusive));
		set_current_state(state);
	}
	spin_unlock_irqrestore(&wq_head->lock, flags);
	return pending ? -ERESTARTSYS : 0;
}

/*
 * The lock is taken only if the entry is still on the list:
 * list_empty_careful(&wq_entry->entry).
 */
LOCKSTEP_PRIMITIVE void __finish_wait(struct wait_queue_head *wq_head, u64 entry)
{
	__set_current_state(TASK_RUNNING);
	if (__list_has(READ_ONCE(wq_head->head), entry, __WQ_IDENTITY))
		__remove_wait_queue(wq_head, entry);
}

#define add_wait_queue(wq_head, wait) __add_wait_queue(wq_head, *(wait), false)
#define add_wait_queue_exclusive(wq_head, wait) __add_wait_queue(wq_head, *(wait), true)
#define remove_wait_queue(wq_head, wait) __remove_wait_queue(wq_head, *(wait))
#define prepare_to_wait(wq_head, wait, state) __prepare_to_wait(wq_head, *(wait), false, state)
#define prepare_to_wait_exclusive(wq_head, wait, state) __prepare_to_wait(wq_head, *(wait), true, state)
#define finish_wait(wq_head, wait) __finish_wait(wq_head, *(wait))

/* Is anybody on the list? Without the lock, and without a barrier. */
LOCKSTEP_PRIMITIVE bool waitqueue_active(struct wait_queue_head *wq_head)
{
	return READ_ONCE(wq_head->head) != 0;
}

LOCKSTEP_PRIMITIVE bool wq_has_sleeper(struct wait_queue_head *wq_head)
{
	smp_mb();
	return waitqueue_active(wq_head);
}

/* The function of an entry: has it woken its task? */
LOCKSTEP_PRIMITIVE bool __wq_func(struct wait_queue_head *wq_head, u64 entry, unsigned int mode)
{
	struct task_struct *p = &__lockstep_tasks[(entry & __WQ_TASK) - 1];

	if (entry & __WQ_POLL) {	/* pollwake(); linux/poll.h says what is left of it */
		LOCKSTEP_ATOMIC {
			p->poll_triggered = true;
		}
		return true;
	}
	if (!try_to_wake_up(p, mode))
		return false;
	if (!(entry & __WQ_DEFAULT))
		lockstep_update(wq_head->head, __list_without(wq_head->head, entry, __WQ_IDENTITY));
	return true;
}

/*
 * with wq_head->lock held; `nr` is 0 where all exclusive ones are to be woken
 */
LOCKSTEP_PRIMITIVE void __wake_up_common(struct wait_queue_head *wq_head, unsigned int mode, int nr)
{
	u64 todo = READ_ONCE(wq_head->head);

	while (todo) {
		u64 entry = __LIST_FIRST(todo);

		todo = __LIST_REST(todo);
		if (__wq_func(wq_head, entry, mode) && (entry & __WQ_EXCLUSIVE) && nr && !--nr)
			todo = 0;
	}
}

LOCKSTEP_PRIMITIVE void __wake_up(struct wait_queue_head *wq_head, unsigned int mode, int nr)
{
	unsigned long flags;

	spin_lock_irqsave(&wq_head->lock, flags);
	__wake_up_common(wq_head, mode, nr);
	spin_unlock_irqrestore(&wq_head->lock, flags);
}

#define wake_up(wq_head) __wake_up(wq_head, TASK_NORMAL, 1)
#define wake_up_nr(wq_head, nr) __wake_up(wq_head, TASK_NORMAL, nr)
#define wake_up_all(wq_head) __wake_up(wq_head, TASK_NORMAL, 0)
#define wake_up_interruptible(wq_head) __wake_up(wq_head, TASK_INTERRUPTIBLE, 1)
#define wake_up_interruptible_nr(wq_head, nr) __wake_up(wq_head, TASK_INTERRUPTIBLE, nr)
#define wake_up_interruptible_all(wq_head) __wake_up(wq_head, TASK_INTERRUPTIBLE, 0)
#define wake_up_locked(wq_head) __wake_up_common(wq_head, TASK_NORMAL, 1)
#define wake_up_all_locked(wq_head) __wake_up_common(wq_head, TASK_NORMAL, 0)
#define wake_up_poll(wq_head, mask) __wake_up(wq_head, TASK_NORMAL, 1)
#define wake_up_interruptible_poll(wq_head, mask) __wake_up(wq_head, TASK_INTERRUPTIBLE, 1)

/*
 * The loops of ___wait_event(), for sleeps that no signal ends, and for those
 * that one does.
 */
#define __wait_event_loop(wq_head, condition, state, exclusive, sleep)						\
	do {													\
		DEFINE_WAIT(__wait);										\
														\
		for (;;) {											\
			__prepare_to_wait(&(wq_head), __wait, exclusive, state);				\
			if (condition)										\
				break;										\
			sleep;											\
		}												\
		__finish_wait(&(wq_head), __wait);							\
	} while (0)

/*
 * `ret` is set where a signal ends it, without finish_wait(): the task is off
 * the list already, and running.
 */
#define __wait_event_signalled(wq_head, condition, state, exclusive, ret, sleep)				\
	do {													\
		DEFINE_WAIT(__wait);										\
		int __signalled;										\
														\
		for (;;) {											\
			__signalled = __prepare_to_wait_event(&(wq_head), __wait, exclusive, state);	\
			if (condition) {									\
				__finish_wait(&(wq_head), __wait);					\
				break;										\
			}											\
			if (__signalled) {									\
				ret = __signalled;								\
				break;										\
			}											\
			sleep;											\
		}												\
	} while (0)

/* A condition that is true when the time is up counts as true in time. */
#define __wait_cond_timeout(condition, ret)			\
	({					\
		bool __is_true = (condition);			\
		if (__is_true && !(ret))			\
			(ret) = 1;				\
		__is_true || !(ret);				\
	})

#define wait_event(wq_head, condition)									\
	do {												\
		if (condition)										\
			break;										\
		__wait_event_loop(wq_head, condition, TASK_UNINTERRUPTIBLE, false, schedule());		\
	} while (0)

#define wait_event_timeout(wq_head, condition, timeout)							\
	({										\
		long __left = (timeout);								\
		if (!__wait_cond_timeout(condition, __left))						\
			__wait_event_loop(wq_head, __wait_cond_timeout(condition, __left),		\
					  TASK_UNINTERRUPTIBLE, false, __left = schedule_timeout(__left));	\
		__left;											\
	})

#define __wait_event_interruptible(wq_head, condition, state, exclusive)				\
	({										\
		int __ret = 0;										\
		if (!(condition))									\
			__wait_event_signalled(wq_head, condition, state, exclusive, __ret, schedule());	\
		__ret;											\
	})

#define wait_event_interruptible(wq_head, condition)							\
	__wait_event_interruptible(wq_head, condition, TASK_INTERRUPTIBLE, false)
#define wait_event_interruptible_exclusive(wq_head, condition)						\
	__wait_event_interruptible(wq_head, condition, TASK_INTERRUPTIBLE, true)
#define wait_event_killable(wq_head, condition)								\
	__wait_event_interruptible(wq_head, condition, TASK_KILLABLE, false)

#define wait_event_interruptible_timeout(wq_head, condition, timeout)					\
	({										\
		long __left = (timeout);								\
		if (!__wait_cond_timeout(condition, __left))						\
			__wait_event_signalled(wq_head, __wait_cond_timeout(condition, __left),		\
					       TASK_INTERRUPTIBLE, false, __left, __left = schedule_timeout(__left));	\
		__left;											\
	})

#endif
