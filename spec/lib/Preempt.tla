------------------------------- MODULE Preempt ------------------------------
(* Preemption and migration: a CPU runs one task at a time, may take       *)
(* another between any two steps, and a task may go on on another CPU.     *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/preempt.h (preempt_disable,        *)
(* preempt_enable, migrate_disable, migrate_enable), kernel/sched/core.c   *)
(* (context_switch, set_task_cpu), include/linux/percpu-defs.h             *)
(* (this_cpu_ptr).                                                         *)
(*                                                                         *)
(* p is the task, thread the threads of all tasks (thread[p]). An action   *)
(* of a task begins with TaskRuns(p). Each task has a store buffer, and    *)
(* each CPU has one in hardware: a switch is a full barrier (rq->lock, and *)
(* smp_mb__after_spinlock in __schedule), so that a task that does not run *)
(* has nothing buffered.                                                   *)
(*                                                                         *)
(* Simpler than in C: a task that runs is moved in one step, and its CPU   *)
(* is idle then; in C the migration thread preempts it. A task whose       *)
(* program waits is not taken off the queue: another may run instead of    *)
(* it, as of any other.                                                    *)
(*                                                                         *)
(* Left out: nested calls, priorities and time slices (any task may run,   *)
(* for any time), affinity, interrupts (see Irq), this_cpu_inc and the     *)
(* like, which are one instruction. Do not ask whether a task ever runs    *)
(* again: nothing says that the scheduler is fair.                         *)
(*                                                                         *)
(* Twin: impl/lib/blocks/preempt.ts. Used by:                              *)
(* test/fixtures/blocks/preempt.                                           *)
EXTENDS Memory

VARIABLES
    task_cpu,               \* per task, task_thread_info(p)->cpu: the CPU that it is on
    cpu_curr,               \* per CPU, rq->curr: the task that it runs, or SWAPPER
    preempt_off,            \* per task: preempt_count is not 0
    migration_off           \* per task: p->migration_disabled is not 0

preempt_vars == <<task_cpu, cpu_curr, preempt_off, migration_off>>

SWAPPER == -1

PreemptTypeOK(cpus, tasks) ==
    /\ task_cpu \in [tasks -> cpus]
    /\ cpu_curr \in [cpus -> tasks \cup {SWAPPER}]
    /\ preempt_off \in [tasks -> BOOLEAN]
    /\ migration_off \in [tasks -> BOOLEAN]

\* All tasks wait on one CPU.
PreemptInit(cpus, tasks, cpu) ==
    /\ task_cpu = [p \in tasks |-> cpu]
    /\ cpu_curr = [c \in cpus |-> SWAPPER]
    /\ preempt_off = [p \in tasks |-> FALSE]
    /\ migration_off = [p \in tasks |-> FALSE]

TaskRuns(p) == cpu_curr[task_cpu[p]] = p

-----------------------------------------------------------------------------
(* The scheduler                                                           *)

\* core.c, __schedule: may the CPU run something else than it does?
SchedulesAway(thread, cpu) ==
    IF cpu_curr[cpu] = SWAPPER THEN TRUE
    ELSE ~preempt_off[cpu_curr[cpu]] /\ drained(thread[cpu_curr[cpu]])

\* core.c, context_switch: "rq->curr = next", which is p.
sched_switch(thread, p) ==
    /\ ~TaskRuns(p)
    /\ SchedulesAway(thread, task_cpu[p])
    /\ cpu_curr' = [cpu_curr EXCEPT ![task_cpu[p]] = p]
    /\ UNCHANGED <<store_buffer, task_cpu, preempt_off, migration_off>>

\* core.c, set_task_cpu: by the load balancer, a wake-up, or sched_setaffinity;
\* is_migration_disabled(p) keeps it from being moved.
sched_migrate(thread, p, cpu) ==
    /\ cpu # task_cpu[p]
    /\ ~migration_off[p]
    /\ IF TaskRuns(p) THEN SchedulesAway(thread, task_cpu[p]) ELSE TRUE
    /\ cpu_curr' = IF TaskRuns(p) THEN [cpu_curr EXCEPT ![task_cpu[p]] = SWAPPER] ELSE cpu_curr
    /\ task_cpu' = [task_cpu EXCEPT ![p] = cpu]
    /\ UNCHANGED <<store_buffer, preempt_off, migration_off>>

-----------------------------------------------------------------------------
(* Tasks                                                                   *)

\* preempt.h, preempt_disable and preempt_enable: "barrier()", of the compiler only.
sched_preempt_off(p, off) ==
    /\ preempt_off' = [preempt_off EXCEPT ![p] = off]
    /\ UNCHANGED <<store_buffer, task_cpu, cpu_curr, migration_off>>

\* core.c, migrate_disable and migrate_enable: "p->migration_disabled".
sched_migration_off(p, off) ==
    /\ migration_off' = [migration_off EXCEPT ![p] = off]
    /\ UNCHANGED <<store_buffer, task_cpu, cpu_curr, preempt_off>>
=============================================================================
