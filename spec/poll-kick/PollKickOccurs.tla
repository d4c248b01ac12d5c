--------------------------- MODULE PollKickOccurs ---------------------------
(* What each property of PollKick speaks of, by instance: one of which no *)
(* state has it says nothing. `FooOccurs` belongs to FooInv or FooProp; of *)
(* p ~> q it is p, where p ~> q is asked only if r holds for good p /\ r.  *)
EXTENDS PollKick

Published == EventPending /\ SourcesIdle
NoLostEventOccurs ==
    [poller |-> Parked /\ Published, vcpu |-> At(vcpu, "kvm_vcpu_block_schedule") /\ Published]
ReadyMeansKickedOccurs == [p \in Pollers |-> Reported(p)]
ReadyMeansPendingOccurs == [p \in Pollers |-> Reported(p)]
GuestSeesRequestOccurs == At(vcpu, "vmexit") /\ requests[0] /\ SourcesIdle
EventReportedOccurs ==
    [poller |-> EventPending /\ Parked /\ \E p \in Pollers : Asleep(p),
     vcpu |-> EventPending /\ At(vcpu, "kvm_vcpu_block_schedule")]
AllPollersWokenOccurs == [p \in Pollers |-> EventPending /\ Parked /\ Asleep(p)]
PollReturnsOccurs == [p \in Pollers |-> EventPending /\ Parked /\ Polling(p)]
EventTakenOccurs ==
    [requests |-> requests[0] /\ ~Parked /\ ~CalledOut, injected |-> SourcesIdle /\ injected /\ ~Parked]
=============================================================================
