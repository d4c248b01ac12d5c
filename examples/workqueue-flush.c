// A device goes away: what it has queued has to be done before, and the lock
// that the work takes must not be held meanwhile.
//
//   lockstep check workqueue-flush.c                 right
//   lockstep check workqueue-flush.c -DNO_FLUSH      does not wait for the work
//   lockstep check workqueue-flush.c -DFLUSH_LOCKED  waits with the lock held
//
// lockstep: Assertion holds, LostWakeup holds
// lockstep[-DNO_FLUSH]: Assertion violated
// lockstep[-DFLUSH_LOCKED]: LostWakeup violated

#include <lockstep.h>
#include <linux/container_of.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

struct device {
	struct mutex lock;
	struct work_struct work;
	bool freed;
};

LOCKSTEP_CALLBACK(refresh, struct work_struct *work)
{
	struct device *dev = container_of(work, struct device, work);

	assert(!READ_ONCE(dev->freed));
	mutex_lock(&dev->lock);
	mutex_unlock(&dev->lock);
}
LOCKSTEP_WORKER(kworker, LOCKSTEP_RUNS(refresh))

static struct device dev;

LOCKSTEP_THREAD(owner)
{
	INIT_WORK(&dev.work, refresh);
	schedule_work(&dev.work);
#ifdef FLUSH_LOCKED
	mutex_lock(&dev.lock);
#endif
#ifndef NO_FLUSH
	flush_work(&dev.work);
#endif
#ifdef FLUSH_LOCKED
	mutex_unlock(&dev.lock);
#endif
	WRITE_ONCE(dev.freed, true);	/* kfree(&dev) */
}
