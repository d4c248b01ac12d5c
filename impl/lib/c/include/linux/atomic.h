/*
 * linux/atomic.h - atomic_t, atomic64_t, atomic_long_t, xchg(), cmpxchg();
 * Documentation/atomic_t.txt.
 *
 * The operations are known by name to `lockstep check`, each with the order
 * that its name promises and that x86 gives.
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifndef __LOCKSTEP__
#include <lockstep/host-atomic.h>
#endif

#endif
