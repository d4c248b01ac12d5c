/** What becomes of a C file: refused as bad input, or run as far as small limits let it. */

import { machineOf, readProgram } from '../../../../impl/lib/c/index.ts'
import type { CParser } from '../../../../impl/lib/c/index.ts'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import type { MemoryModel } from '../../../../impl/lib/kernel/memory/buffer.ts'
import { environmentOf } from '../program-of.ts'

/** How it went: by the code of the error that it was refused with. */
export type Outcome = { readonly refused: string } | { readonly states: number }

/** A pause of the discovery: what it has come to is thrown away anyway. */
const MS = 250

/** @throws what is a fault of ours: anything but an error that tells its reader where to look and what to do */
export const taken = (parser: CParser, text: string, memory: MemoryModel): Outcome => {
  const environment = environmentOf()
  try {
    const program = readProgram(parser, { name: 'mutant.c', text }, environment)
    const end = performance.now() + MS
    const expired = (): boolean => performance.now() > end
    const machine = machineOf(program, { memory, limits: { maxStates: 2_000, values: 64, expired } })
    return { states: machine.discovery().states }
  } catch (error) {
    if (!(error instanceof LockstepError) || error.exit !== 2) throw error
    const { code, message, hint = '', file = '', line = 0, column = 0 } = error.problem
    if (message === '' || hint === '' || file === '' || line < 1 || column < 1)
      throw new Error(`an error that does not say all: ${JSON.stringify(error.problem)}`, { cause: error })
    return { refused: code }
  }
}
