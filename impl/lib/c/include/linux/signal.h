/* linux/signal.h - as linux/sched/signal.h. */
#include <linux/sched/signal.h>
