import { afterEach, describe, expect, it } from 'vitest'
import { withoutAmbient } from '../../../../impl/lib/kernel/machine/ambient.ts'

const descriptors = (): unknown[] => [
  Object.getOwnPropertyDescriptor(globalThis, 'Date'),
  Object.getOwnPropertyDescriptor(globalThis, 'performance'),
  Object.getOwnPropertyDescriptor(Math, 'random'),
  Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit'),
]

const before = Object.getOwnPropertyDescriptor(Math, 'random')

describe('a program without clocks and randomness', () => {
  afterEach(() => {
    if (before !== undefined) Object.defineProperty(Math, 'random', before)
  })

  it('cannot use them, and they are there again after it', () => {
    const own = descriptors()
    const uses: readonly (() => unknown)[] = [
      () => Date.now(),
      () => new Date(),
      () => performance.now(),
      () => Math.random(),
    ]
    for (const use of uses) expect(() => withoutAmbient(use)).toThrow('the program uses')
    expect(descriptors()).toEqual(own)
    expect(Date.now()).toBeGreaterThan(0)
  })

  it('leaves everything as it was whatever is thrown, also from within another', () => {
    const own = descriptors()
    const thrown = new TypeError('a program throws')
    const inner = (): void => {
      expect(() =>
        withoutAmbient(() => {
          throw thrown
        }),
      ).toThrow(thrown)
      expect(() => Date.now()).toThrow('the program uses')
    }
    withoutAmbient(inner)
    expect(descriptors()).toEqual(own)
  })

  it('gives a getter back as a getter', () => {
    const get = (): (() => number) => () => 0.5
    Object.defineProperty(Math, 'random', { get, configurable: true })
    expect(() => withoutAmbient(() => Math.random())).toThrow('Math.random')
    expect(Object.getOwnPropertyDescriptor(Math, 'random')).toMatchObject({ get })
  })

  it('is nothing to a host that lets a global not be replaced', () => {
    const holder = globalThis as unknown as { Math: Math }
    const real = holder.Math
    const frozen = Object.freeze(Object.create(real, { random: { value: () => 0.25 } })) as Math
    holder.Math = frozen
    try {
      expect(withoutAmbient(() => Math.random())).toBe(0.25)
      expect(() => withoutAmbient(() => Date.now())).toThrow('the program uses')
      expect(Math.random()).toBe(0.25)
    } finally {
      holder.Math = real
    }
  })
})
