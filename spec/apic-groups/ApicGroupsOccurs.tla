-------------------------- MODULE ApicGroupsOccurs --------------------------
(* What each property of ApicGroups speaks of, by instance: one of which no *)
(* state has it says nothing. `FooOccurs` belongs to FooInv or FooProp; of *)
(* p ~> q it is p, where p ~> q is asked only if r holds for good p /\ r.  *)
EXTENDS ApicGroups

Done(a) == At(asker(a), "guest_entry")
IsolationOccurs == [a \in Askers |-> reached[a] # {}]
ExactlyOneOccurs ==
    [unicast |-> [a \in Askers |-> Done(a) /\ Cardinality(intended[a]) = 1],
     intercept |-> [g \in (IF Faults THEN Gpas ELSE {}) |-> fault[g] # "none"]]
LooksUp(a) == Done(a) /\ kind[a] = "lookup"
LookupLawsOccurs ==
    [sibling |-> [a \in Requesters |-> LooksUp(a) /\ target[a] # -1],
     present |-> [a \in Requesters |->
                     LooksUp(a) /\ (vtl[a] = GroupNow(a) \/ (~Configures /\ vtl[a] < Groups))]]
SiblingStableOccurs == [a \in Requesters |-> At(asker(a), "kvm_mmu_walk")]
InterceptIntactOccurs == [h \in (IF Faults THEN Siblings ELSE {}) |-> msg_type[h]]
HierarchyOccurs ==
    [ipi |-> [a \in Requesters |-> kind[a] = "pv" /\ reached[a] # {}],
     translation |-> [a \in Requesters |-> root[a] # -1]]
AgreeOccurs == [a \in Requesters |-> Done(a)]
DeliveryOccurs == [a \in Askers |-> intended[a] # {}]
AnsweredOccurs == [a \in Requesters |-> kind[a] # "none"]
RunsOccurs == [h \in Runners |-> At(sibling(h), "KVM_RUN")]
FaultHandledOccurs == [g \in Gpas |-> fault[g] # "none"]
=============================================================================
