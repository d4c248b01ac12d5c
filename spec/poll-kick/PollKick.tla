------------------------------ MODULE PollKick ------------------------------
(* poll() on a vCPU's file descriptor, and the vcpu->kicked window.        *)
(*                                                                         *)
(* Models virt/kvm/kvm_main.c (kvm_vcpu_poll, kvm_vcpu_kick) and           *)
(* arch/x86/kvm/x86.c (vcpu_enter_guest, vcpu_run, vcpu_block) as patched  *)
(* by document 002: "[RFC 13/33] KVM: Allow polling vCPUs for events",     *)
(* November 2023, not merged, with the review by Maxim Levitsky. The rest  *)
(* (fs/select.c, kernel/sched/wait.c) is Linux 6.12. The pair mode and     *)
(* requests, kvm_vcpu_block and what kvm_vcpu_kick does to them are in     *)
(* KvmVcpu, for the only vCPU, 0.                                          *)
(*                                                                         *)
(* Twin: impl/poll-kick/PollKick.ts. Bounds and fairness: MCPollKick.tla.  *)
(*                                                                         *)
(* What is assumed of barriers on x86: see KvmVcpu.                        *)
(*                                                                         *)
(* Left out, and why no race in question hides there:                      *)
(* - More than one kind of event: IRR, PIR and vcpu->requests are one bit, *)
(*   requests. What an event source does with them in what order is the    *)
(*   same: publish, then kick.                                             *)
(* - Interrupt windows: an event that is taken is in injection (injected)  *)
(*   until VM-entry delivers it. A guest with interrupts off delays that   *)
(*   delivery only.                                                        *)
(* - poll() on several descriptors, epoll: one entry on one wait queue is  *)
(*   what kvm_vcpu_poll sees. A time-out is a poll() that ends by itself.  *)
(* - A timer on the vCPU's own pCPU at another time than after VM-exit     *)
(*   (SelfTimer). Before the check its request cancels the entry, as an    *)
(*   event source's does. In kvm_vcpu_block it finds the thread published  *)
(*   and takes the way of an event source that wakes it. Tried at the      *)
(*   beginning of vcpu_enter_guest too: no verdict changes.                *)
(* - A signal that ends kvm_vcpu_block. The thread goes on as it does with *)
(*   an event, and looks at none before it is in userspace. Tried: no      *)
(*   verdict changes.                                                      *)
(* - kvm->srcu: vcpu_enter_guest's unlock and lock are there for their     *)
(*   barriers only.                                                        *)
EXTENDS KvmVcpu

CONSTANTS
    Sources,                \* threads that publish an event and kick the vCPU
    Pollers,                \* threads that poll the vCPU's descriptor
    \* Toggles: ordering primitives and rules; all as posted but where said. More are in KvmVcpu.
    ClearBeforeCheck,       \* kicked is cleared before mode and requests are checked; not posted
    RestoreOnCancel,        \* an entry cancelled after the clear sets kicked again, and wakes; if the
                            \* clear is after the check, requests are read once more; not posted
    ClearMb,                \* smp_mb after the clear; not posted
    PollMb,                 \* the smp_mb in kvm_vcpu_poll
    RegisterBeforeCheck,    \* kvm_vcpu_poll registers, then reads kicked
    WakerTakesLock,         \* the waker takes wqh.lock whether or not anybody waits
    WakeAll,                \* the waker wakes every poller on the queue, not only the first
    SelfKickSets,           \* a kick on the vCPU's own pCPU sets kicked too; not posted
    WakeUpSets,             \* so does a kick that has woken the blocked vCPU, before it returns; not posted
    KickOnEvent,            \* an event source calls kvm_vcpu_kick
    \* Other designs altogether; FALSE but in those.
    PollState,              \* poll reads the pending events instead of kicked
    ModePolling,            \* version 1 of the series: poll stores POLLING_FOR_EVENTS in vcpu->mode
    HaltedUserspace,        \* the reviewer's: KVM_RUN blocks until an event, and exits
    \* The world.
    SignalAfterAbort,       \* a signal may take the vCPU thread out after a cancelled entry
    SelfTimer,              \* a timer may fire on the vCPU's own pCPU between VM-exit and vcpu_put
    GuestHalts,             \* the guest may halt, and the vCPU block in the kernel
    IpiMayLag,              \* an IPI may arrive after another VM-exit; if not, it comes before any other
    VcpuRuns                \* the VMM may call KVM_RUN; if not, the vCPU stays parked in userspace

ASSUME Sources \subseteq Nat /\ Pollers \subseteq Nat /\ Sources \cap Pollers = {} /\ 0 \notin Sources \cup Pollers

VARIABLES
    pc,                     \* per thread: the label of its next step
    \* shared memory; store_buffer is in Memory; mode, requests, ipi, rcuwait and woken are in KvmVcpu
    injected,               \* an event is in injection (vcpu->arch.interrupt.injected)
    kicked,                 \* vcpu->kicked
    wqh_lock,               \* vcpu->wqh.lock is held
    wqh,                    \* the pollers on vcpu->wqh
    triggered,              \* per poller, pwq->triggered: it was woken since it last slept
    \* locals
    reason,                 \* of the vCPU thread: why it left or did not enter the guest
    todo,                   \* of a waker: the pollers that it has still to wake
    registered,             \* of a poller: it is on the queue
    \* history, read by properties only
    since_clear,            \* kicked was set since the vCPU thread last cleared it
    since_entry,            \* the same, counted from the last VM-entry whose clear came before the kick
    stale,                  \* per poller: poll said ready with no event pending or in injection
    unkicked                \* per poller: poll said ready though no kick came since the last VM-entry

poll_vars == <<injected, kicked, wqh_lock, wqh, triggered>>
memory_vars == <<mode, requests, ipi, rcuwait, woken, injected, kicked, wqh_lock, wqh, triggered>>
local_vars == <<reason, todo, registered>>
history_vars == <<since_clear, since_entry, stale, unkicked>>
vars == <<pc, store_buffer, mode, requests, ipi, rcuwait, woken, injected, kicked, wqh_lock, wqh, triggered,
          reason, todo, registered, since_clear, since_entry, stale, unkicked>>

vcpu == <<"vcpu", 0>>
source(s) == <<"source", s>>
poller(p) == <<"poller", p>>
Threads == {vcpu} \cup {source(s) : s \in Sources} \cup {poller(p) : p \in Pollers}
\* Threads that wake pollers: event sources, and the vCPU thread itself.
Wakers == {vcpu} \cup {source(s) : s \in Sources}

Labels == {
    "KVM_RUN", "kvm_request_pending", "kvm_check_request", "vcpu_enter_guest_clear_kicked",
    "vcpu_enter_guest_clear_smp_mb", "vcpu_enter_guest_mode_in_guest", "vcpu_enter_guest_smp_mb",
    "kvm_vcpu_exit_request_mode", "kvm_vcpu_exit_request_requests", "vcpu_enter_guest_recheck",
    "vcpu_enter_guest_restore", "vmentry", "vmexit", "vcpu_enter_guest_mode_outside",
    "local_timer_interrupt", "kvm_vcpu_kick_self", "vcpu_run_signal", "prepare_to_rcuwait", "kvm_vcpu_check_block",
    "kvm_vcpu_block_schedule", "finish_rcuwait", "vcpu_run_exit_event",
    "kvm_make_request", "rcuwait_wake_up_smp_mb", "rcuwait_wake_up", "wake_up_process", "kvm_vcpu_kick_mode",
    "smp_send_reschedule", "kvm_vcpu_kick_kicked", "vmx_deliver_posted_interrupt",
    "waitqueue_active", "wake_up_lock", "wake_up_first", "pollwake", "wake_up_unlock",
    "poll_wait_lock", "poll_wait_add", "poll_wait_unlock", "kvm_vcpu_poll_smp_mb", "kvm_vcpu_poll_read_kicked",
    "kvm_vcpu_poll_read_requests", "kvm_vcpu_poll_read_injected", "kvm_vcpu_poll_read_mode",
    "kvm_vcpu_poll_mode_polling", "poll_schedule_timeout", "poll_initwait", "poll_freewait_lock", "poll_freewait_del",
    "poll_freewait_unlock"}

Modes == KvmModes \cup {"POLLING_FOR_EVENTS"}
Reasons == {"none", "restore", "abort", "hypercall", "ipi", "halt", "wait"}

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ pc \in [Threads -> Labels]
    /\ KvmTypeOK({0}, Modes)
    /\ injected \in BOOLEAN
    /\ kicked \in BOOLEAN
    /\ wqh_lock \in BOOLEAN
    /\ wqh \in SUBSET Pollers
    /\ triggered \in [Pollers -> BOOLEAN]
    /\ reason \in [{0} -> Reasons]
    /\ todo \in [{0} \cup Sources -> SUBSET Pollers]
    /\ registered \in [Pollers -> BOOLEAN]
    /\ since_clear \in BOOLEAN
    /\ since_entry \in BOOLEAN
    /\ stale \in [Pollers -> BOOLEAN]
    /\ unkicked \in [Pollers -> BOOLEAN]

\* Where a poll() begins: with poll_wait, or with the check.
ReadFirst == IF PollState THEN "kvm_vcpu_poll_read_requests"
             ELSE IF ModePolling THEN "kvm_vcpu_poll_read_mode"
             ELSE "kvm_vcpu_poll_read_kicked"
PollFirst == IF RegisterBeforeCheck THEN "poll_wait_lock" ELSE ReadFirst

Init ==
    /\ MemoryInit(Threads)
    /\ pc = [th \in Threads |-> IF th[1] = "vcpu" THEN "KVM_RUN"
                                ELSE IF th[1] = "source" THEN "kvm_make_request" ELSE "poll_initwait"]
    /\ KvmInit({0})
    /\ injected = FALSE
    /\ kicked = FALSE
    /\ wqh_lock = FALSE
    /\ wqh = {}
    /\ triggered = [p \in Pollers |-> FALSE]
    /\ reason = [v \in {0} |-> "none"]
    /\ todo = [w \in {0} \cup Sources |-> {}]
    /\ registered = [p \in Pollers |-> FALSE]
    /\ since_clear = FALSE
    /\ since_entry = FALSE
    /\ stale = [p \in Pollers |-> FALSE]
    /\ unkicked = [p \in Pollers |-> FALSE]

Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
At(th, label) == pc[th] = label

-----------------------------------------------------------------------------
(* The vCPU thread                                                         *)

\* Why it is not in the guest becomes r.
Reason(r) == reason' = [reason EXCEPT ![0] = r]

\* The VMM calls KVM_RUN, or leaves the vCPU in userspace for as long as it likes. In the
\* reviewer's design it may ask KVM_RUN to wait for an event (KVM_MP_STATE_HALTED_USERSPACE).
KVM_RUN ==
    /\ At(vcpu, "KVM_RUN")
    /\ VcpuRuns
    /\ \/ Goto(vcpu, "kvm_request_pending") /\ UNCHANGED reason
       \/ HaltedUserspace /\ Goto(vcpu, "prepare_to_rcuwait") /\ Reason("wait")
    /\ UNCHANGED <<store_buffer, memory_vars, todo, registered, history_vars>>

EnterFirst == IF ClearBeforeCheck THEN "vcpu_enter_guest_clear_kicked" ELSE "vcpu_enter_guest_mode_in_guest"

\* x86.c, vcpu_enter_guest: "if (kvm_request_pending(vcpu))", one load.
kvm_request_pending ==
    /\ At(vcpu, "kvm_request_pending")
    /\ Goto(vcpu, IF request_pending(vcpu, 0) THEN "kvm_check_request" ELSE EnterFirst)
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars, history_vars>>

\* x86.c, vcpu_enter_guest: "if (kvm_check_request(KVM_REQ_EVENT, vcpu))", then
\* kvm_check_and_inject_events: the event is taken and is in injection. Nothing but
\* poll-state looks at injected from another thread, so that both are one step.
kvm_check_request ==
    /\ At(vcpu, "kvm_check_request")
    /\ clear_request(vcpu, 0)
    /\ injected' = TRUE
    /\ Goto(vcpu, EnterFirst)
    /\ UNCHANGED <<kicked, wqh_lock, wqh, triggered, local_vars, history_vars>>

\* After the clear: on to where the design does it.
AfterClear ==
    IF ClearMb THEN "vcpu_enter_guest_clear_smp_mb"
    ELSE IF ClearBeforeCheck THEN "vcpu_enter_guest_mode_in_guest"
    ELSE IF RestoreOnCancel THEN "vcpu_enter_guest_recheck"
    ELSE "vmentry"

\* 002, vcpu_enter_guest: "WRITE_ONCE(vcpu->kicked, false)".
vcpu_enter_guest_clear_kicked ==
    /\ At(vcpu, "vcpu_enter_guest_clear_kicked")
    /\ HasSlot(vcpu)
    /\ kicked' = WRITE_ONCE(kicked, FALSE)
    /\ store_buffer' = WITH_STORE(vcpu, <<"kicked">>, FALSE)
    /\ since_clear' = FALSE
    /\ Goto(vcpu, AfterClear)
    /\ UNCHANGED <<kvm_vars, injected, wqh_lock, wqh, triggered, local_vars, since_entry, stale, unkicked>>

\* Not in 002: the barrier that clear-recheck needs.
vcpu_enter_guest_clear_smp_mb ==
    /\ At(vcpu, "vcpu_enter_guest_clear_smp_mb")
    /\ kvm_smp_mb(vcpu)
    /\ Goto(vcpu, IF ClearBeforeCheck THEN "vcpu_enter_guest_mode_in_guest"
                  ELSE IF RestoreOnCancel THEN "vcpu_enter_guest_recheck" ELSE "vmentry")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* x86.c, vcpu_enter_guest: "smp_store_release(&vcpu->mode, IN_GUEST_MODE)", interrupts off.
vcpu_enter_guest_mode_in_guest ==
    /\ At(vcpu, "vcpu_enter_guest_mode_in_guest")
    /\ mode_in_guest(vcpu, 0)
    /\ Goto(vcpu, IF EntryMb THEN "vcpu_enter_guest_smp_mb" ELSE "kvm_vcpu_exit_request_mode")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* x86.c, vcpu_enter_guest: kvm_vcpu_srcu_read_unlock, smp_mb__after_srcu_read_unlock.
vcpu_enter_guest_smp_mb ==
    /\ At(vcpu, "vcpu_enter_guest_smp_mb")
    /\ kvm_smp_mb(vcpu)
    /\ Goto(vcpu, "kvm_vcpu_exit_request_mode")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* The entry is cancelled. What the clear has taken away is restored first, where the design
\* does so and has cleared.
Cancelled ==
    IF RestoreOnCancel /\ ClearBeforeCheck
    THEN Goto(vcpu, "vcpu_enter_guest_restore") /\ Reason("restore")
    ELSE Goto(vcpu, "vcpu_enter_guest_mode_outside") /\ Reason("abort")

\* x86.c, kvm_vcpu_exit_request: "vcpu->mode == EXITING_GUEST_MODE", first load.
kvm_vcpu_exit_request_mode ==
    /\ At(vcpu, "kvm_vcpu_exit_request_mode")
    /\ IF exiting_guest_mode(vcpu, 0) THEN Cancelled
       ELSE Goto(vcpu, "kvm_vcpu_exit_request_requests") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, memory_vars, todo, registered, history_vars>>

\* After the check: version 1, poll-state and the reviewer's design have no kicked to clear.
AfterCheck ==
    IF ClearBeforeCheck \/ PollState \/ ModePolling \/ HaltedUserspace THEN "vmentry"
    ELSE "vcpu_enter_guest_clear_kicked"

\* x86.c, kvm_vcpu_exit_request: "|| kvm_request_pending(vcpu)", second load.
kvm_vcpu_exit_request_requests ==
    /\ At(vcpu, "kvm_vcpu_exit_request_requests")
    /\ IF request_pending(vcpu, 0) THEN Cancelled
       ELSE Goto(vcpu, AfterCheck) /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, memory_vars, todo, registered, history_vars>>

\* Not in 002: clear-recheck reads vcpu->requests once more.
vcpu_enter_guest_recheck ==
    /\ At(vcpu, "vcpu_enter_guest_recheck")
    /\ IF request_pending(vcpu, 0)
       THEN Goto(vcpu, "vcpu_enter_guest_restore") /\ Reason("restore")
       ELSE Goto(vcpu, "vmentry") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, memory_vars, todo, registered, history_vars>>

\* What a waker does that has set kicked.
WakeFirst == IF WakerTakesLock THEN "wake_up_lock" ELSE "waitqueue_active"

\* Where thread th goes after it has kicked: a source is done, the vCPU thread goes on with
\* what it was about.
AfterKick(th) ==
    IF th[1] = "source" THEN Goto(th, "kvm_make_request") /\ UNCHANGED reason
    ELSE IF reason[0] = "restore" THEN Goto(th, "vcpu_enter_guest_mode_outside") /\ Reason("abort")
    ELSE IF reason[0] = "hypercall" THEN Goto(th, "KVM_RUN") /\ Reason("none")
    ELSE IF reason[0] = "halt" THEN Goto(th, "prepare_to_rcuwait") /\ UNCHANGED reason
    ELSE Goto(th, "vcpu_run_signal") /\ UNCHANGED reason

\* "if (!cmpxchg(&vcpu->kicked, false, true)) wake_up_interruptible(&vcpu->wqh)" by thread th.
SetKicked(th) ==
    /\ cmpxchg_ok(th, <<"kicked">>, kicked, FALSE)
    /\ IF READ_ONCE(th, <<"kicked">>, kicked)
       THEN UNCHANGED kicked /\ AfterKick(th)
       ELSE kicked' = TRUE /\ Goto(th, WakeFirst) /\ UNCHANGED reason
    /\ since_clear' = TRUE
    /\ since_entry' = TRUE
    /\ UNCHANGED <<kvm_vars, injected, wqh_lock, wqh, triggered, todo, registered, stale, unkicked>>

\* Not in 002: the entry is cancelled, kicked is set again, and whoever polled meanwhile woken.
vcpu_enter_guest_restore ==
    /\ At(vcpu, "vcpu_enter_guest_restore")
    /\ SetKicked(vcpu)

\* x86.c, vcpu_enter_guest: VM-entry delivers what is in injection.
vmentry ==
    /\ At(vcpu, "vmentry")
    /\ injected' = FALSE
    /\ since_entry' = since_clear
    /\ Goto(vcpu, "vmexit")
    /\ UNCHANGED <<store_buffer, kvm_vars, kicked, wqh_lock, wqh, triggered, local_vars, since_clear, stale, unkicked>>

\* The guest runs until it makes a hypercall (VTL call: KVM_RUN returns), halts, or an IPI comes.
\* Interrupts are taken after VM-exit, so an IPI that came with another exit is gone too.
vmexit ==
    /\ At(vcpu, "vmexit")
    /\ \/ (IF IpiMayLag THEN TRUE ELSE ~ipi[0]) /\ Reason("hypercall")
       \/ ipi[0] /\ Reason("ipi")
       \/ GuestHalts /\ (IF IpiMayLag THEN TRUE ELSE ~ipi[0]) /\ Reason("halt")
    /\ take_ipi(vcpu, 0)
    /\ Goto(vcpu, "vcpu_enter_guest_mode_outside")
    /\ UNCHANGED <<poll_vars, todo, registered, history_vars>>

\* x86.c, vcpu_enter_guest: "vcpu->mode = OUTSIDE_GUEST_MODE", after an exit and in a
\* cancelled entry; then kvm_vcpu_srcu_read_lock, a full barrier.
vcpu_enter_guest_mode_outside ==
    /\ At(vcpu, "vcpu_enter_guest_mode_outside")
    /\ mode_outside(vcpu, 0)
    /\ IF SelfTimer THEN Goto(vcpu, "local_timer_interrupt") /\ UNCHANGED reason ELSE AfterKick(vcpu)
    /\ UNCHANGED <<poll_vars, todo, registered, history_vars>>

\* A timer of the vCPU's fires on its own pCPU: apic_timer_fn, kvm_make_request, then
\* kvm_vcpu_kick finds the vCPU loaded here (kvm_running_vcpu) and does "goto out", past the
\* statement that sets kicked. The handler runs on the vCPU thread's own CPU, and returns by
\* IRET, which serialises: what it has stored is visible, whatever its set_bit was.
local_timer_interrupt ==
    /\ At(vcpu, "local_timer_interrupt")
    /\ locked(vcpu)
    /\ \/ UNCHANGED requests /\ AfterKick(vcpu)
       \/ /\ requests' = SET_BIT(requests, 0)
          /\ IF SelfKickSets THEN Goto(vcpu, "kvm_vcpu_kick_self") /\ UNCHANGED reason ELSE AfterKick(vcpu)
    /\ UNCHANGED <<mode, ipi, rcuwait, woken, poll_vars, todo, registered, history_vars>>

\* Not in 002: a kick on the vCPU's own pCPU sets kicked and wakes as well.
kvm_vcpu_kick_self ==
    /\ At(vcpu, "kvm_vcpu_kick_self")
    /\ SetKicked(vcpu)

\* x86.c, vcpu_run: "if (__xfer_to_guest_mode_work_pending())": a signal takes the thread out
\* with -EINTR, before the next vcpu_enter_guest could take the event.
vcpu_run_signal ==
    /\ At(vcpu, "vcpu_run_signal")
    /\ \/ Goto(vcpu, "kvm_request_pending")
       \/ /\ IF reason[0] = "abort" THEN SignalAfterAbort ELSE TRUE
          /\ Goto(vcpu, "KVM_RUN")
    /\ Reason("none")
    /\ UNCHANGED <<store_buffer, memory_vars, todo, registered, history_vars>>

\* kvm_main.c, kvm_vcpu_block: prepare_to_rcuwait, set_current_state.
prepare_to_rcuwait ==
    /\ At(vcpu, "prepare_to_rcuwait")
    /\ rcuwait_publish(vcpu, 0)
    /\ Goto(vcpu, "kvm_vcpu_check_block")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_check_block: kvm_arch_vcpu_runnable; an event in injection counts.
kvm_vcpu_check_block ==
    /\ At(vcpu, "kvm_vcpu_check_block")
    /\ Goto(vcpu, IF request_pending(vcpu, 0) \/ injected THEN "finish_rcuwait"
                  ELSE "kvm_vcpu_block_schedule")
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: schedule, until it is woken; then set_current_state again.
kvm_vcpu_block_schedule ==
    /\ At(vcpu, "kvm_vcpu_block_schedule")
    /\ rcuwait_sleep(vcpu, 0)
    /\ Goto(vcpu, "kvm_vcpu_check_block")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: finish_rcuwait, one store.
finish_rcuwait ==
    /\ At(vcpu, "finish_rcuwait")
    /\ rcuwait_unpublish(vcpu, 0)
    /\ Goto(vcpu, IF reason[0] = "wait" THEN "vcpu_run_exit_event" ELSE "vcpu_run_signal")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* The reviewer's design: "KVM instead exits to userspace", and the VMM knows of the event.
vcpu_run_exit_event ==
    /\ At(vcpu, "vcpu_run_exit_event")
    /\ kvm_smp_mb(vcpu)
    /\ Goto(vcpu, "KVM_RUN")
    /\ Reason("none")
    /\ UNCHANGED <<poll_vars, todo, registered, history_vars>>

-----------------------------------------------------------------------------
(* An event source                                                         *)

AfterRequest ==
    IF ~KickOnEvent THEN "vmx_deliver_posted_interrupt"
    ELSE IF WakeUpMb THEN "rcuwait_wake_up_smp_mb" ELSE "rcuwait_wake_up"

\* kvm_host.h, kvm_make_request: smp_wmb, set_bit in vcpu->requests. The event is published.
kvm_make_request(s) ==
    /\ At(source(s), "kvm_make_request")
    /\ set_request(source(s), 0)
    /\ Goto(source(s), AfterRequest)
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* vmx.c, vmx_deliver_posted_interrupt: "if (vcpu->mode == IN_GUEST_MODE)" the notification
\* vector is sent, else the vCPU is woken; kvm_vcpu_kick is never called.
vmx_deliver_posted_interrupt(s) ==
    /\ At(source(s), "vmx_deliver_posted_interrupt")
    /\ Goto(source(s), IF found_mode(source(s), 0) = "IN_GUEST_MODE" THEN "smp_send_reschedule"
                       ELSE IF WakeUpMb THEN "rcuwait_wake_up_smp_mb" ELSE "rcuwait_wake_up")
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "smp_mb()" before the task is read.
rcuwait_wake_up_smp_mb(s) ==
    /\ At(source(s), "rcuwait_wake_up_smp_mb")
    /\ kvm_smp_mb(source(s))
    /\ Goto(source(s), "rcuwait_wake_up")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up, from kvm_vcpu_wake_up: "task = rcu_dereference(w->task)".
rcuwait_wake_up(s) ==
    /\ At(source(s), "rcuwait_wake_up")
    /\ Goto(source(s), IF rcuwait_task(source(s), 0) THEN "wake_up_process"
                       ELSE IF KickOnEvent THEN "kvm_vcpu_kick_mode" ELSE "kvm_make_request")
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars, history_vars>>

\* After the IPI, or without one: the statement that 002 adds; version 1 wakes the pollers if
\* somebody polls, poll-state always does. found is what mode was, "none" if nobody looked.
AfterMode(s, found) ==
    IF PollState THEN WakeFirst
    ELSE IF ModePolling THEN (IF found = "POLLING_FOR_EVENTS" THEN WakeFirst ELSE "kvm_make_request")
    ELSE IF HaltedUserspace THEN "kvm_make_request"
    ELSE "kvm_vcpu_kick_kicked"

\* kvm_main.c, kvm_vcpu_kick: "if (kvm_vcpu_wake_up(vcpu)) return": the vCPU thread was blocked
\* and is woken; the rest of kvm_vcpu_kick is skipped. Not in 002: only mode and IPI are.
wake_up_process(s) ==
    /\ At(source(s), "wake_up_process")
    /\ wake_task(source(s), 0)
    /\ Goto(source(s), IF KickOnEvent /\ WakeUpSets THEN AfterMode(s, "none") ELSE "kvm_make_request")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_kick: kvm_arch_vcpu_should_kick, "cmpxchg(&vcpu->mode, IN_GUEST_MODE,
\* EXITING_GUEST_MODE) == IN_GUEST_MODE".
kvm_vcpu_kick_mode(s) ==
    LET found == found_mode(source(s), 0)
    IN /\ At(source(s), "kvm_vcpu_kick_mode")
       /\ cmpxchg_mode(source(s), 0)
       /\ Goto(source(s), IF found = "IN_GUEST_MODE" THEN "smp_send_reschedule" ELSE AfterMode(s, found))
       /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_kick: "smp_send_reschedule(cpu)".
smp_send_reschedule(s) ==
    /\ At(source(s), "smp_send_reschedule")
    /\ send_ipi(source(s), 0)
    /\ Goto(source(s), IF KickOnEvent THEN AfterMode(s, "IN_GUEST_MODE") ELSE "kvm_make_request")
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* 002, kvm_vcpu_kick: "if (!cmpxchg(&vcpu->kicked, false, true))".
kvm_vcpu_kick_kicked(s) ==
    /\ At(source(s), "kvm_vcpu_kick_kicked")
    /\ SetKicked(source(s))

-----------------------------------------------------------------------------
(* wake_up_interruptible(&vcpu->wqh), by an event source or by the vCPU     *)
(* thread                                                                  *)

\* Not in 002: a waker that skips the queue when nobody seems to wait.
waitqueue_active(th) ==
    /\ At(th, "waitqueue_active")
    /\ IF READ_ONCE(th, <<"wqh">>, wqh) = {} THEN AfterKick(th)
       ELSE Goto(th, "wake_up_lock") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, memory_vars, todo, registered, history_vars>>

\* kernel/sched/wait.c, __wake_up_common_lock: "spin_lock_irqsave(&wq_head->lock, flags)".
wake_up_lock(th) ==
    /\ At(th, "wake_up_lock")
    /\ locked(th)
    /\ ~wqh_lock
    /\ wqh_lock' = TRUE
    /\ Goto(th, "wake_up_first")
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh, triggered, local_vars, history_vars>>

\* kernel/sched/wait.c, __wake_up_common: list_first_entry, and on from there.
wake_up_first(th) ==
    LET queue == READ_ONCE(th, <<"wqh">>, wqh)
    IN /\ At(th, "wake_up_first")
       /\ todo' = [todo EXCEPT ![th[2]] = IF WakeAll \/ queue = {} THEN queue ELSE {First(queue)}]
       /\ Goto(th, IF queue = {} THEN "wake_up_unlock" ELSE "pollwake")
       /\ UNCHANGED <<store_buffer, memory_vars, reason, registered, history_vars>>

\* fs/select.c, pollwake: "WRITE_ONCE(pwq->triggered, 1)" and the wake-up of the task, which is
\* a full barrier.
pollwake(th) ==
    /\ At(th, "pollwake")
    /\ locked(th)
    /\ LET p == First(todo[th[2]])
           rest == todo[th[2]] \ {p}
       IN /\ triggered' = SET_BIT(triggered, p)
          /\ todo' = [todo EXCEPT ![th[2]] = rest]
          /\ Goto(th, IF rest = {} THEN "wake_up_unlock" ELSE "pollwake")
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh_lock, wqh, reason, registered,
                   history_vars>>

\* kernel/sched/wait.c: "spin_unlock_irqrestore(&wq_head->lock, flags)", a release.
wake_up_unlock(th) ==
    /\ At(th, "wake_up_unlock")
    /\ HasSlotsForRelease(th)
    /\ wqh_lock' = WRITE_ONCE(wqh_lock, FALSE)
    /\ store_buffer' = WITH_RELEASE(th, <<"wqh_lock">>, FALSE)
    /\ AfterKick(th)
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh, triggered, todo, registered,
                   history_vars>>

-----------------------------------------------------------------------------
(* A poller: do_poll of fs/select.c, one pass after the other              *)

\* A pass of kvm_vcpu_poll after poll_wait: its barrier, then the check.
CheckFirst == IF PollMb THEN "kvm_vcpu_poll_smp_mb" ELSE ReadFirst

\* fs/select.c, poll_initwait, from do_sys_poll: "pwq->triggered = 0". The VMM polls; in the
\* reviewer's design there is nothing to poll. Nobody else knows the variable yet.
poll_initwait(p) ==
    /\ At(poller(p), "poll_initwait")
    /\ ~HaltedUserspace
    /\ triggered' = CLEAR_BIT(triggered, p)
    /\ Goto(poller(p), PollFirst)
    /\ UNCHANGED <<store_buffer, kvm_vars, injected, kicked, wqh_lock, wqh, local_vars, history_vars>>

\* 002, kvm_vcpu_poll: "poll_wait(file, &vcpu->wqh, wait)"; add_wait_queue takes wqh.lock.
poll_wait_lock(p) ==
    /\ At(poller(p), "poll_wait_lock")
    /\ locked(poller(p))
    /\ ~wqh_lock
    /\ wqh_lock' = TRUE
    /\ Goto(poller(p), "poll_wait_add")
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh, triggered, local_vars, history_vars>>

\* kernel/sched/wait.c, __add_wait_queue: list_add, a plain store.
poll_wait_add(p) ==
    LET queue == READ_ONCE(poller(p), <<"wqh">>, wqh) \cup {p}
    IN /\ At(poller(p), "poll_wait_add")
       /\ HasSlot(poller(p))
       /\ wqh' = WRITE_ONCE(wqh, queue)
       /\ store_buffer' = WITH_STORE(poller(p), <<"wqh">>, queue)
       /\ registered' = [registered EXCEPT ![p] = TRUE]
       /\ Goto(poller(p), "poll_wait_unlock")
       /\ UNCHANGED <<kvm_vars, injected, kicked, wqh_lock, triggered, reason, todo,
                      history_vars>>

\* kernel/sched/wait.c, add_wait_queue: spin_unlock_irqrestore, a release.
poll_wait_unlock(p) ==
    /\ At(poller(p), "poll_wait_unlock")
    /\ HasSlotsForRelease(poller(p))
    /\ wqh_lock' = WRITE_ONCE(wqh_lock, FALSE)
    /\ store_buffer' = WITH_RELEASE(poller(p), <<"wqh_lock">>, FALSE)
    /\ Goto(poller(p), IF RegisterBeforeCheck THEN CheckFirst ELSE "poll_schedule_timeout")
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh, triggered, local_vars, history_vars>>

\* 002, kvm_vcpu_poll: "smp_mb()".
kvm_vcpu_poll_smp_mb(p) ==
    /\ At(poller(p), "kvm_vcpu_poll_smp_mb")
    /\ kvm_smp_mb(poller(p))
    /\ Goto(poller(p), ReadFirst)
    /\ UNCHANGED <<poll_vars, local_vars, history_vars>>

\* What poll() does with its answer: EPOLLIN ends it; otherwise the thread sleeps, and
\* registers first if it has checked first.
Answer(p, ready) ==
    /\ Goto(poller(p), IF ready THEN (IF registered[p] THEN "poll_freewait_lock" ELSE "poll_initwait")
                       ELSE IF registered[p] THEN "poll_schedule_timeout" ELSE "poll_wait_lock")
    /\ stale' = [stale EXCEPT ![p] = ready /\ ~requests[0] /\ ~injected]
    /\ unkicked' = [unkicked EXCEPT ![p] = ready /\ ~since_entry]
    /\ UNCHANGED <<since_clear, since_entry>>

\* 002, kvm_vcpu_poll: "if (READ_ONCE(vcpu->kicked)) return EPOLLIN".
kvm_vcpu_poll_read_kicked(p) ==
    /\ At(poller(p), "kvm_vcpu_poll_read_kicked")
    /\ Answer(p, READ_ONCE(poller(p), <<"kicked">>, kicked))
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars>>

\* poll-state and version 1: the event itself is looked at.
kvm_vcpu_poll_read_requests(p) ==
    /\ At(poller(p), "kvm_vcpu_poll_read_requests")
    /\ IF PollState /\ ~request_pending(poller(p), 0)
       THEN Goto(poller(p), "kvm_vcpu_poll_read_injected") /\ UNCHANGED history_vars
       ELSE Answer(p, request_pending(poller(p), 0))
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars>>

\* poll-state: an event moves from requests to injected, so that this order misses none.
kvm_vcpu_poll_read_injected(p) ==
    /\ At(poller(p), "kvm_vcpu_poll_read_injected")
    /\ Answer(p, READ_ONCE(poller(p), <<"injected">>, injected))
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars>>

\* Version 1: "if (vcpu->mode == OUTSIDE_GUEST_MODE)" ...
kvm_vcpu_poll_read_mode(p) ==
    /\ At(poller(p), "kvm_vcpu_poll_read_mode")
    /\ Goto(poller(p), IF found_mode(poller(p), 0) = "OUTSIDE_GUEST_MODE"
                       THEN "kvm_vcpu_poll_mode_polling" ELSE "kvm_vcpu_poll_read_requests")
    /\ UNCHANGED <<store_buffer, memory_vars, local_vars, history_vars>>

\* ... "vcpu->mode = POLLING_FOR_EVENTS", with a full barrier before the requests are read.
kvm_vcpu_poll_mode_polling(p) ==
    /\ At(poller(p), "kvm_vcpu_poll_mode_polling")
    /\ locked(poller(p))
    /\ mode' = [mode EXCEPT ![0] = "POLLING_FOR_EVENTS"]
    /\ Goto(poller(p), "kvm_vcpu_poll_read_requests")
    /\ UNCHANGED <<requests, ipi, rcuwait, woken, poll_vars, local_vars, history_vars>>

\* fs/select.c, poll_schedule_timeout: sleeps unless triggered, then "smp_store_mb(
\* pwq->triggered, 0)"; the next pass does not register again.
poll_schedule_timeout(p) ==
    /\ At(poller(p), "poll_schedule_timeout")
    /\ locked(poller(p))
    /\ triggered[p]
    /\ triggered' = CLEAR_BIT(triggered, p)
    /\ Goto(poller(p), CheckFirst)
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh_lock, wqh, local_vars, history_vars>>

\* fs/select.c, poll_freewait, from do_sys_poll after EPOLLIN: remove_wait_queue takes
\* wqh.lock, ...
poll_freewait_lock(p) ==
    /\ At(poller(p), "poll_freewait_lock")
    /\ locked(poller(p))
    /\ ~wqh_lock
    /\ wqh_lock' = TRUE
    /\ stale' = [stale EXCEPT ![p] = FALSE]
    /\ unkicked' = [unkicked EXCEPT ![p] = FALSE]
    /\ Goto(poller(p), "poll_freewait_del")
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh, triggered, local_vars, since_clear,
                   since_entry>>

\* ... list_del, a plain store, ...
poll_freewait_del(p) ==
    LET queue == READ_ONCE(poller(p), <<"wqh">>, wqh) \ {p}
    IN /\ At(poller(p), "poll_freewait_del")
       /\ HasSlot(poller(p))
       /\ wqh' = WRITE_ONCE(wqh, queue)
       /\ store_buffer' = WITH_STORE(poller(p), <<"wqh">>, queue)
       /\ registered' = [registered EXCEPT ![p] = FALSE]
       /\ Goto(poller(p), "poll_freewait_unlock")
       /\ UNCHANGED <<kvm_vars, injected, kicked, wqh_lock, triggered, reason, todo,
                      history_vars>>

\* ... and releases it; poll() returns.
poll_freewait_unlock(p) ==
    /\ At(poller(p), "poll_freewait_unlock")
    /\ HasSlotsForRelease(poller(p))
    /\ wqh_lock' = WRITE_ONCE(wqh_lock, FALSE)
    /\ store_buffer' = WITH_RELEASE(poller(p), <<"wqh_lock">>, FALSE)
    /\ Goto(poller(p), "poll_initwait")
    /\ UNCHANGED <<kvm_vars, injected, kicked, wqh, triggered, local_vars, history_vars>>

-----------------------------------------------------------------------------
\* The memory: a store of thread th that is still in its buffer becomes visible.
commit(th) ==
    /\ \E i \in Committable(th) :
        LET e == store_buffer[th][i]
        IN /\ store_buffer' = WITHOUT_STORE(th, i)
           /\ KVM_COMMITTED(e)
           /\ kicked' = COMMITTED(<<"kicked">>, kicked, e)
           /\ wqh_lock' = COMMITTED(<<"wqh_lock">>, wqh_lock, e)
           /\ wqh' = COMMITTED(<<"wqh">>, wqh, e)
    /\ UNCHANGED <<pc, injected, triggered, local_vars, history_vars>>

-----------------------------------------------------------------------------
\* What the vCPU thread does by itself, once KVM_RUN was called and while not in the guest.
VcpuStep ==
    \/ kvm_request_pending
    \/ kvm_check_request
    \/ vcpu_enter_guest_clear_kicked
    \/ vcpu_enter_guest_clear_smp_mb
    \/ vcpu_enter_guest_mode_in_guest
    \/ vcpu_enter_guest_smp_mb
    \/ kvm_vcpu_exit_request_mode
    \/ kvm_vcpu_exit_request_requests
    \/ vcpu_enter_guest_recheck
    \/ vcpu_enter_guest_restore
    \/ vmentry
    \/ vcpu_enter_guest_mode_outside
    \/ local_timer_interrupt
    \/ kvm_vcpu_kick_self
    \/ vcpu_run_signal
    \/ prepare_to_rcuwait
    \/ kvm_vcpu_check_block
    \/ kvm_vcpu_block_schedule
    \/ finish_rcuwait
    \/ vcpu_run_exit_event

\* What an event source does by itself, once it has published an event.
SourceStep(s) ==
    \/ vmx_deliver_posted_interrupt(s)
    \/ rcuwait_wake_up_smp_mb(s)
    \/ rcuwait_wake_up(s)
    \/ wake_up_process(s)
    \/ kvm_vcpu_kick_mode(s)
    \/ smp_send_reschedule(s)
    \/ kvm_vcpu_kick_kicked(s)

\* A waker, but for its waiting for wqh.lock.
WakeStep(th) ==
    \/ waitqueue_active(th)
    \/ wake_up_first(th)
    \/ pollwake(th)
    \/ wake_up_unlock(th)

\* A poller, once poll() was called, but for its waiting for wqh.lock.
PollerStep(p) ==
    \/ poll_wait_add(p)
    \/ poll_wait_unlock(p)
    \/ kvm_vcpu_poll_smp_mb(p)
    \/ kvm_vcpu_poll_read_kicked(p)
    \/ kvm_vcpu_poll_read_requests(p)
    \/ kvm_vcpu_poll_read_injected(p)
    \/ kvm_vcpu_poll_read_mode(p)
    \/ kvm_vcpu_poll_mode_polling(p)
    \/ poll_schedule_timeout(p)
    \/ poll_freewait_del(p)
    \/ poll_freewait_unlock(p)

Next ==
    \/ KVM_RUN \/ vmexit \/ VcpuStep
    \/ \E s \in Sources : kvm_make_request(s) \/ SourceStep(s)
    \/ \E th \in Wakers : WakeStep(th) \/ wake_up_lock(th)
    \/ \E p \in Pollers : poll_initwait(p) \/ PollerStep(p) \/ poll_wait_lock(p) \/ poll_freewait_lock(p)
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants                                                              *)

EventPending == requests[0] \/ injected
SourcesIdle == \A s \in Sources : At(source(s), "kvm_make_request")
Parked == At(vcpu, "KVM_RUN")
Asleep(p) == At(poller(p), "poll_schedule_timeout") /\ ~triggered[p]

\* L1 as an invariant. No event is pending for a vCPU that is parked in userspace while a
\* poller sleeps and nobody is about to wake it. In the reviewer's design the vCPU thread is
\* itself the one that waits.
NoLostEventInv ==
    EventPending /\ SourcesIdle =>
        /\ Poller:: (Parked => \A p \in Pollers : ~Asleep(p))
        /\ Vcpu:: ~(At(vcpu, "kvm_vcpu_block_schedule") /\ ~woken[0])

\* The posted definition: ready means kicked since the guest was last entered.
ReadyMeansKickedInv == \A p \in Pollers : ~unkicked[p]

\* When poll reads that it is ready, an event is pending or in injection.
ReadyMeansPendingInv == \A p \in Pollers : ~stale[p]

\* L2. The vCPU itself never loses an event: in the guest with an event published and nobody
\* about to send an IPI, the IPI is on its way.
GuestSeesRequestInv == At(vcpu, "vmexit") /\ requests[0] /\ SourcesIdle => ipi[0]

-----------------------------------------------------------------------------
(* Temporal properties. Fairness, next to what needs it: weak fairness of  *)
(* what the vCPU thread does by itself in KVM_RUN, of a kick that was      *)
(* begun, of a poll() that was begun, and every store becomes visible in   *)
(* the end. Strong fairness of whoever waits for wqh.lock: Linux's spin    *)
(* locks are queued (kernel/locking/qspinlock.c), so others that come and  *)
(* go do not keep it out for ever. The VMM need not call KVM_RUN or        *)
(* poll(), the guest need not exit, not even for an IPI, and no event need *)
(* be published.                                                           *)

Fairness ==
    /\ WF_vars(VcpuStep \/ WakeStep(vcpu))
    /\ \A s \in Sources : WF_vars(SourceStep(s) \/ WakeStep(source(s)))
    /\ \A p \in Pollers : WF_vars(PollerStep(p))
    /\ \A th \in Wakers : SF_vars(wake_up_lock(th))
    /\ \A p \in Pollers : SF_vars(poll_wait_lock(p) \/ poll_freewait_lock(p))
    /\ \A th \in Threads : WF_vars(commit(th))

\* poll() has said EPOLLIN.
Reported(p) == At(poller(p), "poll_freewait_lock")

\* L1. An event for a vCPU that stays in userspace is reported: to some poller, or by KVM_RUN.
EventReportedProp ==
    /\ (EventPending /\ Parked /\ \E p \in Pollers : Asleep(p))
            ~> (~EventPending \/ ~Parked \/ \E p \in Pollers : Reported(p))
    /\ (EventPending /\ At(vcpu, "kvm_vcpu_block_schedule")) ~> ~At(vcpu, "kvm_vcpu_block_schedule")

\* Every poller that sleeps is woken by it and told, not only one.
AllPollersWokenProp ==
    \A p \in Pollers : (EventPending /\ Parked /\ Asleep(p)) ~> (~EventPending \/ ~Parked \/ Reported(p))

\* poll() was called and has not returned to the VMM.
Polling(p) == ~At(poller(p), "poll_initwait")

\* What a report is for: poll() returns to the VMM, wherever it was when the event came. A poller
\* that is told and never gets off the queue is no better off than one that sleeps.
PollReturnsProp ==
    \A p \in Pollers : (EventPending /\ Parked /\ Polling(p)) ~> (~EventPending \/ ~Parked \/ ~Polling(p))

\* An IPI is there for the guest. That the guest exits for it is the hardware's, and not assumed;
\* what the exit leads to is asked from there on.
CalledOut == At(vcpu, "vmexit") /\ ipi[0]

\* L2. What an event is for: a vCPU that is in KVM_RUN takes it (kvm_check_request), unless it
\* goes back to userspace, where L1 has it. An event that was taken gets into the guest, by
\* VM-entry; only a stream of events that never ends can cancel every entry.
EventTakenProp ==
    /\ (requests[0] /\ ~Parked /\ ~CalledOut) ~> (~requests[0] \/ Parked \/ CalledOut)
    /\ (<>[]SourcesIdle => ((injected /\ ~Parked) ~> (~injected \/ Parked)))
=============================================================================
