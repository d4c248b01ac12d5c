/** Errors are values with a stable code: what is wrong, where, what was expected, how to go on. */

/** Exit codes of the command line; docs/commands.md says what each means. */
export const EXIT = { ok: 0, finding: 1, usage: 2, environment: 3 } as const

/** Where in an input something is wrong; line and column count from 1. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** What went wrong, as `--json` prints it. */
export interface Problem extends Place {
  /** stable, kebab-case, e.g. `unknown-model` */
  readonly code: string
  /** one sentence: what is wrong and what was expected */
  readonly message: string
  /** one sentence: how to go on */
  readonly hint?: string
}

/** The one exception class of the project; `exit` is 2 for bad input and 3 for the environment or an engine. */
export class LockstepError extends Error {
  override readonly name = 'LockstepError'
  readonly problem: Problem
  readonly exit: 2 | 3

  constructor(problem: Problem, exit: 2 | 3, options?: ErrorOptions) {
    super(problem.message, options)
    this.problem = problem
    this.exit = exit
  }
}

/** Bad usage or bad input: exit code 2. */
export const badInput = (problem: Problem): LockstepError => new LockstepError(problem, EXIT.usage)

/** The environment or an engine failed or did not finish: exit code 3. */
export const environmentFailure = (problem: Problem, cause?: unknown): LockstepError =>
  new LockstepError(problem, EXIT.environment, cause === undefined ? undefined : { cause })
