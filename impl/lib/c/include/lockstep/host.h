/*
 * lockstep/host.h - the words of lockstep.h, and what `lockstep check` knows by
 * name, for gcc and clang: enough to compile.
 *
 * Nothing here has a meaning of its own. What it is to `lockstep check` stands
 * beside each word in lockstep.h; atomics, bit operations and barriers are what
 * Documentation/atomic_t.txt, atomic_bitops.txt and memory-barriers.txt say.
 */
#ifndef _LOCKSTEP_HOST_H
#define _LOCKSTEP_HOST_H

#define __lockstep_unused __attribute__((unused))

#define LOCKSTEP_THREAD(name) __lockstep_unused static void name(void)
#define LOCKSTEP_THREADS(name, n, id)		\
	enum { __lockstep_count_##name = (n) };	\
	__lockstep_unused static void name(int id __lockstep_unused)
#define LOCKSTEP_DAEMON(name) LOCKSTEP_THREAD(name)
#define LOCKSTEP_INTERRUPT(name, thread)	\
	static void thread(void);		\
	LOCKSTEP_THREAD(name)

#define LOCKSTEP_ATOMIC if (1)
#define LOCKSTEP_STEP if (1)
#define lockstep_await(e) __lockstep_is(!!(e))
#define lockstep_self() 0
#define LOCKSTEP_TASKS 32
#define lockstep_count() LOCKSTEP_TASKS
#define lockstep_thread(name) 0
#define lockstep_drained(n) __lockstep_is((n) >= 0)
#define lockstep_interruptible() __lockstep_is(1)
#define lockstep_update(x, e) WRITE_ONCE(x, e)
#define LOCKSTEP_PRIMITIVE __lockstep_unused static inline
int lockstep_choose(int n);
_Bool __lockstep_is(_Bool value);

#define LOCKSTEP_INVARIANT(name, e) __lockstep_unused static _Bool __lockstep_invariant_##name(void) { return (e); }
#define LOCKSTEP_LEADS_TO(name, p, q)							\
	__lockstep_unused static _Bool __lockstep_from_##name(void) { return (p); }	\
	__lockstep_unused static _Bool __lockstep_to_##name(void) { return (q); }
#define LOCKSTEP_FINALLY(e) __LOCKSTEP_FINALLY(__COUNTER__, e)
#define __LOCKSTEP_FINALLY(n, e) __LOCKSTEP_FINALLY_(n, e)
#define __LOCKSTEP_FINALLY_(n, e) __lockstep_unused static _Bool __lockstep_finally_##n(void) { return (e); }
#define LOCKSTEP_AT(thread, label) __lockstep_is(0)
#define LOCKSTEP_LABEL(label) label: __lockstep_unused
#define LOCKSTEP_OPTIONAL(NAME)

#define assert(e) ((void)__lockstep_is(!!(e)))
#define BUG_ON(e) ((void)__lockstep_is(!!(e)))
#define WARN_ON(e) __lockstep_is(!!(e))

/* Documentation/memory-barriers.txt */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) ((void)(*(volatile __typeof__(x) *)&(x) = (v)))
#define smp_load_acquire(p) READ_ONCE(*(p))
#define smp_store_release(p, v) WRITE_ONCE(*(p), v)
#define smp_store_mb(x, v) WRITE_ONCE(x, v)
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_assign_pointer(p, v) WRITE_ONCE(p, v)
#define data_race(e) (e)
#define likely(e) (!!(e))
#define unlikely(e) (!!(e))
void barrier(void);
void cpu_relax(void);
void smp_mb(void);
void smp_wmb(void);
void smp_rmb(void);
void smp_mb__before_atomic(void);
void smp_mb__after_atomic(void);
void smp_mb__after_spinlock(void);
void smp_mb__after_unlock_lock(void);

#define __lockstep_xchg(p, v)					\
	({					\
		__typeof__(*(p)) __old = *(p);			\
		*(p) = (v);					\
		__old;						\
	})
#define __lockstep_cmpxchg(p, o, n)				\
	({					\
		__typeof__(*(p)) __old = *(p);			\
		if (__old == (o))				\
			*(p) = (n);				\
		__old;						\
	})
#define __lockstep_try_cmpxchg(p, o, n)				\
	({					\
		__typeof__(*(p)) __old = *(p);			\
		_Bool __same = __old == *(o);			\
		if (__same)					\
			*(p) = (n);				\
		else						\
			*(o) = __old;				\
		__same;						\
	})
#define xchg(p, v) __lockstep_xchg(p, v)
#define xchg_relaxed(p, v) __lockstep_xchg(p, v)
#define xchg_acquire(p, v) __lockstep_xchg(p, v)
#define xchg_release(p, v) __lockstep_xchg(p, v)
#define cmpxchg(p, o, n) __lockstep_cmpxchg(p, o, n)
#define cmpxchg_relaxed(p, o, n) __lockstep_cmpxchg(p, o, n)
#define cmpxchg_acquire(p, o, n) __lockstep_cmpxchg(p, o, n)
#define cmpxchg_release(p, o, n) __lockstep_cmpxchg(p, o, n)
#define try_cmpxchg(p, o, n) __lockstep_try_cmpxchg(p, o, n)
#define try_cmpxchg_relaxed(p, o, n) __lockstep_try_cmpxchg(p, o, n)
#define try_cmpxchg_acquire(p, o, n) __lockstep_try_cmpxchg(p, o, n)
#define try_cmpxchg_release(p, o, n) __lockstep_try_cmpxchg(p, o, n)

/* Documentation/atomic_bitops.txt */
void set_bit(long nr, volatile unsigned long *addr);
void clear_bit(long nr, volatile unsigned long *addr);
void change_bit(long nr, volatile unsigned long *addr);
void clear_bit_unlock(long nr, volatile unsigned long *addr);
_Bool test_bit(long nr, const volatile unsigned long *addr);
_Bool test_bit_acquire(long nr, const volatile unsigned long *addr);
_Bool test_and_set_bit(long nr, volatile unsigned long *addr);
_Bool test_and_clear_bit(long nr, volatile unsigned long *addr);
_Bool test_and_change_bit(long nr, volatile unsigned long *addr);
_Bool test_and_set_bit_lock(long nr, volatile unsigned long *addr);
void __set_bit(long nr, volatile unsigned long *addr);
void __clear_bit(long nr, volatile unsigned long *addr);
void __change_bit(long nr, volatile unsigned long *addr);
_Bool __test_and_set_bit(long nr, volatile unsigned long *addr);
_Bool __test_and_clear_bit(long nr, volatile unsigned long *addr);

#endif
