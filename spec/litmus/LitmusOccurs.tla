---------------------------- MODULE LitmusOccurs ----------------------------
(* What each property of Litmus speaks of, by instance: one of which no *)
(* state has it says nothing. `FooOccurs` belongs to FooInv or FooProp; of *)
(* p ~> q it is p, where p ~> q is asked only if r holds for good p /\ r.  *)
EXTENDS Litmus

OutcomeForbiddenOccurs == Finished
=============================================================================
