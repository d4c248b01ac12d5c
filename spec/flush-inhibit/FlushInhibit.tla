---------------------------- MODULE FlushInhibit ----------------------------
(* A paravirtual TLB flush against KVM_HYPERV_SET_TLB_FLUSH_INHIBIT.       *)
(*                                                                         *)
(* Models arch/x86/kvm/hyperv.c (kvm_hv_flush_tlb, kvm_hv_hypercall_       *)
(* complete, kvm_hv_vcpu_suspend_tlb_flush, kvm_hv_vcpu_unsuspend_tlb_     *)
(* flush) and arch/x86/kvm/x86.c (kvm_vcpu_ioctl_set_tlb_flush_inhibit,    *)
(* vcpu_run, vcpu_block) as patched by document 004: "[PATCH 5/7] KVM:     *)
(* x86: Implement KVM_HYPERV_SET_TLB_FLUSH_INHIBIT", October 2024, not     *)
(* merged. Patch 2/7 of the series (suspended, waiting_on, the unsuspend   *)
(* scan) is taken from the thread. The rest is Linux 6.12. vcpu->mutex is  *)
(* in VcpuMutex.                                                           *)
(*                                                                         *)
(* Twin: impl/flush-inhibit/FlushInhibit.ts. Bounds and fairness:          *)
(* MCFlushInhibit.tla.                                                     *)
(*                                                                         *)
(* Left out, and why no race in question hides there:                      *)
(* - How the hypercall's targets are found (all vCPUs, a mask of vCPUs,    *)
(*   nested vCPUs of one VM): three loops that differ only in which vCPUs  *)
(*   they visit. Here any non-empty subset.                                *)
(* - The flush FIFO under its spinlock: filled before the request bit is   *)
(*   set, drained by whoever takes the request; the request is what a      *)
(*   target acts on.                                                       *)
(* - The wait for IPI acknowledgements: it only delays the completion. A   *)
(*   target outside the guest gets no IPI, and during the ioctl it is      *)
(*   outside (vcpu->mutex).                                                *)
(* - A vCPU that is flusher and target: an ioctl on a vCPU waits for its   *)
(*   KVM_RUN to return (vcpu->mutex), so a suspended target only adds the  *)
(*   circular waits of the fact sheet's R6, which need no race.            *)
(* - Two ioctls on one vCPU: vcpu->mutex serialises them, so one thread    *)
(*   doing one call after the other is the same.                           *)
(* - The rcuwait protocol of kvm_vcpu_block: woken is sticky, which is its *)
(*   guarantee; its barriers are the subject of vtl-wakeup. It stays for   *)
(*   the next block, where Linux's set_current_state forgets it. Tried:    *)
(*   forgotten before each block, it changes no verdict of a model of up   *)
(*   to 400,000 states. KvmVcpu is not used: it has two steps and a        *)
(*   variable more for each sleep and one step more for each wake-up,      *)
(*   which would multiply every graph here and decide nothing. Nor does    *)
(*   anybody enter a guest in a way that mode would say more about than    *)
(*   mutex.                                                                *)
EXTENDS SRCU, VcpuMutex

CONSTANTS
    Flushers,               \* vCPU ids that flush; their threads run KVM_RUN
    Targets,                \* vCPU ids that are flushed and can be inhibited
    Rounds,                 \* how many times each VMM thread may set an inhibit
    \* Toggles: ordering primitives and rules; all as posted but where said. MutexUnlockIsMb is in VcpuMutex.
    SyncOnSet,              \* synchronize_srcu after the inhibit was set
    SyncOnClear,            \* synchronize_srcu after the inhibit was cleared
    CheckBeforeRequest,     \* kvm_hv_flush_tlb checks, then requests
    IoctlMb,                \* smp_mb between the ioctl's store and what follows; not posted
    WaitingOnBeforeSuspended,       \* the suspender stores waiting_on, then suspended
    ClearWaitingOnBeforeSuspended,  \* the unsuspender resets them in that order
    SeparateSuspended,      \* suspended is a field of its own, not waiting_on # -1
    SuspendWmb,             \* smp_wmb between the suspender's two stores; not posted
    UnsuspendWmb,           \* smp_wmb between the unsuspender's two stores; not posted
    MaskZeroed,             \* the unsuspender's vcpu_mask is zeroed before use
    EventsMasked,           \* an event that is pending does not make a suspended vCPU runnable; not posted
    \* Another design; "never" but in those that are about rejected calls.
    ArgsChecked,            \* "first": the ioctl rejects flags, reserved bytes and inhibits that mean nothing before it
                            \* does anything; "late": on its way out; "never": not at all, as posted
    \* The world.
    PendingEvents,          \* an event may arrive for a suspended vCPU
    BadCalls                \* the VMM also makes calls that must be rejected

ASSUME Flushers \subseteq Nat /\ Targets \subseteq Nat /\ Flushers \cap Targets = {}
ASSUME Rounds \in Nat
ASSUME ArgsChecked \in {"never", "first", "late"}
\* The vCPU threads read under kvm->srcu; the ioctls wait for them.
ASSUME SrcuReaders = Flushers /\ SrcuSynchronizers = Targets

VARIABLES
    pc,                     \* per thread: the label of its next step
    \* shared with other threads; mutex, per target "free", "ioctl" or "run", is in VcpuMutex
    tlb_flush_inhibit,      \* per target, arch.hyperv.tlb_flush_inhibit: 0 or 1; 2 where BadCalls
    suspended,              \* per flusher, arch.hyperv.suspended
    waiting_on,             \* per flusher, arch.hyperv.waiting_on: a target or -1
    requests,               \* per target: KVM_REQ_HV_TLB_FLUSH
    woken,                  \* per flusher: a wake-up that kvm_vcpu_block has not consumed
    event,                  \* per flusher: an event that kvm_vcpu_has_events sees
    \* locals of the flusher
    targets,                \* vcpu_mask of the hypercall; {} outside of one
    todo,                   \* targets that the loop at hand has still to visit
    cause,                  \* the target found inhibited (v->vcpu_id), or -1
    result,                 \* what kvm_hv_flush_tlb returned; "none" before and after
    \* locals of the ioctl
    rounds,                 \* sets that the VMM thread may still do
    inhibit,                \* set->inhibit
    scan,                   \* the vCPU that the unsuspend scan is at, or -1
    vcpu_mask,              \* the vCPUs that the unsuspend scan will wake
    call,                   \* what the VMM got right and wrong in its last call; "none" unless BadCalls
    errno,                  \* what that call returned, "none" while it has not; the same
    \* history, read by properties only
    in_force,               \* per target: from the return of the ioctl that set the
                            \* inhibit to the entry of the one that clears it
    posted,                 \* per flusher: targets that this hypercall posted to
    late,                   \* those of them that it posted to in the period in force now
    overrun,                \* targets in force when the hypercall completed
    unsuspended,            \* per target: the vCPUs that its unsuspend scan has released
    was                     \* per target: tlb_flush_inhibit when its last call began; 0 unless BadCalls

plain_vars == <<tlb_flush_inhibit, suspended, waiting_on, requests, mutex, woken, event>>
shared_vars == <<store_buffer, tlb_flush_inhibit, suspended, waiting_on, requests, mutex, woken, event>>
flusher_vars == <<targets, todo, cause, result>>
ioctl_vars == <<rounds, inhibit, scan, vcpu_mask, call, errno>>
history_vars == <<in_force, posted, late, overrun, unsuspended, was>>
vars == <<pc, store_buffer, srcu_readers, srcu_gp, tlb_flush_inhibit, suspended, waiting_on, requests, mutex,
          woken, event, targets, todo, cause, result, rounds, inhibit, scan, vcpu_mask,
          call, errno, in_force, posted, late, overrun, unsuspended, was>>

\* Threads: a vCPU's own, and the VMM thread that does a target's ioctls.
vcpu(v) == <<"vcpu", v>>
ioctl(t) == <<"ioctl", t>>
Threads == {vcpu(v) : v \in Flushers \cup Targets} \cup {ioctl(t) : t \in Targets}

Labels == {
    "vmexit_hypercall", "vmexit_hypercall_again", "kvm_hv_flush_tlb_read_inhibit", "kvm_make_vcpus_request_mask",
    "kvm_hv_vcpu_suspend_tlb_flush_waiting_on", "kvm_hv_vcpu_suspend_tlb_flush_suspended",
    "kvm_hv_vcpu_suspend_tlb_flush_smp_wmb", "kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb",
    "kvm_hv_hypercall_complete", "vcpu_run_running", "vcpu_enter_guest",
    "vcpu_block_running", "vcpu_block_has_events", "vcpu_block_srcu_read_unlock",
    "kvm_vcpu_check_block_running", "kvm_vcpu_check_block_has_events", "kvm_vcpu_block_schedule",
    "vcpu_block_srcu_read_lock",
    "kvm_vcpu_ioctl_mutex_lock", "set_tlb_flush_inhibit_read", "set_tlb_flush_inhibit_write",
    "set_tlb_flush_inhibit_smp_mb", "synchronize_srcu", "synchronize_srcu_wait",
    "kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended", "kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on",
    "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on", "kvm_hv_vcpu_unsuspend_tlb_flush_suspended",
    "kvm_hv_vcpu_unsuspend_tlb_flush_wake", "kvm_vcpu_ioctl_mutex_unlock",
    "kvm_check_request", "kvm_hv_vcpu_flush_tlb"}

\* What the VMM may call: KVM_HYPERV_SET_TLB_FLUSH_INHIBIT as it should ("set"), with a bad
\* pointer, with flags or reserved bytes that are not 0, with an inhibit that is neither 0 nor 1;
\* an ioctl that this kernel does not know (or was built without: CONFIG_KVM_HYPERV); on a VM that
\* is dead, or on one of another process, which goes on; killed while it waits for vcpu->mutex.
Calls == {"set", "fault", "flags", "value", "unknown", "dead", "killed"}

\* What each must return. For flags that is what the API document of 1/7 demands, for reserved
\* bytes and value what KVM's ioctls do, so that they can be given a meaning later.
ErrnoOf(c) == CASE c = "set" -> "0"
                [] c = "fault" -> "EFAULT"
                [] c \in {"flags", "value", "unknown"} -> "EINVAL"
                [] c = "dead" -> "EIO"
                [] c = "killed" -> "EINTR"

Inhibits == IF BadCalls THEN 0..2 ELSE 0..1

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ SrcuTypeOK
    /\ pc \in [Threads -> Labels]
    /\ tlb_flush_inhibit \in [Targets -> Inhibits]
    /\ suspended \in [Flushers -> BOOLEAN]
    /\ waiting_on \in [Flushers -> Targets \cup {-1}]
    /\ requests \in [Targets -> BOOLEAN]
    /\ MutexTypeOK(Targets, {"ioctl", "run"})
    /\ woken \in [Flushers -> BOOLEAN]
    /\ event \in [Flushers -> BOOLEAN]
    /\ targets \in [Flushers -> SUBSET Targets]
    /\ todo \in [Flushers -> SUBSET Targets]
    /\ cause \in [Flushers -> Targets \cup {-1}]
    /\ result \in [Flushers -> {"none", "success", "EBUSY"}]
    /\ rounds \in [Targets -> 0..Rounds]
    /\ inhibit \in [Targets -> Inhibits]
    /\ scan \in [Targets -> Flushers \cup {-1}]
    /\ vcpu_mask \in [Targets -> SUBSET Flushers]
    /\ call \in [Targets -> Calls \cup {"none"}]
    /\ errno \in [Targets -> {ErrnoOf(c) : c \in Calls} \cup {"none"}]
    /\ in_force \in [Targets -> BOOLEAN]
    /\ posted \in [Flushers -> SUBSET Targets]
    /\ late \in [Flushers -> SUBSET Targets]
    /\ overrun \in [Flushers -> SUBSET Targets]
    /\ unsuspended \in [Targets -> SUBSET Flushers]
    /\ was \in [Targets -> Inhibits]

Init ==
    /\ MemoryInit(Threads)
    /\ SrcuInit
    /\ pc = [th \in Threads |->
                IF th[1] = "ioctl" THEN "kvm_vcpu_ioctl_mutex_lock"
                ELSE IF th[2] \in Flushers THEN "vmexit_hypercall" ELSE "kvm_check_request"]
    /\ tlb_flush_inhibit = [t \in Targets |-> 0]
    /\ suspended = [f \in Flushers |-> FALSE]
    /\ waiting_on = [f \in Flushers |-> -1]
    /\ requests = [t \in Targets |-> FALSE]
    /\ MutexInit(Targets)
    /\ woken = [f \in Flushers |-> FALSE]
    /\ event = [f \in Flushers |-> FALSE]
    /\ targets = [f \in Flushers |-> {}]
    /\ todo = [f \in Flushers |-> {}]
    /\ cause = [f \in Flushers |-> -1]
    /\ result = [f \in Flushers |-> "none"]
    /\ rounds = [t \in Targets |-> Rounds]
    /\ inhibit = [t \in Targets |-> 0]
    /\ scan = [t \in Targets |-> -1]
    /\ vcpu_mask = [t \in Targets |-> {}]
    /\ call = [t \in Targets |-> "none"]
    /\ errno = [t \in Targets |-> "none"]
    /\ in_force = [t \in Targets |-> FALSE]
    /\ posted = [f \in Flushers |-> {}]
    /\ late = [f \in Flushers |-> {}]
    /\ overrun = [f \in Flushers |-> {}]
    /\ unsuspended = [t \in Targets |-> {}]
    /\ was = [t \in Targets |-> 0]

Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
At(th, label) == pc[th] = label

\* 2/7, kvm_hv_vcpu_suspended(): one load, by thread th.
kvm_hv_vcpu_suspended(th, f) ==
    IF SeparateSuspended THEN READ_ONCE(th, <<"suspended", f>>, suspended[f])
    ELSE READ_ONCE(th, <<"waiting_on", f>>, waiting_on[f]) # -1

\* The same as every thread but f's own sees it.
IsSuspended(f) == IF SeparateSuspended THEN suspended[f] ELSE waiting_on[f] # -1

\* The two plain stores to a flusher's fields, by thread th.
store_waiting_on(th, f, x) ==
    /\ HasSlot(th)
    /\ waiting_on' = [waiting_on EXCEPT ![f] = WRITE_ONCE(@, x)]
    /\ store_buffer' = WITH_STORE(th, <<"waiting_on", f>>, x)

store_suspended(th, f, x) ==
    /\ HasSlot(th)
    /\ suspended' = [suspended EXCEPT ![f] = WRITE_ONCE(@, x)]
    /\ store_buffer' = WITH_STORE(th, <<"suspended", f>>, x)

\* A locked instruction, a full barrier or a lock taken by thread th.
locked(th) == drained(th) /\ UNCHANGED store_buffer

-----------------------------------------------------------------------------
(* The flushing vCPU                                                       *)

\* Where kvm_hv_flush_tlb goes after it has read the hypercall's input.
FlushTlbFirst == IF CheckBeforeRequest THEN "kvm_hv_flush_tlb_read_inhibit" ELSE "kvm_make_vcpus_request_mask"

\* x86.c, vcpu_enter_guest: VM-exit, kvm_vcpu_srcu_read_lock; the guest has called
\* HvFlushVirtualAddressSpace/List and names some set of targets.
vmexit_hypercall(f) ==
    /\ At(vcpu(f), "vmexit_hypercall")
    /\ \E S \in (SUBSET Targets) \ {{}} :
        /\ targets' = [targets EXCEPT ![f] = S]
        /\ todo' = [todo EXCEPT ![f] = S]
    /\ srcu_read_lock(vcpu(f), f)
    /\ Goto(vcpu(f), FlushTlbFirst)
    /\ UNCHANGED <<plain_vars, cause, result, ioctl_vars, history_vars>>

\* The same exit after a suspension: RIP was not advanced, so the guest executes
\* the same hypercall again, with the same input.
vmexit_hypercall_again(f) ==
    /\ At(vcpu(f), "vmexit_hypercall_again")
    /\ todo' = [todo EXCEPT ![f] = targets[f]]
    /\ srcu_read_lock(vcpu(f), f)
    /\ Goto(vcpu(f), FlushTlbFirst)
    /\ UNCHANGED <<plain_vars, targets, cause, result, ioctl_vars, history_vars>>

\* Where kvm_hv_vcpu_suspend_tlb_flush goes after the first of its two stores.
SuspendSecond ==
    IF SuspendWmb THEN "kvm_hv_vcpu_suspend_tlb_flush_smp_wmb"
    ELSE IF WaitingOnBeforeSuspended THEN "kvm_hv_vcpu_suspend_tlb_flush_suspended"
    ELSE "kvm_hv_vcpu_suspend_tlb_flush_waiting_on"

\* 004, kvm_hv_flush_tlb: "if (READ_ONCE(v->arch.hyperv->tlb_flush_inhibit)) goto
\* ret_suspend", for each target; in the reviewer's order this is the second loop.
kvm_hv_flush_tlb_read_inhibit(f) ==
    /\ At(vcpu(f), "kvm_hv_flush_tlb_read_inhibit")
    /\ LET v == First(todo[f])
           rest == todo[f] \ {v}
       IN IF READ_ONCE(vcpu(f), <<"tlb_flush_inhibit", v>>, tlb_flush_inhibit[v]) # 0
          THEN /\ cause' = [cause EXCEPT ![f] = v]
               /\ todo' = [todo EXCEPT ![f] = {}]
               /\ Goto(vcpu(f), IF WaitingOnBeforeSuspended \/ ~SeparateSuspended
                                THEN "kvm_hv_vcpu_suspend_tlb_flush_waiting_on"
                                ELSE "kvm_hv_vcpu_suspend_tlb_flush_suspended")
               /\ UNCHANGED result
          ELSE /\ UNCHANGED cause
               /\ IF rest # {}
                  THEN /\ todo' = [todo EXCEPT ![f] = rest]
                       /\ Goto(vcpu(f), "kvm_hv_flush_tlb_read_inhibit")
                       /\ UNCHANGED result
                  ELSE IF CheckBeforeRequest
                  THEN /\ todo' = [todo EXCEPT ![f] = targets[f]]
                       /\ Goto(vcpu(f), "kvm_make_vcpus_request_mask")
                       /\ UNCHANGED result
                  ELSE /\ todo' = [todo EXCEPT ![f] = {}]
                       /\ Goto(vcpu(f), "kvm_hv_hypercall_complete")
                       /\ result' = [result EXCEPT ![f] = "success"]
    /\ UNCHANGED <<shared_vars, srcu_vars, targets, ioctl_vars, history_vars>>

\* 004, kvm_hv_flush_tlb: kvm_make_vcpus_request_mask(kvm, KVM_REQ_HV_TLB_FLUSH,
\* vcpu_mask); kvm_main.c: set_bit in vcpu->requests, one vCPU after the other.
kvm_make_vcpus_request_mask(f) ==
    /\ At(vcpu(f), "kvm_make_vcpus_request_mask")
    /\ locked(vcpu(f))
    /\ LET v == First(todo[f])
           rest == todo[f] \ {v}
       IN /\ requests' = SET_BIT(requests, v)
          /\ posted' = [posted EXCEPT ![f] = @ \cup {v}]
          /\ late' = IF in_force[v] THEN [late EXCEPT ![f] = @ \cup {v}] ELSE late
          /\ IF rest # {}
             THEN /\ todo' = [todo EXCEPT ![f] = rest]
                  /\ Goto(vcpu(f), "kvm_make_vcpus_request_mask")
                  /\ UNCHANGED result
             ELSE IF CheckBeforeRequest
             THEN /\ todo' = [todo EXCEPT ![f] = {}]
                  /\ Goto(vcpu(f), "kvm_hv_hypercall_complete")
                  /\ result' = [result EXCEPT ![f] = "success"]
             ELSE /\ todo' = [todo EXCEPT ![f] = targets[f]]
                  /\ Goto(vcpu(f), "kvm_hv_flush_tlb_read_inhibit")
                  /\ UNCHANGED result
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, mutex, woken, event, srcu_vars, targets, cause,
                   ioctl_vars, in_force, overrun, unsuspended, was>>

\* 004, kvm_hv_vcpu_suspend_tlb_flush: "WRITE_ONCE(vcpu->arch.hyperv->waiting_on,
\* vcpu_id)"; after the second of the two stores kvm_hv_flush_tlb returns -EBUSY.
kvm_hv_vcpu_suspend_tlb_flush_waiting_on(f) ==
    /\ At(vcpu(f), "kvm_hv_vcpu_suspend_tlb_flush_waiting_on")
    /\ store_waiting_on(vcpu(f), f, cause[f])
    /\ IF WaitingOnBeforeSuspended /\ SeparateSuspended
       THEN Goto(vcpu(f), SuspendSecond) /\ UNCHANGED result
       ELSE Goto(vcpu(f), "kvm_hv_hypercall_complete") /\ result' = [result EXCEPT ![f] = "EBUSY"]
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, requests, mutex, woken, event, srcu_vars, targets, todo, cause,
                   ioctl_vars, history_vars>>

\* Not in 004: what its comment "waiting_on's store should happen before suspended's" asks
\* for where stores may be reordered.
kvm_hv_vcpu_suspend_tlb_flush_smp_wmb(f) ==
    /\ At(vcpu(f), "kvm_hv_vcpu_suspend_tlb_flush_smp_wmb")
    /\ HasSlotForMark(vcpu(f))
    /\ store_buffer' = WITH_MARK(vcpu(f))
    /\ Goto(vcpu(f), IF WaitingOnBeforeSuspended THEN "kvm_hv_vcpu_suspend_tlb_flush_suspended"
                     ELSE "kvm_hv_vcpu_suspend_tlb_flush_waiting_on")
    /\ UNCHANGED <<plain_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* 004, kvm_hv_vcpu_suspend_tlb_flush: "WRITE_ONCE(vcpu->arch.hyperv->suspended, true)".
kvm_hv_vcpu_suspend_tlb_flush_suspended(f) ==
    /\ At(vcpu(f), "kvm_hv_vcpu_suspend_tlb_flush_suspended")
    /\ store_suspended(vcpu(f), f, TRUE)
    /\ IF WaitingOnBeforeSuspended
       THEN Goto(vcpu(f), "kvm_hv_hypercall_complete") /\ result' = [result EXCEPT ![f] = "EBUSY"]
       ELSE Goto(vcpu(f), SuspendSecond) /\ UNCHANGED result
    /\ UNCHANGED <<tlb_flush_inhibit, waiting_on, requests, mutex, woken, event, srcu_vars, targets, todo, cause,
                   ioctl_vars, history_vars>>

\* 004, kvm_hv_hypercall_complete: "if (kvm_hv_vcpu_suspended(vcpu)) return 1", before
\* the result is stored and the instruction skipped.
kvm_hv_hypercall_complete(f) ==
    /\ At(vcpu(f), "kvm_hv_hypercall_complete")
    /\ IF kvm_hv_vcpu_suspended(vcpu(f), f)
       THEN /\ result' = [result EXCEPT ![f] = "none"]
            /\ UNCHANGED overrun
       ELSE /\ UNCHANGED result
            /\ overrun' = [overrun EXCEPT ![f] = {t \in targets[f] : in_force[t]}]
    /\ Goto(vcpu(f), "vcpu_run_running")
    /\ UNCHANGED <<shared_vars, srcu_vars, targets, todo, cause, ioctl_vars, in_force, posted, late, unsuspended,
                   was>>

\* x86.c, vcpu_run: "if (kvm_vcpu_running(vcpu)) vcpu_enter_guest else vcpu_block";
\* 2/7 makes a suspended vCPU not running.
vcpu_run_running(f) ==
    /\ At(vcpu(f), "vcpu_run_running")
    /\ IF kvm_hv_vcpu_suspended(vcpu(f), f)
       THEN Goto(vcpu(f), "vcpu_block_running") /\ UNCHANGED cause
       ELSE Goto(vcpu(f), "vcpu_enter_guest") /\ cause' = [cause EXCEPT ![f] = -1]
    /\ UNCHANGED <<shared_vars, srcu_vars, targets, todo, result, ioctl_vars, history_vars>>

\* x86.c, vcpu_enter_guest: a pending event is injected, kvm_vcpu_srcu_read_unlock,
\* VM-entry. Only this thread clears the event and only it looks at it, so taking it
\* in the same step hides nothing.
vcpu_enter_guest(f) ==
    /\ At(vcpu(f), "vcpu_enter_guest")
    /\ srcu_read_unlock(vcpu(f), f)
    /\ event' = [event EXCEPT ![f] = FALSE]
    /\ IF result[f] = "none"
       THEN Goto(vcpu(f), "vmexit_hypercall_again") /\ UNCHANGED targets
       ELSE Goto(vcpu(f), "vmexit_hypercall") /\ targets' = [targets EXCEPT ![f] = {}]
    /\ result' = [result EXCEPT ![f] = "none"]
    /\ posted' = [posted EXCEPT ![f] = {}]
    /\ late' = [late EXCEPT ![f] = {}]
    /\ overrun' = [overrun EXCEPT ![f] = {}]
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, requests, mutex, woken, todo, cause, ioctl_vars,
                   in_force, unsuspended, was>>

\* x86.c, vcpu_block: "if (!kvm_arch_vcpu_runnable(vcpu))", first half: kvm_vcpu_running.
\* If it is runnable vcpu_block neither sleeps nor unlocks; vcpu_run goes round.
vcpu_block_running(f) ==
    /\ At(vcpu(f), "vcpu_block_running")
    /\ Goto(vcpu(f), IF ~kvm_hv_vcpu_suspended(vcpu(f), f) THEN "vcpu_run_running"
                     ELSE IF PendingEvents /\ ~EventsMasked THEN "vcpu_block_has_events"
                     ELSE "vcpu_block_srcu_read_unlock")
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* x86.c, kvm_arch_vcpu_runnable, second half: kvm_vcpu_has_events. True: runnable,
\* so no sleep, no srcu_read_unlock, and round again.
vcpu_block_has_events(f) ==
    /\ At(vcpu(f), "vcpu_block_has_events")
    /\ Goto(vcpu(f), IF READ_ONCE(vcpu(f), <<"event", f>>, event[f]) THEN "vcpu_run_running"
                     ELSE "vcpu_block_srcu_read_unlock")
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* x86.c, vcpu_block: kvm_vcpu_srcu_read_unlock before it sleeps.
vcpu_block_srcu_read_unlock(f) ==
    /\ At(vcpu(f), "vcpu_block_srcu_read_unlock")
    /\ srcu_read_unlock(vcpu(f), f)
    /\ Goto(vcpu(f), "kvm_vcpu_check_block_running")
    /\ UNCHANGED <<plain_vars, flusher_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_check_block: kvm_arch_vcpu_runnable, first half.
kvm_vcpu_check_block_running(f) ==
    /\ At(vcpu(f), "kvm_vcpu_check_block_running")
    /\ Goto(vcpu(f), IF ~kvm_hv_vcpu_suspended(vcpu(f), f) THEN "vcpu_block_srcu_read_lock"
                     ELSE IF PendingEvents /\ ~EventsMasked THEN "kvm_vcpu_check_block_has_events"
                     ELSE "kvm_vcpu_block_schedule")
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_check_block: kvm_arch_vcpu_runnable, second half.
kvm_vcpu_check_block_has_events(f) ==
    /\ At(vcpu(f), "kvm_vcpu_check_block_has_events")
    /\ Goto(vcpu(f), IF READ_ONCE(vcpu(f), <<"event", f>>, event[f]) THEN "vcpu_block_srcu_read_lock"
                     ELSE "kvm_vcpu_block_schedule")
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: schedule() returns once rcuwait_wake_up has been called.
kvm_vcpu_block_schedule(f) ==
    /\ At(vcpu(f), "kvm_vcpu_block_schedule")
    /\ locked(vcpu(f))
    /\ woken[f]
    /\ woken' = [woken EXCEPT ![f] = FALSE]
    /\ Goto(vcpu(f), "kvm_vcpu_check_block_running")
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, requests, mutex, event, srcu_vars, flusher_vars,
                   ioctl_vars, history_vars>>

\* x86.c, vcpu_block: kvm_vcpu_srcu_read_lock after the sleep. What follows ("if
\* (!kvm_arch_vcpu_runnable(vcpu)) return 1", mp_state RUNNABLE) goes round in any case.
\* A wake-up that came after the last check is of no use any more.
vcpu_block_srcu_read_lock(f) ==
    /\ At(vcpu(f), "vcpu_block_srcu_read_lock")
    /\ srcu_read_lock(vcpu(f), f)
    /\ Goto(vcpu(f), "vcpu_run_running")
    /\ UNCHANGED <<plain_vars, flusher_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
(* The VMM thread in KVM_HYPERV_SET_TLB_FLUSH_INHIBIT on target t          *)

AfterWrite(x) ==
    IF (x # 0 /\ SyncOnSet) \/ (x = 0 /\ SyncOnClear) THEN "synchronize_srcu" ELSE "after_synchronize_srcu"

ScanFirst == IF SeparateSuspended THEN "kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended"
             ELSE "kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on"

\* The step after label l, where "after_synchronize_srcu" is "if (!set->inhibit)
\* kvm_hv_vcpu_unsuspend_tlb_flush(vcpu)": nothing is left to do when it was set.
Continue(t, l) ==
    IF l # "after_synchronize_srcu" THEN Goto(ioctl(t), l) /\ UNCHANGED scan
    ELSE IF inhibit[t] # 0 THEN Goto(ioctl(t), "kvm_vcpu_ioctl_mutex_unlock") /\ UNCHANGED scan
    ELSE Goto(ioctl(t), ScanFirst) /\ scan' = [scan EXCEPT ![t] = First(Flushers)]

\* The scan goes to the next vCPU with mask m, or to the wake-up of those in m.
NextVcpu(t, m) ==
    LET later == {v \in Flushers : v > scan[t]}
    IN /\ vcpu_mask' = [vcpu_mask EXCEPT ![t] = m]
       /\ scan' = [scan EXCEPT ![t] = IF later = {} THEN -1 ELSE First(later)]
       /\ Goto(ioctl(t), IF later # {} THEN ScanFirst
                         ELSE IF m # {} THEN "kvm_hv_vcpu_unsuspend_tlb_flush_wake"
                         ELSE "kvm_vcpu_ioctl_mutex_unlock")

\* The ioctl is called with inhibit x. The VMM sets and clears in bounded rounds, repeats itself
\* now and then, and does not leave a target inhibited for ever: its last call is a clear. 2/7
\* declares vcpu_mask on the stack of the unsuspend; unless it is zeroed it holds what was there
\* before.
Called(t, x) ==
    /\ IF rounds[t] > 0 THEN TRUE ELSE x = 0 /\ tlb_flush_inhibit[t] # 0
    /\ inhibit' = [inhibit EXCEPT ![t] = x]
    /\ rounds' = IF x # 0 /\ tlb_flush_inhibit[t] = 0 THEN [rounds EXCEPT ![t] = @ - 1] ELSE rounds
    /\ in_force' = IF x = 0 THEN [in_force EXCEPT ![t] = FALSE] ELSE in_force
    /\ late' = IF x = 0 THEN [f \in Flushers |-> late[f] \ {t}] ELSE late
    /\ \E garbage \in (IF x = 0 /\ ~MaskZeroed THEN SUBSET Flushers ELSE {{}}) :
        vcpu_mask' = [vcpu_mask EXCEPT ![t] = garbage]
    /\ Goto(ioctl(t), "set_tlb_flush_inhibit_read")

\* The call gets no further: it goes to label, to unlock the mutex if it has it.
Rejected(t, label) ==
    /\ Goto(ioctl(t), label)
    /\ UNCHANGED <<inhibit, rounds, in_force, late, vcpu_mask>>

\* The last call, and what it has returned so far.
Record(t, c, e) ==
    /\ call' = [call EXCEPT ![t] = c]
    /\ errno' = [errno EXCEPT ![t] = e]
    /\ was' = [was EXCEPT ![t] = tlb_flush_inhibit[t]]

\* The arguments that the ioctl goes on with, each as a call and its inhibit.
Accepted == {<<"set", 0>>, <<"set", 1>>} \cup
            (IF ArgsChecked = "first" THEN {} ELSE {<<"flags", 0>>, <<"flags", 1>>, <<"value", 2>>})

\* Calls that fail with the mutex and before anything was done.
RejectedAtOnce == {"fault", "unknown"} \cup (IF ArgsChecked = "first" THEN {"flags", "value"} ELSE {})

\* kvm_main.c, kvm_vcpu_ioctl: "if (vcpu->kvm->mm != current->mm || vcpu->kvm->vm_dead) return
\* -EIO"; "if (mutex_lock_killable(&vcpu->mutex)) return -EINTR", which fails only where it has to
\* wait; 004, kvm_arch_vcpu_ioctl: "if (copy_from_user(&set, argp, sizeof(set))) goto out" with
\* -EFAULT, and the switch's "default: r = -EINVAL". The caller's memory is nobody else's.
kvm_vcpu_ioctl_mutex_lock(t) ==
    /\ At(ioctl(t), "kvm_vcpu_ioctl_mutex_lock")
    /\ \/ /\ ~BadCalls
          /\ mutex_lock(ioctl(t), t, "ioctl")
          /\ \E x \in 0..1 : Called(t, x)
          /\ UNCHANGED <<call, errno, was>>
       \/ /\ BadCalls
          /\ mutex_lock(ioctl(t), t, "ioctl")
          /\ \/ \E a \in Accepted : Called(t, a[2]) /\ Record(t, a[1], "none")
             \/ \E c \in RejectedAtOnce :
                    Rejected(t, "kvm_vcpu_ioctl_mutex_unlock") /\ Record(t, c, ErrnoOf(c))
       \/ /\ BadCalls
          /\ \E c \in {"dead", "killed"} :
                /\ mutex_not_taken(ioctl(t), t, c = "killed")
                /\ Rejected(t, "kvm_vcpu_ioctl_mutex_lock")
                /\ Record(t, c, ErrnoOf(c))
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, requests, woken, event, srcu_vars, flusher_vars, scan,
                   posted, overrun, unsuspended>>

\* 004, kvm_vcpu_ioctl_set_tlb_flush_inhibit: "if (set->inhibit ==
\* READ_ONCE(vcpu->arch.hyperv->tlb_flush_inhibit)) return 0".
set_tlb_flush_inhibit_read(t) ==
    /\ At(ioctl(t), "set_tlb_flush_inhibit_read")
    /\ Goto(ioctl(t), IF READ_ONCE(ioctl(t), <<"tlb_flush_inhibit", t>>, tlb_flush_inhibit[t]) = inhibit[t]
                      THEN "kvm_vcpu_ioctl_mutex_unlock"
                      ELSE "set_tlb_flush_inhibit_write")
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* 004, same function: "WRITE_ONCE(vcpu->arch.hyperv->tlb_flush_inhibit, set->inhibit)".
set_tlb_flush_inhibit_write(t) ==
    /\ At(ioctl(t), "set_tlb_flush_inhibit_write")
    /\ HasSlot(ioctl(t))
    /\ tlb_flush_inhibit' = [tlb_flush_inhibit EXCEPT ![t] = WRITE_ONCE(@, inhibit[t])]
    /\ store_buffer' = WITH_STORE(ioctl(t), <<"tlb_flush_inhibit", t>>, inhibit[t])
    /\ IF IoctlMb
       THEN Goto(ioctl(t), "set_tlb_flush_inhibit_smp_mb") /\ UNCHANGED scan
       ELSE Continue(t, AfterWrite(inhibit[t]))
    /\ UNCHANGED <<suspended, waiting_on, requests, mutex, woken, event, srcu_vars, flusher_vars, rounds, inhibit,
                   vcpu_mask, call, errno, history_vars>>

\* The barrier that the reviewer's order needs on TSO; not in 004. Under SC it is a
\* step that changes nothing.
set_tlb_flush_inhibit_smp_mb(t) ==
    /\ At(ioctl(t), "set_tlb_flush_inhibit_smp_mb")
    /\ drained(ioctl(t))
    /\ Continue(t, AfterWrite(inhibit[t]))
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, rounds, inhibit, vcpu_mask, call, errno, history_vars>>

\* 004, same function: "synchronize_srcu(&vcpu->kvm->srcu)": the grace period begins.
synchronize_srcu(t) ==
    /\ At(ioctl(t), "synchronize_srcu")
    /\ synchronize_srcu_begin(ioctl(t), t)
    /\ Goto(ioctl(t), "synchronize_srcu_wait")
    /\ UNCHANGED <<plain_vars, flusher_vars, ioctl_vars, history_vars>>

\* ... and has ended.
synchronize_srcu_wait(t) ==
    /\ At(ioctl(t), "synchronize_srcu_wait")
    /\ synchronize_srcu_end(ioctl(t), t)
    /\ Continue(t, "after_synchronize_srcu")
    /\ UNCHANGED <<plain_vars, flusher_vars, rounds, inhibit, vcpu_mask, call, errno, history_vars>>

\* Where the unsuspend goes after the first of its two stores.
UnsuspendSecond ==
    IF UnsuspendWmb THEN "kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb"
    ELSE IF ClearWaitingOnBeforeSuspended THEN "kvm_hv_vcpu_unsuspend_tlb_flush_suspended"
    ELSE "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on"

\* 2/7, kvm_hv_vcpu_unsuspend_tlb_flush: kvm_for_each_vcpu, "if (kvm_hv_vcpu_suspended(v)".
kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended(t) ==
    /\ At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended")
    /\ IF READ_ONCE(ioctl(t), <<"suspended", scan[t]>>, suspended[scan[t]])
       THEN Goto(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on") /\ UNCHANGED <<scan, vcpu_mask>>
       ELSE NextVcpu(t, vcpu_mask[t])
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, rounds, inhibit, call, errno, history_vars>>

\* 2/7, same function: "&& READ_ONCE(waiting_on) == vcpu->vcpu_id".
kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on(t) ==
    /\ At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on")
    /\ IF READ_ONCE(ioctl(t), <<"waiting_on", scan[t]>>, waiting_on[scan[t]]) = t
       THEN /\ Goto(ioctl(t), IF ClearWaitingOnBeforeSuspended \/ ~SeparateSuspended
                              THEN "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on"
                              ELSE "kvm_hv_vcpu_unsuspend_tlb_flush_suspended")
            /\ UNCHANGED <<scan, vcpu_mask>>
       ELSE NextVcpu(t, vcpu_mask[t])
    /\ UNCHANGED <<shared_vars, srcu_vars, flusher_vars, rounds, inhibit, call, errno, history_vars>>

\* 2/7, same function: "WRITE_ONCE(v->arch.hyperv->waiting_on, -1)"; after the last of the
\* two stores the vCPU's bit is set in vcpu_mask.
kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on(t) ==
    /\ At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on")
    /\ store_waiting_on(ioctl(t), scan[t], -1)
    /\ IF ClearWaitingOnBeforeSuspended /\ SeparateSuspended
       THEN /\ Goto(ioctl(t), UnsuspendSecond)
            /\ UNCHANGED <<scan, vcpu_mask, unsuspended>>
       ELSE /\ NextVcpu(t, vcpu_mask[t] \cup {scan[t]})
            /\ unsuspended' = [unsuspended EXCEPT ![t] = @ \cup {scan[t]}]
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, requests, mutex, woken, event, srcu_vars, flusher_vars, rounds,
                   inhibit, call, errno, in_force, posted, late, overrun, was>>

\* Not in 2/7: keeps the order of its two stores where stores may be reordered.
kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb(t) ==
    /\ At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb")
    /\ HasSlotForMark(ioctl(t))
    /\ store_buffer' = WITH_MARK(ioctl(t))
    /\ Goto(ioctl(t), IF ClearWaitingOnBeforeSuspended THEN "kvm_hv_vcpu_unsuspend_tlb_flush_suspended"
                      ELSE "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on")
    /\ UNCHANGED <<plain_vars, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

\* 2/7, same function: "WRITE_ONCE(v->arch.hyperv->suspended, false)".
kvm_hv_vcpu_unsuspend_tlb_flush_suspended(t) ==
    /\ At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_suspended")
    /\ store_suspended(ioctl(t), scan[t], FALSE)
    /\ IF ClearWaitingOnBeforeSuspended
       THEN /\ NextVcpu(t, vcpu_mask[t] \cup {scan[t]})
            /\ unsuspended' = [unsuspended EXCEPT ![t] = @ \cup {scan[t]}]
       ELSE /\ Goto(ioctl(t), UnsuspendSecond)
            /\ UNCHANGED <<scan, vcpu_mask, unsuspended>>
    /\ UNCHANGED <<tlb_flush_inhibit, waiting_on, requests, mutex, woken, event, srcu_vars, flusher_vars, rounds,
                   inhibit, call, errno, in_force, posted, late, overrun, was>>

\* 2/7, same function: kvm_make_vcpus_request_mask(kvm, KVM_REQ_EVENT, vcpu_mask): request
\* and wake-up, one vCPU after the other.
kvm_hv_vcpu_unsuspend_tlb_flush_wake(t) ==
    /\ At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_wake")
    /\ locked(ioctl(t))
    /\ LET v == First(vcpu_mask[t])
           rest == vcpu_mask[t] \ {v}
       IN /\ woken' = SET_BIT(woken, v)
          /\ vcpu_mask' = [vcpu_mask EXCEPT ![t] = rest]
          /\ Goto(ioctl(t), IF rest # {} THEN "kvm_hv_vcpu_unsuspend_tlb_flush_wake" ELSE "kvm_vcpu_ioctl_mutex_unlock")
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, requests, mutex, event, srcu_vars, flusher_vars, rounds,
                   inhibit, scan, call, errno, history_vars>>

\* What the call returns: the error that it has met; where the arguments are checked on the way
\* out, that; else 0.
Returned(t) ==
    IF ~BadCalls THEN "none"
    ELSE IF errno[t] # "none" THEN errno[t]
    ELSE IF ArgsChecked = "late" THEN ErrnoOf(call[t])
    ELSE "0"

\* kvm_main.c, kvm_vcpu_ioctl: mutex_unlock(&vcpu->mutex); the ioctl returns.
kvm_vcpu_ioctl_mutex_unlock(t) ==
    /\ At(ioctl(t), "kvm_vcpu_ioctl_mutex_unlock")
    /\ mutex_unlock(ioctl(t), t)
    /\ errno' = [errno EXCEPT ![t] = Returned(t)]
    /\ in_force' = IF Returned(t) \in {"none", "0"} THEN [in_force EXCEPT ![t] = inhibit[t] # 0] ELSE in_force
    /\ inhibit' = [inhibit EXCEPT ![t] = 0]
    /\ vcpu_mask' = [vcpu_mask EXCEPT ![t] = {}]
    /\ unsuspended' = [unsuspended EXCEPT ![t] = {}]
    /\ Goto(ioctl(t), "kvm_vcpu_ioctl_mutex_lock")
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, requests, woken, event, srcu_vars, flusher_vars, rounds,
                   scan, call, posted, late, overrun, was>>

-----------------------------------------------------------------------------
(* The target vCPU: its next guest entry consumes a posted flush           *)

\* x86.c, vcpu_enter_guest: "if (kvm_check_request(KVM_REQ_HV_TLB_FLUSH, vcpu))", in a
\* KVM_RUN that has taken vcpu->mutex. Taking a mutex and then one access commutes with
\* every step that others can take in between, so the two are one step. An entry that
\* finds no request does nothing that the properties see.
kvm_check_request(t) ==
    /\ At(vcpu(t), "kvm_check_request")
    /\ mutex_lock(vcpu(t), t, "run")
    /\ requests[t]
    /\ requests' = CLEAR_BIT(requests, t)
    /\ Goto(vcpu(t), "kvm_hv_vcpu_flush_tlb")
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, woken, event, srcu_vars, flusher_vars, ioctl_vars,
                   history_vars>>

\* hyperv.c, kvm_hv_vcpu_flush_tlb: the flush happens, inhibited or not; then the guest
\* runs, exits to the VMM and KVM_RUN unlocks vcpu->mutex.
kvm_hv_vcpu_flush_tlb(t) ==
    /\ At(vcpu(t), "kvm_hv_vcpu_flush_tlb")
    /\ mutex_unlock_mb(vcpu(t), t)
    /\ Goto(vcpu(t), "kvm_check_request")
    /\ UNCHANGED <<tlb_flush_inhibit, suspended, waiting_on, requests, woken, event, srcu_vars, flusher_vars,
                   ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
(* The world                                                               *)

\* An interrupt, a timer, ... for a vCPU that is suspended: kvm_vcpu_has_events is true
\* from now on, and kvm_vcpu_kick wakes the vCPU if it sleeps.
event_arrives(f) ==
    /\ PendingEvents
    /\ IsSuspended(f)
    /\ ~event[f]
    /\ event' = [event EXCEPT ![f] = TRUE]
    /\ woken' = SET_BIT(woken, f)
    /\ UNCHANGED <<pc, store_buffer, tlb_flush_inhibit, suspended, waiting_on, requests, mutex, srcu_vars,
                   flusher_vars, ioctl_vars, history_vars>>

\* The memory: a store of thread th that is still in its buffer becomes visible.
commit(th) ==
    /\ \E i \in Committable(th) :
        LET e == store_buffer[th][i]
        IN /\ store_buffer' = WITHOUT_STORE(th, i)
           /\ tlb_flush_inhibit' = [t \in Targets |-> COMMITTED(<<"tlb_flush_inhibit", t>>, tlb_flush_inhibit[t], e)]
           /\ suspended' = [f \in Flushers |-> COMMITTED(<<"suspended", f>>, suspended[f], e)]
           /\ waiting_on' = [f \in Flushers |-> COMMITTED(<<"waiting_on", f>>, waiting_on[f], e)]
           /\ MUTEX_COMMITTED(e)
    /\ UNCHANGED <<pc, requests, woken, event, srcu_vars, flusher_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
\* What a flusher's thread does by itself, once its guest has made a hypercall.
FlusherStep(f) ==
    \/ vmexit_hypercall_again(f)
    \/ kvm_hv_flush_tlb_read_inhibit(f)
    \/ kvm_make_vcpus_request_mask(f)
    \/ kvm_hv_vcpu_suspend_tlb_flush_waiting_on(f)
    \/ kvm_hv_vcpu_suspend_tlb_flush_smp_wmb(f)
    \/ kvm_hv_vcpu_suspend_tlb_flush_suspended(f)
    \/ kvm_hv_hypercall_complete(f)
    \/ vcpu_run_running(f)
    \/ vcpu_enter_guest(f)
    \/ vcpu_block_running(f)
    \/ vcpu_block_has_events(f)
    \/ vcpu_block_srcu_read_unlock(f)
    \/ kvm_vcpu_check_block_running(f)
    \/ kvm_vcpu_check_block_has_events(f)
    \/ kvm_vcpu_block_schedule(f)
    \/ vcpu_block_srcu_read_lock(f)

\* What the VMM's thread does by itself, once it has entered the ioctl.
IoctlStep(t) ==
    \/ set_tlb_flush_inhibit_read(t)
    \/ set_tlb_flush_inhibit_write(t)
    \/ set_tlb_flush_inhibit_smp_mb(t)
    \/ synchronize_srcu(t)
    \/ synchronize_srcu_wait(t)
    \/ kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended(t)
    \/ kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on(t)
    \/ kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on(t)
    \/ kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb(t)
    \/ kvm_hv_vcpu_unsuspend_tlb_flush_suspended(t)
    \/ kvm_hv_vcpu_unsuspend_tlb_flush_wake(t)
    \/ kvm_vcpu_ioctl_mutex_unlock(t)

Next ==
    \/ \E f \in Flushers : vmexit_hypercall(f) \/ FlusherStep(f) \/ event_arrives(f)
    \/ \E t \in Targets : kvm_vcpu_ioctl_mutex_lock(t) \/ IoctlStep(t)
    \/ \E t \in Targets : kvm_check_request(t) \/ kvm_hv_vcpu_flush_tlb(t)
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants                                                              *)

\* P1 of the facts. No request becomes visible on a target while its inhibit is in force.
NoFlushPostedWhileInhibitedInv == \A f \in Flushers : late[f] = {}

\* No hypercall with that target in its set completes while the inhibit is in force.
NoFlushCompletesWhileInhibitedInv == \A f \in Flushers : overrun[f] = {}

\* P1': a hypercall that posted while in force does not complete in the same period.
NoPostedFlushCompletesInv == \A f \in Flushers : overrun[f] \cap late[f] = {}

\* The literal claim of the patch text: "no TLB flushes happen once the ioctl exits".
NoFlushHappensWhileInhibitedInv ==
    \A t \in Targets : At(vcpu(t), "kvm_hv_vcpu_flush_tlb") => ~in_force[t]

\* P2. A hypercall that is suspended has posted to no target, one that has completed to all.
AllOrNothingInv ==
    \A f \in Flushers :
        /\ Suspends(f):: (cause[f] # -1 => posted[f] = {})
        /\ Completes(f):: ((result[f] = "success" /\ At(vcpu(f), "vcpu_enter_guest")) => posted[f] = targets[f])

\* P3. A vCPU seen suspended has waiting_on at the target that caused it, but while that
\* target's own unsuspend is between its two stores, or the second is not visible yet.
SuspendedHasCauseInv ==
    \A f \in Flushers :
        IsSuspended(f) =>
            \/ waiting_on[f] = cause[f]
            \/ \E t \in Targets :
                /\ t = cause[f]
                /\ \/ /\ pc[ioctl(t)] \in {"kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb",
                                          "kvm_hv_vcpu_unsuspend_tlb_flush_suspended"}
                      /\ scan[t] = f
                   \/ IsBuffered(ioctl(t), <<"suspended", f>>)

\* P4. Unsuspending t changes only vCPUs that wait on t, and wakes no other.
OnlyWaitersWokenInv ==
    \A t \in Targets :
        /\ WaitingOn(t):: (At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on") => waiting_on[scan[t]] = t)
        /\ Suspended(t):: (At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_suspended") => cause[scan[t]] = t)
        /\ Woken(t):: (At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_wake") => vcpu_mask[t] \subseteq unsuspended[t])

\* P5. -EBUSY is never taken for the hypercall's result.
BusyNeverReachesGuestInv ==
    \A f \in Flushers : result[f] = "EBUSY" => pc[vcpu(f)] \notin {"vcpu_run_running", "vcpu_enter_guest"}

\* No vCPU is suspended on a target whose inhibit is clear with no ioctl in progress.
NoneStuckSuspendedInv ==
    \A f \in Flushers :
        IsSuspended(f) /\ cause[f] # -1 =>
            ~(tlb_flush_inhibit[cause[f]] = 0 /\ At(ioctl(cause[f]), "kvm_vcpu_ioctl_mutex_lock"))

\* A call that fails has changed nothing. tlb_flush_inhibit is what a call changes first: without
\* that it releases and wakes nobody.
RejectedUnchangedInv == \A t \in Targets : errno[t] \notin {"none", "0"} => tlb_flush_inhibit[t] = was[t]

\* A call returns the errno that it must return, and 0 if nothing is wrong with it.
InvalidRejectedInv == \A t \in Targets : errno[t] # "none" => errno[t] = ErrnoOf(call[t])

-----------------------------------------------------------------------------
(* Temporal properties. Fairness, next to what needs it:                   *)
(*                                                                         *)
(* Both need weak fairness of every flusher's own steps (a reader leaves   *)
(* its section, a retry is retried) and of every ioctl's own steps. None   *)
(* needs that a guest makes a hypercall, that the VMM calls the ioctl,     *)
(* that a target enters its guest, or that an event arrives. And every     *)
(* store becomes visible in the end.                                       *)

Fairness ==
    /\ \A f \in Flushers : WF_vars(FlusherStep(f))
    /\ \A t \in Targets : WF_vars(IoctlStep(t))
    /\ \A th \in Threads : WF_vars(commit(th))

\* L1. An ioctl that was entered returns.
IoctlReturnsProp ==
    \A t \in Targets :
        pc[ioctl(t)] # "kvm_vcpu_ioctl_mutex_lock" ~> pc[ioctl(t)] = "kvm_vcpu_ioctl_mutex_lock"

\* L2, L3. If in the end every inhibit is cleared for good, a hypercall that was made
\* completes.
FlushCompletesProp ==
    \A f \in Flushers :
        <>[](\A t \in Targets : tlb_flush_inhibit[t] = 0)
            => (pc[vcpu(f)] # "vmexit_hypercall" ~> pc[vcpu(f)] = "vmexit_hypercall")
=============================================================================
