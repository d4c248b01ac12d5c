/*
 * linux/container_of.h - container_of(): from a member to the struct that it is
 * in; include/linux/container_of.h.
 */
#ifndef _LINUX_CONTAINER_OF_H
#define _LINUX_CONTAINER_OF_H

#ifdef __LOCKSTEP__
#define container_of(p, type, member) ((type *)__lockstep_container((p), &((type *)0)->member))
#else
#define container_of(p, type, member) ((type *)((char *)(p) - __builtin_offsetof(type, member)))
#endif

#endif
