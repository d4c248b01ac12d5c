/**
 * A fault in one thread only. Faults are made in programs, which several threads run; a property that is asked of each
 * thread by itself is tested by a fault that only one of them has.
 */

import type { Automaton, Compiled } from '../kernel/machine/automaton.ts'

const shapeOf = ({ machine }: Compiled): string =>
  JSON.stringify([
    machine.shared.cells.map(({ variable, argument, domain, initial }) => [
      variable,
      argument?.kind === 'int' ? Number(argument.value) : (argument?.kind ?? null),
      domain.name,
      domain.values.length,
      initial,
    ]),
    machine.shared.growing.map(({ content }) => content),
    machine.threads.map(({ id }) => id),
  ])

const framesOf = ({ fields, domains }: Automaton): string =>
  JSON.stringify([fields, domains.map(({ name, values }) => [name, values.length])])

/**
 * The machine with the program of thread `thread` (of all threads, if undefined) as it is in `faulty`; undefined where the
 * two have other variables or locals, so that one cannot take the other's steps, and where the thread's program is the same.
 */
export const withFaultIn = (own: Compiled, faulty: Compiled, thread: number | undefined): Compiled | undefined => {
  if (shapeOf(own) !== shapeOf(faulty)) return undefined
  const chosen = (t: number): boolean => thread === undefined || thread === t
  const fits = own.automata.every((automaton, t) => {
    const other = faulty.automata[t]
    return !chosen(t) || (other !== undefined && framesOf(automaton) === framesOf(other))
  })
  if (!fits) return undefined
  return {
    ...own,
    automata: own.automata.map((automaton, t) => (chosen(t) ? (faulty.automata[t] ?? automaton) : automaton)),
  }
}
