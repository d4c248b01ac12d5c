import { describe, expect, it } from 'vitest'
import type { CellVerdict } from '../../../impl/lib/report/matrix.ts'
import { matrix } from '../../../impl/lib/report/matrix.ts'

const cells: Readonly<Record<string, readonly CellVerdict[]>> = {
  posted: ['holds', 'holds', 'violated'],
  'no-srcu': ['violated', 'incomplete', 'violated'],
  'request-then-check': ['error', undefined, 'holds'],
}

const properties = ['NoFlushPostedWhileInhibitedInv', 'Deadlock', 'FlushCompletesProp']

const cell = (design: string, property: string): CellVerdict => cells[design]?.[properties.indexOf(property)]

describe('matrix', () => {
  it('is a table with a legend', () => {
    expect(matrix(Object.keys(cells), properties, cell).text).toBe(
      [
        '                     1  2  3',
        'posted               .  .  V',
        'no-srcu              V  ?  V',
        'request-then-check   !  /  .',
        '',
        '. holds   V violated   ? incomplete   ! error   / not asked of the design',
        '  1 NoFlushPostedWhileInhibitedInv   3 FlushCompletesProp',
        '  2 Deadlock',
      ].join('\n'),
    )
  })

  it('never shows what says nothing as holding', () => {
    const silent: readonly CellVerdict[] = ['vacuous', 'vacuous in part']
    const { text, markdown } = matrix(
      ['posted'],
      ['AInv', 'BInv'],
      (_, property) => silent[property === 'AInv' ? 0 : 1],
    )
    expect(text.split('\n')[1]).toBe('posted   -  ~')
    expect(text).toContain('- vacuous: what it speaks of does not occur')
    expect(text).toContain('~ holds, vacuous in part')
    expect(markdown).toContain('| posted | *vacuous* | holds, in part vacuous |')
  })

  it('is a Markdown table', () => {
    expect(matrix(['posted', 'a|b'], ['Deadlock', 'FlushCompletesProp'], cell).markdown).toBe(
      [
        '| design | Deadlock | FlushCompletesProp |',
        '| --- | --- | --- |',
        '| posted | holds | **violated** |',
        '| a\\|b |  |  |',
      ].join('\n'),
    )
  })

  it('explains only the signs that occur', () => {
    expect(matrix(['posted'], ['Deadlock'], cell).text).toContain('\n\n. holds\n')
  })

  it('breaks a wide table into several, none wider than 100 columns', () => {
    const many = Array.from({ length: 45 }, (_, i) => `AProperty${'x'.repeat(i * 3)}Inv`)
    const designs = ['short', 'd'.repeat(80)]
    const { text } = matrix(designs, many, () => 'holds')
    expect(text.split('\n').filter((line) => line.length > 100 || line !== line.trimEnd())).toEqual([])
    expect(text.match(/^short /gm)?.length).toBeGreaterThan(1)
    for (const number of [1, 12, 45]) expect(text).toMatch(new RegExp(`^.* ${number}( |$)`, 'm'))
  })

  it('gives something for nothing', () => {
    expect(matrix([], [], cell).text).toBe('')
  })
})
