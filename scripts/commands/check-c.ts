/** `lockstep check FILE.c`: what is said of a C file, under each memory model that is asked for. */

import { lanes } from '../../impl/lib/report/lanes.ts'
import type { CFindings } from '../../impl/lib/c/protocol/findings.ts'
import { findingsOf } from '../../impl/lib/c/protocol/findings.ts'
import type { MemoryName } from '../../impl/lib/c/protocol/protocol.ts'
import { shortened } from '../../impl/lib/c/protocol/docs.ts'
import { briefly, isUnsaid } from '../../impl/lib/c/protocol/words.ts'
import type { CellResult } from '../../impl/lib/check/result.ts'
import { EXIT } from '../../impl/lib/kernel/error.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { meaningOf } from '../../impl/lib/protocol/docs.ts'
import type { OpenedC } from '../c/open.ts'
import type { Output } from '../ui/output.ts'
import { columns, seconds, thousands } from '../ui/output.ts'
import { wrap } from '../../impl/lib/report/columns.ts'

/** One memory model's findings. */
export interface CAnswer {
  readonly model: Model
  readonly found: CFindings
}

/** Decides a file under some memory models, one after the other. */
export const answersOf = (
  out: Output,
  opened: OpenedC,
  memories: readonly MemoryName[],
  timeout: number,
): readonly CAnswer[] =>
  opened.models
    .filter(({ memory }) => memories.includes(memory))
    .map((model): CAnswer => {
      out.progress(`checking ${model.name}`)
      const machine = opened.machineOf(machineOf(model))
      if (machine === undefined) throw new TypeError('a machine of another protocol')
      const found = findingsOf(model, machine, performance.now() + timeout * 1000)
      opened.files.assertUnchanged()
      return { model, found }
    })

/** Exit code of what was found of one memory model. */
export const codeOf = ({ found: { result } }: CAnswer): number => {
  if (result.properties.some(({ verdict }) => verdict === 'incomplete' || verdict === 'error')) return EXIT.environment
  if (result.verdict === 'incomplete' || result.verdict === 'error') return EXIT.environment
  return result.asExpected ? EXIT.ok : EXIT.finding
}

const isSilent = ({ name, verdict }: CellResult): boolean => verdict === 'vacuous' && isUnsaid(name)

/** Does a property that nobody has written down hold, as all of its kind are expected to? Or is it not known for a reason of all? */
const isQuiet = ({ name, verdict, expected }: CellResult): boolean =>
  isUnsaid(name) && (verdict === 'holds' || verdict === 'incomplete') && expected !== 'violated'

const WORD: Readonly<Record<CellResult['verdict'], string>> = {
  holds: 'holds',
  violated: 'VIOLATED',
  vacuous: 'VACUOUS',
  incomplete: 'NOT DECIDED',
  error: 'ERROR',
}

/** Why a verdict is remarkable. */
const remarkOf = (cell: CellResult, model: Model, isHeld: boolean): string => {
  const { verdict, expected, depth } = cell
  const after = verdict === 'violated' && depth !== null ? `after ${depth - 1} ${depth === 2 ? 'step' : 'steps'}` : ''
  if (expected !== null && expected !== verdict && (isHeld || expected !== 'holds'))
    return `${after === '' ? '' : `${after}; `}EXPECTED: ${expected}`
  if (isHeld && expected !== null && verdict !== 'holds') return `${after}, as expected`
  if (verdict === 'vacuous') return 'nothing that it speaks of ever happens'
  return after === '' ? meaningIfOwn(cell, model) : after
}

/** The expression of a property that the file has, without the macro around it. */
const meaningIfOwn = ({ name }: CellResult, { protocol }: Model): string => {
  const meaning = meaningOf(protocol.docs, name)
  const [, inner = ''] = /^LOCKSTEP_\w+\((.*)\)$/.exec(meaning) ?? []
  return shortened(inner.replace(/^\w+, /, ''))
}

/** What the verdicts rest on. */
const assumptions = ({ slots, wasFull }: CFindings): string[] => {
  if (slots === 0) return []
  const buffers = `store buffers of ${slots} ${slots === 1 ? 'store' : 'stores'}`
  return [
    wasFull
      ? `${buffers}: some thread had to wait because its own was full; --slots N gives more`
      : `${buffers}, of which none was ever full`,
  ]
}

/** Columns of what stands before a line, the longest being `NOT DECIDED`. */
const LABEL = 11

const paragraph = (label: string, text: string): string[] =>
  wrap(text, 98 - LABEL, 0).map((line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}  ${line}`)

const headOf = ({ model, found }: CAnswer): string => {
  const { result, states, stopped } = found
  const count = `${stopped === undefined && result.distinctStates !== null ? '' : 'at least '}${thousands(states)} states`
  const name = [model.protocol.name, ...(model.design === 'default' ? [] : [model.design])].join(' ')
  return `${name} under ${model.memory.toUpperCase()}: ${count}, ${seconds(result.seconds)}`
}

/** Diagrams that are shown of one memory model. */
const MOST = 2

/** The counterexamples of an answer; one that was shown before, under a stronger memory model, is named only. */
const diagrams = ({ model, found }: CAnswer, shown: ReadonlyMap<string, string>): string[] => {
  const fresh = [...found.counterexamples].filter(([property]) => !shown.has(property))
  const left = fresh.slice(MOST).map(([property]) => property)
  return [
    ...fresh.slice(0, MOST).flatMap(([, cx]) => ['', ...lanes(cx, model.protocol.docs).split('\n')]),
    ...(left.length === 0
      ? []
      : ['', `not shown: ${left.join(', ')}; \`lockstep explain ${model.name} --property ${left[0] ?? ''}\` does`]),
  ]
}

/** What was found under one memory model, for people; `isHeld`: it is held to what the file says. */
export const print = (out: Output, answer: CAnswer, shown: Map<string, string>, isHeld: boolean): void => {
  const { model, found } = answer
  const { result, stopped } = found
  out.clear()
  out.line(headOf(answer), 'bold')
  const loud = result.properties.filter((cell) => !isSilent(cell) && !isQuiet(cell))
  const rows = loud.map((cell) => {
    const before = cell.verdict === 'violated' ? shown.get(cell.name) : undefined
    const remark = remarkOf(cell, model, isHeld)
    return [
      WORD[cell.verdict].padEnd(LABEL),
      cell.name,
      before === undefined ? remark : `${remark}, as under ${before}`,
    ]
  })
  for (const row of columns(rows, '  ')) out.line(row, /^ {2}[A-Z]{2}/.test(row) ? 'red' : 'plain')
  for (const verdict of ['holds', 'incomplete'] as const) {
    const quiet = result.properties.filter((cell) => isQuiet(cell) && cell.verdict === verdict)
    const list = quiet.map(({ name }) => briefly(name)).join(', ')
    if (list !== '') for (const line of paragraph(WORD[verdict], list)) out.line(line)
  }
  if (stopped !== undefined)
    for (const line of paragraph('INCOMPLETE', `${stopped.why}: ${stopped.hint}`)) out.line(line, 'red')
  for (const text of assumptions(found)) for (const line of paragraph('assumed', text)) out.line(line)
  for (const line of diagrams(answer, shown)) out.line(line)
  for (const property of found.counterexamples.keys())
    if (!shown.has(property)) shown.set(property, model.memory.toUpperCase())
  out.line()
}

/** The same as `--json` has it: what `check` says of a model, and more. */
export const answerJson = ({ model, found }: CAnswer, { files }: OpenedC): object => ({
  ...found.result,
  properties: found.result.properties.map((cell) => {
    const cx = found.counterexamples.get(cell.name)
    if (cx === undefined) return cell
    return {
      ...cell,
      counterexample: lanes(cx, model.protocol.docs),
      ending: cx.ending === undefined ? null : { title: cx.ending.title, lines: cx.ending.lines },
    }
  }),
  file: model.protocol.name,
  inputs: files.hashes,
  states: found.states,
  slots: found.slots,
  wasFull: found.wasFull,
  stopped: found.stopped ?? null,
})
