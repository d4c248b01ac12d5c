/**
 * Judges weakened properties of a specification by TLC. All weakened invariants of a model are decided by one run, each
 * under a name of its own and watched; a weakened temporal property has a run of its own, on models that must break it.
 */

import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { environmentFailure, LockstepError } from '../../impl/lib/error.ts'
import type { MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { edited, numbered } from '../../impl/lib/mutate/mutant.ts'
import type { Copies, SpecSource } from '../../impl/lib/mutate/spec.ts'
import { copiesOf, specWeakenings } from '../../impl/lib/mutate/spec.ts'
import type { Protocol } from '../../impl/lib/protocol.ts'
import type { Toolchain } from '../check/tlc.ts'
import type { Selected } from '../check/tlc.ts'
import { runSelection, watchedBy } from '../check/tlc.ts'
import { readPlainText } from '../lib/input.ts'
import type { Model } from '../lib/project.ts'
import { modelModule, packageRoot, specFiles } from '../lib/project.ts'
import { withTempDir } from '../lib/tempdir.ts'
import type { Case } from './run.ts'
import type { Generated } from './sources.ts'

/** The specification with its fairness, in every MC module. */
const FAIR = 'FairSpec'

/** What TLC runs need. */
export interface SpecOptions {
  readonly toolchain: Toolchain
  /** seconds of one run */
  readonly timeout: number
  readonly onProgress: (done: number, of: number, alive: number) => void
}

const sourcesOf = (protocol: Protocol): SpecSource[] =>
  specFiles(protocol).map((file) => ({
    file: relative(packageRoot(), file).replaceAll('\\', '/'),
    text: readPlainText(file, 'module'),
  }))

const propertiesOf = (models: readonly Model[]): string[] => [
  ...new Set(models.flatMap(({ cells }) => cells.filter(({ kind }) => kind !== 'deadlock').map(({ name }) => name))),
]

/** Mutants of the specification of a protocol. */
export const specMutants = (protocol: Protocol, models: readonly Model[], kinds: readonly MutantKind[]): Generated => {
  const sources = sourcesOf(protocol)
  const drafts = specWeakenings(sources, propertiesOf(models)).filter(({ kind }) => kinds.includes(kind))
  return numbered(drafts, new Map(sources.map(({ file, text }) => [file, text])))
}

/** A mutant with the definitions by which it is decided. */
interface Prepared {
  readonly case: Case
  readonly copies: Copies
}

const prepared = (protocol: Protocol, cases: readonly Case[], properties: readonly string[]): Prepared[] => {
  const sources = sourcesOf(protocol)
  return cases.map((c) => {
    const { file, edit, within, id } = c.mutant
    const changed = sources.map((s) => (s.file === file ? { ...s, text: edited(s.text, edit) } : s))
    return { case: c, copies: copiesOf(changed, within, properties, `lockstep_${id}`) }
  })
}

/** The modules of a protocol, its last one with more definitions. */
const modulesWith = (protocol: Protocol, lines: readonly string[], directory: string): string[] => {
  const files = specFiles(protocol)
  const last = files[files.length - 1] ?? ''
  const own = join(directory, `${modelModule(protocol)}.tla`)
  writeFileSync(own, readPlainText(last, 'module').replace(/^={4,}/m, `${lines.join('\n')}\n====`))
  return [...files.slice(0, -1), own]
}

type Run = Awaited<ReturnType<typeof runSelection>>

/** Runs TLC on a model with more definitions. */
const runWith = (
  model: Model,
  lines: readonly string[],
  selected: Omit<Selected, 'modules' | 'checkDeadlock'>,
  { toolchain, timeout }: SpecOptions,
): Promise<Run> =>
  withTempDir('mutate', (directory) =>
    runSelection(
      model,
      toolchain,
      { workers: 1, timeout },
      { ...selected, checkDeadlock: false, modules: modulesWith(model.protocol, lines, directory) },
    ),
  )

/** Which of the watched operators are violated; all in one run, or, where one ends it with an error, in halves. */
const violated = async (
  model: Model,
  asked: readonly Prepared[],
  namesOf: (p: Prepared) => readonly string[],
  options: SpecOptions,
): Promise<ReadonlyMap<Prepared, ReadonlySet<string> | LockstepError>> => {
  if (asked.length === 0) return new Map()
  const selected = {
    selection: { specification: 'Spec', invariants: [], properties: [] },
    watched: asked.flatMap(namesOf),
  }
  try {
    const lines = asked.flatMap(({ copies }) => copies.lines)
    const run = await runWith(model, lines, selected, options)
    if (run.outcome !== 'success') {
      throw environmentFailure({ code: 'mutate-run', message: `TLC ended with ${run.outcome} on ${model.name}` })
    }
    const cells = watchedBy(run, { ...selected, checkDeadlock: false })
    const found = new Set([...cells].flatMap(([name, { verdict }]) => (verdict === 'violated' ? [name] : [])))
    return new Map(asked.map((p) => [p, found]))
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const [only] = asked
    if (asked.length === 1 && only !== undefined) return new Map([[only, error]])
    const middle = asked.length >> 1
    const first = await violated(model, asked.slice(0, middle), namesOf, options)
    return new Map([...first, ...(await violated(model, asked.slice(middle), namesOf, options))])
  }
}

/** What ends a run in an error is noticed; what ends it for want of time or memory is not decided. */
const failed = ({ case: c }: Prepared, model: Model, error: LockstepError): void => {
  // a copy that is no TLA+ is a defect of ours
  if (/^(spec-parse|cfg)-error$/.test(error.problem.code)) throw error
  if (error.exit === 3) c.unfinished = error.message
  else c.killedBy.push({ kind: 'cell', name: `${model.name} error: ${error.message} (tlc)` })
}

const judgeModel = async (model: Model, alive: readonly Prepared[], options: SpecOptions): Promise<void> => {
  const broken = model.cells.filter(({ kind, expected }) => kind === 'invariant' && expected === 'violated')
  const copiesIn = ({ copies }: Prepared): [string, string][] =>
    broken.flatMap(({ name }): [string, string][] => {
      const copy = copies.names.get(name)
      return copy === undefined ? [] : [[name, copy]]
    })
  const asked = alive.filter((p) => copiesIn(p).length > 0)
  const answers = await violated(model, asked, (p) => copiesIn(p).map(([, copy]) => copy), options)
  for (const [p, answer] of answers) {
    p.case.differs = true
    if (answer instanceof LockstepError) {
      failed(p, model, answer)
      continue
    }
    const [held] = copiesIn(p).filter(([, copy]) => !answer.has(copy))
    if (held !== undefined) p.case.killedBy.push({ kind: 'cell', name: `${model.name} ${held[0]} (tlc)` })
  }
}

/** A temporal property that is weaker has to hold where the original does not: then somebody notices. */
const judgeTemporal = async (p: Prepared, model: Model, options: SpecOptions): Promise<void> => {
  const isWeakFairness = p.case.mutant.kind === 'fairness'
  const specification = p.copies.names.get(FAIR) ?? FAIR
  for (const { name, kind, expected } of model.cells) {
    const copy = isWeakFairness ? name : p.copies.names.get(name)
    // fairness that is weaker breaks more, a property that is weaker is broken less
    const matters = kind === 'liveness' && expected === (isWeakFairness ? 'holds' : 'violated')
    if (copy === undefined || !matters || p.case.killedBy.length > 0) continue
    p.case.differs = true
    try {
      const selection = { specification, invariants: [], properties: [copy] }
      const run = await runWith(model, p.copies.lines, { selection }, options)
      const verdict =
        run.outcome === 'success' ? 'holds' : /^(liveness|violation)$/.test(run.outcome) ? 'violated' : undefined
      if (verdict === undefined) p.case.unfinished = `TLC ended with ${run.outcome} on ${model.name}`
      else if (verdict !== expected) p.case.killedBy.push({ kind: 'cell', name: `${model.name} ${name} (tlc)` })
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      failed(p, model, error)
    }
  }
}

/** Judges the weakenings of a specification: invariants model by model in one run of TLC each, the rest one by one. */
export const judgeSpec = async (
  protocol: Protocol,
  cases: readonly Case[],
  models: readonly Model[],
  options: SpecOptions,
): Promise<void> => {
  const all = prepared(protocol, cases, [...propertiesOf(models), FAIR])
  const sorted = [...models].sort((a, b) => a.distinctStates - b.distinctStates)
  const alive = (): Prepared[] => all.filter(({ case: { killedBy } }) => killedBy.length === 0)
  for (const [i, model] of sorted.entries()) {
    options.onProgress(i, sorted.length, alive().length)
    await judgeModel(model, alive(), options)
  }
  const temporal = alive()
  for (const [i, p] of temporal.entries()) {
    options.onProgress(i, temporal.length, alive().length)
    for (const model of sorted) if (p.case.killedBy.length === 0) await judgeTemporal(p, model, options)
  }
}
