---------------------------- MODULE MCApicGroups ----------------------------
(* What the models of ApicGroups need beside the protocol. Threads loop    *)
(* for ever and nothing is counted, so that the state is finite by itself. *)
(* Deadlock is not checked: a guest can always do something next, and a    *)
(* VMM that waits for a fault to be handled that is lost is caught by      *)
(* FaultHandledProp. No constraint, view or symmetry is used: every model  *)
(* can be proven.                                                          *)
EXTENDS ApicGroups

\* The specification under which liveness is checked; see Fairness there.
FairSpec == Spec /\ Fairness
=============================================================================
