/** A counterexample as kernel commit messages show a race: one column per thread, one step a line, ready for an e-mail. */

import type { Counterexample } from '../behaviour/counterexample.ts'
import type { Column } from './columns.ts'
import { ascii, layOut, WIDTH, wrap } from './columns.ts'
import type { ActionDocs, Wording } from '../protocol/docs.ts'
import type { Moment, Story, StoryOptions } from './story.ts'
import { tell } from './story.ts'

/** Indentation of a statement in its function, and of a line that continues. */
const INDENT = 2
const HANG = 4
/** A comment continues below its first word. */
const COMMENT_HANG = 3

/** Comments are wrapped to their column and have no say in its width; this much they get all the same. */
const LEAST = 24

/** A piece of text in a lane. */
interface Cell {
  readonly lane: number
  readonly indent: number
  readonly text: Wording
  /** wrapped to the column, whatever its width */
  readonly soft: boolean
}

const cell = (lane: number, indent: number, text: string | Wording, soft = false): Cell => ({
  lane,
  indent,
  text: typeof text === 'string' ? { full: text, brief: text } : text,
  soft,
})

/** Lines of a moment, from the cause to what follows. */
const cellsOf = ({ lane, cause, enters, heading, statement, isPart, then }: Moment): Cell[] => {
  const indent = isPart ? 2 * INDENT : INDENT
  return [
    ...(cause === undefined ? [] : [cell(lane, 0, `<${cause}>`, true)]),
    ...(enters === undefined ? [] : [cell(lane, 0, enters)]),
    ...(heading === undefined ? [] : [cell(lane, INDENT, heading)]),
    ...(statement === undefined ? [] : [cell(lane, indent, statement)]),
    ...then.map((text) => cell(lane, indent, text, true)),
  ]
}

type Style = keyof Wording

/** Width that a lane's text needs so that none of it is broken. */
const widthOf = (lane: number, heading: string, cells: readonly Cell[], style: Style): number => {
  const own = cells.filter((c) => c.lane === lane)
  const hard = own.filter(({ soft }) => !soft).map(({ indent, text }) => indent + text[style].length)
  const longest = Math.max(...own.map(({ indent, text }) => indent + text[style].length))
  return Math.max(heading.length, ...hard, Math.min(LEAST, longest))
}

const renderCell = ({ lane, indent, text, soft }: Cell, columns: readonly Column[], style: Style): string[] => {
  const column = columns[lane]
  if (column === undefined) return []
  const width = soft ? column.reach : column.width
  const lines = wrap(text[style], width - indent, text[style].startsWith('/*') ? COMMENT_HANG : HANG)
  return lines.map((line) => ' '.repeat(column.start + indent) + line)
}

/** Texts at the columns' starts, on one line. */
const across = (texts: readonly string[], columns: readonly Column[]): string =>
  texts.reduce((line, text, i) => line.padEnd(columns[i]?.start ?? 0) + text, '').trimEnd()

/** Headings with a rule under each; one that does not fit beside the next is broken. */
const headings = (titles: readonly string[], columns: readonly Column[]): string[] => {
  const rooms = columns.map(({ start, width }, i) => Math.min(width, (columns[i + 1]?.start ?? Infinity) - start - 1))
  const broken = titles.map((title, i) => wrap(title, rooms[i] ?? WIDTH))
  const height = Math.max(...broken.map((lines) => lines.length))
  const rules = broken.map((lines) => '-'.repeat(Math.max(...lines.map((line) => line.length))))
  const rows = Array.from({ length: height }, (_, row) => broken.map((lines) => lines[row] ?? ''))
  return [...rows, rules].map((row) => across(row, columns))
}

/** A rule over the whole width with words in it. */
const rule = (words: string): string => {
  const left = Math.floor((WIDTH - words.length - 2) / 2)
  return `${'-'.repeat(left)} ${words} ${'-'.repeat(WIDTH - words.length - 2 - left)}`
}

const paragraph = (label: string, text: string): string[] => wrap(`${label}${text}`, WIDTH, 2)

const STUCK = 'stuck: no thread goes on by itself any more'

/** What the end of the behaviour is, where it has none of its own. */
const ending = ({ loop, deadlock }: Story): string[] => {
  if (deadlock) return [rule('deadlock: no thread can take a step any more')]
  if (loop === 'stuck') return [rule(STUCK)]
  return loop === undefined ? [] : [rule('and so on')]
}

const blockedCells = ({ blocked, endsIn }: Story): Cell[] => [
  ...blocked.flatMap(({ lane }) => (lane === undefined ? [] : [cell(lane, INDENT, 'blocked...')])),
  ...endsIn.map((lane) => cell(lane, INDENT, 'blocked...')),
]

const waiting = ({ blocked }: Story): string[] =>
  blocked.flatMap(({ thread, waits }) => paragraph(`${thread} waits `, waits))

/** What is wrong in the last state. */
const ended = ({ ending: end }: Story): string[] =>
  end === undefined
    ? []
    : [`${end.title}:`, ...end.lines.flatMap((line) => wrap(line, WIDTH - INDENT, INDENT).map((text) => `  ${text}`))]

const isShort = (text: Wording | undefined): text is Wording => text !== undefined && text.full !== text.brief

/** How to read what was said in brief. */
const shortened = (moments: readonly Moment[]): string[] => {
  const names = moments.map(({ enters }) => enters).filter(isShort)
  const short = new Map(names.map(({ brief, full }) => [brief, full]))
  const accesses = moments.some(({ kind, statement }) => (kind === 'load' || kind === 'store') && isShort(statement))
  return [
    ...(accesses ? paragraph('', 'x == 1 is a READ_ONCE(x) that returned 1, x = 1 is WRITE_ONCE(x, 1).') : []),
    ...[...short].flatMap(([brief, full]) => paragraph(`${brief} is `, `${full}.`)),
  ]
}

const section = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines])

const preventedBy = (prevention: readonly string[]): string[] => {
  const [only, ...others] = prevention
  if (only === undefined) return []
  if (others.length === 0) return paragraph('Prevented by ', `${only}.`)
  return ['Prevented by any of:', ...prevention.flatMap((text) => wrap(`- ${text}`, WIDTH, 2))]
}

const footer = (story: Story, style: Style, claim: string): string[] => [
  ...section(waiting(story)),
  ...section(ended(story)),
  ...section(story.leftBehind.length === 0 ? [] : paragraph('In the end: ', story.leftBehind.join(', '))),
  ...section([`${claim}: ${story.property}`, ...wrap(story.meaning, WIDTH - INDENT).map((line) => `  ${line}`)]),
  ...section(preventedBy(story.prevention)),
  ...section([
    ...(style === 'brief' ? shortened(story.moments) : []),
    ...story.notes.flatMap((note) => paragraph('', note)),
  ]),
]

/** The steps; those of a loop between rules. */
const body = (story: Story, render: (cells: readonly Cell[]) => string[]): string[] => {
  const steps = story.moments.map((moment) => render(cellsOf(moment)))
  const blocked = render(blockedCells(story))
  if (typeof story.loop !== 'number') return [...steps.flat(), ...blocked]
  return [...steps.slice(0, story.loop).flat(), ...blocked, rule('then for ever'), ...steps.slice(story.loop).flat()]
}

/**
 * A counterexample as text of at most 75 columns, without a line break at the end. The same counterexample gives the
 * same text.
 */
export const lanes = (cx: Counterexample, docs: ActionDocs, options: StoryOptions = {}): string => {
  const story = tell(cx, docs, options)
  const cells = [...story.moments.flatMap(cellsOf), ...blockedCells(story)]
  const widths = (style: Style): number[] => story.lanes.map((title, lane) => widthOf(lane, title, cells, style))
  const { columns, wish } = layOut([widths('full'), widths('brief')])
  const style = wish === 0 ? 'full' : 'brief'
  const render = (some: readonly Cell[]): string[] => some.flatMap((one) => renderCell(one, columns, style))
  const lines = [
    ...paragraph('', story.title),
    ...(story.lanes.length === 0 ? [] : ['', ...headings(story.lanes, columns)]),
    ...body(story, render),
    ...ending(story),
    ...footer(story, style, options.claim ?? 'Violated'),
  ]
  return lines.map((line) => ascii(line).trimEnd()).join('\n')
}
