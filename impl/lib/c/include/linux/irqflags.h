/*
 * linux/irqflags.h - interrupts of a thread's CPU are on or off;
 * include/linux/irqflags.h. Handlers: LOCKSTEP_INTERRUPT() of lockstep.h.
 *
 * A handler runs only while interrupts are on, and its thread stands still
 * meanwhile. An interrupt drains the store buffer (Intel SDM, volume 3, "Store
 * Buffer") and IRET is serializing, so that thread and handler need one buffer
 * each and one of the two is always empty. CLI and STI order nothing. A thread
 * on whose CPU there is no handler has no steps here: there is nothing to keep
 * out.
 *
 * Left out: NMIs, several interrupts at a time, softirqs (local_bh_disable() is
 * therefore absent). They add who interrupts, not what an interrupt is.
 * irqs_disabled() is absent too: where there is no handler nothing is kept that
 * it could look at.
 */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H

#include <linux/compiler.h>
#include <linux/types.h>

/* Per thread; `lockstep check` lets no handler in while it is true. */
static __maybe_unused bool __lockstep_irqs_off[LOCKSTEP_TASKS];

LOCKSTEP_PRIMITIVE unsigned long __local_irq_set(bool off)
{
	unsigned long flags = 0;

	if (lockstep_interruptible()) {
		LOCKSTEP_STEP {
			flags = __lockstep_irqs_off[lockstep_self()];
			__lockstep_irqs_off[lockstep_self()] = off;
		}
	}
	return flags;
}

#define local_irq_disable() ((void)__local_irq_set(true))
#define local_irq_enable() ((void)__local_irq_set(false))
#define local_irq_save(flags) ((flags) = __local_irq_set(true))
#define local_irq_restore(flags) ((void)__local_irq_set(flags))

#endif
