/** Models declared as data beside the machine, and what TLC is given for them. */

import { badInput } from '../kernel/error.ts'
import type { Declaration } from '../kernel/language/constants.ts'
import { switchesIn } from '../kernel/language/constants.ts'
import type { Machine } from '../kernel/language/machine.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { tla } from '../kernel/language/value.ts'
import { near } from '../text/near.ts'
import type { Cfg } from '../tla/cfg.ts'
import type { Cell, CellKind, CellVerdict } from './cell.ts'
import type { ConstantValue, DesignDeclaration, ExpectedCell, ModelsDeclaration } from './declaration.ts'
import type { Model } from './model.ts'
import { isName } from './name.ts'

/** What a declared model is made for: its protocol, and what the machine and the specification have. */
export interface DeclaredSubject {
  readonly protocol: string
  /** of the module that declares the models, for errors */
  readonly file: string
  readonly constants: Declaration
  readonly machine: (constants: Cfg['constants'], model: string) => Machine
  /** definitions of the specification's modules; undefined where there is none */
  readonly definitions: ReadonlySet<string> | undefined
}

/** A model before it belongs to a protocol. */
export type DeclaredModel = Pick<Model, 'stem' | 'design' | 'memory' | 'tags' | 'gloss' | 'cfg' | 'cells'>

const MEMORIES = ['sc', 'tso', 'pso'] as const

const SLOTS = { sc: 0, tso: 2, pso: 2 } as const

const valueOf = (value: ConstantValue): TlaValue => {
  if (typeof value === 'boolean') return tla.bool(value)
  if (typeof value === 'number') return tla.int(value)
  if (typeof value === 'string') return tla.str(value)
  return tla.set(value.map((item) => (typeof item === 'number' ? tla.int(item) : tla.str(item))))
}

const refused = (subject: DeclaredSubject, message: string, hint: string) =>
  badInput({ code: 'bad-models', message: `${subject.protocol}: ${message}`, hint, file: subject.file })

const didYouMean = (wrong: string, known: readonly string[], what: string): string => {
  const similar = near(wrong, known)
  const all = known.length === 0 ? `there are no ${what}` : `the ${what} are ${known.join(', ')}`
  return similar.length === 0 ? all : `did you mean ${similar.join(', ')}? ${all}`
}

/** The constants of one model, in the order in which the machine declares them. */
const constantsOf = (
  subject: DeclaredSubject,
  declared: ModelsDeclaration,
  design: DesignDeclaration,
  name: string,
  memory: (typeof MEMORIES)[number],
  size: string | undefined,
): Map<string, TlaValue> => {
  const known = Object.keys(subject.constants)
  const toggles = switchesIn(subject.constants, 'toggle')
  const wrong = design.on.find((toggle) => !toggles.includes(toggle))
  if (wrong !== undefined)
    throw refused(subject, `${name} switches ${wrong} on, which is no toggle`, didYouMean(wrong, toggles, 'toggles'))
  const bound: Record<string, ConstantValue> = {
    ...(known.includes('Memory') ? { Memory: memory.toUpperCase() } : {}),
    ...(known.includes('StoreBufferSlots') ? { StoreBufferSlots: SLOTS[memory] } : {}),
    ...Object.fromEntries(toggles.map((toggle) => [toggle, design.on.includes(toggle)])),
    ...declared.constants,
    ...design.constants,
    ...(size === undefined ? {} : declared.sizes?.[size]),
  }
  const unknown = Object.keys(bound).find((constant) => !known.includes(constant))
  if (unknown !== undefined)
    throw refused(
      subject,
      `${name} binds ${unknown}, which the machine does not declare`,
      didYouMean(unknown, known, 'constants'),
    )
  const missing = known.filter((constant) => bound[constant] === undefined)
  if (missing.length > 0)
    throw refused(
      subject,
      `${name} does not bind ${missing.join(', ')}`,
      'bind it in `constants` of the models, the design or the size',
    )
  return new Map(
    known.flatMap((constant): [string, TlaValue][] => {
      const value = bound[constant]
      return value === undefined ? [] : [[constant, valueOf(value)]]
    }),
  )
}

/** The verdict and the silent instances that are expected of a property. */
const expectedOf = (
  expected: ExpectedCell,
  instances: readonly string[],
): { readonly expected: CellVerdict; readonly vacuous: readonly string[] } => {
  if (typeof expected !== 'string') return { expected: expected.verdict, vacuous: [...expected.vacuous].sort() }
  return { expected, vacuous: expected === 'vacuous' ? [...instances].sort() : [] }
}

const cellsOf = (
  subject: DeclaredSubject,
  name: string,
  machine: Machine,
  cells: Readonly<Record<string, ExpectedCell>>,
): Cell[] => {
  const properties: readonly [string, CellKind, readonly string[]][] = [
    ...machine.invariants.map((i): [string, CellKind, string[]] => [
      i.name,
      'invariant',
      i.instances.map((x) => x.name),
    ]),
    ...(cells['Deadlock'] === undefined ? [] : [['Deadlock', 'deadlock', []] satisfies [string, CellKind, string[]]]),
    ...machine.liveness.map((i): [string, CellKind, string[]] => [i.name, 'liveness', i.instances.map((x) => x.name)]),
    ...(machine.possibilities ?? []).map((i): [string, CellKind, string[]] => [
      i.name,
      'possibility',
      i.instances.map((x) => x.name),
    ]),
  ]
  const known = properties.map(([property]) => property)
  const unknown = Object.keys(cells).find((property) => !known.includes(property))
  if (unknown !== undefined)
    throw refused(
      subject,
      `${name} expects a verdict of ${unknown}, which the machine does not have`,
      didYouMean(unknown, [...known, 'Deadlock'], 'properties'),
    )
  return properties.map(([property, kind, instances]): Cell => {
    const expected = cells[property]
    return {
      name: property,
      kind,
      ...(expected === undefined ? { expected: undefined, vacuous: [] } : expectedOf(expected, instances)),
    }
  })
}

const modelOf = (
  subject: DeclaredSubject,
  declared: ModelsDeclaration,
  [designName, design]: readonly [string, DesignDeclaration],
  key: string,
): DeclaredModel => {
  const name = `${subject.protocol}/${designName}.${key}`
  const [memoryName, size, ...rest] = key.split('.')
  const memory = MEMORIES.find((known) => known === memoryName)
  if (memory === undefined || rest.length > 0)
    throw refused(
      subject,
      `${name}: ${JSON.stringify(key)} is no memory model`,
      'expected sc, tso or pso, with the name of a size behind it if it is not the usual one, e.g. tso.t2',
    )
  const sizes = Object.keys(declared.sizes ?? {})
  if (size !== undefined && !sizes.includes(size))
    throw refused(subject, `${name}: there is no size ${JSON.stringify(size)}`, didYouMean(size, sizes, 'sizes'))
  const constants = constantsOf(subject, declared, design, name, memory, size)
  if (memory !== 'sc' && !constants.has('Memory'))
    throw refused(
      subject,
      `${name}: the machine declares no constant Memory, and runs under SC only`,
      'declare MEMORY_CONSTANTS, and keep what threads share in its memory',
    )
  const machine = subject.machine(constants, name)
  const cells = cellsOf(subject, name, machine, design.models[key] ?? {})
  const { definitions } = subject
  return {
    stem: `${designName}.${key}`,
    design: designName,
    memory,
    tags: design.full?.includes(key) === true ? ['full'] : ['fast', 'full'],
    gloss: design.gloss,
    cells,
    cfg: {
      specification: cells.some(({ kind }) => kind === 'liveness') ? 'FairSpec' : 'Spec',
      constants,
      invariants: [
        ...(definitions?.has('TypeOK') === true ? ['TypeOK'] : []),
        ...cells.filter(({ kind }) => kind === 'invariant').map((c) => c.name),
      ],
      properties: cells.filter(({ kind }) => kind === 'liveness').map((c) => c.name),
      checkDeadlock: cells.some(({ kind }) => kind === 'deadlock'),
      places: new Map(),
    },
  }
}

/**
 * The models that are declared, in their order.
 * @throws LockstepError (exit 2) `bad-models`
 */
export const declaredModels = (subject: DeclaredSubject, declared: ModelsDeclaration): DeclaredModel[] => {
  const wrong = [...Object.keys(declared.designs), ...Object.keys(declared.sizes ?? {})].find((name) => !isName(name))
  if (wrong !== undefined)
    throw refused(
      subject,
      `${JSON.stringify(wrong)} is no name of a design or size`,
      'small letters, digits and single hyphens',
    )
  const designs = Object.entries(declared.designs)
  for (const [name, { models, full = [] }] of designs) {
    const stray = full.find((key) => models[key] === undefined)
    if (stray !== undefined)
      throw refused(
        subject,
        `${name} has no model ${stray}, which is to be full`,
        didYouMean(stray, Object.keys(models), 'models'),
      )
  }
  const models = designs.flatMap((entry) =>
    Object.keys(entry[1].models).map((key) => modelOf(subject, declared, entry, key)),
  )
  if (models.length === 0)
    throw refused(subject, 'no model is declared', 'give each design the memory models that it is checked under')
  return models
}
