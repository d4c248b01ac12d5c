------------------------------- MODULE WakeUp -------------------------------
(* A task sleeps until a condition is true, and another wakes it: the loop *)
(* around set_current_state and schedule (include/linux/sched.h has it in  *)
(* a comment), wake_up_process (kernel/sched/core.c, try_to_wake_up).      *)
(*                                                                         *)
(* Left out, and why no lost wake-up hides there:                          *)
(* - p->pi_lock and the run queue's lock: there is one waker, and what     *)
(*   they order is in the barriers (smp_mb__after_spinlock), which are     *)
(*   steps here.                                                           *)
(* - TASK_WAKING, between the two states that the waker sees and stores:   *)
(*   the sleeper has stopped by then, and nobody else looks at it.         *)
(* - Signals, and wake-ups for other reasons: the loop checks the          *)
(*   condition again, so that each only spares the task a sleep.           *)
EXTENDS Memory

CONSTANTS
    StateFirst,             \* the state is set before the condition is checked
    SetStateMb,             \* the smp_mb in set_current_state; __set_current_state has none
    WakeUpMb                \* the full barrier in try_to_wake_up, before it reads the state

VARIABLES
    pc,                     \* per thread: the label of its next step
    state,                  \* of the task that sleeps: p->__state
    condition               \* what it waits for

vars == <<pc, store_buffer, state, condition>>

sleeper == <<"sleeper", 0>>
waker == <<"waker", 1>>
Threads == {sleeper, waker}
Labels == {"set_current_state", "set_current_state_mb", "check_condition", "schedule", "set_running", "awake",
           "set_condition", "wake_up_process_mb", "wake_up_process", "ttwu_do_wakeup", "woken"}
LoopStart == IF StateFirst THEN "set_current_state" ELSE "check_condition"
AfterSetState == IF StateFirst THEN "check_condition" ELSE "schedule"

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ pc \in [Threads -> Labels]
    /\ state \in {"TASK_RUNNING", "TASK_INTERRUPTIBLE"}
    /\ condition \in BOOLEAN

Init ==
    /\ MemoryInit(Threads)
    /\ pc = [th \in Threads |-> IF th = sleeper THEN LoopStart ELSE "set_condition"]
    /\ state = "TASK_RUNNING"
    /\ condition = FALSE

At(th, label) == pc[th] = label
Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
StoreState(th, x) ==
    /\ HasSlot(th)
    /\ state' = WRITE_ONCE(state, x)
    /\ store_buffer' = WITH_STORE(th, <<"state">>, x)
    /\ UNCHANGED condition
Barrier(th) == drained(th) /\ UNCHANGED <<store_buffer, state, condition>>

set_current_state ==
    /\ At(sleeper, "set_current_state")
    /\ StoreState(sleeper, "TASK_INTERRUPTIBLE")
    /\ Goto(sleeper, IF SetStateMb THEN "set_current_state_mb" ELSE AfterSetState)
set_current_state_mb == At(sleeper, "set_current_state_mb") /\ Barrier(sleeper) /\ Goto(sleeper, AfterSetState)
check_condition ==
    /\ At(sleeper, "check_condition")
    /\ Goto(sleeper, IF READ_ONCE(sleeper, <<"condition">>, condition) THEN "set_running"
                     ELSE IF StateFirst THEN "schedule" ELSE "set_current_state")
    /\ UNCHANGED <<store_buffer, state, condition>>
\* Goes on when the state is TASK_RUNNING, at once if it is already. Taking the run queue's lock is a full barrier.
schedule ==
    /\ At(sleeper, "schedule")
    /\ Barrier(sleeper)
    /\ state = "TASK_RUNNING"
    /\ Goto(sleeper, LoopStart)
set_running == At(sleeper, "set_running") /\ StoreState(sleeper, "TASK_RUNNING") /\ Goto(sleeper, "awake")

set_condition ==
    /\ At(waker, "set_condition")
    /\ HasSlot(waker)
    /\ condition' = WRITE_ONCE(condition, TRUE)
    /\ store_buffer' = WITH_STORE(waker, <<"condition">>, TRUE)
    /\ Goto(waker, IF WakeUpMb THEN "wake_up_process_mb" ELSE "wake_up_process")
    /\ UNCHANGED state
wake_up_process_mb == At(waker, "wake_up_process_mb") /\ Barrier(waker) /\ Goto(waker, "wake_up_process")
wake_up_process ==
    /\ At(waker, "wake_up_process")
    /\ Goto(waker, IF READ_ONCE(waker, <<"state">>, state) = "TASK_INTERRUPTIBLE" THEN "ttwu_do_wakeup" ELSE "woken")
    /\ UNCHANGED <<store_buffer, state, condition>>
ttwu_do_wakeup == At(waker, "ttwu_do_wakeup") /\ StoreState(waker, "TASK_RUNNING") /\ Goto(waker, "woken")

\* The oldest store in a thread's buffer becomes visible; under PSO the oldest of some location.
commit(th) ==
    \E i \in Committable(th) :
        /\ state' = COMMITTED(<<"state">>, state, store_buffer[th][i])
        /\ condition' = COMMITTED(<<"condition">>, condition, store_buffer[th][i])
        /\ store_buffer' = WITHOUT_STORE(th, i)
        /\ UNCHANGED pc

Next ==
    \/ set_current_state
    \/ set_current_state_mb
    \/ check_condition
    \/ schedule
    \/ set_running
    \/ set_condition
    \/ wake_up_process_mb
    \/ wake_up_process
    \/ ttwu_do_wakeup
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

\* Each task goes on as long as it can, and every store becomes visible in the end.
Fairness == \A th \in Threads : WF_vars(Next /\ pc'[th] # pc[th]) /\ WF_vars(commit(th))

\* Nobody sleeps whom nobody is going to wake.
NoLostWakeupInv == ~(At(sleeper, "schedule") /\ At(waker, "woken") /\ drained(waker) /\ state # "TASK_RUNNING")

\* Once the condition is true, the task wakes up.
WakesUpProp == condition ~> At(sleeper, "awake")
=============================================================================
