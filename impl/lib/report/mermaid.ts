/** A counterexample as a mermaid sequence diagram, for pages that render it. */

import type { Counterexample } from '../behaviour/counterexample.ts'
import type { ActionDocs } from '../protocol/docs.ts'
import type { Moment, Story, StoryOptions } from './story.ts'
import { tell } from './story.ts'

/**
 * Mermaid reads `;` as the end of a statement and `#` as a comment or an entity; `<`, `>` and `&` reach the page as markup, `%`
 * begins a directive, `:` an option of the message. Letters of a lone `end` are hidden because older versions take it
 * for the end of a block.
 */
export const escapeMermaid = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/[#;:<>&%{}"\\]/g, (c) => `#${c.charCodeAt(0)};`)
    .replace(/\bend\b/gi, (word) => `#${word.charCodeAt(0)};${word.slice(1)}`)

const participant = (lane: number): string => `T${lane}`

const MEMORY = 'memory'

const note = (lane: number, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`Note over ${participant(lane)}: ${lines.map(escapeMermaid).join('<br/>')}`]

/** An access as a message; a step that no single location is accessed by is a note. */
const statement = ({ kind, lane, statement: text }: Moment): string[] => {
  if (text === undefined) return []
  switch (kind) {
    case 'load':
      return [`${MEMORY}-->>${participant(lane)}: ${escapeMermaid(text.full)}`]
    case 'store':
    case 'rmw':
      return [`${participant(lane)}->>${MEMORY}: ${escapeMermaid(text.full)}`]
    case 'barrier':
    case 'wait':
    case 'atomic':
    case 'end':
      return note(lane, [text.full])
  }
}

const linesOf = (moment: Moment): string[] => {
  const { lane, cause, enters, heading, then } = moment
  const entry = [
    ...(cause === undefined ? [] : [`<${cause}>`]),
    ...(enters === undefined ? [] : [enters.full]),
    ...(heading === undefined ? [] : [heading]),
  ]
  return [...note(lane, entry), ...statement(moment), ...note(lane, then)]
}

const everyone = ({ lanes }: Story): string => (lanes.length === 0 ? MEMORY : `${participant(0)},${MEMORY}`)

const across = (story: Story, text: string): string => `Note over ${everyone(story)}: ${escapeMermaid(text)}`

const steps = (story: Story): string[] => {
  const lines = story.moments.map(linesOf)
  if (typeof story.loop !== 'number') return lines.flat()
  const inside = lines.slice(story.loop).flat()
  return [...lines.slice(0, story.loop).flat(), 'loop for ever', ...inside.map((line) => `  ${line}`), 'end']
}

const ending = (story: Story): string[] => [
  ...(story.deadlock ? [across(story, 'deadlock: no thread can take a step any more')] : []),
  ...(story.loop === 'stuck' ? [across(story, 'stuck: no thread goes on by itself any more')] : []),
  ...story.blocked.map(({ thread, waits }) => across(story, `${thread} waits ${waits}`)),
  ...(story.ending === undefined ? [] : story.ending.lines.map((line) => across(story, line))),
  across(story, `violated: ${story.property}`),
]

/** A counterexample as a mermaid `sequenceDiagram`, without a line break at the end. */
export const mermaid = (cx: Counterexample, docs: ActionDocs, options: StoryOptions = {}): string => {
  const story = tell(cx, docs, options)
  const lines = [
    ...story.lanes.map((title, lane) => `participant ${participant(lane)} as ${escapeMermaid(title)}`),
    `participant ${MEMORY}`,
    ...steps(story),
    ...ending(story),
  ]
  return ['sequenceDiagram', ...lines.map((line) => `  ${line}`)].join('\n')
}
