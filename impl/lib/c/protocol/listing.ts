/** The steps of each thread as they are understood, in the order of the program: the reader's control. */

import type { CProgram, CThread, Instruction, Site, Target } from '../program/ir.ts'
import { reachedFrom } from '../program/liveness.ts'
import { at } from '../../kernel/at.ts'
import { awaitIn } from '../run/waits.ts'
import { lineOf, shortened } from './docs.ts'

/** A step. */
export interface ListedStep {
  readonly function: string
  readonly file: string
  readonly line: number
  readonly label: string
  readonly text: string
  /** the primitive of our headers that it is a step of; undefined where the file has it itself */
  readonly within: string | undefined
  /** what it does to memory, in words */
  readonly kind: string
  /** what it waits for, if it can have to wait */
  readonly waitsFor: string | undefined
}

/** The steps of a thread: its own function first, then those that are called. */
export interface ListedThread {
  readonly name: string
  readonly kind: CThread['kind']
  readonly count: number | undefined
  readonly steps: readonly ListedStep[]
}

const MARKED = { plain: 'plain', once: 'once', acquire: 'acquire', release: 'release' } as const

/** What is inside of a block, in words: loads and stores that happen at once. */
const insideOf = (program: CProgram, block: Target): string => {
  let [depth, loads, stores] = [0, 0, 0]
  for (let i = block; i < program.instructions.length; i++) {
    const { kind } = at(program.instructions, i)
    if (kind === 'block') depth += 1
    if (kind === 'leave') depth -= 1
    if (kind === 'load' || kind === 'rmw') loads += 1
    if (kind === 'store' || kind === 'rmw') stores += 1
    if (depth === 0) break
  }
  const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
  return [...(loads === 0 ? [] : [counted(loads, 'load')]), ...(stores === 0 ? [] : [counted(stores, 'store')])].join(
    ', ',
  )
}

const kindOf = (program: CProgram, instruction: Instruction, target: Target): string => {
  switch (instruction.kind) {
    case 'load':
      return `load, ${MARKED[instruction.marking]}`
    case 'store':
      return `store, ${MARKED[instruction.marking]}${instruction.barrier ? ', then a full barrier' : ''}`
    case 'rmw':
      return instruction.order === 'full' ? 'locked' : `locked (${instruction.order} is as strong here)`
    case 'fence':
      return instruction.fence === 'mb' ? 'full barrier' : instruction.fence === 'wmb' ? 'write barrier' : 'label'
    case 'choose':
      return `any of 0 to ${instruction.count - 1}`
    case 'block': {
      const inside = insideOf(program, target)
      const what = instruction.drained ? 'one step, locked' : 'one step, orders nothing'
      return inside === '' ? what : `${what}: ${inside}`
    }
    case 'end':
      return 'the end'
    default:
      return instruction.kind
  }
}

const stepOf = (program: CProgram, instruction: Instruction & { site: Site }, target: Target): ListedStep => {
  const { function: name, file, line, label, text, within } = instruction.site
  return {
    function: name,
    file,
    line,
    label,
    text: instruction.kind === 'end' ? '' : shortened(text),
    within: within.findLast((primitive) => !primitive.startsWith('__')) ?? within.at(-1),
    kind: kindOf(program, instruction, target),
    waitsFor: instruction.kind === 'block' ? awaitIn(program, target)?.text : undefined,
  }
}

const stepsIn = (program: CProgram, name: string): ListedStep[] => {
  const f = program.functions.get(name)
  if (f === undefined) return []
  const steps: ListedStep[] = []
  let depth = 0
  for (let i = f.entry; i < f.end; i++) {
    const instruction = at(program.instructions, i)
    if (instruction.kind === 'leave') depth -= 1
    if ('site' in instruction && depth === 0 && instruction.kind !== 'fault')
      steps.push(stepOf(program, instruction, i))
    if (instruction.kind === 'block') depth += 1
  }
  return steps
}

/** The steps of all threads. */
export const listingOf = (program: CProgram): readonly ListedThread[] =>
  program.threads.map(({ name, kind, count, function: own }) => ({
    name,
    kind,
    count,
    steps: [own, ...[...reachedFrom(program, own)].filter((other) => other !== own)].flatMap((f) =>
      stepsIn(program, f),
    ),
  }))

const headOf = ({ name, kind, count }: ListedThread): string =>
  `${kind} ${name}${count === undefined ? '' : `, ${count} of them`}`

/** The same for people: rows of a table for each thread, with its heading. */
export const listingRows = (
  program: CProgram,
): readonly { readonly heading: string; readonly rows: readonly (readonly string[])[] }[] =>
  listingOf(program).map((thread) => {
    let last = ''
    return {
      heading: headOf(thread),
      rows: thread.steps.map((step): string[] => {
        const place = `${step.function}() ${lineOf(program, step)}: ${step.text}`
        const isSame = place === last
        last = place
        const waits = step.waitsFor === undefined ? '' : `; waits for ${step.waitsFor}`
        return [
          isSame ? '' : `${step.function}()`,
          isSame ? '' : lineOf(program, step),
          isSame ? '' : step.text,
          `${step.within === undefined ? '' : `${step.within}(): `}${step.kind}${waits}`,
        ]
      }),
    }
  })
