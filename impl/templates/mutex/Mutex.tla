------------------------------- MODULE Mutex -------------------------------
(* A test-and-set lock: virt_spin_lock and queued_spin_unlock of           *)
(* arch/x86/include/asm/qspinlock.h. Inside of it each CPU works on data   *)
(* that nobody else may touch meanwhile.                                   *)
(*                                                                         *)
(* Left out, and why it changes no verdict here:                           *)
(* - cpu_relax, and preemption, which is off while one spins.              *)
(* - Interrupts, which would take the lock on the CPU that holds it: that  *)
(*   is a question of its own (spin_lock_irqsave).                         *)
(* - That each CPU gets the lock in the end. It need not: the lock is not  *)
(*   fair, and somebody else may always be faster.                         *)
EXTENDS Memory

CONSTANTS
    Cpus,                   \* those who want the lock
    Cmpxchg,                \* the lock is taken by cmpxchg; without it, by a store after a load
    Release                 \* the lock is given back by smp_store_release; without it, by WRITE_ONCE

VARIABLES
    pc,                     \* per CPU: the label of its next step
    locked,                 \* lock->locked
    busy                    \* what the lock protects: TRUE while somebody is at work

vars == <<pc, store_buffer, locked, busy>>

cpu(c) == <<"cpu", c>>
Threads == {cpu(c) : c \in Cpus}
Labels == {"spin", "take", "check_busy", "set_busy", "clear_busy", "unlock", "corrupt"}

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ pc \in [Threads -> Labels]
    /\ locked \in BOOLEAN
    /\ busy \in BOOLEAN

Init ==
    /\ MemoryInit(Threads)
    /\ pc = [th \in Threads |-> "spin"]
    /\ locked = FALSE
    /\ busy = FALSE

At(th, label) == pc[th] = label
Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
Locked(th) == READ_ONCE(th, <<"locked">>, locked)

spin(c) ==
    /\ At(cpu(c), "spin")
    /\ Goto(cpu(c), IF Locked(cpu(c)) THEN "spin" ELSE "take")
    /\ UNCHANGED <<store_buffer, locked, busy>>
\* A cmpxchg that succeeds is a full barrier; one that fails is a load.
cmpxchg_locked(c) ==
    /\ IF Locked(cpu(c)) THEN UNCHANGED locked ELSE drained(cpu(c)) /\ locked' = TRUE
    /\ Goto(cpu(c), IF Locked(cpu(c)) THEN "spin" ELSE "check_busy")
    /\ UNCHANGED store_buffer
store_locked(c) ==
    /\ HasSlot(cpu(c))
    /\ locked' = WRITE_ONCE(locked, TRUE)
    /\ store_buffer' = WITH_STORE(cpu(c), <<"locked">>, TRUE)
    /\ Goto(cpu(c), "check_busy")
take(c) ==
    /\ At(cpu(c), "take")
    /\ IF Cmpxchg THEN cmpxchg_locked(c) ELSE store_locked(c)
    /\ UNCHANGED busy
check_busy(c) ==
    /\ At(cpu(c), "check_busy")
    /\ Goto(cpu(c), IF READ_ONCE(cpu(c), <<"busy">>, busy) THEN "corrupt" ELSE "set_busy")
    /\ UNCHANGED <<store_buffer, locked, busy>>
StoreBusy(th, x) ==
    /\ HasSlot(th)
    /\ busy' = WRITE_ONCE(busy, x)
    /\ store_buffer' = WITH_STORE(th, <<"busy">>, x)
    /\ UNCHANGED locked
set_busy(c) == At(cpu(c), "set_busy") /\ StoreBusy(cpu(c), TRUE) /\ Goto(cpu(c), "clear_busy")
clear_busy(c) == At(cpu(c), "clear_busy") /\ StoreBusy(cpu(c), FALSE) /\ Goto(cpu(c), "unlock")
unlock(c) ==
    /\ At(cpu(c), "unlock")
    /\ IF Release THEN HasSlotsForRelease(cpu(c)) ELSE HasSlot(cpu(c))
    /\ locked' = WRITE_ONCE(locked, FALSE)
    /\ store_buffer' = IF Release THEN WITH_RELEASE(cpu(c), <<"locked">>, FALSE)
                       ELSE WITH_STORE(cpu(c), <<"locked">>, FALSE)
    /\ Goto(cpu(c), "spin")
    /\ UNCHANGED busy

\* A store that waits in the thread's buffer becomes visible: the oldest, under PSO the oldest of any location.
commit(th) ==
    \E i \in Committable(th) :
        /\ locked' = COMMITTED(<<"locked">>, locked, store_buffer[th][i])
        /\ busy' = COMMITTED(<<"busy">>, busy, store_buffer[th][i])
        /\ store_buffer' = WITHOUT_STORE(th, i)
        /\ UNCHANGED pc

Next ==
    \/ \E c \in Cpus : spin(c)
    \/ \E c \in Cpus : take(c)
    \/ \E c \in Cpus : check_busy(c)
    \/ \E c \in Cpus : set_busy(c)
    \/ \E c \in Cpus : clear_busy(c)
    \/ \E c \in Cpus : unlock(c)
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

\* Each CPU goes on as long as it can, and every store becomes visible in the end.
Fairness == \A th \in Threads : WF_vars(Next /\ pc'[th] # pc[th]) /\ WF_vars(commit(th))

Inside(c) == pc[cpu(c)] \in {"check_busy", "set_busy", "clear_busy", "unlock"}

\* No two CPUs are between lock and unlock.
MutualExclusionInv == \A c, d \in Cpus : (Inside(c) /\ Inside(d)) => c = d

\* Who has taken the lock sees all that its last holder stored.
ProtectedDataInv == \A c \in Cpus : ~At(cpu(c), "corrupt")

\* If somebody wants the lock, somebody gets it.
SomebodyEntersProp == (\E c \in Cpus : pc[cpu(c)] \in {"spin", "take"}) ~> (\E c \in Cpus : Inside(c))
=============================================================================
