/*
 * linux/smp.h - absent but for barriers: smp_call_function_single() takes a
 * function, smp_processor_id() a CPU that a task may leave.
 *
 * Interrupts are LOCKSTEP_INTERRUPT() of lockstep.h; impl/lib/blocks/irq.ts has
 * calls of functions on other CPUs.
 */
#ifndef _LINUX_SMP_H
#define _LINUX_SMP_H

#include <linux/irqflags.h>

#endif
