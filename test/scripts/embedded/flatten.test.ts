/** The one module that the embedded engine is given means what the modules mean. */

import { describe, expect, it } from 'vitest'
import { tla } from '../../../impl/lib/trace/value.ts'
import { evaluateIn } from '../../../scripts/embedded/engine.ts'
import { flatten } from '../../../scripts/embedded/flatten.ts'

const text = [
  '---- MODULE M ----',
  'EXTENDS Naturals',
  'VARIABLES a, b, c',
  'Init == a = FALSE /\\ b = TRUE /\\ c = FALSE',
  'Next == UNCHANGED <<a, b, c>>',
  'Spec == Init /\\ [][Next]_<<a, b, c>>',
  'Same == (a <=> b /\\ c)',
  '====',
].join('\n')

describe('flatten', () => {
  it('keeps the precedence of <=> below that of the conjunction', () => {
    const flat = flatten([{ file: 'M.tla', text }])
    expect(flat).toContain('(a <=> (b /\\ c))')
    const state = new Map([
      ['a', tla.bool(false)],
      ['b', tla.bool(true)],
      ['c', tla.bool(false)],
    ])
    // (FALSE <=> TRUE) /\ FALSE would be FALSE
    expect(evaluateIn(flat, 'SPECIFICATION Spec\n', state, 'Same')).toBe(true)
  })
})
