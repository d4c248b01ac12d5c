/*
 * linux/srcu.h - sleepable read-copy update; include/linux/srcu.h,
 * kernel/rcu/srcutree.c by the guarantee that Documentation/RCU gives and not
 * by its per-CPU counters.
 *
 * A grace period waits for the sections that are open when it begins, and for
 * no later one; it may end as late as it likes. Each call is a full barrier
 * (__srcu_read_lock, __srcu_read_unlock and synchronize_srcu have an smp_mb()).
 *
 * srcu_read_lock() returns 0 or 1, and two sections have the same number where
 * no grace period came between: a section that is opened while a grace period
 * waits for sections of number 0 has number 1. Sections may be nested, and
 * closed in any order.
 *
 * Left out: call_srcu(), srcu_barrier(), expedited grace periods,
 * srcu_read_lock_nmisafe().
 */
#ifndef _LINUX_SRCU_H
#define _LINUX_SRCU_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* Two bits for each thread: it has a section of number 0, of number 1. */
#define __SRCU_BIT(thread, idx) (1ULL << (2 * (thread) + (idx)))

struct __srcu_reader {
	int nesting[2];		/* its open sections, by their number */
};

struct srcu_struct {
	struct __srcu_reader reader[LOCKSTEP_TASKS];
	u64 gp[LOCKSTEP_TASKS];	/* per thread that waits: the sections it still waits for, __SRCU_BIT */
};

#define DEFINE_SRCU(name) struct srcu_struct name
#define DEFINE_STATIC_SRCU(name) static struct srcu_struct name
#define cleanup_srcu_struct(ssp) WARN_ON(__srcu_open(ssp))

/* In a step: the sections that are open. */
LOCKSTEP_PRIMITIVE u64 __srcu_open(struct srcu_struct *ssp)
{
	u64 open = 0;
	int r;

	for (r = 0; r < lockstep_count(); r++) {
		if (ssp->reader[r].nesting[0])
			open |= __SRCU_BIT(r, 0);
		if (ssp->reader[r].nesting[1])
			open |= __SRCU_BIT(r, 1);
	}
	return open;
}

/* It has no sections before: there is nothing to be set. */
LOCKSTEP_PRIMITIVE int init_srcu_struct(struct srcu_struct *ssp)
{
	(void)ssp;
	return 0;
}

/* In a step: does the grace period wait for a section of number 0? */
LOCKSTEP_PRIMITIVE bool __srcu_first(u64 gp)
{
	int r;

	for (r = 0; r < lockstep_count(); r++)
		if (gp & __SRCU_BIT(r, 0))
			return true;
	return false;
}

LOCKSTEP_PRIMITIVE int srcu_read_lock(struct srcu_struct *ssp)
{
	int idx = 0;
	int s;

	LOCKSTEP_ATOMIC {
		for (s = 0; s < lockstep_count(); s++)
			if (__srcu_first(ssp->gp[s]))
				idx = 1;
		ssp->reader[lockstep_self()].nesting[idx]++;
	}
	return idx;
}

LOCKSTEP_PRIMITIVE void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	int self = lockstep_self();
	int s;

	LOCKSTEP_ATOMIC {
		BUG_ON(!ssp->reader[self].nesting[idx]);
		ssp->reader[self].nesting[idx]--;
		if (!ssp->reader[self].nesting[idx])
			for (s = 0; s < lockstep_count(); s++)
				ssp->gp[s] &= ~__SRCU_BIT(self, idx);
	}
}

#define srcu_dereference(p, ssp) rcu_dereference(p)

LOCKSTEP_PRIMITIVE void synchronize_srcu(struct srcu_struct *ssp)
{
	LOCKSTEP_ATOMIC {
		ssp->gp[lockstep_self()] = __srcu_open(ssp);
	}
	LOCKSTEP_ATOMIC {
		lockstep_await(!ssp->gp[lockstep_self()]);
	}
}

/* In a step, or of one's own sections. */
LOCKSTEP_PRIMITIVE bool __srcu_reads(struct srcu_struct *ssp, int thread)
{
	return ssp->reader[thread].nesting[0] || ssp->reader[thread].nesting[1];
}

LOCKSTEP_PRIMITIVE bool srcu_read_lock_held(struct srcu_struct *ssp)
{
	bool held = false;

	LOCKSTEP_STEP {
		held = __srcu_reads(ssp, lockstep_self());
	}
	return held;
}

#define RCU_LOCKDEP_WARN(c, s) WARN_ON(c)

#endif
