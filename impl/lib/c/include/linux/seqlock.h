/*
 * linux/seqlock.h - sequence counts; include/linux/seqlock.h
 * (write_seqcount_begin, read_seqcount_begin, read_seqcount_retry).
 *
 * A writer makes the count odd while it writes, and a reader tries again if it
 * was, or has changed. The count wraps at 2^32 as in C. Where threads write for
 * ever, say -DLOCKSTEP_SEQCOUNT_MASK=7 for one that wraps after eight: more
 * than a writer adds during one read.
 */
#ifndef _LINUX_SEQLOCK_H
#define _LINUX_SEQLOCK_H

#include <linux/spinlock.h>

#ifndef LOCKSTEP_SEQCOUNT_MASK
#define LOCKSTEP_SEQCOUNT_MASK (~0U)
#endif

typedef struct seqcount {
	unsigned int sequence;
} seqcount_t;

#define SEQCNT_ZERO(name) { 0 }
#define seqcount_init(s) WRITE_ONCE((s)->sequence, 0)

LOCKSTEP_PRIMITIVE void write_seqcount_begin(seqcount_t *s)
{
	lockstep_update(s->sequence, (s->sequence + 1) & LOCKSTEP_SEQCOUNT_MASK);
	smp_wmb();
}

LOCKSTEP_PRIMITIVE void write_seqcount_end(seqcount_t *s)
{
	smp_wmb();
	lockstep_update(s->sequence, (s->sequence + 1) & LOCKSTEP_SEQCOUNT_MASK);
}

LOCKSTEP_PRIMITIVE unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int seq;

	for (;;) {
		seq = READ_ONCE(s->sequence);
		if (!(seq & 1))
			break;
		cpu_relax();
	}
	smp_rmb();
	return seq;
}

LOCKSTEP_PRIMITIVE bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	smp_rmb();
	return READ_ONCE(s->sequence) != start;
}

#define raw_write_seqcount_begin(s) write_seqcount_begin(s)
#define raw_write_seqcount_end(s) write_seqcount_end(s)

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock;
} seqlock_t;

#define __SEQLOCK_UNLOCKED(name) { { 0 }, { false } }
#define DEFINE_SEQLOCK(name) seqlock_t name = __SEQLOCK_UNLOCKED(name)
#define seqlock_init(sl)			\
	do {					\
		spin_lock_init(&(sl)->lock);	\
		seqcount_init(&(sl)->seqcount);	\
	} while (0)

LOCKSTEP_PRIMITIVE void write_seqlock(seqlock_t *sl)
{
	spin_lock(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

LOCKSTEP_PRIMITIVE void write_sequnlock(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock(&sl->lock);
}

#define read_seqbegin(sl) read_seqcount_begin(&(sl)->seqcount)
#define read_seqretry(sl, start) read_seqcount_retry(&(sl)->seqcount, start)

#endif
