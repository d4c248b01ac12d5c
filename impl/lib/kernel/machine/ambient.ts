/** Keeps clocks and randomness from programs while they are compiled. */

import { badInput } from '../error.ts'

const refusing = (what: string) =>
  // a function, as `new Date()` wants a constructor
  function refuse(): never {
    throw badInput({
      code: 'program-not-deterministic',
      message: `the program uses ${what}`,
      hint: 'let the world decide with `choices`, or keep it in the frame',
    })
  }

/** Puts a value in the place of a property, if the host lets it be changed; what is returned puts back what was there. */
const replace = (holder: object, name: string, value: unknown): (() => void) => {
  const before = Object.getOwnPropertyDescriptor(holder, name)
  if (before === undefined) return () => undefined
  const { enumerable = false, configurable = false } = before
  // false where the property is frozen, or is a getter for good
  const replaced = Reflect.defineProperty(holder, name, { value, writable: true, enumerable, configurable })
  return () => {
    if (replaced) Reflect.defineProperty(holder, name, before)
  }
}

/** Runs `body` without stack traces: refusals are thrown by the hundred thousand, and what is wrong is told by thread and label. */
export const withoutTraces = <R>(body: () => R): R => {
  const restore = replace(Error, 'stackTraceLimit', 0)
  try {
    return body()
  } finally {
    restore()
  }
}

const NO_DATE = Object.assign(refusing('the clock (Date)'), { now: refusing('the clock (Date.now)') })

/**
 * Runs `body` with clocks and randomness replaced by errors: a program must not depend on them. Refusals are thrown by the
 * hundred thousand and what is wrong with a program is told by thread and label, so nobody pays for stack traces.
 *
 * A host cannot be hurt by it. `body` is synchronous, so no code but the programs runs meanwhile: not a promise's, not a
 * timer's, and a worker thread has globals of its own. Whatever `body` throws, each property gets back the descriptor that
 * it had, a getter its getter. One that the host has frozen is left alone; a program that looks at it is still refused
 * where its second run differs from the first.
 */
export const withoutAmbient = <R>(body: () => R): R => {
  const undo: (() => void)[] = []
  try {
    undo.push(replace(globalThis, 'Date', NO_DATE))
    undo.push(replace(globalThis, 'performance', { now: refusing('the clock (performance.now)') }))
    undo.push(replace(Math, 'random', refusing('Math.random')))
    undo.push(replace(Error, 'stackTraceLimit', 0))
    return body()
  } finally {
    for (const restore of undo.reverse()) restore()
  }
}
