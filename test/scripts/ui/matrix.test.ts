/** A row of the matrix: what no model of a design says anything of is seen, whichever of them has it. */

import { describe, expect, it } from 'vitest'
import type { JudgedCell } from '../../../scripts/ui/matrix.ts'
import { rowsOf } from '../../../scripts/ui/matrix.ts'

const holds = (instances: readonly string[], vacuous: readonly string[] = []): JudgedCell => ({
  verdict: vacuous.length === instances.length && instances.length > 0 ? 'vacuous' : 'holds',
  instances,
  vacuous,
})

/** The row's verdict over the models of one design, each with one cell. */
const verdictOf = (...cells: readonly JudgedCell[]) => {
  const models = cells.map((cell) => ({ design: 'posted', memory: 'sc', cells: new Map([['AInv', cell]]) }))
  return rowsOf(models, ['AInv'])[0]?.verdict('AInv')
}

describe('the verdict of a design', () => {
  it('is vacuous in part where a later model alone has an instance that is vacuous', () => {
    expect(verdictOf(holds(['[1]']), holds(['[0]', '[1]'], ['[0]']))).toBe('vacuous in part')
    expect(verdictOf(holds(['[0]', '[1]'], ['[0]']), holds(['[1]']))).toBe('vacuous in part')
    expect(verdictOf(holds(['[1]']), holds(['[0]'], ['[0]']))).toBe('vacuous in part')
  })

  it('holds where each instance is spoken of in some model', () => {
    expect(verdictOf(holds(['[0]', '[1]'], ['[0]']), holds(['[0]', '[1]'], ['[1]']))).toBe('holds')
    expect(verdictOf(holds([]), holds([]))).toBe('holds')
  })

  it('is vacuous where all models are, and there is none without a cell', () => {
    expect(verdictOf(holds(['[1]'], ['[1]']), holds(['[1]'], ['[1]']))).toBe('vacuous')
    expect(rowsOf([{ design: 'posted', memory: 'sc', cells: new Map() }], ['AInv'])[0]?.verdict('AInv')).toBeUndefined()
  })
})
