------------------------------ MODULE ApfReady ------------------------------
(* Asynchronous page faults whose "page ready" event is an interrupt.      *)
(*                                                                         *)
(* Models arch/x86/kvm/x86.c (kvm_pv_enable_async_pf,                      *)
(* kvm_pv_enable_async_pf2, kvm_can_do_async_pf, apf_slot_free,            *)
(* kvm_arch_async_page_present) as patched by document 003: "[PATCH RFC    *)
(* 3/6] KVM: x86: interrupt based APF page-ready event delivery", April    *)
(* 2020, on virt/kvm/async_pf.c of that time; and, by toggles, what its    *)
(* review led to and Linux 6.1 and 6.12 have (the designs landed...). The  *)
(* guest is arch/x86/kernel/kvm.c: patch 6/6 of the series, 6.1 and 6.12.  *)
(*                                                                         *)
(* Twin: impl/apf-ready/ApfReady.ts. Bounds and fairness: MCApfReady.tla.  *)
(*                                                                         *)
(* The guest and the host side of its vCPU strictly alternate on one       *)
(* logical CPU: the guest moves while in_guest and no VM-exit is due, the  *)
(* host side otherwise. So the slot, the interrupt state and apf.* are not *)
(* subject to the memory model: one CPU reads and writes them, VM-entry    *)
(* and VM-exit in between. What a worker shares with the vCPU is: the done *)
(* list and its lock, pageready_pending, vcpu->requests, mode and wait.    *)
(*                                                                         *)
(* Left out, and why no race in question hides there:                      *)
(* - A second vCPU: the slot and the lists are per vCPU.                   *)
(* - Delivery of "page ready" by #PF (bit 3 of MSR_KVM_ASYNC_PF_EN clear): *)
(*   it is what was there before. Enabled means bits 0 and 3 are set.      *)
(* - Pages: a token stands for the page, for the work item and for the     *)
(*   task that waits. Tokens are used again only when all of these are     *)
(*   done, as in 2^20 faults. A page may be swapped out again at any time. *)
(* - Who is halted: a vCPU blocks for apf.halted only. A guest's HLT is    *)
(*   one more VM-exit that may or may not come.                            *)
(* - In designs in which nobody makes a request, mode and requests: nobody *)
(*   looks at them.                                                        *)
(* - KVM_SET_MSRS: the same functions under vcpu->mutex, which KVM_RUN     *)
(*   holds, so that they come between two VM-exits as a guest's WRMSR.     *)
(* - kvm_suspend and kvm_resume: the feature is disabled and enabled with  *)
(*   interrupts off all the while, so that an interrupt that was pending   *)
(*   finds it enabled again. kvm_cpu_down_prepare, after which it is       *)
(*   ignored, is the worse. The INIT on the way back (kvm_vcpu_reset)      *)
(*   clears the MSRs and the queue once more, and drops the interrupt      *)
(*   instead; not the slot, nor pageready_pending.                         *)
(* - Delivery to a nested guest (kvm_can_deliver_async_pf,                 *)
(*   delivery_as_pf_vmexit): refused it is a notice that cannot be         *)
(*   delivered (Undeliverable), granted it leaves L2 for L1 and goes on    *)
(*   there as here. Page ready is an interrupt like any other.             *)
(* - CR0.PG: kvm_post_set_cr0 clears the queue as disabling does, and      *)
(*   tells nobody. Linux changes it where the feature is off. SMM changes  *)
(*   it behind the guest's back, and loses tokens: in sequence, there is   *)
(*   no race to find.                                                      *)
(* - -ENOMEM of kvm_async_pf_wakeup_all, which its callers ignore: no      *)
(*   broadcast, as where the list is not empty. What comes of that is      *)
(*   landed-disable-window-fault.                                          *)
(* - ASYNC_PF_PER_VCPU (64): a fault beyond it is handled synchronously,   *)
(*   as any that kvm_can_do_async_pf refuses.                              *)
(* - The dummy entries of kvm_async_pf_task_wake, which remember a token   *)
(*   that nobody waits for: an entry is found again by that token only,    *)
(*   and tokens are not used again. That the guest is told of a token      *)
(*   which it never saw is ReadyAfterMissingInv.                           *)
(* - That the page of a second fault (RepeatedFaults) is back before its   *)
(*   work is off the list, and is only mapped: a VM-exit that changes      *)
(*   nothing. A fault on a page whose notice is on its way has a new token *)
(*   in Linux.                                                             *)
(*                                                                         *)
(* More than Linux does, tried without, and no verdict of a model changes: *)
(* the broadcast always requests KVM_REQ_APF_READY                         *)
(* (kvm_async_pf_wakeup_all does if the list is still empty under the      *)
(* lock; if not, the worker that came first has). So it is with what       *)
(* KvmVcpu keeps longer: an IPI until the next VM-exit, a wake-up until    *)
(* the next block, and a thread that was awake counts as woken.            *)
EXTENDS KvmVcpu

CONSTANTS
    Tokens,                 \* pages that can be missing, 1..n
    \* Toggles: ordering primitives and rules; all as posted but where said.
    SlotCheck,              \* an event is delivered only if the one before it was read
    GateByIf,               \* page ready waits for RFLAGS.IF and for no exception, as page missing does
    ScanOnExit,             \* vcpu_run looks at the done list after every VM-exit
    VectorFirst,            \* the guest writes the vector's MSR first; not as documented
    EnabledFirst,           \* the guest sets apf_reason.enabled before it writes MSR_KVM_ASYNC_PF_EN; in no kernel
    SplitWords,             \* page ready has a word of its own in the slot (token); not posted
    AckMsr,                 \* the guest acknowledges by an MSR, and the host looks at the list; not posted
    ClearBeforeAck,         \* ... after it has cleared the slot
    KickOnFirst,            \* the first on the done list requests KVM_REQ_APF_READY and kicks; not posted
    TokenNeverZero,         \* no token is 0, which a free slot has
    NotPresentInjected,     \* page ready only if page missing was injected; not posted
    LapicChecked,           \* page ready waits for the local APIC to be enabled; not posted
    OneKnob,                \* MSR_KVM_ASYNC_PF_EN alone enables; the other MSR is the vector; not posted
    GpaCheckedFirst,        \* MSR_KVM_ASYNC_PF_EN is stored only if its address can be mapped; not posted
    ClearOnEnable,          \* the guest clears the slot before it enables; not posted
    PendingReset,           \* KVM resets pageready_pending when the guest disables; not posted
    EntryCheck,             \* vcpu_enter_guest checks for requests after mode = IN_GUEST_MODE
    \* The world.
    ExitsRecur,             \* VM-exits come again and again
    OtherExits,             \* VM-exits may come that neither the guest nor a kick has caused
    Configures,             \* the guest starts with the feature off, and enables it
    IrqsOff,                \* it writes these MSRs with interrupts off
    Reconfigures,           \* its CPU may go down, which disables the feature, and come back later, which enables it
    TprHolds,               \* the guest may hold the vector back by its TPR
    RealFaults,             \* an ordinary #PF may come, too while a ready notice waits for its interrupt
    Undeliverable,          \* a missing page may be touched where no notice can be delivered
    RepeatedFaults,         \* a second task may touch a page while the first sleeps on it
    LapicOff,               \* the guest may disable its local APIC, and enable it again
    BadWrites,              \* the guest may write to the MSRs what must be rejected
    LapicInKernel           \* the local APIC is KVM's

ASSUME Tokens \subseteq Nat /\ 0 \notin Tokens

VARIABLES
    pc,                     \* per thread: the label of its next step
    \* shared with the workers; store_buffer, mode, requests, ipi, rcuwait, woken are in the library
    lock,                   \* async_pf.lock is held
    done,                   \* async_pf.done: tokens, and Broadcast
    pageready_pending,      \* apf.pageready_pending
    work,                   \* per token, the work item: "idle", "scheduled" or "executing"
    \* struct kvm_vcpu_arch, of the host side only
    msr_en,                 \* apf.msr_val says enabled
    msr_int,                \* apf.msr2_val says enabled; with OneKnob: it has a vector
    cache,                  \* apf.data: "none", "good" or "bad" (cannot be mapped, an old address in it)
    queued,                 \* async_pf.queue: the tokens in flight
    injected,               \* the works with notpresent_injected
    \* the CPU
    in_guest,               \* the guest runs
    exit_reason,            \* why it is to be left, or "none"
    address,                \* the token of the page that the exit or the #PF (CR2) is about, or 0
    exception,              \* a #PF to be delivered: "none", "apf" or "real"
    interrupts,             \* RFLAGS.IF: "on", or off in kvm_cpu_"online", in kvm_cpu_"down"_prepare or in a "handler"
    tpr,                    \* the TPR holds the vector back
    irr,                    \* the vector is in IRR
    lapic,                  \* the local APIC is enabled
    \* guest memory: the slot
    reason,                 \* its word reason (flags): 0, 1 page missing, 2 page ready
    token,                  \* its word token
    \* the guest's own
    guest_en,               \* its last accepted write to MSR_KVM_ASYNC_PF_EN was to enable
    guest_int,              \* it has written the vector's MSR
    enabled,                \* apf_reason.enabled (6.12: async_pf_enabled), which its handlers look at
    sleepers,               \* tokens that a task sleeps on
    \* locals
    halted,                 \* of the vCPU thread, apf.halted
    apf_halt,               \* KVM_REQ_APF_HALT, which it has requested of itself
    exit,                   \* the exit that it handles
    caller,                 \* who called kvm_check_async_pf_completion
    apf,                    \* the work at hand, or 0
    first,                  \* of a worker: the list was empty, and its kick is not over
    event,                  \* of the guest: the #PF that it handles
    \* history, read by properties only
    unread,                 \* ready events that were written and not read
    missing,                \* tokens of which the guest was told that the page is missing, not yet that it is ready
    written,                \* what the step before has written to the slot: "none", "missing" or "ready"
    raised                  \* the step before has set the interrupt

shared_vars == <<lock, done, pageready_pending, work>>
host_vars == <<msr_en, msr_int, cache, queued, injected>>
cpu_vars == <<in_guest, exit_reason, address, exception, interrupts, tpr, irr, lapic>>
slot_vars == <<reason, token>>
guest_vars == <<guest_en, guest_int, enabled, sleepers>>
vcpu_locals == <<halted, apf_halt, exit, caller, apf>>
history_vars == <<unread, missing, written, raised>>
vars == <<pc, store_buffer, mode, requests, ipi, rcuwait, woken, lock, done, pageready_pending, work,
          msr_en, msr_int, cache, queued, injected,
          in_guest, exit_reason, address, exception, interrupts, tpr, irr, lapic, reason, token,
          guest_en, guest_int, enabled, sleepers, halted, apf_halt, exit, caller, apf, first, event,
          unread, missing, written, raised>>

vcpu == <<"vcpu", 0>>
guest == <<"guest", 0>>
worker(t) == <<"worker", t>>
Threads == {vcpu, guest} \cup {worker(t) : t \in Tokens}

\* The token of kvm_async_pf_wakeup_all, ~0.
Broadcast == -1

\* x86.c, kvm_arch_setup_async_pf: "arch.token = (vcpu->arch.apf.id++ << 12) | vcpu->vcpu_id",
\* which is 0 for the first on vCPU 0; alloc_apf_token later skips 0. What the slot holds.
Word(t) == IF t = Broadcast \/ TokenNeverZero THEN t ELSE t - 1

Labels == {
    "vmexit", "vcpu_enter_guest_mode_outside", "kvm_can_do_async_pf", "kvm_faultin_pfn",
    "kvm_arch_async_page_not_present", "schedule_work", "kvm_pv_enable_async_pf", "kvm_pv_enable_async_pf_pending", "kvm_pv_enable_async_pf2",
    "kvm_async_pf_wakeup_all", "kvm_async_pf_wakeup_all_lock", "kvm_async_pf_wakeup_all_list_add",
    "kvm_async_pf_wakeup_all_unlock", "kvm_clear_async_pf_completion_queue",
    "kvm_clear_async_pf_completion_queue_lock", "kvm_clear_async_pf_completion_queue_list_del",
    "kvm_clear_async_pf_completion_queue_unlock", "kvm_set_msr_ack", "apic_set_spiv",
    "kvm_check_async_pf_completion", "kvm_check_async_pf_completion_lock",
    "kvm_check_async_pf_completion_list_del", "kvm_check_async_pf_completion_unlock",
    "kvm_arch_async_page_present", "kvm_arch_async_page_present_pending", "kvm_flush_and_free_async_pf_work",
    "prepare_to_rcuwait", "kvm_vcpu_check_block", "kvm_vcpu_block_schedule", "finish_rcuwait",
    "vcpu_enter_guest_apf_halt", "kvm_request_pending", "kvm_check_request", "vcpu_enter_guest_mode_in_guest", "vcpu_enter_guest_smp_mb",
    "kvm_vcpu_exit_request_mode", "kvm_vcpu_exit_request_requests", "vmentry",
    "async_pf_execute", "async_pf_execute_lock", "async_pf_execute_list_add", "async_pf_execute_unlock",
    "kvm_make_request", "kvm_arch_async_page_present_queued", "rcuwait_wake_up_smp_mb", "rcuwait_wake_up",
    "wake_up_process", "kvm_vcpu_kick_mode", "smp_send_reschedule", "async_pf_execute_return",
    "idtentry", "kvm_read_and_reset_pf_reason", "kvm_async_pf_task_wait", "kvm_async_pf_task_wake",
    "do_user_addr_fault", "sysvec_kvm_asyncpf_interrupt", "sysvec_kvm_asyncpf_interrupt_clear",
    "sysvec_kvm_asyncpf_interrupt_ack", "iret"}

Exits == {"none", "external", "fault", "fault_kernel", "en", "en_off", "en_reserved", "en_gpa", "int",
          "int_reserved", "ack", "lapic"}

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ KvmTypeOK({0}, KvmModes)
    /\ pc \in [Threads -> Labels]
    /\ lock \in BOOLEAN
    /\ \A i \in 1..Len(done) : done[i] \in Tokens \cup {Broadcast} /\ \A j \in 1..(i - 1) : done[i] # done[j]
    /\ pageready_pending \in BOOLEAN
    /\ work \in [Tokens -> {"idle", "scheduled", "executing"}]
    /\ msr_en \in BOOLEAN
    /\ msr_int \in BOOLEAN
    /\ cache \in {"none", "good", "bad"}
    /\ queued \subseteq Tokens
    /\ injected \subseteq Tokens
    /\ in_guest \in BOOLEAN
    /\ exit_reason \in Exits
    /\ address \in Tokens \cup {0}
    /\ exception \in {"none", "apf", "real"}
    /\ interrupts \in {"on", "down", "online", "handler"}
    /\ tpr \in BOOLEAN
    /\ irr \in BOOLEAN
    /\ lapic \in BOOLEAN
    /\ reason \in 0..2
    /\ token \in Tokens \cup {0, Broadcast}
    /\ guest_en \in BOOLEAN
    /\ guest_int \in BOOLEAN
    /\ enabled \in BOOLEAN
    /\ sleepers \subseteq Tokens
    /\ halted \in [{0} -> BOOLEAN]
    /\ apf_halt \in [{0} -> BOOLEAN]
    /\ exit \in [{0} -> Exits]
    /\ caller \in [{0} -> {"none", "vcpu_run", "vcpu_enter_guest"}]
    /\ apf \in [{0} -> Tokens \cup {0, Broadcast}]
    /\ first \in [Tokens -> BOOLEAN]
    /\ event \in [{0} -> {"none", "apf", "real"}]
    /\ unread \subseteq Tokens \cup {Broadcast}
    /\ missing \subseteq Tokens
    /\ written \in {"none", "missing", "ready"}
    /\ raised \in BOOLEAN

\* Where vcpu_enter_guest begins; in designs in which nobody makes a request, at VM-entry.
EnterFirst == IF KickOnFirst THEN "kvm_request_pending" ELSE "vmentry"

Init ==
    /\ MemoryInit(Threads)
    /\ KvmInit({0})
    /\ pc = [th \in Threads |-> IF th[1] = "vcpu" THEN EnterFirst
                                ELSE IF th[1] = "guest" THEN "idtentry" ELSE "async_pf_execute"]
    /\ lock = FALSE
    /\ done = <<>>
    /\ pageready_pending = FALSE
    /\ work = [t \in Tokens |-> "idle"]
    /\ msr_en = ~Configures
    /\ msr_int = ~Configures
    /\ cache = IF Configures THEN "none" ELSE "good"
    /\ queued = {}
    /\ injected = {}
    /\ in_guest = FALSE
    /\ exit_reason = "none"
    /\ address = 0
    /\ exception = "none"
    /\ interrupts = IF Configures /\ IrqsOff THEN "online" ELSE "on"
    /\ tpr = FALSE
    /\ irr = FALSE
    /\ lapic = TRUE
    /\ reason = 0
    /\ token = 0
    /\ guest_en = ~Configures
    /\ guest_int = ~Configures
    /\ enabled = ~Configures
    /\ sleepers = {}
    /\ halted = [v \in {0} |-> FALSE]
    /\ apf_halt = [v \in {0} |-> FALSE]
    /\ exit = [v \in {0} |-> "none"]
    /\ caller = [v \in {0} |-> "none"]
    /\ apf = [v \in {0} |-> 0]
    /\ first = [t \in Tokens |-> FALSE]
    /\ event = [g \in {0} |-> "none"]
    /\ unread = {}
    /\ missing = {}
    /\ written = "none"
    /\ raised = FALSE

Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
At(th, label) == pc[th] = label

Local(x, value) == [x EXCEPT ![0] = value]

\* The history of a step that is about neither slot nor interrupt.
Quiet == written' = "none" /\ raised' = FALSE /\ UNCHANGED <<unread, missing>>

\* apf_put_user and apf_get_user succeed.
Mapped == cache = "good"

\* 003, apf_slot_free: "return !val", false if it cannot be read. Of the later layout: the
\* word of the type.
SlotFree == Mapped /\ (IF SplitWords THEN token = 0 ELSE reason = 0)

\* 003, kvm_can_do_async_pf: "!lapic_in_kernel(vcpu) || ... vcpu->arch.exception.pending",
\* "delivery_as_int && !apf_slot_free(vcpu)", and at its end kvm_x86_ops.interrupt_allowed.
\* delivery_as_int is from the last write that enabled.
CanDoAsyncPf ==
    /\ LapicInKernel
    /\ exception = "none"
    /\ interrupts = "on"
    /\ ((SlotCheck /\ ~SplitWords /\ cache # "none") => SlotFree)

\* May the first of the done list be delivered? As posted kvm_arch_can_inject_async_page_present:
\* "if (!(msr_val & KVM_ASYNC_PF_ENABLED)) return true; else return kvm_can_do_async_pf(vcpu)";
\* K612, kvm_arch_can_dequeue_async_page_present: "kvm_lapic_enabled(vcpu) &&
\* apf_pageready_slot_free(vcpu)".
CanDequeue ==
    msr_en =>
        /\ (GateByIf => (LapicInKernel /\ exception = "none" /\ interrupts = "on"))
        /\ (SlotCheck => SlotFree)
        /\ (LapicChecked => lapic)

-----------------------------------------------------------------------------
(* The vCPU thread                                                         *)

\* x86.c, vcpu_run: "if (kvm_vcpu_running(vcpu)) vcpu_enter_guest else vcpu_block", where h is
\* apf.halted and q KVM_REQ_APF_HALT.
VcpuRun(h, q) ==
    Goto(vcpu, IF h THEN "prepare_to_rcuwait" ELSE IF q THEN "vcpu_enter_guest_apf_halt" ELSE EnterFirst)

\* x86.c, vcpu_run after vcpu_enter_guest or vcpu_block: "kvm_check_async_pf_completion(vcpu)";
\* K612 has it no more.
AfterExit(h, q) ==
    IF ScanOnExit THEN Goto(vcpu, "kvm_check_async_pf_completion") /\ caller' = Local(caller, "vcpu_run")
    ELSE VcpuRun(h, q) /\ UNCHANGED caller

\* The exit handler of exit e.
Handle(e) ==
    IF e \in {"fault", "fault_kernel"} THEN Goto(vcpu, "kvm_can_do_async_pf") /\ UNCHANGED caller
    ELSE IF e \in {"en", "en_off", "en_reserved", "en_gpa"} THEN Goto(vcpu, "kvm_pv_enable_async_pf") /\ UNCHANGED caller
    ELSE IF e \in {"int", "int_reserved"} THEN Goto(vcpu, "kvm_pv_enable_async_pf2") /\ UNCHANGED caller
    ELSE IF e = "ack" THEN Goto(vcpu, "kvm_set_msr_ack") /\ UNCHANGED caller
    ELSE IF e = "lapic" THEN Goto(vcpu, "apic_set_spiv") /\ UNCHANGED caller
    ELSE AfterExit(FALSE, FALSE)

\* VM-exit: for what the guest does, for an interrupt of the host, or for a kick.
vmexit ==
    LET e == IF exit_reason \in {"none", "external"} THEN "none" ELSE exit_reason
    IN /\ At(vcpu, "vmexit")
       /\ IF exit_reason # "none" THEN TRUE ELSE ipi[0]
       /\ take_ipi(vcpu, 0)
       /\ in_guest' = FALSE
       /\ exit_reason' = "none"
       /\ exit' = Local(exit, e)
       /\ IF KickOnFirst THEN Goto(vcpu, "vcpu_enter_guest_mode_outside") /\ UNCHANGED caller ELSE Handle(e)
       /\ UNCHANGED <<shared_vars, host_vars, address, exception, interrupts, tpr, irr, lapic, slot_vars, guest_vars,
                      halted, apf_halt, apf, first, event, history_vars>>

\* x86.c, vcpu_enter_guest: "vcpu->mode = OUTSIDE_GUEST_MODE", after an exit or in a cancelled entry.
vcpu_enter_guest_mode_outside ==
    /\ At(vcpu, "vcpu_enter_guest_mode_outside")
    /\ mode_outside(vcpu, 0)
    /\ Handle(exit[0])
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf, first, event,
                   history_vars>>

\* 003, kvm_can_do_async_pf, from try_async_pf: if not, the fault is handled synchronously. K61, mmu.c,
\* kvm_faultin_pfn: "if (kvm_find_async_pf_gfn(vcpu, fault->gfn)) { kvm_make_request(KVM_REQ_APF_HALT,
\* vcpu); return RET_PF_RETRY; }": the page is in flight already, and the vCPU halts.
kvm_can_do_async_pf ==
    /\ At(vcpu, "kvm_can_do_async_pf")
    /\ IF ~CanDoAsyncPf
       THEN /\ Goto(vcpu, "kvm_faultin_pfn")
            /\ address' = 0
            /\ exit' = Local(exit, "none")
            /\ UNCHANGED <<apf_halt, caller, apf>>
       ELSE IF address \in queued
       THEN /\ AfterExit(FALSE, TRUE)
            /\ address' = 0
            /\ exit' = Local(exit, "none")
            /\ apf_halt' = Local(apf_halt, TRUE)
            /\ UNCHANGED apf
       ELSE /\ Goto(vcpu, "kvm_arch_async_page_not_present")
            /\ apf' = Local(apf, address)
            /\ UNCHANGED <<address, exit, apf_halt, caller>>
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, exception, interrupts, tpr,
                   irr, lapic, slot_vars, guest_vars, halted, first, event, history_vars>>

\* x86.c, try_async_pf: the synchronous fallback, __gfn_to_pfn_memslot, waits for the page.
kvm_faultin_pfn ==
    /\ At(vcpu, "kvm_faultin_pfn")
    /\ AfterExit(FALSE, FALSE)
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf,
                   first, event, history_vars>>

\* x86.c, kvm_arch_async_page_not_present: "if (kvm_can_deliver_async_pf(vcpu) &&
\* !apf_put_user(vcpu, KVM_PV_REASON_PAGE_NOT_PRESENT))" inject #PF with the token in CR2, "else
\* kvm_make_request(KVM_REQ_APF_HALT, vcpu)".
kvm_arch_async_page_not_present ==
    LET t == apf[0]
        deliver == msr_en /\ Mapped /\ exit[0] = "fault"
    IN /\ At(vcpu, "kvm_arch_async_page_not_present")
       /\ queued' = queued \cup {t}
       /\ exit' = Local(exit, "none")
       /\ IF deliver
          THEN /\ reason' = 1
               /\ token' = IF SplitWords THEN token ELSE Word(t)
               /\ exception' = "apf"
               /\ injected' = injected \cup {t}
               /\ missing' = missing \cup {t}
               /\ written' = "missing"
               /\ UNCHANGED <<address, apf_halt>>
          ELSE /\ address' = 0
               /\ apf_halt' = Local(apf_halt, TRUE)
               /\ UNCHANGED <<slot_vars, exception, injected, missing, written>>
       /\ Goto(vcpu, "schedule_work")
       /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, msr_en, msr_int, cache, in_guest, exit_reason, interrupts,
                      tpr, irr, lapic, guest_vars, halted, caller, apf, first, event, unread, raised>>

\* async_pf.c, kvm_setup_async_pf: "schedule_work(&work->work)", under the workqueue's lock.
schedule_work ==
    /\ At(vcpu, "schedule_work")
    /\ locked(vcpu)
    /\ work' = [work EXCEPT ![apf[0]] = "scheduled"]
    /\ apf' = Local(apf, 0)
    /\ AfterExit(FALSE, apf_halt[0])
    /\ Quiet
    /\ UNCHANGED <<kvm_vars, lock, done, pageready_pending, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit,
                   first, event>>

\* 003, kvm_pv_enable_async_pf. Refused with #GP: "data & 0x30"; an address that cannot be
\* mapped, but only after "msr_val = data" (K612 too); K612: no local APIC. When it disables:
\* kvm_clear_async_pf_completion_queue. When it enables: kvm_async_pf_wakeup_all, as posted
\* only if MSR_KVM_ASYNC_PF2 is enabled.
kvm_pv_enable_async_pf ==
    LET e == exit[0]
        accepted == e = "en" /\ (OneKnob => LapicInKernel)
    IN /\ At(vcpu, "kvm_pv_enable_async_pf")
       /\ exit' = Local(exit, "none")
       /\ IF accepted
          THEN /\ msr_en' = TRUE
               /\ cache' = "good"
               /\ IF OneKnob \/ msr_int
                  THEN Goto(vcpu, "kvm_async_pf_wakeup_all") /\ UNCHANGED caller
                  ELSE AfterExit(FALSE, FALSE)
          ELSE IF e = "en_off"
          THEN /\ msr_en' = FALSE
               /\ UNCHANGED <<cache, caller>>
               /\ Goto(vcpu, IF PendingReset THEN "kvm_pv_enable_async_pf_pending"
                             ELSE "kvm_clear_async_pf_completion_queue")
          ELSE IF e = "en_gpa" /\ ~GpaCheckedFirst
          THEN /\ msr_en' = TRUE
               /\ cache' = IF cache = "none" THEN "none" ELSE "bad"
               /\ AfterExit(FALSE, FALSE)
          ELSE UNCHANGED <<msr_en, cache>> /\ AfterExit(FALSE, FALSE)
       /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, msr_int, queued, injected, cpu_vars, slot_vars, guest_vars,
                      halted, apf_halt, apf, first, event, history_vars>>

\* In no kernel: the guest that disables will not acknowledge any more.
kvm_pv_enable_async_pf_pending ==
    /\ At(vcpu, "kvm_pv_enable_async_pf_pending")
    /\ HasSlot(vcpu)
    /\ pageready_pending' = WRITE_ONCE(pageready_pending, FALSE)
    /\ store_buffer' = WITH_STORE(vcpu, <<"pageready_pending">>, FALSE)
    /\ Goto(vcpu, "kvm_clear_async_pf_completion_queue")
    /\ UNCHANGED <<kvm_vars, lock, done, work, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event,
                   history_vars>>

\* 003, kvm_pv_enable_async_pf2. Refused with #GP: "data & ~0x1ff", "!lapic_in_kernel(vcpu)".
\* "if (data & KVM_ASYNC_PF2_ENABLED) kvm_async_pf_wakeup_all(vcpu)"; K612 only stores the vector.
kvm_pv_enable_async_pf2 ==
    LET accepted == exit[0] = "int" /\ LapicInKernel
    IN /\ At(vcpu, "kvm_pv_enable_async_pf2")
       /\ exit' = Local(exit, "none")
       /\ msr_int' = (msr_int \/ accepted)
       /\ IF accepted /\ ~OneKnob
          THEN Goto(vcpu, "kvm_async_pf_wakeup_all") /\ UNCHANGED caller
          ELSE AfterExit(FALSE, FALSE)
       /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, msr_en, cache, queued, injected, cpu_vars, slot_vars,
                      guest_vars, halted, apf_halt, apf, first, event, history_vars>>

\* async_pf.c, kvm_async_pf_wakeup_all: "if (!list_empty_careful(&vcpu->async_pf.done)) return 0".
kvm_async_pf_wakeup_all ==
    /\ At(vcpu, "kvm_async_pf_wakeup_all")
    /\ IF READ_ONCE(vcpu, <<"done">>, done) = <<>>
       THEN Goto(vcpu, "kvm_async_pf_wakeup_all_lock") /\ UNCHANGED caller
       ELSE AfterExit(FALSE, FALSE)
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf,
                   first, event, history_vars>>

\* spin_lock(&vcpu->async_pf.lock) by thread th.
take_lock(th) ==
    /\ locked(th)
    /\ ~lock
    /\ lock' = TRUE
    /\ UNCHANGED <<done, pageready_pending, work>>

\* spin_unlock(&vcpu->async_pf.lock), a release.
release_lock(th) ==
    /\ HasSlotsForRelease(th)
    /\ lock' = WRITE_ONCE(lock, FALSE)
    /\ store_buffer' = WITH_RELEASE(th, <<"lock">>, FALSE)
    /\ UNCHANGED <<done, pageready_pending, work>>

\* A change of the list under its lock: plain stores.
store_done(th, list) ==
    /\ HasSlot(th)
    /\ done' = WRITE_ONCE(done, list)
    /\ store_buffer' = WITH_STORE(th, <<"done">>, list)
    /\ UNCHANGED <<lock, pageready_pending, work>>

\* async_pf.c, kvm_async_pf_wakeup_all: "spin_lock(&vcpu->async_pf.lock)", ...
kvm_async_pf_wakeup_all_lock ==
    /\ At(vcpu, "kvm_async_pf_wakeup_all_lock")
    /\ take_lock(vcpu)
    /\ Goto(vcpu, "kvm_async_pf_wakeup_all_list_add")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* ... "list_add_tail(&work->link, &vcpu->async_pf.done)", ...
kvm_async_pf_wakeup_all_list_add ==
    /\ At(vcpu, "kvm_async_pf_wakeup_all_list_add")
    /\ store_done(vcpu, Append(READ_ONCE(vcpu, <<"done">>, done), Broadcast))
    /\ Goto(vcpu, "kvm_async_pf_wakeup_all_unlock")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* ... spin_unlock; later kvm_arch_async_page_present_queued: the kick of the vCPU's own
\* thread does nothing, what matters is the request. (A worker may have come first; one
\* request more does no harm.)
kvm_async_pf_wakeup_all_unlock ==
    /\ At(vcpu, "kvm_async_pf_wakeup_all_unlock")
    /\ release_lock(vcpu)
    /\ IF KickOnFirst THEN Goto(vcpu, "kvm_make_request") /\ UNCHANGED caller ELSE AfterExit(FALSE, FALSE)
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf, first, event, history_vars>>

\* async_pf.c, kvm_clear_async_pf_completion_queue: "cancel_work_sync(&work->work)" for each
\* of the queue; one step, since nothing is scheduled meanwhile.
kvm_clear_async_pf_completion_queue ==
    /\ At(vcpu, "kvm_clear_async_pf_completion_queue")
    /\ locked(vcpu)
    /\ \A t \in Tokens : work[t] # "executing"
    /\ work' = [t \in Tokens |-> "idle"]
    /\ queued' = {}
    /\ injected' = {}
    /\ Goto(vcpu, "kvm_clear_async_pf_completion_queue_lock")
    /\ UNCHANGED <<kvm_vars, lock, done, pageready_pending, msr_en, msr_int, cache, cpu_vars, slot_vars, guest_vars,
                   vcpu_locals, first, event, history_vars>>

\* ... "spin_lock(&vcpu->async_pf.lock)", ...
kvm_clear_async_pf_completion_queue_lock ==
    /\ At(vcpu, "kvm_clear_async_pf_completion_queue_lock")
    /\ take_lock(vcpu)
    /\ Goto(vcpu, "kvm_clear_async_pf_completion_queue_list_del")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* ... "while (!list_empty(&vcpu->async_pf.done)) list_del", ...
kvm_clear_async_pf_completion_queue_list_del ==
    /\ At(vcpu, "kvm_clear_async_pf_completion_queue_list_del")
    /\ store_done(vcpu, <<>>)
    /\ Goto(vcpu, "kvm_clear_async_pf_completion_queue_unlock")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* ... spin_unlock.
kvm_clear_async_pf_completion_queue_unlock ==
    /\ At(vcpu, "kvm_clear_async_pf_completion_queue_unlock")
    /\ release_lock(vcpu)
    /\ AfterExit(FALSE, FALSE)
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf, first, event, history_vars>>

\* K612, kvm_set_msr_common, MSR_KVM_ASYNC_PF_ACK: "vcpu->arch.apf.pageready_pending = false;
\* kvm_check_async_pf_completion(vcpu)". A scan after the exit would find the same.
kvm_set_msr_ack ==
    /\ At(vcpu, "kvm_set_msr_ack")
    /\ HasSlot(vcpu)
    /\ pageready_pending' = WRITE_ONCE(pageready_pending, FALSE)
    /\ store_buffer' = WITH_STORE(vcpu, <<"pageready_pending">>, FALSE)
    /\ exit' = Local(exit, "none")
    /\ Goto(vcpu, "kvm_check_async_pf_completion")
    /\ caller' = Local(caller, "vcpu_run")
    /\ UNCHANGED <<kvm_vars, lock, done, work, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, apf, first, event,
                   history_vars>>

\* lapic.c, apic_set_spiv: the guest disables its local APIC or enables it again; K612 then
\* does "kvm_make_request(KVM_REQ_APF_READY, apic->vcpu)".
apic_set_spiv ==
    /\ At(vcpu, "apic_set_spiv")
    /\ lapic' = ~lapic
    /\ exit' = Local(exit, "none")
    /\ IF ~lapic /\ LapicChecked /\ KickOnFirst
       THEN Goto(vcpu, "kvm_make_request") /\ UNCHANGED caller
       ELSE AfterExit(FALSE, FALSE)
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, address, exception,
                   interrupts, tpr, irr, slot_vars, guest_vars, halted, apf_halt, apf, first, event, history_vars>>

\* async_pf.c, kvm_check_async_pf_completion: "while (!list_empty_careful(&vcpu->async_pf.done)
\* && kvm_arch_can_dequeue_async_page_present(vcpu))".
kvm_check_async_pf_completion ==
    /\ At(vcpu, "kvm_check_async_pf_completion")
    /\ IF READ_ONCE(vcpu, <<"done">>, done) # <<>> /\ CanDequeue
       THEN Goto(vcpu, "kvm_check_async_pf_completion_lock") /\ UNCHANGED caller
       ELSE /\ caller' = Local(caller, "none")
            /\ IF caller[0] = "vcpu_enter_guest"
               THEN Goto(vcpu, "vcpu_enter_guest_mode_in_guest") ELSE VcpuRun(halted[0], apf_halt[0])
    /\ Quiet
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf,
                   first, event>>

\* ... "spin_lock(&vcpu->async_pf.lock)", ...
kvm_check_async_pf_completion_lock ==
    /\ At(vcpu, "kvm_check_async_pf_completion_lock")
    /\ take_lock(vcpu)
    /\ Goto(vcpu, "kvm_check_async_pf_completion_list_del")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* ... "work = list_first_entry(&vcpu->async_pf.done); list_del(&work->link)", ...
kvm_check_async_pf_completion_list_del ==
    LET list == READ_ONCE(vcpu, <<"done">>, done)
    IN /\ At(vcpu, "kvm_check_async_pf_completion_list_del")
       /\ apf' = Local(apf, Head(list))
       /\ store_done(vcpu, Tail(list))
       /\ Goto(vcpu, "kvm_check_async_pf_completion_unlock")
       /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, caller, first, event,
                      history_vars>>

\* ... spin_unlock.
kvm_check_async_pf_completion_unlock ==
    /\ At(vcpu, "kvm_check_async_pf_completion_unlock")
    /\ release_lock(vcpu)
    /\ Goto(vcpu, "kvm_arch_async_page_present")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* What becomes of work a that was delivered: it is freed, but its function must have returned.
Free(a) ==
    IF a = Broadcast THEN Goto(vcpu, "kvm_check_async_pf_completion") /\ apf' = Local(apf, 0)
    ELSE Goto(vcpu, "kvm_flush_and_free_async_pf_work") /\ UNCHANGED apf

\* 003, kvm_arch_async_page_present: "if (msr_val & KVM_ASYNC_PF_ENABLED && !apf_put_user(vcpu,
\* KVM_PV_REASON_PAGE_READY, token))", then "kvm_apic_set_irq(vcpu, &irq, NULL)" if
\* MSR_KVM_ASYNC_PF2 is enabled; lapic.c, __apic_accept_irq drops it if the local APIC is
\* disabled. K612: "work->wakeup_all || work->notpresent_injected". In any case
\* "apf.halted = false".
kvm_arch_async_page_present ==
    LET a == apf[0]
        write == msr_en /\ Mapped /\ (NotPresentInjected => (a = Broadcast \/ a \in injected))
    IN /\ At(vcpu, "kvm_arch_async_page_present")
       /\ IF write
          THEN /\ token' = Word(a)
               /\ reason' = IF SplitWords THEN reason ELSE 2
               /\ irr' = (irr \/ (msr_int /\ lapic))
               /\ raised' = (msr_int /\ lapic)
               /\ written' = "ready"
               /\ unread' = unread \cup {a}
          ELSE UNCHANGED <<slot_vars, irr, raised, written, unread>>
       /\ IF write /\ AckMsr
          THEN Goto(vcpu, "kvm_arch_async_page_present_pending") /\ UNCHANGED apf
          ELSE Free(a)
       /\ queued' = queued \ {a}
       /\ injected' = injected \ {a}
       /\ halted' = Local(halted, FALSE)
       /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, msr_en, msr_int, cache, in_guest, exit_reason, address,
                      exception, interrupts, tpr, lapic, guest_vars, apf_halt, exit, caller, first, event, missing>>

\* K612, same function: "vcpu->arch.apf.pageready_pending = true".
kvm_arch_async_page_present_pending ==
    /\ At(vcpu, "kvm_arch_async_page_present_pending")
    /\ HasSlot(vcpu)
    /\ pageready_pending' = WRITE_ONCE(pageready_pending, TRUE)
    /\ store_buffer' = WITH_STORE(vcpu, <<"pageready_pending">>, TRUE)
    /\ Free(apf[0])
    /\ Quiet
    /\ UNCHANGED <<kvm_vars, lock, done, work, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, caller, first,
                   event>>

\* async_pf.c, kvm_flush_and_free_async_pf_work: "flush_work(&work->work)".
kvm_flush_and_free_async_pf_work ==
    /\ At(vcpu, "kvm_flush_and_free_async_pf_work")
    /\ locked(vcpu)
    /\ work[apf[0]] = "idle"
    /\ apf' = Local(apf, 0)
    /\ Goto(vcpu, "kvm_check_async_pf_completion")
    /\ Quiet
    /\ UNCHANGED <<kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, caller, first,
                   event>>

\* kvm_main.c, kvm_vcpu_block, from vcpu_block. (Its own check before is the same as the one in
\* the loop.)
prepare_to_rcuwait ==
    /\ At(vcpu, "prepare_to_rcuwait")
    /\ rcuwait_publish(vcpu, 0)
    /\ Goto(vcpu, "kvm_vcpu_check_block")
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* x86.c, kvm_vcpu_has_events: "!list_empty_careful(&vcpu->async_pf.done)", or an interrupt that
\* can be taken.
kvm_vcpu_check_block ==
    /\ At(vcpu, "kvm_vcpu_check_block")
    /\ Goto(vcpu, IF READ_ONCE(vcpu, <<"done">>, done) # <<>> \/ (irr /\ interrupts = "on" /\ ~tpr)
                  THEN "finish_rcuwait" ELSE "kvm_vcpu_block_schedule")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first,
                   event, history_vars>>

kvm_vcpu_block_schedule ==
    /\ At(vcpu, "kvm_vcpu_block_schedule")
    /\ rcuwait_sleep(vcpu, 0)
    /\ Goto(vcpu, "kvm_vcpu_check_block")
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* kvm_main.c, kvm_vcpu_block: finish_rcuwait; x86.c, vcpu_block: "vcpu->arch.apf.halted = false".
finish_rcuwait ==
    /\ At(vcpu, "finish_rcuwait")
    /\ rcuwait_unpublish(vcpu, 0)
    /\ halted' = Local(halted, FALSE)
    /\ AfterExit(FALSE, FALSE)
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, apf_halt, exit, apf, first, event, history_vars>>

\* x86.c, vcpu_enter_guest: "if (kvm_check_request(KVM_REQ_APF_HALT, vcpu)) {
\* vcpu->arch.apf.halted = true; r = 1; goto out; }", before any other request that matters here.
vcpu_enter_guest_apf_halt ==
    /\ At(vcpu, "vcpu_enter_guest_apf_halt")
    /\ halted' = Local(halted, TRUE)
    /\ apf_halt' = Local(apf_halt, FALSE)
    /\ AfterExit(TRUE, FALSE)
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, exit, apf, first,
                   event, history_vars>>

\* x86.c, vcpu_enter_guest: "if (kvm_request_pending(vcpu))".
kvm_request_pending ==
    /\ At(vcpu, "kvm_request_pending")
    /\ Goto(vcpu, IF request_pending(vcpu, 0) THEN "kvm_check_request" ELSE "vcpu_enter_guest_mode_in_guest")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first,
                   event, history_vars>>

\* K612, vcpu_enter_guest: "if (kvm_check_request(KVM_REQ_APF_READY, vcpu))
\* kvm_check_async_pf_completion(vcpu)".
kvm_check_request ==
    /\ At(vcpu, "kvm_check_request")
    /\ clear_request(vcpu, 0)
    /\ caller' = Local(caller, "vcpu_enter_guest")
    /\ Goto(vcpu, "kvm_check_async_pf_completion")
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf, first, event,
                   history_vars>>

CheckFirst == IF EntryCheck THEN "kvm_vcpu_exit_request_mode" ELSE "vmentry"

vcpu_enter_guest_mode_in_guest ==
    /\ At(vcpu, "vcpu_enter_guest_mode_in_guest")
    /\ mode_in_guest(vcpu, 0)
    /\ Goto(vcpu, IF EntryMb THEN "vcpu_enter_guest_smp_mb" ELSE CheckFirst)
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

vcpu_enter_guest_smp_mb ==
    /\ At(vcpu, "vcpu_enter_guest_smp_mb")
    /\ kvm_smp_mb(vcpu)
    /\ Goto(vcpu, CheckFirst)
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* x86.c, kvm_vcpu_exit_request: "vcpu->mode == EXITING_GUEST_MODE", ...
kvm_vcpu_exit_request_mode ==
    /\ At(vcpu, "kvm_vcpu_exit_request_mode")
    /\ Goto(vcpu, IF exiting_guest_mode(vcpu, 0) THEN "vcpu_enter_guest_mode_outside"
                  ELSE "kvm_vcpu_exit_request_requests")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first,
                   event, history_vars>>

\* ... "|| kvm_request_pending(vcpu)": the entry is cancelled.
kvm_vcpu_exit_request_requests ==
    /\ At(vcpu, "kvm_vcpu_exit_request_requests")
    /\ Goto(vcpu, IF request_pending(vcpu, 0) THEN "vcpu_enter_guest_mode_outside" ELSE "vmentry")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first,
                   event, history_vars>>

\* x86.c, vcpu_enter_guest: VM-entry.
vmentry ==
    /\ At(vcpu, "vmentry")
    /\ in_guest' = TRUE
    /\ Goto(vcpu, "vmexit")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, exit_reason, address, exception, interrupts, tpr,
                   irr, lapic, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

-----------------------------------------------------------------------------
(* A worker: async_pf_execute of virt/kvm/async_pf.c                       *)

\* async_pf_execute: the kernel thread takes the work; get_user_pages_remote brings the page in.
async_pf_execute(t) ==
    /\ At(worker(t), "async_pf_execute")
    /\ locked(worker(t))
    /\ work[t] = "scheduled"
    /\ work' = [work EXCEPT ![t] = "executing"]
    /\ Goto(worker(t), "async_pf_execute_lock")
    /\ UNCHANGED <<kvm_vars, lock, done, pageready_pending, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals,
                   first, event, history_vars>>

\* ... "spin_lock(&vcpu->async_pf.lock)", ...
async_pf_execute_lock(t) ==
    /\ At(worker(t), "async_pf_execute_lock")
    /\ take_lock(worker(t))
    /\ Goto(worker(t), "async_pf_execute_list_add")
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* ... "first = list_empty(&vcpu->async_pf.done); list_add_tail(&apf->link, &vcpu->async_pf.done)",
\* ...
async_pf_execute_list_add(t) ==
    LET list == READ_ONCE(worker(t), <<"done">>, done)
    IN /\ At(worker(t), "async_pf_execute_list_add")
       /\ store_done(worker(t), Append(list, t))
       /\ first' = [first EXCEPT ![t] = KickOnFirst /\ list = <<>>]
       /\ Goto(worker(t), "async_pf_execute_unlock")
       /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, event, history_vars>>

WakeFirst == IF WakeUpMb THEN "rcuwait_wake_up_smp_mb" ELSE "rcuwait_wake_up"

\* ... spin_unlock; K612: "if (first) kvm_arch_async_page_present_queued(vcpu)"; in any case
\* then "__kvm_vcpu_wake_up(vcpu)", 003's base: rcuwait_wake_up.
async_pf_execute_unlock(t) ==
    /\ At(worker(t), "async_pf_execute_unlock")
    /\ release_lock(worker(t))
    /\ Goto(worker(t), IF first[t] THEN "kvm_make_request" ELSE WakeFirst)
    /\ UNCHANGED <<kvm_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* K612, kvm_arch_async_page_present_queued: "kvm_make_request(KVM_REQ_APF_READY, vcpu)"; by
\* the vCPU's own thread in kvm_async_pf_wakeup_all, and when the local APIC is enabled.
kvm_make_request(th) ==
    /\ At(th, "kvm_make_request")
    /\ set_request(th, 0)
    /\ IF th = vcpu THEN AfterExit(FALSE, FALSE)
       ELSE /\ Goto(th, IF AckMsr THEN "kvm_arch_async_page_present_queued" ELSE WakeFirst)
            /\ UNCHANGED caller
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, halted, apf_halt, exit, apf, first, event,
                   history_vars>>

\* K612, same function: "if (!vcpu->arch.apf.pageready_pending) kvm_vcpu_kick(vcpu)".
kvm_arch_async_page_present_queued(t) ==
    /\ At(worker(t), "kvm_arch_async_page_present_queued")
    /\ IF READ_ONCE(worker(t), <<"pageready_pending">>, pageready_pending)
       THEN first' = [first EXCEPT ![t] = FALSE] /\ Goto(worker(t), WakeFirst)
       ELSE Goto(worker(t), WakeFirst) /\ UNCHANGED first
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, event,
                   history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "smp_mb()".
rcuwait_wake_up_smp_mb(t) ==
    /\ At(worker(t), "rcuwait_wake_up_smp_mb")
    /\ kvm_smp_mb(worker(t))
    /\ Goto(worker(t), "rcuwait_wake_up")
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: is there anybody? If not, kvm_vcpu_kick goes on.
rcuwait_wake_up(t) ==
    /\ At(worker(t), "rcuwait_wake_up")
    /\ Goto(worker(t), IF rcuwait_task(worker(t), 0) THEN "wake_up_process"
                       ELSE IF first[t] THEN "kvm_vcpu_kick_mode" ELSE "async_pf_execute_return")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first,
                   event, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "wake_up_process(task)"; kvm_vcpu_kick returns.
wake_up_process(t) ==
    /\ At(worker(t), "wake_up_process")
    /\ wake_task(worker(t), 0)
    /\ first' = [first EXCEPT ![t] = FALSE]
    /\ Goto(worker(t), IF first[t] THEN WakeFirst ELSE "async_pf_execute_return")
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, event, history_vars>>

kvm_vcpu_kick_mode(t) ==
    LET found == found_mode(worker(t), 0)
    IN /\ At(worker(t), "kvm_vcpu_kick_mode")
       /\ cmpxchg_mode(worker(t), 0)
       /\ first' = [first EXCEPT ![t] = FALSE]
       /\ Goto(worker(t), IF found = "IN_GUEST_MODE" THEN "smp_send_reschedule" ELSE WakeFirst)
       /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, event, history_vars>>

smp_send_reschedule(t) ==
    /\ At(worker(t), "smp_send_reschedule")
    /\ send_ipi(worker(t), 0)
    /\ Goto(worker(t), WakeFirst)
    /\ UNCHANGED <<shared_vars, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* The work function returns to kernel/workqueue.c, process_one_work.
async_pf_execute_return(t) ==
    /\ At(worker(t), "async_pf_execute_return")
    /\ locked(worker(t))
    /\ work' = [work EXCEPT ![t] = "idle"]
    /\ Goto(worker(t), "async_pf_execute")
    /\ UNCHANGED <<kvm_vars, lock, done, pageready_pending, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals,
                   first, event, history_vars>>

-----------------------------------------------------------------------------
(* The guest's handlers                                                    *)

\* The guest executes instructions.
GuestRuns == in_guest /\ exit_reason = "none"
Deliverable == irr /\ interrupts = "on" /\ ~tpr

\* The guest is in no handler, and no event comes before its next instruction.
AtStatement == GuestRuns /\ interrupts # "handler" /\ exception = "none" /\ ~Deliverable

\* Another task may run too. Between a WRMSR to MSR_KVM_ASYNC_PF_EN and the store to
\* apf_reason.enabled none does: preemption is off in kvm_guest_cpu_init and kvm_pv_disable_apf.
AtTask == AtStatement /\ enabled = guest_en

\* arch/x86/entry: an event is taken, with interrupts off: the injected #PF, or the interrupt.
idtentry ==
    /\ At(guest, "idtentry")
    /\ GuestRuns
    /\ IF exception # "none" THEN TRUE ELSE Deliverable
    /\ IF exception # "none"
       THEN /\ event' = Local(event, exception)
            /\ exception' = "none"
            /\ Goto(guest, "kvm_read_and_reset_pf_reason")
            /\ UNCHANGED irr
       ELSE /\ irr' = FALSE
            /\ Goto(guest, "sysvec_kvm_asyncpf_interrupt")
            /\ UNCHANGED <<event, exception>>
    /\ interrupts' = "handler"
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, address, tpr, lapic, slot_vars,
                   guest_vars, vcpu_locals, first, history_vars>>

\* The events that are waiting to be read and that the slot's word names.
Named == {a \in unread : Word(a) = token}

\* kvm.c, do_page_fault: kvm_read_and_reset_pf_reason (later kvm_read_and_reset_apf_flags): the
\* reason is read and reset, "if (__this_cpu_read(apf_reason.enabled))". KVM cannot write in between:
\* interrupts are off, or page ready has another word. A ready event that is read here is read
\* for good.
kvm_read_and_reset_pf_reason ==
    LET r == IF enabled THEN reason ELSE 0
    IN /\ At(guest, "kvm_read_and_reset_pf_reason")
       /\ GuestRuns
       /\ reason' = IF enabled THEN 0 ELSE reason
       /\ token' = IF enabled /\ ~SplitWords THEN 0 ELSE token
       /\ unread' = IF r = 2 THEN unread \ Named ELSE unread
       /\ Goto(guest, IF r = 1 THEN "kvm_async_pf_task_wait"
                      ELSE IF r = 2 THEN "kvm_async_pf_task_wake" ELSE "do_user_addr_fault")
       /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, guest_vars, vcpu_locals, first, event,
                      missing, written, raised>>

\* What the handler of the #PF ends with.
PageFaultReturn ==
    /\ address' = 0
    /\ event' = Local(event, "none")
    /\ interrupts' = "on"
    /\ Goto(guest, "idtentry")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, exception, tpr, irr, lapic,
                   slot_vars, guest_en, guest_int, enabled, vcpu_locals, first, history_vars>>

\* kvm.c, kvm_async_pf_task_wait: the task sleeps on the token in CR2, and another runs.
kvm_async_pf_task_wait ==
    /\ At(guest, "kvm_async_pf_task_wait")
    /\ GuestRuns
    /\ sleepers' = sleepers \cup ({address} \ {0})
    /\ PageFaultReturn

\* kvm.c, kvm_async_pf_task_wake((u32)cr2), for reason 2 in a #PF: CR2 is no task's token.
kvm_async_pf_task_wake ==
    /\ At(guest, "kvm_async_pf_task_wake")
    /\ GuestRuns
    /\ UNCHANGED sleepers
    /\ PageFaultReturn

\* fault.c: an ordinary fault, as the guest sees it.
do_user_addr_fault ==
    /\ At(guest, "do_user_addr_fault")
    /\ GuestRuns
    /\ UNCHANGED sleepers
    /\ PageFaultReturn

AfterClear == IF AckMsr /\ ClearBeforeAck THEN "sysvec_kvm_asyncpf_interrupt_ack" ELSE "iret"
ReadyFirst == IF AckMsr /\ ~ClearBeforeAck THEN "sysvec_kvm_asyncpf_interrupt_ack"
              ELSE "sysvec_kvm_asyncpf_interrupt_clear"

\* kvm.c, sysvec_kvm_asyncpf_interrupt (6/6: kvm_async_pf_intr): "if (apf_reason.enabled)", as posted
\* "and the reason is page ready": "kvm_async_pf_task_wake(token)".
sysvec_kvm_asyncpf_interrupt ==
    LET seen == enabled /\ (SplitWords \/ reason = 2)
    IN /\ At(guest, "sysvec_kvm_asyncpf_interrupt")
       /\ GuestRuns
       /\ IF seen
          THEN /\ sleepers' = IF token = Broadcast THEN {} ELSE {t \in sleepers : Word(t) # token}
               /\ unread' = unread \ Named
               /\ missing' = {t \in missing : t \notin Named}
               /\ Goto(guest, ReadyFirst)
          ELSE UNCHANGED <<sleepers, unread, missing>> /\ Goto(guest, "iret")
       /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_en, guest_int,
                      enabled, vcpu_locals, first, event, written, raised>>

\* kvm.c, same function: "__this_cpu_write(apf_reason.token, 0)", as posted the reason.
sysvec_kvm_asyncpf_interrupt_clear ==
    /\ At(guest, "sysvec_kvm_asyncpf_interrupt_clear")
    /\ GuestRuns
    /\ token' = 0
    /\ reason' = IF SplitWords THEN reason ELSE 0
    /\ Goto(guest, AfterClear)
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, guest_vars, vcpu_locals, first, event,
                   history_vars>>

\* kvm.c, same function: "wrmsrl(MSR_KVM_ASYNC_PF_ACK, 1)".
sysvec_kvm_asyncpf_interrupt_ack ==
    /\ At(guest, "sysvec_kvm_asyncpf_interrupt_ack")
    /\ GuestRuns
    /\ exit_reason' = "ack"
    /\ Goto(guest, IF ClearBeforeAck THEN "iret" ELSE "sysvec_kvm_asyncpf_interrupt_clear")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, in_guest, address, exception, interrupts, tpr, irr,
                   lapic, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* The interrupt's handler returns.
iret ==
    /\ At(guest, "iret")
    /\ GuestRuns
    /\ interrupts' = "on"
    /\ Goto(guest, "idtentry")
    /\ UNCHANGED <<store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, address, exception, tpr, irr,
                   lapic, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

-----------------------------------------------------------------------------
(* The world: what the guest's tasks do, and VM-exits that come by         *)
(* themselves                                                              *)

\* The guest does something that exits with reason e, about page a.
Leave(e, a) ==
    /\ exit_reason' = e
    /\ address' = a
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exception, interrupts, tpr, irr, lapic,
                   vcpu_locals, first, event, written, raised>>

\* A task touches a page that the host has swapped out, in user mode, with the TPR low; where
\* the feature is off in some worlds only.
page_missing(t) ==
    /\ AtTask
    /\ ~tpr
    /\ t \notin sleepers
    /\ IF guest_en THEN TRUE ELSE Undeliverable
    /\ Leave("fault", t)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

\* A second task touches a page that is in flight: the first sleeps on it. In whatever mode: the
\* host comes to kvm_find_async_pf_gfn before it asks.
page_missing_again(t) ==
    /\ RepeatedFaults
    /\ AtTask
    /\ ~tpr
    /\ t \in sleepers /\ t \in queued
    /\ Leave("fault", t)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

\* A missing page is touched in kernel mode, where kvm_can_deliver_async_pf refuses
\* (send_user_only): by any statement of the kernel.
page_missing_kernel(t) ==
    /\ Undeliverable
    /\ AtStatement
    /\ ~tpr
    /\ t \notin sleepers
    /\ Leave("fault_kernel", t)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

\* An interrupt of the host, a timer, ...: the guest is left for a reason that is not its own.
external_interrupt ==
    /\ OtherExits
    /\ GuestRuns
    /\ Leave("external", address)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

\* An ordinary page fault, of a page that the guest itself has not mapped.
page_fault ==
    /\ RealFaults
    /\ AtTask
    /\ interrupts = "on"
    /\ exception' = "real"
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, address, interrupts, tpr,
                   irr, lapic, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

SetTpr(x) ==
    /\ tpr' = x
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, address, exception,
                   interrupts, irr, lapic, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* "Interrupt may not get handled immediately" (003): the TPR is above the vector for a while.
tpr_raise == TprHolds /\ AtTask /\ ~tpr /\ SetTpr(TRUE)
tpr_lower == AtTask /\ tpr /\ SetTpr(FALSE)

SetInterrupts(x) ==
    /\ interrupts' = x
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, shared_vars, host_vars, in_guest, exit_reason, address, exception, tpr,
                   irr, lapic, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

\* kvm.c, kvm_cpu_down_prepare: "local_irq_save(flags)", on a CPU that goes down.
kvm_cpu_down_prepare == Reconfigures /\ AtTask /\ interrupts = "on" /\ enabled /\ SetInterrupts("down")

\* kvm.c, kvm_cpu_online: the same, later, on a CPU that comes back. (The first time the guest
\* starts with interrupts off, or never turns them off.)
kvm_cpu_online == Reconfigures /\ AtTask /\ interrupts = "on" /\ ~enabled /\ SetInterrupts("online")

\* "local_irq_restore(flags)", once the feature is off, or the MSRs are written.
sti ==
    /\ AtTask
    /\ IF interrupts = "down" THEN ~enabled ELSE interrupts = "online" /\ enabled /\ guest_int
    /\ SetInterrupts("on")

\* Where kvm_guest_cpu_init runs: on a CPU that does not go down, with interrupts off or not.
CpuComesUp == IF IrqsOff THEN interrupts = "online" ELSE interrupts # "down"

\* kvm.c, kvm_guest_cpu_init: the next of its two WRMSRs. It learns by #GP that there is no
\* local APIC. (On a CPU that comes back it writes the same vector again, which changes nothing.)
kvm_guest_cpu_init ==
    LET vector == IF VectorFirst THEN ~guest_int ELSE guest_en
    IN /\ AtStatement
       /\ ~(guest_en /\ guest_int)
       /\ enabled = (IF vector THEN guest_en ELSE EnabledFirst)
       /\ CpuComesUp
       /\ Leave(IF vector THEN "int" ELSE "en", 0)
       /\ guest_int' = (IF vector THEN LapicInKernel ELSE guest_int)
       /\ guest_en' = (IF vector THEN guest_en ELSE (OneKnob => LapicInKernel))
       /\ IF ClearOnEnable /\ ~vector
          THEN reason' = 0 /\ token' = 0 /\ unread' = {}
          ELSE UNCHANGED <<slot_vars, unread>>
       /\ UNCHANGED <<enabled, sleepers, missing>>

SetEnabled(x) ==
    /\ enabled' = x
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, shared_vars, host_vars, cpu_vars, slot_vars, guest_en, guest_int,
                   vcpu_locals, first, event, unread, written, raised>>

\* kvm.c, same function, after the WRMSR to MSR_KVM_ASYNC_PF_EN:
\* "__this_cpu_write(apf_reason.enabled, 1)".
kvm_guest_cpu_init_enabled ==
    /\ AtStatement
    /\ ~enabled
    /\ IF EnabledFirst THEN ~guest_en /\ (VectorFirst => guest_int) ELSE guest_en
    /\ CpuComesUp
    /\ SetEnabled(TRUE)
    /\ UNCHANGED <<sleepers, missing>>

\* kvm.c, kvm_guest_cpu_offline: kvm_pv_disable_apf writes 0 to MSR_KVM_ASYNC_PF_EN, ...
kvm_pv_disable_apf ==
    /\ AtTask
    /\ interrupts = "down"
    /\ enabled
    /\ Leave("en_off", 0)
    /\ guest_en' = FALSE
    /\ UNCHANGED <<slot_vars, guest_int, enabled, sleepers, unread, missing>>

\* ... "__this_cpu_write(apf_reason.enabled, 0)"; then apf_task_wake_all wakes all that sleep, with
\* interrupts still off.
kvm_pv_disable_apf_enabled ==
    /\ AtStatement
    /\ interrupts = "down"
    /\ ~guest_en /\ enabled
    /\ SetEnabled(FALSE)
    /\ sleepers' = {}
    /\ missing' = missing \cap unread

\* A WRMSR that must raise #GP: reserved bits, or an address that cannot be mapped.
wrmsr_rejected ==
    /\ BadWrites
    /\ AtTask
    /\ IF IrqsOff THEN interrupts \in {"down", "online"} ELSE TRUE
    /\ \E e \in {"en_reserved", "en_gpa", "int_reserved"} : Leave(e, 0)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

\* kvm_main.c, kvm_write_guest_offset_cached: "if (slots->generation != ghc->generation)" the
\* cache is set up again, with the address in it: that of before the write that was rejected.
kvm_swap_active_memslots ==
    /\ GuestRuns
    /\ cache = "bad"
    /\ cache' = "good"
    /\ UNCHANGED <<pc, store_buffer, kvm_vars, shared_vars, msr_en, msr_int, queued, injected, cpu_vars, slot_vars,
                   guest_vars, vcpu_locals, first, event, history_vars>>

\* The guest disables its local APIC, and enables it again.
apic_disable ==
    /\ LapicOff
    /\ AtTask
    /\ lapic
    /\ Leave("lapic", 0)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

apic_enable ==
    /\ AtTask
    /\ ~lapic
    /\ Leave("lapic", 0)
    /\ UNCHANGED <<slot_vars, guest_vars, unread, missing>>

\* The memory: a store of thread th that is still in its buffer becomes visible.
commit(th) ==
    /\ \E i \in Committable(th) :
        LET e == store_buffer[th][i]
        IN /\ store_buffer' = WITHOUT_STORE(th, i)
           /\ KVM_COMMITTED(e)
           /\ lock' = COMMITTED(<<"lock">>, lock, e)
           /\ done' = COMMITTED(<<"done">>, done, e)
           /\ pageready_pending' = COMMITTED(<<"pageready_pending">>, pageready_pending, e)
    /\ UNCHANGED <<pc, work, host_vars, cpu_vars, slot_vars, guest_vars, vcpu_locals, first, event, history_vars>>

-----------------------------------------------------------------------------
\* What the vCPU thread does by itself; vmexit is possible only when it is due.
VcpuStep ==
    \/ vmexit
    \/ vcpu_enter_guest_mode_outside
    \/ kvm_can_do_async_pf
    \/ kvm_faultin_pfn
    \/ kvm_arch_async_page_not_present
    \/ schedule_work
    \/ kvm_pv_enable_async_pf
    \/ kvm_pv_enable_async_pf_pending
    \/ kvm_pv_enable_async_pf2
    \/ kvm_async_pf_wakeup_all
    \/ kvm_async_pf_wakeup_all_lock
    \/ kvm_async_pf_wakeup_all_list_add
    \/ kvm_async_pf_wakeup_all_unlock
    \/ kvm_clear_async_pf_completion_queue
    \/ kvm_clear_async_pf_completion_queue_lock
    \/ kvm_clear_async_pf_completion_queue_list_del
    \/ kvm_clear_async_pf_completion_queue_unlock
    \/ kvm_set_msr_ack
    \/ apic_set_spiv
    \/ kvm_check_async_pf_completion
    \/ kvm_check_async_pf_completion_lock
    \/ kvm_check_async_pf_completion_list_del
    \/ kvm_check_async_pf_completion_unlock
    \/ kvm_arch_async_page_present
    \/ kvm_arch_async_page_present_pending
    \/ kvm_flush_and_free_async_pf_work
    \/ prepare_to_rcuwait
    \/ kvm_vcpu_check_block
    \/ kvm_vcpu_block_schedule
    \/ finish_rcuwait
    \/ vcpu_enter_guest_apf_halt
    \/ kvm_request_pending
    \/ kvm_check_request
    \/ vcpu_enter_guest_mode_in_guest
    \/ vcpu_enter_guest_smp_mb
    \/ kvm_vcpu_exit_request_mode
    \/ kvm_vcpu_exit_request_requests
    \/ vmentry
    \/ kvm_make_request(vcpu)

\* What a worker does for a work item that was scheduled.
WorkerStep(t) ==
    \/ async_pf_execute(t)
    \/ async_pf_execute_lock(t)
    \/ async_pf_execute_list_add(t)
    \/ async_pf_execute_unlock(t)
    \/ kvm_make_request(worker(t))
    \/ kvm_arch_async_page_present_queued(t)
    \/ rcuwait_wake_up_smp_mb(t)
    \/ rcuwait_wake_up(t)
    \/ wake_up_process(t)
    \/ kvm_vcpu_kick_mode(t)
    \/ smp_send_reschedule(t)
    \/ async_pf_execute_return(t)

\* The guest's handlers.
GuestStep ==
    \/ idtentry
    \/ kvm_read_and_reset_pf_reason
    \/ kvm_async_pf_task_wait
    \/ kvm_async_pf_task_wake
    \/ do_user_addr_fault
    \/ sysvec_kvm_asyncpf_interrupt
    \/ sysvec_kvm_asyncpf_interrupt_clear
    \/ sysvec_kvm_asyncpf_interrupt_ack
    \/ iret

World ==
    \/ \E t \in Tokens : page_missing(t) \/ page_missing_again(t) \/ page_missing_kernel(t)
    \/ external_interrupt
    \/ page_fault
    \/ tpr_raise \/ tpr_lower
    \/ kvm_cpu_down_prepare \/ kvm_cpu_online \/ sti
    \/ kvm_guest_cpu_init \/ kvm_guest_cpu_init_enabled
    \/ kvm_pv_disable_apf \/ kvm_pv_disable_apf_enabled
    \/ wrmsr_rejected
    \/ kvm_swap_active_memslots
    \/ apic_disable \/ apic_enable

Next ==
    \/ VcpuStep \/ GuestStep \/ World
    \/ \E t \in Tokens : WorkerStep(t)
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants                                                              *)

\* S1. A ready event is in the slot until the guest has read it.
NotOverwrittenInv == \A a \in unread : token = Word(a) /\ (SplitWords \/ reason = 2)

\* S2. The guest is told that a page is ready only after it was told that it is missing.
ReadyAfterMissingInv == \A a \in unread : a = Broadcast \/ a \in missing

\* S3. An ordinary #PF is never taken for an event, nor an event for an ordinary #PF.
FaultNotMistakenInv ==
    /\ Missing:: (At(guest, "kvm_async_pf_task_wait") => event[0] = "apf")
    /\ Ready:: ~At(guest, "kvm_async_pf_task_wake")
    /\ Ordinary:: (At(guest, "do_user_addr_fault") => event[0] = "real")

\* S4. The interrupt is raised if and only if a ready event was written.
InterruptIffFilledInv == raised <=> written = "ready"

\* S5. At most one ready event is written and not read.
OneUnreadInv == \A a \in unread : \A b \in unread : a = b

\* S6. Nothing is written to the slot while the guest has the feature off.
QuietWhenOffInv == written # "none" => guest_en

\* A WRMSR that raised #GP has changed nothing: what KVM has in its MSRs is what the guest has
\* written with success.
RejectedUnchangedInv == in_guest /\ exit_reason = "none" => msr_en = guest_en /\ msr_int = guest_int

-----------------------------------------------------------------------------
(* Temporal properties. Fairness, next to what needs it:                   *)
(* - weak fairness of what the vCPU thread does by itself, of a work item  *)
(*   that was scheduled, and every store becomes visible in the end;       *)
(* - strong fairness of a worker that waits for async_pf.lock (Linux's     *)
(*   spin locks are queued);                                               *)
(* - strong fairness of the guest's handlers, since VM-exits come in       *)
(*   between; and of what a guest owes itself: that it goes through with   *)
(*   enabling or disabling once it has begun, lowers its TPR, turns        *)
(*   interrupts and its local APIC on again, though it may do other things *)
(*   first;                                                                *)
(* - strong fairness of VM-exits only where they recur (ExitsRecur).       *)
(* No task has to touch a page, nothing has to be disabled. What constants *)
(* exclude is left out: it is never enabled, so that its strong fairness   *)
(* says nothing, and TLC works twice as long for each (TLC looks at        *)
(* "no more enabled" and "again and again" of each apart).                 *)

Fairness ==
    /\ WF_vars(VcpuStep)
    /\ \A t \in Tokens : WF_vars(WorkerStep(t)) /\ SF_vars(async_pf_execute_lock(t))
    /\ SF_vars(GuestStep)
    /\ Configures \/ Reconfigures => SF_vars(kvm_guest_cpu_init) /\ SF_vars(kvm_guest_cpu_init_enabled) /\ SF_vars(sti)
    /\ Reconfigures => SF_vars(kvm_pv_disable_apf) /\ SF_vars(kvm_pv_disable_apf_enabled)
    /\ TprHolds => SF_vars(tpr_lower)
    /\ LapicOff => SF_vars(apic_enable)
    /\ ExitsRecur => SF_vars(external_interrupt)
    /\ \A th \in Threads : WF_vars(commit(th))

\* L1. If the feature stays enabled, a task that sleeps on a page runs again.
TaskWakesProp == \A t \in Tokens : <>[]guest_en => (t \in sleepers ~> t \notin sleepers)

\* L2. Where no notice can be given, the vCPU waits for the page: synchronously, or halted. Then
\* the guest goes on.
FallbackProgressProp ==
    /\ At(vcpu, "kvm_faultin_pfn") ~> in_guest
    /\ halted[0] ~> in_guest

\* L3. If the feature stays enabled, what is in the slot is read: nothing is delivered through a
\* slot that stays full, and a fault that is always handled synchronously wakes nobody either.
NoticeReadProp == <>[]guest_en => (unread # {} ~> unread = {})
=============================================================================
