/*
 * linux/kref.h - reference counts with a function for the last;
 * include/linux/kref.h. kref_put() names the function, and calls it directly.
 */
#ifndef _LINUX_KREF_H
#define _LINUX_KREF_H

#include <linux/refcount.h>

struct kref {
	refcount_t refcount;
};

#define KREF_INIT(n) { REFCOUNT_INIT(n) }
#define kref_init(kref) refcount_set(&(kref)->refcount, 1)
#define kref_read(kref) refcount_read(&(kref)->refcount)
#define kref_get(kref) refcount_inc(&(kref)->refcount)
#define kref_get_unless_zero(kref) refcount_inc_not_zero(&(kref)->refcount)
#define kref_put(kref, release) (refcount_dec_and_test(&(kref)->refcount) ? (release(kref), 1) : 0)

#endif
