------------------------------ MODULE MCLitmus ------------------------------
(* What the models of Litmus need beside the tests: nothing. Each test is  *)
(* finite, and a buffer has room for all of a thread's stores and barriers.*)
EXTENDS Litmus
=============================================================================
