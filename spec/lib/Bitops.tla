------------------------------- MODULE Bitops -------------------------------
(* Atomic bit operations, with the order that each promises.               *)
(*                                                                         *)
(* Models, of Linux 6.12: include/asm-generic/bitops/atomic.h (set_bit,    *)
(* clear_bit, test_and_set_bit, test_and_clear_bit),                       *)
(* include/asm-generic/bitops/lock.h (test_and_set_bit_lock,               *)
(* clear_bit_unlock), by what Documentation/atomic_bitops.txt says of      *)
(* them: those that return no value are unordered, those that do are fully *)
(* ordered, the lock ones are acquire and release.                         *)
(*                                                                         *)
(* b is the bit, th the thread. Each bit is a location of its own: the     *)
(* operations are atomic, so that the other bits of the word are as they   *)
(* were. An unordered one is a store like any other. An acquire does not   *)
(* wait for the thread's earlier stores to become visible, but for those   *)
(* to the same bit.                                                        *)
(*                                                                         *)
(* Left out: __set_bit and its like, which are not atomic: two of one word *)
(* can undo each other. change_bit. A bit that test_and_set_bit_lock takes *)
(* is set and cleared by it and by clear_bit_unlock only. wait_on_bit: see *)
(* WaitQueue.                                                              *)
(*                                                                         *)
(* Twin: impl/lib/blocks/bitops.ts. Used by: test/fixtures/blocks/bits.    *)
EXTENDS Memory

CONSTANT
    BitopsMb                \* every bit operation is a locked instruction, as on x86: a full barrier

VARIABLE
    bits                    \* per bit: it is set

BitopsTypeOK(all) == bits \in [all -> BOOLEAN]

BitopsInit(all) == bits = [b \in all |-> FALSE]

\* bitops/non-atomic.h, test_bit: a load.
bit_seen(th, b) == READ_ONCE(th, <<"bits", b>>, bits[b])

bit_locked(th, b, value) ==
    /\ drained(th)
    /\ bits' = [bits EXCEPT ![b] = value]
    /\ UNCHANGED store_buffer

\* bitops/atomic.h, set_bit and clear_bit: "raw_atomic_long_or(BIT_MASK(nr), (atomic_long_t *)p)".
bit_assign(th, b, value) ==
    IF BitopsMb THEN bit_locked(th, b, value)
    ELSE /\ HasSlot(th)
         /\ bits' = [bits EXCEPT ![b] = WRITE_ONCE(@, value)]
         /\ store_buffer' = WITH_STORE(th, <<"bits", b>>, value)

\* bitops/atomic.h, test_and_set_bit and test_and_clear_bit: "raw_atomic_long_fetch_or"; what they
\* return is bits[b].
bit_test_and_assign(th, b, value) == bit_locked(th, b, value)

\* What test_and_set_bit_lock returns.
bit_is_taken(th, b) == IF BitopsMb THEN bits[b] ELSE bit_seen(th, b)

\* bitops/lock.h, arch_test_and_set_bit_lock: "if (READ_ONCE(*p) & mask) return 1", else
\* "raw_atomic_long_fetch_or_acquire(mask, (atomic_long_t *)p)".
bit_lock(th, b) ==
    IF BitopsMb THEN bit_locked(th, b, TRUE)
    ELSE /\ IF bit_seen(th, b) THEN UNCHANGED bits ELSE ~bits[b] /\ bits' = [bits EXCEPT ![b] = TRUE]
         /\ UNCHANGED store_buffer

\* bitops/lock.h, arch_clear_bit_unlock: "raw_atomic_long_fetch_andnot_release".
bit_unlock(th, b) ==
    IF BitopsMb THEN bit_locked(th, b, FALSE)
    ELSE /\ HasSlotsForRelease(th)
         /\ bits' = [bits EXCEPT ![b] = WRITE_ONCE(@, FALSE)]
         /\ store_buffer' = WITH_RELEASE(th, <<"bits", b>>, FALSE)

\* A full barrier: smp_mb__after_atomic where the operation is none itself.
bit_smp_mb(th) == drained(th) /\ UNCHANGED <<store_buffer, bits>>

\* The memory: what the bits are once entry e of a store buffer has become visible.
BITS_COMMITTED(e) == bits' = [b \in DOMAIN bits |-> COMMITTED(<<"bits", b>>, bits[b], e)]
=============================================================================
