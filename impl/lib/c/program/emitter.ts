/** Instructions as they are written down one after the other: registers, labels of steps, jumps that are filled in later. */

import { at } from '../../kernel/at.ts'
import type { Place, Span } from '../syntax/source.ts'
import type { Instruction, Pure, Register, RegisterInfo, Site, Target } from './ir.ts'
import type { CType } from './types.ts'

/** A jump whose target is not known yet. */
export type Jump = (to: Target) => void

const placeOf = ({ file, line, column }: Place): Place => ({ file, line, column })

/** A name that TLA+ takes for an identifier. */
const identifier = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '_')

/** The code of a whole program. */
export class Emitter {
  readonly instructions: Instruction[] = []
  readonly registers: RegisterInfo[] = []
  /** how many accesses were written down whose order the compiler may not choose */
  marked = 0
  /** how many trials are under way */
  trials = 0
  private readonly names = new Map<string, number>()
  private readonly labels = new Map<string, number>()

  get isTrial(): boolean {
    return this.trials > 0
  }

  get here(): Target {
    return this.instructions.length
  }

  emit(instruction: Instruction): Target {
    return this.instructions.push(instruction) - 1
  }

  /** Takes back everything from `from` on. */
  truncate(from: Target): void {
    this.instructions.length = from
  }

  set(register: Register, value: Pure, where: Place): void {
    this.emit({ kind: 'set', register, value, at: placeOf(where) })
  }

  /** A jump, to be told where to. */
  jump(): Jump {
    const instruction: Extract<Instruction, { kind: 'jump' }> = { kind: 'jump', to: -1 }
    this.emit(instruction)
    return (to) => {
      instruction.to = to
    }
  }

  /** A branch, to be told where to in either case. */
  branch(condition: Pure, where: Place, guards?: string): { readonly yes: Jump; readonly no: Jump } {
    const instruction: Extract<Instruction, { kind: 'branch' }> = {
      kind: 'branch',
      condition,
      yes: -1,
      no: -1,
      guards,
      at: placeOf(where),
    }
    this.emit(instruction)
    return {
      yes: (to) => {
        instruction.yes = to
      },
      no: (to) => {
        instruction.no = to
      },
    }
  }

  /**
   * Runs `body` and takes back all instructions that it wrote: to see what type something has. Registers stay: some may be those of
   * a function that is called here first.
   */
  trial<R>(body: () => R): R {
    const { here, marked } = this
    const labels = new Map(this.labels)
    this.trials += 1
    try {
      return body()
    } finally {
      this.trials -= 1
      this.truncate(here)
      this.marked = marked
      this.labels.clear()
      for (const [key, value] of labels) this.labels.set(key, value)
    }
  }

  /** A new register of a function; its name is told apart from those that are there. */
  register(func: string, name: string, type: CType, kind: RegisterInfo['kind']): Register {
    const full = `${func}.${name}`
    const before = this.names.get(full) ?? 0
    this.names.set(full, before + 1)
    const unique = before === 0 ? full : `${full}_${before + 1}`
    return this.registers.push({ name: unique, function: func, type, kind }) - 1
  }

  /** A value on the way. */
  temporary(func: string, where: Place, type: CType): Register {
    return this.register(func, `L${where.line}`, type, 'temporary')
  }

  /** The place and name of a step. */
  site(func: string, span: Span, name = `${func}_L${span.line}`, within: readonly string[] = []): Site {
    const label = identifier(name)
    const before = this.labels.get(label) ?? 0
    this.labels.set(label, before + 1)
    return {
      ...placeOf(span),
      label: before === 0 ? label : `${label}_${before + 1}`,
      function: func,
      text: span.text,
      within,
    }
  }

  /** Does something in the function that begins at `from` go on here? */
  isReached(from: Target): boolean {
    const { here } = this
    const last = this.instructions[here - 1]
    const ends = last?.kind === 'jump' || last?.kind === 'branch' || last?.kind === 'return' || last?.kind === 'fault'
    if (here === from || !ends) return true
    return this.instructions
      .slice(from)
      .some((i) => (i.kind === 'jump' && i.to === here) || (i.kind === 'branch' && (i.yes === here || i.no === here)))
  }

  info(register: Register): RegisterInfo {
    return at(this.registers, register)
  }
}
