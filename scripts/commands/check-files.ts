/** `lockstep check` of files: C files and litmus tests, each answered or refused as it is done; and models among them. */

import { at } from '../../impl/lib/kernel/at.ts'
import type { MemoryName } from '../../impl/lib/c/protocol/protocol.ts'
import { badInput, environmentFailure, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { MemoryModel } from '../../impl/lib/kernel/memory/buffer.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import type { OpenedC } from '../c/open.ts'
import type { Target } from '../c/targets.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { errorJson, reportError } from '../ui/errors.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson } from '../ui/output.ts'
import type { CAnswer } from './check-c.ts'
import type { LitmusRow } from './litmus.ts'

/** `tick` is called while a litmus test is searched; what it throws ends the command. */
type CheckOptions = OptionsOf<'check'> & { readonly tick?: () => void }

/** What was answered so far. */
class Batch {
  readonly models: unknown[] = []
  readonly tests: object[] = []
  readonly disagreements: unknown[] = []
  readonly refused: object[] = []
  readonly listings: object[] = []
  only: LockstepError | undefined
  private code: number = EXIT.ok

  /** The worst counts: what is no input, then what was not decided, then what was found. */
  note(code: number): void {
    const rank = [EXIT.ok, EXIT.finding, EXIT.environment, EXIT.usage] as readonly number[]
    if (rank.indexOf(code) > rank.indexOf(this.code)) this.code = code
  }

  refuse(file: string, error: LockstepError): void {
    this.only = error
    this.note(error.exit)
    this.refused.push({ ...errorJson({ file, ...error.problem }) })
  }

  get exit(): number {
    return this.code
  }

  get json(): object {
    const some = (name: string, list: readonly unknown[]): object => (list.length === 0 ? {} : { [name]: list })
    return {
      ok: this.code === EXIT.ok,
      ...some('models', this.models),
      ...some('tests', this.tests),
      ...some('steps', this.listings),
      ...some('disagreements', this.disagreements),
      ...some('refused', this.refused),
    }
  }
}

const NAMES = ['sc', 'tso', 'pso'] as const

/** The memory models that a file is checked under. */
const memoriesOf = ({ memory }: CheckOptions, usual: readonly MemoryName[], named?: string): readonly MemoryName[] => {
  if (named !== undefined) {
    const found = NAMES.filter((name) => name === named)
    if (found.length > 0) return found
    throw badInput({
      code: 'unknown-target',
      message: `there is no memory model ${JSON.stringify(named)}`,
      hint: `there are ${NAMES.join(', ')}`,
    })
  }
  if (memory === 'all') return NAMES
  return memory === undefined ? usual : [memory]
}

const ignored = (option: string, what: string) =>
  badInput({ code: 'usage', message: `${option} is for models, not for ${what}`, hint: `leave ${option} out` })

/** An option that nobody here heeds is not taken as if somebody did. */
const refuseIgnored = (options: CheckOptions, targets: readonly Target[]): void => {
  const { engine, tag, coverage, dryRun, write, workers, heap, witness } = options
  const hasC = targets.some(({ kind }) => kind === 'c')
  if (targets.some(({ kind }) => kind === 'model')) return
  const what = hasC ? 'C files' : 'litmus tests'
  if (tag !== undefined) throw ignored('--tag', what)
  if (coverage === true) throw ignored('--coverage', what)
  if (write === true) throw ignored('--write', what)
  if (engine === 'embedded' && hasC)
    throw badInput({
      code: 'usage',
      message: '--engine embedded is for protocols: it lacks what the specification of a C file is written in',
      hint: 'the explorer needs no Java; --engine all asks TLC too',
    })
  const runsTlc = hasC && (engine === 'tlc' || engine === 'all')
  if (heap !== undefined && !runsTlc) throw ignored('--heap', what)
  const hasLitmus = targets.some(({ kind }) => kind === 'litmus')
  if (workers !== undefined && !runsTlc && !hasLitmus) throw ignored('--workers', what)
  if (witness === true && !hasLitmus)
    throw badInput({
      code: 'usage',
      message: '--witness is for litmus tests',
      hint: 'a C file shows its counterexamples',
    })
  if (hasC) return
  if (engine !== 'auto') throw ignored('--engine', what)
  if (dryRun === true) throw ignored('--dry-run', what)
}

/** A litmus test under one memory model. */
export interface AskedTest {
  readonly file: string
  readonly memory: MemoryModel
}

/** How many tests are answered: by their places in what is asked; `workers` at a time. */
export type AnswerMany = (
  asked: readonly AskedTest[],
  options: Pick<CheckOptions, 'timeout' | 'maxStates' | 'witness' | 'expect'>,
  here: (test: AskedTest) => Promise<LitmusRow>,
  workers?: number,
) => (index: number) => Promise<LitmusRow>

/** One after the other, as they are asked for. */
const inTurn: AnswerMany = (asked, _options, here) => (index) => here(at(asked, index))

/** Under each memory model, a test that is asked for once. */
const testsOf = (file: string, options: CheckOptions): readonly AskedTest[] =>
  memoriesOf(options, ['tso']).map((memory) => ({ file, memory: memory.toUpperCase() as MemoryModel }))

const answerTest = async ({ file, memory }: AskedTest, options: CheckOptions): Promise<LitmusRow> => {
  // the parser is made ready while the rest is loaded
  const [{ litmusRow }] = await Promise.all([
    import('./litmus.ts'),
    import('../../impl/lib/c/syntax/index.ts').then(({ loadCParser }) => loadCParser()),
  ])
  return litmusRow(file, memory, options)
}

const runLitmus = async (out: Output, batch: Batch, answers: readonly (() => Promise<LitmusRow>)[]): Promise<void> => {
  for (const answer of answers) {
    const { code, json, text } = await answer()
    batch.note(code)
    if (batch.tests.length > 0) out.line()
    batch.tests.push(json)
    out.line(text)
  }
}

/** Asks TLC for its opinion. */
const askTlc = async (
  out: Output,
  batch: Batch,
  opened: OpenedC,
  { model, found: { result, stopped } }: CAnswer,
  options: CheckOptions & { readonly toolchain: Toolchain },
): Promise<void> => {
  const [{ tlcOn }, { disagreements, exitOf, printResults }] = await Promise.all([
    import('./check-c-tlc.ts'),
    import('./check.ts'),
  ])
  if (stopped !== undefined)
    throw environmentFailure({
      code: 'incomplete',
      message: `${model.name} was not explored to its end, and has no specification before that: ${stopped.why}`,
      hint: stopped.hint,
    })
  out.progress(`checking ${model.name} with tlc`)
  const second = await tlcOn(model, opened, options.toolchain, { ...options, explored: result })
  out.clear()
  batch.models.push({ ...second, file: opened.file, inputs: opened.files.hashes })
  const conflicts = options.engine === 'all' ? disagreements([result, second]) : []
  batch.disagreements.push(...conflicts)
  batch.note(exitOf([second], conflicts))
  const name = [model.name, ...(model.design === 'default' ? [] : [model.design])].join(' ')
  printResults(out, [{ ...second, model: name }], conflicts)
  out.line()
}

/** The same beside what the explorer has said, which stays said where TLC cannot be asked. */
const secondOpinion: typeof askTlc = async (out, batch, opened, answer, options) => {
  try {
    await askTlc(out, batch, opened, answer, options)
  } catch (error) {
    if (options.engine !== 'all' || !(error instanceof LockstepError)) throw error
    out.clear()
    batch.refuse(opened.file, error)
    if (!out.json) reportError(error, false)
  }
}

type CTarget = Extract<Target, { kind: 'c' }>

/** The sets of -D that a file is checked with: those of the command line, or with --expect all that the file says something of. */
const variantsFor = async (file: string, { define = [], include = [], expect }: CheckOptions) => {
  if (expect !== true) return [{ define, lines: undefined }]
  const [{ CFiles }, { expectationsFor, expectationsIn, variantsOf }] = await Promise.all([
    import('../c/files.ts'),
    import('../../impl/lib/c/protocol/expectations.ts'),
  ])
  const lines = expectationsIn(new CFiles(file, { define, include }).main)
  const variants = define.length === 0 ? variantsOf(lines) : [define]
  const found = variants.map((defines) => ({ define: defines, lines: expectationsFor(lines, defines) }))
  if (found.some(({ lines: own }) => own.length > 0)) return found
  const with_ = define.length === 0 ? '' : ` with ${define.map((name) => `-D${name}`).join(' ')}`
  throw badInput({
    code: 'no-expectation',
    message: `the file does not say what is expected of it${with_}`,
    file,
    hint: 'write `// lockstep: NAME holds` into it, or leave --expect out',
  })
}

/** What of a file is understood as a step, and nothing is run. */
const listSteps = async (out: Output, batch: Batch, file: string, options: CheckOptions): Promise<void> => {
  const [{ readC }, { listingOf, listingRows }] = await Promise.all([
    import('../c/open.ts'),
    import('../../impl/lib/c/protocol/listing.ts'),
  ])
  const program = await readC(file, options)
  batch.listings.push({ file, threads: listingOf(program), notes: program.notes })
  for (const { heading, rows } of listingRows(program)) {
    out.line(`${file}: ${heading}`, 'bold')
    for (const row of columns(rows, '  ')) out.line(row)
    out.line()
  }
  for (const note of program.notes) out.line(`note: ${note}`)
}

const runC = async (out: Output, batch: Batch, { file, target }: CTarget, options: CheckOptions): Promise<void> => {
  const [{ openC }, { answerJson, answersOf, codeOf, print }, { expectedUnder, memoriesIn }] = await Promise.all([
    import('../c/open.ts'),
    import('./check-c.ts'),
    import('../../impl/lib/c/protocol/expectations.ts'),
  ])
  const { engine } = options
  const toolchain =
    engine === 'tlc' || engine === 'all' ? await (await import('../engines/tlc.ts')).findToolchain() : undefined
  const named = target === file ? undefined : target.slice(file.length + 1)
  if (options.dryRun === true) {
    await listSteps(out, batch, file, options)
    return
  }
  for (const { define, lines } of await variantsFor(file, options)) {
    const opened = await openC(file, { ...options, define }, (_, known) => (memory) => {
      if (lines === undefined) return () => 'holds'
      const expected = expectedUnder(lines, memory, { file, known })
      return (property) => expected.get(property)
    })
    const shown = new Map<string, string>()
    const usual = lines === undefined ? (['sc', 'tso'] as const) : memoriesIn(lines)
    for (const memory of memoriesOf(options, usual, named)) {
      if (lines !== undefined && !memoriesIn(lines).includes(memory)) continue
      for (const answer of answersOf(out, opened, [memory], options.timeout)) {
        if (engine !== 'tlc') {
          batch.models.push(answerJson(answer, opened))
          batch.note(codeOf(answer))
          print(out, answer, shown, lines !== undefined)
        }
        if (toolchain !== undefined) await secondOpinion(out, batch, opened, answer, { ...options, toolchain })
      }
    }
  }
}

/** Answers one target. */
const one = async (
  out: Output,
  batch: Batch,
  target: Target,
  options: CheckOptions,
  project: () => Promise<Project>,
  answersTo: (target: Target) => readonly (() => Promise<LitmusRow>)[],
): Promise<void> => {
  switch (target.kind) {
    case 'litmus':
      return runLitmus(out, batch, answersTo(target))
    case 'c':
      return runC(out, batch, target, options)
    case 'model': {
      const { answerModels } = await import('./check.ts')
      const { code, json } = await answerModels(out, { ...options, targets: [target.target] }, await project())
      batch.note(code)
      batch.models.push(...(json['models'] as readonly unknown[]))
      batch.disagreements.push(...(json['disagreements'] as readonly unknown[]))
    }
  }
}

/** Checks files, and models among them; returns the exit code. What one of them is refused for is told, and the rest goes on. */
export const checkFiles = async (
  out: Output,
  options: CheckOptions,
  targets: readonly Target[],
  project: () => Promise<Project>,
  many = inTurn,
): Promise<number> => {
  refuseIgnored(options, targets)
  const batch = new Batch()
  const tests = targets.flatMap((target) =>
    target.kind === 'litmus' ? testsOf(target.file, options).map((test) => ({ ...test, target })) : [],
  )
  const { timeout, maxStates, witness, expect } = options
  const answer = many(
    tests.map(({ file, memory }) => ({ file, memory })),
    { timeout, maxStates, witness, expect },
    (test) => answerTest(test, options),
    options.workers,
  )
  const answers = new Map<Target, (() => Promise<LitmusRow>)[]>()
  for (const [i, { target }] of tests.entries()) answers.set(target, [...(answers.get(target) ?? []), () => answer(i)])
  const answersTo = (target: Target) => answers.get(target) ?? []
  for (const target of targets) {
    try {
      await one(out, batch, target, options, project, answersTo)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      // of the only one the error is the command's
      if (targets.length === 1) throw error
      out.clear()
      batch.refuse(target.kind === 'model' ? target.target : target.file, error)
      if (!out.json) reportError(error, false)
    }
  }
  if (!out.json) return batch.exit
  const [only] = batch.tests
  const isOnlyTest = targets.length === 1 && batch.tests.length === 1 && targets[0]?.kind === 'litmus'
  printJson(isOnlyTest ? { ok: batch.exit === EXIT.ok, ...only } : batch.json)
  return batch.exit
}
