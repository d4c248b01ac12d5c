-------------------------------- MODULE Task --------------------------------
(* Task states: how a task goes to sleep and is woken.                     *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/sched.h (set_current_state,        *)
(* __set_current_state), kernel/sched/core.c (__schedule, try_to_wake_up   *)
(* with ttwu_state_match and ttwu_runnable).                               *)
(*                                                                         *)
(* Each operator is what one step of thread th does to these variables and *)
(* to its store buffer; p is the task. Which label comes next is the       *)
(* protocol's.                                                             *)
(*                                                                         *)
(* Fewer steps than in C, and why that hides nothing:                      *)
(* - try_to_wake_up takes p->pi_lock and loads p->__state in one step.     *)
(*   Whoever else wants the lock waits for it from the one moment or from  *)
(*   the other. Where the state does not match, the lock is free again at  *)
(*   once.                                                                 *)
(* - p->__state = TASK_RUNNING and the unlock are one step, which is a     *)
(*   full barrier: the store is made with rq->lock held, whose release the *)
(*   task acquires in __schedule before it runs.                           *)
(* - p->on_rq, TASK_WAKING and p->on_cpu: a task that is off the run queue *)
(*   is one that stands in schedule with another state than TASK_RUNNING.  *)
(*   rq->lock makes "off the queue" and "runnable again" one step each.    *)
(* Left out: signals (signal_pending_state), TASK_DEAD and other special   *)
(* states, a task that wakes itself up without p->pi_lock, migration.      *)
(*                                                                         *)
(* Twin: impl/lib/blocks/task.ts. Used by: test/fixtures/blocks/sleep.     *)
EXTENDS Memory

CONSTANTS
    SetCurrentStateMb,      \* set_current_state is smp_store_mb: a full barrier after the store
    TryToWakeUpMb           \* the smp_mb__after_spinlock in try_to_wake_up

VARIABLES
    task_state,             \* per task, p->__state without TASK_
    pi_lock                 \* per task: somebody who wakes it has p->pi_lock

task_vars == <<task_state, pi_lock>>

TaskStates == {"RUNNING", "INTERRUPTIBLE", "UNINTERRUPTIBLE"}

\* sched.h: "#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)".
TASK_NORMAL == {"INTERRUPTIBLE", "UNINTERRUPTIBLE"}

TaskTypeOK(tasks) ==
    /\ task_state \in [tasks -> TaskStates]
    /\ pi_lock \in [tasks -> BOOLEAN]

TaskInit(tasks) ==
    /\ task_state = [p \in tasks |-> "RUNNING"]
    /\ pi_lock = [p \in tasks |-> FALSE]

\* sched.h, __set_current_state: "WRITE_ONCE(current->__state, (state_value))".
task_store_state(th, p, s) ==
    /\ HasSlot(th)
    /\ task_state' = [task_state EXCEPT ![p] = WRITE_ONCE(@, s)]
    /\ store_buffer' = WITH_STORE(th, <<"task_state", p>>, s)
    /\ UNCHANGED pi_lock

\* sched.h, set_current_state: "smp_store_mb(current->__state, (state_value))".
task_set_current_state(th, p, s) ==
    IF SetCurrentStateMb
    THEN /\ drained(th)
         /\ task_state' = [task_state EXCEPT ![p] = s]
         /\ UNCHANGED <<store_buffer, pi_lock>>
    ELSE task_store_state(th, p, s)

\* core.c, __schedule: rq_lock, smp_mb__after_spinlock, "prev_state = READ_ONCE(prev->__state)". A
\* task that is not TASK_RUNNING runs again when somebody has made it so.
task_schedule(th, p) ==
    /\ drained(th)
    /\ task_state[p] = "RUNNING"
    /\ UNCHANGED <<store_buffer, task_vars>>

\* core.c, ttwu_state_match: "READ_ONCE(p->__state) & state".
task_state_match(th, p, states) == READ_ONCE(th, <<"task_state", p>>, task_state[p]) \in states

\* core.c, try_to_wake_up: "raw_spin_lock_irqsave(&p->pi_lock)", "smp_mb__after_spinlock()" and the
\* check of the state. A spin lock alone is an acquire: stores before it may still be buffered.
task_try_to_wake_up(th, p, states) ==
    /\ IF TryToWakeUpMb THEN drained(th) ELSE TRUE
    /\ ~pi_lock[p]
    /\ pi_lock' = [pi_lock EXCEPT ![p] = task_state_match(th, p, states)]
    /\ UNCHANGED <<store_buffer, task_state>>

\* core.c, ttwu_do_wakeup, from ttwu_runnable or ttwu_do_activate, with rq->lock held:
\* "WRITE_ONCE(p->__state, TASK_RUNNING)"; then p->pi_lock is released.
task_wake(th, p) ==
    /\ drained(th)
    /\ task_state' = [task_state EXCEPT ![p] = "RUNNING"]
    /\ pi_lock' = [pi_lock EXCEPT ![p] = FALSE]
    /\ UNCHANGED store_buffer

\* The memory: what these variables are once entry e of a store buffer has become visible.
TASK_COMMITTED(e) ==
    /\ task_state' = [p \in DOMAIN task_state |-> COMMITTED(<<"task_state", p>>, task_state[p], e)]
    /\ UNCHANGED pi_lock
=============================================================================
