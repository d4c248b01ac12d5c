/** Asks TLC about formulas in given states; a formula that cannot be evaluated is set apart, and the others are asked again. */

import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Questions, StatesModule } from '../../impl/lib/mutate/states.ts'
import { answerIn, STATES_INVARIANT, STATES_MODULE, STATES_SPEC, statesModule } from '../../impl/lib/mutate/states.ts'
import type { Toolchain } from '../engines/tlc.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { modelModule, specFiles, specText } from '../workspace/spec-files.ts'
import { withTempDir } from '../node/tempdir.ts'
import type { TlcRun } from '../tlc/run.ts'
import { runTlc } from '../tlc/run.ts'

/** What TLC runs need. */
export interface AskOptions {
  readonly toolchain: Toolchain
  /** seconds of one run */
  readonly timeout: number
}

/** A formula that is asked, with the definitions that it alone needs. */
export interface Question {
  readonly formula: string
  readonly definitions: readonly string[]
}

/** What is asked of a model in some states. */
export interface Asked extends Pick<Questions, 'groups'> {
  readonly seen: readonly Question[]
  readonly values: readonly Question[]
}

/** What TLC answers. */
export interface Answers {
  /** per question, the groups in which it is true in some state */
  readonly seen: readonly ReadonlySet<number>[]
  /** per question, why it has no answer */
  readonly errors: ReadonlyMap<number, string>
  /** per state, the values as TLC prints them, one tuple */
  readonly values: readonly string[]
}

interface Raw {
  readonly run: TlcRun
  readonly module: StatesModule
  readonly seen: Set<number>[]
  readonly values: string[]
}

const formulasOf = (questions: readonly Question[]): string[] => questions.map(({ formula }) => formula)

const run = (model: Model, asked: Asked, { toolchain, timeout }: AskOptions): Promise<Raw> =>
  withTempDir('mutate', async (directory) => {
    const { groups, seen, values } = asked
    const definitions = [...new Set([...seen, ...values].flatMap((q) => q.definitions))]
    const questions = { groups, definitions, seen: formulasOf(seen), values: formulasOf(values) }
    const module = statesModule(modelModule(model.protocol), questions)
    for (const file of specFiles(model.protocol)) writeFileSync(join(directory, basename(file.file)), specText(file))
    const [specFile, cfgFile] = [join(directory, `${STATES_MODULE}.tla`), join(directory, `${STATES_MODULE}.cfg`)]
    writeFileSync(specFile, module.text)
    const selection = { specification: STATES_SPEC, invariants: [STATES_INVARIANT], properties: [] }
    writeFileSync(cfgFile, printCfg(model.cfg, selection))
    const found = { seen: seen.map(() => new Set<number>()), values: [] as string[] }
    const onLine = (line: string): void => {
      const answer = answerIn(line.trim())
      if (answer?.kind === 'seen') found.seen[answer.question]?.add(answer.group)
      if (answer?.kind === 'values') found.values[answer.state] = answer.text
    }
    const task = { ...toolchain, specFile, cfgFile, deadlock: false, small: true, timeoutMs: timeout * 1000, onLine }
    return { ...found, module, run: await runTlc(task) }
  })

/** The question in whose line TLC's stack of expressions begins to be ours; undefined where TLC does not say. */
const culprit = ({ run: { messages }, module }: Raw): number | undefined => {
  const stack = messages.flatMap((m) => (m.kind === 'expression-stack' ? [m.text] : [])).join('\n')
  const places = [...stack.matchAll(new RegExp(`Line (\\d+), column \\d+ to .* in ${STATES_MODULE}\\b`, 'g'))]
  return places.map(([, line]) => module.lines.get(Number(line))).find((question) => question !== undefined)
}

/** The first line of what is wrong: the rest is the state. */
const reasonOf = (error: LockstepError): string => error.message.split('\n')[0] ?? error.message

const failedWith = (raw: Raw, asked: Asked): LockstepError | undefined => {
  const { problem, outcome } = raw.run
  if (problem !== undefined) return problem
  const answered = Object.keys(raw.values).length
  if (outcome === 'success' && (asked.values.length === 0 || answered === asked.groups.flat().length)) return undefined
  return environmentFailure({
    code: 'mutate-run',
    message: `TLC ended with ${outcome}, and has not answered in every state`,
  })
}

/** What cannot be evaluated is noticed by whoever evaluates it; all else is ours, or the machine's, to mend. */
export const isNoAnswer = (error: unknown): boolean =>
  error instanceof LockstepError && error.problem.code === 'evaluation-error'

/** Asks all questions, in as many runs as there are formulas that cannot be evaluated. */
export const ask = async (model: Model, asked: Asked, options: AskOptions): Promise<Answers> => {
  if (asked.groups.flat().length === 0) throw new RangeError('nothing to ask about')
  const raw = await run(model, asked, options)
  const problem = failedWith(raw, asked)
  if (problem === undefined) return { seen: raw.seen, errors: new Map(), values: raw.values }
  if (!isNoAnswer(problem) || asked.seen.length === 0) throw problem
  const bad = culprit(raw) ?? (asked.seen.length === 1 && asked.values.length === 0 ? 0 : undefined)
  if (bad === undefined) return inHalves(model, asked, options)
  const rest = await ask(model, { ...asked, seen: asked.seen.toSpliced(bad, 1) }, options)
  const moved = (i: number): number => (i < bad ? i : i + 1)
  const errors = new Map([...rest.errors].map(([i, why]) => [moved(i), why] as const))
  errors.set(bad, reasonOf(problem))
  return { seen: rest.seen.toSpliced(bad, 0, new Set()), values: rest.values, errors }
}

/** TLC does not say which formula it is: the questions in two runs, the values in one of their own. */
const inHalves = async (model: Model, asked: Asked, options: AskOptions): Promise<Answers> => {
  const { groups, seen, values } = asked
  const middle = Math.ceil(seen.length / 2)
  const own = values.length === 0 ? [] : (await ask(model, { groups, seen: [], values }, options)).values
  const first = await ask(model, { groups, seen: seen.slice(0, middle), values: [] }, options)
  if (middle === seen.length) return { ...first, values: own }
  const second = await ask(model, { groups, seen: seen.slice(middle), values: [] }, options)
  const errors = [...first.errors, ...[...second.errors].map(([i, why]) => [i + middle, why] as const)]
  return { seen: [...first.seen, ...second.seen], errors: new Map(errors), values: own }
}
