/** TLC's exit statuses as ours: what a script may rely on does not depend on which program answered. */

import { match, P } from 'ts-pattern'
import { EXIT } from '../../impl/lib/kernel/error.ts'
import { EXIT_STATUS as S } from './outcome.ts'
import type { PassedThrough } from './run.ts'

/** TLC says what is wrong with its arguments, or with a file that they name, by the status for everything else. */
const isUsage = (said: string): boolean =>
  /Usage: java tlc2\.TLC|@!@!@STARTMSG 110[12]:|when trying to read the configuration file|ConfigFileException/.test(
    said,
  )

const OTHERWISE = 1

/** Exit code for a run of TLC with the caller's own arguments. */
export const exitCodeOf = ({ exitCode, signal, said }: PassedThrough, args: readonly string[]): number => {
  // help is what was asked for, although TLC ends with 1
  if (exitCode === OTHERWISE && args.some((arg) => /^--?h(elp)?$/.test(arg))) return EXIT.ok
  if (signal !== null) return EXIT.environment
  return match(exitCode)
    .with(S.SUCCESS, () => EXIT.ok)
    .with(S.VIOLATION_DEADLOCK, S.VIOLATION_SAFETY, S.VIOLATION_LIVENESS, () => EXIT.finding)
    .with(
      S.VIOLATION_ASSUMPTION,
      S.VIOLATION_ASSERT,
      S.FAILURE_SPEC_EVAL,
      S.FAILURE_SAFETY_EVAL,
      S.FAILURE_LIVENESS_EVAL,
      S.ERROR_SPEC_PARSE,
      S.ERROR_CONFIG_PARSE,
      () => EXIT.usage,
    )
    .with(S.ERROR, OTHERWISE, () => (isUsage(said) ? EXIT.usage : EXIT.environment))
    .with(P._, () => EXIT.environment)
    .exhaustive()
}
