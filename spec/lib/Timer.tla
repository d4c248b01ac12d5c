-------------------------------- MODULE Timer -------------------------------
(* Timers: a handler runs some time after a timer was armed, once for each *)
(* time that it was.                                                       *)
(*                                                                         *)
(* Models, of Linux 6.12: kernel/time/timer.c (mod_timer, timer_delete,    *)
(* timer_delete_sync, timer_shutdown_sync, expire_timers).                 *)
(*                                                                         *)
(* t is the timer, th the thread, k the key of a thread that runs          *)
(* handlers: a timer base, whose TIMER_SOFTIRQ runs one handler after the  *)
(* other. Time is left out: a pending timer may expire at any moment, or   *)
(* later. Each step is one critical section of base->lock, and a full      *)
(* barrier; but mod_timer of a pending timer and timer_delete of one that  *)
(* is not may return without the lock, and are no barrier.                 *)
(*                                                                         *)
(* A timer stays with the base that it is given. In C mod_timer may move   *)
(* it to the base of the CPU, but not while its handler runs, so that its  *)
(* handler never runs twice at a time there either.                        *)
(*                                                                         *)
(* Left out: timer_shutdown, add_timer, try_to_del_timer_sync, hrtimers;   *)
(* that the handler interrupts a task of its CPU, which matters where both *)
(* take one lock (for that see Irq). Do not ask whether timer_delete_sync  *)
(* ends for a timer that is armed again and again: without time its        *)
(* handler may run whenever somebody looks.                                *)
(*                                                                         *)
(* Twin: impl/lib/blocks/timer.ts. Used by: test/fixtures/blocks/timer.    *)
EXTENDS Memory

CONSTANT
    ShutdownDetached        \* timer_shutdown_sync clears timer->function only as it detaches the timer, since
                            \* 20739af07383 (2025); before, while the handler runs too

VARIABLES
    timer_pending,          \* per timer: it is armed
    timer_running,          \* per timer, base->running_timer: its handler runs
    timer_shutdown,         \* per timer: timer->function is NULL
    timer_item              \* per base: the timer whose handler it runs, or NO_TIMER

timer_vars == <<timer_pending, timer_running, timer_shutdown, timer_item>>

NO_TIMER == -1

TimerTypeOK(timers, bases) ==
    /\ timer_pending \in [timers -> BOOLEAN]
    /\ timer_running \in [timers -> BOOLEAN]
    /\ timer_shutdown \in [timers -> BOOLEAN]
    /\ timer_item \in [bases -> timers \cup {NO_TIMER}]

TimerInit(timers, bases) ==
    /\ timer_pending = [t \in timers |-> FALSE]
    /\ timer_running = [t \in timers |-> FALSE]
    /\ timer_shutdown = [t \in timers |-> FALSE]
    /\ timer_item = [k \in bases |-> NO_TIMER]

-----------------------------------------------------------------------------
(* Who arms and deletes                                                    *)

\* timer.c, __mod_timer: "if (timer_pending(timer))", with the same time "return 1"; else with
\* the lock "if (!timer->function) goto out_unlock".
timer_arm(th, t) ==
    /\ timer_pending[t] \/ drained(th)
    /\ timer_pending' = [timer_pending EXCEPT ![t] = @ \/ ~timer_shutdown[t]]
    /\ UNCHANGED <<store_buffer, timer_running, timer_shutdown, timer_item>>

\* timer.c, __timer_delete: "if (timer_pending(timer))", with the lock detach_if_pending.
timer_detach(th, t) ==
    /\ ~timer_pending[t] \/ drained(th)
    /\ timer_pending' = [timer_pending EXCEPT ![t] = FALSE]
    /\ UNCHANGED <<store_buffer, timer_running, timer_shutdown, timer_item>>

\* timer.c, __try_to_del_timer_sync, until it is not -1: "if (base->running_timer != timer)"
\* detach_if_pending, and where it shuts down "timer->function = NULL".
timer_detach_sync(th, t, shutdown) ==
    /\ drained(th)
    /\ ~timer_running[t]
    /\ timer_pending' = [timer_pending EXCEPT ![t] = FALSE]
    /\ timer_shutdown' = [timer_shutdown EXCEPT ![t] = @ \/ shutdown]
    /\ UNCHANGED <<store_buffer, timer_running, timer_item>>

\* Before 20739af07383: the first call of it clears the function even of one that runs.
timer_shut_first(th, t) ==
    /\ drained(th)
    /\ timer_pending' = [timer_pending EXCEPT ![t] = @ /\ timer_running[t]]
    /\ timer_shutdown' = [timer_shutdown EXCEPT ![t] = TRUE]
    /\ UNCHANGED <<store_buffer, timer_running, timer_item>>

-----------------------------------------------------------------------------
(* A timer base                                                            *)

\* timer.c, expire_timers: "base->running_timer = timer", "detach_timer(timer, true)"; if its
\* function is NULL "base->running_timer = NULL" at once.
timer_expire(th, k, t) ==
    /\ drained(th)
    /\ timer_pending[t]
    /\ timer_pending' = [timer_pending EXCEPT ![t] = FALSE]
    /\ timer_running' = [timer_running EXCEPT ![t] = ~timer_shutdown[t]]
    /\ timer_item' = [timer_item EXCEPT ![k] = IF timer_shutdown[t] THEN NO_TIMER ELSE t]
    /\ UNCHANGED <<store_buffer, timer_shutdown>>

\* timer.c, expire_timers, after call_timer_fn: "base->running_timer = NULL".
timer_return(th, k) ==
    /\ drained(th)
    /\ timer_running' = [timer_running EXCEPT ![timer_item[k]] = FALSE]
    /\ timer_item' = [timer_item EXCEPT ![k] = NO_TIMER]
    /\ UNCHANGED <<store_buffer, timer_pending, timer_shutdown>>
=============================================================================
