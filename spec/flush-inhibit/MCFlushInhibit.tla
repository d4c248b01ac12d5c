--------------------------- MODULE MCFlushInhibit ---------------------------
(* What the models of FlushInhibit need beside the protocol. The bounds    *)
(* (Flushers, Targets, Rounds) are finite sets and numbers of the cfg; the *)
(* protocol's own state is finite under them, so no state constraint, view *)
(* or symmetry is used: every model can be proven against the machine.     *)
EXTENDS FlushInhibit

\* The specification under which liveness is checked; see Fairness there.
FairSpec == Spec /\ Fairness
=============================================================================
