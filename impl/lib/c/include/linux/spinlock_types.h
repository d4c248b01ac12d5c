/* linux/spinlock_types.h - as linux/spinlock.h. */
#include <linux/spinlock.h>
