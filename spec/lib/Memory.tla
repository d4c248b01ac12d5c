------------------------------- MODULE Memory -------------------------------
(* Shared memory as the C code names it. Every shared access of a protocol *)
(* is one action and goes through these operators, so that the memory      *)
(* models are written in one place:                                        *)
(*                                                                         *)
(* - "SC", sequential consistency: a store is visible at once.             *)
(* - "TSO", x86: a store waits in its thread's FIFO store buffer and is    *)
(*   seen by that thread only, until the commit action makes it visible.   *)
(*   Sewell, Sarkar, Owens, Zappa Nardelli, Myreen, "x86-TSO", CACM 2010.  *)
(* - "PSO": one FIFO per thread and location, so that stores to different  *)
(*   locations may become visible in either order, unless smp_wmb is       *)
(*   between them. SPARC Architecture Manual, version 8, appendix K. For   *)
(*   KVM's generic code: the nearest of the three to what WRITE_ONCE alone *)
(*   promises.                                                             *)
(*                                                                         *)
(* In all three, a locked read-modify-write, a full barrier and taking a   *)
(* lock wait until the thread's own buffer is empty: drained(th). Loads    *)
(* are done in order. A buffer is one sequence in program order; under     *)
(* PSO the order that it keeps between locations has no effect but at      *)
(* barriers.                                                               *)
(*                                                                         *)
(* A location is a tuple: <<"kicked">> or, one of an array,                *)
(* <<"suspended", 0>>. Operators are given the location and the value that *)
(* memory has there now.                                                   *)
(*                                                                         *)
(* Twin: impl/lib/memory/. Calibration: spec/litmus.                       *)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
    Memory,                 \* the memory model: "SC", "TSO" or "PSO"
    StoreBufferSlots        \* entries that a store buffer has room for

ASSUME Memory \in {"SC", "TSO", "PSO"}
ASSUME StoreBufferSlots \in Nat

VARIABLE
    store_buffer            \* per thread, oldest first: <<location, value>> of the stores
                            \* that are not visible yet; <<smp_wmb_mark, TRUE>> is a write barrier

smp_wmb_mark == <<"smp_wmb">>

MemoryTypeOK(threads) ==
    /\ DOMAIN store_buffer = threads
    /\ \A th \in threads : Len(store_buffer[th]) <= (IF Memory = "SC" THEN 0 ELSE StoreBufferSlots)

MemoryInit(threads) == store_buffer = [th \in threads |-> <<>>]

\* A locked instruction, a full barrier: nothing of the thread's own is still buffered.
drained(th) == store_buffer[th] = <<>>

\* Has the thread done a store to the location that the others do not see yet?
IsBuffered(th, location) == \E i \in 1..Len(store_buffer[th]) : store_buffer[th][i][1] = location

\* include/asm-generic/rwonce.h, READ_ONCE(): the thread's own newest store to the location
\* that is still buffered, else what memory has there.
READ_ONCE(th, location, current) ==
    LET own == {i \in 1..Len(store_buffer[th]) : store_buffer[th][i][1] = location}
    IN IF own = {} THEN current ELSE store_buffer[th][CHOOSE i \in own : \A j \in own : j <= i][2]

\* include/asm-generic/rwonce.h, WRITE_ONCE(): what memory has at the location after the
\* store was done; WITH_STORE is what happens to the buffer in the same step.
WRITE_ONCE(current, x) == IF Memory = "SC" THEN x ELSE current

HasSlot(th) == IF Memory = "SC" THEN TRUE ELSE Len(store_buffer[th]) < StoreBufferSlots

WITH_STORE(th, location, x) ==
    IF Memory = "SC" THEN store_buffer ELSE [store_buffer EXCEPT ![th] = Append(@, <<location, x>>)]

\* include/asm-generic/barrier.h, smp_wmb(): only PSO can reorder stores, so only there is
\* anything to remember, and only if a store is before it.
NeedsMark(th) ==
    IF Memory = "PSO" /\ ~drained(th)
    THEN store_buffer[th][Len(store_buffer[th])][1] # smp_wmb_mark
    ELSE FALSE

HasSlotForMark(th) == IF NeedsMark(th) THEN HasSlot(th) ELSE TRUE

WITH_MARK(th) ==
    IF NeedsMark(th) THEN [store_buffer EXCEPT ![th] = Append(@, <<smp_wmb_mark, TRUE>>)] ELSE store_buffer

\* smp_store_release(), spin_unlock(): a store that comes after all before it.
HasSlotsForRelease(th) ==
    IF Memory = "SC" THEN TRUE
    ELSE Len(store_buffer[th]) + (IF NeedsMark(th) THEN 2 ELSE 1) <= StoreBufferSlots

WITH_RELEASE(th, location, x) ==
    IF Memory = "SC" THEN store_buffer
    ELSE [store_buffer EXCEPT ![th] = Append(WITH_MARK(th)[th], <<location, x>>)]

\* Positions in the thread's buffer of the stores that may become visible next.
Committable(th) ==
    {i \in 1..Len(store_buffer[th]) :
        /\ store_buffer[th][i][1] # smp_wmb_mark
        /\ \A j \in 1..(i - 1) :
            /\ Memory = "PSO"
            /\ store_buffer[th][j][1] # store_buffer[th][i][1]
            /\ store_buffer[th][j][1] # smp_wmb_mark}

\* The sequence without its entry i, and then without a mark that has nothing before it.
WithoutEntry(s, i) ==
    LET rest == SubSeq(s, 1, i - 1) \o SubSeq(s, i + 1, Len(s))
    IN IF rest = <<>> THEN rest
       ELSE IF rest[1][1] # smp_wmb_mark THEN rest
       ELSE SubSeq(rest, 2, Len(rest))

WITHOUT_STORE(th, i) == [store_buffer EXCEPT ![th] = WithoutEntry(@, i)]

\* What memory has at the location after entry e has become visible.
COMMITTED(location, current, e) == IF e[1] = location THEN e[2] ELSE current

\* include/linux/bitops.h, set_bit() and test_and_clear_bit(): locked, see drained.
SET_BIT(v, i) == [v EXCEPT ![i] = TRUE]
CLEAR_BIT(v, i) == [v EXCEPT ![i] = FALSE]

\* kvm_for_each_vcpu() goes through the vCPUs in the order of their indices.
First(S) == CHOOSE x \in S : \A y \in S : x <= y
=============================================================================
