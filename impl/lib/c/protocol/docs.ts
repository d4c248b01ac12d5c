/** A C file's steps in the words of the file: each is the statement that somebody wrote, with its line. */

import type { ActionDoc, ActionDocs, Statement, StepContext } from '../../protocol/docs.ts'
import { COMMIT_DOC } from '../../protocol/memory-docs.ts'
import { COMMIT } from '../../kernel/memory/memory.ts'
import type { CProgram, Instruction, Site } from '../program/ir.ts'
import type { ScalarType } from '../program/types.ts'
import type { Value } from '../program/value.ts'
import { UNSET } from '../program/value.ts'
import { arrivalOf } from '../run/arrival.ts'
import type { CMachine } from '../run/machine.ts'
import { promisesOf } from './words.ts'

type Step = Extract<Instruction, { site: Site }>

/** A text as long as this is shown whole. */
const LONGEST = 64

/** A value as C writes one of its type. */
export const valueInC = (value: Value, type: ScalarType | undefined): string => {
  if (value === UNSET) return 'nothing'
  if (type?.kind === 'pointer' && value === 0) return 'NULL'
  if (type?.kind === 'int' && type.bits === 1) return value === 0 ? 'false' : 'true'
  const text = String(value)
  return text.startsWith('#') ? text.slice(1) : text
}

/** A statement that has a block in it, or is long, without what is in the block. */
export const shortened = (text: string): string => {
  const open = text.indexOf('{')
  if (open >= 0 && text.length > LONGEST) return `${text.slice(0, open + 1)} ... }`
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 4)} ...`
}

/** The line of a step, with the file's name where it is another than the one that is checked. */
export const lineOf = (program: CProgram, { file, line }: Pick<Site, 'file' | 'line'>): string =>
  file === program.file ? `${line}` : `${file.replace(/^.*\//, '')}:${line}`

/** The statement of a step as it is shown: `12: WRITE_ONCE(done, true)`. */
export const numbered = (program: CProgram, site: Site): string => `${lineOf(program, site)}: ${shortened(site.text)}`

const isValue = (result: unknown): result is Value => typeof result === 'number' || typeof result === 'string'

/** The steps that stand for one statement as somebody wrote it. */
const keyOf = ({ function: name, file, line, column, text }: Site): string =>
  JSON.stringify([name, file, line, column, text])

/** Says what a step did. */
class Teller {
  private readonly program: CProgram
  private readonly types: ReadonlyMap<string, ScalarType>
  /** the steps of each statement */
  private readonly steps = new Map<string, Step[]>()

  constructor({ program, places }: CMachine) {
    this.program = program
    this.types = new Map(places.leaves.map(({ inC, type }) => [inC, type]))
    let depth = 0
    for (const instruction of program.instructions) {
      if (instruction.kind === 'leave') depth -= 1
      // what is inside of a block is no step of its own
      if ('site' in instruction && depth === 0 && instruction.kind !== 'fault') {
        const key = keyOf(instruction.site)
        this.steps.set(key, [...(this.steps.get(key) ?? []), instruction])
      }
      if (instruction.kind === 'block') depth += 1
    }
  }

  /** Is the step the whole of its statement? A macro may load an expression that it is given more than once. */
  private isWhole(instruction: Step): boolean {
    const steps = this.steps.get(keyOf(instruction.site)) ?? []
    return steps.length <= 1 || steps.every(({ kind, site }) => kind === 'load' && site.within.length === 0)
  }

  /** What was found or put there. */
  private valueOf({ step }: StepContext, value: unknown): string | undefined {
    return isValue(value) ? valueInC(value, this.types.get(step.what)) : undefined
  }

  private stored(context: StepContext): string | undefined {
    const { stored } = context.step
    if (stored?.kind === 'int') return this.valueOf(context, Number(stored.value))
    return stored?.kind === 'str' ? this.valueOf(context, stored.value) : undefined
  }

  /** The access by itself, for one of several steps of a statement. */
  private access(context: StepContext, instruction: Step): string {
    const { what, result } = context.step
    const { within, text } = instruction.site
    switch (instruction.kind) {
      case 'load':
        return `${what} == ${this.valueOf(context, result) ?? '?'}`
      case 'store':
        return `${what} = ${this.stored(context) ?? '?'}`
      case 'rmw':
        return this.valueOf(context, result) === undefined ? `${what}, locked` : `${what}, locked: ${String(result)}`
      case 'choose':
        return `${shortened(text)} == ${String(result)}`
      case 'fence':
        return instruction.fence === 'none' ? '/* nothing */' : `smp_${instruction.fence}()`
      default: {
        const name = within.findLast((primitive) => !primitive.startsWith('__')) ?? within.at(-1)
        return name === undefined ? shortened(text) : `${name}()`
      }
    }
  }

  /** The whole statement, which is one step. */
  private whole(context: StepContext, instruction: Step): string {
    const { site } = instruction
    const text = numbered(this.program, site)
    const { result } = context.step
    if (instruction.kind === 'store') {
      const value = this.stored(context)
      // the last word is the value, or a constant's name
      const isSaid =
        value === undefined || site.text.match(/[\w.&>-]+/g)?.at(-1) === value || /\b[A-Z_\d]+\W*$/.test(site.text)
      return isSaid ? text : `${text} /* ${value} */`
    }
    if (instruction.kind !== 'load' && instruction.kind !== 'choose' && instruction.kind !== 'rmw') return text
    const value = this.valueOf(context, result)
    return value === undefined ? text : `${text} == ${value}`
  }

  statement(context: StepContext, instruction: Step): Statement {
    const { site } = instruction
    const isWhole = this.isWhole(instruction)
    if ((isWhole && site.within.length === 0) || instruction.kind === 'choose')
      return { text: this.whole(context, instruction) }
    // a block in a primitive by itself, e.g. spin_lock(&lock)
    if (isWhole && instruction.kind === 'block') return { text: numbered(this.program, site) }
    return { heading: numbered(this.program, site), text: this.access(context, instruction) }
  }
}

/** `visible: done = 1` with the value as C writes it. */
const visibleInC = (cause: string, types: ReadonlyMap<string, ScalarType>): string => {
  const [, name = '', value = ''] = /^visible: (.*) = (.*)$/.exec(cause) ?? []
  const type = types.get(name)
  return type === undefined ? cause : `visible: ${name} = ${inC(value, type)}`
}

/** A value that was printed as TLA+ has it. */
const inC = (text: string, type: ScalarType): string => valueInC(/^-?\d+$/.test(text) ? Number(text) : text, type)

/** How C writes the values of the variables that have one type. */
const valuesOf = ({ places }: CMachine): ActionDocs['values'] => {
  const types = new Map<string, ScalarType | undefined>()
  for (const { variable, type } of places.leaves) {
    const known = types.get(variable)
    types.set(variable, !types.has(variable) || known?.kind === type.kind ? type : undefined)
  }
  return Object.fromEntries(
    [...types].flatMap(([variable, type]) =>
      type === undefined ? [] : [[variable, (text: string): string => inC(text, type)]],
    ),
  )
}

/** The words of a C file's steps and properties. */
export const docsOf = (machine: CMachine): ActionDocs => {
  const { program, threads } = machine
  const teller = new Teller(machine)
  const types = new Map(machine.places.leaves.map(({ inC: name, type }) => [name, type]))
  const commit = (context: StepContext): Statement => {
    const said = COMMIT_DOC.statement?.(context) ?? {}
    return said.cause === undefined ? said : { ...said, cause: visibleInC(said.cause, types) }
  }
  const actions: Record<string, ActionDoc> = { [COMMIT]: { statement: commit } }
  const arrivals = new Set(program.threads.map((thread) => arrivalOf(program, thread)))
  for (const [target, instruction] of program.instructions.entries()) {
    if (!('site' in instruction)) continue
    actions[instruction.site.label] = {
      function: instruction.site.function,
      statement: (context) => {
        const said = teller.statement(context, instruction)
        return arrivals.has(target) ? { cause: 'interrupt', ...said } : said
      },
    }
  }
  for (const { source } of threads)
    if (source.kind === 'interrupt' && arrivalOf(program, source) === undefined)
      actions[`${source.function}_enter`] = {
        function: source.function,
        statement: () => ({ cause: 'interrupt', text: '/* it stops its CPU */' }),
      }
  const counted = new Map(threads.map(({ id, source }) => [id[0], source.count !== undefined]))
  return {
    actions,
    lane: ([kind, id]) => (counted.get(kind) === true ? `${kind} ${id}` : kind),
    properties: promisesOf(program),
    toggles: Object.fromEntries(
      program.optional.map((name) => [name, { on: `${name} is there`, off: `${name} is left out` }]),
    ),
    values: valuesOf(machine),
    notes: [],
  }
}
