/** What the threads of the file do at a toggle: which orders it can give there, and whether any other thread could notice. */

import type { Automaton } from '../../kernel/machine/automaton.ts'
import type { StepTree } from '../../kernel/machine/step-tree.ts'
import type { CProgram } from '../program/ir.ts'
import type { Order } from './orders.ts'
import { ordersAt } from './orders.ts'
import type { Form, Toggle } from './toggle.ts'
import type { Whole } from './variants.ts'

const cellsOf = (tree: StepTree, found: Set<number>): void => {
  if ('cell' in tree) {
    found.add(tree.cell)
    for (const child of tree.children) cellsOf(child, found)
    return
  }
  for (const { writes } of tree.outcomes) for (const [cell] of writes) found.add(cell)
}

const cellsAt = ({ nodes }: Automaton, isWanted: (label: string) => boolean): Set<number> => {
  const found = new Set<number>()
  for (const { label, op, tree } of nodes) {
    if (!isWanted(label)) continue
    // a location that has one value decides nothing, so that the tree does not have it
    if (op.cell !== undefined) found.add(op.cell)
    cellsOf(tree, found)
  }
  return found
}

export class Sites {
  private readonly program: CProgram
  /** of each memory model those of all threads */
  private readonly machines: readonly (readonly Automaton[])[]
  /** are all of their steps known? If not nothing is taken to be absent */
  private readonly isWhole: boolean

  constructor({ program, machines, isWhole }: Whole) {
    this.program = program
    this.machines = machines
    this.isWhole = isWhole
  }

  private labelsOf({ places }: Toggle): Set<string> {
    const labels = this.program.instructions.flatMap((instruction) => {
      if (!('site' in instruction)) return []
      const { site } = instruction
      const isHere = places.some((p) => p.file === site.file && p.line === site.line && p.column === site.column)
      return isHere ? [site.label] : []
    })
    return new Set(labels)
  }

  /** Of the orders that a weaker form loses those that what is written can give, where it stands. */
  lostAt(toggle: Toggle, { lost, own }: Form): Order[] {
    return this.isWhole ? ordersAt(this.machines.flat(), this.labelsOf(toggle), lost, own) : [...lost]
  }

  /** Does the function that it stands in run at all? */
  isReached({ function: name }: Toggle, isInlined: (name: string) => boolean): boolean {
    return name === undefined || isInlined(name) || this.program.functions.has(name)
  }

  /** Does no other thread look at what the thread at it looks at or changes? */
  isPrivate(toggle: Toggle): boolean {
    const labels = this.labelsOf(toggle)
    const isHere = (label: string): boolean => labels.has(label)
    if (!this.isWhole || toggle.macro !== undefined || labels.size === 0) return false
    return this.machines.every((automata) => {
      const isKnown = automata.some((automaton) => cellsAt(automaton, isHere).size > 0)
      return (
        isKnown &&
        automata.every((automaton) => {
          const own = cellsAt(automaton, isHere)
          const others = automata.filter((other) => other !== automaton)
          return others.every((other) => ![...cellsAt(other, () => own.size > 0)].some((cell) => own.has(cell)))
        })
      )
    })
  }
}
