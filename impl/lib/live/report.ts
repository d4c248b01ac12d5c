/** Rounds of a live run in words. */

import type { Compiled } from '../kernel/machine/automaton.ts'
import { threadName } from '../kernel/language/machine.ts'
import { valueAt } from '../kernel/language/domain.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { LoggedStep, Observation } from './log.ts'
import { cellName } from './log.ts'

const WIDTH = 75

/** Words, separated by `, `, in lines of at most 75 columns behind a head. */
const wrapped = (head: string, words: readonly string[]): string[] => {
  const margin = ' '.repeat(head.length)
  const lines: string[] = []
  let line = head
  words.forEach((word, i) => {
    const text = i === words.length - 1 ? word : `${word},`
    if (line.length + 1 + text.length > WIDTH && line !== head && line !== margin) {
      lines.push(line)
      line = margin
    }
    line += ` ${text}`
  })
  return [...lines, line]
}

const stepText = ({ label, result }: LoggedStep): string => (result === 'undefined' ? label : `${label} = ${result}`)

/** The final value of every location that is not as it was in the beginning. */
export const finalText = ({ machine }: Compiled, { final }: Observation): string[] =>
  machine.shared.cells.flatMap((cell, i) => {
    const value = final[i]
    if (value === undefined || value === cell.initial) return []
    return [`${cellName(machine, i)} = ${printValue(cell.domain.toTla(valueAt(cell.domain, value)))}`]
  })

/** A round: what each thread did and saw, and what memory held in the end. */
export const roundText = (compiled: Compiled, seen: Observation): string[] => {
  const names = seen.lanes.map(({ thread }) => {
    const id = compiled.machine.threads[thread]?.id
    return id === undefined ? '?' : threadName(id)
  })
  const width = Math.max(...names.map((name) => name.length), 'memory'.length)
  const final = finalText(compiled, seen)
  return [
    ...seen.lanes.flatMap(({ steps }, i) => wrapped(`  ${(names[i] ?? '').padEnd(width)} `, steps.map(stepText))),
    ...wrapped(`  ${'memory'.padEnd(width)} `, final.length === 0 ? ['as it was'] : final),
  ]
}
