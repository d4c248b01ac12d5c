/** Foreign text where it is quoted: visible, and of bounded length. */

import { printable } from './visible.ts'

/** Longer texts of a log are cut: an event can be as long as the log's author likes. */
const LONGEST = 300

/** The beginning of a long text, and how much there is more of it. */
export const clip = (text: string, most = LONGEST): string =>
  text.length <= most ? text : `${text.slice(0, most)}... (${text.length - most} more characters)`

/** Text of a log, a model or a source, fit to be printed. */
export const shown = (text: string): string => printable(clip(text))

/** The first of many, with the number of the others; `left` are some that are not among the texts. */
export const firstOf = (texts: readonly string[], most: number, left = 0): string[] => {
  const more = Math.max(0, texts.length - most) + left
  return more === 0 ? [...texts] : [...texts.slice(0, most), `and ${more} more`]
}
