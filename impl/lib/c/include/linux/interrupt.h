/*
 * linux/interrupt.h - what an interrupt handler returns, and interrupts on and
 * off; include/linux/interrupt.h, linux/irqreturn.h.
 *
 * A handler is LOCKSTEP_INTERRUPT(name, thread) of lockstep.h. request_irq(),
 * disable_irq(), free_irq() and tasklets are absent.
 */
#ifndef _LINUX_INTERRUPT_H
#define _LINUX_INTERRUPT_H

#include <linux/irqflags.h>

typedef enum { IRQ_NONE, IRQ_HANDLED, IRQ_WAKE_THREAD } irqreturn_t;

#endif
