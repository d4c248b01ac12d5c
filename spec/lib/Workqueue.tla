----------------------------- MODULE Workqueue ------------------------------
(* Workqueues: works wait in a pool's list until one of its workers is     *)
(* free.                                                                   *)
(*                                                                         *)
(* Models, of Linux 6.12: kernel/workqueue.c (queue_work,                  *)
(* process_one_work, flush_work, cancel_work_sync).                        *)
(*                                                                         *)
(* pool is the pool, w the work, k the worker, th the thread. A pool has   *)
(* the workers that the protocol gives it, and no more are made: a bounded *)
(* pool, or one with max_active. A work is pending (WORK_STRUCT_PENDING)   *)
(* while it is on the list. Each step is one critical section of           *)
(* pool->lock, and a full barrier.                                         *)
(*                                                                         *)
(* Left out: delayed works, several instances that flush_work tells apart: *)
(* here it waits until the work is neither pending nor running, and in C   *)
(* for the instance that was queued last when it began; so do not ask      *)
(* whether a flush ends of a work that queues itself again. A cancelled    *)
(* work that somebody queues again at the same time (WORK_OFFQ_DISABLED).  *)
(*                                                                         *)
(* Twin: impl/lib/blocks/workqueue.ts. Used by: test/fixtures/blocks/work. *)
EXTENDS Memory

VARIABLES
    work_list,              \* per pool, pool->worklist: the pending works, in order
    work_running,           \* per worker, worker->current_work: a work, or NO_WORK
    work_item               \* per worker: the work whose function it runs, or NO_WORK

work_vars == <<work_list, work_running, work_item>>

NO_WORK == -1

WorkLists(works) ==
    UNION {{s \in [1..n -> works] : \A i, j \in 1..n : i # j => s[i] # s[j]} : n \in 0..Cardinality(works)}

WorkqueueTypeOK(pools, works, workers) ==
    /\ work_list \in [pools -> WorkLists(works)]
    /\ work_running \in [workers -> works \cup {NO_WORK}]
    /\ work_item \in [workers -> works \cup {NO_WORK}]

WorkqueueInit(pools, workers) ==
    /\ work_list = [pool \in pools |-> <<>>]
    /\ work_running = [k \in workers |-> NO_WORK]
    /\ work_item = [k \in workers |-> NO_WORK]

IsPending(pool, w) == \E i \in 1..Len(work_list[pool]) : work_list[pool][i] = w
IsRunning(w) == \E k \in DOMAIN work_running : work_running[k] = w

\* workqueue.c, queue_work_on: "if (!test_and_set_bit(WORK_STRUCT_PENDING_BIT, ...)) __queue_work".
work_queue(th, pool, w) ==
    /\ drained(th)
    /\ work_list' = [work_list EXCEPT ![pool] = IF IsPending(pool, w) THEN @ ELSE Append(@, w)]
    /\ UNCHANGED <<store_buffer, work_running, work_item>>

\* workqueue.c, flush_work: "wait_for_completion(&barr.done)".
work_flush(th, pool, w) ==
    /\ drained(th)
    /\ ~IsPending(pool, w)
    /\ ~IsRunning(w)
    /\ UNCHANGED <<store_buffer, work_vars>>

\* workqueue.c, cancel_work_sync: try_to_grab_pending takes it off the list, ...
work_cancel(th, pool, w) ==
    /\ drained(th)
    /\ work_list' = [work_list EXCEPT ![pool] = SelectSeq(@, LAMBDA other : other # w)]
    /\ UNCHANGED <<store_buffer, work_running, work_item>>

\* ... and __flush_work waits for the function, if it runs.
work_cancel_wait(th, w) ==
    /\ drained(th)
    /\ ~IsRunning(w)
    /\ UNCHANGED <<store_buffer, work_vars>>

\* The works of a pool that a worker may take: one that runs elsewhere waits
\* (find_worker_executing_work).
Idle(pool) == SelectSeq(work_list[pool], LAMBDA w : ~IsRunning(w))

\* workqueue.c, process_one_work: "list_del_init(&work->entry)", "worker->current_work = work",
\* set_work_pool_and_clear_pending.
work_take(th, pool, k) ==
    /\ drained(th)
    /\ Idle(pool) # <<>>
    /\ work_list' = [work_list EXCEPT ![pool] = SelectSeq(@, LAMBDA other : other # Head(Idle(pool)))]
    /\ work_running' = [work_running EXCEPT ![k] = Head(Idle(pool))]
    /\ work_item' = [work_item EXCEPT ![k] = Head(Idle(pool))]
    /\ UNCHANGED store_buffer

\* workqueue.c, process_one_work: "worker->current_work = NULL".
work_done(th, k) ==
    /\ drained(th)
    /\ work_running' = [work_running EXCEPT ![k] = NO_WORK]
    /\ work_item' = [work_item EXCEPT ![k] = NO_WORK]
    /\ UNCHANGED <<store_buffer, work_list>>
=============================================================================
