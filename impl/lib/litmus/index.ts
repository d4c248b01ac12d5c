/** Litmus tests in herd's C syntax, from text to answer. */

import type { MemoryModel } from '../kernel/memory/buffer.ts'
import { loadCParser } from '../c/syntax/index.ts'
import { ProgramReader } from './program.ts'
import type { Answer, Limits } from './run.ts'
import { LitmusRun } from './run.ts'
import { Source } from './source.ts'
import type { LitmusTest } from './test.ts'
import { readTest } from './test.ts'

/** Reads and runs litmus tests. */
export class Litmus {
  private readonly reader: ProgramReader

  constructor(reader: ProgramReader) {
    this.reader = reader
  }

  /**
   * Reads a test.
   * @param file what errors call the text
   * @throws LockstepError (exit 2) for what is no test, or not in the subset, with line and column
   */
  read(text: string, file?: string): LitmusTest {
    return readTest(this.reader, new Source(text, file))
  }

  /** Reads a test and runs it. */
  check(text: string, model: MemoryModel, file?: string, limits?: Limits): Answer {
    return new LitmusRun(this.read(text, file), model, limits).answer()
  }
}

/** The parser of C takes some 50 ms to be there, once for a process. */
export const loadLitmus = async (): Promise<Litmus> => new Litmus(new ProgramReader(await loadCParser()))

/**
 * Reads a test and runs it.
 * @param file what errors call the text
 * @throws LockstepError (exit 2) for what is no test or has no meaning; (exit 3) if the search is given up
 */
export const checkLitmus = async (text: string, model: MemoryModel, file?: string, limits?: Limits): Promise<Answer> =>
  (await loadLitmus()).check(text, model, file, limits)
