---------------------------- MODULE WakeUpOccurs ----------------------------
(* What each property of WakeUp speaks of: one of which no state has it  *)
(* says nothing. `FooOccurs` belongs to FooInv or FooProp; of p ~> q it is p. *)
EXTENDS WakeUp

NoLostWakeupOccurs == At(sleeper, "schedule")
WakesUpOccurs == condition
=============================================================================
