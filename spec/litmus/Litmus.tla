------------------------------- MODULE Litmus -------------------------------
(* Litmus tests: the calibration of the memory models of spec/lib.         *)
(*                                                                         *)
(* Models no C file but the tests of LitmusTests.tla: a few accesses by a  *)
(* few threads and an outcome. Which outcomes a memory model allows is     *)
(* known from the literature (README.md cites it test by test), so a       *)
(* verdict here that differs is a mistake in Memory.tla.                   *)
(*                                                                         *)
(* Twin: impl/litmus/Litmus.ts. Left out: dependencies, since in all three *)
(* models a thread's loads are done in order and before its later stores.  *)
EXTENDS Memory, LitmusTests

CONSTANTS
    Test                    \* name of the test, e.g. "sb+mbs"

VARIABLES
    pc,                     \* per thread: the label of its next step
    mem,                    \* per location: the value that is visible to all
    ip,                     \* per thread: how many steps it has done
    r0,                     \* per thread: its register r0
    r1                      \* per thread: its register r1

vars == <<store_buffer, pc, mem, ip, r0, r1>>

ASSUME \E k \in 1..Len(Tests) : Tests[k].name = Test

This == Tests[CHOOSE k \in 1..Len(Tests) : Tests[k].name = Test]
Program == This.threads
Outcome == This.outcome

Ids == 0..(Len(Program) - 1)
P(n) == <<"P", n>>
Threads == {P(n) : n \in Ids}

Locations == {"x", "y", "z"}
Values == 0..2

\* What the i-th step of thread n is called, counted from 0.
LabelOf(n, i) ==
    IF i = Len(Program[n + 1]) THEN "done"
    ELSE CASE Program[n + 1][i + 1][1] = "W" -> "store"
           [] Program[n + 1][i + 1][1] = "R" -> "load"
           [] Program[n + 1][i + 1][1] = "X" -> "xchg"
           [] Program[n + 1][i + 1][1] = "mb" -> "smp_mb"
           [] OTHER -> "smp_wmb"

Instruction(n) == Program[n + 1][ip[n] + 1]

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ pc \in [Threads -> {"store", "load", "xchg", "smp_mb", "smp_wmb", "done"}]
    /\ mem \in [Locations -> Values]
    /\ \A n \in Ids : ip[n] \in 0..Len(Program[n + 1])
    /\ r0 \in [Ids -> Values]
    /\ r1 \in [Ids -> Values]

Init ==
    /\ MemoryInit(Threads)
    /\ pc = [th \in Threads |-> LabelOf(th[2], 0)]
    /\ mem = [l \in Locations |-> 0]
    /\ ip = [n \in Ids |-> 0]
    /\ r0 = [n \in Ids |-> 0]
    /\ r1 = [n \in Ids |-> 0]

At(n, label) == pc[P(n)] = label

Advance(n) ==
    /\ ip' = [ip EXCEPT ![n] = @ + 1]
    /\ pc' = [pc EXCEPT ![P(n)] = LabelOf(n, ip[n] + 1)]

\* The register named gets value x.
SetRegister(n, register, x) ==
    /\ r0' = IF register = "r0" THEN [r0 EXCEPT ![n] = x] ELSE r0
    /\ r1' = IF register = "r1" THEN [r1 EXCEPT ![n] = x] ELSE r1

\* WRITE_ONCE(location, value)
store(n) ==
    /\ At(n, "store")
    /\ LET location == Instruction(n)[2]
           x == Instruction(n)[3]
       IN /\ HasSlot(P(n))
          /\ mem' = [mem EXCEPT ![location] = WRITE_ONCE(@, x)]
          /\ store_buffer' = WITH_STORE(P(n), <<"mem", location>>, x)
    /\ Advance(n)
    /\ UNCHANGED <<r0, r1>>

\* register = READ_ONCE(location)
load(n) ==
    /\ At(n, "load")
    /\ LET location == Instruction(n)[2]
       IN SetRegister(n, Instruction(n)[3], READ_ONCE(P(n), <<"mem", location>>, mem[location]))
    /\ Advance(n)
    /\ UNCHANGED <<store_buffer, mem>>

\* register = xchg(location, value): locked
xchg(n) ==
    /\ At(n, "xchg")
    /\ drained(P(n))
    /\ LET location == Instruction(n)[2]
       IN /\ SetRegister(n, Instruction(n)[4], mem[location])
          /\ mem' = [mem EXCEPT ![location] = Instruction(n)[3]]
    /\ Advance(n)
    /\ UNCHANGED store_buffer

\* smp_mb()
smp_mb(n) ==
    /\ At(n, "smp_mb")
    /\ drained(P(n))
    /\ Advance(n)
    /\ UNCHANGED <<store_buffer, mem, r0, r1>>

\* smp_wmb()
smp_wmb(n) ==
    /\ At(n, "smp_wmb")
    /\ HasSlotForMark(P(n))
    /\ store_buffer' = WITH_MARK(P(n))
    /\ Advance(n)
    /\ UNCHANGED <<mem, r0, r1>>

\* The memory: a store of thread n that is still in its buffer becomes visible.
commit(n) ==
    /\ \E i \in Committable(P(n)) :
        LET e == store_buffer[P(n)][i]
        IN /\ store_buffer' = WITHOUT_STORE(P(n), i)
           /\ mem' = [l \in Locations |-> COMMITTED(<<"mem", l>>, mem[l], e)]
    /\ UNCHANGED <<pc, ip, r0, r1>>

Next == \E n \in Ids : store(n) \/ load(n) \/ xchg(n) \/ smp_mb(n) \/ smp_wmb(n) \/ commit(n)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants                                                              *)

\* One condition of the outcome: <<location, value>> or <<thread, register, value>>.
Met(c) ==
    IF Len(c) = 2 THEN mem[c[1]] = c[2]
    ELSE (IF c[2] = "r0" THEN r0[c[1]] ELSE r1[c[1]]) = c[3]

Finished == \A n \in Ids : At(n, "done") /\ drained(P(n))

\* The test's outcome is never observed.
OutcomeForbiddenInv == Finished => \E k \in 1..Len(Outcome) : ~Met(Outcome[k])
=============================================================================
