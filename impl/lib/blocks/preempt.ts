/**
 * Preemption and migration: a CPU runs one task at a time, may take another between any two steps, and a task may go on on another
 * CPU. Twin of spec/lib/Preempt.tla, which says what is left out. Linux 6.12: include/linux/preempt.h (preempt_disable, migrate_disable),
 * kernel/sched/core.c (context_switch, set_task_cpu), include/linux/percpu-defs.h (this_cpu_ptr).
 *
 * A task's program is run by `runs`. Which task a CPU runs the environment decides, `schedules()`.
 */

import type { EnvironmentAction, Key, LocationMap, Memory, Step, ThreadId } from '../kernel/design.ts'
import { atomic, bool, oneOf, require, sameThread } from '../kernel/design.ts'
import { holdingBack } from './holding-back.ts'

/** The environment's action by which a CPU takes another task. */
export const CONTEXT_SWITCH = 'context_switch'

/** The environment's action by which a task is moved to another CPU. */
export const SET_TASK_CPU = 'set_task_cpu'

/** What a CPU runs when it has no task: swapper. */
export const SWAPPER = -1

/** Some CPUs, and the tasks that they run. */
export class Preemption {
  readonly task_cpu: LocationMap<Key>
  readonly cpu_curr: LocationMap<Key>
  private readonly preempt_off: LocationMap<boolean>
  private readonly migration_off: LocationMap<boolean>
  private readonly memory: Memory
  private readonly cpus: readonly Key[]
  private readonly tasks: ReadonlyMap<Key, ThreadId>

  /** At first all tasks wait on the first CPU, and none runs. */
  constructor(memory: Memory, cpus: readonly [Key, ...Key[]], tasks: ReadonlyMap<Key, ThreadId>) {
    const ids = [...tasks.keys()]
    this.memory = memory
    this.cpus = cpus
    this.tasks = tasks
    this.task_cpu = memory.map('task_cpu', ids, oneOf(...cpus), cpus[0], (p) => `task_cpu(p${p})`)
    this.cpu_curr = memory.map('cpu_curr', cpus, oneOf(SWAPPER, ...ids), SWAPPER, (cpu) => `cpu_curr(${cpu})`)
    this.preempt_off = memory.map('preempt_off', ids, bool, false)
    this.migration_off = memory.map('migration_off', ids, bool, false)
  }

  private isRunning(p: Key): boolean {
    return this.cpu_curr.get(this.task_cpu.get(p)) === p
  }

  /** The program of a task: it stands still while no CPU runs it. */
  runs<R>(p: Key, program: Step<R>): Step<R> {
    return holdingBack(program, () => this.isRunning(p), 'a CPU runs the task')
  }

  /** What the scheduler may do at any time. A switch drains the store buffer (rq->lock, and smp_mb__after_spinlock in __schedule). */
  schedules(): EnvironmentAction[] {
    return [...this.tasks].flatMap(([p, thread]) => [
      {
        label: CONTEXT_SWITCH,
        thread,
        what: `its CPU runs task ${p}`,
        exec: () => {
          this.switchTo(p)
        },
      },
      ...this.cpus.map((cpu) => ({
        label: SET_TASK_CPU,
        thread,
        what: `task ${p} is moved to CPU ${cpu}`,
        exec: () => {
          this.migrate(p, cpu)
        },
      })),
    ])
  }

  /** The task that runs stops running. */
  private takeOff(p: Key): void {
    const place = this.memory.threads.findIndex((id) => sameThread(id, this.tasks.get(p) ?? id))
    require(!this.preempt_off.get(p), 'the task that runs can be preempted')
    require(this.memory.isDrained(place), 'its store buffer is empty')
  }

  private switchTo(p: Key): void {
    const cpu = this.task_cpu.get(p)
    const prev = this.cpu_curr.get(cpu)
    require(prev !== p, 'the task does not run')
    if (prev !== SWAPPER) this.takeOff(prev)
    this.cpu_curr.set(cpu, p)
  }

  private migrate(p: Key, to: Key): void {
    const from = this.task_cpu.get(p)
    require(from !== to, 'the task is on another CPU')
    require(!this.migration_off.get(p), 'the task can be moved')
    if (this.isRunning(p)) {
      this.takeOff(p)
      this.cpu_curr.set(from, SWAPPER)
    }
    this.task_cpu.set(p, to)
  }

  private assign(flags: LocationMap<boolean>, p: Key, off: boolean, label: string, what: string): Step<void> {
    return atomic(label, what, () => {
      flags.set(p, off)
    })
  }

  /** preempt_disable() by task `p`: its CPU runs nothing else, so that it stays there too; no barrier */
  preempt_disable(p: Key, label = 'preempt_disable'): Step<void> {
    return this.assign(this.preempt_off, p, true, label, 'preempt_disable()')
  }

  /** preempt_enable() by task `p`: no barrier */
  preempt_enable(p: Key, label = 'preempt_enable'): Step<void> {
    return this.assign(this.preempt_off, p, false, label, 'preempt_enable()')
  }

  /** migrate_disable() by task `p`: it stays on its CPU, which may run others meanwhile */
  migrate_disable(p: Key, label = 'migrate_disable'): Step<void> {
    return this.assign(this.migration_off, p, true, label, 'migrate_disable()')
  }

  /** migrate_enable() by task `p` */
  migrate_enable(p: Key, label = 'migrate_enable'): Step<void> {
    return this.assign(this.migration_off, p, false, label, 'migrate_enable()')
  }

  /** this_cpu_ptr(var), smp_processor_id() by task `p`: the CPU whose copy of a per-CPU variable it points to */
  this_cpu_ptr(p: Key, label = 'this_cpu_ptr'): Step<Key> {
    return this.task_cpu.at(p).load(label)
  }
}
