/** A declaration of constants is read as it says: some at once and in order, the late ones when they are looked at. */

import { describe, expect, expectTypeOf, it } from 'vitest'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import type { Read } from '../../../../impl/lib/kernel/language/constants.ts'
import {
  boolean,
  choiceOf,
  Constants,
  ids,
  late,
  natural,
  subsetOf,
  switchesIn,
  toggle,
  worldSwitch,
} from '../../../../impl/lib/kernel/language/constants.ts'
import type { Key } from '../../../../impl/lib/kernel/language/domain.ts'
import type { TlaValue } from '../../../../impl/lib/kernel/language/value.ts'
import { tla } from '../../../../impl/lib/kernel/language/value.ts'

const DECLARATION = {
  Vcpus: ids,
  Slots: natural,
  Fixed: toggle,
  Kinds: subsetOf(['irq', 'NMI', 'SIPI']),
  ...{ Barrier: toggle },
  Blocks: worldSwitch,
  Halts: late(worldSwitch),
  Userspace: boolean,
  Checked: choiceOf(['never', 'first']),
}

const BOUND: Readonly<Record<string, TlaValue>> = {
  Vcpus: tla.set([tla.int(2), tla.int(1)]),
  Slots: tla.int(3),
  Fixed: tla.bool(true),
  Kinds: tla.set([tla.str('SIPI'), tla.str('irq')]),
  Barrier: tla.bool(false),
  Blocks: tla.bool(true),
  Halts: tla.bool(true),
  Userspace: tla.bool(false),
  Checked: tla.str('first'),
}

const reading = (
  bound: Readonly<Record<string, TlaValue>>,
): { readonly constants: Constants; readonly seen: string[] } => {
  const seen: string[] = []
  return { constants: new Constants(new Map(Object.entries(bound)), 'a model', (name) => seen.push(name)), seen }
}

const without = (...names: readonly string[]): Readonly<Record<string, TlaValue>> =>
  Object.fromEntries(Object.entries(BOUND).filter(([name]) => !names.includes(name)))

const messageOf = (body: () => unknown): string => {
  try {
    body()
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  return 'nothing wrong'
}

describe('constants', () => {
  it('have the values and types that are declared', () => {
    const c = reading(BOUND).constants.read(DECLARATION)
    expect({ ...c }).toEqual({
      Vcpus: [1, 2],
      Slots: 3,
      Fixed: true,
      Kinds: ['irq', 'SIPI'],
      Barrier: false,
      Blocks: true,
      Halts: true,
      Userspace: false,
      Checked: 'first',
    })
    expectTypeOf<Read<typeof DECLARATION>>().toEqualTypeOf<{
      readonly Vcpus: readonly Key[]
      readonly Slots: number
      readonly Fixed: boolean
      readonly Kinds: readonly ('irq' | 'NMI' | 'SIPI')[]
      readonly Barrier: boolean
      readonly Blocks: boolean
      readonly Halts: boolean
      readonly Userspace: boolean
      readonly Checked: 'never' | 'first'
    }>()
  })

  it('are read at once and in order, but for those that are late', () => {
    const { constants, seen } = reading(BOUND)
    const c = constants.read(DECLARATION)
    expect(seen.splice(0)).toEqual(['Vcpus', 'Slots', 'Kinds', 'Blocks', 'Userspace', 'Checked'])
    // a value that is known is not read again; a late one is, by each that looks at it
    expect([c.Slots, c.Barrier, c.Barrier, c.Halts]).toEqual([3, false, false, true])
    expect(seen).toEqual(['Barrier', 'Barrier', 'Halts'])
  })

  it('that are wrong are refused when they are read: the first in order, a late one by whom looks at it', () => {
    expect(messageOf(() => reading(without('Checked', 'Kinds')).constants.read(DECLARATION))).toBe(
      'a model: constant Kinds is missing, expected a set of "irq", "NMI", "SIPI"',
    )
    const c = reading({ ...without('Fixed'), Halts: tla.int(1) }).constants.read(DECLARATION)
    expect(messageOf(() => c.Barrier)).toBe('nothing wrong')
    expect(messageOf(() => c.Fixed)).toBe('a model: constant Fixed is missing, expected TRUE or FALSE')
    expect(messageOf(() => c.Halts)).toBe('a model: constant Halts is 1, expected TRUE or FALSE')
  })

  it('are toggles or switches of the world as they are declared', () => {
    expect(switchesIn(DECLARATION, 'toggle')).toEqual(['Fixed', 'Barrier'])
    expect(switchesIn(DECLARATION, 'world')).toEqual(['Blocks', 'Halts'])
  })
})
