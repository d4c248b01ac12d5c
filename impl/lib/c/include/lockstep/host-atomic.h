/*
 * lockstep/host-atomic.h - declarations of the atomic operations of
 * Documentation/atomic_t.txt, for gcc and clang; see host.h.
 */
#ifndef _LOCKSTEP_HOST_ATOMIC_H
#define _LOCKSTEP_HOST_ATOMIC_H

#include <linux/types.h>

#define __LOCKSTEP_DECLARE_ATOMIC(name, type, word)		\
	word name##_read(const type *v);			\
	word name##_read_acquire(const type *v);		\
	void name##_set(type *v, word i);			\
	void name##_set_release(type *v, word i);		\
	void name##_add(word i, type *v);			\
	void name##_sub(word i, type *v);			\
	void name##_inc(type *v);				\
	void name##_dec(type *v);				\
	void name##_and(word i, type *v);			\
	void name##_or(word i, type *v);			\
	void name##_xor(word i, type *v);			\
	void name##_andnot(word i, type *v);			\
	_Bool name##_inc_and_test(type *v);			\
	_Bool name##_dec_and_test(type *v);			\
	_Bool name##_sub_and_test(word i, type *v);		\
	_Bool name##_add_negative(word i, type *v);		\
	_Bool name##_add_unless(type *v, word a, word u);	\
	word name##_fetch_add_unless(type *v, word a, word u);	\
	_Bool name##_inc_not_zero(type *v);			\
	_Bool name##_inc_unless_negative(type *v);		\
	_Bool name##_dec_unless_positive(type *v);		\
	word name##_dec_if_positive(type *v);			\
	__LOCKSTEP_DECLARE_ORDERED(name, type, word, )		\
	__LOCKSTEP_DECLARE_ORDERED(name, type, word, _relaxed)	\
	__LOCKSTEP_DECLARE_ORDERED(name, type, word, _acquire)	\
	__LOCKSTEP_DECLARE_ORDERED(name, type, word, _release)

#define __LOCKSTEP_DECLARE_ORDERED(name, type, word, order)		\
	word name##_add_return##order(word i, type *v);			\
	word name##_sub_return##order(word i, type *v);			\
	word name##_inc_return##order(type *v);				\
	word name##_dec_return##order(type *v);				\
	word name##_fetch_add##order(word i, type *v);			\
	word name##_fetch_sub##order(word i, type *v);			\
	word name##_fetch_inc##order(type *v);				\
	word name##_fetch_dec##order(type *v);				\
	word name##_fetch_and##order(word i, type *v);			\
	word name##_fetch_or##order(word i, type *v);			\
	word name##_fetch_xor##order(word i, type *v);			\
	word name##_fetch_andnot##order(word i, type *v);		\
	word name##_xchg##order(type *v, word i);			\
	word name##_cmpxchg##order(type *v, word o, word n);		\
	_Bool name##_try_cmpxchg##order(type *v, word *o, word n);

__LOCKSTEP_DECLARE_ATOMIC(atomic, atomic_t, int)
__LOCKSTEP_DECLARE_ATOMIC(atomic64, atomic64_t, s64)
__LOCKSTEP_DECLARE_ATOMIC(atomic_long, atomic_long_t, long)

#endif
