/*
 * linux/poll.h - poll(): a descriptor's poll function is asked, registers the
 * poller on a wait queue the first time, and is asked again when that queue is
 * woken; fs/select.c (do_poll, poll_schedule_timeout, pollwake, poll_freewait),
 * include/linux/poll.h (poll_wait).
 *
 * A thread polls one descriptor at a time: LOCKSTEP_POLL(wait, call) is
 * do_sys_poll() on it without a time-out, where `call` is the call of its poll
 * function with `wait`; its value is the mask that ended it.
 *
 * pollwake() stores pwq->triggered and wakes the task; poll_schedule_timeout()
 * sets the task's state, sleeps unless triggered is set, and then clears it,
 * each with a full barrier. Here the wake-up is triggered itself: one step sets
 * it, and one waits for it and clears it. Since it stays, no wake-up is lost
 * between the two, as none is in C. Left out: several descriptors in one
 * poll(), keys (which events a wake-up is about), signals, epoll.
 */
#ifndef _LINUX_POLL_H
#define _LINUX_POLL_H

#include <linux/wait.h>

typedef unsigned int __poll_t;

#define EPOLLIN 0x00000001
#define EPOLLPRI 0x00000002
#define EPOLLOUT 0x00000004
#define EPOLLERR 0x00000008
#define EPOLLHUP 0x00000010
#define EPOLLRDNORM 0x00000040
#define POLLIN EPOLLIN
#define POLLOUT EPOLLOUT
#define POLLERR EPOLLERR
#define POLLHUP EPOLLHUP

struct file {
	void *private_data;
};

/* A poll function gets one the first time only, and NULL later: poll_wait() then registers nobody. */
typedef struct poll_table_struct {
	int __lockstep_poll;	/* C has no empty struct */
} poll_table;

static __maybe_unused poll_table __lockstep_poll_table;
#define LOCKSTEP_POLL_TABLE (&__lockstep_poll_table)

/* __pollwait(): add_wait_queue(), and the entry is remembered in the poller's struct poll_wqueues */
LOCKSTEP_PRIMITIVE void __poll_wait(struct wait_queue_head *wq_head)
{
	unsigned long flags = __local_irq_set(true);

	LOCKSTEP_ATOMIC {
		BUG_ON(current->poll_queue);
		spin_lock(&wq_head->lock);
		current->poll_queue = wq_head;
	}
	lockstep_update(wq_head->head, __wq_added(wq_head->head, __WQ_ENTRY(current, __WQ_POLL), false));
	spin_unlock_irqrestore(&wq_head->lock, flags);
}

#define poll_wait(filp, wq_head, p)		\
	do {					\
		(void)(filp);			\
		if (p)				\
			__poll_wait(wq_head);	\
	} while (0)

/* nobody else knows the poller's struct poll_wqueues yet */
LOCKSTEP_PRIMITIVE void poll_initwait(void)
{
	LOCKSTEP_STEP {
		current->poll_triggered = false;
	}
}

LOCKSTEP_PRIMITIVE void poll_schedule_timeout(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	LOCKSTEP_ATOMIC {
		lockstep_await(current->poll_triggered);
		current->__state = TASK_RUNNING;
		current->poll_triggered = false;
	}
}

/* In what has to hold: is the task in poll(), asleep for good unless woken? */
#define lockstep_poll_sleeps(p) ((p)->__state == TASK_INTERRUPTIBLE && !(p)->poll_triggered)

/* remove_wait_queue(), if it was registered */
LOCKSTEP_PRIMITIVE void poll_freewait(void)
{
	unsigned long flags = __local_irq_set(true);
	struct wait_queue_head *wq_head = NULL;

	LOCKSTEP_STEP {
		wq_head = current->poll_queue;
		if (wq_head) {
			smp_mb();
			spin_lock(&wq_head->lock);
			current->poll_queue = NULL;
		}
	}
	if (wq_head) {
		lockstep_update(wq_head->head,
				__list_without(wq_head->head, __WQ_ENTRY(current, __WQ_POLL), __WQ_IDENTITY));
		spin_unlock(&wq_head->lock);
	}
	local_irq_restore(flags);
}

#define LOCKSTEP_POLL(wait, call)				\
	({							\
		poll_table *wait = LOCKSTEP_POLL_TABLE;		\
		__poll_t __mask;				\
								\
		poll_initwait();				\
		for (;;) {					\
			__mask = (call);			\
			if (__mask)				\
				break;				\
			wait = NULL;				\
			poll_schedule_timeout();		\
		}						\
		poll_freewait();				\
		__mask;						\
	})

#endif
