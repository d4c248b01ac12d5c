/*
 * linux/preempt.h - preempt_disable(), preempt_enable();
 * include/linux/preempt.h.
 *
 * Each thread has a CPU of its own and stays there, so that there is nobody to
 * keep out: what is left of preempt_disable() is that who then sleeps is found
 * (schedule() is a bug). Races of two tasks on one CPU, and of a task that is
 * moved to another, are not seen here: get_cpu(), smp_processor_id(),
 * this_cpu_ptr() and migrate_disable() are therefore absent.
 * impl/lib/blocks/preempt.ts has them.
 */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <lockstep/task.h>

LOCKSTEP_PRIMITIVE void preempt_disable(void)
{
	LOCKSTEP_STEP {
		current->preempt_count++;
	}
}

LOCKSTEP_PRIMITIVE void preempt_enable(void)
{
	LOCKSTEP_STEP {
		current->preempt_count--;
	}
}

#endif
