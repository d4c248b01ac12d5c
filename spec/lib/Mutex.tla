-------------------------------- MODULE Mutex -------------------------------
(* Mutexes, the locks whose waiters sleep: one location each, with who     *)
(* owns it.                                                                *)
(*                                                                         *)
(* Models, of Linux 6.12: kernel/locking/mutex.c (mutex_lock,              *)
(* mutex_trylock, mutex_unlock, mutex_is_locked), by what it promises and  *)
(* not by lock->wait_list: a cmpxchg_acquire takes lock->owner,            *)
(* atomic_long_cmpxchg_release gives it back, and whoever waits takes it   *)
(* when it is free.                                                        *)
(*                                                                         *)
(* m is the mutex, th the thread, p its task. An acquire does not wait for *)
(* the thread's earlier stores to become visible, but for those to the     *)
(* mutex itself.                                                           *)
(*                                                                         *)
(* Left out: optimistic spinning and hand-off (who gets it next is not     *)
(* said), mutex_lock_interruptible (VcpuMutex has the killable one), an    *)
(* unlock by somebody else, which is a bug. How the waiter sleeps and is   *)
(* woken is the mutex's own and loses nothing.                             *)
(*                                                                         *)
(* Twin: impl/lib/blocks/mutex.ts. Used by: test/fixtures/blocks/mutex.    *)
EXTENDS Memory

CONSTANT
    MutexMb                 \* mutex_lock and mutex_unlock are locked instructions, as on x86: full
                            \* barriers; else an acquire and a release

VARIABLE
    mutex_owner             \* per mutex, lock->owner: the task that has it, or NO_OWNER

NO_OWNER == -1

MutexesTypeOK(mutexes, tasks) == mutex_owner \in [mutexes -> tasks \cup {NO_OWNER}]

MutexesInit(mutexes) == mutex_owner = [m \in mutexes |-> NO_OWNER]

owner_seen(th, m) == READ_ONCE(th, <<"mutex_owner", m>>, mutex_owner[m])

\* mutex.c, mutex_lock: "atomic_long_try_cmpxchg_acquire(&lock->owner, &zero, curr)", or it sleeps.
mutex_take(th, m, p) ==
    /\ IF MutexMb THEN drained(th) ELSE TRUE
    /\ mutex_owner[m] = NO_OWNER
    /\ mutex_owner' = [mutex_owner EXCEPT ![m] = p]
    /\ UNCHANGED store_buffer

\* What mutex_trylock returns.
mutex_is_free(th, m) == IF MutexMb THEN mutex_owner[m] = NO_OWNER ELSE owner_seen(th, m) = NO_OWNER

\* mutex.c, mutex_trylock: one that fails takes nothing.
mutex_try(th, m, p) ==
    IF mutex_is_free(th, m) THEN mutex_take(th, m, p)
    ELSE /\ IF MutexMb THEN drained(th) ELSE TRUE
         /\ UNCHANGED <<store_buffer, mutex_owner>>

\* mutex.c, mutex_unlock: "atomic_long_try_cmpxchg_release(&lock->owner, &curr, 0UL)".
mutex_give(th, m) ==
    IF MutexMb
    THEN /\ drained(th)
         /\ mutex_owner' = [mutex_owner EXCEPT ![m] = NO_OWNER]
         /\ UNCHANGED store_buffer
    ELSE /\ HasSlotsForRelease(th)
         /\ mutex_owner' = [mutex_owner EXCEPT ![m] = WRITE_ONCE(@, NO_OWNER)]
         /\ store_buffer' = WITH_RELEASE(th, <<"mutex_owner", m>>, NO_OWNER)

\* The memory: who owns what once entry e of a store buffer has become visible.
MUTEXES_COMMITTED(e) ==
    mutex_owner' = [m \in DOMAIN mutex_owner |-> COMMITTED(<<"mutex_owner", m>>, mutex_owner[m], e)]
=============================================================================
