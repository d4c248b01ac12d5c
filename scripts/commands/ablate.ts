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
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
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
import { propertyNamed } from '../../impl/lib/protocol/target.ts'
import { writeWhole } from '../node/write.ts'
import { checkOutput } from '../validate/outputs.ts'
import type { Output } from '../ui/output.ts'
import { printJson, seconds } from '../ui/output.ts'
import { withCrew } from '../ablate/workers.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type AblateOptions = OptionsOf<'ablate'>

/** Seconds that one run of TLC on the boundary may take. */
const TLC_TIMEOUT = 1800

const knownProtocol = (name: string, protocols: readonly Protocol[]): Protocol => {
  const protocol = protocols.find((p) => p.name === name)
  if (protocol === undefined) {
    const known = protocols.map((p) => p.name)
    const [candidate] = near(name, known, 1)
    throw badInput({
      code: 'unknown-protocol',
      message: `no protocol is called ${JSON.stringify(name)}`,
      hint: candidate === undefined ? `there are ${known.join(', ')}` : `did you mean ${candidate}?`,
    })
  }
  if (protocol.ablation.length === 0) {
    const others = protocols.filter((p) => p.ablation.length > 0).map((p) => p.name)
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
const designNames = (
  models: readonly Model[],
  protocol: Protocol,
  [base]: readonly Base[],
): ((subset: Subset) => string | undefined) => {
  const names = new Map<Subset, string>()
  const alike = models.filter((m) => m.protocol === protocol && base !== undefined && isLike(m, base))
  for (const model of alike) {
    const subset = subsetOf(model)
    if (!names.has(subset)) names.set(subset, model.design)
  }
  return (subset) => names.get(subset)
}

const violatedIn = (coverage: Coverage, subset: Subset, property: string): boolean | undefined =>
  coverage.rows.get(subset)?.some(({ violated }) => violated.has(property))

const analysed = (protocol: Protocol, cells: readonly Cell[], coverage: Coverage): Map<string, Ablation> => {
  const covered = [...coverage.rows.keys()]
  return new Map(
    cells.map(({ name }) => {
      const holds = (subset: Subset): boolean | undefined => {
        const violated = violatedIn(coverage, subset, name)
        return violated === undefined ? undefined : !violated
      }
      return [name, ablationOf(ablatedToggles(protocol).length, holds, covered)]
    }),
  )
}

/** A counterexample that shows a need. */
interface WantedNeed extends Wanted {
  readonly toggle: number
}

/** The violations that show that a property needs a toggle: the boundary's sets, in all bases. */
const needCandidates = (coverage: Coverage, property: string, ablation: Ablation, toggle: number): WantedNeed[] =>
  edgesFor(ablation, toggle).flatMap(({ violated: subset }) =>
    [...(coverage.rows.get(subset) ?? []).entries()].flatMap(([base, { violated }]) =>
      violated.has(property) ? [{ base, subset, property, toggle }] : [],
    ),
  )

/** For each property and each toggle that it needs the violations that show it. */
const allCandidates = (
  protocol: Protocol,
  coverage: Coverage,
  ablations: ReadonlyMap<string, Ablation>,
): WantedNeed[][] =>
  [...ablations].flatMap(([property, ablation]) =>
    ablatedToggles(protocol).map((_, toggle) => needCandidates(coverage, property, ablation, toggle)),
  )

/** The sets of which the report says that they suffice, in every base. */
const passesOf = (bases: readonly Base[], ablations: ReadonlyMap<string, Ablation>): Wanted[] =>
  [...ablations].flatMap(([property, { minimal, reversals }]) =>
    [...new Set([...minimal, ...reversals.flatMap((r) => r.minimal)])].flatMap((subset) =>
      [...bases.keys()].map((base) => ({ base, subset, property })),
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

const depthIn = (coverage: Coverage, { base, subset, property }: Wanted): number =>
  coverage.rows.get(subset)?.[base]?.depths.get(property) ?? Infinity

/** The shortest counterexample for each need. */
const shortest = (coverage: Coverage, candidates: readonly WantedNeed[][]): WantedNeed[] =>
  candidates.flatMap((own) => {
    const depth = (wanted: Wanted): number => depthIn(coverage, wanted)
    const order = (a: WantedNeed, b: WantedNeed): number =>
      depth(a) - depth(b) || a.base - b.base || bySize(a.subset, b.subset)
    return [...own].sort(order).slice(0, 1)
  })

/** Everything known when the workers are done. */
interface Ablated {
  readonly protocol: Protocol
  readonly bases: readonly Base[]
  readonly cells: readonly Cell[]
  readonly coverage: Coverage
  readonly ablations: ReadonlyMap<string, Ablation>
  readonly needs: readonly { readonly wanted: WantedNeed; readonly cx: Counterexample }[]
  /** by property, the sets that suffice only because nothing that it speaks of occurs */
  readonly silent: ReadonlyMap<string, ReadonlySet<Subset>>
  readonly designOf: (subset: Subset) => string | undefined
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

/** The toggles each of which, switched alone, makes the property hold in this base. */
const preventedBy = (protocol: Protocol, coverage: Coverage, { base, subset, property }: Wanted): string[] =>
  ablatedToggles(protocol).filter(
    (_, i) => coverage.rows.get(switched(subset, i))?.[base]?.violated.has(property) === false,
  )

const titleOf = (protocol: Protocol, base: Base | undefined, subset: Subset): string => {
  const toggles = ablatedToggles(protocol)
  const names = membersOf(subset).map((i) => toggles[i] ?? '')
  return `${nameOf(base)} with ${names.length === 0 ? 'all toggles off' : `only ${names.join(', ')}`}`
}

const counterexampleOf = (
  protocol: Protocol,
  bases: readonly Base[],
  cells: readonly Cell[],
  coverage: Coverage,
  wanted: Wanted,
  behaviour: Behaviour,
): Counterexample => ({
  model: titleOf(protocol, bases[wanted.base], wanted.subset),
  property: wanted.property,
  kind: cells.find(({ name }) => name === wanted.property)?.kind ?? 'invariant',
  behaviour,
  preventedBy: preventedBy(protocol, coverage, wanted),
})

/** What is ablated. */
interface Loaded {
  readonly protocol: Protocol
  readonly models: readonly Model[]
  readonly bases: readonly Base[]
  readonly cells: readonly Cell[]
}

const load = (options: AblateOptions, project: Project): Loaded => {
  const protocol = knownProtocol(options.protocol, project.protocols)
  const models = project.modelsFor([protocol.name])
  const bases = basesOf(protocol, models, options.memory)
  return { protocol, models, bases, cells: cellsOf(bases, options.property) }
}

const runAblation = async (
  out: Output,
  { protocol, models, bases, cells }: Loaded,
  options: AblateOptions,
): Promise<Ablated> => {
  const start = performance.now()
  const toggles = ablatedToggles(protocol)
  const total = subsetCount(toggles.length)
  let wanted: readonly WantedNeed[] = []
  let passes: readonly Wanted[] = []
  const task = {
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
  const candidates = (seen: Coverage): WantedNeed[][] => allCandidates(protocol, seen, analysed(protocol, cells, seen))
  const { coverage, behaviours, vacuous, inTime } = await ablateWithWorkers(task, {
    candidates: (seen) => candidates(seen).flat(),
    wanted: (seen) => (wanted = shortest(seen, candidates(seen))),
    passes: (seen) => (passes = passesOf(bases, analysed(protocol, cells, seen))),
  })
  out.clear()
  const needs = wanted.flatMap((w, i) => {
    const behaviour = behaviours[i]
    if (behaviour === undefined) return []
    return [{ wanted: w, cx: counterexampleOf(protocol, bases, cells, coverage, w, behaviour) }]
  })
  return {
    protocol,
    bases,
    cells,
    coverage,
    ablations: analysed(protocol, cells, coverage),
    needs,
    silent: silentSets(passes, vacuous),
    designOf: designNames(models, protocol, bases),
    complete: coverage.complete && inTime && needs.length === wanted.length && !vacuous.includes(undefined),
    seconds: (performance.now() - start) / 1000,
  }
}

const needOf = ({ protocol }: Ablated, { wanted, cx }: Ablated['needs'][number]): Need => ({
  toggle: wanted.toggle,
  subset: wanted.subset,
  base: wanted.base,
  depth: cx.behaviour.steps.length + 1,
  text: lanes(cx, protocol.docs, {
    toggle: (name) => {
      const i = ablatedToggles(protocol).indexOf(name)
      return i < 0 ? undefined : hasToggle(wanted.subset, i)
    },
  }),
})

/** The value of a constant in the bases, as TLA+ writes it. */
const fixedAt = ([base]: readonly Base[], name: string): string => {
  const value = base?.overrides[name] ?? base?.model.cfg.constants.get(name)
  return value === undefined ? '' : printValue(value)
}

const reportOf = (ablated: Ablated): AblationReport => {
  const { protocol, bases, cells, coverage, ablations, needs, designOf } = ablated
  const toggles = ablatedToggles(protocol)
  return {
    protocol: protocol.name,
    memory: [...new Set(bases.map(({ model }) => model.memory))].join(' and '),
    toggles,
    meanings: toggles.map((name) => protocol.docs.toggles[name]?.on ?? ''),
    barriers: toggles.filter((name) => protocol.barriers[name] !== undefined),
    notAblated: Object.entries(protocol.notAblated).map(([name, why]) => ({ name, value: fixedAt(bases, name), why })),
    bases: bases.map((base) => ({ model: nameOf(base), gloss: glossOf(base) })),
    properties: cells.flatMap(({ name }): AblatedProperty[] => {
      const ablation = ablations.get(name)
      if (ablation === undefined) return []
      const own = needs.filter(({ wanted }) => wanted.property === name).map((need) => needOf(ablated, need))
      const silent = ablated.silent.get(name) ?? new Set()
      return [{ name, meaning: meaningOf(protocol.docs, name), ablation, silent, needs: own }]
    }),
    complete: coverage.complete,
    covered: coverage.rows.size,
    total: subsetCount(toggles.length),
    machines: coverage.machines,
    decided: coverage.decided,
    inferred: coverage.inferred,
    designOf,
  }
}

const exitOf = ({ complete }: Ablated, disagreements: readonly Confirmation[]): number =>
  complete && disagreements.length === 0 ? EXIT.ok : EXIT.environment

type NamesOf = (subset: Subset) => string[]

const coverageJson = ({ coverage }: Ablated, report: AblationReport): unknown => ({
  covered: coverage.rows.size,
  of: report.total,
  tooLarge: coverage.tooLarge,
  machines: coverage.machines,
  states: coverage.states,
  pruning: 'barriers: what holds without one holds with it; equal machines are explored once, without idle steps',
  barriers: report.barriers,
  verdicts: { decided: coverage.decided, inferred: coverage.inferred },
})

const rowsJson = (ablated: Ablated, properties: readonly string[], names: NamesOf): unknown[] =>
  [...ablated.coverage.rows]
    .sort(([a], [b]) => bySize(a, b))
    .map(([subset, row]) => ({
      toggles: names(subset),
      design: ablated.designOf(subset) ?? null,
      violated: properties.filter((name) => row.some(({ violated }) => violated.has(name))),
      models: row.map(({ violated, decided }, i) => ({
        model: nameOf(ablated.bases[i]),
        violated: properties.filter((name) => violated.has(name)),
        inferred: properties.filter((name) => !decided.has(name)),
      })),
    }))

/** What is concluded of each property. */
const conclusionsJson = (
  { coverage, ablations, silent }: Ablated,
  properties: readonly string[],
  names: NamesOf,
  toggles: readonly string[],
) => {
  const byProperty = <V>(value: (ablation: Ablation) => V): Record<string, V> =>
    Object.fromEntries([...ablations].map(([name, ablation]) => [name, value(ablation)]))
  return {
    // what verdicts that are missing might change is not said
    necessary: coverage.complete ? byProperty((ablation) => necessaryNames(toggles, ablation)) : {},
    minimal: byProperty(({ minimal }) => minimal.map(names)),
    vacuous: Object.fromEntries(properties.map((name) => [name, [...(silent.get(name) ?? [])].map(names)])),
    nested: byProperty(({ minimal }) => nested(minimal).map(names)),
    sufficing: byProperty(({ sufficing }) => sufficing),
    notMonotone: byProperty(({ reversals }) =>
      reversals.map((r) => ({
        toggle: toggles[r.toggle],
        holds: names(r.holds),
        violated: names(switched(r.holds, r.toggle)),
        minimalWith: r.minimal.map(names),
      })),
    ),
  }
}

const needJson = (ablated: Ablated, need: Ablated['needs'][number], names: NamesOf): unknown => {
  const { wanted, cx } = need
  return {
    property: wanted.property,
    toggle: ablatedToggles(ablated.protocol)[wanted.toggle],
    toggles: names(wanted.subset),
    design: ablated.designOf(wanted.subset) ?? null,
    model: nameOf(ablated.bases[wanted.base]),
    depth: cx.behaviour.steps.length + 1,
    preventedBy: cx.preventedBy,
    steps: cx.behaviour.steps.map(({ action, thread }) => ({ action, thread: threadName(thread) })),
    text: needOf(ablated, need).text,
  }
}

const json = (
  ablated: Ablated,
  report: AblationReport,
  confirmations: readonly Confirmation[] | undefined,
  code: number,
): unknown => {
  const { protocol, bases, cells, needs, complete } = ablated
  const toggles = ablatedToggles(protocol)
  const names: NamesOf = (subset) => toggles.filter((_, i) => hasToggle(subset, i))
  const properties = cells.map(({ name }) => name)
  return {
    ok: code === EXIT.ok,
    protocol: protocol.name,
    verdict: complete ? 'complete' : 'incomplete',
    memory: report.memory,
    toggles,
    notAblated: protocol.notAblated,
    properties,
    models: bases.map((base) => ({ model: nameOf(base), gloss: glossOf(base) })),
    coverage: coverageJson(ablated, report),
    seconds: Math.round(ablated.seconds * 1000) / 1000,
    rows: rowsJson(ablated, properties, names),
    ...conclusionsJson(ablated, properties, names, toggles),
    counterexamples: needs.map((need) => needJson(ablated, need, names)),
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

const confirmed = async (out: Output, ablated: Ablated, options: AblateOptions): Promise<Confirmation[]> => {
  const toolchain = await findToolchain()
  const run = { timeout: TLC_TIMEOUT, workers: options.workers }
  const { bases, coverage, ablations } = ablated
  const cells = await confirmBoundary(bases, coverage, ablations, toolchain, run, (done, of) => {
    out.progress(`TLC on the boundary: ${done} of ${of} runs`)
  })
  out.clear()
  return cells
}

const disagreementLine = (
  { protocol, bases }: Ablated,
  { property, subset, base, explorer, tlc }: Confirmation,
): string =>
  `engines disagree: ${property} in ${titleOf(protocol, bases[base], subset)}: explorer ${explorer}, TLC ${tlc}`

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
  for (const d of disagreements) out.line(disagreementLine(ablated, d), 'red')
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

/** Ablates a protocol; returns the exit code. */
export const ablate = async (out: Output, options: AblateOptions, project: Project): Promise<number> => {
  const { markdown, confirm } = options
  // what is missing is said before the work
  if (markdown !== undefined) checkOutput(markdown, '--markdown')
  if (confirm === true) await findToolchain()
  const ablated = await runAblation(out, load(options, project), options)
  const report = reportOf(ablated)
  const confirmations = confirm === true && ablated.complete ? await confirmed(out, ablated, options) : undefined
  const disagreements = (confirmations ?? []).filter(({ explorer, tlc }) => explorer !== tlc)
  const code = exitOf(ablated, disagreements)
  if (markdown !== undefined) writePage(markdown, ablated, report)
  if (out.json) printJson(json(ablated, report, confirmations, code))
  print(out, ablated, report, options)
  if (confirmations !== undefined) printConfirmations(out, ablated, confirmations, disagreements)
  return code
}
