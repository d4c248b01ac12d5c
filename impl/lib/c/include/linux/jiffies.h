/*
 * linux/jiffies.h - HZ, msecs_to_jiffies(): as linux/sched.h. The time of day
 * is not modelled: `jiffies` and time_after() are absent.
 */
#include <linux/sched.h>
