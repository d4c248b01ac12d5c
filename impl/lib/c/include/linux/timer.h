/*
 * linux/timer.h - timers; kernel/time/timer.c (mod_timer, timer_delete,
 * timer_delete_sync, timer_shutdown_sync, expire_timers).
 *
 * A handler runs some time after a timer was armed, once for each time:
 * LOCKSTEP_TIMER_BASE(name, timer, LOCKSTEP_RUNS(func)) is the thread that runs
 * the handlers of `timer`, whose function is defined by LOCKSTEP_CALLBACK(func,
 * struct timer_list *t) of lockstep.h. A step that takes base->lock is a full
 * barrier. A mod_timer() of a timer that is pending, and a timer_delete() of
 * one that is not, find so without the lock and make no barrier.
 *
 * Left out: when a timer expires (at any time once it is armed), so that
 * `expires` is not looked at; the handlers of one CPU one after the other (each
 * timer has a thread of its own here, which adds orders); hrtimers, which are
 * absent.
 */
#ifndef _LINUX_TIMER_H
#define _LINUX_TIMER_H

#include <linux/bug.h>
#include <linux/sched.h>

struct timer_list {
	int func;	/* of LOCKSTEP_CALLBACK() */
	bool pending;
	bool running;	/* base->running_timer */
	bool shutdown;
};

#define DEFINE_TIMER(name, f) struct timer_list name = { __lockstep_callback_##f, false, false, false }
#define timer_setup(t, f, flags) WRITE_ONCE((t)->func, __lockstep_callback_##f)
#define timer_pending(t) READ_ONCE((t)->pending)

LOCKSTEP_PRIMITIVE int __mod_timer(struct timer_list *t)
{
	int pending = 1;

	LOCKSTEP_STEP {
		if (!t->pending) {
			smp_mb();
			if (!t->shutdown)
				t->pending = true;
			pending = 0;
		}
	}
	return pending;
}

/* `expires` is not looked at */
#define mod_timer(t, expires) ((void)sizeof(expires), __mod_timer(t))
#define add_timer(t) WARN_ON(__mod_timer(t))

LOCKSTEP_PRIMITIVE int timer_delete(struct timer_list *t)
{
	int pending = 0;

	LOCKSTEP_STEP {
		if (t->pending) {
			smp_mb();
			t->pending = false;
			pending = 1;
		}
	}
	return pending;
}

/*
 * Takes it off the list at a moment when its handler does not run, for which it
 * waits.
 */
LOCKSTEP_PRIMITIVE int __timer_delete_sync(struct timer_list *t, bool shutdown)
{
	int pending = 0;

	LOCKSTEP_ATOMIC {
		lockstep_await(!t->running);
		pending = t->pending;
		t->pending = false;
		if (shutdown)
			t->shutdown = true;
	}
	return pending;
}

#define timer_delete_sync(t) __timer_delete_sync(t, false)
#define timer_shutdown_sync(t) __timer_delete_sync(t, true)
#define del_timer(t) timer_delete(t)
#define del_timer_sync(t) timer_delete_sync(t)

#define LOCKSTEP_TIMER_BASE(name, timer, callbacks)								\
	LOCKSTEP_DAEMON(name)											\
	{													\
		struct timer_list *__item = (timer);								\
		int __func;											\
														\
		for (;;) {											\
			__func = 0;										\
			LOCKSTEP_ATOMIC {									\
				lockstep_await(__item->pending);						\
				__item->pending = false;							\
				if (!__item->shutdown) {							\
					__item->running = true;							\
					__func = __item->func;							\
				}										\
			}											\
			callbacks BUG();	/* no function, or one that LOCKSTEP_RUNS() does not name */	\
			LOCKSTEP_ATOMIC {									\
				__item->running = false;							\
			}											\
		}												\
	}

#endif
