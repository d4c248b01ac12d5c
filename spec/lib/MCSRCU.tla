------------------------------- MODULE MCSRCU -------------------------------
(* SRCU by itself: readers that open and close sections as they like, and  *)
(* synchronisers that wait. Shows what the protocols take from it.         *)
EXTENDS SRCU

VARIABLES
    waits,                  \* per synchroniser: is it in synchronize_srcu?
    opened                  \* history: per synchroniser, the sections that were open
                            \* when its grace period began and have not been closed since

vars == <<store_buffer, srcu_vars, waits, opened>>

\* Its threads store nothing, so any memory model will do.
Init ==
    /\ MemoryInit(SrcuReaders \cup SrcuSynchronizers)
    /\ SrcuInit
    /\ waits = [s \in SrcuSynchronizers |-> FALSE]
    /\ opened = [s \in SrcuSynchronizers |-> {}]

Lock(r) == r \notin srcu_readers /\ srcu_read_lock(r, r) /\ UNCHANGED <<waits, opened>>

Unlock(r) ==
    /\ r \in srcu_readers
    /\ srcu_read_unlock(r, r)
    /\ opened' = [s \in SrcuSynchronizers |-> opened[s] \ {r}]
    /\ UNCHANGED waits

Begin(s) ==
    /\ ~waits[s]
    /\ synchronize_srcu_begin(s, s)
    /\ waits' = [waits EXCEPT ![s] = TRUE]
    /\ opened' = [opened EXCEPT ![s] = srcu_readers]

End(s) ==
    /\ waits[s]
    /\ synchronize_srcu_end(s, s)
    /\ waits' = [waits EXCEPT ![s] = FALSE]
    /\ UNCHANGED opened

Next ==
    \/ \E r \in SrcuReaders : Lock(r) \/ Unlock(r)
    \/ \E s \in SrcuSynchronizers : Begin(s) \/ End(s)

\* A section is closed at last; a grace period that can end ends. Nobody has to open one.
FairSpec ==
    /\ Init /\ [][Next]_vars
    /\ \A r \in SrcuReaders : WF_vars(Unlock(r))
    /\ \A s \in SrcuSynchronizers : WF_vars(End(s))

TypeOK == SrcuTypeOK /\ waits \in [SrcuSynchronizers -> BOOLEAN]

\* The guarantee: a grace period that is over has outlived the sections it began with.
OutlivesOpenProp == [][\A s \in SrcuSynchronizers : End(s) => opened[s] = {}]_vars

\* ... and it waits for no later one: it ends although sections are opened all the time.
GracePeriodEndsProp == \A s \in SrcuSynchronizers : waits[s] ~> ~waits[s]

\* Sections that are never closed keep it waiting: false, as the test expects.
EndsAtOnceInv == \A s \in SrcuSynchronizers : waits[s] => srcu_gp[s] = {}
=============================================================================
