/** What TLC says of a C file, of its specification: a second opinion beside the explorer's. */

import { resultOf } from '../../impl/lib/c/protocol/findings.ts'
import type { EngineFindings, ModelResult } from '../../impl/lib/check/result.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import type { RunOptions } from '../engines/options.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { checkWithTlc } from '../engines/tlc.ts'
import type { OpenedC } from '../c/open.ts'
import { specifiedC } from '../c/specification.ts'

/** What TLC stops at where a variable has pointers and integers: fairness makes it compare two states. */
const MIXED = 'Attempted to check equality of'

/** Temporal properties, by runs of their own: what TLC cannot evaluate there is no news of the invariants. */
const liveness = async (model: Model, toolchain: Toolchain, options: RunOptions): Promise<EngineFindings> => {
  const names = model.cells.map(({ name }) => name)
  const notCompared = (findings: EngineFindings): EngineFindings => ({
    ...findings,
    cells: new Map(),
    unchecked: names,
    notes: [],
  })
  const { findings } = await checkWithTlc(model, toolchain, options).catch((error: unknown) => {
    if (!(error instanceof LockstepError) || !error.problem.message.includes(MIXED)) throw error
    return { findings: { ...NOTHING, notes: [error.problem.message] } }
  })
  return findings.notes.some((note) => note.includes(MIXED)) ? notCompared(findings) : findings
}

const NOTHING: EngineFindings = {
  engine: 'tlc',
  cells: new Map(),
  distinctStates: null,
  generatedStates: null,
  depth: null,
  seconds: 0,
  notes: [],
}

const both = (safety: EngineFindings, live: EngineFindings): EngineFindings => ({
  ...safety,
  cells: new Map([...safety.cells, ...live.cells]),
  unchecked: [...(safety.unchecked ?? []), ...(live.unchecked ?? [])],
  seconds: safety.seconds + live.seconds,
  notes: [...safety.notes, ...live.notes],
})

/**
 * TLC's opinion on a C file's model. What the explorer has found says only which properties are run together: TLC ends a run at the
 * first that is violated.
 * @throws LockstepError (exit 2) where there is no specification of it
 */
export const tlcOn = async (
  model: Model,
  opened: OpenedC,
  toolchain: Toolchain,
  { explored, ...options }: RunOptions & { readonly explored: ModelResult },
): Promise<ModelResult> => {
  const specified = specifiedC(opened, model)
  const guess = new Map(explored.properties.map(({ name, verdict }) => [name, verdict]))
  const guided: Model = {
    ...specified,
    cells: specified.cells.map((cell) => ({
      ...cell,
      expected: guess.get(cell.name) === 'violated' ? 'violated' : 'holds',
    })),
  }
  const temporal = guided.cells.filter(({ kind }) => kind === 'liveness')
  const others = { ...guided, cells: guided.cells.filter((cell) => !temporal.includes(cell)) }
  const { findings } = await checkWithTlc(others, toolchain, options)
  const found =
    temporal.length === 0
      ? findings
      : both(findings, await liveness({ ...guided, cells: temporal }, toolchain, options))
  opened.files.assertUnchanged()
  return resultOf(specified, found)
}
