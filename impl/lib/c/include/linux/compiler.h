/*
 * linux/compiler.h - READ_ONCE(), WRITE_ONCE(), barrier(), data_race(),
 * likely(), unlikely(); include/linux/compiler.h, asm-generic/rwonce.h.
 *
 * Known by name to `lockstep check`. Attributes that change no step are
 * nothing.
 */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#include <lockstep.h>

#define __always_inline inline
#define noinline
#ifdef __LOCKSTEP__
#define __maybe_unused
#else
#define __maybe_unused __attribute__((unused))
#endif
#define __read_mostly
#define __user
#define __rcu
#define __must_check

#endif
