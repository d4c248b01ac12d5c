/*
 * linux/delay.h - msleep(), udelay(); include/linux/delay.h.
 *
 * How long anything takes is not said: between any two steps others may take as
 * many as they like, with a delay between or without. So a delay is the end of
 * no race and the cause of none: udelay() has no step. msleep() sets the task's
 * state and sleeps, as in the kernel.
 */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

#include <linux/sched.h>

#define ndelay(n) cpu_relax()
#define udelay(n) cpu_relax()
#define mdelay(n) cpu_relax()
#define msleep(n) ((void)schedule_timeout_uninterruptible(msecs_to_jiffies(n)))
#define usleep_range(min, max) ((void)schedule_timeout_uninterruptible(usecs_to_jiffies(max)))

#endif
