/*
 * linux/cache.h - where variables lie changes no step; include/linux/cache.h.
 */
#ifndef _LINUX_CACHE_H
#define _LINUX_CACHE_H

#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __cacheline_aligned
#define __cacheline_aligned_in_smp

#endif
