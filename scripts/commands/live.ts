/** `lockstep live`: a protocol's programs on real threads, with and without the barrier, and the model as judge. */

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { badInput, EXIT } from '../../impl/lib/kernel/error.ts'
import { validationLines } from '../../impl/lib/report/validation/text.ts'
import { roundText } from '../../impl/lib/live/log.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import type { LiveDesign, LiveScenario } from '../../impl/lib/protocol/live-scenario.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { CellVerdict, Model } from '../../impl/lib/protocol/model.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import { near } from '../../impl/lib/text/near.ts'
import { prepareLogs, writeLogs } from '../live/logs.ts'
import type { Judged, LiveResult } from '../live/run.ts'
import { playLive } from '../live/run.ts'
import type { LiveVerdict } from '../live/verdict.ts'
import { outcomeOf, requireTwoCores, roundsIn, verdictText } from '../live/verdict.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type LiveOptions = OptionsOf<'live'>

/** One design to be played. */
interface Planned extends LiveDesign {
  readonly scenario: LiveScenario
  readonly model: Model
  /** may a round end in what the scenario counts, as the manifest has it under TSO? */
  readonly expected: CellVerdict
}

interface Variant extends Planned {
  readonly result: LiveResult
  readonly outcome: LiveVerdict
  /** files that were written */
  readonly logs: readonly string[]
}

/** The designs of a protocol that can be run live. */
const plannedOf = (protocol: HousedProtocol, project: Project): Planned[] =>
  (protocol.live ?? []).flatMap((scenario) =>
    scenario.designs.map((design): Planned => {
      const models = project.modelsOf(protocol)
      const model = models.find((m) => m.design === design.design && m.memory === 'tso')
      const expected = model?.cells.find(({ name }) => name === scenario.property)?.expected
      if (model !== undefined && expected !== undefined) return { ...design, scenario, model, expected }
      throw badInput({
        code: 'bad-live',
        message: `${protocol.name}: what it runs live is judged by ${scenario.property} of ${design.design} under TSO, and there is no such model, or it expects no verdict`,
        file: protocol.home.entry,
        hint: 'declare the model, with a verdict for the property',
      })
    }),
  )

const plan = (target: string, project: Project): Planned[] => {
  const planned = [...project.protocols, ...project.builtin].flatMap((protocol) => plannedOf(protocol, project))
  const found = planned.filter(
    ({ model: { protocol }, design }) => target === protocol.name || target === `${protocol.name}/${design}`,
  )
  if (found.length > 0) return found
  const known = [...new Set(planned.flatMap((p) => [p.model.protocol.name, `${p.model.protocol.name}/${p.design}`]))]
  const candidates = near(target, known)
  throw badInput({
    code: 'unknown-target',
    message: `nothing that can be run live is called ${JSON.stringify(target)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : `there are ${known.join(', ')}`,
  })
}

const exitOf = (variants: readonly Variant[]): number => {
  const outcomes = variants.map(({ outcome }) => outcome)
  if (outcomes.includes('forbidden') || outcomes.includes('unexplained')) return EXIT.finding
  const isUnseen = variants.some(({ outcome, scenario }) => outcome === 'not-seen' && scenario.control === true)
  return isUnseen || outcomes.includes('undecided') || outcomes.includes('not-played') ? EXIT.environment : EXIT.ok
}

/** What there is to say of a design, in a word or two. */
const textOf = ({ outcome, result, scenario }: Variant): string =>
  outcome === 'not-seen' && scenario.control === true
    ? 'NOT SEEN: this run shows nothing'
    : verdictText(outcome, result.lost)

const figures = ({ rounds, lost, seconds, kinds }: LiveResult) => ({
  rounds,
  lost,
  sampled: roundsIn(kinds),
  accepted: roundsIn(kinds.filter(({ tso }) => tso.accepted)),
  acceptedUnderSc: roundsIn(kinds.filter(({ sc }) => sc.accepted)),
  lostNeedingTso: roundsIn(kinds.filter(({ lost: l, tso, sc }) => l && tso.accepted && !sc.accepted)),
  kinds: kinds.length,
  seconds,
})

/** The most frequent kind of round that lost an event, and every kind that the model cannot explain. */
const remarkable = ({ result: { kinds } }: Variant): Judged[] => {
  const sorted = [...kinds].sort((a, b) => b.count - a.count)
  const unexplained = sorted.filter(({ tso }) => !tso.accepted)
  return unexplained.length > 0 ? unexplained : sorted.filter(({ lost }) => lost).slice(0, 1)
}

/** What the model cannot explain goes first; `kinds` has those that violated the property at its beginning. */
const mostTelling = (kinds: readonly Judged[]): Judged[] =>
  [...kinds].sort((a, b) => Number(a.tso.accepted) - Number(b.tso.accepted))

const kindText = ({ scenario, model, result: { compiled } }: Variant, kind: Judged): string[] => {
  const what = kind.lost ? `that ${scenario.counted}` : 'that the model cannot explain'
  const models = kind.tso.accepted
    ? `  TSO explains it${kind.sc.accepted ? ', and so does SC' : '; sequential consistency cannot'}.`
    : `  TSO ${kind.tso.verdict === 'rejected' ? 'cannot explain it' : 'is undecided'}:`
  return [
    `A round of ${model.protocol.name}/${model.design} ${what} (one of ${thousands(kind.count)} alike):`,
    ...roundText(compiled, kind.observation),
    models,
    ...(kind.tso.accepted ? [] : validationLines(kind.tso)),
  ]
}

/** As litmus7 prints it. */
const observation = ({ model, result: { rounds, lost } }: Variant): string => {
  const how = lost === 0 ? 'Never' : lost === rounds ? 'Always' : 'Sometimes'
  return `Observation ${model.design} ${how} ${lost} ${rounds - lost}`
}

const rowOf = (variant: Variant): string[] => {
  const { rounds, lost, sampled, accepted, acceptedUnderSc } = figures(variant.result)
  return [
    variant.design,
    variant.barrier ? 'yes' : 'no',
    thousands(rounds),
    thousands(lost),
    sampled === 0 ? 'none' : accepted === sampled ? 'all' : `${thousands(accepted)} of ${thousands(sampled)}`,
    sampled === 0 ? 'none' : acceptedUnderSc === sampled ? 'all' : `all but ${thousands(sampled - acceptedUnderSc)}`,
    textOf(variant),
  ]
}

const printRounds = (out: Output, variants: readonly Variant[]): void => {
  for (const variant of variants) {
    for (const kind of remarkable(variant)) {
      out.line()
      for (const line of kindText(variant, kind)) out.line(line)
    }
  }
}

/** Of litmus tests only what cannot be explained is shown: the observations say the rest. */
const printObservations = (out: Output, variants: readonly Variant[]): void => {
  out.line()
  for (const variant of variants) out.line(observation(variant))
  for (const variant of variants.filter(({ outcome }) => outcome === 'unexplained'))
    for (const kind of remarkable(variant)) for (const line of kindText(variant, kind)) out.line(line)
}

const print = (out: Output, variants: readonly Variant[], options: LiveOptions): void => {
  const [first] = variants
  const head = ['design', 'barrier', 'rounds', first?.scenario.counted ?? '', 'TSO explains', 'SC explains', '']
  out.clear()
  for (const line of columns([head, ...variants.map(rowOf)])) out.line(line)
  if (first?.model.protocol.name === 'litmus') printObservations(out, variants)
  else printRounds(out, variants)
  const seconds = variants.reduce((sum, { result }) => sum + result.seconds, 0)
  out.line()
  for (const { model, design, logs } of variants) {
    if (logs.length === 0 || options.logs === undefined) continue
    const count = `${logs.length} log${logs.length === 1 ? '' : 's'}`
    out.line(`${count}: lockstep validate ${model.name} ${join(options.logs, `${design}.*.ndjson`)}`)
  }
  out.line(`2 threads, ${options.interpreter} programs, seed ${options.seed}, ${seconds.toFixed(1)} s of rounds`)
}

const json = (protocol: string, variants: readonly Variant[], options: LiveOptions, code: number): unknown => ({
  ok: code === EXIT.ok,
  protocol,
  rounds: Math.min(...variants.map(({ result }) => result.rounds)),
  interpreter: options.interpreter,
  seed: options.seed,
  variants: variants.map((variant) => ({
    design: variant.design,
    model: variant.model.name,
    barrier: variant.barrier,
    property: variant.scenario.property,
    expected: variant.expected,
    outcome: variant.outcome,
    ...figures(variant.result),
    // not there without the option
    logs: options.logs === undefined ? undefined : variant.logs,
    shown: remarkable(variant).map((kind) => ({
      count: kind.count,
      lost: kind.lost,
      explained: { tso: kind.tso.accepted, sc: kind.sc.accepted },
      log: roundText(variant.result.compiled, kind.observation),
    })),
  })),
})

const playAll = async (
  out: Output,
  planned: readonly Planned[],
  options: LiveOptions,
  project: Project,
): Promise<Variant[]> => {
  const variants: Variant[] = []
  for (const next of planned) {
    const result = await playLive(next.model, next.scenario, project, {
      ...options,
      sample: options.sample ?? Infinity,
      onProgress: (rounds, lost) => {
        out.progress(`${next.design}: ${thousands(rounds)} rounds, ${thousands(lost)} ${next.scenario.counted}`)
      },
    })
    const logs = options.logs === undefined ? [] : writeLogs(options.logs, mostTelling(result.kinds))
    variants.push({ ...next, result, outcome: outcomeOf(next, result), logs })
  }
  out.clear()
  return variants
}

/** An option that nobody here heeds is not taken as if somebody did. */
const refuseForC = ({ memory, define, include, slots, maxStates }: LiveOptions): void => {
  const named = Object.entries({ memory, D: define, I: include, slots, 'max-states': maxStates })
  const given = named.find(([, value]) => value !== undefined)
  if (given === undefined) return
  const [name] = given
  throw badInput({
    code: 'usage',
    message: `${name.length === 1 ? `-${name}` : `--${name}`} is for C files: a protocol says itself what is played`,
    hint: 'leave it out',
  })
}

/** Plays the designs one after the other; returns the exit code. */
export const live = async (
  out: Output,
  options: LiveOptions,
  project: Project,
  cores: number = availableParallelism(),
): Promise<number> => {
  if (cFileIn(options.target) !== undefined) return (await import('./live-c.ts')).liveC(out, options, project, cores)
  refuseForC(options)
  const planned = plan(options.target, project)
  requireTwoCores(cores)
  if (options.logs !== undefined) prepareLogs(options.logs)
  const variants = await playAll(out, planned, options, project)
  const code = exitOf(variants)
  if (out.json) printJson(json(planned[0]?.model.protocol.name ?? '', variants, options, code))
  else print(out, variants, options)
  return code
}
