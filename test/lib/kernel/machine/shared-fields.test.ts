import { expect, test } from 'vitest'
import { sharedFields } from '../../../../impl/lib/kernel/machine/state-schema.ts'

const threads = [{ id: ['vcpu', 0] }, { id: ['source', 1] }, { id: ['waker', 0] }] as const

test('a local is told apart by the kind of its thread only where the number does not say whose it is', () => {
  const isShared = sharedFields([{ fields: ['todo', 'own'] }, { fields: ['todo'] }, { fields: ['own'] }], threads)
  expect(isShared('todo')).toBe(false)
  expect(isShared('own')).toBe(true)
})
