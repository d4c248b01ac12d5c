------------------------- MODULE FlushInhibitOccurs -------------------------
(* What each property of FlushInhibit speaks of, by instance: one of which no *)
(* state has it says nothing. `FooOccurs` belongs to FooInv or FooProp; of *)
(* p ~> q it is p, where p ~> q is asked only if r holds for good p /\ r.  *)
EXTENDS FlushInhibit

NoFlushPostedWhileInhibitedOccurs == [f \in Flushers |-> posted[f] # {}]
NoFlushCompletesWhileInhibitedOccurs == [f \in Flushers |-> result[f] = "success"]
NoPostedFlushCompletesOccurs == [f \in Flushers |-> result[f] = "success"]
NoFlushHappensWhileInhibitedOccurs == [t \in Targets |-> At(vcpu(t), "kvm_hv_vcpu_flush_tlb")]
AllOrNothingOccurs ==
    [suspends |-> [f \in Flushers |-> cause[f] # -1],
     completes |-> [f \in Flushers |-> result[f] = "success" /\ At(vcpu(f), "vcpu_enter_guest")]]
SuspendedHasCauseOccurs == [f \in Flushers |-> IsSuspended(f)]
OnlyWaitersWokenOccurs ==
    [waiting_on |-> [t \in Targets |-> At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on")],
     suspended |-> [t \in Targets |-> At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_suspended")],
     woken |-> [t \in Targets |-> At(ioctl(t), "kvm_hv_vcpu_unsuspend_tlb_flush_wake")]]
BusyNeverReachesGuestOccurs == [f \in Flushers |-> result[f] = "EBUSY"]
NoneStuckSuspendedOccurs == [f \in Flushers |-> IsSuspended(f) /\ cause[f] # -1]
RejectedUnchangedOccurs == [t \in Targets |-> errno[t] \notin {"none", "0"}]
InvalidRejectedOccurs == [t \in Targets |-> errno[t] # "none"]
IoctlReturnsOccurs == [t \in Targets |-> ~At(ioctl(t), "kvm_vcpu_ioctl_mutex_lock")]
FlushCompletesOccurs ==
    [f \in Flushers |->
        ~At(vcpu(f), "vmexit_hypercall") /\ \A t \in Targets : tlb_flush_inhibit[t] = 0]
=============================================================================
