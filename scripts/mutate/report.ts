/** What `mutate` says: a table of what noticed the mutants, then those that nobody noticed, with their place. */

import type { MutantKind, Side } from '../../impl/lib/mutate/mutant.ts'
import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import type { Fate, Judged, Killer } from '../../impl/lib/mutate/mutant.ts'
import type { Style } from '../ui/output.ts'
import { columns, seconds } from '../ui/output.ts'
import type { Stale } from './argued.ts'

/** Everything that was found of one protocol. */
export interface Part {
  readonly protocol: string
  readonly judged: readonly Judged[]
  readonly stale: readonly Stale[]
  /** mutants that were the text of the source, or of another mutant */
  readonly same: number
  /** mutants that were left out by `--sample` or `--changed` */
  readonly notDrawn: number
  /** of those that were drawn, by the everyday run: not decided when its time was up */
  readonly notDecided: number
  readonly seconds: number
}

const HEADINGS = ['', 'mutants', 'cell', 'count', 'proof', 'test', 'argued', 'survived', 'incomplete']

const row = (judged: readonly Judged[], side: Side, kind: MutantKind): string[] => {
  const own = judged.filter(({ mutant: m, fate }) => m.side === side && m.kind === kind && fate !== 'refused')
  const by = (killer: Killer['kind']): number => own.filter(({ killedBy }) => killedBy[0]?.kind === killer).length
  const of = (fate: Fate): number => own.filter((j) => j.fate === fate).length
  const counts = [by('cell'), by('count'), by('proof'), by('test'), of('argued'), of('survived'), of('incomplete')]
  return [`  ${side} ${kind}`, ...[own.length, ...counts].map(String)]
}

const SIDES: readonly Side[] = ['machine', 'spec']

/** One row for each side and kind that there are mutants of. */
const rows = (judged: readonly Judged[]): string[][] =>
  SIDES.flatMap((side) =>
    MUTANT_KINDS.filter((kind) => judged.some(({ mutant }) => mutant.side === side && mutant.kind === kind)).map(
      (kind) => row(judged, side, kind),
    ),
  )

const change = (place: string, { within, from, to }: Stale['about'], reason: string | undefined): string[] => [
  `  ${place}  ${within}`,
  `    ${from}`,
  `    -> ${to}`,
  ...(reason === undefined ? [] : [`    ${reason}`]),
]

const details = ({ mutant, reason }: Judged): string[] => change(`${mutant.file}:${mutant.line}`, mutant, reason)

/** A line of the report. */
export interface ReportLine {
  readonly text: string
  readonly style?: Style
}

const plain = (lines: readonly string[]): ReportLine[] => lines.map((text) => ({ text }))

const titled = (title: string, lines: readonly string[]): ReportLine[] =>
  lines.length === 0 ? [] : [{ text: title, style: 'red' }, ...plain(lines)]

/** The report of one protocol, line by line. */
export const report = (part: Part): ReportLine[] => {
  const { protocol, judged, stale, same, notDrawn, notDecided } = part
  const of = (fate: Fate): Judged[] => judged.filter((j) => j.fate === fate)
  const discarded = same + of('refused').length
  return [
    { text: protocol, style: 'bold' },
    ...plain(columns([HEADINGS, ...rows(judged)])),
    ...plain([
      `  ${discarded} discarded (same text, same machine, no such instance, type error)` +
        (notDrawn === 0 ? '' : `, ${notDrawn} not drawn`) +
        `${notDecided === 0 ? '' : `, ${notDecided} not decided when the time of an everyday run was up`}, ${seconds(part.seconds)}`,
    ]),
    ...titled('survived: nothing notices', of('survived').flatMap(details)),
    ...titled('incomplete: not decided', of('incomplete').flatMap(details)),
    ...titled(
      'arguments and seeded faults that are none any more',
      stale.flatMap(({ about, why }) => change(about.file, about, why)),
    ),
  ]
}

/** The one JSON document. */
export const jsonOf = (
  parts: readonly Part[],
  ok: boolean,
  options: {
    readonly seed: number
    readonly sample?: number | undefined
    readonly skipped: string | undefined
    readonly broken?: readonly object[] | undefined
  },
): unknown => ({
  ok,
  broken: options.broken,
  seed: options.sample === undefined ? null : options.seed,
  skipped: options.skipped === undefined ? [] : [{ side: 'spec', why: options.skipped }],
  protocols: parts.map(({ protocol, judged, same, notDrawn, notDecided, seconds: took }) => ({
    protocol,
    mutants: judged.filter(({ fate }) => fate !== 'refused').length,
    discarded: { same, refused: judged.filter(({ fate }) => fate === 'refused').length },
    notDrawn,
    notDecided,
    seconds: Math.round(took * 1000) / 1000,
  })),
  mutants: parts.flatMap(({ protocol, judged }) =>
    judged
      .filter(({ fate }) => fate !== 'refused')
      .map(({ mutant: { id, side, file, line, kind, within, from, to }, fate, killedBy, reason }) => ({
        id,
        protocol,
        side,
        file,
        line,
        kind,
        within,
        from,
        to,
        fate,
        killedBy,
        reason: reason ?? null,
      })),
  ),
  stale: parts.flatMap(({ protocol, stale }) =>
    stale.map(({ about: { file, kind, within, from, to }, why }) => ({ protocol, file, kind, within, from, to, why })),
  ),
})
