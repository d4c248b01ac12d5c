// A waker that looks first whether anybody waits needs a full barrier between
// the condition and that look: waitqueue_active() has none.
//
//   lockstep check wait-event.c           right
//   lockstep check wait-event.c -DNO_MB   without the barrier
//
// lockstep: LostWakeup holds
// lockstep[-DNO_MB sc]: LostWakeup holds
// lockstep[-DNO_MB tso pso]: LostWakeup violated

#include <lockstep.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(wq);
static bool done;

LOCKSTEP_THREAD(waiter)
{
	wait_event(wq, READ_ONCE(done));
}

LOCKSTEP_THREAD(waker)
{
	WRITE_ONCE(done, true);
#ifndef NO_MB
	smp_mb();
#endif
	if (waitqueue_active(&wq))
		wake_up(&wq);
}
