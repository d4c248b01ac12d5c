// poll() on a vCPU's file descriptor, and the vcpu->kicked window: "[RFC 13/33]
// KVM: Allow polling vCPUs for events", November 2023, with the code around it.
// Beside it: spec/poll-kick/PollKick.tla, impl/poll-kick/PollKick.ts.
//
//   lockstep check poll-kick.c                    the patch as posted
//   lockstep check poll-kick.c -DRESTORE_ON_CANCEL -DCLEAR_MB   a repair
//
// Designs, each by a -D:
//   CLEAR_BEFORE_CHECK   kicked is cleared before mode is set and requests checked
//   RESTORE_ON_CANCEL    a cancelled entry sets kicked again, and wakes the
//                        pollers; if the clear is after the check, requests are
//                        read once more
//   CLEAR_MB             smp_mb() after the clear
//   NO_POLL_MB           no smp_mb() in kvm_vcpu_poll()
//   CHECK_THEN_REGISTER  kvm_vcpu_poll() checks before it registers
//   LOCKLESS_WAKER       the waker takes wqh.lock only if somebody waits
//   WAKE_ONE             the waker wakes the first poller only
//   SELF_KICK_SETS       a kick on the vCPU's own pCPU sets kicked too
//   WAKE_UP_SETS         a kick that has woken a blocked vCPU sets kicked too
//   POSTED_INTERRUPT     an event source never calls kvm_vcpu_kick()
//   NO_ENTRY_MB          no barrier between mode = IN_GUEST_MODE and the check
//   POLL_STATE           poll() reads the pending events instead of kicked
//   MODE_POLLING         version 1: poll() stores POLLING_FOR_EVENTS in mode
//   HALTED_USERSPACE     the reviewer's: KVM_RUN blocks until an event, and exits
// The world: NO_SIGNAL_AFTER_ABORT, SELF_TIMER, GUEST_HALTS, IPI_IS_PROMPT,
// VCPU_PARKED, SOURCES=n, POLLERS=n.
//
// Not to be had here: the kernel memory model's weaker set_bit() and failed
// cmpxchg() (RequestIsMb, FailedCmpxchgIsMb), and rcuwait_wake_up() and
// set_current_state() without their barriers (WakeUpMb, BlockMb): those are the
// headers' own.
//
// lockstep[sc]: NoLostEventInv violated, ReadyMeansKickedInv holds
// lockstep[sc]: ReadyMeansPendingInv violated, GuestSeesRequestInv holds
// lockstep[sc]: EventReportedProp violated, AllPollersWokenProp violated
// lockstep[sc]: PollReturnsProp violated, EventTakenProp holds
// lockstep[tso]: NoLostEventInv violated, ReadyMeansKickedInv violated
// lockstep[tso]: ReadyMeansPendingInv violated, GuestSeesRequestInv holds
// lockstep[tso]: EventReportedProp violated, AllPollersWokenProp violated
// lockstep[tso]: PollReturnsProp violated, EventTakenProp holds
// lockstep[-DCLEAR_BEFORE_CHECK sc tso]: NoLostEventInv violated
// lockstep[-DCLEAR_BEFORE_CHECK -DNO_SIGNAL_AFTER_ABORT sc tso]: NoLostEventInv holds, EventReportedProp holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB sc tso]: NoLostEventInv holds, ReadyMeansKickedInv holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB sc tso]: GuestSeesRequestInv holds, EventReportedProp holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB sc tso]: AllPollersWokenProp holds, PollReturnsProp holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB sc tso]: EventTakenProp holds, ReadyMeansPendingInv violated
// lockstep[-DRESTORE_ON_CANCEL sc]: NoLostEventInv holds
// lockstep[-DRESTORE_ON_CANCEL tso]: NoLostEventInv violated, ReadyMeansKickedInv violated
// lockstep[-DCLEAR_BEFORE_CHECK -DRESTORE_ON_CANCEL sc tso]: NoLostEventInv holds, EventReportedProp holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DNO_POLL_MB sc tso pso]: NoLostEventInv holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DLOCKLESS_WAKER sc tso]: NoLostEventInv holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DLOCKLESS_WAKER -DNO_POLL_MB sc]: NoLostEventInv holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DLOCKLESS_WAKER -DNO_POLL_MB tso]: NoLostEventInv violated
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DCHECK_THEN_REGISTER sc tso]: NoLostEventInv violated
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DSELF_TIMER sc tso]: NoLostEventInv violated
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DSELF_TIMER -DSELF_KICK_SETS sc tso]: NoLostEventInv holds
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DPOSTED_INTERRUPT sc tso]: NoLostEventInv violated
// lockstep[-DRESTORE_ON_CANCEL -DCLEAR_MB -DGUEST_HALTS sc tso]: NoLostEventInv violated
// lockstep[-DNO_ENTRY_MB sc]: GuestSeesRequestInv holds
// lockstep[-DNO_ENTRY_MB tso]: GuestSeesRequestInv violated, EventTakenProp violated
// lockstep[-DPOLL_STATE sc tso]: NoLostEventInv holds, ReadyMeansPendingInv holds, EventReportedProp holds
// lockstep[-DMODE_POLLING sc tso]: NoLostEventInv violated, GuestSeesRequestInv violated, EventTakenProp violated
// lockstep[-DHALTED_USERSPACE sc tso]: NoLostEventInv holds, EventReportedProp_vcpu holds, EventTakenProp holds

#include <lockstep.h>
#include <linux/types.h>

#ifndef SOURCES
#define SOURCES 1
#endif
#ifndef POLLERS
#define POLLERS 1
#endif

/* what the patch adds to struct kvm_vcpu, and what is in injection */
#define LOCKSTEP_KVM_VCPU		\
	bool kicked;			\
	wait_queue_head_t wqh;		\
	bool injected;
/* kvm_vcpu_kick() is below, with what the patch adds */
#define LOCKSTEP_KVM_VCPU_KICK
#include <linux/kvm_host.h>

static struct kvm_vcpu vcpu0;

/* --- what the properties look at ------------------------------------------ */

static struct {
	bool since_clear;	/* kicked was set since it was last cleared */
	bool since_entry;	/* and had been at the last VM-entry, or was set since */
	bool parked;		/* the vCPU's thread is in userspace */
	bool in_guest;
	bool blocked;		/* it is in kvm_vcpu_block(), and has seen no reason not to be */
	bool kicking[SOURCES];	/* the event source has published one, and not kicked yet */
	bool ready[POLLERS];	/* its last look said that there is something */
	bool stale[POLLERS];	/* while there was not */
	bool unkicked[POLLERS];	/* while nobody had kicked since the guest was entered */
} now = { .parked = true };

static bool event_pending(void)
{
	return vcpu0.requests != 0 || vcpu0.injected;
}

static bool sources_idle(void)
{
	int s;

	for (s = 0; s < SOURCES; s++)
		if (now.kicking[s])
			return false;
	return true;
}

/* in a step: what the look said */
LOCKSTEP_PRIMITIVE void answered(int p, bool ready)
{
	now.ready[p] = ready;
	now.stale[p] = ready && !(vcpu0.requests != 0 || vcpu0.injected);
	now.unkicked[p] = ready && !now.since_entry;
}

/* --- kernel/sched/wait.c, virt/kvm/kvm_main.c ------------------------------ */

static void wake_up_pollers(struct kvm_vcpu *vcpu)
{
#ifdef LOCKLESS_WAKER
	if (!waitqueue_active(&vcpu->wqh))
		return;
#endif
#ifdef WAKE_ONE
	u64 entry;

	/* as if the entries were exclusive */
	spin_lock(&vcpu->wqh.lock);
	entry = __LIST_FIRST(READ_ONCE(vcpu->wqh.head));
	if (entry)
		__wq_func(&vcpu->wqh, entry, TASK_INTERRUPTIBLE);
	spin_unlock(&vcpu->wqh.lock);
#else
	wake_up_interruptible(&vcpu->wqh);
#endif
}

static __maybe_unused void set_kicked(struct kvm_vcpu *vcpu)
{
	bool kicked = false;

	LOCKSTEP_ATOMIC {
		kicked = cmpxchg(&vcpu->kicked, false, true);
		now.since_clear = true;
		now.since_entry = true;
	}
	if (!kicked)
		wake_up_pollers(vcpu);
}

#ifndef POSTED_INTERRUPT
/* by another pCPU than the vCPU's, with what the patch adds */
static void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
{
	int mode = -1;

	if (!kvm_vcpu_wake_up(vcpu)) {
		mode = __kvm_vcpu_kick_out(vcpu);
	} else {
#ifndef WAKE_UP_SETS
		return;
#endif
	}

#if defined(POLL_STATE)
	wake_up_pollers(vcpu);
#elif defined(MODE_POLLING)
	if (mode == POLLING_FOR_EVENTS)
		wake_up_pollers(vcpu);
#elif !defined(HALTED_USERSPACE)
	set_kicked(vcpu);
#endif
	(void)mode;
}
#endif

#ifndef HALTED_USERSPACE
static bool is_ready(struct kvm_vcpu *vcpu, int p)
{
	bool ready = false;

#if defined(POLL_STATE)
	LOCKSTEP_STEP {
		ready = READ_ONCE(vcpu->requests) != 0;
		answered(p, ready);
	}
	if (ready)
		return true;
	LOCKSTEP_STEP {
		ready = READ_ONCE(vcpu->injected);
		answered(p, ready);
	}
#elif defined(MODE_POLLING)
	if (READ_ONCE(vcpu->mode) == OUTSIDE_GUEST_MODE)
		xchg(&vcpu->mode, POLLING_FOR_EVENTS);
	LOCKSTEP_STEP {
		ready = READ_ONCE(vcpu->requests) != 0;
		answered(p, ready);
	}
#else
	LOCKSTEP_STEP {
		ready = READ_ONCE(vcpu->kicked);
		answered(p, ready);
	}
#endif
	return ready;
}

static __poll_t kvm_vcpu_poll(struct file *filp, poll_table *wait, int p)
{
	struct kvm_vcpu *vcpu = &vcpu0;

#ifdef CHECK_THEN_REGISTER
	if (wait) {
		if (is_ready(vcpu, p))
			return EPOLLIN;
		poll_wait(filp, &vcpu->wqh, wait);
		return 0;
	}
#else
	poll_wait(filp, &vcpu->wqh, wait);
#endif
#ifndef NO_POLL_MB
	smp_mb();
#endif
	if (is_ready(vcpu, p))
		return EPOLLIN;
	return 0;
}
#endif

#ifdef POSTED_INTERRUPT
static void vmx_deliver_posted_interrupt(struct kvm_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->mode) == IN_GUEST_MODE)
		smp_send_reschedule(vcpu);
	else
		kvm_vcpu_wake_up(vcpu);
}
#endif

#if defined(GUEST_HALTS) || defined(HALTED_USERSPACE)
static bool kvm_vcpu_check_block(struct kvm_vcpu *vcpu)
{
	bool runnable = false;

	LOCKSTEP_STEP {
		runnable = vcpu->requests != 0 || vcpu->injected;
		now.blocked = !runnable;
	}
	return runnable;
}

static void kvm_vcpu_block(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_block_begin(vcpu);
	while (!kvm_vcpu_check_block(vcpu)) {
		LOCKSTEP_ATOMIC {
			kvm_vcpu_block_schedule(vcpu);
			now.blocked = false;
		}
	}
	kvm_vcpu_block_end(vcpu);
}
#endif

/* --- arch/x86/kvm/x86.c ---------------------------------------------------- */

enum { EXIT_ABORT, EXIT_HYPERCALL, EXIT_IPI, EXIT_HALT };

static __maybe_unused void clear_kicked(struct kvm_vcpu *vcpu)
{
	LOCKSTEP_STEP {
		WRITE_ONCE(vcpu->kicked, false);
		now.since_clear = false;
	}
#ifdef CLEAR_MB
	smp_mb();
#endif
}

/* the part of vcpu_enter_guest() with interrupts off, up to VM-entry */
static bool may_enter(struct kvm_vcpu *vcpu)
{
#ifdef CLEAR_BEFORE_CHECK
	clear_kicked(vcpu);
#endif
	smp_store_release(&vcpu->mode, IN_GUEST_MODE);
#ifndef NO_ENTRY_MB
	smp_mb();
#endif
	if (kvm_vcpu_exit_request(vcpu)) {
#if defined(CLEAR_BEFORE_CHECK) && defined(RESTORE_ON_CANCEL)
		set_kicked(vcpu);
#endif
		return false;
	}
#if !defined(CLEAR_BEFORE_CHECK) && !defined(POLL_STATE) && !defined(MODE_POLLING) && !defined(HALTED_USERSPACE)
	clear_kicked(vcpu);
#ifdef RESTORE_ON_CANCEL
	if (kvm_request_pending(vcpu)) {
		set_kicked(vcpu);
		return false;
	}
#endif
#endif
	return true;
}

/* the guest runs until it makes a hypercall, halts, or an IPI comes */
static int run_guest(struct kvm_vcpu *vcpu)
{
	int exit;

#ifdef GUEST_HALTS
	exit = EXIT_HYPERCALL + lockstep_choose(3);
#else
	exit = EXIT_HYPERCALL + lockstep_choose(2);
#endif
	LOCKSTEP_STEP {	/* VM-entry */
		vcpu->injected = false;
		now.since_entry = now.since_clear;
		now.in_guest = true;
	}
	LOCKSTEP_STEP {	/* VM-exit */
		bool came = __kvm_take_ipi(vcpu);

		if (exit == EXIT_IPI)
			lockstep_await(came);
#ifdef IPI_IS_PROMPT
		else
			lockstep_await(!came);
#endif
		now.in_guest = false;
	}
	return exit;
}

static int vcpu_enter_guest(struct kvm_vcpu *vcpu)
{
	int exit = EXIT_ABORT;

	if (kvm_request_pending(vcpu)) {
		LOCKSTEP_ATOMIC {
			if (kvm_check_request(KVM_REQ_EVENT, vcpu))
				vcpu->injected = true;
		}
	}
	if (may_enter(vcpu))
		exit = run_guest(vcpu);
	smp_store_mb(vcpu->mode, OUTSIDE_GUEST_MODE);
#ifdef SELF_TIMER
	/* a timer on this pCPU: kvm_vcpu_kick() finds the vCPU loaded here, goto out */
	if (lockstep_choose(2)) {
		set_bit(KVM_REQ_EVENT, &vcpu->requests);
#ifdef SELF_KICK_SETS
		set_kicked(vcpu);
#endif
	}
#endif
	return exit;
}

static void vcpu_run(struct kvm_vcpu *vcpu)
{
	for (;;) {
		int exit = vcpu_enter_guest(vcpu);

		if (exit == EXIT_HYPERCALL)
			return;
#ifdef GUEST_HALTS
		if (exit == EXIT_HALT)
			kvm_vcpu_block(vcpu);
#endif
#ifdef NO_SIGNAL_AFTER_ABORT
		if (exit == EXIT_ABORT)
			continue;
#endif
		if (lockstep_choose(2))	/* signal_pending(current) */
			return;
	}
}

/* the VMM calls KVM_RUN again and again, or does not any more */
LOCKSTEP_DAEMON(vcpu)
{
#ifndef VCPU_PARKED
	for (;;) {
		LOCKSTEP_STEP {
			now.parked = false;
		}
#ifdef HALTED_USERSPACE
		if (lockstep_choose(2)) {
			kvm_vcpu_block(&vcpu0);
			smp_mb();
		} else {
			vcpu_run(&vcpu0);
		}
#else
		vcpu_run(&vcpu0);
#endif
		LOCKSTEP_STEP {
			now.parked = true;
		}
		if (lockstep_choose(2))
			return;
	}
#endif
}

/* events come, or do not any more */
LOCKSTEP_THREADS(source, SOURCES, s)
{
	while (lockstep_choose(2)) {
		LOCKSTEP_ATOMIC {
			kvm_make_request(KVM_REQ_EVENT, &vcpu0);
			now.kicking[s] = true;
		}
#ifdef POSTED_INTERRUPT
		vmx_deliver_posted_interrupt(&vcpu0);
#else
		kvm_vcpu_kick(&vcpu0);
#endif
		LOCKSTEP_STEP {
			now.kicking[s] = false;
		}
	}
}

#ifndef HALTED_USERSPACE
/* --- fs/select.c ----------------------------------------------------------- */

static void do_sys_poll(int p)
{
	struct file *filp = NULL;

	for (;;) {
		poll_table *wait = LOCKSTEP_POLL_TABLE;

		LOCKSTEP_STEP {
			poll_initwait();
			now.ready[p] = false;
			now.stale[p] = false;
			now.unkicked[p] = false;
		}
		while (!kvm_vcpu_poll(filp, wait, p)) {
			wait = NULL;
			poll_schedule_timeout();
		}
		poll_freewait();
#if POLLERS > 1
		/* one that is ready hides no other that sleeps */
		LOCKSTEP_STEP {
			now.ready[p] = false;
		}
		if (lockstep_choose(2))
			return;
#endif
	}
}

/* threads of the VMM that poll again and again, and may wait for ever if no event comes */
LOCKSTEP_DAEMON(poller0)
{
	do_sys_poll(0);
}

#if POLLERS > 1
LOCKSTEP_DAEMON(poller1)
{
	do_sys_poll(1);
}
#endif
#endif

/* --- what has to hold ------------------------------------------------------ */

/* an event is pending, and all that there is to be done about it was done */
static bool published(void)
{
	return event_pending() && sources_idle();
}

static bool parked(void)
{
	return event_pending() && now.parked;
}

#ifdef HALTED_USERSPACE
#define sleeps(p) false
#else
#define sleeps(p) lockstep_poll_sleeps(&__lockstep_tasks[lockstep_thread(poller0) + (p)])
#endif

static bool some_poller_sleeps(void)
{
	int p;

	for (p = 0; p < POLLERS; p++)
		if (sleeps(p))
			return true;
	return false;
}

static bool some_poller_is_ready(void)
{
	int p;

	for (p = 0; p < POLLERS; p++)
		if (now.ready[p])
			return true;
	return false;
}

static bool some_poller(const bool *of)
{
	int p;

	for (p = 0; p < POLLERS; p++)
		if (of[p])
			return true;
	return false;
}

/* a request that is there, with the vCPU's thread in the kernel and no IPI on its way */
static bool unheard(void)
{
	return vcpu0.requests != 0 && !now.parked && !(now.in_guest && vcpu0.ipi);
}

static bool undelivered(void)
{
	return vcpu0.injected && !now.parked;
}

LOCKSTEP_INVARIANT(NoLostEventInv,
		   !(published() && now.parked && some_poller_sleeps()) &&
		   !(published() && now.blocked && !vcpu0.woken))
#if !defined(POLL_STATE) && !defined(MODE_POLLING) && !defined(HALTED_USERSPACE)
LOCKSTEP_INVARIANT(ReadyMeansKickedInv, !some_poller(now.unkicked))
#endif
LOCKSTEP_INVARIANT(ReadyMeansPendingInv, !some_poller(now.stale))
LOCKSTEP_INVARIANT(GuestSeesRequestInv,
		   !(now.in_guest && vcpu0.requests != 0 && sources_idle()) || vcpu0.ipi)

LOCKSTEP_LEADS_TO(EventReportedProp,
		  parked() && some_poller_sleeps(), !parked() || some_poller_is_ready())
LOCKSTEP_LEADS_TO(EventReportedProp_vcpu, event_pending() && now.blocked, !now.blocked)
#ifndef HALTED_USERSPACE
LOCKSTEP_LEADS_TO(AllPollersWokenProp, parked() && sleeps(0), !parked() || now.ready[0])
LOCKSTEP_LEADS_TO(PollReturnsProp, parked() && !now.ready[0], !parked() || now.ready[0])
#endif
LOCKSTEP_LEADS_TO(EventTakenProp, unheard(), !unheard())
LOCKSTEP_LEADS_TO(EventTakenProp_injected, undelivered(), !undelivered() || !sources_idle())
