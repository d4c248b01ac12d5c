/** How the text that an option takes is read, by the kind of the option; what cannot be read is refused in one sentence. */

import { InvalidArgumentError } from 'commander'

/** Timers of Node take no more: a longer one would end at once. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000)

const count = (text: string): number => {
  // in decimal digits: Number would take 0x10 too
  const n = /^\d+$/.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(n) || n < 1) throw new InvalidArgumentError('expected a whole number from 1 on.')
  return n
}

const seconds = (text: string): number => {
  const n = count(text)
  if (n > MOST_SECONDS) throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_SECONDS}.`)
  return n
}

/** An option of which only one can be heeded: a second is refused, where the last would win in silence. */
const once = (text: string, before: string | undefined): string => {
  if (before !== undefined) throw new InvalidArgumentError(`it is given twice, ${before} before: give it once.`)
  return text
}

/** May be repeated. */
const list = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text]

/** By kind; `before` is what the same option said earlier in the line. */
export const PARSERS = { text: (text: string): string => text, once, list, count, seconds } as const
