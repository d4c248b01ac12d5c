----------------------------- MODULE WaitQueue ------------------------------
(* Wait queues: who waits is on a list under the queue's lock, and who     *)
(* wakes walks the list.                                                   *)
(*                                                                         *)
(* Models, of Linux 6.12: kernel/sched/wait.c (prepare_to_wait,            *)
(* prepare_to_wait_exclusive, finish_wait, __wake_up_common_lock,          *)
(* __wake_up_common, autoremove_wake_function) and include/linux/wait.h    *)
(* (waitqueue_active, ___wait_event).                                      *)
(*                                                                         *)
(* q is the queue, th the thread, p its task. The list is one location,    *)
(* the sequence of the tasks on it; Excl is the set of tasks whose entries *)
(* have WQ_FLAG_EXCLUSIVE. Others are added at the head of the list,       *)
(* exclusive ones at its tail.                                             *)
(*                                                                         *)
(* Left out: entries with a function of their own (poll, WQ_FLAG_CUSTOM),  *)
(* WQ_FLAG_PRIORITY, wake_up_nr of more than one, signals and time-outs    *)
(* (prepare_to_wait_event), a task that waits on one queue exclusively and *)
(* on another not. list_empty_careful of finish_wait is one load of the    *)
(* list.                                                                   *)
(*                                                                         *)
(* Twin: impl/lib/blocks/wait-queue.ts. Used by: test/fixtures/blocks/wait. *)
EXTENDS Task

VARIABLES
    wq_lock,                \* per queue: wq_head->lock is held
    wq_entries,             \* per queue, wq_head->head: the tasks on it, in order
    wq_todo                 \* per thread that wakes: the entries it has still to go through

wq_vars == <<wq_lock, wq_entries, wq_todo>>

\* Sequences of tasks without one twice.
WqLists(tasks) == UNION {{s \in [1..n -> tasks] : \A i, j \in 1..n : i # j => s[i] # s[j]} : n \in 0..Cardinality(tasks)}

WaitQueueTypeOK(queues, tasks, wakers) ==
    /\ wq_lock \in [queues -> BOOLEAN]
    /\ wq_entries \in [queues -> WqLists(tasks)]
    /\ wq_todo \in [wakers -> WqLists(tasks)]

WaitQueueInit(queues, wakers) ==
    /\ wq_lock = [q \in queues |-> FALSE]
    /\ wq_entries = [q \in queues |-> <<>>]
    /\ wq_todo = [w \in wakers |-> <<>>]

IsOn(list, p) == \E i \in 1..Len(list) : list[i] = p
Without(list, p) == SelectSeq(list, LAMBDA other : other # p)

\* The list as thread th sees it.
wq_seen(th, q) == READ_ONCE(th, <<"wq_entries", q>>, wq_entries[q])

\* wait.c: "spin_lock_irqsave(&wq_head->lock, flags)".
wq_spin_lock(th, q) ==
    /\ drained(th)
    /\ ~wq_lock[q]
    /\ wq_lock' = [wq_lock EXCEPT ![q] = TRUE]
    /\ UNCHANGED <<store_buffer, wq_entries, wq_todo, task_vars>>

\* wait.c: "spin_unlock_irqrestore(&wq_head->lock, flags)".
wq_spin_unlock(th, q) ==
    /\ HasSlotsForRelease(th)
    /\ wq_lock' = [wq_lock EXCEPT ![q] = WRITE_ONCE(@, FALSE)]
    /\ store_buffer' = WITH_RELEASE(th, <<"wq_lock", q>>, FALSE)
    /\ UNCHANGED <<wq_entries, wq_todo, task_vars>>

\* The list becomes another one: list_add, list_del, plain stores.
wq_set_entries(th, q, list) ==
    /\ HasSlot(th)
    /\ wq_entries' = [wq_entries EXCEPT ![q] = WRITE_ONCE(@, list)]
    /\ store_buffer' = WITH_STORE(th, <<"wq_entries", q>>, list)
    /\ UNCHANGED <<wq_lock, task_vars>>

-----------------------------------------------------------------------------
(* Who waits                                                               *)

\* wait.c, prepare_to_wait: "if (list_empty(&wq_entry->entry)) __add_wait_queue(wq_head,
\* wq_entry)"; __add_wait_queue_entry_tail in prepare_to_wait_exclusive.
wq_add(th, q, p, Excl) ==
    LET list == wq_seen(th, q)
    IN /\ wq_set_entries(th, q, IF IsOn(list, p) THEN list
                                ELSE IF p \in Excl THEN Append(list, p) ELSE <<p>> \o list)
       /\ UNCHANGED wq_todo

\* wait.c, prepare_to_wait: "set_current_state(state)", with the lock held.
wq_set_current_state(th, p, s) ==
    /\ task_set_current_state(th, p, s)
    /\ UNCHANGED wq_vars

\* wait.h, ___wait_event: "schedule()".
wq_schedule(th, p) ==
    /\ task_schedule(th, p)
    /\ UNCHANGED wq_vars

\* wait.c, finish_wait: "__set_current_state(TASK_RUNNING)".
wq_set_running(th, p) ==
    /\ task_store_state(th, p, "RUNNING")
    /\ UNCHANGED wq_vars

\* wait.c, finish_wait: "if (!list_empty_careful(&wq_entry->entry))".
wq_is_on_list(th, q, p) == IsOn(wq_seen(th, q), p)

\* wait.c, finish_wait: "list_del_init(&wq_entry->entry)".
wq_del(th, q, p) ==
    /\ wq_set_entries(th, q, Without(wq_seen(th, q), p))
    /\ UNCHANGED wq_todo

-----------------------------------------------------------------------------
(* Who wakes: thread th, whose wq_todo has the key w                       *)

\* wait.h, waitqueue_active: "!list_empty(&wq_head->head)", without the lock.
wq_is_active(th, q) == wq_seen(th, q) # <<>>

\* wait.c, __wake_up_common: the walk begins at the head of the list.
wq_first(th, w, q) ==
    /\ wq_todo' = [wq_todo EXCEPT ![w] = wq_seen(th, q)]
    /\ UNCHANGED <<store_buffer, wq_lock, wq_entries, task_vars>>

\* Is there an entry to go through?
wq_more(list) == list # <<>>

\* Does default_wake_function find the task of the entry at hand in one of the states?
wq_func_wakes(th, w, states) == task_state_match(th, Head(wq_todo[w]), states)

\* wait.c, autoremove_wake_function: default_wake_function, which is try_to_wake_up. Where it says no
\* the walk goes on to the next entry.
wq_func(th, w, states) ==
    /\ task_try_to_wake_up(th, Head(wq_todo[w]), states)
    /\ wq_todo' = [wq_todo EXCEPT ![w] = IF wq_func_wakes(th, w, states) THEN @ ELSE Tail(@)]
    /\ UNCHANGED <<wq_lock, wq_entries>>

wq_func_running(th, w) ==
    /\ task_wake(th, Head(wq_todo[w]))
    /\ UNCHANGED wq_vars

\* What is left after the entry at hand has been woken: "if (ret && (flags & WQ_FLAG_EXCLUSIVE) &&
\* !--nr_exclusive) break". Excl is empty for wake_up_all.
wq_rest(w, Excl) == IF Head(wq_todo[w]) \in Excl THEN <<>> ELSE Tail(wq_todo[w])

\* wait.c, autoremove_wake_function: "list_del_init_careful(&wq_entry->entry)".
wq_autoremove(th, w, q, Excl) ==
    /\ wq_set_entries(th, q, Without(wq_seen(th, q), Head(wq_todo[w])))
    /\ wq_todo' = [wq_todo EXCEPT ![w] = wq_rest(w, Excl)]

-----------------------------------------------------------------------------
\* The memory: what these variables and those of Task are once entry e of a store buffer has
\* become visible.
WAIT_QUEUE_COMMITTED(e) ==
    /\ TASK_COMMITTED(e)
    /\ wq_lock' = [q \in DOMAIN wq_lock |-> COMMITTED(<<"wq_lock", q>>, wq_lock[q], e)]
    /\ wq_entries' = [q \in DOMAIN wq_entries |-> COMMITTED(<<"wq_entries", q>>, wq_entries[q], e)]
    /\ UNCHANGED wq_todo
=============================================================================
