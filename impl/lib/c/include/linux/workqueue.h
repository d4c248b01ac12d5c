/*
 * linux/workqueue.h - works wait in a queue until one of its workers is free;
 * kernel/workqueue.c (queue_work, process_one_work, flush_work,
 * cancel_work_sync).
 *
 * A worker is a thread: LOCKSTEP_WORKER(name, LOCKSTEP_RUNS(func) ...) works
 * for system_wq, LOCKSTEP_WORKER_OF(name, wq, ...) for a queue that
 * LOCKSTEP_WORKQUEUE(wq) defines; as many workers as there are, so many works
 * at a time. A work function is defined by LOCKSTEP_CALLBACK(func, struct
 * work_struct *work) of lockstep.h, where there is an example. Each step holds
 * pool->lock, a full barrier. A work never runs on two workers at a time; one
 * that is queued while it runs is run again.
 *
 * Left out: alloc_workqueue() (nothing is allocated), delayed works,
 * flush_workqueue(), rescuers, concurrency management: which works can run is
 * said by the workers that there are.
 */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define __WORKS 8

struct workqueue_struct;

struct work_struct {
	int func;			/* of LOCKSTEP_CALLBACK() */
	struct workqueue_struct *wq;	/* where it is pending; NULL where it is not: WORK_STRUCT_PENDING */
};

struct workqueue_struct {
	struct work_struct *worklist[__WORKS];	/* in order, then NULL */
};

#define LOCKSTEP_WORKQUEUE(name) static struct workqueue_struct name __maybe_unused
LOCKSTEP_WORKQUEUE(__system_wq);
#define system_wq (&__system_wq)

/* Per thread that is a worker: worker->current_work. */
static __maybe_unused struct work_struct *__lockstep_current_work[LOCKSTEP_TASKS];

#define __WORK_INITIALIZER(n, f) { __lockstep_callback_##f, NULL }
#define DECLARE_WORK(n, f) struct work_struct n = __WORK_INITIALIZER(n, f)
#define INIT_WORK(work, f)						\
	do {								\
		WRITE_ONCE((work)->func, __lockstep_callback_##f);	\
		WRITE_ONCE((work)->wq, NULL);				\
	} while (0)

/* In a step: is some worker running it? */
LOCKSTEP_PRIMITIVE bool __work_is_running(struct work_struct *work)
{
	int k;

	for (k = 0; k < lockstep_count(); k++)
		if (__lockstep_current_work[k] == work)
			return true;
	return false;
}

/* In a step: off the list, and those behind it move up. */
LOCKSTEP_PRIMITIVE void __work_take(struct workqueue_struct *wq, struct work_struct *work)
{
	int i, to = 0;

	for (i = 0; i < __WORKS; i++) {
		struct work_struct *other = wq->worklist[i];

		if (other && other != work)
			wq->worklist[to++] = other;
	}
	while (to < __WORKS)
		wq->worklist[to++] = NULL;
	work->wq = NULL;
}

/*
 * false if it is pending already; a full barrier either way:
 * test_and_set_bit(WORK_STRUCT_PENDING)
 */
LOCKSTEP_PRIMITIVE bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	bool queued = false;
	int i = 0;

	LOCKSTEP_ATOMIC {
		if (!work->wq) {
			while (i < __WORKS && wq->worklist[i])
				i++;
			BUG_ON(i == __WORKS);
			wq->worklist[i] = work;
			work->wq = wq;
			queued = true;
		}
	}
	return queued;
}

#define schedule_work(work) queue_work(system_wq, work)
#define work_pending(work) (READ_ONCE((work)->wq) != NULL)

/* Waits until it is neither pending nor running. */
LOCKSTEP_PRIMITIVE bool flush_work(struct work_struct *work)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(!work->wq && !__work_is_running(work));
	}
	return true;
}

/* Takes it off the list, and waits until it does not run; was it pending? */
LOCKSTEP_PRIMITIVE bool cancel_work_sync(struct work_struct *work)
{
	bool pending = false;

	LOCKSTEP_ATOMIC {
		if (work->wq) {
			__work_take(work->wq, work);
			pending = true;
		}
	}
	LOCKSTEP_ATOMIC {
		lockstep_await(!__work_is_running(work));
	}
	return pending;
}

/* In a step: the first work that no worker runs, or NULL. */
LOCKSTEP_PRIMITIVE struct work_struct *__work_next(struct workqueue_struct *wq)
{
	int i;

	for (i = 0; i < __WORKS && wq->worklist[i]; i++)
		if (!__work_is_running(wq->worklist[i]))
			return wq->worklist[i];
	return NULL;
}

/* worker_thread(): process_one_work() again and again */
#define LOCKSTEP_WORKER_OF(name, queue, callbacks)								\
	LOCKSTEP_DAEMON(name)											\
	{													\
		struct work_struct *__item;									\
		int __func;											\
														\
		for (;;) {											\
			__item = NULL;										\
			__func = 0;										\
			LOCKSTEP_ATOMIC {									\
				__item = __work_next(queue);							\
				lockstep_await(__item);								\
				__work_take(queue, __item);							\
				__lockstep_current_work[lockstep_self()] = __item;				\
				__func = __item->func;								\
			}											\
			callbacks BUG();	/* a work whose function LOCKSTEP_RUNS() does not name */	\
			LOCKSTEP_ATOMIC {									\
				__lockstep_current_work[lockstep_self()] = NULL;				\
			}											\
		}												\
	}

#define LOCKSTEP_WORKER(name, callbacks) LOCKSTEP_WORKER_OF(name, system_wq, callbacks)

#endif
