/** Lines of a module: none too long, and nothing of C in a comment that would end it. */

import type { Site } from '../program/ir.ts'

/** Columns of a line. */
export const WIDTH = 99

const BREAKS = /(?<=,|\/\\|\\\/|@@|->|THEN|ELSE|\\o|\[\]) /

/** A text in lines that fit, broken behind commas and operators; what goes on is indented. */
export const wrapped = (text: string, width: number): string[] => {
  const room = Math.max(width, 24)
  if (text.length <= room) return [text]
  const lines: string[] = []
  let line = ''
  for (const piece of text.split(BREAKS)) {
    if (line === '') line = piece
    else if (line.length + 1 + piece.length <= room) line += ` ${piece}`
    else {
      lines.push(line)
      line = `    ${piece}`
    }
  }
  return [...lines, line]
}

/** A list between brackets, in lines that fit. */
export const tuple = (names: readonly string[]): string => `<<${names.join(', ')}>>`

/** Text of C that may stand in a comment. */
const harmless = (text: string): string =>
  text
    .replace(/[^\x20-\x7e\n\t]/g, '?')
    .replaceAll('*)', '* )')
    .replaceAll('(*', '( *')
    .replace(/\t/g, '    ')

/** Lines of a statement are as many as fit a comment. */
const MOST_LINES = 6

/** What stands above the action of a step: where it is in C, and its text. */
export const commentOf = ({ file, line, function: name, text }: Site): string[] => {
  const all = harmless(text).split('\n')
  const indent = Math.min(
    ...all.slice(1).flatMap((l) => (l.trim() === '' ? [] : [l.length - l.trimStart().length])),
    Infinity,
  )
  const lines = all
    .map((l, i) => (i === 0 || indent === Infinity ? l : l.slice(indent)).trimEnd())
    .filter((l) => l !== '')
  const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), '...'] : lines
  const short = file.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '')
  return [`\\* ${harmless(name)}(), ${harmless(short)}:${line}`, ...shown.map((l) => `\\*     ${l}`.slice(0, WIDTH))]
}

export const INDENT = '    '
