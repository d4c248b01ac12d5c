--------------------------- MODULE ApfReadyOccurs ---------------------------
(* What each property of ApfReady speaks of, by instance: one of which no *)
(* state has it says nothing. `FooOccurs` belongs to FooInv or FooProp; of *)
(* p ~> q it is p, where p ~> q is asked only if r holds for good p /\ r.  *)
EXTENDS ApfReady

NotOverwrittenOccurs == unread # {}
ReadyAfterMissingOccurs == unread # {}
FaultNotMistakenOccurs ==
    [missing |-> At(guest, "kvm_async_pf_task_wait"),
     ready |-> At(guest, "kvm_async_pf_task_wake"),
     ordinary |-> At(guest, "do_user_addr_fault")]
InterruptIffFilledOccurs == raised \/ written = "ready"
OneUnreadOccurs == unread # {}
QuietWhenOffOccurs == written # "none"
RejectedUnchangedOccurs == in_guest /\ exit_reason = "none"
TaskWakesOccurs == [t \in Tokens |-> guest_en /\ t \in sleepers]
FallbackProgressOccurs ==
    [synchronous |-> At(vcpu, "kvm_faultin_pfn"),
     halted |-> halted[0]]
NoticeReadOccurs == guest_en /\ unread # {}
=============================================================================
