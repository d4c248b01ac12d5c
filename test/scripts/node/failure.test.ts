/** What the system refuses is said as what it is: no defect of ours, exit 3. */

import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { badInput } from '../../../impl/lib/kernel/error.ts'
import { environmentError } from '../../../scripts/node/failure.ts'

const system = (code: string, path?: string): Error => Object.assign(new Error(code), { code, path, syscall: 'write' })

const deep = (n: number): number => 1 + deep(n + 1)

const thrownBy = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('environmentError', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['a full disk', system('ENOSPC', 'out/x'), 'environment', /^out\/x: no space is left on the device$/],
    ['one that is read-only', system('EROFS', 'out/x'), 'environment', /^out\/x: the file system is read-only$/],
    ['a quota', system('EDQUOT'), 'environment', /^write: the quota is used up$/],
    ['a heap that is full', system('ERR_WORKER_OUT_OF_MEMORY'), 'out-of-memory', /memory is used up/],
    ['an array too large', thrownBy(() => new Int32Array(2 ** 40)), 'out-of-memory', /memory is used up/],
    ['a text too large', thrownBy(() => 'x'.repeat(2 ** 30)), 'out-of-memory', /memory is used up/],
    ['a stack that is full', thrownBy(() => deep(0)), 'out-of-stack', /nested more deeply/],
  ])('%s', (_, thrown, code, words) => {
    const error = environmentError(thrown)
    expect([error?.exit, error?.problem.code]).toEqual([3, code])
    expect(error?.problem.message).toMatch(words)
  })

  it('ours stay what they are, defects stay defects', () => {
    const ours = badInput({ code: 'usage', message: 'no' })
    expect(environmentError(ours)).toBe(ours)
    expect(environmentError(new TypeError('x is undefined'))).toBeUndefined()
    expect(
      environmentError(
        thrownBy(() => {
          mkdirSync('/nowhere/at/all')
        }),
      ),
    ).toBeUndefined()
  })
})
