/*
 * linux/bug.h - BUG_ON(), WARN_ON(); include/asm-generic/bug.h.
 *
 * A condition that is true is a violation. After a warning the thread goes on,
 * as in the kernel; after BUG() it does not.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifdef __LOCKSTEP__
#define BUG_ON(e) __lockstep_bug(!!(e))
#define WARN_ON(e) __lockstep_warn(!!(e))
#endif

#define BUG() BUG_ON(1)
#define WARN_ON_ONCE(e) WARN_ON(e)
#define WARN(e, ...) WARN_ON(e)
#define WARN_ONCE(e, ...) WARN_ON(e)

#endif
