----------------------------- MODULE Completion -----------------------------
(* Completions: a count of what is done, and who waits for it, under one   *)
(* lock.                                                                   *)
(*                                                                         *)
(* Models, of Linux 6.12: kernel/sched/completion.c (complete,             *)
(* complete_all, wait_for_completion with do_wait_for_common) and          *)
(* kernel/sched/swait.c (__prepare_to_swait, __finish_swait,               *)
(* swake_up_locked).                                                       *)
(*                                                                         *)
(* c is the completion, th the thread, p its task. Everything is done with *)
(* x->wait.lock held; who waits sets its state without a barrier           *)
(* (__set_current_state), since who wakes it has the lock too. The list of *)
(* who waits is looked at with the lock only, so that it changes in the    *)
(* step of another access, and is in no store buffer. UINT_MAX, which      *)
(* complete_all makes of x->done, is a smaller number here, UintMax, and   *)
(* more than complete is ever called.                                      *)
(*                                                                         *)
(* Left out: completion_done and try_wait_for_completion, the looks at     *)
(* x->done without the lock; time-outs and signals; reinit_completion.     *)
(* swake_up_locked wakes and then unlinks: with the lock held nobody can   *)
(* tell.                                                                   *)
(*                                                                         *)
(* Twin: impl/lib/blocks/completion.ts.                                    *)
(* Used by: test/fixtures/blocks/completion.                               *)
EXTENDS Task

VARIABLES
    completion_lock,        \* per completion: x->wait.lock is held
    completion_done,        \* per completion: x->done
    completion_wait,        \* per completion: the tasks on x->wait, in order
    swait_todo              \* per thread that completes: the tasks it has still to wake

completion_vars == <<completion_lock, completion_done, completion_wait, swait_todo>>

SwaitLists(tasks) ==
    UNION {{s \in [1..n -> tasks] : \A i, j \in 1..n : i # j => s[i] # s[j]} : n \in 0..Cardinality(tasks)}

CompletionTypeOK(completions, tasks, completers, UintMax) ==
    /\ completion_lock \in [completions -> BOOLEAN]
    /\ completion_done \in [completions -> 0..UintMax]
    /\ completion_wait \in [completions -> SwaitLists(tasks)]
    /\ swait_todo \in [completers -> SwaitLists(tasks)]

CompletionInit(completions, completers) ==
    /\ completion_lock = [c \in completions |-> FALSE]
    /\ completion_done = [c \in completions |-> 0]
    /\ completion_wait = [c \in completions |-> <<>>]
    /\ swait_todo = [w \in completers |-> <<>>]

\* completion.c: "raw_spin_lock_irqsave(&x->wait.lock, flags)".
completion_spin_lock(th, c) ==
    /\ drained(th)
    /\ ~completion_lock[c]
    /\ completion_lock' = [completion_lock EXCEPT ![c] = TRUE]
    /\ UNCHANGED <<store_buffer, completion_done, completion_wait, swait_todo, task_vars>>

\* completion.c: "raw_spin_unlock_irqrestore(&x->wait.lock, flags)".
completion_spin_unlock(th, c) ==
    /\ HasSlotsForRelease(th)
    /\ completion_lock' = [completion_lock EXCEPT ![c] = WRITE_ONCE(@, FALSE)]
    /\ store_buffer' = WITH_RELEASE(th, <<"completion_lock", c>>, FALSE)
    /\ UNCHANGED <<completion_done, completion_wait, swait_todo, task_vars>>

\* x->done as thread th sees it.
completion_seen(th, c) == READ_ONCE(th, <<"completion_done", c>>, completion_done[c])

completion_set_done(th, c, n) ==
    /\ HasSlot(th)
    /\ completion_done' = [completion_done EXCEPT ![c] = WRITE_ONCE(@, n)]
    /\ store_buffer' = WITH_STORE(th, <<"completion_done", c>>, n)
    /\ UNCHANGED <<completion_lock, completion_wait, swait_todo, task_vars>>

-----------------------------------------------------------------------------
(* Who waits                                                               *)

\* completion.c, do_wait_for_common: "__prepare_to_swait(&x->wait, &wait)", which adds the entry if
\* it is not on the list, and "__set_current_state(state)".
completion_prepare(th, c, p) ==
    /\ task_store_state(th, p, "UNINTERRUPTIBLE")
    /\ completion_wait' = [completion_wait EXCEPT ![c] = IF \E i \in 1..Len(@) : @[i] = p THEN @ ELSE Append(@, p)]
    /\ UNCHANGED <<completion_lock, completion_done, swait_todo>>

\* completion.c, do_wait_for_common: "timeout = action(timeout)", which is schedule.
completion_schedule(th, p) ==
    /\ task_schedule(th, p)
    /\ UNCHANGED completion_vars

\* swait.c, __finish_swait: "__set_current_state(TASK_RUNNING)", "list_del_init".
completion_finish(th, c, p) ==
    /\ task_store_state(th, p, "RUNNING")
    /\ completion_wait' = [completion_wait EXCEPT ![c] = SelectSeq(@, LAMBDA other : other # p)]
    /\ UNCHANGED <<completion_lock, completion_done, swait_todo>>

\* completion.c, do_wait_for_common: "if (x->done != UINT_MAX) x->done--".
completion_take(th, c, UintMax) ==
    LET n == completion_seen(th, c)
    IN completion_set_done(th, c, IF n = UintMax THEN n ELSE n - 1)

-----------------------------------------------------------------------------
(* Who completes: thread th, whose swait_todo has the key w                *)

\* completion.c, complete: "if (x->done != UINT_MAX) x->done++".
completion_add(th, c, UintMax) ==
    LET n == completion_seen(th, c)
    IN completion_set_done(th, c, IF n = UintMax THEN n ELSE n + 1)

\* completion.c, complete_all: "x->done = UINT_MAX".
completion_add_all(th, c, UintMax) == completion_set_done(th, c, UintMax)

\* Whom swake_up_locked wakes: the first one; and swake_up_all_locked.
completion_first(c) == IF completion_wait[c] = <<>> THEN <<>> ELSE <<Head(completion_wait[c])>>
completion_all(c) == completion_wait[c]

\* swait.c, swake_up_locked: the tasks of the list who are to be woken are off it.
completion_unlink(w, c, who) ==
    /\ swait_todo' = [swait_todo EXCEPT ![w] = who]
    /\ completion_wait' = [completion_wait EXCEPT ![c] = SubSeq(@, Len(who) + 1, Len(@))]
    /\ UNCHANGED <<store_buffer, completion_lock, completion_done, task_vars>>

completion_wakes(th, w) == task_state_match(th, Head(swait_todo[w]), TASK_NORMAL)

\* swait.c, swake_up_locked: "try_to_wake_up(curr->task, TASK_NORMAL, wake_flags)".
completion_wake(th, w) ==
    /\ task_try_to_wake_up(th, Head(swait_todo[w]), TASK_NORMAL)
    /\ swait_todo' = [swait_todo EXCEPT ![w] = IF completion_wakes(th, w) THEN @ ELSE Tail(@)]
    /\ UNCHANGED <<completion_lock, completion_done, completion_wait>>

completion_wake_running(th, w) ==
    /\ task_wake(th, Head(swait_todo[w]))
    /\ swait_todo' = [swait_todo EXCEPT ![w] = Tail(@)]
    /\ UNCHANGED <<completion_lock, completion_done, completion_wait>>

-----------------------------------------------------------------------------
\* The memory: what these variables and those of Task are once entry e of a store buffer has
\* become visible.
COMPLETION_COMMITTED(e) ==
    /\ TASK_COMMITTED(e)
    /\ completion_lock' = [c \in DOMAIN completion_lock |-> COMMITTED(<<"completion_lock", c>>, completion_lock[c], e)]
    /\ completion_done' = [c \in DOMAIN completion_done |-> COMMITTED(<<"completion_done", c>>, completion_done[c], e)]
    /\ UNCHANGED <<completion_wait, swait_todo>>
=============================================================================
