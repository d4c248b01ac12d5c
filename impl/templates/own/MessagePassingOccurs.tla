------------------------ MODULE MessagePassingOccurs ------------------------
(* What each property of MessagePassing speaks of: one of which no state has it  *)
(* says nothing. `FooOccurs` belongs to FooInv or FooProp; of p ~> q it is p. *)
EXTENDS MessagePassing

NewMessageOccurs == At(consumer, "received")
MessageArrivesOccurs == flag
=============================================================================
