----------------------------- MODULE MCPollKick -----------------------------
(* What the models of PollKick need beside the protocol. Threads loop for  *)
(* ever and nothing is counted, so that the state is finite by itself.     *)
(* Deadlock is not checked: a VMM can always call KVM_RUN. No constraint,  *)
(* view or symmetry is used: every model can be proven.                    *)
EXTENDS PollKick

\* The specification under which liveness is checked; see Fairness there.
FairSpec == Spec /\ Fairness
=============================================================================
