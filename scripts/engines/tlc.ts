/**
 * TLC as an engine. One run builds the complete graph and decides all invariants (witness.ts), and the temporal properties
 * that must hold with them. TLC stops at a violated temporal property and does not name it, so each that must not hold
 * has a run of its own; so has each that turns out otherwise.
 */

import { given } from '../../impl/lib/kernel/given.ts'
import { basename, join } from 'node:path'
import { match } from 'ts-pattern'
import type { CfgSelection } from '../../impl/lib/tla/cfg.ts'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Instances } from '../../impl/lib/kernel/explore/vacuity.ts'
import type { Cell, Model } from '../../impl/lib/protocol/model.ts'
import { isSpecifiedKind, isType, sizeOf } from '../../impl/lib/protocol/model.ts'
import { libraryDirectory } from '../workspace/package.ts'
import type { SpecFile } from '../workspace/spec-files.ts'
import { modelModule, occursFile, occursModule, specFiles, specText } from '../workspace/spec-files.ts'
import { withTempDir } from '../node/tempdir.ts'
import { writeWhole } from '../node/write.ts'
import { writeError } from '../ui/output.ts'
import type { Java } from '../tlc/java.ts'
import { findJava } from '../tlc/java.ts'
import type { Jar } from '../tlc/jar.ts'
import { resolveJar } from '../tlc/jar.ts'
import type { TlcOptions, TlcRun } from '../tlc/run.ts'
import { printCommand } from '../tlc/command.ts'
import { runTlc } from '../tlc/run.ts'
import type { RunOptions } from './options.ts'
import { workersOf } from './options.ts'
import type { EngineFindings, Found } from '../../impl/lib/check/result.ts'
import { withVacuity } from '../../impl/lib/check/result.ts'
import type { Subject } from '../../impl/lib/check/subjects.ts'
import { statedSubjects, vacuityOfMachine } from './occurs.ts'
import { isWitness, violatedWitnesses, WITNESS_MODULE, witnessModule } from './witness.ts'

/** Java and the tools, both checked. */
export interface Toolchain {
  readonly java: Java
  readonly jar: Jar
}

const said = new Set<string>()

/** Something was not as the user has set it, and something else is used: that is not to happen in silence. */
const sayOnce = (note: string): void => {
  if (!said.has(note)) writeError(`lockstep: ${note}\n`)
  said.add(note)
}

/** Finds Java and the jar; what is missing is an environment failure (exit 3) that says what to do. */
export const findToolchain = async (): Promise<Toolchain> => {
  const java = await findJava()
  const jar = await resolveJar()
  for (const note of [...java.notes, ...jar.notes]) sayOnce(note)
  return { java, jar }
}

/** TLC if it can run here, else why not. */
export const tlcIfPresent = async (): Promise<Toolchain | LockstepError> => {
  try {
    return await findToolchain()
  } catch (error) {
    // a jar that the user named is not replaced by another engine
    if (!(error instanceof LockstepError) || error.exit !== 3) throw error
    const isNamed = (process.env['TLA2TOOLS_JAR'] ?? '') !== ''
    if (isNamed && ['no-jar', 'bad-jar'].includes(error.problem.code)) throw error
    return error
  }
}

/**
 * Up to this many states Java had better not optimise: what the optimising compiler does is taken from the run beside it.
 * Liveness makes a state ten times as dear: TLC evaluates the fairness of every thread in it.
 */
const SMALL_STATES = { safety: 200_000, liveness: 5_000 } as const

/** A run of more states than this gets all the workers; smaller ones run side by side. */
const SOLO_STATES = 200_000

/** Everything that a run watches, in one order. */
const formulasOf = ({ watched = [], subjects = [] }: Selected): string[] => [
  ...watched,
  ...subjects.map(({ formula }) => formula),
]

/** One run of TLC on a model: what it checks of it, `Spec` and nothing else if not said. */
interface Selected extends Partial<CfgSelection> {
  readonly checkDeadlock?: boolean
  readonly dump?: string | undefined
  /** files that stand in for the modules of the model */
  readonly modules?: readonly SpecFile[]
  /** invariants that are watched and do not end the run; formulas of the model's module */
  readonly watched?: readonly string[]
  /** what each instance of a property speaks of, watched for a state that has it */
  readonly subjects?: readonly Subject[]
}

const taskOf = (
  model: Model,
  toolchain: Toolchain,
  options: RunOptions,
  selected: Selected,
  directory: string,
): TlcOptions => {
  const watched = formulasOf(selected)
  const own = modelModule(model.protocol)
  const name = watched.length === 0 ? own : WITNESS_MODULE
  const cfgFile = join(directory, `${name}.cfg`)
  const put = (base: string, content: string | Uint8Array): void => {
    writeWhole(join(directory, base), content, { durable: false })
  }
  // TLC looks for the configuration beside the module, so both go to the run's own directory
  for (const file of selected.modules ?? specFiles(model.protocol)) put(basename(file.file), specText(file))
  const { specification = 'Spec', invariants = [], properties = [] } = selected
  const occurs = occursFile(model.protocol)
  const witness = witnessModule(occurs === undefined ? [own] : [own, occursModule(model.protocol)], watched)
  if (watched.length > 0) {
    if (occurs !== undefined) put(basename(occurs.file), specText(occurs))
    put(`${name}.tla`, witness.text)
  }
  put(
    basename(cfgFile),
    printCfg(model.cfg, { specification, invariants: [...invariants, ...witness.invariants], properties }),
  )
  const small = sizeOf(model) <= SMALL_STATES[properties.length > 0 ? 'liveness' : 'safety']
  return {
    ...toolchain,
    specFile: join(directory, `${name}.tla`),
    cfgFile,
    deadlock: selected.checkDeadlock ?? false,
    small,
    workers: sizeOf(model) <= SOLO_STATES ? 1 : workersOf(options),
    timeoutMs: options.timeout * 1000,
    keep: isWitness,
    heapMb: options.heap,
    dump: selected.dump,
  }
}

/** Names of the run's own directory are of no use to anybody: the modules' own places are. */
const placed = (problem: LockstepError, model: Model, selected: Selected): LockstepError => {
  const { file } = problem.problem
  const own = [...(selected.modules ?? specFiles(model.protocol)).map((f) => f.file), model.cfgFile].find(
    (f) => file !== undefined && basename(f) === basename(file),
  )
  const cfg = file?.endsWith('.cfg') === true ? model.cfgFile : own
  return cfg === undefined ? problem : new LockstepError({ ...problem.problem, file: cfg }, problem.exit)
}

/** Runs TLC on part of a model's properties. A run that did not do its work throws (exit 2 or 3). */
export const runSelection = (
  model: Model,
  toolchain: Toolchain,
  options: RunOptions,
  selected: Selected,
): Promise<TlcRun> =>
  withTempDir('model', async (directory) => {
    const run = await runTlc(taskOf(model, toolchain, options, selected, directory))
    if (run.problem !== undefined) throw placed(run.problem, model, selected)
    return run
  })

const STATE_MESSAGE = 2217

/** States of the counterexample; an initial state that violates an invariant is in the finding itself. */
const depthOf = (run: TlcRun): number => Math.max(1, run.trace.filter(({ code }) => code === STATE_MESSAGE).length)

/**
 * What one run can decide: all invariants, and temporal properties and absence of deadlock that are expected to hold.
 * Others among the cells are left out.
 */
const together = (model: Model, cells: readonly Cell[]) => {
  const holds = cells.filter((c) => c.expected !== 'violated')
  const properties = holds.filter((c) => c.kind === 'liveness').map((c) => c.name)
  return {
    specification: properties.length > 0 ? model.cfg.specification : 'Spec',
    invariants: model.cfg.invariants.filter(isType),
    properties,
    watched: cells.filter((c) => c.kind === 'invariant').map((c) => c.name),
    subjects: statedSubjects(model),
    checkDeadlock: holds.some((c) => c.kind === 'deadlock'),
  }
}

/** What a run checks of one cell alone. */
const alone = ({ cfg }: Model, { name, kind }: Cell): Selected =>
  match(kind)
    .with('invariant', () => ({ invariants: [name] }))
    .with('liveness', () => ({ specification: cfg.specification, properties: [name] }))
    .with('deadlock', () => ({ checkDeadlock: true }))
    .with('possibility', () => {
      throw new TypeError(`TLC was asked for ${name}, which it cannot decide`)
    })
    .exhaustive()

const isFinding = ({ outcome }: TlcRun): boolean =>
  outcome === 'violation' || outcome === 'deadlock' || outcome === 'liveness'

const foundBy = (run: TlcRun): Found =>
  isFinding(run) ? { verdict: 'violated', depth: depthOf(run) } : { verdict: 'holds' }

/** Which of the cells of a shared run ended it; TLC names no temporal property, so all of those are suspects. */
const suspects = (run: TlcRun, cells: readonly Cell[]): readonly Cell[] =>
  run.outcome === 'liveness'
    ? cells.filter((c) => c.kind === 'liveness' && c.expected !== 'violated')
    : cells.filter((c) => run.violated.includes(c.name))

/** The instances of each property, and which of them no state of a complete run has anything for. */
const vacuityBy = (reached: ReadonlyMap<string, number>, subjects: readonly Subject[]): Map<string, Instances> => {
  const vacuity = new Map<string, { readonly all: string[]; readonly vacuous: string[] }>()
  for (const { property, instance, formula } of subjects) {
    const own = vacuity.get(property) ?? { all: [], vacuous: [] }
    own.all.push(instance)
    if (!reached.has(formula)) own.vacuous.push(instance)
    vacuity.set(property, own)
  }
  return vacuity
}

/** Options of a check beside those of every run. */
export interface TlcCheckOptions extends RunOptions {
  /** where the complete graph is to be written, if it is wanted */
  readonly dump?: string | undefined
  /** verdicts that TLC found before, of the same files: these cells are not run */
  readonly certified?: ReadonlyMap<string, Found> | undefined
}

/**
 * Runs TLC over the complete graph of a model. A cell that ends the run although it was expected to hold is left for a
 * run of its own, and the others are tried again. What is given back is the run, the cells that it decided, and those left.
 */
const runWhole = async (model: Model, toolchain: Toolchain, { dump, certified, ...options }: TlcCheckOptions) => {
  const wanted = model.cells.filter(({ name, kind }) => isSpecifiedKind(kind) && certified?.has(name) !== true)
  const surprises = new Set<Cell>()
  for (;;) {
    const cells = wanted.filter((c) => !surprises.has(c))
    const selected = together(model, cells)
    const run = await runSelection(model, toolchain, options, { ...selected, dump })
    if (run.outcome === 'success') {
      const reached = violatedWitnesses(formulasOf(selected), run.output)
      const decided = new Map<string, Found>()
      for (const name of selected.watched) {
        const depth = reached.get(name)
        decided.set(name, depth === undefined ? { verdict: 'holds' } : { verdict: 'violated', depth })
      }
      for (const name of selected.properties) decided.set(name, { verdict: 'holds' })
      if (selected.checkDeadlock) decided.set('Deadlock', { verdict: 'holds' })
      const left = wanted.filter((c) => !decided.has(c.name))
      return { run, decided, vacuity: vacuityBy(reached, selected.subjects), left }
    }
    const surprising = suspects(run, cells)
    if (surprising.length === 0) {
      throw environmentFailure({
        code: 'model-broken',
        message: `${run.violated.join(', ') || run.outcome}: the model itself is wrong`,
      })
    }
    for (const cell of surprising) surprises.add(cell)
  }
}

/** Decides every cell of a model with TLC. `complete` is the run that built its complete graph, if there was one. */
export const checkWithTlc = async (model: Model, toolchain: Toolchain, options: TlcCheckOptions) => {
  const start = performance.now()
  const cells = new Map<string, Found>(options.certified ?? [])
  const notes: string[] = []
  let complete: TlcRun | undefined
  try {
    const whole = await runWhole(model, toolchain, options)
    complete = whole.run
    for (const [name, found] of whole.decided) cells.set(name, found)
    for (const cell of whole.left)
      cells.set(cell.name, foundBy(await runSelection(model, toolchain, options, alone(model, cell))))
    for (const [name, instances] of [...whole.vacuity, ...vacuityOfMachine(model, options)]) {
      const found = cells.get(name)
      if (found !== undefined) cells.set(name, withVacuity(found, instances))
    }
  } catch (error) {
    // bad input is the user's to mend; everything else is what this engine says of the model
    if (!(error instanceof LockstepError) || error.exit === 2) throw error
    const { code, message, hint } = error.problem
    notes.push(`${message}${hint === undefined ? '' : `; ${hint}`}`)
    const stopped = ['tlc-timeout', 'tlc-killed', 'tlc-out-of-memory'].includes(code)
    for (const { name, kind } of model.cells)
      if (isSpecifiedKind(kind) && !cells.has(name)) cells.set(name, { verdict: stopped ? 'incomplete' : 'error' })
  }
  const unchecked = model.cells.filter(({ kind }) => !isSpecifiedKind(kind)).map(({ name }) => name)
  const findings: EngineFindings = {
    engine: 'tlc',
    cells,
    distinctStates: complete?.distinctStates ?? null,
    generatedStates: complete?.statesGenerated ?? null,
    depth: complete?.depth ?? null,
    seconds: (performance.now() - start) / 1000,
    notes,
    ...(unchecked.length === 0 ? {} : { unchecked }),
    ...given({ certified: options.certified && [...options.certified.keys()] }),
  }
  return { findings, complete }
}

/** The commands that `checkWithTlc` would run, for `sh` in the directory of the specification. */
export const dryRunTlc = async (model: Model, options: RunOptions): Promise<string[]> => {
  return [
    `# ${model.name}: the configuration as it is; check splits its properties over several runs`,
    printCommand({
      ...(await findToolchain()),
      specFile: join(model.protocol.home.spec, `${modelModule(model.protocol)}.tla`),
      cfgFile: model.cfgFile,
      deadlock: true,
      small: false,
      workers: workersOf(options),
      libraryPath: [libraryDirectory()],
    }),
  ]
}
