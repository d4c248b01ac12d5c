// An item is taken off a list that others read without a lock, and freed once
// nobody can be reading it any more.
//
//   lockstep check rcu-list.c                    right
//   lockstep check rcu-list.c -DNO_GRACE_PERIOD  freed at once
//
// lockstep: Assertion holds, DataRace holds
// lockstep[-DNO_GRACE_PERIOD]: Assertion violated

#include <lockstep.h>
#include <linux/rculist.h>

struct item {
	struct list_head link;
	int value;
	bool freed;
};

static LIST_HEAD(items);
static struct item item;

LOCKSTEP_THREAD(reader)
{
	struct item *pos;

	rcu_read_lock();
	list_for_each_entry_rcu(pos, &items, link) {
		assert(pos->value == 1);
		assert(!READ_ONCE(pos->freed));
	}
	rcu_read_unlock();
}

LOCKSTEP_THREAD(updater)
{
	item.value = 1;
	list_add_rcu(&item.link, &items);

	list_del_rcu(&item.link);
#ifndef NO_GRACE_PERIOD
	synchronize_rcu();
#endif
	WRITE_ONCE(item.freed, true);	/* kfree(&item) */
}
