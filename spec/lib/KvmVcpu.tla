------------------------------ MODULE KvmVcpu -------------------------------
(* What every design here shares of KVM: how a vCPU's thread enters and    *)
(* leaves the guest, how it blocks, and how others kick it awake or out.   *)
(*                                                                         *)
(* Models, of Linux 6.12: virt/kvm/kvm_main.c (kvm_vcpu_kick,              *)
(* kvm_vcpu_wake_up, kvm_vcpu_block, kvm_vcpu_check_block),                *)
(* include/linux/kvm_host.h (kvm_make_request, kvm_check_request),         *)
(* kernel/exit.c (rcuwait_wake_up) and the accesses of arch/x86/kvm/x86.c, *)
(* vcpu_enter_guest, to vcpu->mode and vcpu->requests, which               *)
(* Documentation/virt/kvm/vcpu-requests.rst describes.                     *)
(*                                                                         *)
(* Each operator is what one step does to these variables and to the       *)
(* store buffer of thread th; which label comes next is the protocol's. v  *)
(* is the vCPU. Operators named as expressions (..._pending, ..._task) are *)
(* what the thread reads.                                                  *)
(*                                                                         *)
(* What is assumed of x86: a locked instruction is a full barrier, whether *)
(* or not a cmpxchg succeeds (FailedCmpxchgIsMb, RequestIsMb; the kernel's *)
(* own memory model promises neither). VM-entry and VM-exit are no         *)
(* barriers: no manual says so, and less is safe to assume.                *)
(*                                                                         *)
(* Not as Linux has it in three places. A stale ipi or woken could hide    *)
(* that one is missing, and a kick that returns early skips what follows;  *)
(* so each was tried as Linux has it: no verdict of a model of the four    *)
(* protocols that use this module changes (all that have up to 700,000     *)
(* states), and test/lib/kvm/vcpu.test.ts holds the fast ones to that.     *)
(* - ipi stays until the next VM-exit. An IPI that comes outside the guest *)
(*   is taken there, with interrupts on; here the next entry may exit for  *)
(*   it. Tried: gone at mode = IN_GUEST_MODE, with interrupts off.         *)
(* - woken stays over finish_rcuwait. set_current_state forgets a wake-up  *)
(*   that came before it; here the next block looks once more. Tried:      *)
(*   prepare_to_rcuwait forgets it.                                        *)
(* - rcuwait_wake_up has woken whom it finds. wake_up_process says no of a *)
(*   thread that is awake already, and kvm_vcpu_kick goes on to mode and   *)
(*   IPI; here it returns. Tried: goes on where woken was set.             *)
(*                                                                         *)
(* Twin: impl/lib/kvm/vcpu.ts.                                             *)
EXTENDS Memory

CONSTANTS
    \* Toggles; all TRUE on x86, as posted.
    EntryMb,                \* the full barrier between vcpu->mode = IN_GUEST_MODE and the check
    BlockMb,                \* the full barrier of set_current_state before the blocking thread checks
    WakeUpMb,               \* the smp_mb in rcuwait_wake_up
    RequestIsMb,            \* the set_bit of kvm_make_request is a full barrier, as on x86
    FailedCmpxchgIsMb       \* so is a cmpxchg that fails, as on x86

VARIABLES
    mode,                   \* per vCPU, vcpu->mode
    requests,               \* per vCPU: something is in vcpu->requests
    ipi,                    \* per vCPU: an IPI is on its way to its pCPU, or waits there
    rcuwait,                \* per vCPU: its thread is published as the one to wake (vcpu->wait)
    woken                   \* per vCPU: its thread has been woken

kvm_vars == <<mode, requests, ipi, rcuwait, woken>>

KvmModes == {"OUTSIDE_GUEST_MODE", "IN_GUEST_MODE", "EXITING_GUEST_MODE"}

KvmTypeOK(vcpus, modes) ==
    /\ mode \in [vcpus -> modes]
    /\ requests \in [vcpus -> BOOLEAN]
    /\ ipi \in [vcpus -> BOOLEAN]
    /\ rcuwait \in [vcpus -> BOOLEAN]
    /\ woken \in [vcpus -> BOOLEAN]

KvmInit(vcpus) ==
    /\ mode = [v \in vcpus |-> "OUTSIDE_GUEST_MODE"]
    /\ requests = [v \in vcpus |-> FALSE]
    /\ ipi = [v \in vcpus |-> FALSE]
    /\ rcuwait = [v \in vcpus |-> FALSE]
    /\ woken = [v \in vcpus |-> FALSE]

\* A locked instruction, a full barrier or a lock taken by thread th.
locked(th) == drained(th) /\ UNCHANGED store_buffer

\* A cmpxchg by thread th that finds the value current and expects old: where it fails it is a
\* load that may not even be a barrier.
cmpxchg_ok(th, location, current, old) ==
    /\ IF FailedCmpxchgIsMb THEN drained(th)
       ELSE IF READ_ONCE(th, location, current) = old THEN drained(th) ELSE TRUE
    /\ UNCHANGED store_buffer

-----------------------------------------------------------------------------
(* The vCPU's own thread                                                   *)

\* kvm_host.h, kvm_request_pending: "READ_ONCE(vcpu->requests)".
request_pending(th, v) == READ_ONCE(th, <<"requests", v>>, requests[v])

\* kvm_host.h, kvm_check_request: test_bit, clear_bit, smp_mb__after_atomic.
clear_request(th, v) ==
    /\ locked(th)
    /\ requests' = CLEAR_BIT(requests, v)
    /\ UNCHANGED <<mode, ipi, rcuwait, woken>>

\* x86.c, vcpu_enter_guest: "smp_store_release(&vcpu->mode, IN_GUEST_MODE)".
mode_in_guest(th, v) ==
    /\ HasSlotsForRelease(th)
    /\ mode' = [mode EXCEPT ![v] = WRITE_ONCE(@, "IN_GUEST_MODE")]
    /\ store_buffer' = WITH_RELEASE(th, <<"mode", v>>, "IN_GUEST_MODE")
    /\ UNCHANGED <<requests, ipi, rcuwait, woken>>

\* A full barrier: smp_mb__after_srcu_read_unlock of vcpu_enter_guest, the smp_mb of
\* rcuwait_wake_up.
kvm_smp_mb(th) ==
    /\ locked(th)
    /\ UNCHANGED kvm_vars

\* x86.c, kvm_vcpu_exit_request: "vcpu->mode == EXITING_GUEST_MODE".
exiting_guest_mode(th, v) == READ_ONCE(th, <<"mode", v>>, mode[v]) = "EXITING_GUEST_MODE"

\* VM-exit. Interrupts are taken after it, so an IPI that came with another exit is gone too.
take_ipi(th, v) ==
    /\ ipi' = CLEAR_BIT(ipi, v)
    /\ UNCHANGED <<store_buffer, mode, requests, rcuwait, woken>>

\* x86.c, vcpu_enter_guest: "vcpu->mode = OUTSIDE_GUEST_MODE", after an exit and in a cancelled
\* entry; then kvm_vcpu_srcu_read_lock, a full barrier. The thread does nothing between the
\* two, so the step is the moment when the store becomes visible.
mode_outside(th, v) ==
    /\ locked(th)
    /\ mode' = [mode EXCEPT ![v] = "OUTSIDE_GUEST_MODE"]
    /\ UNCHANGED <<requests, ipi, rcuwait, woken>>

\* kvm_main.c, kvm_vcpu_block: prepare_to_rcuwait, a store, and set_current_state, a full
\* barrier.
rcuwait_publish(th, v) ==
    /\ IF BlockMb
       THEN locked(th) /\ rcuwait' = SET_BIT(rcuwait, v)
       ELSE /\ HasSlot(th)
            /\ rcuwait' = [rcuwait EXCEPT ![v] = WRITE_ONCE(@, TRUE)]
            /\ store_buffer' = WITH_STORE(th, <<"rcuwait", v>>, TRUE)
    /\ UNCHANGED <<mode, requests, ipi, woken>>

\* kvm_main.c, kvm_vcpu_block: schedule, until it is woken; then set_current_state again. A
\* thread that sleeps has nothing buffered: the switch to another task is a full barrier.
rcuwait_sleep(th, v) ==
    /\ locked(th)
    /\ woken[v]
    /\ woken' = CLEAR_BIT(woken, v)
    /\ UNCHANGED <<mode, requests, ipi, rcuwait>>

\* kvm_main.c, kvm_vcpu_block: finish_rcuwait, one store. A wake-up that comes now is spurious.
rcuwait_unpublish(th, v) ==
    /\ HasSlot(th)
    /\ rcuwait' = [rcuwait EXCEPT ![v] = WRITE_ONCE(@, FALSE)]
    /\ store_buffer' = WITH_STORE(th, <<"rcuwait", v>>, FALSE)
    /\ UNCHANGED <<mode, requests, ipi, woken>>

-----------------------------------------------------------------------------
(* Anybody else                                                            *)

\* kvm_host.h, kvm_make_request: smp_wmb and set_bit in vcpu->requests.
set_request(th, v) ==
    /\ IF RequestIsMb
       THEN locked(th) /\ requests' = SET_BIT(requests, v)
       ELSE /\ HasSlotsForRelease(th)
            /\ requests' = [requests EXCEPT ![v] = WRITE_ONCE(@, TRUE)]
            /\ store_buffer' = WITH_RELEASE(th, <<"requests", v>>, TRUE)
    /\ UNCHANGED <<mode, ipi, rcuwait, woken>>

\* kernel/exit.c, rcuwait_wake_up: "task = rcu_dereference(w->task)".
rcuwait_task(th, v) == READ_ONCE(th, <<"rcuwait", v>>, rcuwait[v])

\* kernel/exit.c, rcuwait_wake_up: "wake_up_process(task)".
wake_task(th, v) ==
    /\ locked(th)
    /\ woken' = SET_BIT(woken, v)
    /\ UNCHANGED <<mode, requests, ipi, rcuwait>>

\* What the cmpxchg of kvm_arch_vcpu_should_kick finds.
found_mode(th, v) == READ_ONCE(th, <<"mode", v>>, mode[v])

\* x86.c, kvm_arch_vcpu_should_kick: kvm_vcpu_exiting_guest_mode, "cmpxchg(&vcpu->mode,
\* IN_GUEST_MODE, EXITING_GUEST_MODE)".
cmpxchg_mode(th, v) ==
    /\ cmpxchg_ok(th, <<"mode", v>>, mode[v], "IN_GUEST_MODE")
    /\ mode' = IF found_mode(th, v) = "IN_GUEST_MODE" THEN [mode EXCEPT ![v] = "EXITING_GUEST_MODE"] ELSE mode
    /\ UNCHANGED <<requests, ipi, rcuwait, woken>>

\* kvm_main.c, kvm_vcpu_kick: "smp_send_reschedule(cpu)".
send_ipi(th, v) ==
    /\ locked(th)
    /\ ipi' = SET_BIT(ipi, v)
    /\ UNCHANGED <<mode, requests, rcuwait, woken>>

-----------------------------------------------------------------------------
\* The memory: what these variables are once entry e of a store buffer has become visible.
KVM_COMMITTED(e) ==
    /\ mode' = [v \in DOMAIN mode |-> COMMITTED(<<"mode", v>>, mode[v], e)]
    /\ requests' = [v \in DOMAIN requests |-> COMMITTED(<<"requests", v>>, requests[v], e)]
    /\ rcuwait' = [v \in DOMAIN rcuwait |-> COMMITTED(<<"rcuwait", v>>, rcuwait[v], e)]
    /\ UNCHANGED <<ipi, woken>>
=============================================================================
