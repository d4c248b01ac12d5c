/*
 * lockstep.h - what a C file says about its model: who runs, what the world may
 * do, and what has to hold.
 *
 * The file is checked by `lockstep check FILE.c`, where __LOCKSTEP__ is
 * defined, and compiles with gcc and clang as well, so that editors and `gcc
 * -fsyntax-only` read it. There the words below are enough to compile and no
 * more: nothing is meant to be run.
 *
 * A *step* is what no other thread can interrupt: one access to shared memory,
 * or one block of the two kinds below. Everything in linux/ is written on these
 * few words; docs/c.md tells what C is understood.
 */
#ifndef _LOCKSTEP_H
#define _LOCKSTEP_H

#ifdef __LOCKSTEP__

/*
 * How many threads the headers of linux/ keep something for: as many as the file
 * has.
 */
#define LOCKSTEP_TASKS __lockstep_threads

/* --- threads: each on a CPU of its own ------------------------------------ */

/*
 * LOCKSTEP_THREAD(name) { ... }: a thread. Its end is the end of the task;
 * until then it has to be able to go on.
 */
#define LOCKSTEP_THREAD(name) __attribute__((annotate("lockstep thread"))) static void name(void)

/*
 * LOCKSTEP_THREADS(name, n, id) { ... }: n of them; `id` is 0 in the first, n -
 * 1 in the last.
 */
#define LOCKSTEP_THREADS(name, n, id)			\
	enum { __lockstep_count_##name = (n) };		\
	__attribute__((annotate("lockstep threads"))) static void name(int id)

/*
 * LOCKSTEP_DAEMON(name) { ... }: a thread that may wait for ever, without that
 * being a lost wake-up.
 */
#define LOCKSTEP_DAEMON(name) __attribute__((annotate("lockstep daemon"))) static void name(void)

/*
 * LOCKSTEP_INTERRUPT(name, thread) { ... }: a handler on the CPU of `thread`,
 * which stands still meanwhile. It comes whenever interrupts are on there, at
 * most once at a time; see linux/irqflags.h. One whose first statement waits,
 * lockstep_await() or a block with one, comes when that is there, and only then:
 * an IPI that was sent. The statement is then one step with its coming.
 */
#define LOCKSTEP_INTERRUPT(name, thread) __attribute__((annotate("lockstep interrupt " #thread))) static void name(void)

/* --- steps ---------------------------------------------------------------- */

/*
 * LOCKSTEP_ATOMIC { ... }: one step, as a locked instruction is one: it waits
 * until the thread's own stores are visible.
 */
#define LOCKSTEP_ATOMIC if (__lockstep_atomic())

/*
 * LOCKSTEP_STEP { ... }: one step that orders nothing, for the bookkeeping of a
 * model: what it stores all see at once. A WRITE_ONCE() or smp_store_release()
 * in it is a store of the thread's own, as anywhere: others may see it later.
 * An smp_mb() in it waits, there, until the thread's own stores are visible.
 * No store overtakes one of the same thread to the same place: where that is
 * not visible yet, a plain store comes behind it, and an atomic operation waits.
 */
#define LOCKSTEP_STEP if (__lockstep_step())

/*
 * lockstep_await(e): in a block: the block cannot be entered before `e` is true
 * where this stands. By itself: a step that waits for `e`.
 */
#define lockstep_await(e) __lockstep_await(e)

/* lockstep_choose(n): any of 0 .. n - 1: what the world decides. */
#define lockstep_choose(n) __lockstep_choose(n)

/*
 * lockstep_self(): the number of the thread that runs, from 0;
 * lockstep_count(): how many there are, handlers among them. Constants.
 */
#define lockstep_self() __lockstep_self()
#define lockstep_count() __lockstep_count()

/*
 * lockstep_thread(name): the number of the thread of that name, or of the first
 * of LOCKSTEP_THREADS(), which are numbered one after the other; a constant.
 */
#define lockstep_thread(name) __lockstep_thread(#name)

/*
 * lockstep_drained(n): in a block or a property: all that thread n has stored
 * is visible to all.
 */
#define lockstep_drained(n) __lockstep_drained(n)

/*
 * lockstep_interruptible(): there is a handler on this thread's CPU; a constant
 * of the thread.
 */
#define lockstep_interruptible() __lockstep_interruptible()

/*
 * lockstep_update(x, e): x = e in one step, where `e` is made of x and nobody
 * else changes x meanwhile, e.g. since its lock is held.
 */
#define lockstep_update(x, e)			\
	do {					\
		LOCKSTEP_STEP {			\
			WRITE_ONCE(x, e);	\
		}				\
	} while (0)

/*
 * LOCKSTEP_PRIMITIVE: a function whose steps are shown where it is called, as
 * the caller's statement: spin_lock(), wake_up().
 */
#define LOCKSTEP_PRIMITIVE __attribute__((annotate("lockstep primitive"))) static inline

/* --- what has to hold ----------------------------------------------------- */

/* LOCKSTEP_INVARIANT(name, e): `e` is true in every state. */
#define LOCKSTEP_INVARIANT(name, e)				\
	__attribute__((annotate("lockstep invariant")))		\
	static _Bool __lockstep_invariant_##name(void) { return (e); }

/*
 * LOCKSTEP_LEADS_TO(name, p, q): whenever `p` is true, `q` is, then or later.
 */
#define LOCKSTEP_LEADS_TO(name, p, q)				\
	__attribute__((annotate("lockstep leads-to")))		\
	static _Bool __lockstep_from_##name(void) { return (p); }	\
	__attribute__((annotate("lockstep leads-to")))		\
	static _Bool __lockstep_to_##name(void) { return (q); }

/* LOCKSTEP_FINALLY(e): `e` is true when all threads have ended. */
#define LOCKSTEP_FINALLY(e) __LOCKSTEP_FINALLY(__COUNTER__, e)
#define __LOCKSTEP_FINALLY(n, e) __LOCKSTEP_FINALLY_(n, e)
#define __LOCKSTEP_FINALLY_(n, e)				\
	__attribute__((annotate("lockstep finally")))		\
	static _Bool __lockstep_finally_##n(void) { return (e); }

/*
 * LOCKSTEP_AT(thread, label): in what has to hold: the thread's next step is at
 * the C label, which LOCKSTEP_LABEL(label) sets.
 */
#define LOCKSTEP_AT(thread, label) __lockstep_at(#thread, #label)
#define LOCKSTEP_LABEL(label) label:

#define assert(e) __lockstep_assert(!!(e))

/* --- variants ------------------------------------------------------------- */

/*
 * LOCKSTEP_OPTIONAL(NAME) statement; is there, and `lockstep ablate` asks what
 * breaks without it.
 */
#define LOCKSTEP_OPTIONAL(NAME) if (__lockstep_optional(#NAME))

#else
#include <lockstep/host.h>
#endif

/* --- callbacks ------------------------------------------------------------ */

/*
 * There are no pointers to functions here. LOCKSTEP_CALLBACK(name, parameter) {
 * ... } defines a function that work, timers and grace periods can be told of
 * by name, and LOCKSTEP_RUNS(name) says which of them a thread can run:
 *
 *	LOCKSTEP_CALLBACK(drain, struct work_struct *work)
 *	{
 *		...
 *	}
 *	static DECLARE_WORK(drain_work, drain);
 *	LOCKSTEP_WORKER(kworker, LOCKSTEP_RUNS(drain))
 */
#define LOCKSTEP_CALLBACK(name, parameter)				\
	enum { __lockstep_callback_##name = __COUNTER__ + 1 };		\
	static void name(parameter)

#define LOCKSTEP_RUNS(name)						\
	if (__func == __lockstep_callback_##name)			\
		name(__item);						\
	else

#endif
