/** What was not decided is never shown as what holds: in rows, cells, verdicts, summaries and exit codes. */

import { describe, expect, it } from 'vitest'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { checkGraph } from '../../impl/lib/check/explorer.ts'
import type { EngineFindings, Found, ModelResult } from '../../impl/lib/check/result.ts'
import { modelResult } from '../../impl/lib/check/result.ts'
import { cellsText, exitOf, resultRow, summary } from '../../scripts/commands/check.ts'
import { outcomeOf } from '../../scripts/live/verdict.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { matrixOf } from '../../scripts/ui/matrix.ts'
import { loadModels } from '../project.ts'

const model = oneModel(loadModels(), 'flush-inhibit/no-srcu.sc')
const names = model.cells.map(({ name }) => name)

const found = (cells: readonly (readonly [string, Found])[], more: Partial<EngineFindings> = {}): EngineFindings => ({
  engine: 'tlc',
  cells: new Map(cells),
  distinctStates: null,
  generatedStates: null,
  depth: null,
  seconds: 1,
  notes: [],
  ...more,
})

const result = (findings: EngineFindings, of: Model = model): ModelResult => modelResult(of, findings)

const holding = (count: number): (readonly [string, Found])[] =>
  names.slice(0, count).map((name) => [name, { verdict: 'holds' }] as const)

/** Everything that `check` says of some results. */
const said = (r: ModelResult): string => [...resultRow(r), ...matrixOf([r]), summary([r], exitOf([r], []))].join('\n')

describe('a model', () => {
  it.each(['incomplete', 'error'] as const)('of which nothing was decided (%s) says so', (verdict) => {
    const r = result(found(names.map((name) => [name, { verdict }])))
    expect(cellsText(r)).toBe('nothing decided')
    expect({ verdict: r.verdict, asExpected: r.asExpected, exit: exitOf([r], []) }).toEqual({
      verdict,
      asExpected: false,
      exit: 3,
    })
    expect(said(r)).not.toMatch(/all hold|\. holds|as expected$/m)
    expect(said(r)).toMatch(/0 violated, 12 not decided: NOT COMPLETE/)
  })

  it('of which the engine says nothing at all is incomplete', () => {
    expect(cellsText(result(found([])))).toBe('nothing decided')
    expect(result(found([])).verdict).toBe('incomplete')
  })

  it('of which a part was decided says how much', () => {
    expect(cellsText(result(found(holding(3))))).toBe('3 of 12 decided, none violated')
    const cells = [...holding(2), ['FlushCompletesProp', { verdict: 'violated' }]] as const
    expect(cellsText(result(found(cells)))).toBe('3 of 12 decided, 1 violated')
    expect(exitOf([result(found(cells))], [])).toBe(3)
  })

  it('says that all hold, or how many do not, only if all were decided', () => {
    expect(cellsText(result(found(holding(12))))).toBe('all hold')
    const violated = names.map((name, i) => [name, { verdict: i < 2 ? 'violated' : 'holds' }] as const)
    expect(cellsText(result(found(violated)))).toBe('2 of 12 violated')
  })

  it('whose temporal properties an engine cannot check is not said to hold', () => {
    const unchecked = ['IoctlReturnsProp', 'FlushCompletesProp']
    expect(cellsText(result(found(holding(12), { unchecked })))).toBe('10 of 12 decided, none violated')
  })

  it('of which an engine can check no cell is no pass', () => {
    const r = result(found([], { unchecked: names }))
    expect(cellsText(r)).toBe('nothing decided')
    expect({ verdict: r.verdict, asExpected: r.asExpected, exit: exitOf([r], []) }).toEqual({
      verdict: 'incomplete',
      asExpected: false,
      exit: 3,
    })
  })

  it('whose graph is not complete holds in nothing that was seen of it', () => {
    const graph = explore(assemble(compile(machineOf(model))), { edges: true, maxStates: 100 })
    expect(graph.complete).toBe(false)
    const r = result(checkGraph(model, graph, performance.now()))
    expect(r.properties.filter((p) => p.verdict === 'holds')).toEqual([])
    expect(r.verdict).toBe('incomplete')
  })
})

describe('rounds on real threads', () => {
  const round = { rounds: 0, lost: 0, kinds: [] }
  it.each(['holds', 'violated'] as const)('none of which was played say nothing of what is %s', (expected) => {
    expect(outcomeOf({ expected }, round)).toBe('not-played')
    expect(outcomeOf({ expected }, { ...round, rounds: 5 })).toBe('not-played')
  })
})
