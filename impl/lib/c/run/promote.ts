/**
 * Accesses that no other thread can see, taken out of the steps: they happen together with the step before them.
 *
 * Taken are the parts of a local whose address is taken, but never put anywhere that another thread could find it: no location of memory may
 * hold it. Such a part becomes a register. Nobody else can then see what is in it, so an access of it commutes with every step of the
 * others; it commutes with the commits of the own buffer too, since its value never goes through the buffer. It is always possible, and no
 * property looks at it. What a run without the step can do, one with it can, and the other way round, with the same states of all
 * that is shared. An access that may be of something else besides, or of NULL, stays a step.
 */

import type { CObject, CProgram, Instruction, Register, RegisterInfo } from '../program/ir.ts'
import type { CType } from '../program/types.ts'
import { isScalar } from '../program/types.ts'
import { identifiersFor } from './identifiers.ts'
import { localPlace, Places } from './places.ts'
import { PointsTo } from './points-to.ts'

/** The scalar parts of a type without arrays, by their paths; undefined where there is an array. */
const partsOf = (type: CType, path = ''): readonly (readonly [string, CType])[] | undefined => {
  if (isScalar(type)) return [[path, type]]
  if (type.kind !== 'struct') return undefined
  const parts = (type.fields ?? []).map((field) => partsOf(field.type, `${path}.${field.name}`))
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? [])
}

type Access = Extract<Instruction, { kind: 'load' | 'store' | 'rmw' }>

const isAccess = (instruction: Instruction): instruction is Access =>
  instruction.kind === 'load' || instruction.kind === 'store' || instruction.kind === 'rmw'

/** The only place that an access can be of; undefined where it may be several, or none. */
const onlyPlace = (pointsTo: PointsTo, { address }: Access): string | undefined => {
  const { places, isZero, isNumber, isOutside } = pointsTo.of(address)
  const [only] = places
  return places.size === 1 && !isZero && !isNumber && !isOutside ? only : undefined
}

/** Locals in memory as one thread has them: one stands for all, since none has the address of another's that is held nowhere. */
interface Local {
  readonly object: CObject
  readonly place: string
  readonly parts: readonly (readonly [path: string, type: CType])[]
}

const localsOf = ({ objects }: CProgram): readonly Local[] =>
  objects.flatMap((object): Local[] => {
    const parts = object.perThread ? partsOf(object.type) : undefined
    return parts === undefined ? [] : [{ object, place: localPlace(object.name, 0), parts }]
  })

const isIn = (place: string, { place: whole }: Local): boolean =>
  place === whole || place.startsWith(`${whole}.`) || place.startsWith(`${whole}[`)

/** Locals of which every access is of one scalar part that is known, and of which nobody else has the address. */
const privateLocals = (program: CProgram, pointsTo: PointsTo): readonly Local[] => {
  const { held } = pointsTo
  const unclear = new Set<string>()
  const locals = localsOf(program)
  const scalars = new Set(locals.flatMap(({ place, parts }) => parts.map(([path]) => place + path)))
  for (const instruction of program.instructions) {
    if (!isAccess(instruction)) continue
    const only = onlyPlace(pointsTo, instruction)
    if (instruction.kind !== 'rmw' && only !== undefined && scalars.has(only)) continue
    for (const place of pointsTo.of(instruction.address).places) unclear.add(place)
  }
  return locals.filter((local) => ![...held, ...unclear].some((place) => isIn(place, local)))
}

/** The program with what is private to a thread in registers. */
export const promoted = (program: CProgram): CProgram => {
  if (!program.objects.some(({ perThread }) => perThread)) return program
  const pointsTo = new PointsTo(program, new Places(program, 1, [], identifiersFor(program)), 1)
  const locals = privateLocals(program, pointsTo)
  const registers: RegisterInfo[] = [...program.registers]
  const registerOf = new Map<string, Register>()
  const registersOf = new Map<string, Register[]>()
  for (const { object, place, parts } of locals)
    for (const [path, type] of parts) {
      const [func = ''] = object.name.split('.', 1)
      const info: RegisterInfo = { name: `${object.name}${path}`, function: func, type, kind: 'variable' }
      const register = registers.push(info) - 1
      registerOf.set(place + path, register)
      registersOf.set(object.name, [...(registersOf.get(object.name) ?? []), register])
    }
  const moved = (instruction: Access): Instruction => {
    const only = onlyPlace(pointsTo, instruction)
    const register = only === undefined ? undefined : registerOf.get(only)
    if (register === undefined || instruction.kind === 'rmw') return instruction
    const { file, line, column } = instruction.site
    const at = { file, line, column }
    return instruction.kind === 'load'
      ? { kind: 'set', register: instruction.register, value: { kind: 'register', register }, at }
      : { kind: 'set', register, value: instruction.value, at }
  }
  return {
    ...program,
    instructions: program.instructions.map((instruction): Instruction => {
      if (instruction.kind === 'fresh')
        return { ...instruction, registers: registersOf.get(instruction.object) ?? instruction.registers }
      return isAccess(instruction) ? moved(instruction) : instruction
    }),
    registers,
    objects: program.objects.map((object) =>
      registersOf.has(object.name) ? { ...object, inRegisters: true } : object,
    ),
  }
}
