/** The designs of a protocol: which of them allow a log, who is asked, what their answers come to, and what one has and another lacks. */

import { given } from '../kernel/given.ts'
import { badInput, LockstepError } from '../kernel/error.ts'
import { compile } from '../kernel/machine/compile.ts'
import { assemble } from '../kernel/machine/tables.ts'
import { COMMIT } from '../kernel/memory/memory.ts'
import type { DesignVerdict, Validation } from './result.ts'
import { resultText } from './returns.ts'
import type { Elsewhere } from './subject.ts'
import type { Model } from '../protocol/model.ts'
import { machineOf } from '../protocol/model.ts'
import type { Project } from '../protocol/project.ts'
import { actionsOf } from '../protocol/actions.ts'
import type { HousedProtocol } from '../protocol/protocol.ts'
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
export const checkUnlogged = (names: readonly string[], [sizes]: readonly Sizes[], project: Project): void => {
  const protocol = sizes?.[0]?.protocol
  if (protocol === undefined) return
  const known = [...new Set([...actionsOf(protocol, project), COMMIT])]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw badInput({
    code: 'unknown-action',
    message: `--unlogged: no design of ${protocol.name} has an action ${JSON.stringify(unknown)}`,
    hint: unknownActionHint(unknown, known, { protocol, project }, 'option'),
  })
}

/** Does a log name what the model does not have? */
export const isForeign = (error: unknown): error is LockstepError =>
  error instanceof LockstepError && error.problem.code === 'not-of-the-model'

const foreignText = ({ problem: { line, message } }: LockstepError): string =>
  line === undefined ? message : `line ${line}: ${message}`

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

type Ask = (model: Model) => Promise<Validation>

/** What one design says: its usual size, or the next that has what the log names. */
interface Answered {
  readonly result: Validation
  /** of a design none of whose models has what the log names: why */
  readonly refusal?: LockstepError
  /** larger models that were not asked */
  readonly untried: readonly Model[]
}

const answerOf = async (
  sizes: Sizes,
  of: Pick<Validation, 'file' | 'order'>,
  ask: Ask,
): Promise<Answered | undefined> => {
  let lacking: Answered | undefined
  for (const [i, model] of sizes.entries()) {
    try {
      return { result: await ask(model), untried: sizes.slice(i + 1) }
    } catch (error) {
      if (!isForeign(error)) throw error
      const result = bare({ ...of, model: model.name }, 'rejected', foreignText(error))
      lacking ??= { result, refusal: error, untried: [] }
    }
  }
  return lacking
}

/** What larger models say of a log that the usual size rejects: the first that does not, accepted if one accepts it. */
const largerAnswer = async ({ result, untried }: Answered, ask: Ask): Promise<Validation> => {
  let answer = result
  for (const model of untried) {
    try {
      const larger = await ask(model)
      if (larger.verdict !== 'rejected') answer = larger
      if (larger.accepted) break
    } catch (error) {
      // it lacks something that the usual size has
      if (!isForeign(error)) throw error
    }
  }
  return answer
}

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
  ask: Ask,
): Promise<Validation[]> => {
  const askOne: Ask = async (model) => {
    // a machine takes a while to compile: a signal is heard between two
    await new Promise((resolve) => setImmediate(resolve))
    if (signal.aborted) return bare({ ...of, model: model.name }, 'incomplete', 'not asked: a signal came before')
    return ask(model)
  }
  const answers: Answered[] = []
  for (const sizes of designs) {
    const answer = await answerOf(sizes, of, askOne)
    if (answer !== undefined) answers.push(answer)
  }
  const refusals = answers.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]))
  // what none of the designs has is no finding about any of them
  const [refused] = refusals
  if (refused !== undefined && refusals.length === designs.length) throw refused
  if (answers.some(({ result }) => result.accepted)) return answers.map(({ result }) => result)
  const results: Validation[] = []
  for (const answer of answers) results.push(await largerAnswer(answer, askOne))
  return results
}

const verdictOf = ({ model, verdict, divergence, accepted, notes }: Validation): DesignVerdict => {
  const why = accepted || divergence !== null ? undefined : notes[0]
  return { model, verdict, line: divergence?.line ?? null, ...given({ why }) }
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

/** Per protocol, what its designs return: `ACTION RESULT`. */
const known = new WeakMap<HousedProtocol, ReadonlySet<string>>()

/**
 * One small model of each design is enough: what a step returns does not depend on how memory is ordered. Of a machine that has only
 * what was found to be reachable it does.
 */
const returnsOf = (protocol: HousedProtocol, project: Project): ReadonlySet<string> => {
  const before = known.get(protocol)
  if (before !== undefined) return before
  const all = new Set<string>()
  const designs = new Set<string>()
  for (const [model] of designsOf(project.modelsOf(protocol), protocol.name)) {
    if (model === undefined) continue
    const machine = machineOf(model)
    if (designs.has(model.design) && machine.compiled === undefined) continue
    designs.add(model.design)
    const { steps, actions } = assemble(compile(machine))
    for (const { action, result } of steps) {
      const text = resultText(result)
      if (text !== undefined) all.add(`${actions[action] ?? ''} ${text}`)
    }
  }
  known.set(protocol, all)
  return all
}

/**
 * What other designs have, among all models of the project; their machines are made only when a log has a result that the
 * model cannot have.
 */
export const elsewhere = ({ protocol }: Model, project: Project): Elsewhere => ({
  hasAction: (action) => actionsOf(protocol, project).has(action),
  returns: (action, text) => returnsOf(protocol, project).has(`${action} ${text}`),
})
