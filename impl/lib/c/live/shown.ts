/** A round of a C file in its own statements, for people. */

import { at } from '../../kernel/at.ts'
import type { Ending } from '../../behaviour/counterexample.ts'
import type { Kernel } from '../../kernel/machine/tables.ts'
import { cellName } from '../../live/log.ts'
import { printValue } from '../../kernel/language/print-value.ts'
import { valueAt } from '../../kernel/language/domain.ts'
import type { CMachine } from '../run/machine.ts'
import { shortened } from '../protocol/docs.ts'
import { siteOf } from '../protocol/where.ts'
import type { CRound } from './record.ts'
import { isTold } from './tree.ts'

const nameOf = ({ threads }: CMachine, thread: number): string => {
  const { id, source } = at(threads, thread)
  return source.count === undefined ? id[0] : `${id[0]} ${id[1]}`
}

/** Where the threads of a round are that have not ended, and what went wrong. */
export const endOfRound = (machine: CMachine, { nodes }: CRound, { compiled }: Kernel): Ending => {
  const blocked: Ending['blocked'][number][] = []
  const lines = machine.threads.flatMap(({ id, code, source }, thread): string[] => {
    const { label } = at(at(compiled.automata, thread).nodes, at(nodes, thread))
    const fault = code.faults.get(label)
    const place = `line ${(fault?.site ?? siteOf(machine, label))?.line ?? '?'}`
    if (fault !== undefined) return [`${nameOf(machine, thread)}, ${place}: ${fault.message}`]
    const site = siteOf(machine, label)
    if (site === undefined || code.isEnd(label) || source.kind === 'interrupt') return []
    const waits = code.waitOf(label) !== undefined
    if (waits) blocked.push(id)
    return [`${nameOf(machine, thread)} ${waits ? 'waits' : 'is'} at ${place}: ${shortened(site.text)}`]
  })
  return { title: 'in the end', blocked, lines: lines.length === 0 ? ['all threads have ended'] : lines }
}

/** The steps of each thread by their names, for a round that no order explains. */
export const roundLines = (machine: CMachine, round: CRound, { compiled }: Kernel): string[] => {
  const { shared } = compiled.machine
  const cells = shared.cells.flatMap(({ domain, initial }, cell) => {
    const value = round.cells[cell]
    if (value === undefined || value === initial) return []
    return [`${cellName(compiled.machine, cell)} = ${printValue(domain.toTla(valueAt(domain, value)))}`]
  })
  return [
    ...round.parts.map(({ thread, steps }) => {
      const taken = steps.map(({ label, result }) => (isTold(result) ? `${label} = ${result}` : label))
      return `  ${nameOf(machine, thread)}: ${taken.join(', ')}`
    }),
    ...(round.unknown === undefined
      ? []
      : [`  ${round.unknown} was reached with values with which the model never comes there`]),
    `  memory: ${cells.length === 0 ? 'as it was' : cells.join(', ')}`,
  ]
}
