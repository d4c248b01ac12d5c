/*
 * linux/build_bug.h - BUILD_BUG_ON(): a constant condition that must be false;
 * include/linux/build_bug.h.
 */
#ifndef _LINUX_BUILD_BUG_H
#define _LINUX_BUILD_BUG_H

#define BUILD_BUG_ON(e) ((void)sizeof(char[1 - 2 * !!(e)]))

#endif
