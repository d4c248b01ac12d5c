/** Programs that stand still: a task whose CPU does something else. */

import type { Op, Step } from '../kernel/design.ts'
import { require } from '../kernel/design.ts'

/** The same step, held back until `condition`; it is no plain access any more. */
const heldBack = (op: Op, condition: () => boolean, why: string): Op =>
  Object.assign({}, op, {
    access: undefined,
    exec: (choice: unknown) => {
      require(condition(), why)
      return op.exec(choice)
    },
  })

/** The same program, each step of which waits for `condition`, besides what it waits for anyway; `why` is that in words. */
export function* holdingBack<R>(program: Step<R>, condition: () => boolean, why: string): Step<R> {
  let step = program.next()
  while (step.done !== true) step = program.next(yield heldBack(step.value, condition, why))
  return step.value
}
