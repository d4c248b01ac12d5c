/** Results of logs as workflow commands of GitHub Actions, which shows them beside the lines of the log. */

import type { Validation } from '../../validate/result.ts'
import { columnOf, detailLines, headline, lineOf, outcomeOf, relativePath } from './text.ts'
import { shown } from '../../text/shown.ts'

/** GitHub keeps so many annotations of a kind for a step, and drops the others without a word. */
const MOST = 10

/** The escapes of the runner: data, and properties, whose separators are `:` and `,` too. */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

type Kind = 'error' | 'warning'

const command = (kind: Kind, properties: Readonly<Record<string, string | number>>, text: string): string => {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`)
  return `::${kind} ${list.join(',')}::${data(text)}`
}

const TITLES = { error: 'Log rejected', warning: 'Log not decided' } as const

const titleOf = (kind: Kind, v: Validation): string =>
  v.refused === undefined ? `${TITLES[kind]}: ${shown(v.model)}` : 'No log'

/** A file that is no log is an error, not something that a higher limit would decide. */
const kindOf = (v: Validation): Kind | undefined => {
  const outcome = outcomeOf(v)
  if (outcome === 'accepted') return undefined
  return outcome === 'rejected' || v.refused !== undefined ? 'error' : 'warning'
}

const annotation = (kind: Kind, v: Validation, root: string | undefined): string => {
  const place = v.file === '-' ? {} : { file: relativePath(v.file, root), line: lineOf(v), col: columnOf(v) }
  const lines = detailLines(v, { lanes: false })
  return command(kind, { ...place, title: titleOf(kind, v) }, [headline(v), ...lines].join('\n'))
}

const annotationsOf = (kind: Kind, validations: readonly Validation[], root: string | undefined): string[] => {
  const fits = validations.length <= MOST
  const some = fits ? validations : validations.slice(0, MOST - 1)
  const others = validations.length - some.length
  return [
    ...some.map((v) => annotation(kind, v, root)),
    ...(fits ? [] : [command(kind, { title: TITLES[kind] }, `and ${others} more: the step summary has them all`)]),
  ]
}

/** Lines for stdout of a step; absolute names of logs below `root` become relative. At most ten of a kind. */
export const githubAnnotations = (validations: readonly Validation[], root?: string): string[] => [
  ...(['error', 'warning'] as const).flatMap((kind) =>
    annotationsOf(
      kind,
      validations.filter((v) => kindOf(v) === kind),
      root,
    ),
  ),
]
