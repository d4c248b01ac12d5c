/**
 * Interrupts of CPUs, spin locks, and calls of functions on other CPUs. Twin of spec/lib/Irq.tla, which says what is left out.
 * Linux 6.12: include/linux/irqflags.h (local_irq_disable), include/linux/spinlock.h (spin_lock_irqsave), kernel/smp.c
 * (smp_call_function_single, __flush_smp_call_function_queue).
 *
 * A CPU runs one task, and a handler that has a thread of its own: while it is in the handler (`in_irq`) the task stands still, whose
 * program is therefore run by `runs`, and the handler's by `handles`. An interrupt is an environment action, `interrupts()`.
 */

import type { EnvironmentAction, IdSet, Key, LocationMap, Memory, Step, ThreadId } from '../kernel/design.ts'
import { atomic, bool, idSet, require, sameThread, setOf } from '../kernel/design.ts'
import { holdingBack } from './holding-back.ts'

/** The environment's action by which a CPU takes an interrupt. */
export const IRQ_ENTER = 'irq_enter'

/** Local of a thread that is the handler of a CPU. */
export interface HandlerFrame {
  /** the CPUs whose calls it has still to answer; the first is the one at hand */
  csd_todo: IdSet
}

/** Whose steps a CPU takes. */
export interface CpuThreads {
  readonly task: ThreadId
  /** a CPU without one is sent no interrupts */
  readonly handler?: ThreadId
}

/** Some CPUs: what each is doing, and what the others ask of it. */
export class Cpus {
  readonly in_irq: LocationMap<boolean>
  /** frame of a handler, for `framed` */
  readonly frame
  readonly initial: Readonly<HandlerFrame> = { csd_todo: idSet.empty }
  private readonly irqs_off: LocationMap<boolean>
  private readonly irq_pending: LocationMap<boolean>
  private readonly call_queue: LocationMap<IdSet>
  private readonly csd_lock: LocationMap<boolean>
  private readonly memory: Memory
  private readonly threads: ReadonlyMap<Key, CpuThreads>

  /** `threads` are those of each CPU, by its number */
  constructor(memory: Memory, threads: ReadonlyMap<Key, CpuThreads>) {
    const cpus = [...threads.keys()]
    this.memory = memory
    this.threads = threads
    this.frame = { csd_todo: setOf(cpus) }
    this.irqs_off = memory.map('irqs_off', cpus, bool, false)
    this.irq_pending = memory.map('irq_pending', cpus, bool, false)
    this.in_irq = memory.map('in_irq', cpus, bool, false)
    this.call_queue = memory.map(
      'call_queue',
      cpus,
      setOf(cpus),
      idSet.empty,
      (cpu) => `call_single_queue of CPU ${cpu}`,
    )
    this.csd_lock = memory.map('csd_lock', cpus, bool, false, (cpu) => `csd${cpu}->node.u_flags`)
  }

  /** The program of the CPU's task: it stands still while the CPU is in the handler. */
  runs<R>(cpu: Key, program: Step<R>): Step<R> {
    return holdingBack(program, () => !this.in_irq.get(cpu), 'the CPU is not in its interrupt handler')
  }

  /** The program of the CPU's handler. */
  handles<R>(cpu: Key, program: Step<R>): Step<R> {
    return holdingBack(program, () => this.in_irq.get(cpu), 'the CPU is in its interrupt handler')
  }

  /** Each CPU takes an interrupt that has come, if interrupts are on. The store buffer is drained by it (Intel SDM, "Store Buffer"). */
  interrupts(): EnvironmentAction[] {
    return [...this.threads].flatMap(([cpu, { task, handler }]) =>
      handler === undefined ? [] : [this.interrupt(cpu, task, handler)],
    )
  }

  private interrupt(cpu: Key, task: ThreadId, handler: ThreadId): EnvironmentAction {
    const place = this.memory.threads.findIndex((id) => sameThread(id, task))
    const exec = (): void => {
      require(this.irq_pending.get(cpu), 'an interrupt has come')
      require(!this.irqs_off.get(cpu) && !this.in_irq.get(cpu), 'interrupts are on')
      require(this.memory.isDrained(place), 'the CPU’s store buffer is empty')
      this.irq_pending.set(cpu, false)
      this.in_irq.set(cpu, true)
    }
    return { label: IRQ_ENTER, thread: handler, what: `CPU ${cpu} takes an interrupt`, exec }
  }

  /** IRET, the handler's last step: serializing */
  irq_exit(cpu: Key, label = 'irq_exit'): Step<void> {
    return this.memory.locked(label, `CPU ${cpu} returns from the interrupt`, () => {
      this.in_irq.set(cpu, false)
    })
  }

  /** local_irq_disable(), local_irq_save() by the task of the CPU: CLI, no barrier */
  local_irq_disable(cpu: Key, label = 'local_irq_disable'): Step<void> {
    return this.setIrqs(cpu, label, 'local_irq_disable()', true)
  }

  /** local_irq_enable(), or local_irq_restore() to interrupts that were on: STI, no barrier */
  local_irq_enable(cpu: Key, label = 'local_irq_enable'): Step<void> {
    return this.setIrqs(cpu, label, 'local_irq_enable()', false)
  }

  private setIrqs(cpu: Key, label: string, what: string, off: boolean): Step<void> {
    return atomic(label, what, () => {
      this.irqs_off.set(cpu, off)
    })
  }

  /** An interrupt is sent to a CPU: an IPI, or a device's. A fence is before the write to the APIC (weak_wrmsr_fence). */
  send_ipi(to: Key, label = 'send_ipi'): Step<void> {
    return this.memory.locked(label, `send_call_function_single_ipi(${to})`, () => {
      this.irq_pending.set(to, true)
    })
  }

  /**
   * smp_call_function_single(to, func, info, 1) by CPU `from`: the call is queued (`label`_queue, llist_add), an IPI sent if the queue
   * was empty (`label`_ipi), and its end waited for (`label`_wait, csd_lock_wait). What the function does is the handler's.
   */
  *smp_call_function_single(from: Key, to: Key, label = 'smp_call_function_single'): Step<void> {
    const isFirst = yield* this.memory.locked(
      `${label}_queue`,
      'llist_add(&csd->node.llist, &call_single_queue)',
      () => {
        const queue = this.call_queue.get(to)
        this.call_queue.set(to, idSet.with(queue, from))
        this.csd_lock.set(from, true)
        return queue.length === 0
      },
    )
    if (isFirst) yield* this.send_ipi(to, `${label}_ipi`)
    yield* atomic(`${label}_wait`, 'csd_lock_wait(csd)', () => {
      require(!this.csd_lock.at(from).read(), 'the function has been called')
    })
  }

  /** __flush_smp_call_function_queue() by the handler of the CPU: calls all that are queued, and lets each caller go on */
  *flush_smp_call_function_queue(
    f: HandlerFrame,
    cpu: Key,
    func: (from: Key) => Step<void>,
    label = 'flush_smp_call_function_queue',
  ): Step<void> {
    f.csd_todo = yield* this.memory.locked(label, 'llist_del_all(&call_single_queue)', () => {
      const queue = this.call_queue.get(cpu)
      this.call_queue.set(cpu, idSet.empty)
      return queue
    })
    for (; f.csd_todo.length > 0; f.csd_todo = idSet.rest(f.csd_todo)) {
      const from = idSet.first(f.csd_todo)
      yield* func(from)
      yield* this.csd_lock.at(from).release(`${label}_unlock`, false)
    }
  }
}

/** Some spin locks. */
export class SpinLocks {
  readonly spin_locked: LocationMap<boolean>
  private readonly cpus: Cpus

  constructor(memory: Memory, cpus: Cpus, locks: readonly Key[]) {
    this.cpus = cpus
    this.spin_locked = memory.map('spin_locked', locks, bool, false, (lock) => `lock${lock}`)
  }

  /** spin_lock(lock) */
  spin_lock(l: Key, label = 'spin_lock'): Step<void> {
    return this.spin_locked.at(l).waitThenStore(label, (held) => !held, true)
  }

  /** spin_unlock(lock) */
  spin_unlock(l: Key, label = 'spin_unlock'): Step<void> {
    return this.spin_locked.at(l).release(label, false)
  }

  /** spin_lock_irqsave(lock, flags) by the task of a CPU, with interrupts on before: `label`_save, and `label` */
  *spin_lock_irqsave(l: Key, cpu: Key, label = 'spin_lock_irqsave'): Step<void> {
    yield* this.cpus.local_irq_disable(cpu, `${label}_save`)
    yield* this.spin_lock(l, label)
  }

  /** spin_unlock_irqrestore(lock, flags): `label`, and `label`_restore */
  *spin_unlock_irqrestore(l: Key, cpu: Key, label = 'spin_unlock_irqrestore'): Step<void> {
    yield* this.spin_unlock(l, label)
    yield* this.cpus.local_irq_enable(cpu, `${label}_restore`)
  }
}
