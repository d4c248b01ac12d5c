---------------------------- MODULE MCVtlWakeup -----------------------------
(* What the models of VtlWakeup need beside the protocol. Threads loop for *)
(* ever and what is counted (wakeups) saturates, so that the state is      *)
(* finite by itself. Deadlock is not checked: an event can always come. No *)
(* constraint, view or symmetry is used: every model can be proven.        *)
EXTENDS VtlWakeup

\* The specification under which liveness is checked; see Fairness there.
FairSpec == Spec /\ Fairness
=============================================================================
