// A task sleeps until another has set a flag. It says that it sleeps, and then
// looks at the flag, with a full barrier between the two.
//
//   lockstep check sleep-wake.c                right
//   lockstep check sleep-wake.c -DNO_MB        no barrier between the two
//   lockstep check sleep-wake.c -DCHECK_FIRST  looks, and then says that it sleeps
//
// lockstep: LostWakeup holds
// lockstep[-DNO_MB sc]: LostWakeup holds
// lockstep[-DNO_MB tso pso]: LostWakeup violated
// lockstep[-DCHECK_FIRST]: LostWakeup violated

#include <lockstep.h>
#include <linux/sched.h>

static bool done;

LOCKSTEP_THREAD(sleeper)
{
	for (;;) {
#if defined(CHECK_FIRST)
		if (READ_ONCE(done))
			break;
		set_current_state(TASK_UNINTERRUPTIBLE);
#elif defined(NO_MB)
		__set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(done))
			break;
#else
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(done))
			break;
#endif
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

LOCKSTEP_THREAD(waker)
{
	WRITE_ONCE(done, true);
	wake_up_process(lockstep_task(sleeper));
}
