/** What is wrong in the last state of a counterexample: who is stuck where and what would free it, who races with whom, what has failed. */

import { at } from '../../kernel/at.ts'
import type { Ending } from '../../behaviour/counterexample.ts'
import type { Graph } from '../../kernel/explore/graph.ts'
import { edgesOf } from '../../kernel/explore/graph.ts'
import { isLostIn } from '../../kernel/explore/possibility.ts'
import type { Way } from '../../kernel/explore/violations.ts'
import { readSlot } from '../../kernel/machine/layout.ts'
import { Stepper } from '../../kernel/machine/stepper.ts'
import type { Site } from '../program/ir.ts'
import type { CMachine } from '../run/machine.ts'
import type { WaitKind } from '../run/waits.ts'
import { awaitIn, WAIT_KINDS } from '../run/waits.ts'
import { shortened } from './docs.ts'
import type { Standing } from './where.ts'
import { callersOf, siteOf, standingsIn } from './where.ts'

type Path = Way['path']

const WAITS: Readonly<Record<WaitKind, string>> = {
  LostWakeup: 'sleeps in',
  LockHeld: 'waits for a lock in',
  GracePeriod: 'waits for a grace period in',
  WaitsForEver: 'waits in',
}

/** A step of a thread that would let another go on. */
interface Freeing {
  readonly thread: number
  readonly site: Site
}

/** Tells one way to a violation. */
class EndTeller {
  private readonly machine: CMachine
  private readonly graph: Graph
  private readonly path: Path
  private readonly standings: readonly Standing[]

  constructor(machine: CMachine, graph: Graph, path: Path) {
    this.machine = machine
    this.graph = graph
    this.path = path
    this.standings = standingsIn(machine, graph, this.last)
  }

  private get last(): number {
    return at(this.path, this.path.length - 1).state
  }

  private nameOf(thread: number): string {
    const { id, source } = at(this.machine.threads, thread)
    return source.count === undefined ? id[0] : `${id[0]} ${id[1]}`
  }

  private placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
    return file === this.machine.program.file ? `line ${line}` : `${file.replace(/^.*\//, '')}:${line}`
  }

  /** `in f(), line 7, called by g(), line 9` */
  private within(standing: Standing, from: string): string {
    const callers = callersOf(this.machine, standing, from)
    return [
      `${from}()`,
      ...callers.map(({ function: name, at: place }) => `called by ${name}() at ${this.placeOf(place)}`),
    ].join(', ')
  }

  // ------------------------------------------------------------------------------------------------------- stuck

  /** Steps of others after which a thread that waits at a label could go on, in any state there is. */
  private freeing(waiting: number, label: string): readonly Freeing[] {
    const { graph, machine } = this
    const { kernel, states, count } = graph
    const { start, target, step } = edgesOf(graph, 'what frees a thread')
    const stepper = new Stepper(kernel)
    const { words } = kernel.layout
    const slot = at(kernel.layout.threads, waiting)
    const { nodes } = at(kernel.compiled.automata, waiting)
    const isThere = (state: number): boolean => nodes[readSlot(states, state * words, slot)]?.label === label
    const canGo = (state: number): boolean => {
      const leaf = stepper.leafOf(states, state * words, waiting)
      return at(kernel.leafStart, leaf) < at(kernel.leafStart, leaf + 1)
    }
    const found = new Map<string, Freeing>()
    for (let state = 0; state < count; state++) {
      if (!isThere(state) || canGo(state)) continue
      for (let e = at(start, state); e < at(start, state + 1); e++) {
        const { thread, action, environment } = at(kernel.steps, at(step, e))
        const site = environment < 0 ? siteOf(machine, at(kernel.actions, action)) : undefined
        if (site === undefined || thread === waiting || !canGo(at(target, e))) continue
        found.set(`${thread} ${site.file}:${site.line} ${site.text}`, { thread, site })
      }
    }
    return [...found.values()]
  }

  /** Numbers of the steps of the way, from 1, that are of a thread and a statement. */
  private stepsOf({ thread, site }: Freeing): readonly number[] {
    const { kernel } = this.graph
    return this.path.flatMap(({ step }, i) => {
      const info = step < 0 ? undefined : kernel.steps[step]
      if (info?.thread !== thread || info.environment >= 0) return []
      const own = siteOf(this.machine, at(kernel.actions, info.action))
      return own?.line === site.line && own.text === site.text ? [i] : []
    })
  }

  /** What a thread does instead of what would free another. */
  private stateOf(thread: number): string {
    const { thread: running, node } = at(this.standings, thread)
    const name = this.nameOf(thread)
    if (running.code.isEnd(node.label)) return `${name} has ended`
    const site = siteOf(this.machine, node.label)
    const isWaiting = running.code.waitOf(node.label) !== undefined
    return site === undefined
      ? `${name} goes no further`
      : `${name} ${isWaiting ? 'waits' : 'is'} at ${this.placeOf(site)}`
  }

  private frees(freeing: Freeing): string {
    const steps = this.stepsOf(freeing)
    const what = `${this.nameOf(freeing.thread)}'s ${shortened(freeing.site.text)} at ${this.placeOf(freeing.site)}`
    const last = steps.at(-1)
    return last === undefined
      ? `${what}, which does not come: ${this.stateOf(freeing.thread)}`
      : `${what}, which came too early: it was step ${last} of ${this.path.length - 1}`
  }

  private stuckLines(standing: Standing, kind: WaitKind): string[] {
    const { index, node } = standing
    const site = siteOf(this.machine, node.label)
    if (site === undefined) return []
    const where = `${this.nameOf(index)} ${WAITS[kind]} ${shortened(site.text)}, ${this.placeOf(site)} in ${this.within(standing, site.function)}.`
    const freeing = this.freeing(index, node.label)
    if (freeing.length > 0)
      return [where, `It could go on after ${freeing.map((f) => this.frees(f)).join('; or after ')}.`]
    const target = this.machine.program.instructions.findIndex((i) => 'site' in i && i.site.label === node.label)
    const condition = target < 0 ? undefined : awaitIn(this.machine.program, target)
    if (condition === undefined) return [where]
    return [
      where,
      `Nothing that any thread does makes true what it waits for: ${condition.text} (${this.placeOf(condition.at)}).`,
    ]
  }

  stuck(kind: WaitKind): Ending | undefined {
    const { possibilities = [] } = this.machine.machine
    const instances = possibilities.find(({ name }) => name === kind)?.instances ?? []
    const lost = instances.filter((instance) => isLostIn(this.graph, { name: kind, instances: [instance] }, this.last))
    const threads = this.standings.filter(
      ({ thread: { id, code }, node }) =>
        code.waitOf(node.label) === kind && lost.some(({ name }) => name === `[${id.join('')}]`),
    )
    if (threads.length === 0) return undefined
    const { start } = edgesOf(this.graph, 'a deadlock')
    const isDead = at(start, this.last) === at(start, this.last + 1)
    return {
      title: isDead ? 'stuck, and no thread can take a step any more' : 'stuck',
      blocked: threads.map(({ thread }) => thread.id),
      lines: threads.flatMap((standing) => this.stuckLines(standing, kind)),
    }
  }

  // ------------------------------------------------------------------------------------------------------- races, faults

  race(): Ending | undefined {
    const accesses = this.standings.flatMap((standing) => {
      const access = standing.thread.code.accessOf(standing.node.label, standing.frame)
      const site = siteOf(this.machine, standing.node.label)
      return access === undefined || site === undefined ? [] : [{ standing, access, site }]
    })
    for (const [i, a] of accesses.entries()) {
      const b = accesses
        .slice(i + 1)
        .find(
          ({ access }) =>
            access.cell === a.access.cell &&
            (access.isWrite || a.access.isWrite) &&
            (access.isPlain || a.access.isPlain),
        )
      if (b === undefined) continue
      const { inC = '' } = at(this.machine.machine.shared.cells, a.access.cell)
      const line = ({ standing, access, site }: (typeof accesses)[number]): string =>
        `${this.nameOf(standing.index)} is about to ${access.isWrite ? 'write' : 'read'} it${access.isPlain ? ', plainly' : ''}: ${shortened(site.text)}, ${this.placeOf(site)} in ${this.within(standing, site.function)}`
      return { title: `data race on ${inC}`, blocked: [], lines: [line(a), line(b)] }
    }
    return undefined
  }

  fault(kind: string): Ending | undefined {
    const lines = this.standings.flatMap((standing) => {
      const fault = standing.thread.code.faults.get(standing.node.label)
      if (fault?.fault !== kind) return []
      const { site, message } = fault
      // what a thread works out between two steps is no statement that has a text here
      const text = site.text === '' || message.startsWith(site.text) ? '' : `${shortened(site.text)}: `
      return [
        `${this.nameOf(standing.index)}, ${this.placeOf(site)} in ${this.within(standing, site.function)}: ${text}${message}`,
      ]
    })
    return lines.length === 0 ? undefined : { title: 'failed', blocked: [], lines }
  }
}

const waitKind = (property: string): WaitKind | undefined => WAIT_KINDS.find((kind) => kind === property)

/** What is to be said of the last state of a way to a violation. */
export const endingOf = (machine: CMachine, graph: Graph, property: string, path: Path): Ending | undefined => {
  const teller = new EndTeller(machine, graph, path)
  const kind = waitKind(property)
  if (kind !== undefined) return teller.stuck(kind)
  return property === 'DataRace' ? teller.race() : teller.fault(property)
}
