/**
 * Interrupt handlers on the CPU of a thread. On x86 delivery drains the store buffer and so does the return from the handler (Intel SDM
 * volume 3A, 11.10), and nothing else of the CPU runs meanwhile: a handler is a thread with a buffer of its own, and its host stands still.
 */

import { at } from '../../kernel/at.ts'
import { bool } from '../../kernel/language/domain.ts'
import type { ThreadId } from '../../kernel/language/machine.ts'
import { require } from '../../kernel/language/op.ts'
import type { Scalar, Shared } from '../../kernel/language/shared.ts'
import type { Memory } from '../../kernel/memory/memory.ts'
import type { CThread } from '../program/ir.ts'
import { refused } from '../program/refused.ts'
import type { Places } from './places.ts'

/** The variable of linux/irqflags.h that says which threads have interrupts off. */
const IRQS_OFF = '__lockstep_irqs_off'

/** When a handler begins and ends. */
export interface Interruption {
  readonly enter: () => void
  readonly leave: () => void
}

export class Interrupts {
  private readonly hosts: ReadonlyMap<number, number>
  private readonly running: ReadonlyMap<number, Scalar<boolean>>
  private readonly memory: Memory
  private readonly places: Places
  private readonly shared: Shared

  constructor(shared: Shared, memory: Memory, places: Places, ids: readonly (readonly [ThreadId, CThread])[]) {
    this.shared = shared
    this.memory = memory
    this.places = places
    this.hosts = new Map(
      ids.flatMap(([, { on, at: where }], i): [number, number][] => {
        if (on === undefined) return []
        const host = ids.findIndex(([[kind]]) => kind === on)
        if (host >= 0) return [[i, host]]
        const names = [...new Set(ids.map(([[kind]]) => kind))].join(', ')
        throw refused('c-unknown', where, `a handler that interrupts ${on}, which is no thread`, `there are ${names}`)
      }),
    )
    this.running = new Map(
      [...this.hosts.keys()].map((i) => [i, shared.scalar(`${at(ids, i)[0][0]}_running`, bool, false)]),
    )
  }

  /** The thread that one interrupts. */
  hostOf(thread: number): number | undefined {
    return this.hosts.get(thread)
  }

  private handlersOf(host: number): Scalar<boolean>[] {
    return [...this.running].flatMap(([handler, running]) => (this.hosts.get(handler) === host ? [running] : []))
  }

  /** Holds a thread back while a handler runs on its CPU; undefined where there is none. */
  guardOf(host: number): (() => void) | undefined {
    const handlers = this.handlersOf(host)
    if (handlers.length === 0) return undefined
    return () => {
      for (const running of handlers) require(!running.get(), 'no interrupt handler runs on its CPU')
    }
  }

  /** Of a handler: it begins where interrupts are on and no other runs, and ends when its stores are visible. */
  of(handler: number): Interruption | undefined {
    const host = this.hosts.get(handler)
    const running = this.running.get(handler)
    if (host === undefined || running === undefined) return undefined
    const off = this.places.cellOf(`${IRQS_OFF}[${host}]`)
    return {
      enter: () => {
        this.guardOf(host)?.()
        if (off !== undefined)
          require(this.places.domainOf(off).values[this.shared.store.get(off)] === 0, 'interrupts are on')
        require(this.memory.isDrained(host), 'the CPU’s store buffer is empty')
        running.set(true)
      },
      leave: () => {
        this.memory.access({ op: 'mb' })
        running.set(false)
      },
    }
  }
}
