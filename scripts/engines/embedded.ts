/**
 * The embedded engine: safety cells only. Its verdicts count only once a run over the complete graph has found the
 * number of states that the manifest has: it may have dropped a definition otherwise.
 */

import type { EmbeddedAnswer } from '../embedded/engine.ts'
import type { Flat } from '../embedded/flatten.ts'
import { flatten } from '../embedded/flatten.ts'
import { runEmbeddedWithin } from '../embedded/run.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { isSafety, isType } from '../../impl/lib/protocol/model.ts'
import { occursFile, specFiles, specText } from '../workspace/spec-files.ts'
import { graphOf, requireComplete } from '../../impl/lib/check/explorer.ts'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import type { EngineFindings, Found } from '../../impl/lib/check/result.ts'
import { withVacuity } from '../../impl/lib/check/result.ts'
import { statedSubjects, vacuityOfMachine } from './occurs.ts'

/** The specification of a model as one source text. */
export const flatSource = (model: Model): Flat =>
  flatten(
    [...specFiles(model.protocol), ...[occursFile(model.protocol)].filter((file) => file !== undefined)].map(
      (file) => ({
        file: file.file,
        text: specText(file),
      }),
    ),
  )

/** The instances that are expected to say nothing, each as an invariant that it says nothing; `whole`: all of its property's are. */
const silentOf = (model: Model) => {
  const subjects = statedSubjects(model)
  const cells = new Map(model.cells.filter((c) => isSafety(c.kind)).map((cell) => [cell.name, cell]))
  return subjects
    .filter(({ property, instance }) => cells.get(property)?.vacuous.includes(instance) === true)
    .map(({ property, formula }, i) => {
      const own = subjects.filter((s) => s.property === property)
      const name = `LockstepSilent${i + 1}`
      const whole = own.length === cells.get(property)?.vacuous.length
      return { property, name, definition: `${name} == ${formula}`, whole }
    })
}

/** An invariant that always holds: where none is named, tla-checker takes the definitions whose names begin with Inv for some. */
const NOTHING = 'LockstepNothing'

/** A module with more definitions at its end. */
const withDefinitions = (module: string, definitions: readonly string[]): string =>
  module.replace(/\n={4,}\s*$/, (end) => `\n${definitions.join('\n')}${end}`)

const verdictOf = (answer: EmbeddedAnswer | 'timeout', wanted: 'violation' | 'deadlock'): Found => {
  if (answer === 'timeout') return { verdict: 'incomplete' }
  if (answer.outcome === 'success') return { verdict: 'holds' }
  return answer.outcome === wanted ? { verdict: 'violated', depth: answer.depth } : { verdict: 'error' }
}

/** Decides the safety cells of a model with the embedded engine, each run within `timeoutMs`. */
export const checkWithEmbedded = async (model: Model, timeoutMs: number): Promise<EngineFindings> => {
  const start = performance.now()
  const silent = silentOf(model)
  const flat = flatSource(model)
  const source = withDefinitions(flat.text, [`${NOTHING} == TRUE`, ...silent.map(({ definition }) => definition)])
  // a run over the complete graph is known by its states: the manifest has counted them, or the explorer does now
  const states = model.counts?.distinctStates ?? countedNow(model, timeoutMs)
  const safety = model.cells.filter((c) => isSafety(c.kind))
  const cells = new Map<string, Found>()
  const run = (invariants: readonly string[], allowDeadlock: boolean): Promise<EmbeddedAnswer | 'timeout'> =>
    runEmbeddedWithin(
      {
        source,
        cfg: printCfg(model.cfg, { specification: 'Spec', invariants: [NOTHING, ...invariants], properties: [] }),
        // one more than expected is enough to see that something is wrong
        maxStates: states + 1,
        allowDeadlock,
      },
      timeoutMs,
    )
  const holding = safety.filter((c) => c.expected !== 'violated')
  const invariants = holding.filter((c) => c.kind === 'invariant').map((c) => c.name)
  const base = await run(
    [...model.cfg.invariants.filter(isType), ...invariants, ...silent.map(({ name }) => name)],
    !holding.some((c) => c.kind === 'deadlock'),
  )
  const complete = base !== 'timeout' && base.outcome === 'success' && base.states === states
  if (complete) {
    // that another instance does say something the base run cannot show
    const isSilent = (property: string): boolean => silent.some((s) => s.property === property && s.whole)
    for (const { name } of holding) cells.set(name, { verdict: isSilent(name) ? 'vacuous' : 'holds' })
    for (const { name, kind } of safety.filter((c) => c.expected === 'violated')) {
      const isDeadlock = kind === 'deadlock'
      const answer = await run(isDeadlock ? [] : [name], !isDeadlock)
      cells.set(name, verdictOf(answer, isDeadlock ? 'deadlock' : 'violation'))
    }
    for (const [name, instances] of vacuityOfMachine(model, { timeout: timeoutMs / 1000 })) {
      const found = cells.get(name)
      if (found !== undefined) cells.set(name, withVacuity(found, instances))
    }
  }
  return {
    engine: 'embedded',
    cells,
    unchecked: model.cells.filter((c) => !isSafety(c.kind)).map((c) => c.name),
    distinctStates: base === 'timeout' ? null : base.states,
    generatedStates: null,
    depth: null,
    seconds: (performance.now() - start) / 1000,
    ...(complete ? { notes: flat.unread.map(asTheEngineReadsIt) } : failed(states, base, timeoutMs)),
  }
}

/** What a verdict rests on where the engine was given a module that we could not put into parentheses for it. */
const asTheEngineReadsIt = (unread: string): string =>
  `${unread}; the module is as the engine reads it, which knows other precedences than TLA+: TLC is the authority`

/** How many states the machine has: a specification that is proven equal has as many. */
const countedNow = (model: Model, timeoutMs: number): number =>
  requireComplete(graphOf(model, { edges: false, invariants: false, until: performance.now() + timeoutMs }), model)
    .count

/** Why the base run is none over the complete graph. */
const failed = (states: number, base: EmbeddedAnswer | 'timeout', timeoutMs: number) => {
  if (base === 'timeout') return { notes: [`no answer within ${timeoutMs / 1000} s`], failure: 'incomplete' as const }
  const why =
    base.outcome === 'success'
      ? `${base.states} states where ${states} were expected: the engine has dropped a definition, so its verdicts do not count`
      : `the run of what should hold ended with ${base.outcome}: ${base.message ?? 'no message'}`
  return { notes: [why], failure: 'error' as const }
}
