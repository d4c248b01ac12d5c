----------------------------- MODULE VtlWakeup ------------------------------
(* An inactive virtual trust level that waits for a wake-up event.         *)
(*                                                                         *)
(* Models arch/x86/kvm/x86.c (vcpu_run, vcpu_block, kvm_arch_vcpu_ioctl_   *)
(* set_mpstate, kvm_vcpu_has_events) and svm_interrupt_blocked as patched  *)
(* by document 000: "[PATCH 05/18] KVM: x86: hyper-v: Introduce            *)
(* MP_STATE_HV_INACTIVE_VTL", June 2024, not merged. The rest is Linux     *)
(* 6.12. One virtual processor with the vCPUs of VTL0 and VTL1, each on a  *)
(* thread of its own; what a VMM does between two KVM_RUNs follows the     *)
(* rules that the document gives to userspace.                             *)
(*                                                                         *)
(* Twin: impl/vtl-wakeup/VtlWakeup.ts. Bounds and fairness:                *)
(* MCVtlWakeup.tla.                                                        *)
(*                                                                         *)
(* Left out, and why no race in question hides there:                      *)
(* - Halt polling, the switch to a software timer, APICv, kvm->srcu: all   *)
(*   between the same two looks at the wake predicate.                     *)
(* - HvCallVtlCall: for the VMM it is a wake-up of VTL1 with another       *)
(*   cause, and takes the same way. VTL1 has precedence over VTL0: it is   *)
(*   switched to on every wake-up, and VTL0 is parked in userspace.        *)
(* - How the guest takes an interrupt that is deliverable: in one step, at *)
(*   any time while it runs (APICv). Whether it comes out of the guest for *)
(*   it is the subject of poll-kick.                                       *)
(* - The entry of a vCPU that nobody sends a request: the check for        *)
(*   signals, then VM-entry.                                               *)
(* - That a signal's IPI is taken outside the guest, and that a wake-up    *)
(*   counts for one block only: see KvmVcpu, where both were tried.        *)
(* - Nested VMX: guest mode is SVM's, where RFLAGS.IF counts again.        *)
EXTENDS KvmVcpu, VcpuMutex

CONSTANTS
    VTLs,                   \* the vCPUs: {1}, or {0, 1} with a VTL0 that VTL1 preempts
    Sources,                \* the vCPUs for which events come
    Kinds,                  \* what comes for VTL1: "irq", "masked", "timer", "NMI", "sticky", "INIT", "SIPI"
    Calls,                  \* what another thread of the VMM calls on VTL1's vCPU
    \* Toggles: rules; all TRUE in the patch and the VMM that keeps its rules.
    PendingCheck,           \* an event that is pending keeps a vCPU from blocking
    IgnoreIf,               \* RFLAGS.IF is ignored for an INACTIVE vCPU
    StayInactive,           \* the kernel leaves an INACTIVE vCPU so when it wakes
    WaitForPark,            \* the VMM waits until VTL0 is out of KVM_RUN and parked
    ImmediateExit,          \* its signal handler sets run->immediate_exit
    StayHalted,             \* it leaves mp_state of a parked VTL0 alone, and does not make it INACTIVE
    \* Other designs altogether; FALSE but in those.
    HaltedUserspace,        \* KVM_MP_STATE_HALTED_USERSPACE in place of HV_INACTIVE_VTL
    IfFromUserspace,        \* the VMM sets RFLAGS.IF before SET_MP_STATE, and puts it back after
    WaitIoctl,              \* an ioctl that waits for an event, and no mp_state
    \* The world.
    GuestMasks,             \* VTL1 may return to VTL0 with RFLAGS.IF clear
    GuestClearsGif,         \* ... with GIF clear, or in the shadow of STI
    ReturnBeforeEoi,        \* ... from a handler, before EOI
    GuestHalts,             \* VTL0 may halt
    Bsp,                    \* VTL1's vCPU is the bootstrap processor
    Vsm,                    \* the guest's CPUID has HV_ACCESS_VSM
    Lapic,                  \* the local APIC is in the kernel
    InitBlocked             \* INIT is blocked (SMM), or an SMI pending

ASSUME VTLs \in {{1}, {0, 1}} /\ Sources \subseteq VTLs /\ 1 \in Sources
ASSUME Kinds \subseteq {"irq", "masked", "timer", "NMI", "sticky", "INIT", "SIPI"}
ASSUME Calls \subseteq {"unknown", "HALTED", "INIT_RECEIVED", "HV_INACTIVE_VTL", "nested", "sregs", "shadow"}

VARIABLES
    pc,                     \* per thread: the label of its next step
    \* shared memory; store_buffer, mode, requests, ipi, rcuwait, woken and mutex are in the library
    mp_state,               \* per vCPU, vcpu->arch.mp_state; its writers hold vcpu->mutex
    irr,                    \* per vCPU, apic->regs IRR: an interrupt of a class above TPR
    irr_masked,             \* ... one that TPR masks
    timer,                  \* per vCPU, apic->lapic_timer.pending
    nmi,                    \* per vCPU, vcpu->arch.nmi_queued, with KVM_REQ_NMI
    pv_unhalted,            \* per vCPU, vcpu->arch.pv.pv_unhalted: no interrupt, no guest consumes it
    init,                   \* per vCPU, apic->pending_events: KVM_APIC_INIT
    sipi,                   \* ... KVM_APIC_SIPI
    \* the vCPU's own state: VMCB and registers
    guest,                  \* per vCPU: the guest runs
    hlt,                    \* per vCPU: the guest has executed HLT
    rflags_if,              \* per vCPU, RFLAGS.IF while not in the guest
    gif,                    \* per vCPU, GIF while not in the guest
    shadow,                 \* per vCPU: the shadow of STI or MOV SS
    isr,                    \* per vCPU, apic->regs ISR: an interrupt is in service, PPR masks its class
    guest_mode,             \* per vCPU, is_guest_mode(vcpu)
    \* the VMM's
    stop,                   \* VTL0 must leave KVM_RUN
    parked,                 \* ... and has done so
    signal,                 \* per vCPU: a signal is pending for its thread
    immediate_exit,         \* per vCPU, run->immediate_exit
    \* locals of a vCPU's thread
    caller,                 \* who called kvm_vcpu_has_events, or kvm_apic_accept_events
    reason,                 \* why KVM_RUN returns; "wait" in the ioctl that waits
    arg,                    \* the argument of SET_MP_STATE, as the VMM means it
    errno,                  \* what it returned
    saved_if,               \* the guest's RFLAGS.IF, where userspace has changed it
    \* locals of other threads
    kind,                   \* of an event source: what it is publishing
    call,                   \* of the VMM's other thread: what it calls
    call_errno,             \* ... and what that returned
    \* history, read by properties only
    inactive,               \* per vCPU: the VMM has made it inactive and not let it run since
    halted,                 \* per vCPU: the guest has halted and no event of its own come since
    wakeups                 \* per vCPU: WAKEUP exits one after the other, 2 for more, with no event consumed and no sleep

event_vars == <<irr, irr_masked, timer, nmi, pv_unhalted, init, sipi>>
guest_vars == <<guest, hlt, rflags_if, gif, shadow, isr, guest_mode>>
vmm_vars == <<stop, parked, signal, immediate_exit>>
local_vars == <<caller, reason, arg, errno, saved_if, kind, call, call_errno>>
history_vars == <<inactive, halted, wakeups>>
vars == <<pc, store_buffer, mode, requests, ipi, rcuwait, woken, mutex, mp_state,
          irr, irr_masked, timer, nmi, pv_unhalted, init, sipi,
          guest, hlt, rflags_if, gif, shadow, isr, guest_mode, stop, parked, signal, immediate_exit,
          caller, reason, arg, errno, saved_if, kind, call, call_errno, inactive, halted, wakeups>>

vcpu(v) == <<"vcpu", v>>
source(v) == <<"source", v>>
ioctl == <<"ioctl", 1>>
Threads == {vcpu(v) : v \in VTLs} \cup {source(v) : v \in Sources} \cup {ioctl}

\* The vCPU of the lower VTL is the one that the VMM stops.
IsLower(v) == v = 0
HasLower == 0 \in VTLs
KindsOf(v) == IF v = 1 THEN Kinds ELSE {"irq"}

Labels == {
    "vmm_clear_immediate_exit", "vmm_read_stop", "vmm_park", "vmm_wait_resume",
    "vmm_stop", "tgkill", "signal_wake_up", "vmm_wait_parked", "vmm_resume",
    "KVM_SET_REGS", "KVM_SET_MP_STATE", "kvm_arch_vcpu_ioctl_set_mpstate",
    "kvm_arch_vcpu_ioctl_set_mpstate_request", "kvm_vcpu_ioctl_set_mpstate_unlock",
    "KVM_WAIT", "KVM_RUN", "kvm_arch_vcpu_ioctl_run_immediate_exit", "kvm_vcpu_ioctl_run_unlock",
    "kvm_vcpu_running", "kvm_apic_has_pending_init_or_sipi", "kvm_vcpu_has_events_pv_unhalted",
    "kvm_vcpu_has_events_nmi", "kvm_cpu_has_interrupt", "prepare_to_rcuwait", "kvm_vcpu_check_block_timer",
    "kvm_vcpu_check_block_signal", "kvm_vcpu_block_schedule", "finish_rcuwait", "kvm_apic_accept_events_init",
    "kvm_apic_accept_events_sipi", "vcpu_block_mp_state", "kvm_cpu_has_pending_timer", "kvm_apic_local_deliver",
    "kvm_apic_local_deliver_request", "kvm_inject_apic_timer_irqs", "kvm_hv_vcpu_is_idle_vtl", "vcpu_run_signal",
    "kvm_request_pending", "kvm_check_request", "process_nmi", "vcpu_enter_guest_mode_in_guest",
    "vcpu_enter_guest_smp_mb", "kvm_vcpu_exit_request_mode", "kvm_vcpu_exit_request_requests",
    "kvm_vcpu_exit_request_work", "vmentry", "vmexit", "vcpu_enter_guest_mode_outside",
    "source_event", "kvm_lapic_set_irr", "kvm_lapic_set_irr_masked", "apic_timer_expired", "kvm_inject_nmi",
    "kvm_pv_kick_cpu_op", "apic_accept_init", "apic_accept_sipi", "kvm_make_request", "rcuwait_wake_up_smp_mb",
    "rcuwait_wake_up", "wake_up_process", "kvm_vcpu_kick_mode", "smp_send_reschedule",
    "kvm_vcpu_ioctl", "kvm_arch_vcpu_ioctl_set_nested_state", "kvm_arch_vcpu_ioctl_set_sregs",
    "kvm_arch_vcpu_ioctl_set_vcpu_events", "kvm_vcpu_ioctl_unlock", "kvm_vcpu_ioctl_return"}

MpStates == {"RUNNABLE", "HALTED", "INIT_RECEIVED", "HV_INACTIVE_VTL", "HALTED_USERSPACE"}
Callers == {"none", "runnable", "check", "again", "wakeup", "block", "enter"}
Reasons == {"none", "wait", "wakeup", "vtl_return", "EINTR"}

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ KvmTypeOK(VTLs, KvmModes)
    /\ MutexTypeOK(VTLs, {"run", "wait", "ioctl"})
    /\ pc \in [Threads -> Labels]
    /\ mp_state \in [VTLs -> MpStates]
    /\ irr \in [VTLs -> BOOLEAN]
    /\ irr_masked \in [VTLs -> BOOLEAN]
    /\ timer \in [VTLs -> BOOLEAN]
    /\ nmi \in [VTLs -> BOOLEAN]
    /\ pv_unhalted \in [VTLs -> BOOLEAN]
    /\ init \in [VTLs -> BOOLEAN]
    /\ sipi \in [VTLs -> BOOLEAN]
    /\ guest \in [VTLs -> BOOLEAN]
    /\ hlt \in [VTLs -> BOOLEAN]
    /\ rflags_if \in [VTLs -> BOOLEAN]
    /\ gif \in [VTLs -> BOOLEAN]
    /\ shadow \in [VTLs -> BOOLEAN]
    /\ isr \in [VTLs -> BOOLEAN]
    /\ guest_mode \in [VTLs -> BOOLEAN]
    /\ stop \in BOOLEAN
    /\ parked \in BOOLEAN
    /\ signal \in [VTLs -> BOOLEAN]
    /\ immediate_exit \in [VTLs -> BOOLEAN]
    /\ caller \in [VTLs -> Callers]
    /\ reason \in [VTLs -> Reasons]
    /\ arg \in [VTLs -> {"none", "RUNNABLE", "INACTIVE"}]
    /\ errno \in [VTLs -> {"none", "EINVAL"}]
    /\ saved_if \in [VTLs -> BOOLEAN]
    /\ kind \in [Sources -> {"none"} \cup Kinds \cup {"irq"}]
    /\ call \in [{1} -> {"none"} \cup Calls]
    /\ call_errno \in [{1} -> {"none", "EINVAL", "EINTR"}]
    /\ inactive \in [VTLs -> BOOLEAN]
    /\ halted \in [VTLs -> BOOLEAN]
    /\ wakeups \in [VTLs -> 0..2]

\* Where the VMM's loop for VTL0 begins, and where it goes when VTL1 has returned to VTL0.
LowerFirst == IF ImmediateExit THEN "vmm_clear_immediate_exit" ELSE "vmm_read_stop"
AfterVtlReturn ==
    IF WaitIoctl THEN (IF HasLower THEN "vmm_resume" ELSE "KVM_WAIT")
    ELSE IF IfFromUserspace THEN "KVM_SET_REGS" ELSE "KVM_SET_MP_STATE"

\* VTL1 has just made its HvCallVtlReturn; VTL0 may run.
Init ==
    /\ MemoryInit(Threads)
    /\ KvmInit(VTLs)
    /\ MutexInit(VTLs)
    /\ pc = [th \in Threads |-> IF th[1] = "source" THEN "source_event"
                                ELSE IF th[1] = "ioctl" THEN "kvm_vcpu_ioctl"
                                ELSE IF th[2] = 0 THEN LowerFirst ELSE AfterVtlReturn]
    /\ mp_state = [v \in VTLs |-> "RUNNABLE"]
    /\ irr = [v \in VTLs |-> FALSE]
    /\ irr_masked = [v \in VTLs |-> FALSE]
    /\ timer = [v \in VTLs |-> FALSE]
    /\ nmi = [v \in VTLs |-> FALSE]
    /\ pv_unhalted = [v \in VTLs |-> FALSE]
    /\ init = [v \in VTLs |-> FALSE]
    /\ sipi = [v \in VTLs |-> FALSE]
    /\ guest = [v \in VTLs |-> FALSE]
    /\ hlt = [v \in VTLs |-> FALSE]
    /\ rflags_if = [v \in VTLs |-> TRUE]
    /\ gif = [v \in VTLs |-> TRUE]
    /\ shadow = [v \in VTLs |-> FALSE]
    /\ isr = [v \in VTLs |-> FALSE]
    /\ guest_mode = [v \in VTLs |-> FALSE]
    /\ stop = FALSE
    /\ parked = FALSE
    /\ signal = [v \in VTLs |-> FALSE]
    /\ immediate_exit = [v \in VTLs |-> FALSE]
    /\ caller = [v \in VTLs |-> "none"]
    /\ reason = [v \in VTLs |-> "none"]
    /\ arg = [v \in VTLs |-> IF v = 1 /\ ~WaitIoctl THEN "INACTIVE" ELSE "none"]
    /\ errno = [v \in VTLs |-> "none"]
    /\ saved_if = [v \in VTLs |-> TRUE]
    /\ kind = [s \in Sources |-> "none"]
    /\ call = [i \in {1} |-> "none"]
    /\ call_errno = [i \in {1} |-> "none"]
    /\ inactive = [v \in VTLs |-> FALSE]
    /\ halted = [v \in VTLs |-> FALSE]
    /\ wakeups = [v \in VTLs |-> 0]

Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
At(th, label) == pc[th] = label
Caller(v, c) == caller' = [caller EXCEPT ![v] = c]
Reason(v, r) == reason' = [reason EXCEPT ![v] = r]
Arg(v, a) == arg' = [arg EXCEPT ![v] = a]

\* An access by thread th that takes a lock or is locked, to variables that no buffered store has.
locked_step(th) == locked(th) /\ UNCHANGED <<kvm_vars, mutex>>

-----------------------------------------------------------------------------
(* What the VMM does between two KVM_RUNs                                  *)

\* Signals are delivered on the way back to userspace: the VMM goes on when none is pending.
NoSignal(v) == ~signal[v]

\* VTL0's loop. The VMM: "run->immediate_exit = 0", a plain store, before it looks for work.
vmm_clear_immediate_exit(v) ==
    /\ At(vcpu(v), "vmm_clear_immediate_exit")
    /\ NoSignal(v)
    /\ HasSlot(vcpu(v))
    /\ immediate_exit' = [immediate_exit EXCEPT ![v] = WRITE_ONCE(@, FALSE)]
    /\ store_buffer' = WITH_STORE(vcpu(v), <<"immediate_exit", v>>, FALSE)
    /\ Goto(vcpu(v), "vmm_read_stop")
    /\ UNCHANGED <<kvm_vars, mutex, mp_state, event_vars, guest_vars, stop, parked, signal, local_vars, history_vars>>

\* The VMM: is VTL0 to stay out of KVM_RUN?
vmm_read_stop(v) ==
    /\ At(vcpu(v), "vmm_read_stop")
    /\ NoSignal(v)
    /\ IF ~READ_ONCE(vcpu(v), <<"stop">>, stop) THEN Goto(vcpu(v), "KVM_RUN") /\ UNCHANGED arg
       ELSE IF StayHalted THEN Goto(vcpu(v), "vmm_park") /\ UNCHANGED arg
       ELSE Goto(vcpu(v), "KVM_SET_MP_STATE") /\ Arg(v, "INACTIVE")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, caller, reason, errno,
                   saved_if, kind, call, call_errno, history_vars>>

\* The VMM: VTL0 is parked, under the VMM's lock.
vmm_park(v) ==
    /\ At(vcpu(v), "vmm_park")
    /\ locked_step(vcpu(v))
    /\ parked' = TRUE
    /\ Goto(vcpu(v), "vmm_wait_resume")
    /\ UNCHANGED <<mp_state, event_vars, guest_vars, stop, signal, immediate_exit, local_vars, history_vars>>

\* The VMM: VTL0 waits until VTL1 has returned, and is not parked from the moment that it goes
\* on, under the VMM's lock.
vmm_wait_resume(v) ==
    /\ At(vcpu(v), "vmm_wait_resume")
    /\ locked_step(vcpu(v))
    /\ ~stop
    /\ parked' = FALSE
    /\ IF StayHalted THEN Goto(vcpu(v), LowerFirst) /\ UNCHANGED arg
       ELSE Goto(vcpu(v), "KVM_SET_MP_STATE") /\ Arg(v, "RUNNABLE")
    /\ UNCHANGED <<mp_state, event_vars, guest_vars, stop, signal, immediate_exit, caller, reason, errno, saved_if, kind, call, call_errno,
                   history_vars>>

\* How VTL1 is let run: what the VMM does first.
LetRun == IF WaitIoctl THEN "KVM_RUN" ELSE "KVM_SET_MP_STATE"

\* The VMM, after a WAKEUP exit of VTL1, which has precedence: VTL0 is to stop, ...
vmm_stop(v) ==
    /\ At(vcpu(v), "vmm_stop")
    /\ locked_step(vcpu(v))
    /\ stop' = TRUE
    /\ Goto(vcpu(v), "tgkill")
    /\ UNCHANGED <<mp_state, event_vars, guest_vars, parked, signal, immediate_exit, local_vars, history_vars>>

\* ... is sent a signal; kernel/signal.c, send_signal_locked: the signal is pending, ...
tgkill(v) ==
    /\ At(vcpu(v), "tgkill")
    /\ locked_step(vcpu(v))
    /\ signal' = SET_BIT(signal, 0)
    /\ Goto(vcpu(v), "signal_wake_up")
    /\ UNCHANGED <<mp_state, event_vars, guest_vars, stop, parked, immediate_exit, local_vars, history_vars>>

\* ... kernel/signal.c, signal_wake_up: wake_up_state if the thread sleeps, else kick_process,
\* an IPI to its pCPU.
signal_wake_up(v) ==
    /\ At(vcpu(v), "signal_wake_up")
    /\ locked(vcpu(v))
    /\ IF rcuwait[0] THEN woken' = SET_BIT(woken, 0) /\ UNCHANGED ipi
       ELSE ipi' = SET_BIT(ipi, 0) /\ UNCHANGED woken
    /\ Goto(vcpu(v), IF WaitForPark THEN "vmm_wait_parked" ELSE LetRun)
    /\ UNCHANGED <<mode, requests, rcuwait, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* ... and waited for.
vmm_wait_parked(v) ==
    /\ At(vcpu(v), "vmm_wait_parked")
    /\ locked_step(vcpu(v))
    /\ parked
    /\ Goto(vcpu(v), LetRun)
    /\ UNCHANGED <<mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* The VMM, after VTL1 has returned: VTL0 may run again.
vmm_resume(v) ==
    /\ At(vcpu(v), "vmm_resume")
    /\ locked_step(vcpu(v))
    /\ stop' = FALSE
    /\ Goto(vcpu(v), IF WaitIoctl THEN "KVM_WAIT" ELSE "KVM_RUN")
    /\ UNCHANGED <<mp_state, event_vars, guest_vars, parked, signal, immediate_exit, local_vars, history_vars>>

\* The note of 000: "alternatively, we could change RFLAGS.IF in user-space before updating the
\* mp state"; the guest's is put back when the vCPU is RUNNABLE again. The whole ioctl is one
\* step: what it changes only the vCPU's own thread looks at.
KVM_SET_REGS(v) ==
    /\ At(vcpu(v), "KVM_SET_REGS")
    /\ locked_step(vcpu(v))
    /\ mutex[v] = "free"
    /\ IF arg[v] = "INACTIVE"
       THEN /\ saved_if' = [saved_if EXCEPT ![v] = rflags_if[v]]
            /\ rflags_if' = [rflags_if EXCEPT ![v] = TRUE]
       ELSE /\ rflags_if' = [rflags_if EXCEPT ![v] = saved_if[v]]
            /\ saved_if' = [saved_if EXCEPT ![v] = TRUE]
    /\ Goto(vcpu(v), IF arg[v] = "INACTIVE" THEN "KVM_SET_MP_STATE" ELSE "KVM_RUN")
    /\ UNCHANGED <<mp_state, event_vars, guest, hlt, gif, shadow, isr, guest_mode, vmm_vars, caller, reason, arg, errno,
                   kind, call, call_errno, history_vars>>

-----------------------------------------------------------------------------
(* KVM_SET_MP_STATE                                                        *)

\* kvm_main.c, kvm_vcpu_ioctl: mutex_lock_killable(&vcpu->mutex).
KVM_SET_MP_STATE(v) ==
    /\ At(vcpu(v), "KVM_SET_MP_STATE")
    /\ mutex_lock(vcpu(v), v, "ioctl")
    /\ Goto(vcpu(v), "kvm_arch_vcpu_ioctl_set_mpstate")
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* What the VMM passes to make vCPU v inactive, or let it run.
InactiveState == IF HaltedUserspace THEN "HALTED_USERSPACE" ELSE "HV_INACTIVE_VTL"
Passed(v) == IF arg[v] = "INACTIVE" THEN InactiveState ELSE "RUNNABLE"

\* x86.c, kvm_arch_vcpu_ioctl_set_mpstate: "goto out" with -EINVAL. 000 adds the last line; the
\* reviewer's state needs neither VSM nor that the vCPU is out of guest mode.
IsInvalid(v, state) ==
    \/ state \notin MpStates
    \/ state \in {"HALTED", "INIT_RECEIVED"} /\ ~Lapic
    \/ state = "INIT_RECEIVED" /\ InitBlocked
    \/ state = "HV_INACTIVE_VTL" /\ (guest_mode[v] \/ ~Vsm)

\* x86.c, kvm_arch_vcpu_ioctl_set_mpstate: "vcpu->arch.mp_state = mp_state->mp_state", or nothing
\* and -EINVAL.
kvm_arch_vcpu_ioctl_set_mpstate(th) ==
    /\ At(th, "kvm_arch_vcpu_ioctl_set_mpstate")
    /\ LET v == th[2]
           own == th[1] = "vcpu"
           state == IF own THEN Passed(v) ELSE call[v]
       IN IF IsInvalid(v, state)
          THEN /\ Goto(th, IF own THEN "kvm_vcpu_ioctl_set_mpstate_unlock" ELSE "kvm_vcpu_ioctl_unlock")
               /\ errno' = IF own THEN [errno EXCEPT ![v] = "EINVAL"] ELSE errno
               /\ call_errno' = IF own THEN call_errno ELSE [call_errno EXCEPT ![v] = "EINVAL"]
               /\ UNCHANGED <<mp_state, inactive, halted>>
          ELSE /\ Goto(th, "kvm_arch_vcpu_ioctl_set_mpstate_request")
               /\ mp_state' = [mp_state EXCEPT ![v] = state]
               /\ inactive' = [inactive EXCEPT ![v] = state = InactiveState]
               /\ UNCHANGED <<errno, call_errno, halted>>
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, event_vars, guest_vars, vmm_vars, caller, reason, arg, saved_if, kind,
                   call, wakeups>>

\* x86.c, kvm_arch_vcpu_ioctl_set_mpstate: "kvm_make_request(KVM_REQ_EVENT, vcpu)".
kvm_arch_vcpu_ioctl_set_mpstate_request(th) ==
    /\ At(th, "kvm_arch_vcpu_ioctl_set_mpstate_request")
    /\ set_request(th, th[2])
    /\ Goto(th, IF th[1] = "vcpu" THEN "kvm_vcpu_ioctl_set_mpstate_unlock" ELSE "kvm_vcpu_ioctl_unlock")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* Where the VMM goes when SET_MP_STATE has done what arg says.
AfterSet(v) ==
    IF IsLower(v) THEN (IF arg[v] = "INACTIVE" THEN "vmm_park" ELSE LowerFirst)
    ELSE IF arg[v] = "INACTIVE" THEN (IF HasLower THEN "vmm_resume" ELSE "KVM_RUN")
    ELSE IF IfFromUserspace THEN "KVM_SET_REGS" ELSE "KVM_RUN"

\* kvm_main.c, kvm_vcpu_ioctl: mutex_unlock(&vcpu->mutex). A VMM that was refused calls again.
kvm_vcpu_ioctl_set_mpstate_unlock(v) ==
    /\ At(vcpu(v), "kvm_vcpu_ioctl_set_mpstate_unlock")
    /\ mutex_unlock(vcpu(v), v)
    /\ IF errno[v] = "none" THEN Goto(vcpu(v), AfterSet(v)) /\ Arg(v, "none")
       ELSE Goto(vcpu(v), "KVM_SET_MP_STATE") /\ UNCHANGED arg
    /\ errno' = [errno EXCEPT ![v] = "none"]
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest_vars, vmm_vars, caller, reason, saved_if, kind, call,
                   call_errno, history_vars>>

-----------------------------------------------------------------------------
(* KVM_RUN: entry, the wake predicate, vcpu_block                          *)

\* x86.c, kvm_vcpu_has_events: the label of its next load, in the order of the statements.
FromInterrupt == "kvm_cpu_has_interrupt"
FromNmi(v) == IF "NMI" \in KindsOf(v) THEN "kvm_vcpu_has_events_nmi" ELSE FromInterrupt
FromUnhalted(v) == IF "sticky" \in KindsOf(v) THEN "kvm_vcpu_has_events_pv_unhalted" ELSE FromNmi(v)
TakesInit(v) == {"INIT", "SIPI"} \cap KindsOf(v) # {}
HasEvents(v) == IF TakesInit(v) THEN "kvm_apic_has_pending_init_or_sipi" ELSE FromUnhalted(v)

\* Where vcpu_run goes after 000's test for a wake-up: "if (__xfer_to_guest_mode_work_pending())".
AfterTest(v) == IF IsLower(v) THEN "vcpu_run_signal" ELSE "kvm_vcpu_running"
\* ... to that test, which is not there where an ioctl waits; VTL0's vCPU is never in KVM_RUN while
\* it is inactive.
ToTest(v) == IF WaitIoctl \/ IsLower(v) THEN AfterTest(v) ELSE "kvm_hv_vcpu_is_idle_vtl"
\* ... after vcpu_block or vcpu_enter_guest.
LoopEnd(v) == IF "timer" \in KindsOf(v) THEN "kvm_cpu_has_pending_timer" ELSE ToTest(v)
\* Where kvm_vcpu_check_block goes that has seen no event, and then no timer.
CheckSignal(v) == IF IsLower(v) THEN "kvm_vcpu_check_block_signal" ELSE "kvm_vcpu_block_schedule"
CheckTimer(v) == IF "timer" \in KindsOf(v) THEN "kvm_vcpu_check_block_timer" ELSE CheckSignal(v)

\* Where the caller of kvm_vcpu_has_events goes that is told that there is none.
NoEvents(v, c) ==
    CASE c = "runnable" -> "prepare_to_rcuwait"
      [] c = "check" -> CheckTimer(v)
      [] c = "again" -> LoopEnd(v)
      [] OTHER -> AfterTest(v)

\* kvm_vcpu_has_events is called; for a vCPU that nobody sends an event there is nothing to look at.
LookForEvents(v, c) ==
    IF v \in Sources THEN Goto(vcpu(v), HasEvents(v)) /\ Caller(v, c)
    ELSE Goto(vcpu(v), NoEvents(v, c)) /\ Caller(v, "none")

\* Where vcpu_block begins: "if (!kvm_arch_vcpu_runnable(vcpu))".
Block(v) ==
    IF PendingCheck THEN LookForEvents(v, "runnable")
    ELSE Goto(vcpu(v), "prepare_to_rcuwait") /\ Caller(v, "none")

\* The ioctl that waits, proposed in the review of the series: KVM_RUN's vcpu_block without
\* KVM_RUN, under vcpu->mutex.
KVM_WAIT(v) ==
    /\ At(vcpu(v), "KVM_WAIT")
    /\ mutex_lock(vcpu(v), v, "wait")
    /\ shadow' = CLEAR_BIT(shadow, v)
    /\ inactive' = SET_BIT(inactive, v)
    /\ Reason(v, "wait")
    /\ Block(v)
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest, hlt, rflags_if, gif, isr, guest_mode, vmm_vars, arg, errno,
                   saved_if, kind, call, call_errno, halted, wakeups>>

\* x86.c, kvm_arch_vcpu_ioctl_run: vcpu->mutex is taken; "if (unlikely(vcpu->arch.complete_
\* userspace_io))" comes first: the hypercall is skipped, and with it a shadow of STI.
KVM_RUN(v) ==
    /\ At(vcpu(v), "KVM_RUN")
    /\ mutex_lock(vcpu(v), v, "run")
    /\ shadow' = CLEAR_BIT(shadow, v)
    /\ inactive' = IF WaitIoctl THEN CLEAR_BIT(inactive, v) ELSE inactive
    /\ Goto(vcpu(v), IF IsLower(v) /\ ImmediateExit THEN "kvm_arch_vcpu_ioctl_run_immediate_exit" ELSE "kvm_vcpu_running")
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest, hlt, rflags_if, gif, isr, guest_mode, vmm_vars, local_vars,
                   halted, wakeups>>

\* x86.c, kvm_arch_vcpu_ioctl_run: "if (kvm_run->immediate_exit) r = -EINTR".
kvm_arch_vcpu_ioctl_run_immediate_exit(v) ==
    /\ At(vcpu(v), "kvm_arch_vcpu_ioctl_run_immediate_exit")
    /\ IF READ_ONCE(vcpu(v), <<"immediate_exit", v>>, immediate_exit[v])
       THEN Goto(vcpu(v), "kvm_vcpu_ioctl_run_unlock") /\ Reason(v, "EINTR")
       ELSE Goto(vcpu(v), "kvm_vcpu_running") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, caller, arg, errno,
                   saved_if, kind, call, call_errno, history_vars>>

\* Where vcpu_enter_guest begins: with the requests, or with the signals where nobody makes any.
Enter(v) == IF v \in Sources THEN "kvm_request_pending" ELSE "kvm_vcpu_exit_request_work"

\* x86.c, vcpu_run: "if (kvm_vcpu_running(vcpu)) vcpu_enter_guest else vcpu_block".
kvm_vcpu_running(v) ==
    /\ At(vcpu(v), "kvm_vcpu_running")
    /\ IF mp_state[v] = "RUNNABLE" THEN Goto(vcpu(v), Enter(v)) /\ UNCHANGED caller
       ELSE Block(v)
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, reason, arg, errno, saved_if,
                   kind, call, call_errno, history_vars>>

\* A WAKEUP exit, or the end of the ioctl that waits.
Wakeup(v) ==
    /\ Goto(vcpu(v), "kvm_vcpu_ioctl_run_unlock")
    /\ Caller(v, "none")
    /\ Reason(v, "wakeup")
    /\ wakeups' = [wakeups EXCEPT ![v] = IF @ = 2 THEN 2 ELSE @ + 1]

\* x86.c, vcpu_block: the vCPU is runnable; kvm_apic_accept_events comes next.
Runnable(v) ==
    IF reason[v] = "wait" THEN Wakeup(v)
    ELSE /\ IF TakesInit(v) THEN Goto(vcpu(v), "kvm_apic_accept_events_init") /\ Caller(v, "block")
            ELSE Goto(vcpu(v), "vcpu_block_mp_state") /\ Caller(v, "none")
         /\ UNCHANGED <<reason, wakeups>>

\* What the caller does with the answer of kvm_vcpu_has_events.
Answer(v, yes) ==
    IF yes /\ caller[v] \in {"runnable", "again"} THEN Runnable(v)
    ELSE IF yes /\ caller[v] = "wakeup" THEN Wakeup(v)
    ELSE IF ~yes /\ caller[v] = "again" /\ reason[v] = "wait" THEN Block(v) /\ UNCHANGED <<reason, wakeups>>
    ELSE /\ Caller(v, "none")
         /\ Goto(vcpu(v), IF yes THEN "finish_rcuwait" ELSE NoEvents(v, caller[v]))
         /\ UNCHANGED <<reason, wakeups>>

\* ... that goes on with the next load if this one has found nothing.
Look(v, found, next) ==
    /\ IF found THEN Answer(v, TRUE) ELSE Goto(vcpu(v), next) /\ UNCHANGED <<caller, reason, wakeups>>
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, arg, errno, saved_if, kind,
                   call, call_errno, inactive, halted>>

\* x86.c, kvm_vcpu_has_events: "kvm_apic_has_pending_init_or_sipi(vcpu) && kvm_apic_init_sipi_
\* allowed(vcpu)"; both are bits of one word.
kvm_apic_has_pending_init_or_sipi(v) ==
    /\ At(vcpu(v), "kvm_apic_has_pending_init_or_sipi")
    /\ Look(v, init[v] \/ sipi[v], FromUnhalted(v))

\* x86.c, kvm_vcpu_has_events: "if (vcpu->arch.pv.pv_unhalted) return true".
kvm_vcpu_has_events_pv_unhalted(v) ==
    /\ At(vcpu(v), "kvm_vcpu_has_events_pv_unhalted")
    /\ Look(v, READ_ONCE(vcpu(v), <<"pv_unhalted", v>>, pv_unhalted[v]), FromNmi(v))

\* x86.c, kvm_vcpu_has_events: "kvm_test_request(KVM_REQ_NMI, vcpu)".
kvm_vcpu_has_events_nmi(v) ==
    /\ At(vcpu(v), "kvm_vcpu_has_events_nmi")
    /\ Look(v, nmi[v], FromInterrupt)

\* 000, svm_interrupt_blocked: RFLAGS.IF does not count for an idle VTL; in guest mode it does.
IfIgnored(v) == IgnoreIf /\ (mp_state[v] = "HV_INACTIVE_VTL" \/ reason[v] = "wait") /\ ~guest_mode[v]
InterruptAllowed(v) == gif[v] /\ ~shadow[v] /\ (rflags_if[v] \/ IfIgnored(v))

\* x86.c, kvm_vcpu_has_events: "kvm_arch_interrupt_allowed(vcpu) && kvm_cpu_has_interrupt(vcpu)";
\* lapic.c, kvm_apic_has_interrupt: the highest vector in IRR, unless PPR masks it.
kvm_cpu_has_interrupt(v) ==
    /\ At(vcpu(v), "kvm_cpu_has_interrupt")
    /\ Answer(v, InterruptAllowed(v) /\ READ_ONCE(vcpu(v), <<"irr", v>>, irr[v]) /\ ~isr[v])
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, arg, errno, saved_if, kind,
                   call, call_errno, inactive, halted>>

\* kvm_main.c, kvm_vcpu_block: prepare_to_rcuwait and set_current_state; 000 has kvm_vcpu_halt
\* for an inactive VTL, which is halt polling and this.
prepare_to_rcuwait(v) ==
    /\ At(vcpu(v), "prepare_to_rcuwait")
    /\ rcuwait_publish(vcpu(v), v)
    /\ wakeups' = [wakeups EXCEPT ![v] = 0]
    /\ IF PendingCheck THEN LookForEvents(v, "check")
       ELSE Goto(vcpu(v), "kvm_vcpu_block_schedule") /\ UNCHANGED caller
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, reason, arg, errno, saved_if, kind, call, call_errno,
                   inactive, halted>>

\* kvm_main.c, kvm_vcpu_check_block: "if (kvm_cpu_has_pending_timer(vcpu))".
kvm_vcpu_check_block_timer(v) ==
    /\ At(vcpu(v), "kvm_vcpu_check_block_timer")
    /\ Goto(vcpu(v), IF timer[v] THEN "finish_rcuwait" ELSE CheckSignal(v))
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_check_block: "if (signal_pending(current))".
kvm_vcpu_check_block_signal(v) ==
    /\ At(vcpu(v), "kvm_vcpu_check_block_signal")
    /\ Goto(vcpu(v), IF signal[v] THEN "finish_rcuwait" ELSE "kvm_vcpu_block_schedule")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: schedule, until it is woken; then it checks again.
kvm_vcpu_block_schedule(v) ==
    /\ At(vcpu(v), "kvm_vcpu_block_schedule")
    /\ rcuwait_sleep(vcpu(v), v)
    /\ LookForEvents(v, "check")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, reason, arg, errno, saved_if, kind, call, call_errno,
                   history_vars>>

\* kvm_main.c, kvm_vcpu_block: finish_rcuwait; x86.c, vcpu_block: "if (!kvm_arch_vcpu_runnable(
\* vcpu)) return 1".
finish_rcuwait(v) ==
    /\ At(vcpu(v), "finish_rcuwait")
    /\ rcuwait_unpublish(vcpu(v), v)
    /\ LookForEvents(v, "again")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, reason, arg, errno, saved_if, kind, call, call_errno,
                   history_vars>>

\* lapic.c, kvm_apic_accept_events: "test_and_clear_bit(KVM_APIC_INIT, &apic->pending_events)":
\* kvm_vcpu_reset, then RUNNABLE on the bootstrap processor, else INIT_RECEIVED.
kvm_apic_accept_events_init(v) ==
    /\ At(vcpu(v), "kvm_apic_accept_events_init")
    /\ locked_step(vcpu(v))
    /\ init' = CLEAR_BIT(init, v)
    /\ mp_state' = IF init[v] THEN [mp_state EXCEPT ![v] = IF Bsp THEN "RUNNABLE" ELSE "INIT_RECEIVED"] ELSE mp_state
    /\ wakeups' = IF init[v] THEN [wakeups EXCEPT ![v] = 0] ELSE wakeups
    /\ Goto(vcpu(v), "kvm_apic_accept_events_sipi")
    /\ UNCHANGED <<irr, irr_masked, timer, nmi, pv_unhalted, sipi, guest_vars, vmm_vars, local_vars, inactive, halted>>

\* lapic.c, kvm_apic_accept_events: "test_and_clear_bit(KVM_APIC_SIPI, ...)", dropped but in
\* INIT_RECEIVED; x86.c, vcpu_enter_guest: "if (mp_state == INIT_RECEIVED) goto out".
kvm_apic_accept_events_sipi(v) ==
    /\ At(vcpu(v), "kvm_apic_accept_events_sipi")
    /\ locked_step(vcpu(v))
    /\ sipi' = CLEAR_BIT(sipi, v)
    /\ LET runs == sipi[v] /\ mp_state[v] = "INIT_RECEIVED"
       IN /\ mp_state' = IF runs THEN [mp_state EXCEPT ![v] = "RUNNABLE"] ELSE mp_state
          /\ wakeups' = IF sipi[v] THEN [wakeups EXCEPT ![v] = 0] ELSE wakeups
          /\ Goto(vcpu(v), IF caller[v] = "block" THEN "vcpu_block_mp_state"
                           ELSE IF mp_state[v] = "INIT_RECEIVED" /\ ~runs THEN LoopEnd(v)
                           ELSE "vcpu_enter_guest_mode_in_guest")
    /\ Caller(v, "none")
    /\ UNCHANGED <<irr, irr_masked, timer, nmi, pv_unhalted, init, guest_vars, vmm_vars, reason, arg, errno, saved_if,
                   kind, call, call_errno, inactive, halted>>

\* x86.c, vcpu_block: "switch (vcpu->arch.mp_state)": HALTED becomes RUNNABLE; 000: nothing
\* changes for an inactive VTL.
vcpu_block_mp_state(v) ==
    /\ At(vcpu(v), "vcpu_block_mp_state")
    /\ mp_state' = IF mp_state[v] = "HALTED" \/ (mp_state[v] = InactiveState /\ ~StayInactive)
                   THEN [mp_state EXCEPT ![v] = "RUNNABLE"] ELSE mp_state
    /\ halted' = IF mp_state[v] = "HALTED" THEN CLEAR_BIT(halted, v) ELSE halted
    /\ Goto(vcpu(v), LoopEnd(v))
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, event_vars, guest_vars, vmm_vars, local_vars, inactive, wakeups>>

-----------------------------------------------------------------------------
(* The end of vcpu_run's loop, in the order of the patch: timers first     *)

\* x86.c, vcpu_run: "if (kvm_cpu_has_pending_timer(vcpu))".
kvm_cpu_has_pending_timer(v) ==
    /\ At(vcpu(v), "kvm_cpu_has_pending_timer")
    /\ Goto(vcpu(v), IF timer[v] THEN "kvm_apic_local_deliver" ELSE ToTest(v))
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* lapic.c, kvm_inject_apic_timer_irqs: kvm_apic_local_deliver sets the bit in IRR, ...
kvm_apic_local_deliver(v) ==
    /\ At(vcpu(v), "kvm_apic_local_deliver")
    /\ locked_step(vcpu(v))
    /\ irr' = SET_BIT(irr, v)
    /\ Goto(vcpu(v), "kvm_apic_local_deliver_request")
    /\ UNCHANGED <<mp_state, irr_masked, timer, nmi, pv_unhalted, init, sipi, guest_vars, vmm_vars, local_vars,
                   history_vars>>

\* ... makes a request of its own vCPU, ...
kvm_apic_local_deliver_request(v) ==
    /\ At(vcpu(v), "kvm_apic_local_deliver_request")
    /\ set_request(vcpu(v), v)
    /\ Goto(vcpu(v), "kvm_inject_apic_timer_irqs")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* ... "atomic_set(&apic->lapic_timer.pending, 0)".
kvm_inject_apic_timer_irqs(v) ==
    /\ At(vcpu(v), "kvm_inject_apic_timer_irqs")
    /\ locked_step(vcpu(v))
    /\ timer' = CLEAR_BIT(timer, v)
    /\ Goto(vcpu(v), ToTest(v))
    /\ UNCHANGED <<mp_state, irr, irr_masked, nmi, pv_unhalted, init, sipi, guest_vars, vmm_vars, local_vars, history_vars>>

\* 000, vcpu_run: "if (kvm_hv_vcpu_is_idle_vtl(vcpu) && kvm_vcpu_has_events(vcpu))", with
\* KVM_SYSTEM_EVENT_WAKEUP as the answer.
kvm_hv_vcpu_is_idle_vtl(v) ==
    /\ At(vcpu(v), "kvm_hv_vcpu_is_idle_vtl")
    /\ IF mp_state[v] = InactiveState THEN LookForEvents(v, "wakeup")
       ELSE Goto(vcpu(v), AfterTest(v)) /\ UNCHANGED caller
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, reason, arg, errno, saved_if,
                   kind, call, call_errno, history_vars>>

\* x86.c, vcpu_run: a signal takes the thread out with -EINTR.
vcpu_run_signal(v) ==
    /\ At(vcpu(v), "vcpu_run_signal")
    /\ IF signal[v] THEN Goto(vcpu(v), "kvm_vcpu_ioctl_run_unlock") /\ Reason(v, "EINTR")
       ELSE Goto(vcpu(v), "kvm_vcpu_running") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, caller, arg, errno, saved_if,
                   kind, call, call_errno, history_vars>>

\* Where the VMM goes after KVM_RUN, or the ioctl that waits, has returned.
AfterRun(v) ==
    IF IsLower(v) THEN LowerFirst
    ELSE IF reason[v] = "wakeup" THEN (IF HasLower THEN "vmm_stop" ELSE LetRun)
    ELSE AfterVtlReturn

\* kvm_main.c, kvm_vcpu_ioctl: mutex_unlock(&vcpu->mutex): KVM_RUN returns.
kvm_vcpu_ioctl_run_unlock(v) ==
    /\ At(vcpu(v), "kvm_vcpu_ioctl_run_unlock")
    /\ mutex_unlock(vcpu(v), v)
    /\ Goto(vcpu(v), AfterRun(v))
    /\ Arg(v, IF IsLower(v) \/ WaitIoctl THEN "none" ELSE IF reason[v] = "wakeup" THEN "RUNNABLE" ELSE "INACTIVE")
    /\ Reason(v, "none")
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest_vars, vmm_vars, caller, errno, saved_if, kind, call, call_errno,
                   history_vars>>

-----------------------------------------------------------------------------
(* vcpu_enter_guest                                                        *)

\* x86.c, vcpu_enter_guest: "if (kvm_request_pending(vcpu))".
kvm_request_pending(v) ==
    /\ At(vcpu(v), "kvm_request_pending")
    /\ Goto(vcpu(v), IF request_pending(vcpu(v), v) THEN "kvm_check_request" ELSE "vcpu_enter_guest_mode_in_guest")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, vcpu_enter_guest: "if (kvm_check_request(KVM_REQ_EVENT, vcpu))", which calls
\* kvm_apic_accept_events.
kvm_check_request(v) ==
    /\ At(vcpu(v), "kvm_check_request")
    /\ clear_request(vcpu(v), v)
    /\ IF "NMI" \in KindsOf(v) THEN Goto(vcpu(v), "process_nmi") /\ UNCHANGED caller
       ELSE IF TakesInit(v) THEN Goto(vcpu(v), "kvm_apic_accept_events_init") /\ Caller(v, "enter")
       ELSE Goto(vcpu(v), "vcpu_enter_guest_mode_in_guest") /\ UNCHANGED caller
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, reason, arg, errno, saved_if, kind, call, call_errno,
                   history_vars>>

\* x86.c, process_nmi: "atomic_xchg(&vcpu->arch.nmi_queued, 0)"; the NMI is injected at VM-entry.
process_nmi(v) ==
    /\ At(vcpu(v), "process_nmi")
    /\ locked_step(vcpu(v))
    /\ nmi' = CLEAR_BIT(nmi, v)
    /\ wakeups' = IF nmi[v] THEN [wakeups EXCEPT ![v] = 0] ELSE wakeups
    /\ IF TakesInit(v) THEN Goto(vcpu(v), "kvm_apic_accept_events_init") /\ Caller(v, "enter")
       ELSE Goto(vcpu(v), "vcpu_enter_guest_mode_in_guest") /\ UNCHANGED caller
    /\ UNCHANGED <<mp_state, irr, irr_masked, timer, pv_unhalted, init, sipi, guest_vars, vmm_vars, reason, arg, errno,
                   saved_if, kind, call, call_errno, inactive, halted>>

\* x86.c, vcpu_enter_guest: "smp_store_release(&vcpu->mode, IN_GUEST_MODE)".
vcpu_enter_guest_mode_in_guest(v) ==
    /\ At(vcpu(v), "vcpu_enter_guest_mode_in_guest")
    /\ mode_in_guest(vcpu(v), v)
    /\ Goto(vcpu(v), IF EntryMb THEN "vcpu_enter_guest_smp_mb" ELSE "kvm_vcpu_exit_request_mode")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, vcpu_enter_guest: smp_mb__after_srcu_read_unlock.
vcpu_enter_guest_smp_mb(v) ==
    /\ At(vcpu(v), "vcpu_enter_guest_smp_mb")
    /\ kvm_smp_mb(vcpu(v))
    /\ Goto(vcpu(v), "kvm_vcpu_exit_request_mode")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* Where a cancelled entry goes, and one that nothing speaks against.
Cancelled(v) == IF v \in Sources THEN "vcpu_enter_guest_mode_outside" ELSE LoopEnd(v)
NotCancelled(v) == IF IsLower(v) THEN "kvm_vcpu_exit_request_work" ELSE "vmentry"

\* x86.c, kvm_vcpu_exit_request: "vcpu->mode == EXITING_GUEST_MODE".
kvm_vcpu_exit_request_mode(v) ==
    /\ At(vcpu(v), "kvm_vcpu_exit_request_mode")
    /\ Goto(vcpu(v), IF exiting_guest_mode(vcpu(v), v) THEN Cancelled(v) ELSE "kvm_vcpu_exit_request_requests")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, kvm_vcpu_exit_request: "|| kvm_request_pending(vcpu)".
kvm_vcpu_exit_request_requests(v) ==
    /\ At(vcpu(v), "kvm_vcpu_exit_request_requests")
    /\ Goto(vcpu(v), IF request_pending(vcpu(v), v) THEN Cancelled(v) ELSE NotCancelled(v))
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, kvm_vcpu_exit_request: "|| xfer_to_guest_mode_work_pending()": a signal.
kvm_vcpu_exit_request_work(v) ==
    /\ At(vcpu(v), "kvm_vcpu_exit_request_work")
    /\ Goto(vcpu(v), IF signal[v] THEN Cancelled(v) ELSE "vmentry")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, vcpu_enter_guest: VM-entry. From here on IF, GIF and the shadow are the guest's own.
vmentry(v) ==
    /\ At(vcpu(v), "vmentry")
    /\ guest' = SET_BIT(guest, v)
    /\ rflags_if' = SET_BIT(rflags_if, v)
    /\ gif' = SET_BIT(gif, v)
    /\ shadow' = CLEAR_BIT(shadow, v)
    /\ Goto(vcpu(v), "vmexit")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, hlt, isr, guest_mode, vmm_vars, local_vars,
                   history_vars>>

Left(v) == IF v \in Sources THEN "vcpu_enter_guest_mode_outside" ELSE LoopEnd(v)

\* The guest runs until an IPI comes, VTL0 has halted (kvm_emulate_halt), or VTL1 calls
\* HvCallVtlReturn: with IF and GIF as they are, in the shadow of STI or not, before EOI or
\* after.
vmexit(v) ==
    /\ At(vcpu(v), "vmexit")
    /\ guest' = CLEAR_BIT(guest, v)
    /\ hlt' = CLEAR_BIT(hlt, v)
    /\ take_ipi(vcpu(v), v)
    /\ Goto(vcpu(v), Left(v))
    /\ \/ /\ ipi[v]
          /\ UNCHANGED <<mp_state, rflags_if, gif, shadow, isr, guest_mode, reason, halted>>
       \/ /\ hlt[v]
          /\ mp_state' = [mp_state EXCEPT ![v] = "HALTED"]
          /\ halted' = SET_BIT(halted, v)
          /\ UNCHANGED <<rflags_if, gif, shadow, isr, guest_mode, reason>>
       \/ /\ ~IsLower(v)
          /\ \E i \in (IF GuestMasks THEN BOOLEAN ELSE {TRUE}) : rflags_if' = [rflags_if EXCEPT ![v] = i]
          /\ \E g \in (IF GuestClearsGif THEN BOOLEAN ELSE {TRUE}) : gif' = [gif EXCEPT ![v] = g]
          /\ \E s \in (IF GuestClearsGif THEN BOOLEAN ELSE {FALSE}) : shadow' = [shadow EXCEPT ![v] = s]
          /\ \E e \in (IF isr[v] THEN BOOLEAN ELSE {FALSE}) : isr' = [isr EXCEPT ![v] = e]
          /\ guest_mode' = CLEAR_BIT(guest_mode, v)
          /\ Reason(v, "vtl_return")
          /\ UNCHANGED <<mp_state, halted>>
    /\ UNCHANGED <<mutex, event_vars, vmm_vars, caller, arg, errno, saved_if, kind, call, call_errno, inactive, wakeups>>

\* x86.c, vcpu_enter_guest: "vcpu->mode = OUTSIDE_GUEST_MODE", and kvm_vcpu_srcu_read_lock.
\* A hypercall that userspace handles ends vcpu_run.
vcpu_enter_guest_mode_outside(v) ==
    /\ At(vcpu(v), "vcpu_enter_guest_mode_outside")
    /\ mode_outside(vcpu(v), v)
    /\ Goto(vcpu(v), IF reason[v] = "vtl_return" THEN "kvm_vcpu_ioctl_run_unlock" ELSE LoopEnd(v))
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* The guest takes an interrupt: it has IF set at some time while it runs, or sets it.
guest_takes_interrupt(v) ==
    /\ guest[v]
    /\ irr[v]
    /\ ~hlt[v]
    /\ irr' = CLEAR_BIT(irr, v)
    /\ isr' = [isr EXCEPT ![v] = ReturnBeforeEoi /\ ~IsLower(v)]
    /\ wakeups' = [wakeups EXCEPT ![v] = 0]
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, mutex, mp_state, irr_masked, timer, nmi, pv_unhalted, init, sipi, guest, hlt,
                   rflags_if, gif, shadow, guest_mode, vmm_vars, local_vars, inactive, halted>>

\* VTL0 executes HLT.
guest_hlt(v) ==
    /\ GuestHalts
    /\ IsLower(v)
    /\ guest[v]
    /\ ~hlt[v]
    /\ hlt' = SET_BIT(hlt, v)
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, mutex, mp_state, event_vars, guest, rflags_if, gif, shadow, isr, guest_mode,
                   vmm_vars, local_vars, history_vars>>

\* A signal is delivered to VTL0's thread while it is in userspace: its handler sets
\* run->immediate_exit, or just consumes it. Both ways through the kernel are full barriers.
signal_handler(v) ==
    /\ signal[v]
    /\ mutex[v] = "free"
    /\ drained(vcpu(v))
    /\ signal' = CLEAR_BIT(signal, v)
    /\ ipi' = CLEAR_BIT(ipi, v)
    /\ immediate_exit' = [immediate_exit EXCEPT ![v] = ImmediateExit]
    /\ UNCHANGED <<pc, store_buffer, mode, requests, rcuwait, woken, mutex, mp_state, event_vars, guest_vars, stop, parked,
                   local_vars, history_vars>>

-----------------------------------------------------------------------------
(* An event source                                                         *)

\* What comes, if it is not pending already: a device that has not been answered waits, and what
\* is sent twice coalesces.
IsPending(v, k) ==
    CASE k = "irq" -> irr[v]
      [] k = "masked" -> irr_masked[v]
      [] k = "timer" -> timer[v]
      [] k = "NMI" -> nmi[v]
      [] k = "sticky" -> pv_unhalted[v]
      [] k = "INIT" -> init[v]
      [] OTHER -> sipi[v]

source_event(v) ==
    /\ At(source(v), "source_event")
    /\ \E k \in {e \in KindsOf(v) : ~IsPending(v, e)} :
        /\ kind' = [kind EXCEPT ![v] = k]
        /\ Goto(source(v), CASE k = "irq" -> "kvm_lapic_set_irr"
                             [] k = "masked" -> "kvm_lapic_set_irr_masked"
                             [] k = "timer" -> "apic_timer_expired"
                             [] k = "NMI" -> "kvm_inject_nmi"
                             [] k = "sticky" -> "kvm_pv_kick_cpu_op"
                             [] k = "INIT" -> "apic_accept_init"
                             [] OTHER -> "apic_accept_sipi")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, caller, reason, arg, errno,
                   saved_if, call, call_errno, history_vars>>

\* After the event is published: make_request.
Published(v) ==
    /\ Goto(source(v), "kvm_make_request")
    /\ kind' = [kind EXCEPT ![v] = "none"]
    /\ UNCHANGED <<kvm_vars, mutex, mp_state, guest_vars, vmm_vars, caller, reason, arg, errno, saved_if, call, call_errno,
                   history_vars>>

\* lapic.c, kvm_lapic_set_irr: set_bit in the IRR, on x86 a locked instruction.
kvm_lapic_set_irr(v) ==
    /\ At(source(v), "kvm_lapic_set_irr")
    /\ IF RequestIsMb
       THEN locked(source(v)) /\ irr' = SET_BIT(irr, v)
       ELSE /\ HasSlot(source(v))
            /\ irr' = [irr EXCEPT ![v] = WRITE_ONCE(@, TRUE)]
            /\ store_buffer' = WITH_STORE(source(v), <<"irr", v>>, TRUE)
    /\ Published(v)
    /\ UNCHANGED <<irr_masked, timer, nmi, pv_unhalted, init, sipi>>

\* The same for a vector that TPR masks.
kvm_lapic_set_irr_masked(v) ==
    /\ At(source(v), "kvm_lapic_set_irr_masked")
    /\ locked(source(v))
    /\ irr_masked' = SET_BIT(irr_masked, v)
    /\ Published(v)
    /\ UNCHANGED <<irr, timer, nmi, pv_unhalted, init, sipi>>

\* lapic.c, apic_timer_expired: "atomic_inc(&apic->lapic_timer.pending)".
apic_timer_expired(v) ==
    /\ At(source(v), "apic_timer_expired")
    /\ locked(source(v))
    /\ timer' = SET_BIT(timer, v)
    /\ Published(v)
    /\ UNCHANGED <<irr, irr_masked, nmi, pv_unhalted, init, sipi>>

\* x86.c, kvm_inject_nmi: "atomic_inc(&vcpu->arch.nmi_queued)".
kvm_inject_nmi(v) ==
    /\ At(source(v), "kvm_inject_nmi")
    /\ locked(source(v))
    /\ nmi' = SET_BIT(nmi, v)
    /\ Published(v)
    /\ UNCHANGED <<irr, irr_masked, timer, pv_unhalted, init, sipi>>

\* lapic.c, __apic_accept_irq, for kvm_pv_kick_cpu_op: "vcpu->arch.pv.pv_unhalted = 1".
kvm_pv_kick_cpu_op(v) ==
    /\ At(source(v), "kvm_pv_kick_cpu_op")
    /\ HasSlot(source(v))
    /\ pv_unhalted' = [pv_unhalted EXCEPT ![v] = WRITE_ONCE(@, TRUE)]
    /\ store_buffer' = WITH_STORE(source(v), <<"pv_unhalted", v>>, TRUE)
    /\ Published(v)
    /\ UNCHANGED <<irr, irr_masked, timer, nmi, init, sipi>>

\* lapic.c, __apic_accept_irq: "apic->pending_events = (1UL << KVM_APIC_INIT)": a SIPI from
\* before is forgotten.
apic_accept_init(v) ==
    /\ At(source(v), "apic_accept_init")
    /\ locked(source(v))
    /\ init' = SET_BIT(init, v)
    /\ sipi' = CLEAR_BIT(sipi, v)
    /\ Published(v)
    /\ UNCHANGED <<irr, irr_masked, timer, nmi, pv_unhalted>>

\* lapic.c, __apic_accept_irq: "set_bit(KVM_APIC_SIPI, &apic->pending_events)".
apic_accept_sipi(v) ==
    /\ At(source(v), "apic_accept_sipi")
    /\ locked(source(v))
    /\ sipi' = SET_BIT(sipi, v)
    /\ Published(v)
    /\ UNCHANGED <<irr, irr_masked, timer, nmi, pv_unhalted, init>>

\* kvm_host.h, kvm_make_request: set_bit in vcpu->requests.
kvm_make_request(v) ==
    /\ At(source(v), "kvm_make_request")
    /\ set_request(source(v), v)
    /\ Goto(source(v), IF WakeUpMb THEN "rcuwait_wake_up_smp_mb" ELSE "rcuwait_wake_up")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "smp_mb()".
rcuwait_wake_up_smp_mb(v) ==
    /\ At(source(v), "rcuwait_wake_up_smp_mb")
    /\ kvm_smp_mb(source(v))
    /\ Goto(source(v), "rcuwait_wake_up")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "task = rcu_dereference(w->task)".
rcuwait_wake_up(v) ==
    /\ At(source(v), "rcuwait_wake_up")
    /\ Goto(source(v), IF rcuwait_task(source(v), v) THEN "wake_up_process" ELSE "kvm_vcpu_kick_mode")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_kick: "if (kvm_vcpu_wake_up(vcpu)) return".
wake_up_process(v) ==
    /\ At(source(v), "wake_up_process")
    /\ wake_task(source(v), v)
    /\ Goto(source(v), "source_event")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, kvm_arch_vcpu_should_kick: "cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE)".
kvm_vcpu_kick_mode(v) ==
    /\ At(source(v), "kvm_vcpu_kick_mode")
    /\ cmpxchg_mode(source(v), v)
    /\ Goto(source(v), IF found_mode(source(v), v) = "IN_GUEST_MODE" THEN "smp_send_reschedule" ELSE "source_event")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_kick: "smp_send_reschedule(cpu)".
smp_send_reschedule(v) ==
    /\ At(source(v), "smp_send_reschedule")
    /\ send_ipi(source(v), v)
    /\ Goto(source(v), "source_event")
    /\ UNCHANGED <<mutex, mp_state, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

-----------------------------------------------------------------------------
(* Another thread of the VMM, which calls ioctls on VTL1's vCPU            *)

CallFirst(c) ==
    IF c = "nested" THEN "kvm_arch_vcpu_ioctl_set_nested_state"
    ELSE IF c = "sregs" THEN "kvm_arch_vcpu_ioctl_set_sregs"
    ELSE IF c = "shadow" THEN "kvm_arch_vcpu_ioctl_set_vcpu_events"
    ELSE "kvm_arch_vcpu_ioctl_set_mpstate"

\* kvm_main.c, kvm_vcpu_ioctl: "if (mutex_lock_killable(&vcpu->mutex)) return -EINTR".
kvm_vcpu_ioctl(v) ==
    /\ At(ioctl, "kvm_vcpu_ioctl")
    /\ \/ /\ mutex_not_taken(ioctl, v, TRUE)
          /\ Calls # {}
          /\ call_errno' = [call_errno EXCEPT ![v] = "EINTR"]
          /\ Goto(ioctl, "kvm_vcpu_ioctl_return")
          /\ UNCHANGED call
       \/ /\ mutex_lock(ioctl, v, "ioctl")
          /\ \E c \in Calls : call' = [call EXCEPT ![v] = c] /\ Goto(ioctl, CallFirst(c))
          /\ UNCHANGED call_errno
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest_vars, vmm_vars, caller, reason, arg, errno, saved_if, kind,
                   history_vars>>

\* svm/nested.c, svm_set_nested_state: into guest mode or out of it, whatever mp_state is.
kvm_arch_vcpu_ioctl_set_nested_state(v) ==
    /\ At(ioctl, "kvm_arch_vcpu_ioctl_set_nested_state")
    /\ guest_mode' = [guest_mode EXCEPT ![v] = ~@]
    /\ Goto(ioctl, "kvm_vcpu_ioctl_unlock")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest, hlt, rflags_if, gif, shadow, isr, vmm_vars,
                   local_vars, history_vars>>

\* x86.c, __set_sregs_common: "Older userspace won't unhalt the vcpu on reset": RUNNABLE if this
\* is the bootstrap processor and the registers are as after a reset.
kvm_arch_vcpu_ioctl_set_sregs(v) ==
    /\ At(ioctl, "kvm_arch_vcpu_ioctl_set_sregs")
    /\ mp_state' = IF Bsp THEN [mp_state EXCEPT ![v] = "RUNNABLE"] ELSE mp_state
    /\ Goto(ioctl, "kvm_vcpu_ioctl_unlock")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, event_vars, guest_vars, vmm_vars, local_vars, history_vars>>

\* x86.c, kvm_vcpu_ioctl_x86_set_vcpu_events: "set_interrupt_shadow(vcpu, events->interrupt.
\* shadow)".
kvm_arch_vcpu_ioctl_set_vcpu_events(v) ==
    /\ At(ioctl, "kvm_arch_vcpu_ioctl_set_vcpu_events")
    /\ shadow' = [shadow EXCEPT ![v] = ~@]
    /\ Goto(ioctl, "kvm_vcpu_ioctl_unlock")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest, hlt, rflags_if, gif, isr, guest_mode,
                   vmm_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_ioctl: mutex_unlock(&vcpu->mutex).
kvm_vcpu_ioctl_unlock(v) ==
    /\ At(ioctl, "kvm_vcpu_ioctl_unlock")
    /\ mutex_unlock(ioctl, v)
    /\ call' = [call EXCEPT ![v] = "none"]
    /\ Goto(ioctl, "kvm_vcpu_ioctl_return")
    /\ UNCHANGED <<kvm_vars, mp_state, event_vars, guest_vars, vmm_vars, caller, reason, arg, errno, saved_if, kind,
                   call_errno, history_vars>>

\* The ioctl returns 0 or its errno.
kvm_vcpu_ioctl_return(v) ==
    /\ At(ioctl, "kvm_vcpu_ioctl_return")
    /\ call_errno' = [call_errno EXCEPT ![v] = "none"]
    /\ Goto(ioctl, "kvm_vcpu_ioctl")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, mp_state, event_vars, guest_vars, vmm_vars, caller, reason, arg, errno,
                   saved_if, kind, call, history_vars>>

-----------------------------------------------------------------------------
\* The memory: a store of thread th that is still in its buffer becomes visible.
commit(th) ==
    /\ \E i \in Committable(th) :
        LET e == store_buffer[th][i]
        IN /\ store_buffer' = WITHOUT_STORE(th, i)
           /\ KVM_COMMITTED(e)
           /\ MUTEX_COMMITTED(e)
           /\ irr' = [v \in VTLs |-> COMMITTED(<<"irr", v>>, irr[v], e)]
           /\ pv_unhalted' = [v \in VTLs |-> COMMITTED(<<"pv_unhalted", v>>, pv_unhalted[v], e)]
           /\ immediate_exit' = [v \in VTLs |-> COMMITTED(<<"immediate_exit", v>>, immediate_exit[v], e)]
    /\ UNCHANGED <<pc, mp_state, irr_masked, timer, nmi, init, sipi, guest_vars, stop, parked, signal, local_vars,
                   history_vars>>

-----------------------------------------------------------------------------
\* What a vCPU's thread does: the VMM runs its vCPUs, VTL1 returns to VTL0 some time; VTL0
\* stays in the guest until an IPI comes or it has halted.
VcpuStep(v) ==
    \/ vmm_clear_immediate_exit(v)
    \/ vmm_read_stop(v)
    \/ vmm_park(v)
    \/ vmm_wait_resume(v)
    \/ vmm_stop(v)
    \/ tgkill(v)
    \/ signal_wake_up(v)
    \/ vmm_wait_parked(v)
    \/ vmm_resume(v)
    \/ kvm_arch_vcpu_ioctl_set_mpstate(vcpu(v))
    \/ kvm_arch_vcpu_ioctl_set_mpstate_request(vcpu(v))
    \/ kvm_vcpu_ioctl_set_mpstate_unlock(v)
    \/ kvm_arch_vcpu_ioctl_run_immediate_exit(v)
    \/ kvm_vcpu_ioctl_run_unlock(v)
    \/ kvm_vcpu_running(v)
    \/ kvm_apic_has_pending_init_or_sipi(v)
    \/ kvm_vcpu_has_events_pv_unhalted(v)
    \/ kvm_vcpu_has_events_nmi(v)
    \/ kvm_cpu_has_interrupt(v)
    \/ prepare_to_rcuwait(v)
    \/ kvm_vcpu_check_block_timer(v)
    \/ kvm_vcpu_check_block_signal(v)
    \/ kvm_vcpu_block_schedule(v)
    \/ finish_rcuwait(v)
    \/ kvm_apic_accept_events_init(v)
    \/ kvm_apic_accept_events_sipi(v)
    \/ vcpu_block_mp_state(v)
    \/ kvm_cpu_has_pending_timer(v)
    \/ kvm_apic_local_deliver(v)
    \/ kvm_apic_local_deliver_request(v)
    \/ kvm_inject_apic_timer_irqs(v)
    \/ kvm_hv_vcpu_is_idle_vtl(v)
    \/ vcpu_run_signal(v)
    \/ kvm_request_pending(v)
    \/ kvm_check_request(v)
    \/ process_nmi(v)
    \/ vcpu_enter_guest_mode_in_guest(v)
    \/ vcpu_enter_guest_smp_mb(v)
    \/ kvm_vcpu_exit_request_mode(v)
    \/ kvm_vcpu_exit_request_requests(v)
    \/ kvm_vcpu_exit_request_work(v)
    \/ vmentry(v)
    \/ vmexit(v)
    \/ vcpu_enter_guest_mode_outside(v)
    \/ KVM_SET_REGS(v)
    \/ KVM_SET_MP_STATE(v)
    \/ KVM_WAIT(v)
    \/ KVM_RUN(v)

\* What an event source does by itself, once something has come.
SourceStep(v) ==
    \/ kvm_lapic_set_irr(v)
    \/ kvm_lapic_set_irr_masked(v)
    \/ apic_timer_expired(v)
    \/ kvm_inject_nmi(v)
    \/ kvm_pv_kick_cpu_op(v)
    \/ apic_accept_init(v)
    \/ apic_accept_sipi(v)
    \/ kvm_make_request(v)
    \/ rcuwait_wake_up_smp_mb(v)
    \/ rcuwait_wake_up(v)
    \/ wake_up_process(v)
    \/ kvm_vcpu_kick_mode(v)
    \/ smp_send_reschedule(v)

\* What the VMM's other thread does by itself, once it is in an ioctl.
IoctlStep ==
    \/ kvm_arch_vcpu_ioctl_set_mpstate(ioctl)
    \/ kvm_arch_vcpu_ioctl_set_mpstate_request(ioctl)
    \/ kvm_arch_vcpu_ioctl_set_nested_state(1)
    \/ kvm_arch_vcpu_ioctl_set_sregs(1)
    \/ kvm_arch_vcpu_ioctl_set_vcpu_events(1)
    \/ kvm_vcpu_ioctl_unlock(1)
    \/ kvm_vcpu_ioctl_return(1)

Next ==
    \/ \E v \in VTLs : VcpuStep(v) \/ guest_takes_interrupt(v) \/ guest_hlt(v) \/ signal_handler(v)
    \/ \E v \in Sources : source_event(v) \/ SourceStep(v)
    \/ kvm_vcpu_ioctl(1) \/ IoctlStep
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants                                                              *)

\* S1. At most one VTL of the virtual processor is in the guest.
OneVtlInGuestInv == \A v \in VTLs : \A w \in VTLs : guest[v] /\ guest[w] => v = w

\* S2. KVM never takes an inactive vCPU into the guest without the VMM's having said so.
InactiveNeverRunsInv == \A v \in VTLs : guest[v] => ~inactive[v]

\* S3. A WAKEUP exit has a cause that entering the guest consumes.
WakeupHasCauseInv ==
    \A v \in VTLs :
        At(vcpu(v), "kvm_vcpu_ioctl_run_unlock") /\ reason[v] = "wakeup" => irr[v] \/ nmi[v] \/ init[v] \/ sipi[v]

IsInactive(v) == mp_state[v] \in {"HV_INACTIVE_VTL", "HALTED_USERSPACE"} \/ reason[v] = "wait"

\* S4. For an inactive VTL, out of guest mode, an interrupt is blocked by GIF and by the
\* shadow of STI and MOV SS, and RFLAGS.IF has no say.
IfIgnoredInv == \A v \in VTLs : IsInactive(v) /\ ~guest_mode[v] => (InterruptAllowed(v) <=> gif[v] /\ ~shadow[v])

\* S5. HV_INACTIVE_VTL is for a vCPU out of guest mode, with VSM.
InactiveNotNestedInv == \A v \in VTLs : mp_state[v] = "HV_INACTIVE_VTL" => ~guest_mode[v] /\ Vsm

\* The rule that userspace must keep and KVM does not enforce: RUNNABLE is set only while every
\* other VTL's vCPU is parked in userspace or inactive.
RunnableOnlyAloneInv ==
    \A v \in VTLs :
        At(vcpu(v), "kvm_arch_vcpu_ioctl_set_mpstate") /\ arg[v] = "RUNNABLE" =>
            \A w \in VTLs \ {v} : At(vcpu(w), "vmm_wait_resume") \/ IsInactive(w)

\* A VTL0 that was halted when VTL1 preempted it does not go on before an event of its own.
HaltSurvivesInv == \A v \in VTLs : guest[v] => ~halted[v]

-----------------------------------------------------------------------------
(* Temporal properties. Fairness, next to what needs it: weak fairness of  *)
(* what a vCPU's thread does (the VMM runs its vCPUs; VTL1 returns to VTL0 *)
(* some time, which LowerVtlRunsProp needs; VTL0 need not leave the        *)
(* guest), of a kick that was begun, of an ioctl that was begun, and of    *)
(* the signal handler; every store becomes visible in the end. Strong      *)
(* fairness of VTL1's taking an interrupt: TLFS lets it run with           *)
(* interrupts masked and return without having taken one, and L2 to L4     *)
(* promise nothing for a guest that does so for ever. No event need come,  *)
(* VTL0 need not halt, and the other thread need not call anything.        *)

Fairness ==
    /\ \A v \in VTLs : WF_vars(VcpuStep(v)) /\ WF_vars(signal_handler(v))
    /\ \A v \in Sources : WF_vars(SourceStep(v))
    /\ SF_vars(guest_takes_interrupt(1))
    /\ WF_vars(IoctlStep)
    /\ \A th \in Threads : WF_vars(commit(th))

\* An event for which the document's rules wake an inactive VTL: those of HLT, but for RFLAGS.IF.
IsWakeEvent(v, k) ==
    CASE k = "irq" -> (irr[v] \/ timer[v]) /\ gif[v] /\ ~shadow[v] /\ ~isr[v]
      [] k = "NMI" -> nmi[v]
      [] k = "sticky" -> pv_unhalted[v]
      [] k = "INIT" -> init[v]
      [] OTHER -> sipi[v]

WakeKinds == (Kinds \cup {"irq"}) \ {"masked", "timer"}

\* Its vCPU is in KVM_RUN, or in the ioctl that waits.
Waits(v) == mutex[v] \in {"run", "wait"} /\ IsInactive(v)

\* L1. An event that wakes is reported, unless it is withdrawn.
WakeupReportedProp ==
    \A k \in WakeKinds :
        (Waits(1) /\ IsWakeEvent(1, k))
            ~> (~IsWakeEvent(1, k) \/ (At(vcpu(1), "kvm_vcpu_ioctl_run_unlock") /\ reason[1] = "wakeup"))

\* In L2 to L4 no more events come in the end: a stream of them that never ends can cancel every
\* entry into the guest, or keep VTL0 out.
SourcesIdle == \A v \in Sources : At(source(v), "source_event")

\* L2. VTL1 takes its interrupt.
InterruptTakenProp ==
    <>[]SourcesIdle => ((irr[1] /\ gif[1] /\ ~shadow[1]) ~> (~irr[1] \/ ~gif[1] \/ shadow[1]))

\* L3. A VTL0 that was parked runs again, or sleeps in KVM_RUN if it had halted.
LowerVtlRunsProp ==
    \A v \in VTLs \ {1} :
        <>[]SourcesIdle
            => (At(vcpu(v), "vmm_wait_resume") ~> (guest[v] \/ At(vcpu(v), "kvm_vcpu_block_schedule")))

\* L4. WAKEUP exits do not follow each other for ever with no event consumed and no sleep.
NoWakeupLoopProp == <>[]SourcesIdle => (wakeups[1] = 2 ~> wakeups[1] # 2)
=============================================================================
