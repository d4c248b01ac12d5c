/*
 * linux/refcount.h - reference counts; include/linux/refcount.h, lib/refcount.c
 * (refcount_warn_saturate).
 *
 * Each change is one locked instruction, a full barrier as on x86; an increment
 * that fails is a load. A misuse (an increment of 0, a decrement to 0 by
 * refcount_dec(), one of 0, an overflow) warns, which is a violation, and
 * saturates the count for good.
 *
 * Fewer steps than in C: the operation that finds a misuse and
 * refcount_warn_saturate() are one; between, others see a count that is one
 * off. Left out: refcount_dec_and_lock(), _mutex_lock(), refcount_dec_if_one(),
 * adding more than one.
 */
#ifndef _LINUX_REFCOUNT_H
#define _LINUX_REFCOUNT_H

#include <linux/bug.h>
#include <linux/kernel.h>

typedef struct refcount_struct {
	int refs;
} refcount_t;

#define REFCOUNT_INIT(n) { (n) }
#define REFCOUNT_MAX INT_MAX
#define REFCOUNT_SATURATED (INT_MIN / 2)

#define refcount_set(r, n) WRITE_ONCE((r)->refs, n)
#define refcount_read(r) READ_ONCE((r)->refs)

LOCKSTEP_PRIMITIVE void refcount_inc(refcount_t *r)
{
	LOCKSTEP_ATOMIC {
		r->refs = WARN_ON(r->refs <= 0 || r->refs == REFCOUNT_MAX) ? REFCOUNT_SATURATED : r->refs + 1;
	}
}

LOCKSTEP_PRIMITIVE bool refcount_inc_not_zero(refcount_t *r)
{
	bool taken = false;

	LOCKSTEP_STEP {
		if (r->refs) {
			smp_mb();
			r->refs = WARN_ON(r->refs < 0 || r->refs == REFCOUNT_MAX) ? REFCOUNT_SATURATED : r->refs + 1;
			taken = true;
		}
	}
	return taken;
}

LOCKSTEP_PRIMITIVE void refcount_dec(refcount_t *r)
{
	LOCKSTEP_ATOMIC {
		r->refs = WARN_ON(r->refs <= 1) ? REFCOUNT_SATURATED : r->refs - 1;
	}
}

LOCKSTEP_PRIMITIVE bool refcount_dec_and_test(refcount_t *r)
{
	bool last = false;

	LOCKSTEP_ATOMIC {
		last = r->refs == 1;
		r->refs = WARN_ON(r->refs <= 0) ? REFCOUNT_SATURATED : r->refs - 1;
	}
	return last;
}

#endif
