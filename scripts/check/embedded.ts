/**
 * The embedded engine: safety cells only. Its verdicts count only once a run over the complete graph has found the
 * number of states that the manifest has: it may have dropped a definition otherwise.
 */

import { readFileSync } from 'node:fs'
import type { EmbeddedAnswer } from '../embedded/engine.ts'
import { flatten } from '../embedded/flatten.ts'
import { runEmbeddedWithin } from '../embedded/run.ts'
import type { Cell, Model } from '../lib/project.ts'
import { isType, specFiles } from '../lib/project.ts'
import { printCfg } from '../../impl/lib/cfg.ts'
import type { EngineFindings, Found } from './result.ts'

/** The specification of a model as one source text. */
export const flatSource = (model: Model): string =>
  flatten(specFiles(model.protocol).map((file) => ({ file, text: readFileSync(file, 'utf8') })))

const types = (model: Model): string[] => model.cfg.invariants.filter(isType)

const verdictOf = (answer: EmbeddedAnswer | 'timeout', wanted: 'violation' | 'deadlock'): Found => {
  if (answer === 'timeout') return { verdict: 'incomplete' }
  if (answer.outcome === 'success') return { verdict: 'holds' }
  return answer.outcome === wanted ? { verdict: 'violated', depth: answer.depth } : { verdict: 'error' }
}

/** Decides the safety cells of a model with the embedded engine, each run within `timeoutMs`. */
export const checkWithEmbedded = async (model: Model, timeoutMs: number): Promise<EngineFindings> => {
  const start = performance.now()
  const source = flatSource(model)
  const safety = model.cells.filter((c) => c.kind !== 'liveness')
  const unchecked = model.cells.filter((c) => c.kind === 'liveness').map((c) => c.name)
  const notes: string[] = []
  const cells = new Map<string, Found>()
  const run = (invariants: readonly string[], allowDeadlock: boolean): Promise<EmbeddedAnswer | 'timeout'> =>
    runEmbeddedWithin(
      {
        source,
        cfg: printCfg(model.cfg, { specification: 'Spec', invariants, properties: [] }),
        // one more than expected is enough to see that something is wrong
        maxStates: model.distinctStates + 1,
        allowDeadlock,
      },
      timeoutMs,
    )
  const holding = safety.filter((c) => c.expected === 'holds')
  const invariants = holding.filter((c) => c.kind === 'invariant').map((c) => c.name)
  const base = await run([...types(model), ...invariants], !holding.some((c) => c.kind === 'deadlock'))
  const complete = base !== 'timeout' && base.outcome === 'success' && base.states === model.distinctStates
  if (complete) {
    for (const { name } of holding) cells.set(name, { verdict: 'holds' })
    for (const cell of safety.filter((c) => c.expected === 'violated')) cells.set(cell.name, await one(cell, run))
  } else {
    notes.push(base === 'timeout' ? `no answer within ${timeoutMs / 1000} s` : whyNotComplete(model, base))
  }
  return {
    engine: 'embedded',
    cells,
    unchecked,
    distinctStates: base === 'timeout' ? null : base.states,
    generatedStates: null,
    depth: null,
    seconds: (performance.now() - start) / 1000,
    notes,
    ...(complete ? {} : { failure: base === 'timeout' ? ('incomplete' as const) : ('error' as const) }),
  }
}

const one = async (
  cell: Cell,
  run: (invariants: readonly string[], allowDeadlock: boolean) => Promise<EmbeddedAnswer | 'timeout'>,
): Promise<Found> =>
  cell.kind === 'deadlock'
    ? verdictOf(await run([], false), 'deadlock')
    : verdictOf(await run([cell.name], true), 'violation')

const whyNotComplete = (model: Model, answer: EmbeddedAnswer): string =>
  answer.outcome === 'success'
    ? `${answer.states} states where the manifest has ${model.distinctStates}: the engine has dropped a definition, so its verdicts do not count`
    : `the run of what should hold ended with ${answer.outcome}: ${answer.message ?? 'no message'}`
