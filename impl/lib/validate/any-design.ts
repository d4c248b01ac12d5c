/** Which designs of a protocol allow a log: who is asked, and what their answers come to. */

import { badInput, LockstepError } from '../kernel/error.ts'
import { COMMIT } from '../kernel/memory/memory.ts'
import type { DesignVerdict, Validation } from './result.ts'
import type { Model } from '../protocol/model.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { unknownActionHint } from '../protocol/unknown-action.ts'
import { protocolOf, selectModels } from '../protocol/target.ts'

/** Models of one design and one memory model, the usual size first. */
export type Sizes = readonly Model[]

/**
 * The designs of a protocol, or one of them, or a glob, each with each of its memory models: all of them, also those that
 * the main job leaves out, since a design that is not asked might be the one that allows the log.
 */
export const designsOf = (models: readonly Model[], target: string): Sizes[] => {
  const sizes = new Map<string, Model[]>()
  protocolOf(models, target)
  for (const model of selectModels(models, [target], 'full')) {
    const key = `${model.design}.${model.memory}`
    sizes.set(key, [...(sizes.get(key) ?? []), model])
  }
  // the usual size has the shortest name
  return [...sizes.values()].map((own) => own.sort((a, b) => a.stem.length - b.stem.length))
}

/**
 * Refuses steps that no design of the protocol has; one that some of them have concerns those.
 * @throws LockstepError (exit 2) `unknown-action`
 */
export const checkUnlogged = (
  names: readonly string[],
  [sizes]: readonly Sizes[],
  protocols: readonly Protocol[],
): void => {
  const protocol = sizes?.[0]?.protocol
  if (protocol === undefined) return
  const known = [...Object.keys(protocol.docs.actions), COMMIT]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw badInput({
    code: 'unknown-action',
    message: `--unlogged: no design of ${protocol.name} has an action ${JSON.stringify(unknown)}`,
    hint: unknownActionHint(unknown, known, { protocol, protocols }, 'option'),
  })
}

/** What of a log a model does not have, in words; undefined if that is not what is wrong. */
const foreign = (error: unknown): string | undefined => {
  if (!(error instanceof LockstepError) || error.problem.code !== 'not-of-the-model') return undefined
  const { line, message } = error.problem
  return line === undefined ? message : `line ${line}: ${message}`
}

/** A result without events. */
export const bare = (
  of: Pick<Validation, 'model' | 'file' | 'order'>,
  verdict: 'rejected' | 'incomplete',
  note: string,
): Validation => ({
  ok: false,
  ...of,
  accepted: false,
  verdict,
  events: 0,
  explained: 0,
  unmapped: 0,
  gaps: 0,
  seconds: 0,
  divergence: null,
  notes: [note],
})

/**
 * Asks every design. One that lacks an action or a thread of the log does not allow it; it may be one that only a larger
 * model of the design has. A log that none allows is held against the larger models too: it may be one of more rounds than
 * the usual size has. Once the signal came nobody is asked, and those that were not are told as undecided.
 * @throws LockstepError (exit 2) if no design has what the log names, or the log is no log
 */
export const askAll = async (
  designs: readonly Sizes[],
  of: Pick<Validation, 'file' | 'order'>,
  signal: AbortSignal,
  ask: (model: Model) => Promise<Validation>,
): Promise<Validation[]> => {
  const results: Validation[] = []
  const refusals: unknown[] = []
  const untried: Model[][] = []
  const askOne = async (model: Model): Promise<Validation> => {
    // a machine takes a while to compile: a signal is heard between two
    await new Promise((resolve) => setImmediate(resolve))
    if (signal.aborted) return bare({ ...of, model: model.name }, 'incomplete', 'not asked: a signal came before')
    return ask(model)
  }
  for (const sizes of designs) {
    const rest = [...sizes]
    let lacking: { readonly error: unknown; readonly result: Validation } | undefined
    let result: Validation | undefined
    for (let model = rest.shift(); model !== undefined; model = rest.shift()) {
      try {
        result = await askOne(model)
        break
      } catch (error) {
        const problem = foreign(error)
        if (problem === undefined) throw error
        lacking ??= { error, result: bare({ ...of, model: model.name }, 'rejected', problem) }
      }
    }
    if (result === undefined && lacking !== undefined) refusals.push(lacking.error)
    const said = result ?? lacking?.result
    if (said !== undefined) {
      results.push(said)
      untried.push(rest)
    }
  }
  // what none of the designs has is no finding about any of them
  if (refusals.length > 0 && refusals.length === designs.length) throw refusals[0]
  if (results.some(({ accepted }) => accepted)) return results
  for (const [i, larger] of untried.entries()) {
    for (const model of larger) {
      try {
        const result = await askOne(model)
        if (result.verdict === 'rejected') continue
        results[i] = result
        if (result.accepted) break
      } catch (error) {
        // it lacks something that the usual size has
        if (foreign(error) === undefined) throw error
      }
    }
  }
  return results
}

const verdictOf = ({ model, verdict, divergence, accepted, notes }: Validation): DesignVerdict => {
  const why = accepted || divergence !== null ? undefined : notes[0]
  return { model, verdict, line: divergence?.line ?? null, ...(why === undefined ? {} : { why }) }
}

/** The answer of all designs of a protocol about one log: one that allows it is enough. */
export const oneAnswer = (protocol: string, results: readonly Validation[]): Validation => {
  // two engines that do not agree are a fault of ours, whatever the other designs say
  const doubt = results.find(({ oracle }) => oracle?.agrees === false)
  const explains = (v: Validation): number => (v.divergence === null ? -1 : v.explained)
  const [nearest] = [...results].sort((a, b) => explains(b) - explains(a))
  const shown =
    doubt ??
    results.find(({ ok, accepted }) => ok && accepted) ??
    results.find(({ verdict, ok }) => verdict === 'incomplete' || (verdict === 'accepted' && !ok)) ??
    nearest
  if (shown === undefined) throw new RangeError('a protocol has a design')
  const { divergence, model } = shown
  return {
    ...shown,
    model: protocol,
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
    notes: [
      ...(divergence === null ? [] : [`told of ${model}, which explains the most of it; no design allows the log`]),
      ...shown.notes,
    ],
    designs: results.map(verdictOf),
  }
}
