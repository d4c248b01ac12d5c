/** What a property may do: look. What else its functions do would happen to nobody, or be told as a violation. */

import type { CProgram, CProperty, Instruction, Pure } from './ir.ts'
import { reachedFrom, usesOf } from './liveness.ts'
import { refused } from './refused.ts'

/** Names that are those of what every program has to keep to. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'Assertion BugOn WarnOn NullPointer OutOfBounds WrongPointer Uninitialised Arithmetic EndlessLoop DataRace ' +
    'LostWakeup LockHeld GracePeriod WaitsForEver Deadlock Finally TypeOK Init Next Spec'
  ).split(' '),
)

const isLocal = (address: Pure): boolean =>
  address.kind === 'local' || ('pointer' in address && isLocal(address.pointer))

const doing = (instruction: Instruction): readonly [what: string, hint: string] | undefined => {
  switch (instruction.kind) {
    case 'store':
      return isLocal(instruction.address)
        ? ['keeps something in a local in memory', 'use locals of integer types, of which nobody takes the address']
        : ['stores', 'only look; == compares']
    case 'rmw':
      return ['changes what it looks at', 'use atomic_read() and its kin']
    case 'choose':
      return ['chooses', 'say it of all values']
    case 'await':
      return ['waits', 'only look']
    default:
      return undefined
  }
}

const asksWhoRuns = (pure: Pure): boolean => {
  if (pure.kind === 'self' || pure.kind === 'interruptible') return true
  return Object.values(pure).some(
    (part) =>
      typeof part === 'object' && part !== null && 'kind' in part && !('fields' in part) && asksWhoRuns(part as Pure),
  )
}

const refuseIn = (program: CProgram, property: CProperty, name: string): void => {
  const { name: shown, at } = property
  for (const reached of reachedFrom(program, name)) {
    const f = program.functions.get(reached)
    for (const instruction of f === undefined ? [] : program.instructions.slice(f.entry, f.end)) {
      const [what, hint] = doing(instruction) ?? []
      if (what !== undefined && hint !== undefined)
        throw refused('c-unsupported', at, `the property ${shown} ${what}`, hint)
      if (usesOf(instruction).some(asksWhoRuns))
        throw refused(
          'c-unsupported',
          at,
          `the property ${shown} asks for the thread that runs`,
          'a property is of no thread: name the thread, by lockstep_thread(name)',
        )
    }
  }
}

/** @throws LockstepError for a property that does more than look, or is called like one of ours */
export const refuseBadProperties = (program: CProgram): void => {
  for (const property of program.properties) {
    if (property.kind !== 'finally' && RESERVED.has(property.name))
      throw refused(
        'c-duplicate',
        property.at,
        `${property.name} is the name of a property that every program has`,
        'give it another name',
      )
    for (const name of property.functions) refuseIn(program, property, name)
  }
}
