/*
 * linux/sched.h - how a task goes to sleep and is woken; include/linux/sched.h,
 * kernel/sched/core.c (__schedule, try_to_wake_up with ttwu_state_match and
 * ttwu_runnable).
 *
 * set_current_state() is a store and a full barrier. schedule() is one step:
 * rq->lock is taken, a full barrier, and the task goes on once its state is
 * TASK_RUNNING. try_to_wake_up() is two: p->pi_lock is taken and the state
 * looked at; and if it is one of those asked for, it becomes TASK_RUNNING.
 * Between the two the task may go on by itself, but nobody else wakes it.
 *
 * Left out: p->on_rq, TASK_WAKING, p->on_cpu. A task that is off the run queue
 * is one that stands in schedule() with another state than TASK_RUNNING;
 * rq->lock makes "off the queue" and "runnable again" one step each. Stopped
 * and dead tasks, priorities, time: any task may run at any time, for any time,
 * so that no order of steps is missing.
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/bug.h>
#include <linux/kernel.h>
#include <lockstep/task.h>

#define TASK_RUNNING 0x00000000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002
#define TASK_WAKEKILL 0x00000100
#define TASK_NOLOAD 0x00000400
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define set_current_state(state) smp_store_mb(current->__state, (state))
#define __set_current_state(state) WRITE_ONCE(current->__state, (state))
#define get_current_state() READ_ONCE(current->__state)
#define task_is_running(p) (READ_ONCE((p)->__state) == TASK_RUNNING)

/* p->signals, which linux/sched/signal.h sets */
#define __SIGNAL_PENDING 1
#define __SIGNAL_FATAL 2

/*
 * kernel/sched/core.c, signal_pending_state(): does a signal end this sleep?
 * Its look at p->signals is part of the caller's step.
 */
#define __signal_pending_state(state, p)							\
	((((state) & TASK_INTERRUPTIBLE) && ((p)->signals & __SIGNAL_PENDING)) ||		\
	 (((state) & TASK_WAKEKILL) && ((p)->signals & __SIGNAL_FATAL)))

LOCKSTEP_PRIMITIVE void schedule(void)
{
	struct task_struct *prev = current;

	LOCKSTEP_ATOMIC {
		BUG_ON(prev->preempt_count);	/* scheduling while atomic */
		lockstep_await(prev->__state == TASK_RUNNING || __signal_pending_state(prev->__state, prev));
		prev->__state = TASK_RUNNING;
	}
}

#define HZ 1000
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define msecs_to_jiffies(ms) ((unsigned long)(ms))
#define usecs_to_jiffies(us) ((unsigned long)(us))

/*
 * kernel/time/sleep_timeout.c, schedule_timeout(): the time may be up at any
 * moment, so that it can always go on. What is left of it is 0 where it was not
 * woken, and `timeout` where it was: how much time has passed is not said.
 */
LOCKSTEP_PRIMITIVE long schedule_timeout(long timeout)
{
	struct task_struct *prev = current;
	bool woken = true;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	LOCKSTEP_ATOMIC {
		BUG_ON(prev->preempt_count);
		woken = prev->__state == TASK_RUNNING || __signal_pending_state(prev->__state, prev);
		prev->__state = TASK_RUNNING;
	}
	return woken ? timeout : 0;
}

LOCKSTEP_PRIMITIVE long schedule_timeout_interruptible(long timeout)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

LOCKSTEP_PRIMITIVE long schedule_timeout_uninterruptible(long timeout)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}

LOCKSTEP_PRIMITIVE bool try_to_wake_up(struct task_struct *p, unsigned int state)
{
	bool match = false;

	LOCKSTEP_ATOMIC {	/* raw_spin_lock_irqsave(&p->pi_lock), smp_mb__after_spinlock(), ttwu_state_match() */
		lockstep_await(!p->pi_lock);
		match = (p->__state & state) != 0;
		if (match)
			p->pi_lock = true;
	}
	if (!match)
		return false;
	LOCKSTEP_ATOMIC {
		p->__state = TASK_RUNNING;
		p->pi_lock = false;
	}
	return true;
}

#define wake_up_process(p) try_to_wake_up(p, TASK_NORMAL)
#define wake_up_state(p, state) try_to_wake_up(p, state)

/* The scheduler may want the CPU at any time, or not. */
#define need_resched() (lockstep_choose(2) != 0)

/* Others have CPUs of their own, and run whether or not this one gives way. */
LOCKSTEP_PRIMITIVE int cond_resched(void)
{
	return 0;
}

#endif
