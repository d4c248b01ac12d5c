/** What TLC cannot check, said by name and place before anything is written. */

import { printValue } from '../../kernel/language/print-value.ts'
import type { LockstepError } from '../../kernel/error.ts'
import { integerOf, isPointer, UNSET } from '../program/value.ts'
import type { Value } from '../program/value.ts'
import { refused } from '../program/refused.ts'
import type { CMachine } from '../run/machine.ts'
import { toTla } from '../run/domain.ts'
import { fitsTlc } from './term.ts'

const tooLarge = (value: unknown): value is Value => {
  const own = value as Value
  return own !== UNSET && !isPointer(own) && !fitsTlc(integerOf(own))
}

const refusal = (machine: CMachine, what: string, value: Value): LockstepError =>
  refused(
    'c-unsupported',
    { file: machine.program.file, line: 1, column: 1 },
    `${what} becomes ${printValue(toTla(value))}, and TLC’s integers have 32 bits`,
    'the explorer checks it as it is: lockstep check FILE.c; for TLC let it stay below 2147483648',
  )

/**
 * @throws LockstepError (exit 2) for values that TLC does not have, by the variable's name, and for a loop without a step, in which
 * TLC would never come to an end
 */
export const refuseForTlc = (machine: CMachine): void => {
  for (const { cell, inC } of machine.places.leaves.map(({ place, inC: name }) => ({
    cell: machine.places.cellOf(place),
    inC: name,
  }))) {
    const found = cell === undefined ? undefined : machine.places.domainOf(cell).values.find(tooLarge)
    if (found !== undefined) throw refusal(machine, inC, found)
  }
  for (const { code } of machine.threads) {
    code.domains.forEach((domain, i) => {
      const found = domain.values.find(tooLarge)
      if (found !== undefined) throw refusal(machine, `the local ${code.fields[i] ?? ''}`, found)
    })
    for (const { fault, site } of code.faults.values())
      if (fault === 'EndlessLoop')
        throw refused(
          'c-unsupported',
          site,
          'a loop that has no end and no step: TLC would never come back from it',
          'let it look at something that others can change: while (!READ_ONCE(flag))',
        )
  }
}
