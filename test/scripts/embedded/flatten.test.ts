/** The one module that the embedded engine is given means what the modules mean. */

import { describe, expect, it } from 'vitest'
import { flatten } from '../../../scripts/embedded/flatten.ts'

const text = [
  '---- MODULE M ----',
  'EXTENDS Naturals',
  'CONSTANTS N',
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
    // read as (a <=> b) /\\ c it made IfIgnoredInv of vtl-wakeup/posted.sc.blocked fail
    expect(flat).toContain('(a <=> (b /\\ c))')
  })

  it('takes comments out, nested ones whole, and nothing that is in a string', () => {
    const commented = text.replace('a = FALSE', 'a = "(* x *)" (* y (* z *) VARIABLES q *) \\* w')
    expect(flatten([{ file: 'M.tla', text: commented }])).toContain('Init == a = "(* x *)"  \n')
    expect(flatten([{ file: 'M.tla', text: commented }])).toContain('VARIABLES a, b, c\n')
  })
})
