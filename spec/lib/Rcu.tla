--------------------------------- MODULE Rcu --------------------------------
(* Read-copy update: pointers that are read without a lock, and grace      *)
(* periods, after which nobody reads any more what a pointer was before.   *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/rcupdate.h (rcu_read_lock,         *)
(* rcu_read_unlock, rcu_assign_pointer, RCU_INIT_POINTER, rcu_dereference) *)
(* and kernel/rcu/tree.c (synchronize_rcu, call_rcu, rcu_do_batch), by the *)
(* guarantee that the comment of call_rcu gives and not by the tree of     *)
(* rcu_nodes: since a grace period began, each reader has once executed a  *)
(* full barrier outside of its sections.                                   *)
(*                                                                         *)
(* th is the thread, r the reader, reader the threads of all readers       *)
(* (reader[r]), p the pointer, h the rcu_head, g a grace period: that of a *)
(* caller of synchronize_rcu, or that of an rcu_head.                      *)
(*                                                                         *)
(* A reader is not ordered by its calls, as without CONFIG_PREEMPT_RCU: a  *)
(* store of its section may be in its buffer when the section is closed.   *)
(* It is quiescent when the section is closed and the buffer empty. Who    *)
(* waits looks for that moment (rcu_gp_fqs). A reader that is quiescent as *)
(* it closes its section is taken off at once, so that one that reads      *)
(* again and again is not waited for for ever; as late as it likes a grace *)
(* period ends anyway.                                                     *)
(*                                                                         *)
(* Simpler than in C: callbacks have a thread each, and a grace period     *)
(* each, so that no order is between two of them, and none waits for       *)
(* another. Loads are in order in all memory models here, so that          *)
(* rcu_dereference is a load; no reader is seen that forgets it.           *)
(*                                                                         *)
(* Left out: nested sections, an rcu_head that is queued twice (a bug in   *)
(* C), rcu_barrier, expedited and polled grace periods. Do not ask whether *)
(* a grace period ends for a reader that stores again and again: the       *)
(* scheduler of C forces it to be quiescent, and weak fairness does not.   *)
(*                                                                         *)
(* Twin: impl/lib/blocks/rcu.ts. Used by: test/fixtures/blocks/rcu.        *)
EXTENDS Memory

VARIABLES
    rcu_pointer,            \* per pointer: the object that it points to
    rcu_reading,            \* per reader: it is in a read-side critical section
    rcu_gp,                 \* per grace period: the readers that it still waits for
    rcu_queued              \* per rcu_head: call_rcu was called, and no grace period has begun since

rcu_vars == <<rcu_pointer, rcu_reading, rcu_gp, rcu_queued>>

RcuTypeOK(readers, gps, heads, pointers, objects) ==
    /\ rcu_pointer \in [pointers -> objects]
    /\ rcu_reading \in [readers -> BOOLEAN]
    /\ rcu_gp \in [gps -> SUBSET readers]
    /\ rcu_queued \in [heads -> BOOLEAN]

RcuInit(readers, gps, heads, pointers, object) ==
    /\ rcu_pointer = [p \in pointers |-> object]
    /\ rcu_reading = [r \in readers |-> FALSE]
    /\ rcu_gp = [g \in gps |-> {}]
    /\ rcu_queued = [h \in heads |-> FALSE]

-----------------------------------------------------------------------------
(* Readers                                                                 *)

\* rcupdate.h, rcu_read_lock: "__rcu_read_lock()", which is preempt_disable() or less.
rcu_open(r) ==
    /\ rcu_reading' = [rcu_reading EXCEPT ![r] = TRUE]
    /\ UNCHANGED <<store_buffer, rcu_pointer, rcu_gp, rcu_queued>>

\* rcupdate.h, rcu_read_unlock, by the thread th of reader r.
rcu_close(th, r) ==
    /\ rcu_reading' = [rcu_reading EXCEPT ![r] = FALSE]
    /\ rcu_gp' = IF drained(th) THEN [g \in DOMAIN rcu_gp |-> rcu_gp[g] \ {r}] ELSE rcu_gp
    /\ UNCHANGED <<store_buffer, rcu_pointer, rcu_queued>>

\* rcupdate.h, rcu_dereference: "READ_ONCE(p)".
rcu_seen(th, p) == READ_ONCE(th, <<"rcu_pointer", p>>, rcu_pointer[p])

-----------------------------------------------------------------------------
(* Who publishes                                                           *)

\* rcupdate.h, rcu_assign_pointer: "smp_store_release(&p, ...)".
rcu_publish(th, p, object) ==
    /\ HasSlotsForRelease(th)
    /\ rcu_pointer' = [rcu_pointer EXCEPT ![p] = WRITE_ONCE(@, object)]
    /\ store_buffer' = WITH_RELEASE(th, <<"rcu_pointer", p>>, object)
    /\ UNCHANGED <<rcu_reading, rcu_gp, rcu_queued>>

\* rcupdate.h, RCU_INIT_POINTER: "WRITE_ONCE(p, RCU_INITIALIZER(v))".
rcu_init(th, p, object) ==
    /\ HasSlot(th)
    /\ rcu_pointer' = [rcu_pointer EXCEPT ![p] = WRITE_ONCE(@, object)]
    /\ store_buffer' = WITH_STORE(th, <<"rcu_pointer", p>>, object)
    /\ UNCHANGED <<rcu_reading, rcu_gp, rcu_queued>>

-----------------------------------------------------------------------------
(* Grace periods                                                           *)

RcuNotQuiescent(reader, readers) == {r \in readers : rcu_reading[r] \/ ~drained(reader[r])}

\* tree.c, synchronize_rcu: a grace period begins.
rcu_synchronize(th, reader, g) ==
    /\ drained(th)
    /\ rcu_gp' = [rcu_gp EXCEPT ![g] = RcuNotQuiescent(reader, DOMAIN reader)]
    /\ UNCHANGED <<store_buffer, rcu_pointer, rcu_reading, rcu_queued>>

\* The readers that it still waits for after the next look at them.
RcuWaitsFor(reader, g) == RcuNotQuiescent(reader, rcu_gp[g])

\* tree.c, rcu_gp_fqs: readers that have been quiescent are found; the grace period ends when
\* nobody is waited for.
rcu_wait(th, reader, g) ==
    /\ drained(th)
    /\ rcu_gp[g] = {} \/ RcuWaitsFor(reader, g) # rcu_gp[g]
    /\ rcu_gp' = [rcu_gp EXCEPT ![g] = RcuWaitsFor(reader, g)]
    /\ UNCHANGED <<store_buffer, rcu_pointer, rcu_reading, rcu_queued>>

\* tree.c, call_rcu: the caller's stores before it are visible before the grace period begins.
rcu_call(th, h) ==
    /\ HasSlotsForRelease(th)
    /\ rcu_queued' = [rcu_queued EXCEPT ![h] = WRITE_ONCE(@, TRUE)]
    /\ store_buffer' = WITH_RELEASE(th, <<"rcu_queued", h>>, TRUE)
    /\ UNCHANGED <<rcu_pointer, rcu_reading, rcu_gp>>

\* tree.c, rcu_gp_init: the grace period of a callback begins. rcu_do_batch runs it after rcu_wait.
rcu_call_begin(th, reader, h) ==
    /\ drained(th)
    /\ rcu_queued[h]
    /\ rcu_queued' = [rcu_queued EXCEPT ![h] = FALSE]
    /\ rcu_gp' = [rcu_gp EXCEPT ![h] = RcuNotQuiescent(reader, DOMAIN reader)]
    /\ UNCHANGED <<store_buffer, rcu_pointer, rcu_reading>>

-----------------------------------------------------------------------------
\* The memory: what these variables are once entry e of a store buffer has become visible.
RCU_COMMITTED(e) ==
    /\ rcu_pointer' = [p \in DOMAIN rcu_pointer |-> COMMITTED(<<"rcu_pointer", p>>, rcu_pointer[p], e)]
    /\ rcu_queued' = [h \in DOMAIN rcu_queued |-> COMMITTED(<<"rcu_queued", h>>, rcu_queued[h], e)]
    /\ UNCHANGED <<rcu_reading, rcu_gp>>
=============================================================================
