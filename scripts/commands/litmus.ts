/** `lockstep check FILE.litmus`: a user's own litmus test, under one memory model. */

import { badInput, environmentFailure, EXIT } from '../../impl/lib/kernel/error.ts'
import { checkLitmus } from '../../impl/lib/litmus/index.ts'
import { answerJson, answerText } from '../../impl/lib/litmus/print.ts'
import type { MemoryModel } from '../../impl/lib/kernel/memory/buffer.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { readText } from '../node/input.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'

/** Is a target of `check` a litmus test and no model? `-` is a test on stdin. */
const isLitmusTarget = (target: string): boolean => target === '-' || target.endsWith('.litmus')

/** Options that were given and say something about models only. */
const modelOptions = ({ engine, tag, coverage, dryRun }: OptionsOf<'check'>): string[] => [
  ...(engine === 'auto' ? [] : ['--engine']),
  ...(tag === undefined ? [] : ['--tag']),
  ...(coverage === true ? ['--coverage'] : []),
  ...(dryRun === true ? ['--dry-run'] : []),
]

const usage = (message: string, hint: string): Error => badInput({ code: 'usage', message, hint })

/** Whether the targets are litmus tests. Refuses a mix, and options of the other kind. */
export const wantsLitmus = (options: OptionsOf<'check'>): boolean => {
  const { targets, memory } = options
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
  const [option] = modelOptions(options)
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
  { targets, memory = 'tso', timeout }: OptionsOf<'check'>,
): Promise<number> => {
  const answers = []
  for (const file of targets) {
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
