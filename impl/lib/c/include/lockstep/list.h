/*
 * lockstep/list.h - a short list in one word: what wait queues and completions
 * keep their waiters in.
 *
 * In the kernel it is a struct list_head, changed with the queue's lock held by
 * several stores. Who looks without the lock asks only whether it is empty,
 * which one of these stores decides. So a word that holds all of the list, one
 * byte an element and the first in the lowest, shows the same to everybody, and
 * a change of it is one store. These functions take and give words; they access
 * no memory.
 */
#ifndef _LOCKSTEP_LIST_H
#define _LOCKSTEP_LIST_H

#include <linux/bug.h>
#include <linux/types.h>

#define __LIST_FIRST(list) ((list) & 0xff)
#define __LIST_REST(list) ((list) >> 8)

/* An element is known by its bits `mask`. */
LOCKSTEP_PRIMITIVE bool __list_has(u64 list, u64 element, u64 mask)
{
	for (; list; list = __LIST_REST(list))
		if ((list & mask) == (element & mask))
			return true;
	return false;
}

LOCKSTEP_PRIMITIVE u64 __list_without(u64 list, u64 element, u64 mask)
{
	u64 others = 0;
	int at = 0;

	for (; list; list = __LIST_REST(list)) {
		if ((list & mask) == (element & mask))
			continue;
		others |= __LIST_FIRST(list) << at;
		at += 8;
	}
	return others;
}

LOCKSTEP_PRIMITIVE u64 __list_with_head(u64 list, u64 element)
{
	BUG_ON(list >> 56);	/* more than eight elements do not fit */
	return list << 8 | element;
}

LOCKSTEP_PRIMITIVE u64 __list_with_tail(u64 list, u64 element)
{
	int at = 0;

	BUG_ON(list >> 56);
	while (list >> at)
		at += 8;
	return list | element << at;
}

#endif
