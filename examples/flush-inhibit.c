// A paravirtual TLB flush against KVM_HYPERV_SET_TLB_FLUSH_INHIBIT: "[PATCH 5/7]
// KVM: x86: Implement KVM_HYPERV_SET_TLB_FLUSH_INHIBIT", October 2024, with the
// code around it and, of patch 2/7, what it stands on. Beside it:
// spec/flush-inhibit/FlushInhibit.tla, impl/flush-inhibit/FlushInhibit.ts.
//
//   lockstep check flush-inhibit.c                                   as posted
//   lockstep check flush-inhibit.c -DNO_SYNC_ON_SET -DNO_SYNC_ON_CLEAR  no SRCU
//
// Designs, each by a -D:
//   NO_SYNC_ON_SET      no synchronize_srcu() after the inhibit was set
//   NO_SYNC_ON_CLEAR    nor after it was cleared
//   REQUEST_THEN_CHECK  the reviewer's: flushes are requested, then inhibits read
//   IOCTL_MB            smp_mb() after the ioctl's store
//   SUSPENDED_FIRST     suspended is stored before waiting_on
//   REVERSED_CLEAR      suspended is reset before waiting_on
//   MERGED_FIELD        waiting_on is the only field
//   SUSPEND_WMB, UNSUSPEND_WMB  smp_wmb() between the two stores of either
//   GARBAGE_MASK        vcpu_mask is not zeroed before bits are set in it
//   EVENTS_MASKED       an event does not make a suspended vCPU runnable
//   ARGS_CHECKED_FIRST, ARGS_CHECKED_LATE  bad arguments are rejected, before
//                       anything is done or on the way out
// The world: PENDING_EVENTS, BAD_CALLS, FLUSHERS=n, TARGETS=n, ROUNDS=n.
//
// Not to be had here: a mutex_unlock() that is a release and no more. BAD_CALLS
// leaves out the calls that return without the mutex (-EIO, -EINTR).
//
// lockstep[sc tso]: NoFlushPostedWhileInhibitedInv holds, NoFlushCompletesWhileInhibitedInv holds
// lockstep[sc tso]: NoPostedFlushCompletesInv holds, NoFlushHappensWhileInhibitedInv violated
// lockstep[sc tso]: AllOrNothingInv holds, SuspendedHasCauseInv holds, OnlyWaitersWokenInv holds
// lockstep[sc tso]: BusyNeverReachesGuestInv holds, NoneStuckSuspendedInv holds
// lockstep[sc tso]: IoctlReturnsProp holds, FlushCompletesProp holds, LostWakeup holds
// lockstep[-DNO_SYNC_ON_SET sc tso]: NoFlushPostedWhileInhibitedInv violated, NoneStuckSuspendedInv holds
// lockstep[-DNO_SYNC_ON_SET sc tso]: NoFlushCompletesWhileInhibitedInv violated, LostWakeup holds
// lockstep[-DNO_SYNC_ON_CLEAR sc tso]: NoFlushPostedWhileInhibitedInv holds, NoneStuckSuspendedInv violated
// lockstep[-DNO_SYNC_ON_CLEAR sc tso]: BusyNeverReachesGuestInv violated, LostWakeup violated
// lockstep[-DNO_SYNC_ON_SET -DNO_SYNC_ON_CLEAR sc tso]: NoPostedFlushCompletesInv violated, FlushCompletesProp violated
// lockstep[-DREQUEST_THEN_CHECK sc tso]: NoFlushPostedWhileInhibitedInv violated, AllOrNothingInv violated
// lockstep[-DREQUEST_THEN_CHECK sc tso]: NoFlushCompletesWhileInhibitedInv holds, LostWakeup holds
// lockstep[-DREQUEST_THEN_CHECK -DNO_SYNC_ON_SET -DNO_SYNC_ON_CLEAR sc tso]: LostWakeup violated
// lockstep[-DFLUSHERS=1 -DTARGETS=2 -DSUSPENDED_FIRST sc]: SuspendedHasCauseInv violated, LostWakeup holds
// lockstep[-DFLUSHERS=1 -DTARGETS=2 -DREVERSED_CLEAR sc tso]: OnlyWaitersWokenInv violated, LostWakeup violated
// lockstep[-DFLUSHERS=1 -DTARGETS=2 -DMERGED_FIELD sc tso pso]: SuspendedHasCauseInv holds, LostWakeup holds
// lockstep[-DFLUSHERS=1 -DTARGETS=2 pso]: OnlyWaitersWokenInv violated, LostWakeup violated
// lockstep[-DFLUSHERS=1 -DTARGETS=2 -DSUSPEND_WMB -DUNSUSPEND_WMB pso]: OnlyWaitersWokenInv holds, LostWakeup holds
// lockstep[-DGARBAGE_MASK sc]: OnlyWaitersWokenInv violated
// lockstep[-DPENDING_EVENTS sc]: IoctlReturnsProp violated, FlushCompletesProp violated
// lockstep[-DPENDING_EVENTS -DEVENTS_MASKED sc]: IoctlReturnsProp holds, FlushCompletesProp holds
// lockstep[-DFLUSHERS=1 -DBAD_CALLS sc]: InvalidRejectedInv violated, RejectedUnchangedInv holds
// lockstep[-DFLUSHERS=1 -DBAD_CALLS -DARGS_CHECKED_FIRST sc]: InvalidRejectedInv holds, RejectedUnchangedInv holds
// lockstep[-DFLUSHERS=1 -DBAD_CALLS -DARGS_CHECKED_LATE sc]: InvalidRejectedInv holds, RejectedUnchangedInv violated

#include <lockstep.h>

/* what patch 2/7 and this one add to struct kvm_vcpu_hv */
#define LOCKSTEP_KVM_VCPU_HV		\
	bool suspended;			\
	int waiting_on;			\
	int tlb_flush_inhibit;
/* an event that kvm_vcpu_has_events() sees */
#define LOCKSTEP_KVM_VCPU bool event;
#include <linux/kvm_host.h>

#ifndef FLUSHERS
#define FLUSHERS 2
#endif
#ifndef TARGETS
#define TARGETS 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif

#define NOBODY (-1)

static struct kvm kvm;
/* vCPUs that flush, and vCPUs that are flushed and can be inhibited */
static struct kvm_vcpu flushers[FLUSHERS] = {
	{ .arch.hyperv[0].waiting_on = NOBODY },
#if FLUSHERS > 1
	{ .arch.hyperv[0].waiting_on = NOBODY },
#endif
#if FLUSHERS > 2
	{ .arch.hyperv[0].waiting_on = NOBODY },
#endif
};
static struct kvm_vcpu targets[TARGETS];

/* --- what the properties look at: sets of targets and of flushers are bits --- */

static struct {
	unsigned int asked[FLUSHERS];	/* the targets of the hypercall; 0 outside of one */
	unsigned int posted[FLUSHERS];	/* of those, who was sent a request */
	unsigned int late[FLUSHERS];	/* while its inhibit was in force */
	unsigned int overrun[FLUSHERS];	/* whose inhibit was in force as it completed */
	bool completed[FLUSHERS];
	bool busy[FLUSHERS];		/* -EBUSY is on its way to the guest */
	int cause[FLUSHERS];		/* the target found inhibited, from 1, or 0 */
	bool in_ioctl[TARGETS];
	bool in_force[TARGETS];		/* set(1) has returned, and set(0) was not called */
	unsigned int unsuspended[TARGETS];	/* by the ioctl that is on */
	int between[TARGETS];		/* the flusher, from 1, of whose two fields one is reset */
	bool flushing[TARGETS];
	bool disturbed;			/* a vCPU was released or woken that does not wait for it */
	bool wrong_errno;
	bool changed;			/* by a call that was rejected */
} now;

static bool in_force(unsigned int asked, int t)
{
	return (asked & BIT(t)) && now.in_force[t];
}

/* --- arch/x86/kvm/hyperv.c ------------------------------------------------- */

static bool kvm_hv_vcpu_suspended(struct kvm_vcpu *vcpu)
{
#ifdef MERGED_FIELD
	return READ_ONCE(vcpu->arch.hyperv->waiting_on) != NOBODY;
#else
	return READ_ONCE(vcpu->arch.hyperv->suspended);
#endif
}

/* the same within a step */
#ifdef MERGED_FIELD
#define is_suspended(vcpu) ((vcpu)->arch.hyperv->waiting_on != NOBODY)
#else
#define is_suspended(vcpu) ((vcpu)->arch.hyperv->suspended)
#endif

#ifdef SUSPEND_WMB
#define suspend_wmb() smp_wmb()
#else
#define suspend_wmb() do { } while (0)
#endif

static void kvm_hv_vcpu_suspend_tlb_flush(struct kvm_vcpu *vcpu, int vcpu_id)
{
	RCU_LOCKDEP_WARN(!srcu_read_lock_held(&kvm.srcu), "Suspicious Hyper-V TLB flush inhibit usage\n");

	/* waiting_on's store should happen before suspended's */
#if defined(MERGED_FIELD)
	WRITE_ONCE(vcpu->arch.hyperv->waiting_on, vcpu_id);
#elif defined(SUSPENDED_FIRST)
	WRITE_ONCE(vcpu->arch.hyperv->suspended, true);
	suspend_wmb();
	WRITE_ONCE(vcpu->arch.hyperv->waiting_on, vcpu_id);
#else
	WRITE_ONCE(vcpu->arch.hyperv->waiting_on, vcpu_id);
	suspend_wmb();
	WRITE_ONCE(vcpu->arch.hyperv->suspended, true);
#endif
}

static void kvm_make_vcpus_request_mask(int f, unsigned int vcpu_mask)
{
	int t;

	for (t = 0; t < TARGETS; t++) {
		if (!(vcpu_mask & BIT(t)))
			continue;
		LOCKSTEP_ATOMIC {
			set_bit(KVM_REQ_HV_TLB_FLUSH, &targets[t].requests);
			now.posted[f] |= BIT(t);
			if (now.in_force[t])
				now.late[f] |= BIT(t);
		}
	}
}

static int kvm_hv_flush_tlb(int f, unsigned int vcpu_mask)
{
	struct kvm_vcpu *v;
	bool inhibited = false;
	int t;

#ifdef REQUEST_THEN_CHECK
	kvm_make_vcpus_request_mask(f, vcpu_mask);
#endif
	for (t = 0; t < TARGETS; t++) {
		v = &targets[t];
		if (!(vcpu_mask & BIT(t)))
			continue;
		LOCKSTEP_STEP {
			inhibited = READ_ONCE(v->arch.hyperv->tlb_flush_inhibit) != 0;
			if (inhibited)
				now.cause[f] = t + 1;
		}
		if (inhibited)
			goto ret_suspend;
	}
#ifndef REQUEST_THEN_CHECK
	kvm_make_vcpus_request_mask(f, vcpu_mask);
#endif
	return 0;

ret_suspend:
	kvm_hv_vcpu_suspend_tlb_flush(&flushers[f], t);
	return -EBUSY;
}

/* true where the result is stored and the instruction skipped */
static bool kvm_hv_hypercall_complete(int f, int result)
{
	bool suspended = false;
	int t;

	LOCKSTEP_STEP {
		suspended = is_suspended(&flushers[f]);
		if (!suspended) {
			for (t = 0; t < TARGETS; t++)
				if (in_force(now.asked[f], t))
					now.overrun[f] |= BIT(t);
			now.completed[f] = result == 0;
			now.busy[f] = result == -EBUSY;
		}
	}
	return !suspended;
}

#ifdef UNSUSPEND_WMB
#define unsuspend_wmb() smp_wmb()
#else
#define unsuspend_wmb() do { } while (0)
#endif

static void reset_waiting_on(struct kvm_vcpu *v, int t)
{
	LOCKSTEP_STEP {
		now.disturbed |= v->arch.hyperv->waiting_on != t;
		WRITE_ONCE(v->arch.hyperv->waiting_on, NOBODY);
	}
}

#ifndef MERGED_FIELD
static void reset_suspended(struct kvm_vcpu *v, int t, int f)
{
	LOCKSTEP_STEP {
		now.disturbed |= now.cause[f] != t + 1;
		WRITE_ONCE(v->arch.hyperv->suspended, false);
	}
}
#endif

static void kvm_hv_vcpu_unsuspend_tlb_flush(int t)
{
#ifdef GARBAGE_MASK
	unsigned int vcpu_mask = lockstep_choose(1 << FLUSHERS);
#else
	unsigned int vcpu_mask = 0;
#endif
	int f;

	for (f = 0; f < FLUSHERS; f++) {
		struct kvm_vcpu *v = &flushers[f];
		bool waits = false;

#ifndef MERGED_FIELD
		if (!kvm_hv_vcpu_suspended(v))
			continue;
#endif
		LOCKSTEP_STEP {
			waits = READ_ONCE(v->arch.hyperv->waiting_on) == t;
			if (waits)
				now.between[t] = f + 1;
		}
		if (!waits)
			continue;

#if defined(REVERSED_CLEAR) && !defined(MERGED_FIELD)
		reset_suspended(v, t, f);
		unsuspend_wmb();
		reset_waiting_on(v, t);
#else
		reset_waiting_on(v, t);
#ifndef MERGED_FIELD
		unsuspend_wmb();
		reset_suspended(v, t, f);
#endif
#endif
		LOCKSTEP_STEP {
			now.unsuspended[t] |= BIT(f);
			now.between[t] = 0;
		}
		vcpu_mask |= BIT(f);
	}

	/* kvm_make_vcpus_request_mask(vcpu->kvm, KVM_REQ_EVENT, vcpu_mask) */
	for (f = 0; f < FLUSHERS; f++) {
		if (!(vcpu_mask & BIT(f)))
			continue;
		LOCKSTEP_ATOMIC {
			now.disturbed |= !(now.unsuspended[t] & BIT(f));
			flushers[f].woken = true;
		}
	}
}

/* --- arch/x86/kvm/x86.c ---------------------------------------------------- */

static void kvm_vcpu_ioctl_set_tlb_flush_inhibit(int t, int inhibit)
{
	struct kvm_vcpu *vcpu = &targets[t];

	if (inhibit == READ_ONCE(vcpu->arch.hyperv->tlb_flush_inhibit))
		return;

	WRITE_ONCE(vcpu->arch.hyperv->tlb_flush_inhibit, inhibit);
#ifdef IOCTL_MB
	smp_mb();
#endif

#ifndef NO_SYNC_ON_SET
	if (inhibit)
		synchronize_srcu(&kvm.srcu);
#endif
#ifndef NO_SYNC_ON_CLEAR
	if (!inhibit)
		synchronize_srcu(&kvm.srcu);
#endif
	if (!inhibit)
		kvm_hv_vcpu_unsuspend_tlb_flush(t);
}

/* what the VMM gets wrong */
enum { PROPER, FLAGS, VALUE, FAULT, UNKNOWN, CALLS };

static int errno_of(int call)
{
	if (call == PROPER)
		return 0;
	return call == FAULT ? -EFAULT : -EINVAL;
}

static void kvm_vcpu_ioctl(int t, int call, int inhibit)
{
	struct kvm_vcpu *vcpu = &targets[t];
	int was = 0;
	int f, r = 0;

	LOCKSTEP_ATOMIC {
		mutex_lock(&vcpu->mutex);	/* mutex_lock_killable() */
		now.in_ioctl[t] = true;
		was = vcpu->arch.hyperv->tlb_flush_inhibit;
		if (!inhibit && call < FAULT) {
			now.in_force[t] = false;
			for (f = 0; f < FLUSHERS; f++)
				now.late[f] &= ~BIT(t);
		}
	}
	if (call >= FAULT)	/* copy_from_user(), or the switch */
		r = errno_of(call);
#ifdef ARGS_CHECKED_FIRST
	r = errno_of(call);
#endif
	if (!r)
		kvm_vcpu_ioctl_set_tlb_flush_inhibit(t, inhibit);
#ifdef ARGS_CHECKED_LATE
	r = errno_of(call);
#endif
	LOCKSTEP_ATOMIC {
		if (!r)
			now.in_force[t] = inhibit != 0;
		now.unsuspended[t] = 0;
		now.in_ioctl[t] = false;
		now.wrong_errno |= r != errno_of(call);
		now.changed |= r && vcpu->arch.hyperv->tlb_flush_inhibit != was;
		mutex_unlock(&vcpu->mutex);
	}
}

/* is there anything to run for? */
static bool kvm_arch_vcpu_runnable(struct kvm_vcpu *vcpu)
{
	if (!kvm_hv_vcpu_suspended(vcpu))
		return true;
#if defined(PENDING_EVENTS) && !defined(EVENTS_MASKED)
	return READ_ONCE(vcpu->event);
#else
	return false;
#endif
}

/* its section of kvm->srcu is given, and the one that it has afterwards returned */
static int vcpu_block(struct kvm_vcpu *vcpu, int idx)
{
	if (kvm_arch_vcpu_runnable(vcpu))
		return idx;

	srcu_read_unlock(&kvm.srcu, idx);
	while (!kvm_arch_vcpu_runnable(vcpu))	/* kvm_vcpu_check_block() */
		kvm_vcpu_block_schedule(vcpu);
	return srcu_read_lock(&kvm.srcu);
}

/* KVM_RUN of a vCPU that flushes: the guest's next hypercall is at VM-exit */
static void vcpu_run(int f)
{
	struct kvm_vcpu *vcpu = &flushers[f];
	bool suspended = false, done = true;
	int idx = 0, result;

	for (;;) {
		unsigned int asked = 1;

#if TARGETS > 1
		if (done)
			asked = 1 + lockstep_choose((1 << TARGETS) - 1);
#endif
		LOCKSTEP_ATOMIC {	/* VM-exit, at the same hypercall if it was not done */
			idx = srcu_read_lock(&kvm.srcu);
			if (done)
				now.asked[f] = asked;
			asked = now.asked[f];
		}
		result = kvm_hv_flush_tlb(f, asked);
		done = kvm_hv_hypercall_complete(f, result);

		for (;;) {
			LOCKSTEP_STEP {
				suspended = is_suspended(vcpu);
				if (!suspended)
					now.cause[f] = 0;
			}
			if (!suspended)
				break;
			idx = vcpu_block(vcpu, idx);
		}
		LOCKSTEP_ATOMIC {	/* vcpu_enter_guest() */
			vcpu->event = false;
			now.posted[f] = 0;
			now.late[f] = 0;
			now.overrun[f] = 0;
			now.completed[f] = false;
			now.busy[f] = false;
			if (done)
				now.asked[f] = 0;
			srcu_read_unlock(&kvm.srcu, idx);
		}
	}
}

/* KVM_RUN of a target: its next guest entry takes the request and flushes */
static void vcpu_run_target(int t)
{
	struct kvm_vcpu *vcpu = &targets[t];

	for (;;) {
		LOCKSTEP_ATOMIC {
			mutex_lock(&vcpu->mutex);
			lockstep_await(vcpu->requests & BIT(KVM_REQ_HV_TLB_FLUSH));
			vcpu->requests &= ~BIT(KVM_REQ_HV_TLB_FLUSH);
			now.flushing[t] = true;
		}
		LOCKSTEP_ATOMIC {	/* kvm_hv_vcpu_flush_tlb(), and KVM_RUN returns */
			now.flushing[t] = false;
			mutex_unlock(&vcpu->mutex);
		}
	}
}

/* --- who runs -------------------------------------------------------------- */

LOCKSTEP_THREADS(vcpu, FLUSHERS, f)
{
	vcpu_run(f);
}

LOCKSTEP_DAEMON(target0)
{
	vcpu_run_target(0);
}

#if TARGETS > 1
LOCKSTEP_DAEMON(target1)
{
	vcpu_run_target(1);
}
#endif

/* the VMM's thread for a target: it may set the inhibit ROUNDS times, and ends with a clear */
LOCKSTEP_THREADS(vmm, TARGETS, t)
{
	int rounds = ROUNDS;
	bool inhibited = false;

	while (rounds > 0 || inhibited) {
		int call = PROPER, inhibit = 0;

#ifdef BAD_CALLS
		call = lockstep_choose(CALLS);
#endif
		if (rounds > 0)
			inhibit = lockstep_choose(2);
		if (call == VALUE)
			inhibit = 2;
		if (inhibit && !inhibited && call < FAULT)
			rounds--;
		kvm_vcpu_ioctl(t, call, inhibit);
#ifdef BAD_CALLS
		inhibited = READ_ONCE(targets[t].arch.hyperv->tlb_flush_inhibit) != 0;
#else
		inhibited = inhibit != 0;
#endif
	}
}

#ifdef PENDING_EVENTS
/* an interrupt, a timer, ... for a suspended vCPU; kvm_vcpu_kick() wakes it */
static void event_arrives(struct kvm_vcpu *vcpu)
{
	while (lockstep_choose(2)) {
		LOCKSTEP_STEP {
			lockstep_await(is_suspended(vcpu) && !vcpu->event);
			vcpu->event = true;
			vcpu->woken = true;
		}
	}
}

LOCKSTEP_DAEMON(event0)
{
	event_arrives(&flushers[0]);
}

#if FLUSHERS > 1
LOCKSTEP_DAEMON(event1)
{
	event_arrives(&flushers[1]);
}
#endif
#endif

/* --- what has to hold ------------------------------------------------------ */

static bool some(const unsigned int *of)
{
	int f;

	for (f = 0; f < FLUSHERS; f++)
		if (of[f])
			return true;
	return false;
}

static bool posted_and_completes(void)
{
	int f;

	for (f = 0; f < FLUSHERS; f++)
		if (now.overrun[f] & now.late[f])
			return true;
	return false;
}

static bool all_or_nothing(void)
{
	int f;

	for (f = 0; f < FLUSHERS; f++) {
		if (now.cause[f] && now.posted[f])
			return false;
		if (now.completed[f] && now.posted[f] != now.asked[f])
			return false;
	}
	return true;
}

/* of a vCPU that is seen suspended; while it is being released one of its two fields is reset */
static bool suspended_has_cause(int f)
{
	int cause = now.cause[f];

	if (!is_suspended(&flushers[f]) || flushers[f].arch.hyperv->waiting_on == cause - 1)
		return true;
	if (!cause)
		return false;
	return now.between[cause - 1] == f + 1 || !lockstep_drained(lockstep_thread(vmm) + cause - 1);
}

static bool all_suspended_have_cause(void)
{
	int f;

	for (f = 0; f < FLUSHERS; f++)
		if (!suspended_has_cause(f))
			return false;
	return true;
}

static bool busy_reaches_guest(void)
{
	int f;

	for (f = 0; f < FLUSHERS; f++)
		if (now.busy[f])
			return true;
	return false;
}

static bool flushes_while_inhibited(void)
{
	int t;

	for (t = 0; t < TARGETS; t++)
		if (now.flushing[t] && now.in_force[t])
			return true;
	return false;
}

/* for a vCPU that is not inhibited, and has no ioctl on that could release it */
static bool none_stuck_suspended(void)
{
	int f, t;

	for (f = 0; f < FLUSHERS; f++) {
		t = now.cause[f] - 1;
		if (!is_suspended(&flushers[f]) || t < 0)
			continue;
		if (!targets[t].arch.hyperv->tlb_flush_inhibit && !now.in_ioctl[t])
			return false;
	}
	return true;
}

static bool some_inhibited(void)
{
	int t;

	for (t = 0; t < TARGETS; t++)
		if (targets[t].arch.hyperv->tlb_flush_inhibit)
			return true;
	return false;
}

LOCKSTEP_INVARIANT(NoFlushPostedWhileInhibitedInv, !some(now.late))
LOCKSTEP_INVARIANT(NoFlushCompletesWhileInhibitedInv, !some(now.overrun))
LOCKSTEP_INVARIANT(NoPostedFlushCompletesInv, !posted_and_completes())
LOCKSTEP_INVARIANT(NoFlushHappensWhileInhibitedInv, !flushes_while_inhibited())
LOCKSTEP_INVARIANT(AllOrNothingInv, all_or_nothing())
LOCKSTEP_INVARIANT(SuspendedHasCauseInv, all_suspended_have_cause())
LOCKSTEP_INVARIANT(OnlyWaitersWokenInv, !now.disturbed)
LOCKSTEP_INVARIANT(BusyNeverReachesGuestInv, !busy_reaches_guest())
LOCKSTEP_INVARIANT(NoneStuckSuspendedInv, none_stuck_suspended())
LOCKSTEP_INVARIANT(RejectedUnchangedInv, !now.changed)
LOCKSTEP_INVARIANT(InvalidRejectedInv, !now.wrong_errno)

LOCKSTEP_LEADS_TO(IoctlReturnsProp, now.in_ioctl[0], !now.in_ioctl[0])
/* if in the end all are uninhibited for good */
LOCKSTEP_LEADS_TO(FlushCompletesProp, now.asked[0] != 0, now.asked[0] == 0 || some_inhibited())
