------------------------------- MODULE Memory -------------------------------
(* Shared memory as the C code names it. Every shared access of a protocol *)
(* is one action and goes through these operators, so that the memory      *)
(* model is written in one place. This is sequential consistency: a load   *)
(* returns the last store, and a barrier is a step that changes nothing.   *)
(*                                                                         *)
(* Twin: impl/lib/memory.ts.                                               *)
EXTENDS Integers, FiniteSets

\* include/asm-generic/rwonce.h, READ_ONCE(): one load of v[i].
READ_ONCE(v, i) == v[i]

\* include/asm-generic/rwonce.h, WRITE_ONCE(): v after one store of x to v[i].
WRITE_ONCE(v, i, x) == [v EXCEPT ![i] = x]

\* include/linux/bitops.h, set_bit() and test_and_clear_bit(): locked, so in
\* every memory model the store is visible at once.
SET_BIT(v, i) == [v EXCEPT ![i] = TRUE]
CLEAR_BIT(v, i) == [v EXCEPT ![i] = FALSE]

\* kvm_for_each_vcpu() goes through the vCPUs in the order of their indices.
First(S) == CHOOSE x \in S : \A y \in S : x <= y
=============================================================================
