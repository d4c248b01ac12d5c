----------------------------- MODULE MutexOccurs ----------------------------
(* What each property of Mutex speaks of: one of which no state has it  *)
(* says nothing. `FooOccurs` belongs to FooInv or FooProp; of p ~> q it is p. *)
EXTENDS Mutex

MutualExclusionOccurs == \E c \in Cpus : Inside(c)
ProtectedDataOccurs == \E c \in Cpus : Inside(c)
SomebodyEntersOccurs == \E c \in Cpus : pc[cpu(c)] \in {"spin", "take"}
=============================================================================
