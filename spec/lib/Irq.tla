--------------------------------- MODULE Irq --------------------------------
(* Interrupts of CPUs, spin locks, and calls of functions on other CPUs.   *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/irqflags.h (local_irq_disable,     *)
(* local_irq_save), include/linux/spinlock.h (spin_lock_irqsave),          *)
(* kernel/smp.c (smp_call_function_single with wait, csd_lock_wait,        *)
(* __flush_smp_call_function_queue).                                       *)
(*                                                                         *)
(* cpu is the CPU, th the thread. A CPU runs one task, and a handler that  *)
(* is a thread of its own: an action of the task begins with               *)
(* TaskRuns(cpu), one of the handler with HandlerRuns(cpu). The two have   *)
(* one store buffer in hardware and two here: an interrupt drains it       *)
(* (Intel SDM volume 3, "Store Buffer") and IRET is serializing, so that   *)
(* one of the two is always empty.                                         *)
(*                                                                         *)
(* Left out: several interrupts at a time and their priorities (one is     *)
(* pending, and its handler does all that is to be done), NMIs, softirqs,  *)
(* nested local_irq_save, the scheduler: a task stays on its CPU. Whether  *)
(* a call's IPI is lost is not asked: x86 loses none.                      *)
(*                                                                         *)
(* Twin: impl/lib/blocks/irq.ts. Used by: test/fixtures/blocks/irq.        *)
EXTENDS Memory

VARIABLES
    irqs_off,               \* per CPU: its task has interrupts off
    irq_pending,            \* per CPU: an interrupt has come that it has not taken
    in_irq,                 \* per CPU: it is in the interrupt handler
    call_queue,             \* per CPU, call_single_queue: the CPUs whose calls wait for it
    csd_lock,               \* per CPU: CSD_FLAG_LOCK of the call that it waits for
    csd_todo,               \* per CPU that has a handler: the CPUs whose calls it has still to answer
    spin_locked             \* per spin lock: it is held

irq_vars == <<irqs_off, irq_pending, in_irq, call_queue, csd_lock, csd_todo, spin_locked>>

IrqTypeOK(cpus, handlers, locks) ==
    /\ irqs_off \in [cpus -> BOOLEAN]
    /\ irq_pending \in [cpus -> BOOLEAN]
    /\ in_irq \in [cpus -> BOOLEAN]
    /\ call_queue \in [cpus -> SUBSET cpus]
    /\ csd_lock \in [cpus -> BOOLEAN]
    /\ csd_todo \in [handlers -> SUBSET cpus]
    /\ spin_locked \in [locks -> BOOLEAN]

IrqInit(cpus, handlers, locks) ==
    /\ irqs_off = [cpu \in cpus |-> FALSE]
    /\ irq_pending = [cpu \in cpus |-> FALSE]
    /\ in_irq = [cpu \in cpus |-> FALSE]
    /\ call_queue = [cpu \in cpus |-> {}]
    /\ csd_lock = [cpu \in cpus |-> FALSE]
    /\ csd_todo = [cpu \in handlers |-> {}]
    /\ spin_locked = [l \in locks |-> FALSE]

TaskRuns(cpu) == ~in_irq[cpu]
HandlerRuns(cpu) == in_irq[cpu]

-----------------------------------------------------------------------------
(* Interrupts                                                              *)

\* irqflags.h, local_irq_disable and local_irq_enable: CLI and STI, no barriers.
irq_disable(cpu) ==
    /\ irqs_off' = [irqs_off EXCEPT ![cpu] = TRUE]
    /\ UNCHANGED <<store_buffer, irq_pending, in_irq, call_queue, csd_lock, csd_todo, spin_locked>>

irq_enable(cpu) ==
    /\ irqs_off' = [irqs_off EXCEPT ![cpu] = FALSE]
    /\ UNCHANGED <<store_buffer, irq_pending, in_irq, call_queue, csd_lock, csd_todo, spin_locked>>

\* The CPU, whose task is th, takes an interrupt.
irq_take(th, cpu) ==
    /\ irq_pending[cpu]
    /\ ~irqs_off[cpu]
    /\ ~in_irq[cpu]
    /\ drained(th)
    /\ irq_pending' = [irq_pending EXCEPT ![cpu] = FALSE]
    /\ in_irq' = [in_irq EXCEPT ![cpu] = TRUE]
    /\ UNCHANGED <<store_buffer, irqs_off, call_queue, csd_lock, csd_todo, spin_locked>>

\* IRET, by the handler th.
irq_return(th, cpu) ==
    /\ drained(th)
    /\ in_irq' = [in_irq EXCEPT ![cpu] = FALSE]
    /\ UNCHANGED <<store_buffer, irqs_off, irq_pending, call_queue, csd_lock, csd_todo, spin_locked>>

\* An interrupt is sent to a CPU. apic.h, weak_wrmsr_fence: a full barrier is before it.
irq_send(th, to) ==
    /\ drained(th)
    /\ irq_pending' = [irq_pending EXCEPT ![to] = TRUE]
    /\ UNCHANGED <<store_buffer, irqs_off, in_irq, call_queue, csd_lock, csd_todo, spin_locked>>

-----------------------------------------------------------------------------
(* Calls                                                                   *)

\* smp.c, __smp_call_single_queue: "if (llist_add(node, &per_cpu(call_single_queue, cpu)))" sends
\* the IPI: the queue was empty.
call_is_first(to) == call_queue[to] = {}

\* smp.c, smp_call_function_single: csd_lock, and llist_add, which is a cmpxchg.
call_enqueue(th, from, to) ==
    /\ drained(th)
    /\ call_queue' = [call_queue EXCEPT ![to] = @ \cup {from}]
    /\ csd_lock' = [csd_lock EXCEPT ![from] = TRUE]
    /\ UNCHANGED <<store_buffer, irqs_off, irq_pending, in_irq, csd_todo, spin_locked>>

\* smp.c, csd_lock_wait: "smp_cond_load_acquire(&csd->node.u_flags, !(VAL & CSD_FLAG_LOCK))".
call_wait(th, from) ==
    /\ ~READ_ONCE(th, <<"csd_lock", from>>, csd_lock[from])
    /\ UNCHANGED <<store_buffer, irq_vars>>

\* smp.c, __flush_smp_call_function_queue: "llist_del_all(head)", an xchg, by the handler th.
call_take_all(th, cpu) ==
    /\ drained(th)
    /\ csd_todo' = [csd_todo EXCEPT ![cpu] = call_queue[cpu]]
    /\ call_queue' = [call_queue EXCEPT ![cpu] = {}]
    /\ UNCHANGED <<store_buffer, irqs_off, irq_pending, in_irq, csd_lock, spin_locked>>

\* smp.c, csd_unlock: "smp_store_release(&csd->node.u_flags, 0)" of the call at hand.
call_answer(th, cpu) ==
    LET from == First(csd_todo[cpu])
    IN /\ HasSlotsForRelease(th)
       /\ csd_lock' = [csd_lock EXCEPT ![from] = WRITE_ONCE(@, FALSE)]
       /\ store_buffer' = WITH_RELEASE(th, <<"csd_lock", from>>, FALSE)
       /\ csd_todo' = [csd_todo EXCEPT ![cpu] = @ \ {from}]
       /\ UNCHANGED <<irqs_off, irq_pending, in_irq, call_queue, spin_locked>>

-----------------------------------------------------------------------------
(* Spin locks. spinlock.h, spin_lock_irqsave: irq_disable, then this.      *)

irq_spin_lock(th, l) ==
    /\ drained(th)
    /\ ~spin_locked[l]
    /\ spin_locked' = [spin_locked EXCEPT ![l] = TRUE]
    /\ UNCHANGED <<store_buffer, irqs_off, irq_pending, in_irq, call_queue, csd_lock, csd_todo>>

irq_spin_unlock(th, l) ==
    /\ HasSlotsForRelease(th)
    /\ spin_locked' = [spin_locked EXCEPT ![l] = WRITE_ONCE(@, FALSE)]
    /\ store_buffer' = WITH_RELEASE(th, <<"spin_locked", l>>, FALSE)
    /\ UNCHANGED <<irqs_off, irq_pending, in_irq, call_queue, csd_lock, csd_todo>>

-----------------------------------------------------------------------------
\* The memory: what these variables are once entry e of a store buffer has become visible.
IRQ_COMMITTED(e) ==
    /\ csd_lock' = [cpu \in DOMAIN csd_lock |-> COMMITTED(<<"csd_lock", cpu>>, csd_lock[cpu], e)]
    /\ spin_locked' = [l \in DOMAIN spin_locked |-> COMMITTED(<<"spin_locked", l>>, spin_locked[l], e)]
    /\ UNCHANGED <<irqs_off, irq_pending, in_irq, call_queue, csd_todo>>
=============================================================================
