/** `lockstep ablate`: every subset of a protocol's toggles; which are needed for which property. */

import type { Ablation, Subset } from '../../impl/lib/ablate/subsets.ts'
import {
  ablationOf,
  bySize,
  edgesFor,
  hasToggle,
  membersOf,
  MOST_TOGGLES,
  nested,
  subsetCount,
  switched,
} from '../../impl/lib/ablate/subsets.ts'
import type { Behaviour, Counterexample } from '../../impl/lib/behaviour/counterexample.ts'
import { threadName } from '../../impl/lib/kernel/language/machine.ts'
import { badInput, environmentFailure, EXIT } from '../../impl/lib/kernel/error.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import type { AblatedProperty, AblationReport, Need } from '../../impl/lib/report/ablation.ts'
import { ablationMarkdown, ablationText, coverageLine, necessaryNames } from '../../impl/lib/report/ablation.ts'
import { meaningOf } from '../../impl/lib/protocol/docs.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { printValue } from '../../impl/lib/kernel/language/print-value.ts'
import type { Base } from '../../impl/lib/ablate/bases.ts'
import { ablatedToggles, basesOf, cellsOfBases, isLike, subsetOf } from '../../impl/lib/ablate/bases.ts'
import type { Confirmation } from '../ablate/confirm.ts'
import { confirmBoundary } from '../ablate/confirm.ts'
import type { Coverage, Wanted } from '../../impl/lib/ablate/run.ts'
import { ablateWithWorkers } from '../../impl/lib/ablate/run.ts'
import { workersOf } from '../engines/options.ts'
import { findToolchain } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Cell, Model } from '../../impl/lib/protocol/model.ts'
import { near } from '../../impl/lib/text/near.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import { propertyNamed } from '../../impl/lib/protocol/target.ts'
import { writeWhole } from '../node/write.ts'
import { checkOutput } from '../validate/outputs.ts'
import type { Output } from '../ui/output.ts'
import { printJson, seconds } from '../ui/output.ts'
import { examine } from '../engines/examine.ts'
import { workspaceOf } from '../workspace/project.ts'
import { withCrew } from '../ablate/workers.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type AblateOptions = OptionsOf<'ablate'>

/** Seconds that one run of TLC on the boundary may take. */
const TLC_TIMEOUT = 1800

const knownProtocol = (name: string, project: Project): HousedProtocol => {
  const protocol = project.named(name)
  const protocols = [...project.protocols, ...project.builtin]
  if (protocol === undefined) {
    const known = protocols.map((p) => p.name)
    const [candidate] = near(name, known, 1)
    throw badInput({
      code: 'unknown-protocol',
      message: `no protocol is called ${JSON.stringify(name)}`,
      hint: candidate === undefined ? `there are ${known.join(', ')}` : `did you mean ${candidate}?`,
    })
  }
  if (protocol.toggles.length === 0 || (protocol.ablation.length === 0 && protocol.models === undefined)) {
    const others = protocols.filter((p) => p.toggles.length > 0).map((p) => p.name)
    throw badInput({
      code: 'no-toggles',
      message: `${name} has no toggles to switch`,
      hint: `lockstep ablate ${others.join(' or ')}`,
    })
  }
  if (protocol.toggles.length > MOST_TOGGLES) {
    throw badInput({ code: 'too-many-toggles', message: `${name} has more than ${MOST_TOGGLES} toggles` })
  }
  return protocol
}

/** The properties asked for, in the order of the models; without any all. */
const cellsOf = (bases: readonly Base[], wanted: readonly string[] | undefined): readonly Cell[] => {
  const cells = cellsOfBases(bases)
  if (wanted === undefined) return cells
  const known = cells.map(({ name }) => name)
  const names = wanted.map((name) => propertyNamed(name, known, bases[0]?.model.protocol.name ?? ''))
  return cells.filter(({ name }) => names.includes(name))
}

/** The first design of the manifest that has these toggles; what else its model has (sizes, the world) does not count. */
const designNames = (models: readonly Model[], [base]: readonly Base[]): ((subset: Subset) => string | undefined) => {
  const alike = models.filter((m) => base !== undefined && isLike(m, base))
  // of several the first is the last that is put in
  const names = new Map(alike.map((model) => [subsetOf(model), model.design] as const).reverse())
  return (subset) => names.get(subset)
}

/** What is ablated. */
const load = (out: Output, options: AblateOptions, project: Project) => {
  const { memory } = options
  if (memory === 'all' || options.suggest === true)
    throw badInput({
      code: 'usage',
      message: `${options.suggest === true ? '--suggest' : '--memory all'} is for C files, and ${options.protocol} is a protocol`,
      hint: 'leave it out; a protocol is ablated under one memory model',
    })
  const protocol = knownProtocol(options.protocol, project)
  const models = project.modelsFor([protocol.name])
  examine(out, project, models)
  const bases = basesOf(protocol, models, memory)
  const cells = cellsOf(bases, options.property)
  return { protocol, toggles: ablatedToggles(protocol), bases, cells, designOf: designNames(models, bases) }
}

type Loaded = ReturnType<typeof load>

/** By property. */
type Ablations = ReadonlyMap<string, Ablation>

const analysed = ({ toggles, cells }: Loaded, { rows }: Coverage): Ablations => {
  const holds = (name: string) => (subset: Subset) => rows.get(subset)?.every(({ violated }) => !violated.has(name))
  return new Map(cells.map(({ name }) => [name, ablationOf(toggles.length, holds(name), [...rows.keys()])]))
}

/** A counterexample that shows a need. */
interface WantedNeed extends Wanted {
  readonly toggle: number
}

/** For each property and each toggle that it needs the violations that show it: the boundary's sets, in all bases. */
const needCandidates = ({ toggles }: Loaded, { rows }: Coverage, ablations: Ablations): WantedNeed[][] =>
  [...ablations].flatMap(([property, ablation]) =>
    toggles.map((_, toggle) =>
      edgesFor(ablation, toggle).flatMap(({ violated: subset }) =>
        (rows.get(subset) ?? []).flatMap(({ violated }, base) =>
          violated.has(property) ? [{ base, subset, property, toggle }] : [],
        ),
      ),
    ),
  )

/** The sets of which the report says that they suffice, in every base. */
const passesOf = ({ bases }: Loaded, ablations: Ablations): Wanted[] =>
  [...ablations].flatMap(([property, { minimal, reversals }]) =>
    [...new Set([...minimal, ...reversals.flatMap((r) => r.minimal)])].flatMap((subset) =>
      bases.map((_, base) => ({ base, subset, property })),
    ),
  )

/**
 * Sets that suffice because nothing that the property speaks of occurs in any base, by property.
 *
 * @param vacuous of each pass whether it says nothing; undefined where that was not decided: then nothing is said of its set
 */
export const silentSets = (
  passes: readonly Wanted[],
  vacuous: readonly (boolean | undefined)[],
): Map<string, Set<Subset>> => {
  const isOther = (_: Wanted, i: number): boolean => vacuous[i] !== true
  const others = new Set(passes.filter(isOther).map((p) => `${p.property} ${p.subset}`))
  const silent = new Map<string, Set<Subset>>()
  for (const { property, subset } of passes) {
    if (others.has(`${property} ${subset}`)) continue
    silent.set(property, (silent.get(property) ?? new Set()).add(subset))
  }
  return silent
}

/** The shortest counterexample for each need. */
const shortest = ({ rows }: Coverage, candidates: readonly WantedNeed[][]): WantedNeed[] => {
  const depth = ({ base, subset, property }: Wanted): number =>
    rows.get(subset)?.[base]?.depths.get(property) ?? Infinity
  const order = (a: WantedNeed, b: WantedNeed): number =>
    depth(a) - depth(b) || a.base - b.base || bySize(a.subset, b.subset)
  return candidates.flatMap((own) => [...own].sort(order).slice(0, 1))
}

/** A need, what shows it, and how that is shown. */
type ShownNeed = Need & WantedNeed & { readonly cx: Counterexample }

/** Everything known when the workers are done. */
interface Ablated extends Loaded {
  readonly coverage: Coverage
  readonly ablations: Ablations
  readonly needs: readonly ShownNeed[]
  /** by property, the sets that suffice only because nothing that it speaks of occurs */
  readonly silent: ReadonlyMap<string, ReadonlySet<Subset>>
  /** all subsets, and every counterexample and every look for vacuity that goes with them */
  readonly complete: boolean
  readonly seconds: number
}

const nameOf = (base: Base | undefined): string => base?.model.name ?? ''

/** What a base can show, and how it differs from its model's cfg. */
const glossOf = ({ gloss, overrides }: Base): string => {
  const own = Object.entries(overrides).map(([name, value]) => `${name} = ${printValue(value)}`)
  return own.length === 0 ? gloss : `${gloss} (with ${own.join(', ')})`
}

const titleOf = ({ toggles, bases }: Loaded, { base, subset }: Pick<Wanted, 'base' | 'subset'>): string => {
  const names = membersOf(subset).map((i) => toggles[i] ?? '')
  return `${nameOf(bases[base])} with ${names.length === 0 ? 'all toggles off' : `only ${names.join(', ')}`}`
}

/** The behaviour that shows a need as a counterexample, and that as lanes. */
const needOf = (loaded: Loaded, { rows }: Coverage, wanted: WantedNeed, behaviour: Behaviour): ShownNeed => {
  const { protocol, toggles, cells } = loaded
  const { base, subset, property } = wanted
  const cx: Counterexample = {
    model: titleOf(loaded, wanted),
    property,
    kind: cells.find(({ name }) => name === property)?.kind ?? 'invariant',
    behaviour,
    // the toggles each of which, switched alone, makes the property hold in this base
    preventedBy: toggles.filter((_, i) => rows.get(switched(subset, i))?.[base]?.violated.has(property) === false),
  }
  const text = lanes(cx, protocol.docs, {
    toggle: (name) => {
      const i = toggles.indexOf(name)
      return i < 0 ? undefined : hasToggle(subset, i)
    },
  })
  return { ...wanted, cx, depth: behaviour.steps.length + 1, text }
}

const runAblation = async (out: Output, loaded: Loaded, options: AblateOptions, project: Project): Promise<Ablated> => {
  const { protocol, toggles, bases, cells } = loaded
  const start = performance.now()
  const total = subsetCount(toggles.length)
  let wanted: readonly WantedNeed[] = []
  let passes: readonly Wanted[] = []
  const task = {
    workspace: workspaceOf(project, protocol),
    protocol: protocol.name,
    toggles,
    barriers: protocol.barriers,
    bases,
    properties: cells.map(({ name }) => name),
    workers: workersOf(options),
    crew: withCrew,
    deadline: start + options.timeout * 1000,
    onProgress: (covered: number, machines: number) => {
      out.progress(`${covered} of ${total} subsets, ${machines} machines explored`)
    },
  }
  const candidates = (seen: Coverage): WantedNeed[][] => needCandidates(loaded, seen, analysed(loaded, seen))
  const { coverage, behaviours, vacuous, inTime } = await ablateWithWorkers(task, {
    candidates: (seen) => candidates(seen).flat(),
    wanted: (seen) => (wanted = shortest(seen, candidates(seen))),
    passes: (seen) => (passes = passesOf(loaded, analysed(loaded, seen))),
  })
  out.clear()
  const needs = wanted.flatMap((w, i) => {
    const behaviour = behaviours[i]
    return behaviour === undefined ? [] : [needOf(loaded, coverage, w, behaviour)]
  })
  return {
    ...loaded,
    coverage,
    ablations: analysed(loaded, coverage),
    needs,
    silent: silentSets(passes, vacuous),
    complete: coverage.complete && inTime && needs.length === wanted.length && !vacuous.includes(undefined),
    seconds: (performance.now() - start) / 1000,
  }
}

/** The value of a constant in the bases, as TLA+ writes it. */
const fixedAt = ([base]: readonly Base[], name: string): string => {
  const value = base?.overrides[name] ?? base?.model.cfg.constants.get(name)
  return value === undefined ? '' : printValue(value)
}

const reportOf = ({
  protocol,
  toggles,
  bases,
  coverage,
  ablations,
  needs,
  silent,
  designOf,
}: Ablated): AblationReport => ({
  protocol: protocol.name,
  memory: [...new Set(bases.map(({ model }) => model.memory))].join(' and '),
  toggles,
  meanings: toggles.map((name) => protocol.docs.toggles[name]?.on ?? ''),
  barriers: toggles.filter((name) => protocol.barriers[name] !== undefined),
  notAblated: Object.entries(protocol.notAblated).map(([name, why]) => ({ name, value: fixedAt(bases, name), why })),
  bases: bases.map((base) => ({ model: nameOf(base), gloss: glossOf(base) })),
  properties: [...ablations].map(([name, ablation]) => ({
    name,
    meaning: meaningOf(protocol.docs, name),
    ablation,
    silent: silent.get(name) ?? new Set(),
    needs: needs.filter(({ property }) => property === name),
  })),
  complete: coverage.complete,
  covered: coverage.rows.size,
  total: subsetCount(toggles.length),
  machines: coverage.machines,
  decided: coverage.decided,
  inferred: coverage.inferred,
  designOf,
})

type NamesOf = (subset: Subset) => string[]

const coverageJson = ({ tooLarge, states }: Coverage, report: AblationReport): unknown => ({
  covered: report.covered,
  of: report.total,
  tooLarge,
  machines: report.machines,
  states,
  pruning: 'barriers: what holds without one holds with it; equal machines are explored once, without idle steps',
  barriers: report.barriers,
  verdicts: { decided: report.decided, inferred: report.inferred },
})

const rowsJson = ({ coverage, bases, designOf }: Ablated, properties: readonly string[], names: NamesOf): unknown[] =>
  [...coverage.rows]
    .sort(([a], [b]) => bySize(a, b))
    .map(([subset, row]) => ({
      toggles: names(subset),
      design: designOf(subset) ?? null,
      violated: properties.filter((name) => row.some(({ violated }) => violated.has(name))),
      models: row.map(({ violated, decided }, i) => ({
        model: nameOf(bases[i]),
        violated: properties.filter((name) => violated.has(name)),
        inferred: properties.filter((name) => !decided.has(name)),
      })),
    }))

/** What is concluded of each property. */
const conclusionsJson = ({ toggles, complete, properties }: AblationReport, names: NamesOf) => {
  const byProperty = <V>(value: (property: AblatedProperty) => V): Record<string, V> =>
    Object.fromEntries(properties.map((property) => [property.name, value(property)]))
  return {
    // what verdicts that are missing might change is not said
    necessary: complete ? byProperty(({ ablation }) => necessaryNames(toggles, ablation)) : {},
    minimal: byProperty(({ ablation }) => ablation.minimal.map(names)),
    vacuous: byProperty(({ silent }) => [...silent].map(names)),
    nested: byProperty(({ ablation }) => nested(ablation.minimal).map(names)),
    sufficing: byProperty(({ ablation }) => ablation.sufficing),
    notMonotone: byProperty(({ ablation }) =>
      ablation.reversals.map((r) => ({
        toggle: toggles[r.toggle],
        holds: names(r.holds),
        violated: names(switched(r.holds, r.toggle)),
        minimalWith: r.minimal.map(names),
      })),
    ),
  }
}

const json = (
  ablated: Ablated,
  report: AblationReport,
  confirmations: readonly Confirmation[] | undefined,
  code: number,
): unknown => {
  const { protocol, toggles, bases, cells, coverage, needs, designOf } = ablated
  const names: NamesOf = (subset) => toggles.filter((_, i) => hasToggle(subset, i))
  const properties = cells.map(({ name }) => name)
  return {
    ok: code === EXIT.ok,
    protocol: protocol.name,
    verdict: ablated.complete ? 'complete' : 'incomplete',
    memory: report.memory,
    toggles,
    notAblated: protocol.notAblated,
    properties,
    models: report.bases,
    coverage: coverageJson(coverage, report),
    seconds: Math.round(ablated.seconds * 1000) / 1000,
    rows: rowsJson(ablated, properties, names),
    ...conclusionsJson(report, names),
    counterexamples: needs.map(({ property, toggle, subset, base, depth, cx, text }) => ({
      property,
      toggle: toggles[toggle],
      toggles: names(subset),
      design: designOf(subset) ?? null,
      model: nameOf(bases[base]),
      depth,
      preventedBy: cx.preventedBy,
      steps: cx.behaviour.steps.map(({ action, thread }) => ({ action, thread: threadName(thread) })),
      text,
    })),
    // not there if TLC was not asked
    confirmed: confirmations?.map(({ property, subset, base, explorer, tlc }) => ({
      property,
      toggles: names(subset),
      model: nameOf(bases[base]),
      explorer,
      tlc,
    })),
  }
}

const confirmed = async (
  out: Output,
  { bases, coverage, ablations }: Ablated,
  options: AblateOptions,
): Promise<Confirmation[]> => {
  const toolchain = await findToolchain()
  const run = { timeout: TLC_TIMEOUT, workers: options.workers }
  const cells = await confirmBoundary(bases, coverage, ablations, toolchain, run, (done, of) => {
    out.progress(`TLC on the boundary: ${done} of ${of} runs`)
  })
  out.clear()
  return cells
}

const print = (out: Output, ablated: Ablated, report: AblationReport, options: AblateOptions): void => {
  for (const line of ablationText(report)) out.line(line)
  if (options.explain === true)
    for (const { needs } of report.properties) for (const { text } of needs) out.line(`\n${text}`)
  const { tooLarge, complete } = ablated.coverage
  out.line()
  out.line(`${coverageLine(report)}, ${seconds(ablated.seconds)}`)
  if (tooLarge > 0) out.line(`${tooLarge} graphs were too large and are not covered`, 'red')
  if (!complete) out.line(`Not covered is not a pass: give it more time with --timeout`, 'red')
  else if (!ablated.complete) out.line(`No time was left for all counterexamples: --timeout`, 'red')
}

const printConfirmations = (
  out: Output,
  ablated: Ablated,
  confirmations: readonly Confirmation[],
  disagreements: readonly Confirmation[],
): void => {
  const agreed = confirmations.length - disagreements.length
  out.line(`TLC confirms ${agreed} of ${confirmations.length} verdicts on the boundary`)
  for (const d of disagreements) {
    const where = `${d.property} in ${titleOf(ablated, d)}`
    out.line(`engines disagree: ${where}: explorer ${d.explorer}, TLC ${d.tlc}`, 'red')
  }
}

/** The page, of an ablation that is complete only. */
const writePage = (file: string, { complete }: Ablated, report: AblationReport): void => {
  if (!complete)
    throw environmentFailure({
      code: 'incomplete',
      message: `${coverageLine(report)}: ${file} is not written`,
      hint: 'give it more time with --timeout',
    })
  writeWhole(file, ablationMarkdown(report))
}

/** Ablates a protocol, or a C file; returns the exit code. */
export const ablate = async (out: Output, options: AblateOptions, project: Project): Promise<number> => {
  if (cFileIn(options.protocol) !== undefined) return (await import('../c/ablate.ts')).ablateC(out, options)
  const { markdown, confirm } = options
  // what is missing is said before the work
  if (markdown !== undefined) checkOutput(markdown, '--markdown')
  if (confirm === true) await findToolchain()
  const ablated = await runAblation(out, load(out, options, project), options, project)
  const report = reportOf(ablated)
  const confirmations = confirm === true && ablated.complete ? await confirmed(out, ablated, options) : undefined
  const disagreements = (confirmations ?? []).filter(({ explorer, tlc }) => explorer !== tlc)
  const code = ablated.complete && disagreements.length === 0 ? EXIT.ok : EXIT.environment
  if (markdown !== undefined) writePage(markdown, ablated, report)
  if (out.json) printJson(json(ablated, report, confirmations, code))
  print(out, ablated, report, options)
  if (confirmations !== undefined) printConfirmations(out, ablated, confirmations, disagreements)
  return code
}
