import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryModel, StoreBuffer } from '../../../../impl/lib/kernel/memory/buffer.ts'
import {
  committable,
  forwarded,
  isFull,
  withoutStore,
  withStore,
  withWriteBarrier,
} from '../../../../impl/lib/kernel/memory/buffer.ts'

type Buffer = StoreBuffer<string, number>

const EMPTY: Buffer = []
const store = (buffer: Buffer, location: string, value: number): Buffer => withStore(buffer, location, value)
const wmb = (buffer: Buffer): Buffer => withWriteBarrier('PSO', buffer)

describe('a store buffer', () => {
  it('forwards the newest own store, and nothing else', () => {
    const buffer = store(store(store(EMPTY, 'x', 1), 'y', 2), 'x', 3)
    expect(forwarded(buffer, 'x')?.value).toBe(3)
    expect(forwarded(buffer, 'z')).toBeUndefined()
  })

  it('commits first in, first out under TSO', () => {
    const buffer = store(store(EMPTY, 'x', 1), 'y', 2)
    expect(committable('TSO', buffer)).toEqual([0])
    expect(withoutStore(buffer, 0)).toEqual(store(EMPTY, 'y', 2))
  })

  it('commits each location first in, first out under PSO', () => {
    const buffer = store(store(store(EMPTY, 'x', 1), 'x', 2), 'y', 3)
    expect(committable('PSO', buffer)).toEqual([0, 2])
  })

  it('commits nothing over a write barrier under PSO, and forgets a barrier with nothing before it', () => {
    const buffer = store(wmb(store(store(EMPTY, 'x', 1), 'y', 2)), 'z', 3)
    expect(committable('PSO', buffer)).toEqual([0, 1])
    expect(withoutStore(withoutStore(buffer, 1), 0)).toEqual(store(EMPTY, 'z', 3))
  })

  it('has no use for a write barrier under TSO, twice over, or with nothing before it', () => {
    const buffer = store(EMPTY, 'x', 1)
    expect(withWriteBarrier('TSO', buffer)).toBe(buffer)
    expect(wmb(EMPTY)).toBe(EMPTY)
    expect(wmb(wmb(buffer))).toEqual(wmb(buffer))
  })

  it('is full at its size', () => {
    expect(isFull(store(EMPTY, 'x', 1), 1)).toBe(true)
    expect(isFull(store(EMPTY, 'x', 1), 2)).toBe(false)
  })

  it('under PSO may commit whatever it may under TSO; with a barrier after each store both are one', () => {
    const stores = fc.array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.nat(3)), { maxLength: 6 })
    fc.assert(
      fc.property(stores, (list) => {
        const plain = list.reduce((b, [l, v]) => store(b, l, v), EMPTY)
        for (const i of committable('TSO', plain)) expect(committable('PSO', plain)).toContain(i)
        const fenced = list.reduce((b, [l, v]) => wmb(store(b, l, v)), EMPTY)
        expect(committable('PSO', fenced)).toEqual(list.length === 0 ? [] : [0])
      }),
    )
  })

  it('commits every store once, each location in its order, whichever is chosen', () => {
    const stores = fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.nat(3), fc.boolean()), { maxLength: 7 })
    const models = fc.constantFrom<MemoryModel>('TSO', 'PSO')
    fc.assert(
      fc.property(models, stores, fc.infiniteStream(fc.nat()), (model, list, numbers) => {
        let buffer = list.reduce(
          (b, [l, v, fence]) => (fence ? withWriteBarrier(model, store(b, l, v)) : store(b, l, v)),
          EMPTY,
        )
        const seen: (readonly [string, number])[] = []
        for (let choices = committable(model, buffer); choices.length > 0; choices = committable(model, buffer)) {
          const i = choices[numbers.next().value % choices.length] ?? 0
          const entry = buffer[i]
          if (entry !== undefined && 'location' in entry) seen.push([entry.location, entry.value])
          buffer = withoutStore(buffer, i)
        }
        for (const l of ['x', 'y']) {
          const of = (all: readonly (readonly [string, number, ...unknown[]])[]): number[] =>
            all.filter(([location]) => location === l).map(([, v]) => v)
          expect(of(seen)).toEqual(of(list))
        }
      }),
    )
  })
})
