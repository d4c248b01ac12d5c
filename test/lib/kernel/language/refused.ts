/**
 * What TypeScript itself refuses of programs: `tsc` fails if one of these is no error any more. What it lets through, the lint rule finds
 * (impl/lib/eslint), and the compiler of machines where it comes by (`no-step`, `step-not-taken`).
 */

/* eslint @typescript-eslint/no-unsafe-argument: off, @typescript-eslint/restrict-plus-operands: off, require-yield: off -- faults on purpose */

import type { MEMORY_CONSTANTS, Program, Read, Step } from '../../../../impl/index.ts'
import { bool, ended, int, SharedState } from '../../../../impl/index.ts'

class World extends SharedState<Read<typeof MEMORY_CONSTANTS>> {
  readonly flag = this.memory.scalar('flag', bool, false)
  readonly count = this.memory.scalar('count', int(0, 3), 0)
}

export function* noStar(w: World): Program {
  // @ts-expect-error what makes a step is none
  yield w.flag.store('a', true) // eslint-disable-line lockstep/step-not-taken
  yield* ended('end')
}

export function* noStarForValue(w: World): Step<boolean> {
  // @ts-expect-error what `yield` answers is unknown, and what makes a step is none
  return yield w.flag.load('a') // eslint-disable-line lockstep/step-not-taken
}

export function* noStep(): Program {
  // @ts-expect-error a program makes steps, and nothing else
  yield 1
}

export function* returned(w: World): Step<boolean> {
  // @ts-expect-error the step, and not what it answers
  return w.flag.load('a') // eslint-disable-line lockstep/step-not-taken
}

export function* stored(w: World): Program {
  // @ts-expect-error the step, and not what it answers
  yield* w.flag.store('b', w.flag.load('a'))
}

export function* kept(w: World, frame: { seen: boolean }): Program {
  // @ts-expect-error the step, and not what it answers
  frame.seen = w.flag.load('a')
  yield* ended('end')
}

export function* compared(w: World): Program {
  // @ts-expect-error a step is no number
  if (w.count.load('a') === 1) yield* ended('end') // eslint-disable-line lockstep/step-not-taken
}

export function* added(w: World): Program {
  // @ts-expect-error a step is no number
  yield* w.count.store('b', w.count.load('a') + 1) // eslint-disable-line lockstep/step-not-taken
}

export function* ofAnotherDomain(w: World): Program {
  // @ts-expect-error a flag is no number
  yield* w.flag.store('a', 1)
}
