------------------------------- MODULE Rcuwait ------------------------------
(* rcuwait: one task that waits, without a list and without a lock.        *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/rcuwait.h (prepare_to_rcuwait,     *)
(* rcuwait_wait_event, finish_rcuwait, rcuwait_active) and kernel/exit.c   *)
(* (rcuwait_wake_up).                                                      *)
(*                                                                         *)
(* w is the rcuwait, th the thread, p its task, k the key of a thread that *)
(* wakes.                                                                  *)
(*                                                                         *)
(* Left out: the read-side section of rcuwait_wake_up, which keeps the     *)
(* task_struct that it has found (no task ends here); signals              *)
(* (signal_pending_state) and time-outs; two that wait on one, which is a  *)
(* bug; what rcuwait_wake_up returns.                                      *)
(*                                                                         *)
(* Twin: impl/lib/blocks/rcuwait.ts. Used by:                              *)
(* test/fixtures/blocks/rcuwait.                                           *)
EXTENDS Task

CONSTANT
    RcuwaitMb               \* the smp_mb in rcuwait_wake_up, between the condition and the look for who
                            \* waits

VARIABLES
    rcuwait_task,           \* per rcuwait, w->task: the task that waits, or NO_TASK
    rcuwait_found           \* per thread that wakes: the task that it has found and not yet woken

rcuwait_vars == <<rcuwait_task, rcuwait_found>>

NO_TASK == -1

RcuwaitTypeOK(rcuwaits, tasks, wakers) ==
    /\ rcuwait_task \in [rcuwaits -> tasks \cup {NO_TASK}]
    /\ rcuwait_found \in [wakers -> tasks \cup {NO_TASK}]

RcuwaitInit(rcuwaits, wakers) ==
    /\ rcuwait_task = [w \in rcuwaits |-> NO_TASK]
    /\ rcuwait_found = [k \in wakers |-> NO_TASK]

rcuwait_seen(th, w) == READ_ONCE(th, <<"rcuwait_task", w>>, rcuwait_task[w])

\* rcuwait.h: "rcu_assign_pointer(w->task, current)" in prepare_to_rcuwait,
\* "rcu_assign_pointer(w->task, NULL)" in finish_rcuwait.
rcuwait_assign(th, w, p) ==
    /\ HasSlotsForRelease(th)
    /\ rcuwait_task' = [rcuwait_task EXCEPT ![w] = WRITE_ONCE(@, p)]
    /\ store_buffer' = WITH_RELEASE(th, <<"rcuwait_task", w>>, p)
    /\ UNCHANGED <<rcuwait_found, task_vars>>

\* rcuwait.h, ___rcuwait_wait_event: "set_current_state(state)", whose barrier pairs with that of
\* rcuwait_wake_up.
rcuwait_set_state(th, p) ==
    /\ task_set_current_state(th, p, "UNINTERRUPTIBLE")
    /\ UNCHANGED rcuwait_vars

\* rcuwait.h, rcuwait_wait_event: "schedule()".
rcuwait_schedule(th, p) ==
    /\ task_schedule(th, p)
    /\ UNCHANGED rcuwait_vars

\* rcuwait.h, finish_rcuwait: "__set_current_state(TASK_RUNNING)".
rcuwait_set_running(th, p) ==
    /\ task_store_state(th, p, "RUNNING")
    /\ UNCHANGED rcuwait_vars

\* rcuwait.h, rcuwait_active: "!!rcu_access_pointer(w->task)".
rcuwait_is_active(th, w) == rcuwait_seen(th, w) # NO_TASK

-----------------------------------------------------------------------------
(* Who wakes                                                               *)

\* exit.c, rcuwait_wake_up: "smp_mb()", (B).
rcuwait_smp_mb(th) ==
    /\ drained(th)
    /\ UNCHANGED <<store_buffer, rcuwait_vars, task_vars>>

\* exit.c, rcuwait_wake_up: "task = rcu_dereference(w->task)".
rcuwait_find(th, k, w) ==
    /\ rcuwait_found' = [rcuwait_found EXCEPT ![k] = rcuwait_seen(th, w)]
    /\ UNCHANGED <<store_buffer, rcuwait_task, task_vars>>

\* exit.c, rcuwait_wake_up: "wake_up_process(task)". Does it find the task asleep?
rcuwait_wakes(th, k) == task_state_match(th, rcuwait_found[k], TASK_NORMAL)

rcuwait_wake(th, k) ==
    /\ task_try_to_wake_up(th, rcuwait_found[k], TASK_NORMAL)
    /\ rcuwait_found' = [rcuwait_found EXCEPT ![k] = IF rcuwait_wakes(th, k) THEN @ ELSE NO_TASK]
    /\ UNCHANGED rcuwait_task

rcuwait_wake_running(th, k) ==
    /\ task_wake(th, rcuwait_found[k])
    /\ rcuwait_found' = [rcuwait_found EXCEPT ![k] = NO_TASK]
    /\ UNCHANGED rcuwait_task

-----------------------------------------------------------------------------
\* The memory: what these variables and those of Task are once entry e of a store buffer has
\* become visible.
RCUWAIT_COMMITTED(e) ==
    /\ TASK_COMMITTED(e)
    /\ rcuwait_task' = [w \in DOMAIN rcuwait_task |-> COMMITTED(<<"rcuwait_task", w>>, rcuwait_task[w], e)]
    /\ UNCHANGED rcuwait_found
=============================================================================
