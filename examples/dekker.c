// Dekker's algorithm: two threads exclude each other by flags that each sets
// before it looks at the other's.
//
//   lockstep check dekker.c           right
//   lockstep check dekker.c -DNO_MB   a flag may be seen after the look
//
// lockstep: Assertion holds, DataRace holds
// lockstep[-DNO_MB sc]: Assertion holds
// lockstep[-DNO_MB tso pso]: Assertion violated

#include <lockstep.h>
#include <linux/compiler.h>
#include <linux/types.h>

static bool wants[2];
static int turn;
static int inside;

static void want(int me)
{
	WRITE_ONCE(wants[me], true);
#ifndef NO_MB
	smp_mb();
#endif
}

LOCKSTEP_THREADS(cpu, 2, me)
{
	want(me);
	while (READ_ONCE(wants[1 - me])) {
		if (READ_ONCE(turn) == me)
			continue;
		WRITE_ONCE(wants[me], false);
		while (READ_ONCE(turn) != me)
			cpu_relax();
		want(me);
	}

	inside++;
	assert(inside == 1);
	inside--;

	smp_store_release(&turn, 1 - me);
	smp_store_release(&wants[me], false);
}
