/*
 * linux/sched/signal.h - a signal is pending, and takes a task out of its
 * sleep; include/linux/sched/signal.h, kernel/signal.c (send_signal_locked,
 * signal_wake_up_state).
 *
 * Nobody sends one but the file: a thread of it that calls send_sig() is
 * userspace. A signal is pending until flush_signals(). Left out: which signal
 * it is but for SIGKILL, handlers, groups of threads.
 */
#ifndef _LINUX_SCHED_SIGNAL_H
#define _LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>

#define SIGINT 2
#define SIGKILL 9
#define SIGUSR1 10
#define SIGALRM 14
#define SIGTERM 15

#define signal_pending(p) ((READ_ONCE((p)->signals) & __SIGNAL_PENDING) != 0)
#define fatal_signal_pending(p) ((READ_ONCE((p)->signals) & __SIGNAL_FATAL) != 0)
#define signal_pending_state(state, p) __signal_pending_state(state, p)

/* with p->sighand->siglock held, which orders it with flush_signals() */
LOCKSTEP_PRIMITIVE int send_sig(int sig, struct task_struct *p, int priv)
{
	(void)priv;
	LOCKSTEP_ATOMIC {
		p->signals |= sig == SIGKILL ? __SIGNAL_PENDING | __SIGNAL_FATAL : __SIGNAL_PENDING;
	}
	try_to_wake_up(p, sig == SIGKILL ? TASK_INTERRUPTIBLE | TASK_WAKEKILL : TASK_INTERRUPTIBLE);
	return 0;
}

LOCKSTEP_PRIMITIVE void flush_signals(struct task_struct *p)
{
	LOCKSTEP_ATOMIC {
		p->signals = 0;
	}
}

#endif
