// A ticket lock: who comes takes the next number, and waits until it is served.
//
//   lockstep check ticket-lock.c                right
//   lockstep check ticket-lock.c -DNON_ATOMIC   two may take the same number
//   lockstep check ticket-lock.c -DNO_RELEASE   the next is let in too early (PSO)
//
// lockstep: AllCounted holds, DataRace holds
// lockstep[-DNON_ATOMIC]: AllCounted violated, DataRace violated
// lockstep[-DNO_RELEASE sc tso]: AllCounted holds
// lockstep[-DNO_RELEASE pso]: AllCounted violated

#include <lockstep.h>
#include <linux/atomic.h>

static atomic_t next;
static int serving;
static int counter;

LOCKSTEP_THREADS(cpu, 2, me)
{
	int ticket;

#ifdef NON_ATOMIC
	ticket = atomic_read(&next);
	atomic_set(&next, ticket + 1);
#else
	ticket = atomic_fetch_inc(&next);
#endif
	while (smp_load_acquire(&serving) != ticket)
		cpu_relax();

	counter++;

#ifdef NO_RELEASE
	WRITE_ONCE(serving, ticket + 1);
#else
	smp_store_release(&serving, ticket + 1);
#endif
}

LOCKSTEP_LEADS_TO(AllCounted, true, counter == 2)
