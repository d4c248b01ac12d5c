/*
 * linux/llist.h - lists that are added to without a lock and taken as a whole;
 * include/linux/llist.h, lib/llist.c (llist_add_batch).
 *
 * As in the kernel: a loop of cmpxchg() adds, xchg() takes all. Left out:
 * llist_del_first(), llist_reverse_order().
 */
#ifndef _LINUX_LLIST_H
#define _LINUX_LLIST_H

#include <linux/atomic.h>
#include <linux/container_of.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD_INIT(name) { NULL }
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)
#define init_llist_head(list) WRITE_ONCE((list)->first, NULL)

LOCKSTEP_PRIMITIVE bool llist_empty(const struct llist_head *head)
{
	return READ_ONCE(head->first) == NULL;
}

/* true if the list was empty before */
LOCKSTEP_PRIMITIVE bool llist_add(struct llist_node *entry, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do {
		entry->next = first;
	} while (!try_cmpxchg(&head->first, &first, entry));
	return first == NULL;
}

LOCKSTEP_PRIMITIVE struct llist_node *llist_del_all(struct llist_head *head)
{
	return xchg(&head->first, NULL);
}

#define llist_entry(ptr, type, member) container_of(ptr, type, member)
#define llist_for_each(pos, node) for (pos = (node); pos; pos = pos->next)

#endif
