/**
 * The front door: a C program's machine in, a TLA+ module of the same program out, over spec/lib/Memory.tla. The module is written from
 * the program, not from the machine's graph, so that TLC's graph of it is a second opinion on what the program does.
 */

import type { TlaValue } from '../../kernel/language/value.ts'
import { tla } from '../../kernel/language/value.ts'
import { badInput } from '../../kernel/error.ts'
import type { MemoryModel } from '../../kernel/memory/buffer.ts'
import type { CMachine } from '../run/machine.ts'
import { SpecContext } from './context.ts'
import { ModuleWriter } from './module.ts'
import { refuseForTlc } from './refuse.ts'
import type { SpecOptions } from './header.ts'
import { headerOf } from './header.ts'

/** A module, and what TLC is to be asked of it. */
export interface CSpecification {
  readonly name: string
  readonly module: string
  readonly cfg: {
    readonly specification: string
    readonly constants: ReadonlyMap<string, TlaValue>
    readonly invariants: readonly string[]
    /** temporal properties: of `FairSpec` */
    readonly properties: readonly string[]
  }
}

/**
 * The specification of a program, whose machine was explored to its end.
 * @throws LockstepError (exit 2) for a program that TLC cannot check, or of which nobody knows yet all that it can do
 */
export const specOf = (machine: CMachine, name: string, options: SpecOptions = {}): CSpecification => {
  if (!/^[A-Za-z]\w*$/.test(name))
    throw badInput({
      code: 'bad-name',
      message: `${name} is no name of a module`,
      hint: 'letters, digits and _, a letter first, e.g. Race',
    })
  const { complete, stopped } = machine.discovery()
  if (!complete)
    throw badInput({
      code: 'c-unsupported',
      message: `${machine.program.file} was not explored to its end: ${stopped?.what ?? ''}`,
      file: machine.program.file,
      hint: 'bound what grows, or raise --max-states',
    })
  refuseForTlc(machine)
  const context = new SpecContext(machine)
  const { text, invariants, properties } = new ModuleWriter(context, name, headerOf(machine, name, options)).write()
  return {
    name,
    module: text,
    cfg: {
      specification: properties.length > 0 ? 'FairSpec' : 'Spec',
      constants: constantsOf(machine),
      invariants,
      properties,
    },
  }
}

const constantsOf = ({ memory, slots }: { memory: MemoryModel; slots: number }): ReadonlyMap<string, TlaValue> =>
  new Map([
    ['Memory', tla.str(memory)],
    ['StoreBufferSlots', tla.int(slots)],
  ])
