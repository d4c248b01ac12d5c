// An MCS lock: who comes stands in line behind the last, each spinning on a
// word of its own; who leaves lets the next in.
//
//   lockstep check mcs-lock.c               right
//   lockstep check mcs-lock.c -DNO_CMPXCHG  leaves without a look who has just come
//
// lockstep: EveryoneGetsIt holds
// lockstep[-DNO_CMPXCHG]: EveryoneGetsIt violated

#include <lockstep.h>
#include <linux/atomic.h>

struct mcs_node {
	struct mcs_node *next;
	bool locked;
};

static struct mcs_node *tail;
static struct mcs_node nodes[2];
static int served;

LOCKSTEP_THREADS(cpu, 2, me)
{
	struct mcs_node *node = &nodes[me], *prev, *next;

	prev = xchg(&tail, node);
	if (prev) {
		WRITE_ONCE(prev->next, node);
		while (!smp_load_acquire(&node->locked))
			cpu_relax();
	}

	served++;

	next = READ_ONCE(node->next);
	if (!next) {
#ifdef NO_CMPXCHG
		smp_store_release(&tail, NULL);
		return;
#else
		if (cmpxchg_release(&tail, node, NULL) == node)
			return;
		while (!(next = READ_ONCE(node->next)))
			cpu_relax();
#endif
	}
	smp_store_release(&next->locked, true);
}

LOCKSTEP_LEADS_TO(EveryoneGetsIt, true, served == 2)
