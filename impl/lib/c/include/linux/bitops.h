/*
 * linux/bitops.h - set_bit(), test_and_set_bit() and the others;
 * Documentation/atomic_bitops.txt.
 *
 * Known by name to `lockstep check`, as atomics are. wait_on_bit() is absent.
 */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define BITS_TO_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

#endif
