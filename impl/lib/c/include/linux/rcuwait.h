/*
 * linux/rcuwait.h - one task that waits, without a list and without a lock;
 * include/linux/rcuwait.h, kernel/exit.c (rcuwait_wake_up).
 *
 * Left out: the read-side section of rcuwait_wake_up(), which keeps the
 * task_struct that it has found: no task is freed here. Two that wait on one
 * are a bug of their caller.
 */
#ifndef _LINUX_RCUWAIT_H
#define _LINUX_RCUWAIT_H

#include <linux/errno.h>
#include <linux/sched/signal.h>

struct rcuwait {
	struct task_struct *task;
};

#define __RCUWAIT_INITIALIZER(name) { NULL }
#define rcuwait_init(w) WRITE_ONCE((w)->task, NULL)
#define rcuwait_active(w) (READ_ONCE((w)->task) != NULL)
#define prepare_to_rcuwait(w) rcu_assign_pointer((w)->task, current)

LOCKSTEP_PRIMITIVE void finish_rcuwait(struct rcuwait *w)
{
	rcu_assign_pointer(w->task, NULL);
	__set_current_state(TASK_RUNNING);
}

LOCKSTEP_PRIMITIVE int rcuwait_wake_up(struct rcuwait *w)
{
	struct task_struct *task;

	smp_mb();	/* the condition before the look for who waits: pairs with set_current_state() */
	task = rcu_dereference(w->task);
	return task ? wake_up_process(task) : 0;
}

#define rcuwait_wait_event(w, condition, state)						\
	({								\
		int __ret = 0;								\
		prepare_to_rcuwait(w);							\
		for (;;) {								\
			set_current_state(state);					\
			if (condition)							\
				break;							\
			if (((state) & TASK_INTERRUPTIBLE && signal_pending(current)) ||	\
			    ((state) & TASK_WAKEKILL && fatal_signal_pending(current))) {	\
				__ret = -EINTR;						\
				break;							\
			}								\
			schedule();							\
		}									\
		finish_rcuwait(w);							\
		__ret;									\
	})

#endif
