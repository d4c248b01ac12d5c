// A lock that an interrupt handler takes as well is taken with interrupts off,
// or the handler waits for the thread that it has interrupted.
//
//   lockstep check irq-vs-thread.c                right
//   lockstep check irq-vs-thread.c -DNO_IRQSAVE   interrupts stay on
//
// lockstep: LockHeld holds, SeenWasThere holds
// lockstep[-DNO_IRQSAVE]: LockHeld violated

#include <lockstep.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);
static int packets, seen;

LOCKSTEP_THREAD(reader)
{
#ifdef NO_IRQSAVE
	spin_lock(&lock);
	seen = packets;
	spin_unlock(&lock);
#else
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	seen = packets;
	spin_unlock_irqrestore(&lock, flags);
#endif
}

LOCKSTEP_INTERRUPT(handler, reader)
{
	spin_lock(&lock);
	packets = 1;
	spin_unlock(&lock);
}

LOCKSTEP_INVARIANT(SeenWasThere, seen <= packets)
