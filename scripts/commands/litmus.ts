/** `lockstep check FILE.litmus`: a user's own litmus test, under one memory model. */

import { badInput, environmentFailure, EXIT } from '../../impl/lib/kernel/error.ts'
import { checkLitmus } from '../../impl/lib/litmus/index.ts'
import { answerJson, answerText } from '../../impl/lib/litmus/print.ts'
import type { MemoryModel } from '../../impl/lib/kernel/memory/buffer.ts'
import { readText } from '../node/input.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'

/** As the command line spells a memory model. */
export type MemoryName = Lowercase<MemoryModel>

/** Is a target of `check` a litmus test and no model? `-` is a test on stdin. */
export const isLitmusTarget = (target: string): boolean => target === '-' || target.endsWith('.litmus')

/** What `check` was given that says something about models and nothing about a litmus test, or the reverse. */
export interface LitmusUsage {
  readonly targets: readonly string[]
  readonly memory?: MemoryName | undefined
  /** options that were given and are for models only, as they are spelt */
  readonly modelOptions: readonly string[]
}

const usage = (message: string, hint: string): Error => badInput({ code: 'usage', message, hint })

/** Whether the targets are litmus tests. Refuses a mix, and options of the other kind. */
export const wantsLitmus = ({ targets, memory, modelOptions }: LitmusUsage): boolean => {
  const litmus = targets.filter(isLitmusTarget)
  if (litmus.length === 0) {
    if (memory === undefined) return false
    throw usage(
      '--memory is for litmus tests, and no target ends in .litmus',
      'a model has its memory model in its name',
    )
  }
  const model = targets.find((target) => !isLitmusTarget(target))
  if (model !== undefined) {
    throw usage(`${litmus[0] ?? ''} is a litmus test and ${model} is none`, 'check them in two commands')
  }
  const [option] = modelOptions
  if (option !== undefined) throw usage(`${option} is for models, not for litmus tests`, 'a litmus test takes --memory')
  return true
}

/** Ends a search that takes longer than this many seconds. */
const within = (seconds: number, file: string): (() => void) => {
  const until = performance.now() + seconds * 1000
  return () => {
    if (performance.now() <= until) return
    throw environmentFailure({
      code: 'timeout',
      message: `no answer within ${seconds} s`,
      file,
      hint: 'give more time with --timeout, or make the test smaller',
    })
  }
}

/** Runs tests one after the other; returns the exit code. A test that cannot be answered ends the command. */
export const litmus = async (
  out: Output,
  files: readonly string[],
  { memory = 'tso', timeout }: { readonly memory?: MemoryName | undefined; readonly timeout: number },
): Promise<number> => {
  const answers = []
  for (const file of files) {
    const text = await readText(file, 'litmus test')
    answers.push({
      file,
      answer: checkLitmus(text, memory.toUpperCase() as MemoryModel, file, { tick: within(timeout, file) }),
    })
  }
  if (out.json) {
    const documents = answers.map(({ file, answer }) => ({ file, ...answerJson(answer) }))
    printJson(documents.length === 1 ? { ok: true, ...documents[0] } : { ok: true, tests: documents })
  }
  out.line(answers.map(({ answer }) => answerText(answer)).join('\n\n'))
  return EXIT.ok
}
