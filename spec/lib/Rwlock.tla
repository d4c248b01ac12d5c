------------------------------- MODULE Rwlock -------------------------------
(* Reader-writer locks: many readers, or one writer.                       *)
(*                                                                         *)
(* Models, of Linux 6.12: include/asm-generic/qrwlock.h (queued_read_lock, *)
(* queued_read_unlock, queued_write_lock, queued_write_unlock) and         *)
(* kernel/locking/qrwlock.c (the slow paths), by what they promise.        *)
(*                                                                         *)
(* l is the lock, th the thread; at most Readers have it at a time. An     *)
(* acquire does not wait for the thread's earlier stores to become         *)
(* visible, but for those to the lock itself.                              *)
(*                                                                         *)
(* Left out: that a reader waits behind a writer that waits                *)
(* (_QW_WAITING): a reader gets in here as long as no writer is in, so     *)
(* that the deadlock of a nested read_lock is not found; the order of the  *)
(* queue; _trylock, _irq and _bh variants; rw_semaphore, whose waiters     *)
(* sleep.                                                                  *)
(*                                                                         *)
(* Twin: impl/lib/blocks/rwlock.ts. Used by: test/fixtures/blocks/rwlock.  *)
EXTENDS Memory

CONSTANT
    RwlockMb                \* taking the lock is a locked instruction, as on x86: a full barrier; else
                            \* an acquire

VARIABLE
    rw_cnts                 \* per lock, lock->cnts: how many readers have it, or RW_WRITER

RW_WRITER == -1

RwlockTypeOK(locks, Readers) == rw_cnts \in [locks -> (0..Readers) \cup {RW_WRITER}]

RwlockInit(locks) == rw_cnts = [l \in locks |-> 0]

rw_acquires(th) == IF RwlockMb THEN drained(th) ELSE TRUE

\* qrwlock.h, queued_read_lock: "atomic_add_return_acquire(_QR_BIAS, &lock->cnts)", and the wait for
\* the writer.
rw_read_lock(th, l, Readers) ==
    /\ rw_acquires(th)
    /\ rw_cnts[l] \in 0..(Readers - 1)
    /\ rw_cnts' = [rw_cnts EXCEPT ![l] = @ + 1]
    /\ UNCHANGED store_buffer

\* qrwlock.h, queued_read_unlock: "atomic_sub_return_release(_QR_BIAS, &lock->cnts)".
rw_read_unlock(th, l) ==
    /\ drained(th)
    /\ rw_cnts[l] > 0
    /\ rw_cnts' = [rw_cnts EXCEPT ![l] = @ - 1]
    /\ UNCHANGED store_buffer

\* qrwlock.h, queued_write_lock: "atomic_try_cmpxchg_acquire(&lock->cnts, &cnts, _QW_LOCKED)".
rw_write_lock(th, l) ==
    /\ rw_acquires(th)
    /\ rw_cnts[l] = 0
    /\ rw_cnts' = [rw_cnts EXCEPT ![l] = RW_WRITER]
    /\ UNCHANGED store_buffer

\* qrwlock.h, queued_write_unlock: "smp_store_release(&lock->wlocked, 0)".
rw_write_unlock(th, l) ==
    /\ HasSlotsForRelease(th)
    /\ rw_cnts' = [rw_cnts EXCEPT ![l] = WRITE_ONCE(@, 0)]
    /\ store_buffer' = WITH_RELEASE(th, <<"rw_cnts", l>>, 0)

\* The memory: what the locks are once entry e of a store buffer has become visible.
RWLOCK_COMMITTED(e) == rw_cnts' = [l \in DOMAIN rw_cnts |-> COMMITTED(<<"rw_cnts", l>>, rw_cnts[l], e)]
=============================================================================
