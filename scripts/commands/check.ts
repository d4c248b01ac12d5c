/** `lockstep check`: verdicts of every cell of the models asked for, by one engine or by all. */

import { match } from 'ts-pattern'
import { badInput, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import { checkWithEmbedded } from '../engines/embedded.ts'
import type { CachedOptions } from '../engines/decide.ts'
import { workersOf } from '../engines/options.ts'
import { checkWithExplorer, graphOf, requireComplete, untilOf } from '../../impl/lib/check/explorer.ts'
import type { CellResult, EngineFindings, EngineName, ModelResult, Verdict } from '../../impl/lib/check/result.ts'
import { modelResult } from '../../impl/lib/check/result.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { tlcIfPresent } from '../engines/tlc.ts'
import { checkWithTlc, dryRunTlc } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { checkedInEvidence } from '../workspace/evidence.ts'
import { pool } from '../node/pool.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { selectModels } from '../../impl/lib/protocol/target.ts'
import { watchInputs } from '../workspace/certificate.ts'
import { keepFindings, knownFindings } from '../engines/results.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'
import { matrixOf } from '../ui/matrix.ts'
import { litmus, wantsLitmus } from './litmus.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

export type CheckOptions = OptionsOf<'check'>

/**
 * The embedded engine takes half a millisecond a state, and some milliseconds where there are many variables: `auto` gives it
 * models up to this size only.
 */
export const EMBEDDED_AUTO_STATES = 8_000

interface Job {
  readonly model: Model
  readonly engine: EngineName
}

/** Which engine decides which model. */
const jobsFor = (models: readonly Model[], engine: CheckOptions['engine'], tlc: boolean): Job[] => {
  const all = (names: readonly EngineName[]): Job[] =>
    models.flatMap((model) => names.map((name) => ({ model, engine: name })))
  return match(engine)
    .with('all', () => all(['tlc', 'embedded', 'explorer']))
    .with('tlc', 'embedded', 'explorer', (name) => all([name]))
    .with('auto', () =>
      tlc
        ? all(['tlc'])
        : models.flatMap((model): Job[] => {
            const explorer: Job = { model, engine: 'explorer' }
            return model.distinctStates <= EMBEDDED_AUTO_STATES ? [{ model, engine: 'embedded' }, explorer] : [explorer]
          }),
    )
    .exhaustive()
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

/** Cells on which two engines give different verdicts, and differing numbers of states. */
export const disagreements = (results: readonly ModelResult[]): string[] => {
  const out: string[] = []
  for (const model of new Set(results.map((r) => r.model))) {
    const own = results.filter((r) => r.model === model)
    const counts = new Set(own.map((r) => r.distinctStates).filter((n) => n !== null))
    if (counts.size > 1)
      out.push(`${model}: distinct states ${own.map((r) => `${r.engine} ${r.distinctStates ?? '?'}`).join(', ')}`)
    for (const name of new Set(own.flatMap((r) => r.properties.map((p) => p.name)))) {
      const cells = own.flatMap((r) =>
        r.properties.filter((p) => p.name === name).map((p) => ({ engine: r.engine, ...p })),
      )
      const decided = cells.filter((c) => c.verdict !== 'incomplete' && c.verdict !== 'error')
      if (new Set(decided.map((c) => c.verdict)).size > 1) {
        out.push(`${model} ${name}: ${decided.map((c) => `${c.engine} ${c.verdict}`).join(', ')}`)
      }
      const silent = decided.flatMap(({ engine, vacuous }) => (vacuous === null ? [] : [{ engine, vacuous }]))
      if (new Set(silent.map(({ vacuous }) => vacuous.join())).size > 1) {
        out.push(
          `${model} ${name}, what is vacuous: ${silent.map((s) => `${s.engine} [${s.vacuous.join()}]`).join(', ')}`,
        )
      }
    }
  }
  return out
}

/** Exit code of some results: what could not be decided outweighs what was found. */
export const exitOf = (results: readonly ModelResult[], conflicts: readonly string[]): number => {
  if (results.some((r) => r.verdict === 'error' || r.verdict === 'incomplete') || conflicts.length > 0)
    return EXIT.environment
  return results.every((r) => r.asExpected) ? EXIT.ok : EXIT.finding
}

const isDecided = ({ verdict }: CellResult): boolean => verdict !== 'incomplete' && verdict !== 'error'

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
  r.asExpected ? 'ok' : r.verdict === 'error' || r.verdict === 'incomplete' ? r.verdict.toUpperCase() : 'UNEXPECTED',
  r.model,
  cellsText(r),
  r.distinctStates === null ? '? states' : `${thousands(r.distinctStates)} states`,
  r.engine,
  r.cached ? 'cached' : seconds(r.seconds),
  [
    ...(r.certified.length > 0 ? [`liveness as certified: ${r.certified.join(', ')}`] : []),
    ...(r.unchecked.length > 0 ? [`safety only; not checked: ${r.unchecked.join(', ')}`] : []),
  ].join('; '),
]

/** What checks found. */
interface Checked {
  readonly results: readonly ModelResult[]
  /** what engines disagree on */
  readonly conflicts: readonly string[]
  /** TLC, or why it was not used */
  readonly tlc: Toolchain | LockstepError
}

/** What of {@link CheckOptions} says how models are checked. */
type RunChecksOptions = CachedOptions & Pick<CheckOptions, 'targets' | 'engine' | 'tag'>

/** Runs the checks; used by `check` and `start`. */
export const runChecks = async (out: Output, options: RunChecksOptions, project: Project): Promise<Checked> => {
  const models = selectModels(project.modelsFor(options.targets), options.targets, options.tag)
  const found = options.engine === 'explorer' || options.engine === 'embedded' ? undefined : await tlcIfPresent()
  if (found instanceof LockstepError && (options.engine === 'tlc' || options.engine === 'all')) throw found
  const toolchain = found === undefined || found instanceof LockstepError ? undefined : found
  const jobs = jobsFor(models, options.engine, toolchain !== undefined)
  let done = 0
  const results = await pool(jobs, workersOf(options), async (job) => {
    out.progress(`checking ${job.model.name} with ${job.engine} (${done} of ${jobs.length} done)`)
    const result = modelResult(job.model, await findingsOf(job, toolchain, options), checkedInEvidence(job.model))
    done += 1
    return result
  })
  out.clear()
  const missing = found ?? new LockstepError({ code: 'not-asked', message: 'TLC was not asked for' }, 3)
  return { results, conflicts: disagreements(results), tlc: toolchain ?? missing }
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
const coverageOf = (
  models: readonly Model[],
  options: CheckOptions,
): { protocol: string; action: string; taken: number }[] => {
  const counts = new Map<string, Map<string, number>>()
  for (const model of models) {
    const graph = requireComplete(graphOf(model, { edges: false, invariants: false, until: untilOf(options) }), model)
    const own = counts.get(model.protocol.name) ?? new Map<string, number>()
    const ends = endsOf(graph.kernel.compiled)
    graph.kernel.actions.forEach((action, i) => {
      if (!ends.has(action)) own.set(action, (own.get(action) ?? 0) + (graph.taken[i] ?? 0))
    })
    counts.set(model.protocol.name, own)
  }
  return [...counts].flatMap(([protocol, own]) =>
    [...own].sort(([a], [b]) => (a < b ? -1 : 1)).map(([action, taken]) => ({ protocol, action, taken })),
  )
}

const coverage = (out: Output, options: CheckOptions, project: Project): number => {
  const rows = coverageOf(selectModels(project.modelsFor(options.targets), options.targets, options.tag), options)
  const never = rows.filter((r) => r.taken === 0)
  if (out.json) printJson({ ok: never.length === 0, actions: rows })
  for (const row of columns(rows.map((r) => [r.protocol, r.action, thousands(r.taken)]))) out.line(row)
  for (const { action } of never) out.line(`no model takes ${action}`, 'red')
  return never.length === 0 ? EXIT.ok : EXIT.finding
}

/** Options that were given and say something about models only. */
const modelOptions = ({ engine, tag, coverage, dryRun }: CheckOptions): string[] => [
  ...(engine === 'auto' ? [] : ['--engine']),
  ...(tag === undefined ? [] : ['--tag']),
  ...(coverage === true ? ['--coverage'] : []),
  ...(dryRun === true ? ['--dry-run'] : []),
]

const ignored = (option: string, why: string) =>
  badInput({ code: 'usage', message: `${option} would be ignored: ${why}`, hint: `leave ${option} out` })

/** An option that the engine does not heed is not taken as if it were. */
const refuseIgnored = ({ engine, heap, coverage, dryRun }: CheckOptions): void => {
  if (heap !== undefined && (engine === 'explorer' || engine === 'embedded'))
    throw ignored('--heap', `the ${engine} engine runs no JVM`)
  if (coverage !== true) return
  if (engine !== 'auto' && engine !== 'explorer') throw ignored('--engine', 'the explorer counts what --coverage shows')
  if (heap !== undefined) throw ignored('--heap', 'the explorer counts what --coverage shows')
  if (dryRun === true) throw ignored('--dry-run', '--coverage runs no other program')
}

/** The commands of TLC that would be run. */
const dryRun = async (out: Output, options: CheckOptions, project: Project): Promise<number> => {
  if (options.engine !== 'tlc' && options.engine !== 'auto') {
    throw badInput({ code: 'usage', message: 'only TLC is another program: --dry-run goes with --engine tlc' })
  }
  const commands: { readonly model: string; readonly lines: readonly string[] }[] = []
  for (const model of selectModels(project.modelsFor(options.targets), options.targets, options.tag))
    commands.push({ model: model.name, lines: await dryRunTlc(model, options) })
  if (out.json)
    printJson({ ok: true, commands: commands.map(({ model, lines }) => ({ model, command: lines.at(-1) })) })
  for (const { lines } of commands) for (const line of lines) out.line(line)
  return EXIT.ok
}

const report = (out: Output, { results, conflicts, tlc }: Checked, { engine }: CheckOptions, code: number): void => {
  if (out.json) {
    printJson({ ok: code === EXIT.ok, models: results, disagreements: conflicts })
    return
  }
  if (engine === 'auto' && tlc instanceof LockstepError) out.line(noTlcNote(tlc))
  printResults(out, results, conflicts)
  out.line()
  for (const line of matrixOf(results)) out.line(line)
  out.line(summary(results, code))
}

/** Checks models, or runs litmus tests; returns the exit code. */
export const check = async (out: Output, options: CheckOptions, project: Project): Promise<number> => {
  if (wantsLitmus({ ...options, modelOptions: modelOptions(options) })) return litmus(out, options.targets, options)
  refuseIgnored(options)
  if (options.coverage === true) return coverage(out, options, project)
  if (options.dryRun === true) return dryRun(out, options, project)
  const checked = await runChecks(out, options, project)
  const code = exitOf(checked.results, checked.conflicts)
  report(out, checked, options, code)
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
