/** Pieces of TLA+ text, cut and put together as they are written. Their comments are blank. */

import type { Token } from './lex.ts'
import { tokensIn } from './lex.ts'

/** Does a token open a bracket that a comma or a conjunction may be in? */
export const isOpening = (token: string): boolean => /^(?:[([{]|<<)$/.test(token)

/** Does it close one? */
export const isClosing = (token: string): boolean => /^(?:[)\]}]|>>)$/.test(token)

/** The token that closes the bracket that the token at `open` opens. */
export const closingOf = (tokens: readonly Token[], open: number): Token | undefined => {
  let depth = 0
  return tokens.slice(open).find(({ text }) => {
    if (isOpening(text)) depth += 1
    else if (isClosing(text)) depth -= 1
    return depth === 0
  })
}

/** Arguments of an operator, which may have commas in brackets of their own. */
export const splitArguments = (text: string): string[] => {
  const parts: string[] = []
  let [depth, from] = [0, 0]
  for (const { text: token, start, end } of tokensIn(text)) {
    if (isOpening(token)) depth += 1
    else if (isClosing(token)) depth -= 1
    if (token !== ',' || depth > 0) continue
    parts.push(text.slice(from, start).trim())
    from = end
  }
  return [...parts, text.slice(from).trim()]
}

/** The text in one line, with one space where there were more. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The left side of a definition, or a label: a name, with its parameters if it has any. */
export const leftSide = (name: string, parameters: readonly string[]): string =>
  parameters.length === 0 ? name : `${name}(${parameters.join(', ')})`

/** The text with arguments in the places of parameters. */
export const substituted = (text: string, parameters: readonly string[], args: readonly string[]): string =>
  parameters.length === 0
    ? text
    : text.replace(new RegExp(`\\b(${parameters.join('|')})\\b`, 'g'), (name) => args[parameters.indexOf(name)] ?? name)

/** An item of a list of bullets. */
export interface Bullet {
  /** offset of its bullet */
  readonly at: number
  /** what is behind the bullet, up to the next one */
  readonly text: string
}

/** The items of the list of bullets that a text begins or has in it: all in the column of the first `/\` or `\/`. */
export const bulletsIn = (text: string, bullet: '/\\' | '\\/'): readonly Bullet[] => {
  const junctions = tokensIn(text).filter((token) => token.text === bullet)
  const bullets = junctions.filter(
    ({ start, column }) => column === junctions[0]?.column && text.slice(start - column + 1, start).trim() === '',
  )
  return bullets.map(({ start, end }, i) => ({ at: start, text: text.slice(end, bullets[i + 1]?.start).trimEnd() }))
}
