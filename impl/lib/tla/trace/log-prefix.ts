/** Output that was copied from a CI log has something before every line: it is named, since every reader would fail at it. */

import { given } from '../../kernel/given.ts'
import type { LockstepError, Place } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'

interface Prefix {
  readonly of: string
  /** as `sed -E` has it as well */
  readonly pattern: string
}

const ISO = '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z'

/** More than one may fit a line: the first one counts. */
const PREFIXES: readonly Prefix[] = [
  { of: 'GitLab', pattern: `^${ISO} [0-9a-f]{2}[OE][+ ]?` },
  { of: '`gh run view --log`', pattern: `^[^<]*[[:blank:]]${ISO} ` },
  { of: 'GitHub Actions', pattern: `^${ISO} ?` },
  { of: 'Jenkins', pattern: `^\\[${ISO}\\] ?` },
  { of: 'Jenkins', pattern: '^\\[?[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?\\]? {1,2}' },
  { of: 'a log with time stamps', pattern: '^\\[?[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.,]+\\]? ' },
]

const regExpOf = ({ pattern }: Prefix): RegExp => new RegExp(pattern.replaceAll('[[:blank:]]', '[ \\t]'))

/** What only TLC writes. */
const TLC = /@!@!@|\bState \d+: |\bTLC2 Version /

/**
 * The error for a text whose lines begin as those of a CI log do; undefined for any other text.
 * @param from its file
 */
export const logPrefix = (text: string, from: Place = {}): LockstepError | undefined => {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const index = lines.findIndex((line) => TLC.test(line))
  const line = lines[index]
  if (line === undefined) return undefined
  const found = PREFIXES.find((prefix) => regExpOf(prefix).test(line))
  if (found === undefined) return undefined
  const column = (regExpOf(found).exec(line)?.[0].length ?? 0) + 1
  return badInput({
    code: 'log-prefix',
    message: `TLC's output stands after the time stamps of ${found.of}`,
    hint: `take them off: sed -E 's/${found.pattern}//' LOG > OUTPUT`,
    ...given({ file: from.file }),
    line: text.split('\n').indexOf(line) + 1,
    column,
  })
}
