/*
 * linux/rcupdate.h - read-copy update; include/linux/rcupdate.h,
 * kernel/rcu/tree.c (synchronize_rcu, call_rcu, rcu_do_batch) by the guarantee
 * that the comment of call_rcu() gives and not by the tree of rcu_nodes.
 *
 * A grace period waits for the readers that are in a section when it begins,
 * and for no later one, until each has once been outside of its sections with
 * all that it stored there visible to all. The calls of a reader order nothing:
 * a store of its section may still be in its store buffer when the section is
 * closed. So who waits looks for the moment at which the buffer is empty too
 * (rcu_gp_fqs). A reader whose buffer is empty as it closes its section is not
 * waited for any more from there on, so that one that reads again and again
 * cannot hold a grace period up. A grace period may end as late as it likes.
 *
 * Callbacks: LOCKSTEP_CALLBACK() of lockstep.h and, for each struct rcu_head,
 * LOCKSTEP_RCU_CORE(name, head, LOCKSTEP_RUNS(func)), a thread that runs what
 * call_rcu() was given for that head, each after a grace period of its own. In
 * the kernel several share one, and a CPU's callbacks run in order; here
 * neither is promised.
 *
 * Left out: rcu_barrier(), expedited and polled grace periods,
 * rcu_read_lock_bh(), tasks RCU, kfree_rcu() (nothing is allocated here). Loads
 * are in order under SC, TSO and PSO, so that rcu_dereference() is a load, and
 * no reader is seen that forgets it.
 */
#ifndef _LINUX_RCUPDATE_H
#define _LINUX_RCUPDATE_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* Per thread: how many sections it is in, one within the other. */
static __maybe_unused int __lockstep_rcu_nesting[LOCKSTEP_TASKS];

/*
 * A grace period: the readers that it still waits for, a bit for each thread.
 */
struct __rcu_gp {
	u64 readers;
};

/*
 * The grace period of each thread that calls synchronize_rcu(), or runs
 * callbacks.
 */
static __maybe_unused struct __rcu_gp __lockstep_rcu_gp[LOCKSTEP_TASKS];

struct rcu_head {
	int func;	/* which callback is queued; 0 if none is */
};
#define callback_head rcu_head

LOCKSTEP_PRIMITIVE void rcu_read_lock(void)
{
	LOCKSTEP_STEP {
		__lockstep_rcu_nesting[lockstep_self()]++;
	}
}

LOCKSTEP_PRIMITIVE void rcu_read_unlock(void)
{
	int self = lockstep_self();
	int g;

	LOCKSTEP_STEP {
		BUG_ON(!__lockstep_rcu_nesting[self]);
		__lockstep_rcu_nesting[self]--;
		if (!__lockstep_rcu_nesting[self] && lockstep_drained(self))
			for (g = 0; g < lockstep_count(); g++)
				__lockstep_rcu_gp[g].readers &= ~(1ULL << self);
	}
}

#define rcu_read_lock_held() (__lockstep_rcu_nesting[lockstep_self()] > 0)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_dereference_check(p, c) rcu_dereference(p)
#define rcu_dereference_raw(p) rcu_dereference(p)
#define rcu_dereference_protected(p, c) (p)
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)
#define RCU_INITIALIZER(v) (v)

/* In a step: the readers that a grace period which begins now waits for. */
LOCKSTEP_PRIMITIVE u64 __rcu_readers(void)
{
	u64 readers = 0;
	int r;

	for (r = 0; r < lockstep_count(); r++)
		if (__lockstep_rcu_nesting[r] || !lockstep_drained(r))
			readers |= 1ULL << r;
	return readers;
}

/*
 * Waits until each reader has been outside of its sections since the grace
 * period began.
 */
LOCKSTEP_PRIMITIVE void __rcu_gp_end(void)
{
	struct __rcu_gp *gp = &__lockstep_rcu_gp[lockstep_self()];
	u64 others;

	do {
		others = 0;
		LOCKSTEP_ATOMIC {
			others = gp->readers & __rcu_readers();
			lockstep_await(!gp->readers || others != gp->readers);
			gp->readers = others;
		}
	} while (others);
}

LOCKSTEP_PRIMITIVE void synchronize_rcu(void)
{
	LOCKSTEP_ATOMIC {
		__lockstep_rcu_gp[lockstep_self()].readers = __rcu_readers();
	}
	__rcu_gp_end();
}

/* No barrier, but the grace period begins after what was stored before. */
#define call_rcu(head, callback) smp_store_release(&(head)->func, __lockstep_callback_##callback)

#define LOCKSTEP_RCU_CORE(name, head, callbacks)								\
	LOCKSTEP_DAEMON(name)											\
	{													\
		struct rcu_head *__item = (head);								\
		int __func;											\
														\
		for (;;) {											\
			__func = 0;										\
			LOCKSTEP_ATOMIC {									\
				lockstep_await(__item->func);							\
				__func = __item->func;								\
				__item->func = 0;								\
				__lockstep_rcu_gp[lockstep_self()].readers = __rcu_readers();			\
			}											\
			__rcu_gp_end();										\
			callbacks BUG();	/* a callback that LOCKSTEP_RUNS() does not name */		\
		}												\
	}

#endif
