----------------------------- MODULE MCApfReady -----------------------------
(* What the models of ApfReady need beside the protocol. Threads loop for  *)
(* ever and nothing is counted, so that the state is finite by itself.     *)
(* Deadlock is not checked: a guest that does nothing is no deadlock. No   *)
(* constraint, view or symmetry is used: every model can be proven.        *)
EXTENDS ApfReady

\* The specification under which liveness is checked; see Fairness there.
FairSpec == Spec /\ Fairness
=============================================================================
