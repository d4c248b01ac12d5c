---------------------------- MODULE SeqlockOccurs ---------------------------
(* What each property of Seqlock speaks of: one of which no state has it  *)
(* says nothing. `FooOccurs` belongs to FooInv or FooProp; of p ~> q it is p. *)
EXTENDS Seqlock

OneVersionOccurs == At(reader, "read")
ReaderReturnsOccurs == At(writer, "written")
=============================================================================
