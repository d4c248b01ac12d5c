/** Where many ways meet, or come round again: what follows is an operator of its own, which is given what is known by then. */

import { at } from '../../kernel/at.ts'
import type { Register, Target } from '../program/ir.ts'
import type { Point } from './region.ts'
import { keyOf } from './region.ts'
import type { Term } from './term.ts'
import { constantTerm, term } from './term.ts'
import type { Tree } from './tree.ts'
import type { Continuation, Walking, Way } from './way.ts'
import { unused } from './way.ts'
import { nameFor, neededAt } from './way-registers.ts'

interface Join {
  readonly name: string
  readonly point: Point
  readonly kept: ReadonlySet<Register>
  readonly registers: Set<Register>
  readonly variables: Set<string>
  readonly open: readonly boolean[]
  /** are the store buffers other ones by now? */
  hasBuffer: boolean
}

/** The site that a function returns to, as a link has it. */
export const linkTerm = (site: Target): Term => {
  const constant = constantTerm(site)
  if (constant === undefined) throw new RangeError('a program of that many instructions')
  return constant
}

/** The joins of one walk. */
export class Joins {
  private readonly walking: Walking
  private readonly joins = new Map<string, Join>()
  private grew = false

  constructor(walking: Walking) {
    this.walking = walking
  }

  /** Walks until no join is given more than before: a way that comes later can know more. */
  settled(walk: () => Tree): { readonly tree: Tree; readonly continuations: readonly Continuation[] } {
    for (;;) {
      this.grew = false
      const tree = walk()
      const continuations: Continuation[] = []
      // grows while it is gone through
      for (const join of this.joins.values()) continuations.push(this.continuation(join))
      if (!this.hasGrown()) return { tree, continuations }
    }
  }

  private hasGrown(): boolean {
    return this.grew
  }

  private continuation(join: Join): Continuation {
    const { context, options } = this.walking
    const names = new Set<string>()
    const registers = new Map<Register, Term>()
    const parameters: string[] = []
    const ordered = [...join.registers].sort((a, b) => a - b)
    for (const [link, site] of join.point.links) registers.set(link, linkTerm(site))
    for (const register of ordered) {
      const name = nameFor(context, register, names)
      names.add(name)
      parameters.push(name)
      registers.set(register, this.typed(register, name))
    }
    const memory = new Map<string, string>()
    for (const variable of [...join.variables].sort()) {
      const name = unused(`${variable}_now`, names, context)
      names.add(name)
      parameters.push(name)
      memory.set(variable, name)
    }
    const whole = options.isWhole ? 'M_1' : undefined
    const way: Way = {
      ...join.point,
      registers,
      kept: join.kept,
      memory,
      whole,
      names,
      excluded: new Set(),
      buffer: join.hasBuffer ? 'B_1' : 'store_buffer',
      open: join.open,
    }
    return {
      name: join.name,
      parameters: [
        ...(options.thread === undefined ? [] : ['th']),
        ...parameters,
        ...(whole === undefined ? [] : [whole]),
        ...(join.hasBuffer ? ['B_1'] : []),
      ],
      tree: this.walking.walk(way),
    }
  }

  private typed(register: Register, text: string): Term {
    const { type } = at(this.walking.context.program.registers, register)
    return term(text, { isNatural: type.kind === 'int' && !type.signed })
  }

  /** Goes on in the operator of the place that the way is at. */
  goto(way: Way): Tree {
    const key = keyOf(way)
    let join = this.joins.get(key)
    if (join === undefined) {
      const name = this.walking.context.operatorName(this.walking.options.name)
      const { target, links, depth, returned } = way
      const point = { target, links, depth, returned }
      join = {
        name,
        point,
        kept: way.kept,
        registers: new Set(),
        variables: new Set(),
        open: way.open,
        hasBuffer: false,
      }
      this.joins.set(key, join)
    }
    const needed = neededAt(this.walking.context, way.target, way)
    for (const register of way.registers.keys()) {
      if (!needed.has(register) || way.links.has(register) || join.registers.has(register)) continue
      join.registers.add(register)
      this.grew = true
    }
    if (way.buffer !== 'store_buffer' && !join.hasBuffer) {
      join.hasBuffer = true
      this.grew = true
    }
    for (const variable of way.memory.keys()) {
      if (join.variables.has(variable)) continue
      join.variables.add(variable)
      this.grew = true
    }
    const values = [...join.registers].sort((a, b) => a - b).map((register) => this.walking.read(way, register).text)
    const variables = [...join.variables].sort().map((variable) => way.memory.get(variable) ?? variable)
    return {
      kind: 'goto',
      operator: join.name,
      arguments: [
        ...(this.walking.options.thread === undefined ? [] : [this.walking.options.thread]),
        ...values,
        ...variables,
        ...(way.whole === undefined ? [] : [way.whole]),
        ...(join.hasBuffer ? [way.buffer] : []),
      ],
    }
  }
}
