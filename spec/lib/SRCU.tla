-------------------------------- MODULE SRCU --------------------------------
(* Sleepable read-copy update: one srcu_struct (kvm->srcu).                *)
(*                                                                         *)
(* Models include/linux/srcu.h: srcu_read_lock, srcu_read_unlock and       *)
(* synchronize_srcu, by the guarantee that Documentation/RCU gives, not by *)
(* the per-CPU counters of kernel/rcu/srcutree.c: a grace period waits for *)
(* the read-side sections that are open when it begins, and for no later   *)
(* one. A real grace period may last longer; that adds no behaviour, since *)
(* a synchroniser here may take its last step as late as it likes.         *)
(*                                                                         *)
(* A reader has at most one section open: kvm->srcu is not nested on the   *)
(* paths modelled (vcpu->srcu_depth is 0 or 1).                            *)
(*                                                                         *)
(* Each call is a full barrier of the calling thread th: __srcu_read_lock, *)
(* __srcu_read_unlock and synchronize_srcu have an smp_mb.                 *)
(*                                                                         *)
(* Twin: impl/lib/SRCU.ts. Model of its own: MCSRCU.tla.                   *)
EXTENDS Memory

CONSTANTS
    SrcuReaders,            \* threads that open read-side sections
    SrcuSynchronizers       \* threads that call synchronize_srcu

VARIABLES
    srcu_readers,           \* the readers whose section is open
    srcu_gp                 \* per synchroniser: the sections it still waits for

srcu_vars == <<srcu_readers, srcu_gp>>

SrcuTypeOK ==
    /\ srcu_readers \subseteq SrcuReaders
    /\ srcu_gp \in [SrcuSynchronizers -> SUBSET SrcuReaders]

SrcuInit ==
    /\ srcu_readers = {}
    /\ srcu_gp = [s \in SrcuSynchronizers |-> {}]

\* include/linux/srcu.h, srcu_read_lock(): the section opens.
srcu_read_lock(th, r) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ srcu_readers' = srcu_readers \cup {r}
    /\ UNCHANGED srcu_gp

\* include/linux/srcu.h, srcu_read_unlock(): the section closes; every grace
\* period that waited for it has one section less to wait for.
srcu_read_unlock(th, r) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ srcu_readers' = srcu_readers \ {r}
    /\ srcu_gp' = [s \in SrcuSynchronizers |-> srcu_gp[s] \ {r}]

\* kernel/rcu/srcutree.c, synchronize_srcu(): the grace period begins with the
\* sections that are open now.
synchronize_srcu_begin(th, s) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ srcu_gp' = [srcu_gp EXCEPT ![s] = srcu_readers]
    /\ UNCHANGED srcu_readers

\* ... and ends when the last of them is closed.
synchronize_srcu_end(th, s) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ srcu_gp[s] = {}
    /\ UNCHANGED srcu_vars

\* A grace period waits for open sections only: one that waits for a closed
\* section would never end.
GracePeriodWaitsForOpenInv == \A s \in SrcuSynchronizers : srcu_gp[s] \subseteq srcu_readers
=============================================================================
