/** What every C file has to keep to, in words: what a property promises, and what is said in a list where it holds. */

import type { CProgram, FaultKind } from '../program/ir.ts'
import type { WaitKind } from '../run/waits.ts'

/** A property that nobody has to write down. */
export type BuiltIn = FaultKind | WaitKind | 'DataRace'

interface Words {
  /** a sentence */
  readonly promise: string
  /** what holds where it holds, in a few words */
  readonly briefly: string
}

const WORDS: Readonly<Record<BuiltIn, Words>> = {
  LostWakeup: {
    promise: 'A thread that sleeps can still be woken.',
    briefly: 'no lost wake-up',
  },
  LockHeld: {
    promise: 'A thread that waits for a lock can still get it.',
    briefly: 'no lock held for ever',
  },
  GracePeriod: {
    promise: 'A grace period that a thread waits for can still end.',
    briefly: 'every grace period can end',
  },
  WaitsForEver: {
    promise: 'What a thread waits for, by lockstep_await(), can still come.',
    briefly: 'no lockstep_await() waits for ever',
  },
  DataRace: {
    promise: 'No two threads access a location at the same time, one of them to write, one of them plainly.',
    briefly: 'no data race',
  },
  Assertion: { promise: 'Every assert() is true.', briefly: 'every assert() is true' },
  BugOn: { promise: 'No BUG_ON() is true.', briefly: 'no BUG_ON()' },
  WarnOn: { promise: 'No WARN_ON() is true.', briefly: 'no WARN_ON()' },
  NullPointer: { promise: 'No NULL pointer is dereferenced.', briefly: 'no NULL pointer' },
  WrongPointer: {
    promise: 'Every pointer that is dereferenced points to an object of its type.',
    briefly: 'no wrong pointer',
  },
  OutOfBounds: { promise: 'Every index is within its array.', briefly: 'no index out of bounds' },
  Uninitialised: { promise: 'No local is used before it has a value.', briefly: 'no use before a value' },
  Arithmetic: {
    promise: 'There is no division by zero, and no shift by more than there are bits.',
    briefly: 'no division by zero or wrong shift',
  },
  EndlessLoop: {
    promise: 'No thread goes on for ever without a step that others could see.',
    briefly: 'no loop without a step',
  },
}

const isBuiltIn = (name: string): name is BuiltIn => Object.hasOwn(WORDS, name)

/** Must every C file keep to it, without saying so? Its own assertions it has said. */
export const isUnsaid = (name: string): boolean => isBuiltIn(name) && name !== 'Assertion'

/** What holds where a property holds, in a few words: its name where the file has it. */
export const briefly = (name: string): string => (isBuiltIn(name) ? WORDS[name].briefly : name)

/** What the properties of a program promise, by name. */
export const promisesOf = ({ properties }: CProgram): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(WORDS).map(([name, { promise }]) => [name, promise])),
  ...Object.fromEntries(properties.map(({ name, text }) => [name, text])),
})
