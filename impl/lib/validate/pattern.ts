/**
 * Regular expressions of maps. They come from elsewhere and meet lines from elsewhere, so they run in linear time (RE2),
 * which has no look-around and no references back: JavaScript's own can take for ever on one line.
 */

import { RE2JS } from 're2js'

/** Named groups of a match that took part in it. */
export type Groups = readonly (readonly [string, string])[]

/** A pattern, ready to be applied. */
export interface Pattern {
  /** names of its groups, in no particular order */
  readonly names: readonly string[]
  /** The groups of the first match, or undefined where there is none. */
  readonly match: (text: string) => Groups | undefined
}

/** @throws SyntaxError if it is no pattern, or one that needs more than linear time */
export const compilePattern = (source: string): Pattern => {
  try {
    // what JavaScript does not know either is no pattern; it is only read by it, never run
    new RegExp(source, 'u')
    refuseNamedReference(source)
    const compiled = RE2JS.compile(RE2JS.translateRegExp(source))
    const names = Object.keys(compiled.namedGroups())
    const match = (text: string): Groups | undefined => {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      return names.flatMap((name): [string, string][] => {
        // a group that took no part has no value
        const value = matcher.group(name)
        return value === null ? [] : [[name, value]]
      })
    }
    return { names, match }
  } catch (error) {
    throw new SyntaxError(whyRefused(source, error), { cause: error })
  }
}

/** The engine takes `\k<name>` for the letter k and what follows. */
const refuseNamedReference = (source: string): void => {
  for (const [escape] of source.matchAll(/\\k<|\\[^]/g)) if (escape === '\\k<') throw new SyntaxError(escape)
}

const UNSUPPORTED = /\(\?<?[=!]|\\[1-9]|\\k</

/** What a look-around or a reference back is, is worth saying; the engine speaks of its own syntax. */
const whyRefused = (source: string, error: unknown): string => {
  const found = UNSUPPORTED.exec(source)?.[0]
  if (found !== undefined) {
    return `${found} is not supported: a pattern has no look-around and no references back, so that it takes linear time`
  }
  return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
}
