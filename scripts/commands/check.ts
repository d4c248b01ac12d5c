/** `lockstep check`: verdicts of every cell of the models asked for, by one engine or by all. */

import { match } from 'ts-pattern'
import { badInput, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import { checkWithEmbedded } from '../engines/embedded.ts'
import type { CachedOptions } from '../engines/decide.ts'
import { runAll, workersOf } from '../engines/options.ts'
import { checkWithExplorer, graphOf, requireComplete, untilOf } from '../../impl/lib/check/explorer.ts'
import type { CellResult, EngineFindings, EngineName, ModelResult, Verdict } from '../../impl/lib/check/result.ts'
import { modelResult } from '../../impl/lib/check/result.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { checkWithTlc, dryRunTlc, tlcIfPresent } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { checkedInEvidence } from '../workspace/evidence.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { isSafety, isSpecifiedKind, sizeOf } from '../../impl/lib/protocol/model.ts'
import { examine } from '../engines/examine.ts'
import { isSpecified, specified } from '../workspace/spec-files.ts'
import { writeCounts } from '../workspace/counts.ts'
import { meantModels, SetAside } from '../workspace/set-aside.ts'
import { watchInputs } from '../workspace/certificate.ts'
import { keepFindings, knownFindings } from '../engines/results.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'
import { matrixOf } from '../ui/matrix.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

export type CheckOptions = OptionsOf<'check'>

/**
 * The embedded engine takes half a millisecond a state, and some milliseconds where there are many variables: `auto` gives it
 * models up to this size only.
 */
export const EMBEDDED_AUTO_STATES = 4_000

interface Job {
  readonly model: Model
  readonly engine: EngineName
}

/** Which engines decide a model. */
export const enginesFor = (
  model: Model,
  engine: CheckOptions['engine'],
  toolchain: Toolchain | undefined,
): readonly EngineName[] => {
  if (!isSpecified(model.protocol)) {
    if (engine === 'tlc' || engine === 'embedded') specified(model.protocol)
    return ['explorer']
  }
  // the embedded engine decides safety only
  const embedded = model.cells.some(({ kind }) => isSafety(kind)) ? (['embedded'] as const) : []
  if (engine === 'all') return ['tlc', ...embedded, 'explorer']
  if (engine !== 'auto') return [engine]
  // what TLC has no properties for is decided by the explorer alone, which holds the others against TLC's verdicts
  if (toolchain !== undefined)
    return model.cells.every(({ kind }) => isSpecifiedKind(kind)) ? ['tlc'] : ['tlc', 'explorer']
  return sizeOf(model) <= EMBEDDED_AUTO_STATES ? [...embedded, 'explorer'] : ['explorer']
}

/** What is known of a job from before, else what the engine finds now. */
const findingsOf = async (
  job: Job,
  toolchain: Toolchain | undefined,
  options: CachedOptions,
): Promise<EngineFindings> => {
  const { model, engine } = job
  // the explorer is as fast as reading what it found before
  if (options.cache === false || engine === 'explorer') return decide(job, toolchain, options)
  const known = knownFindings(model, engine, toolchain)
  if (known !== undefined) return known
  const unchanged = watchInputs(model)
  const found = await decide(job, toolchain, options)
  unchanged()
  keepFindings(model, found, toolchain)
  return found
}

const decide = (
  { model, engine }: Job,
  toolchain: Toolchain | undefined,
  options: CachedOptions,
): Promise<EngineFindings> =>
  match(engine)
    .with('explorer', () => Promise.resolve(checkWithExplorer(model, untilOf(options))))
    .with('embedded', () => checkWithEmbedded(model, options.timeout * 1000))
    .with('tlc', () => {
      if (toolchain === undefined) throw new TypeError('TLC was asked for without a toolchain')
      return checkWithTlc(model, toolchain, options).then(({ findings }) => findings)
    })
    .exhaustive()

const isDecided = ({ verdict }: { readonly verdict: Verdict }): boolean =>
  verdict !== 'incomplete' && verdict !== 'error'

/** Cells on which two engines give different verdicts, and differing numbers of states. */
export const disagreements = (results: readonly ModelResult[]): string[] => {
  const out: string[] = []
  for (const model of new Set(results.map((r) => r.model))) {
    const own = results.filter((r) => r.model === model)
    const counts = new Set(own.map((r) => r.distinctStates).filter((n) => n !== null))
    if (counts.size > 1)
      out.push(`${model}: distinct states ${own.map((r) => `${r.engine} ${r.distinctStates ?? '?'}`).join(', ')}`)
    const cells = own.flatMap(({ engine, properties }) => properties.map((cell) => ({ engine, ...cell })))
    for (const name of new Set(cells.map((c) => c.name))) {
      const decided = cells.filter((c) => c.name === name && isDecided(c))
      if (new Set(decided.map((c) => c.verdict)).size > 1)
        out.push(`${model} ${name}: ${decided.map((c) => `${c.engine} ${c.verdict}`).join(', ')}`)
      const silent = decided.flatMap(({ engine, vacuous }) =>
        vacuous === null ? [] : [{ engine, vacuous: vacuous.join() }],
      )
      if (new Set(silent.map(({ vacuous }) => vacuous)).size > 1)
        out.push(`${model} ${name}, what is vacuous: ${silent.map((c) => `${c.engine} [${c.vacuous}]`).join(', ')}`)
    }
  }
  return out
}

/** Exit code of some results: what could not be decided outweighs what was found. */
export const exitOf = (results: readonly ModelResult[], conflicts: readonly string[]): number => {
  if (!results.every(isDecided) || conflicts.length > 0) return EXIT.environment
  return results.every((r) => r.asExpected) ? EXIT.ok : EXIT.finding
}

/** What an engine found of a model's cells, in a few words. What it did not decide, and what says nothing, holds for nobody. */
export const cellsText = ({ properties, unchecked }: ModelResult): string => {
  const all = properties.length + unchecked.length
  const decided = properties.filter(isDecided).length
  const of = (wanted: Verdict): number => properties.filter(({ verdict }) => verdict === wanted).length
  const [violated, silent] = [of('violated'), of('vacuous')]
  const vacuous = silent === 0 ? '' : `, ${silent} vacuous`
  if (decided === 0) return 'nothing decided'
  if (decided < all) return `${decided} of ${all} decided, ${violated === 0 ? 'none' : violated} violated${vacuous}`
  if (violated + silent > 0) return `${violated} of ${all} violated${vacuous}`
  const inPart = properties.filter((p) => (p.vacuous ?? p.expectedVacuous).length > 0).length
  return inPart === 0 ? 'all hold' : `all hold, ${inPart} vacuous in part`
}

/** One line of the table of results. */
export const resultRow = (r: ModelResult): string[] => [
  r.asExpected ? 'ok' : isDecided(r) ? 'UNEXPECTED' : r.verdict.toUpperCase(),
  r.model,
  cellsText(r),
  r.distinctStates === null ? '? states' : `${thousands(r.distinctStates)} states`,
  r.engine,
  r.cached ? 'cached' : seconds(r.seconds),
  [
    ...(r.remark === undefined ? [] : [r.remark]),
    ...(r.certified.length > 0 ? [`liveness as certified: ${r.certified.join(', ')}`] : []),
    ...(r.unchecked.length > 0
      ? [
          `${r.engine === 'embedded' ? 'safety only' : 'for the explorer alone'}; not checked: ${r.unchecked.join(', ')}`,
        ]
      : []),
  ].join('; '),
]

/** What of {@link CheckOptions} says how models are checked. */
type RunChecksOptions = CachedOptions & Pick<CheckOptions, 'engine'>

/** Runs the checks; used by `check` and `start`. `noTlc` is why TLC is not used, where it would be if it were there. */
export const runChecks = async (
  out: Output,
  models: readonly Model[],
  options: RunChecksOptions,
  aside = new SetAside(),
) => {
  const { engine: asked } = options
  const found = asked === 'explorer' || asked === 'embedded' ? undefined : await tlcIfPresent()
  const noTlc = found instanceof LockstepError ? found : undefined
  if (noTlc !== undefined && asked !== 'auto') throw noTlc
  const toolchain = found instanceof LockstepError ? undefined : found
  const jobs = models.flatMap((model) =>
    (aside.attempt(model.protocol, () => enginesFor(model, asked, toolchain)) ?? []).map((engine): Job => ({
      model,
      engine,
    })),
  )
  const remark = ({ model, engine }: Job): string => `checking ${model.name} with ${engine}`
  const decided = await runAll(out, jobs, workersOf(options), remark, (job) =>
    aside.run(job.model.protocol, async () =>
      modelResult(job.model, await findingsOf(job, toolchain, options), checkedInEvidence(job.model)),
    ),
  )
  const results = aside.without(
    decided.filter((result) => result !== undefined),
    ({ protocol }) => protocol,
  )
  /** what engines disagree on */
  const conflicts = disagreements(results)
  return { results, conflicts, code: aside.exitOf(exitOf(results, conflicts)), noTlc }
}

/** Prints the table of results, and what is to be said of them. */
export const printResults = (out: Output, results: readonly ModelResult[], conflicts: readonly string[]): void => {
  for (const row of columns(results.map(resultRow))) out.line(row)
  for (const r of results)
    for (const note of r.notes) out.line(`  ${r.model} (${r.engine}): ${note.replaceAll('\n', '\n    ')}`, 'red')
  for (const conflict of conflicts) out.line(`  engines disagree: ${conflict}`, 'red')
}

/** Labels at which a thread has ended: they are no actions. */
const endsOf = ({ automata }: Compiled): ReadonlySet<string> =>
  new Set(automata.flatMap(({ nodes }) => nodes.filter(({ op }) => op.kind === 'end').map(({ label }) => label)))

/** How often each action is taken over all models of each protocol. */
const coverage = (out: Output, models: readonly Model[], options: CheckOptions, aside: SetAside): number => {
  const counts = new Map<string, Map<string, number>>()
  for (const model of models) {
    const graph = aside.attempt(model.protocol, () =>
      requireComplete(graphOf(model, { edges: false, invariants: false, until: untilOf(options) }), model),
    )
    if (graph === undefined) continue
    const own = counts.get(model.protocol.name) ?? new Map<string, number>()
    const ends = endsOf(graph.kernel.compiled)
    graph.kernel.actions.forEach((action, i) => {
      if (!ends.has(action)) own.set(action, (own.get(action) ?? 0) + (graph.taken[i] ?? 0))
    })
    counts.set(model.protocol.name, own)
  }
  const rows = aside
    .without([...counts], ([protocol]) => protocol)
    .flatMap(([protocol, own]) =>
      [...own].sort(([a], [b]) => (a < b ? -1 : 1)).map(([action, taken]) => ({ protocol, action, taken })),
    )
  const never = rows.filter((r) => r.taken === 0)
  const code = aside.exitOf(never.length === 0 ? EXIT.ok : EXIT.finding)
  if (out.json) printJson({ ok: code === EXIT.ok, actions: rows, broken: aside.json })
  for (const row of columns(rows.map((r) => [r.protocol, r.action, thousands(r.taken)]))) out.line(row)
  for (const { action } of never) out.line(`no model takes ${action}`, 'red')
  return code
}

const ignored = (option: string, why: string) =>
  badInput({ code: 'usage', message: `${option} would be ignored: ${why}`, hint: `leave ${option} out` })

/** An option that the engine does not heed is not taken as if it were. */
const refuseIgnored = ({ engine, heap, coverage, dryRun, write }: CheckOptions): void => {
  if (heap !== undefined && (engine === 'explorer' || engine === 'embedded'))
    throw ignored('--heap', `the ${engine} engine runs no JVM`)
  if (coverage !== true) {
    if (dryRun !== true || engine === 'tlc' || engine === 'auto') return
    throw badInput({ code: 'usage', message: 'only TLC is another program: --dry-run goes with --engine tlc' })
  }
  if (engine !== 'auto' && engine !== 'explorer') throw ignored('--engine', 'the explorer counts what --coverage shows')
  if (heap !== undefined) throw ignored('--heap', 'the explorer counts what --coverage shows')
  if (dryRun === true) throw ignored('--dry-run', '--coverage runs no other program')
  if (write === true) throw ignored('--write', '--coverage has no counts of models')
}

/** The commands of TLC that would be run. */
const dryRun = async (
  out: Output,
  models: readonly Model[],
  options: CheckOptions,
  aside: SetAside,
): Promise<number> => {
  const commands: { readonly model: string; readonly lines: readonly string[] }[] = []
  for (const model of models) {
    const lines = await aside.run(model.protocol, () => dryRunTlc(model, options))
    if (lines !== undefined) commands.push({ model: model.name, lines })
  }
  aside.sound(models)
  if (out.json) {
    const all = commands.map(({ model, lines }) => ({ model, command: lines.at(-1) }))
    printJson({ ok: aside.json === undefined, commands: all, broken: aside.json })
  }
  for (const { lines } of commands) for (const line of lines) out.line(line)
  return aside.exitOf(EXIT.ok)
}

/** What was answered: the exit code, and the document of `--json`. */
export interface Answered {
  readonly code: number
  readonly json: Readonly<Record<string, unknown>>
}

/** Checks models; says for people what was found. */
export const answerModels = async (out: Output, options: CheckOptions, project: Project): Promise<Answered> => {
  const { targets, tag } = options
  const aside = new SetAside()
  const models = examine(out, project, meantModels(project, targets, tag, aside), aside)
  // what is to be counted anew is held to no count from before
  const uncounted = options.write === true ? models.map((model) => ({ ...model, counts: undefined })) : models
  const { results, conflicts, code, noTlc } = await runChecks(out, uncounted, options, aside)
  if (options.write === true) writeCounts(out, aside.sound(models), results, project.modelsOf)
  if (noTlc !== undefined) out.line(noTlcNote(noTlc))
  printResults(out, results, conflicts)
  out.line()
  for (const line of matrixOf(results)) out.line(line)
  out.line(`${summary(results, exitOf(results, conflicts))}${aside.remark('not checked')}`)
  if (!out.json) aside.report()
  return { code, json: { ok: code === EXIT.ok, models: results, disagreements: conflicts, broken: aside.json } }
}

const unheeded = ({ memory, define, include, slots, maxStates, expect }: CheckOptions): string | undefined => {
  const given = { memory, define, include, slots, 'max-states': maxStates, expect }
  return Object.entries(given).find(([, value]) => value !== undefined)?.[0]
}

/** Checks models; returns the exit code. */
export const check = async (out: Output, options: CheckOptions, project: Project): Promise<number> => {
  const option = unheeded(options)
  if (option !== undefined)
    throw badInput({
      code: 'usage',
      message: `--${option} is for C files and litmus tests, and no target is one`,
      hint: option === 'memory' ? 'a model has its memory model in its name' : 'name a file that ends in .c or .litmus',
    })
  refuseIgnored(options)
  if (options.coverage === true || options.dryRun === true) {
    const aside = new SetAside()
    const models = examine(out, project, meantModels(project, options.targets, options.tag, aside), aside)
    const code = await (options.coverage === true ? coverage : dryRun)(out, models, options, aside)
    if (!out.json) aside.report()
    return code
  }
  const { code, json } = await answerModels(out, options, project)
  if (out.json) printJson(json)
  return code
}

/** What is said where TLC cannot run. */
export const noTlcNote = (reason: LockstepError): string =>
  [
    `TLC is not used: ${reason.problem.message}`,
    `  Small models are checked by the embedded engine (safety) and all by the explorer. TLC's own runs are in`,
    `  traces/ as certificates and counterexamples; \`lockstep verify\` and \`lockstep replay\` hold them against the machine.`,
    ...(reason.problem.hint === undefined ? [] : [`  To run TLC: ${reason.problem.hint}`]),
    '',
  ].join('\n')

/** One closing line. */
export const summary = (results: readonly ModelResult[], code: number): string => {
  const cells: CellResult[] = results.flatMap((r) => r.properties)
  const good = results.filter((r) => r.asExpected).length
  const violated = cells.filter((c) => c.verdict === 'violated').length
  const undecided = cells.filter((c) => !isDecided(c)).length
  const silent = cells.filter((c) => c.verdict === 'vacuous').length
  const left = `${silent === 0 ? '' : `, ${silent} vacuous`}${undecided === 0 ? '' : `, ${undecided} not decided`}`
  const word = code === EXIT.ok ? 'all as expected' : code === EXIT.finding ? 'NOT as expected' : 'NOT COMPLETE'
  return `${good} of ${results.length} model runs as expected; ${cells.length} cells, ${violated} violated${left}: ${word}`
}
