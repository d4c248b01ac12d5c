/*
 * linux/rculist.h - lists that are read without a lock;
 * include/linux/rculist.h.
 *
 * Changed with a lock held; a new entry is published by one release, and an
 * entry that is deleted keeps its pointers for those who read.
 */
#ifndef _LINUX_RCULIST_H
#define _LINUX_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

LOCKSTEP_PRIMITIVE void __list_add_rcu(struct list_head *entry, struct list_head *prev, struct list_head *next)
{
	entry->next = next;
	entry->prev = prev;
	rcu_assign_pointer(prev->next, entry);
	next->prev = entry;
}

LOCKSTEP_PRIMITIVE void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	__list_add_rcu(entry, head, head->next);
}

LOCKSTEP_PRIMITIVE void list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
	__list_add_rcu(entry, head->prev, head);
}

LOCKSTEP_PRIMITIVE void list_del_rcu(struct list_head *entry)
{
	__list_del(entry->prev, entry->next);
	entry->prev = LIST_POISON2;
}

LOCKSTEP_PRIMITIVE void list_replace_rcu(struct list_head *old, struct list_head *entry)
{
	entry->next = old->next;
	entry->prev = old->prev;
	rcu_assign_pointer(entry->prev->next, entry);
	entry->next->prev = entry;
	old->prev = LIST_POISON2;
}

#define list_entry_rcu(ptr, type, member) container_of(READ_ONCE(ptr), type, member)

#define list_for_each_entry_rcu(pos, head, member)					\
	for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member);		\
	     &pos->member != (head);							\
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))

#endif
