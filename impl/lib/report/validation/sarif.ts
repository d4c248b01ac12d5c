/** Results of logs as SARIF 2.1.0, for code scanning. */

import { given } from '../../kernel/given.ts'
import { jsonText } from '../../text/visible.ts'
import type { Blame } from '../../prove/blame.ts'
import type { Validation } from '../../validate/result.ts'
import { columnOf, detailLines, distinct, headline, lineOf, outcomeOf, sideName, uriOf } from './text.ts'
import { shown } from '../../text/shown.ts'

/** What the report says of the tool and of where names begin. */
export interface SarifOptions {
  /** of this package */
  readonly version: string
  /** absolute names of logs below it become relative: code scanning knows files by their names in the repository */
  readonly root?: string
}

/** The format wants it for what reads the file; nothing is fetched. */
const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

/** Files of this package: a log may be one of another repository. */
const PACKAGE = 'LOCKSTEP'

/** In this order in the report; a result has the index. */
const RULES = [
  {
    id: 'log-rejected',
    name: 'LogRejected',
    shortDescription: { text: 'The model does not allow what the log says' },
    fullDescription: {
      text: 'No behaviour of the model explains the log up to and including this event. Either the system does something that the model excludes, or the model or the mapping of the log is wrong.',
    },
    help: { text: 'The related locations are the guards and statements that refuse the event.' },
    defaultConfiguration: { level: 'error' },
  },
  {
    id: 'log-incomplete',
    name: 'LogIncomplete',
    shortDescription: { text: 'Not decided whether the model allows the log' },
    fullDescription: { text: 'A limit or a signal ended the validation. This is not a pass.' },
    help: { text: 'Raise the limit, log more of the steps, or validate a part of the log.' },
    defaultConfiguration: { level: 'warning' },
  },
  {
    id: 'log-refused',
    name: 'LogRefused',
    shortDescription: { text: 'The file is no log' },
    fullDescription: { text: 'It cannot be read, or a line of it is none of a log. This is not a pass.' },
    help: { text: 'docs/log-format.md has the formats.' },
    defaultConfiguration: { level: 'error' },
  },
] as const

/** A message is a template: braces of its own are doubled (SARIF 2.1.0, 3.11.5), and `[a](1)` is a link (3.11.6). */
const message = (text: string): { text: string } => ({
  text: text.replace(/[{}]/g, '$&$&').replace(/\](?=\()/g, '] '),
})

const blameOf = ({ divergence }: Validation): Blame[] =>
  divergence === null ? [] : distinct([...divergence.blame, ...divergence.candidates.flatMap(({ blame }) => blame)])

const related = (blame: Blame, i: number): unknown => {
  const uri = uriOf(blame.file, undefined)
  return {
    id: i + 1,
    physicalLocation: {
      artifactLocation: given({ uri, uriBaseId: uri.startsWith('file:') ? undefined : PACKAGE }),
      region: { startLine: Math.max(1, blame.line) },
    },
    message: message(`${sideName(blame)}: ${shown(blame.text)}`),
  }
}

const location = (v: Validation, root: string | undefined): unknown =>
  v.file === '-'
    ? { logicalLocations: [{ name: 'stdin', kind: 'resource' }], message: message(`line ${lineOf(v)}`) }
    : {
        physicalLocation: {
          artifactLocation: { uri: uriOf(v.file, root) },
          region: { startLine: lineOf(v), startColumn: columnOf(v) },
        },
      }

/** Where a log goes wrong; an accepted one has no result. */
const result = (v: Validation, root: string | undefined): unknown[] => {
  const outcome = outcomeOf(v)
  if (outcome === 'accepted') return []
  const ruleIndex = v.refused !== undefined ? 2 : outcome === 'rejected' ? 0 : 1
  const { id: ruleId, defaultConfiguration } = RULES[ruleIndex]
  const places = blameOf(v).map(related)
  return [
    {
      ruleId,
      ruleIndex,
      level: defaultConfiguration.level,
      // lists show the first sentence
      message: message(`${headline(v)}.\n\n${detailLines(v).join('\n')}`),
      locations: [location(v, root)],
      ...given({ relatedLocations: places.length === 0 ? undefined : places }),
      properties: { model: v.model, events: v.events, explained: v.explained, order: v.order },
    },
  ]
}

/** A SARIF log with one run. */
export const sarifReport = (validations: readonly Validation[], { version, root }: SarifOptions): string => {
  const decided = validations.every((v) => outcomeOf(v) !== 'incomplete')
  const run = {
    tool: { driver: { name: 'lockstep', version, semanticVersion: version, rules: RULES } },
    invocations: [{ executionSuccessful: decided }],
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [PACKAGE]: { description: { text: 'the directory of the lockstep package' } } },
    results: validations.flatMap((v) => result(v, root)),
  }
  return `${jsonText({ $schema: SCHEMA, version: '2.1.0', runs: [run] })}\n`
}
