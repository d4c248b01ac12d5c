/*
 * linux/kvm_host.h - how a vCPU's thread enters and leaves the guest, how it
 * blocks, and how others kick it awake or out; include/linux/kvm_host.h,
 * virt/kvm/kvm_main.c (kvm_make_request, kvm_vcpu_block, kvm_vcpu_wake_up,
 * kvm_vcpu_kick) and the accesses of arch/x86/kvm/x86.c, vcpu_enter_guest(), to
 * vcpu->mode and vcpu->requests. Documentation/virt/kvm/vcpu-requests.rst
 * describes the pair.
 *
 * A file adds fields to struct kvm_vcpu and struct kvm_vcpu_hv by
 * LOCKSTEP_KVM_VCPU and LOCKSTEP_KVM_VCPU_HV, defined before this is included.
 * What it looks at and decides, e.g. kvm_vcpu_check_block(), it writes itself.
 *
 * What is assumed of x86: a locked instruction is a full barrier, whether or
 * not a cmpxchg() succeeds. VM-entry and VM-exit are none: no manual says that
 * they are, and less is safe to assume.
 *
 * Not as Linux has it, and tried in TypeScript as it has
 * (impl/lib/kvm/vcpu.ts): no verdict changed. An IPI stays until the next
 * VM-exit; outside of the guest it would be taken there, with interrupts on. A
 * wake-up (vcpu->woken) stays for the next block, where set_current_state()
 * forgets it. kvm_vcpu_wake_up() says yes of a thread that it finds waiting,
 * awake or not. Left out: pCPUs (a vCPU's thread has one of its own), halt
 * polling, kvm->lock, memory slots, what is in the guest.
 */
#ifndef _LINUX_KVM_HOST_H
#define _LINUX_KVM_HOST_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/srcu.h>
#include <linux/wait.h>

#ifndef LOCKSTEP_KVM_VCPU
#define LOCKSTEP_KVM_VCPU
#endif
#ifndef LOCKSTEP_KVM_VCPU_HV
#define LOCKSTEP_KVM_VCPU_HV
#endif

enum {
	OUTSIDE_GUEST_MODE,
	IN_GUEST_MODE,
	EXITING_GUEST_MODE,
	POLLING_FOR_EVENTS,	/* version 1 of poll() on vCPUs; the others are Linux */
};

/* Numbers of our own where the kernel's are of an architecture: below bit 31, as TLC's integers are. */
#define KVM_REQ_UNBLOCK 2
#define KVM_REQ_EVENT 14
#define KVM_REQ_HV_TLB_FLUSH 30

struct kvm_vcpu_hv {
	int __lockstep_hv;	/* C has no empty struct */
	LOCKSTEP_KVM_VCPU_HV
};

struct kvm_vcpu_arch {
	struct kvm_vcpu_hv hyperv[1];	/* a pointer to one that is always there */
};

struct kvm {
	struct srcu_struct srcu;
};

struct kvm_vcpu {
	int mode;
	unsigned long requests;
	bool waits;		/* vcpu->wait.task is not NULL: the thread is in kvm_vcpu_block() */
	bool woken;		/* and has been woken */
	bool ipi;		/* one has been sent to the pCPU, and has not taken it out of the guest yet */
	struct mutex mutex;
	struct kvm_vcpu_arch arch;
	LOCKSTEP_KVM_VCPU
};

/* --- anybody -------------------------------------------------------------- */

LOCKSTEP_PRIMITIVE void kvm_make_request(int req, struct kvm_vcpu *vcpu)
{
	smp_wmb();	/* what the request is about before the request */
	set_bit(req, &vcpu->requests);
}

/* rcuwait_wake_up(): true if the thread was blocked and is woken */
LOCKSTEP_PRIMITIVE bool kvm_vcpu_wake_up(struct kvm_vcpu *vcpu)
{
	smp_mb();	/* pairs with the one in kvm_vcpu_block() */
	if (!READ_ONCE(vcpu->waits))
		return false;
	LOCKSTEP_ATOMIC {
		vcpu->woken = true;
	}
	return true;
}

LOCKSTEP_PRIMITIVE void smp_send_reschedule(struct kvm_vcpu *vcpu)
{
	LOCKSTEP_ATOMIC {
		vcpu->ipi = true;
	}
}

/* vcpu_exiting_guest_mode(): what the mode was */
LOCKSTEP_PRIMITIVE int kvm_vcpu_exiting_guest_mode(struct kvm_vcpu *vcpu)
{
	return cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE);
}

/* kvm_arch_vcpu_should_kick() and the IPI */
LOCKSTEP_PRIMITIVE int __kvm_vcpu_kick_out(struct kvm_vcpu *vcpu)
{
	int mode = kvm_vcpu_exiting_guest_mode(vcpu);

	if (mode == IN_GUEST_MODE)
		smp_send_reschedule(vcpu);
	return mode;
}

/* by another pCPU than the vCPU's */
#ifndef LOCKSTEP_KVM_VCPU_KICK
LOCKSTEP_PRIMITIVE void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
{
	if (!kvm_vcpu_wake_up(vcpu))
		__kvm_vcpu_kick_out(vcpu);
}
#endif

/* --- the vCPU's own thread ------------------------------------------------ */

#define kvm_request_pending(vcpu) (READ_ONCE((vcpu)->requests) != 0)
#define kvm_test_request(req, vcpu) test_bit(req, &(vcpu)->requests)
#define kvm_clear_request(req, vcpu) clear_bit(req, &(vcpu)->requests)

/*
 * test_bit() and, if it is set, clear_bit(), a locked instruction: only the
 * vCPU's thread clears it, so that they are one step
 */
LOCKSTEP_PRIMITIVE bool kvm_check_request(int req, struct kvm_vcpu *vcpu)
{
	bool found = false;

	LOCKSTEP_STEP {
		if (vcpu->requests & BIT(req)) {
			smp_mb();
			vcpu->requests &= ~BIT(req);
			found = true;
		}
	}
	return found;
}

/* kvm_vcpu_exit_request(): is the entry to be cancelled? */
LOCKSTEP_PRIMITIVE bool kvm_vcpu_exit_request(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mode) == EXITING_GUEST_MODE || kvm_request_pending(vcpu);
}

/*
 * In a step that is a VM-exit: interrupts are taken after it, so that an IPI is
 * gone. Had one come?
 */
LOCKSTEP_PRIMITIVE bool __kvm_take_ipi(struct kvm_vcpu *vcpu)
{
	bool came = vcpu->ipi;

	vcpu->ipi = false;
	return came;
}

/*
 * kvm_vcpu_block(vcpu), in its three parts:
 *
 *	prepare_to_rcuwait(), set_current_state()	kvm_vcpu_block_begin(vcpu);
 *	while (!kvm_vcpu_check_block(vcpu))		while (...)
 *		schedule();					kvm_vcpu_block_schedule(vcpu);
 *	finish_rcuwait()				kvm_vcpu_block_end(vcpu);
 */
#define kvm_vcpu_block_begin(vcpu) smp_store_mb((vcpu)->waits, true)
#define kvm_vcpu_block_end(vcpu) WRITE_ONCE((vcpu)->waits, false)

LOCKSTEP_PRIMITIVE void kvm_vcpu_block_schedule(struct kvm_vcpu *vcpu)
{
	LOCKSTEP_ATOMIC {
		lockstep_await(vcpu->woken);
		vcpu->woken = false;
	}
}

#define kvm_vcpu_srcu_read_lock(kvm) srcu_read_lock(&(kvm)->srcu)
#define kvm_vcpu_srcu_read_unlock(kvm, idx) srcu_read_unlock(&(kvm)->srcu, idx)

#endif
