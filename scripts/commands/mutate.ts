/** `lockstep mutate`: weakens and breaks machines one change at a time, and says what notices each change. */

import { badInput, environmentFailure, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Generated, Judged, Mutant, MutantKind, Side } from '../../impl/lib/mutate/mutant.ts'
import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { examine } from '../engines/examine.ts'
import { workersOf } from '../engines/options.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { tlcIfPresent } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { sizeOf } from '../../impl/lib/protocol/model.ts'
import { near } from '../../impl/lib/text/near.ts'
import type { Argument, FaultOf } from '../mutate/argued.ts'
import {
  isArgued,
  isRefused,
  keepSeeds,
  loadArguments,
  sharedArguments,
  staleSeeds,
  withArguments,
} from '../mutate/argued.ts'
import { changedFiles, protocolsOf } from '../mutate/changed.ts'
import type { Part } from '../mutate/report.ts'
import { jsonOf, report } from '../mutate/report.ts'
import type { CrewOptions, ModelsOf } from '../mutate/run.ts'
import { Case, holdSeeds, judgeMachine, LATE, searchSeeds } from '../mutate/run.ts'
import { judgeSpec, specMutants } from '../mutate/spec-run.ts'
import { faultNamed, findTypeScript, machineMutants, sampled, TypeCheck } from '../mutate/sources.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'
import type { Project, SharedWorkspace } from '../../impl/lib/protocol/project.ts'
import { given } from '../../impl/lib/kernel/given.ts'
import { workspaceOf } from '../workspace/project.ts'
import { isSpecified } from '../workspace/spec-files.ts'
import { SetAside } from '../workspace/set-aside.ts'

/** Options of the command, and what is drawn every day. */
export interface MutateOptions extends OptionsOf<'mutate'> {
  /** at most so many weakenings of each side and kind; all if not given */
  readonly weakenings?: number
  /** seconds for all protocols together; as long as it takes if not given */
  readonly budget?: number
}

/** What `--changed` compares with where nothing else is said. */
const HEAD = 'HEAD'

const NONE: Generated = { mutants: [], same: 0 }

/** What the everyday run draws, so that it takes three minutes at most: all of a protocol take a quarter of an hour and more. */
const EVERYDAY = { sample: 20, weakenings: 16, budget: 150 } as const

/** `--changed` is for every day: unless all is asked for, it draws some of the mutants, and says so. */
export const withEverydaySample = (options: MutateOptions): MutateOptions =>
  options.changed === true && options.sample === undefined && options.tag === 'fast'
    ? { ...options, ...EVERYDAY }
    : options

const known = (name: string, { protocols, builtin, workspace }: Project): HousedProtocol => {
  const protocol = protocols.find((p) => p.name === name)
  if (protocol !== undefined) return protocol
  if (builtin.some((ours) => ours.name === name))
    throw badInput({
      code: 'not-of-the-workspace',
      message: `${name} is Lockstep’s own, and in a workspace its own protocols are mutated`,
      ...given({ file: workspace?.config }),
      hint: 'start it in a checkout of Lockstep, in a directory that is in no workspace',
    })
  const candidates = near(
    name,
    protocols.map((p) => p.name),
  )
  throw badInput({
    code: 'unknown-target',
    message: `no protocol is called ${JSON.stringify(name)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : '`lockstep list` shows them all',
  })
}

const chosen = (options: MutateOptions, project: Project): readonly HousedProtocol[] => {
  const asked = options.protocol === undefined ? project.protocols : [known(options.protocol, project)]
  return options.changed === true ? protocolsOf(changedFiles(options.base ?? HEAD), asked) : asked
}

/** A survivor, or one whose machine ends in an error, may be no program at all. */
const typed = (judged: readonly Judged[], types: () => TypeCheck): Judged[] =>
  judged.map((j) => {
    const suspicious = j.fate === 'survived' || j.killedBy.some(({ name }) => name.includes(' error: '))
    if (j.mutant.side === 'spec' || j.mutant.kind !== 'fault' || !suspicious) return j
    const error = types().errorOf(j.mutant)
    return error === undefined ? j : { ...j, fate: 'refused', killedBy: [], reason: `type error: ${error}` }
  })

/** What a run needs. */
interface Means {
  readonly out: Output
  readonly options: MutateOptions
  readonly modelsOf: ModelsOf
  readonly ts: TypeScript
  readonly types: () => TypeCheck
  /** where a protocol is found again by worker threads */
  readonly workspaceFor: (protocol: HousedProtocol) => SharedWorkspace | undefined
  /** TLC, or why the side of the specification is left out */
  readonly tlc: Toolchain | string
}

/** What is asked of one protocol. */
interface Asked extends Means {
  readonly protocol: HousedProtocol
  readonly workspace: SharedWorkspace | undefined
  /** the faults that are made of its machine, and how those in the file are found */
  readonly faults: readonly Mutant[]
  readonly faultOf: FaultOf
  /** when no new question is asked, a time of performance.now(); all are asked if there is none */
  readonly until: number | undefined
}

const kindsOf = ({ kind }: MutateOptions): readonly MutantKind[] => (kind === undefined ? MUTANT_KINDS : [kind])

const isOfSpec = ({ file }: { readonly file: string }): boolean => file.endsWith('.tla')

/** Weakenings that no design has noticed, on machines with a fault. */
const searchFaults = async (asked: Asked, cases: readonly Case[], crew: CrewOptions): Promise<void> => {
  const { protocol, options, faults, modelsOf } = asked
  const { argued, seeded } = loadArguments(protocol, options.arguments)
  const unexplained = cases.filter(({ mutant }) => !isArgued(argued, mutant))
  const models = modelsOf.get(protocol.name)?.usual ?? []
  const found = await searchSeeds(protocol.name, unexplained, faults, models, options.searchStates, crew)
  const again = new Set(found.map(({ mutant }) => mutant.id))
  const kept = seeded.filter(
    ({ mutant }) =>
      !again.has(mutant.id) &&
      (isOfSpec(mutant) || !kindsOf(options).includes(mutant.kind) || cases.some((c) => c.mutant.id === mutant.id)),
  )
  if (found.length > 0) keepSeeds(protocol, argued, [...kept, ...found])
}

/** The machine's side: the faults on record first, then the models, then a search for faults if that is asked for. */
const judgeMachineSide = async (asked: Asked, cases: readonly Case[], crew: CrewOptions): Promise<void> => {
  const { protocol, options, faultOf, modelsOf } = asked
  const { seeded } = loadArguments(protocol, options.arguments)
  await holdSeeds(protocol.name, cases, faultOf, seeded, crew)
  await judgeMachine(protocol.name, cases, modelsOf, crew)
  if (options.search === true) await searchFaults(asked, cases, crew)
}

const judgeSpecSide = async (
  { protocol, options, faultOf, modelsOf, until, ts }: Asked,
  cases: readonly Case[],
  toolchain: Toolchain,
  onProgress: CrewOptions['onProgress'],
): Promise<void> => {
  // read now: the search has written what it found
  const { seeded } = loadArguments(protocol, options.arguments)
  const { usual = [], larger = [] } = modelsOf.get(protocol.name) ?? {}
  await judgeSpec(protocol, cases, usual, {
    toolchain,
    // of each run of TLC, as it begins
    get timeout() {
      return until === undefined ? options.timeout : Math.max(1, (until - performance.now()) / 1000)
    },
    workers: workersOf(options),
    until,
    larger,
    onProgress,
    ts,
    seeds: seeded,
    faultOf,
  })
}

const judged = async (asked: Asked, mutants: readonly Mutant[]): Promise<readonly Judged[]> => {
  const { out, options, tlc, until } = asked
  const cases = mutants.map((mutant) => new Case(mutant))
  const of = (side: Side): Case[] => cases.filter(({ mutant }) => mutant.side === side)
  const onProgress =
    (side: Side): CrewOptions['onProgress'] =>
    (done, total, alive) => {
      out.progress(`${asked.protocol.name}, ${side}: ${done} of ${total} done, ${alive} mutants nobody noticed yet`)
    }
  const toolchain = typeof tlc === 'string' || of('spec').length === 0 ? undefined : tlc
  const now = performance.now()
  const left = (until ?? Infinity) - now
  await judgeMachineSide(asked, of('machine'), {
    workers: workersOf(options),
    limit: options.timeout * 1000,
    // each side has half of the time, and the second what the first leaves
    until: now + (toolchain === undefined ? left : left / 2),
    all: options.all ?? false,
    workspace: asked.workspace,
    onProgress: onProgress('machine'),
  })
  if (toolchain !== undefined) await judgeSpecSide(asked, of('spec'), toolchain, onProgress('spec'))
  out.clear()
  return typed(
    cases.map((c) => c.judged()),
    asked.types,
  )
}

const runProtocol = async (means: Means, protocol: HousedProtocol, until: number | undefined): Promise<Part> => {
  const { ts, options, modelsOf, tlc } = means
  const start = performance.now()
  const kinds = kindsOf(options)
  const models = modelsOf.get(protocol.name)?.usual ?? []
  const machine = options.side === 'spec' ? NONE : machineMutants(ts, protocol, kinds)
  const specKinds = protocol.home.builtin ? kinds : kinds.filter((kind) => kind !== 'fairness')
  const hasNoSpec = options.side === 'both' && !isSpecified(protocol)
  const spec =
    options.side === 'machine' || typeof tlc === 'string' || hasNoSpec ? NONE : specMutants(protocol, models, specKinds)
  const all = [...machine.mutants, ...spec.mutants]
  const mutants = sampled(all, options)
  const { argued, seeded } = loadArguments(protocol, options.arguments)
  const sides = new Set(mutants.map(({ side }) => side))
  const wasRun = ({ file, kind }: Pick<Argument, 'file' | 'kind'>): boolean =>
    sides.has(isOfSpec({ file }) ? 'spec' : 'machine') &&
    (isOfSpec({ file }) ? specKinds : kinds).includes(kind) &&
    (kind === 'fault' ? options.sample : options.weakenings) === undefined
  const faults = machineMutants(ts, protocol, ['fault']).mutants
  const faultOf: FaultOf = (change) => faultNamed(ts, protocol, faults, change)
  const asked = await judged(
    { ...means, protocol, workspace: means.workspaceFor(protocol), faults, faultOf, until },
    mutants,
  )
  // what there was no time for was not asked: it is counted, and is no verdict
  const found = asked.filter(({ reason }) => reason !== LATE)
  const shared = sharedArguments(protocol).filter((a) => !isRefused(a, found))
  const explained = withArguments(found, [...argued, ...shared], wasRun)
  const gone = staleSeeds(seeded, mutants, faultOf, wasRun)
  return {
    protocol: protocol.name,
    judged: explained.judged,
    // what `--search` has just written needs no judgement
    stale: options.search === true ? explained.stale : [...explained.stale, ...gone],
    same: machine.same + spec.same,
    notDrawn: all.length - mutants.length,
    notDecided: asked.length - found.length,
    seconds: (performance.now() - start) / 1000,
  }
}

const exitOf = (parts: readonly Part[], skipped: boolean): number => {
  const fates = parts.flatMap((part) => part.judged.map(({ fate }) => fate))
  if (fates.includes('survived') || parts.some(({ stale }) => stale.length > 0)) return EXIT.finding
  // what was drawn and all left undecided says nothing
  const silent = parts.some(({ judged: of, notDecided }) => of.length === 0 && notDecided > 0)
  return skipped || silent || fates.includes('incomplete') ? EXIT.environment : EXIT.ok
}

const toolsFor = async ({ side }: MutateOptions): Promise<Toolchain | string> => {
  if (side === 'machine') return 'not asked for'
  const tlc = await tlcIfPresent()
  if (!(tlc instanceof LockstepError)) return tlc
  if (side === 'spec') throw tlc
  return tlc.message
}

const sumOf = (models: readonly Model[]): number => models.reduce((sum, model) => sum + sizeOf(model), 0)

/** Smallest protocols first: most faults of what is shared end there. */
const modelsBySize = ({ tag }: MutateOptions, models: readonly Model[]): ModelsOf => {
  const isUsual = (m: Model): boolean => tag === 'full' || m.tags.includes('fast')
  return new Map(
    [...new Set(models.map(({ protocol }) => protocol))]
      .map((protocol) => {
        const own = models.filter((m) => m.protocol === protocol)
        return [protocol.name, { usual: own.filter(isUsual), larger: own.filter((m) => !isUsual(m)) }] as const
      })
      .sort(([, a], [, b]) => sumOf(a.usual) - sumOf(b.usual)),
  )
}

const drawnWhat = ({ weakenings }: MutateOptions): string =>
  weakenings === undefined ? 'faults' : 'faults and weakenings'

/** Ours name the steps that are fair, and TLC is asked about these; those of others may be fair in any words. */
const NO_FAIRNESS =
  'the fairness of a specification is not weakened in a workspace: that can be asked of the machine only'

/** What is left out of the specification's side, and why. */
const skippedOf = ({ options, tlc }: Means, models: readonly Model[]): string | undefined => {
  if (options.side === 'both' && typeof tlc === 'string') return tlc
  const bare = [...new Set(models.map(({ protocol }) => protocol))].filter((protocol) => !isSpecified(protocol))
  if (options.side === 'both' && bare.length > 0)
    return `there is no specification of ${bare.map(({ name }) => name).join(', ')}; \`--side machine\` asks for no more`
  const isLive = ({ protocol, cells }: Model): boolean =>
    !protocol.home.builtin && isSpecified(protocol) && cells.some(({ kind }) => kind === 'liveness')
  return options.side !== 'machine' && options.kind === undefined && models.some(isLive) ? NO_FAIRNESS : undefined
}

/** An option that would not be heeded is not taken as if it were. */
const refuseIgnored = ({ base, changed, side, kind }: MutateOptions, { workspace }: Project): void => {
  if (workspace !== undefined && side === 'spec' && kind === 'fairness')
    throw badInput({
      code: 'not-in-a-workspace',
      message: NO_FAIRNESS,
      file: workspace.config,
      hint: 'add --side machine',
    })
  if (changed === true && workspace !== undefined)
    throw badInput({
      code: 'usage',
      message: '--changed asks git what was changed of Lockstep’s own protocols, and the command is in a workspace',
      file: workspace.config,
      hint: 'name the protocol, and leave --changed out; --sample draws some of the faults',
    })
  if (base === undefined || changed === true) return
  throw badInput({
    code: 'usage',
    message: '--base would be ignored: it is what --changed compares with',
    hint: 'add --changed, or leave --base out',
  })
}

const load = async (
  out: Output,
  options: MutateOptions,
  project: Project,
  models: readonly Model[],
): Promise<Means> => {
  const ts = await findTypeScript()
  if (ts === undefined)
    throw environmentFailure({
      code: 'no-typescript',
      message: 'mutate needs the package typescript, which is not installed',
      hint: 'it is a command for checkouts: clone the repository and run `npm ci` in it',
    })
  const tlc = await toolsFor(options)
  let checker: TypeCheck | undefined
  const types = (): TypeCheck => (checker ??= new TypeCheck(ts, project.workspace?.root))
  const workspaceFor = (protocol: HousedProtocol) => workspaceOf(project, protocol)
  return { out, options, ts, tlc, types, workspaceFor, modelsOf: modelsBySize(options, models) }
}

/** One protocol after the other, each with its share of the time; what came of it is printed as it is known. */
const runAll = async (means: Means, protocols: readonly HousedProtocol[]): Promise<Part[]> => {
  const parts: Part[] = []
  const begin = performance.now()
  for (const [i, protocol] of protocols.entries()) {
    const share = ((means.options.budget ?? Infinity) * 1000 * (i + 1)) / protocols.length
    const part = await runProtocol(means, protocol, share === Infinity ? undefined : begin + share)
    parts.push(part)
    for (const { text, style } of report(part)) means.out.line(text, style)
  }
  return parts
}

/** Runs mutants; returns the exit code. */
export const mutate = async (out: Output, asked: MutateOptions, project: Project): Promise<number> => {
  const options = withEverydaySample(asked)
  refuseIgnored(options, project)
  const meant = chosen(options, project)
  const aside = new SetAside()
  if (options.protocol === undefined) for (const { name, error } of project.broken) aside.add(name, error)
  // ours share machinery: who breaks it has the models of all against him
  const read = project.workspace === undefined ? project.protocols : meant
  const models = read.flatMap((protocol) => aside.attempt(protocol, () => project.modelsOf(protocol)) ?? [])
  const sound = examine(out, project, models, aside)
  const means = await load(out, options, project, sound)
  const protocols = meant.filter(({ name }) => !aside.names.includes(name))
  const parts = await runAll(means, protocols)
  const skipped = skippedOf(means, sound)
  const code = aside.exitOf(exitOf(parts, skipped !== undefined))
  if (out.json) printJson(jsonOf(parts, code === EXIT.ok, { ...options, skipped, broken: aside.json }))
  else aside.report()
  if (protocols.length === 0) out.line(`no protocol was changed since ${options.base ?? HEAD}: nothing was run`)
  if (skipped !== undefined) out.line(`skipped, of the specification's side: ${skipped}`, 'red')
  if (options.sample !== undefined) out.line(`${drawnWhat(options)} were drawn with --seed ${options.seed}`)
  return code
}
