/**
 * The clients of test/fixtures/blocks in C. Behind a statement stand the labels that its steps have in TypeScript, in the order of the code;
 * `-` for one that has none there.
 */

export interface Client {
  /** the model of test/fixtures/blocks, without its memory model */
  readonly model: string
  readonly text: string
  /** in TypeScript, in C: where a thread has ended in one of several ways TypeScript has a label for each */
  readonly states: Readonly<Record<'SC' | 'TSO', readonly [number, number]>>
}

const SLEEP = `
#include <linux/sched.h>
static int condition;
LOCKSTEP_THREAD(sleeper)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE); // set_current_state
		if (READ_ONCE(condition)) // check
			break;
		schedule(); // schedule
	}
	__set_current_state(TASK_RUNNING); // __set_current_state
}
LOCKSTEP_THREAD(waker)
{
	WRITE_ONCE(condition, 1); // set_condition
	wake_up_process(lockstep_task(sleeper)); // wake_up_process wake_up_process_running
}
`

const BITS = `
#include <linux/bitops.h>
#include <linux/bug.h>
#define LOCK 0
#define WAITING 1
#define WOKEN 2
static unsigned long flags;
static int data = 1;
LOCKSTEP_THREAD(owner)
{
	while (test_and_set_bit_lock(LOCK, &flags)) // owner_lock
		;
	WRITE_ONCE(data, 0); // change_begin
	WRITE_ONCE(data, 1); // change_end
	clear_bit_unlock(LOCK, &flags); // owner_unlock
	if (test_bit(WAITING, &flags)) { // test_bit
		test_and_clear_bit(WAITING, &flags); // test_and_clear_bit
		test_and_set_bit(WOKEN, &flags); // test_and_set_bit
	}
}
LOCKSTEP_THREAD(waiter)
{
	set_bit(WAITING, &flags); // set_bit
	while (test_and_set_bit_lock(LOCK, &flags)) { // waiter_lock
		LOCKSTEP_ATOMIC { // sleep
			lockstep_await(flags & (1UL << WOKEN));
			flags &= ~(1UL << WOKEN);
		}
	}
	clear_bit(WAITING, &flags); // clear_bit
	BUG_ON(!READ_ONCE(data)); // look
	clear_bit_unlock(LOCK, &flags); // waiter_unlock
}
`

const MUTEX = `
#include <linux/mutex.h>
static struct mutex mutexes[2];
static int said[2];
LOCKSTEP_THREADS(task, 2, p)
{
	WRITE_ONCE(said[p], 1); // say
	mutex_lock(&mutexes[0]); // lock_first
	mutex_lock(&mutexes[1]); // lock_second
	mutex_unlock(&mutexes[1]); // unlock_second
	mutex_unlock(&mutexes[0]); // unlock_first
	if (READ_ONCE(said[1 - p])) // look
		return;
}
`

const SEQ = `
#include <linux/seqlock.h>
#include <linux/bug.h>
static seqcount_t seq;
static int left, right;
LOCKSTEP_THREAD(writer)
{
	write_seqcount_begin(&seq); // write_seqcount_begin write_seqcount_begin_wmb
	WRITE_ONCE(left, 1); // store_left
	WRITE_ONCE(right, 1); // store_right
	write_seqcount_end(&seq); // write_seqcount_end_wmb write_seqcount_end
}
LOCKSTEP_THREAD(reader)
{
	unsigned int start;
	int saw_left, saw_right;

	do {
		start = read_seqcount_begin(&seq); // read_seqcount_begin
		saw_left = READ_ONCE(left); // load_left
		saw_right = READ_ONCE(right); // load_right
	} while (read_seqcount_retry(&seq, start)); // read_seqcount_retry
	BUG_ON(saw_left != saw_right);
}
`

const REF = `
#include <linux/refcount.h>
static refcount_t object = REFCOUNT_INIT(1);
static int data, freed;
LOCKSTEP_THREAD(owner)
{
	if (refcount_dec_and_test(&object)) // owner_put
		LOCKSTEP_STEP { freed = 1; } // owner_free
}
LOCKSTEP_THREAD(user)
{
	if (!refcount_inc_not_zero(&object)) // user_get
		return;
	WRITE_ONCE(data, 1); // user_use
	if (refcount_dec_and_test(&object)) // user_put
		LOCKSTEP_STEP { freed = 1; } // user_free
}
`

const RCUWAIT = `
#include <linux/rcuwait.h>
static struct rcuwait w;
static int condition;
LOCKSTEP_THREAD(waiter)
{
	rcuwait_wait_event(&w, READ_ONCE(condition), TASK_UNINTERRUPTIBLE); // wait_prepare wait_state wait_check wait_schedule wait_finish wait_finish_running
}
LOCKSTEP_THREAD(waker)
{
	WRITE_ONCE(condition, 1); // set_condition
	rcuwait_wake_up(&w); // wake_mb wake wake_wake wake_wake_running
}
`

const RWLOCK = `
#include <linux/rwlock.h>
#include <linux/bug.h>
static DEFINE_RWLOCK(lock);
static int left, right;
LOCKSTEP_THREADS(reader, 2, id)
{
	int saw;

	read_lock(&lock); // read_lock
	saw = READ_ONCE(left); // load_left
	BUG_ON(READ_ONCE(right) != saw); // load_right
	read_unlock(&lock); // read_unlock
}
LOCKSTEP_THREAD(writer)
{
	write_lock(&lock); // write_lock
	WRITE_ONCE(left, 1); // store_left
	WRITE_ONCE(right, 1); // store_right
	write_unlock(&lock); // write_unlock
}
`

const COMPLETION = `
#include <linux/completion.h>
static DECLARE_COMPLETION(x);
static int data;
LOCKSTEP_THREAD(waiter)
{
	wait_for_completion(&x); // wait_for_completion_lock wait_for_completion wait_for_completion_prepare wait_for_completion_unlock wait_for_completion_schedule wait_for_completion_relock wait_for_completion_recheck wait_for_completion_finish wait_for_completion_take wait_for_completion_return
	BUG_ON(!READ_ONCE(data)); // read_data
}
LOCKSTEP_THREAD(worker)
{
	WRITE_ONCE(data, 1); // store_data
	complete(&x); // complete_lock complete_done complete_first complete_wake complete_wake_running complete_unlock
}
`

const WAIT = `
#include <linux/wait.h>
static DECLARE_WAIT_QUEUE_HEAD(wq);
static int condition;
LOCKSTEP_THREAD(waiter)
{
	wait_event(wq, READ_ONCE(condition)); // wait_event wait_event_prepare_lock wait_event_prepare_add wait_event_prepare_state wait_event_prepare_unlock wait_event_check wait_event_schedule wait_event_finish_running wait_event_finish_is_on_list wait_event_finish_lock wait_event_finish_del wait_event_finish_unlock
}
LOCKSTEP_THREAD(waker)
{
	WRITE_ONCE(condition, 1); // set_condition
	wake_up(&wq); // wake_up_lock wake_up_first wake_up_func wake_up_func_running wake_up_del wake_up_unlock
}
`

const WORK = `
#include <linux/mutex.h>
#include <linux/workqueue.h>
static DEFINE_MUTEX(mutex);
static int freed;
LOCKSTEP_CALLBACK(func, struct work_struct *work)
{
	mutex_lock(&mutex); // work_lock
	BUG_ON(READ_ONCE(freed)); // use
	mutex_unlock(&mutex); // work_unlock
}
static DECLARE_WORK(work, func);
LOCKSTEP_THREAD(owner)
{
	queue_work(system_wq, &work); // queue_work
	cancel_work_sync(&work); // cancel_work_sync cancel_work_sync_wait
	WRITE_ONCE(freed, 1); // kfree
}
LOCKSTEP_WORKER(worker, LOCKSTEP_RUNS(func)) // process_one_work process_one_work_done
`

const RCU = `
#include <linux/rcupdate.h>
static int ready, used[2], freed;
static int *pointer = &used[0];
LOCKSTEP_THREADS(reader, 2, r)
{
	int *object;

	rcu_read_lock(); // rcu_read_lock
	object = rcu_dereference(pointer); // rcu_dereference
	if (object == &used[1])
		BUG_ON(!READ_ONCE(ready)); // look
	WRITE_ONCE(*object, 1); // use
	rcu_read_unlock(); // rcu_read_unlock
}
LOCKSTEP_THREAD(updater)
{
	WRITE_ONCE(ready, 1); // initialise
	rcu_assign_pointer(pointer, &used[1]); // rcu_assign_pointer
	synchronize_rcu(); // synchronize_rcu synchronize_rcu_wait
	LOCKSTEP_STEP { freed = 1; } // kfree
}
`

const TIMER = `
#include <linux/spinlock.h>
#include <linux/timer.h>
static DEFINE_SPINLOCK(lock);
static int retries = 1, user_done, freed;
LOCKSTEP_CALLBACK(func, struct timer_list *t)
{
	int left = 0;

	spin_lock(&lock); // handler_lock
	LOCKSTEP_STEP { left = retries; WRITE_ONCE(retries, left ? left - 1 : 0); } // retry
	if (left)
		mod_timer(t, 1); // rearm
	spin_unlock(&lock); // handler_unlock
}
static DEFINE_TIMER(timer, func);
LOCKSTEP_THREAD(owner)
{
	mod_timer(&timer, 1); // mod_timer
	timer_shutdown_sync(&timer); // timer_shutdown_sync
	LOCKSTEP_ATOMIC { lockstep_await(user_done); } // wait_for_user
	LOCKSTEP_STEP { freed = 1; } // kfree
}
LOCKSTEP_THREAD(user)
{
	mod_timer(&timer, 1); // user_mod_timer
	smp_store_release(&user_done, 1); // finish
}
LOCKSTEP_TIMER_BASE(base, &timer, LOCKSTEP_RUNS(func)) // expire_timers expire_timers_done
`

/** The call of a function on another CPU is the client's own in C: linux/smp.h has none. */
const IRQ = `
#include <linux/spinlock.h>
#include <linux/bug.h>
static DEFINE_SPINLOCK(lock);
static int data = 1;
static bool irq_pending, call_queue, csd_lock;
LOCKSTEP_THREAD(task)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags); // spin_lock_irqsave_save spin_lock_irqsave
	WRITE_ONCE(data, 0); // change_begin
	WRITE_ONCE(data, 1); // change_end
	spin_unlock_irqrestore(&lock, flags); // spin_unlock_irqrestore spin_unlock_irqrestore_restore
}
LOCKSTEP_THREAD(caller)
{
	spin_lock(&lock); // caller_lock
	spin_unlock(&lock); // caller_unlock
	LOCKSTEP_ATOMIC { call_queue = true; csd_lock = true; } // smp_call_function_single_queue
	LOCKSTEP_ATOMIC { irq_pending = true; } // smp_call_function_single_ipi
	lockstep_await(!csd_lock); // smp_call_function_single_wait
}
LOCKSTEP_INTERRUPT(handler, task) // irq_exit
{
	bool todo;

	LOCKSTEP_ATOMIC { lockstep_await(irq_pending); irq_pending = false; } // irq_enter
	LOCKSTEP_ATOMIC { todo = call_queue; call_queue = false; } // flush_smp_call_function_queue
	if (!todo)
		return;
	spin_lock(&lock); // func_lock
	BUG_ON(!READ_ONCE(data)); // func_look
	spin_unlock(&lock); // func_unlock
	smp_store_release(&csd_lock, false); // flush_smp_call_function_queue_unlock
}
`

export const CLIENTS: readonly Client[] = [
  { model: 'sleep/kernel', text: SLEEP, states: { SC: [19, 19], TSO: [26, 26] } },
  { model: 'bits/x86', text: BITS, states: { SC: [51, 51], TSO: [63, 63] } },
  { model: 'mutex/x86', text: MUTEX, states: { SC: [52, 40], TSO: [67, 55] } },
  {
    model: 'seq/kernel',
    text: SEQ,

    states: { SC: [52, 52], TSO: [132, 132] },
  },
  { model: 'ref/x86', text: REF, states: { SC: [13, 13], TSO: [15, 15] } },
  { model: 'rcuwait/kernel', text: RCUWAIT, states: { SC: [39, 39], TSO: [66, 66] } },
  { model: 'rwlock/x86', text: RWLOCK, states: { SC: [62, 62], TSO: [86, 86] } },
  {
    model: 'completion/kernel',
    text: COMPLETION,

    states: { SC: [29, 29], TSO: [58, 58] },
  },
  {
    model: 'wait/kernel',
    text: WAIT,

    states: { SC: [72, 72], TSO: [151, 151] },
  },
  { model: 'work/cancel', text: WORK, states: { SC: [14, 15], TSO: [15, 16] } },
  { model: 'rcu/synchronize', text: RCU, states: { SC: [388, 388], TSO: [1002, 1002] } },
  { model: 'irq/kernel', text: IRQ, states: { SC: [60, 60], TSO: [112, 112] } },
  {
    model: 'timer/shutdown',
    text: TIMER,

    states: { SC: [81, 81], TSO: [162, 162] },
  },
]
