/** Litmus tests in herd's C syntax, from text to answer. */

import type { MemoryModel } from '../kernel/memory/buffer.ts'
import { compileTest } from './compile.ts'
import { parseTest } from './parse.ts'
import type { Answer, Limits } from './run.ts'
import { runTest } from './run.ts'
import { Source } from './source.ts'

/**
 * Reads a test and runs it.
 * @param file what errors call the text
 * @throws LockstepError as `parseTest`, `compileTest` and `runTest`
 */
export const checkLitmus = (text: string, model: MemoryModel, file?: string, limits?: Limits): Answer => {
  const source = new Source(text, file)
  return runTest(compileTest(source, parseTest(source)), model, limits)
}
