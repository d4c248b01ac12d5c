/*
 * lockstep/task.h - struct task_struct, one for each thread of the file;
 * include/linux/sched.h.
 *
 * Only the fields that a thread other than their owner looks at, and what
 * linux/sched.h, linux/poll.h and linux/preempt.h keep per task. Tasks are
 * there from the beginning and are never freed, so that no reference to one can
 * be lost.
 */
#ifndef _LOCKSTEP_TASK_H
#define _LOCKSTEP_TASK_H

#include <linux/compiler.h>
#include <linux/types.h>

struct task_struct {
	unsigned int __state;
	bool pi_lock;		/* somebody who wakes it has p->pi_lock */
	u8 signals;		/* see linux/sched/signal.h */
	bool poll_triggered;	/* see linux/poll.h */
	void *poll_queue;
	int preempt_count;	/* see linux/preempt.h */
};

static __maybe_unused struct task_struct __lockstep_tasks[LOCKSTEP_TASKS];

#define current (&__lockstep_tasks[lockstep_self()])

/* The task of the thread of that name: what kthread_create() returns. */
#define lockstep_task(name) (&__lockstep_tasks[lockstep_thread(name)])

/* And of the i-th of LOCKSTEP_THREADS(). */
#define lockstep_task_of(name, i) (&__lockstep_tasks[lockstep_thread(name) + (i)])

/* The number of the thread that a task is. */
#define __task_number(p) ((int)((p) - __lockstep_tasks))

#endif
