/** What only the explorer decides is never shown as decided by an engine that runs on the specification. */

import { describe, expect, it, vi } from 'vitest'
import { modelResult } from '../../impl/lib/check/result.ts'
import { checkWithExplorer } from '../../impl/lib/check/explorer.ts'
import { counterexample } from '../../impl/lib/evidence/explain.ts'
import type { Possibility } from '../../impl/lib/kernel/language/machine.ts'
import { Observer } from '../../impl/lib/kernel/language/machine.ts'
import type { Cell, CellVerdict, Model } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { cellsText, enginesFor, resultRow } from '../../scripts/commands/check.ts'
import { certificateNow } from '../../scripts/commands/verify.ts'
import { checkWithEmbedded } from '../../scripts/engines/embedded.ts'
import { checkWithTlc, findToolchain } from '../../scripts/engines/tlc.ts'
import { loadModels } from '../project.ts'

// it runs in a worker, which the test runner does not compile: what is asked here is what becomes of its answer
vi.mock('../../scripts/embedded/run.ts', () => ({
  runEmbeddedWithin: () => Promise.resolve({ outcome: 'success', states: 34, depth: 1 }),
}))

const toolchain = await findToolchain().catch(() => undefined)

const sb = oneModel(loadModels(), 'litmus/sb.tso')

/** The model with a possibility, of which `expected` is expected. */
const withPossibility = (expected: CellVerdict): Model => {
  const { machine } = sb.protocol
  const make: typeof machine = (constants, data) => {
    const made = machine(constants, data)
    const thread = new Observer(made.shared, 0)
    const first = made.threads[0]?.program({}).next().value?.label ?? ''
    const [from, to] = [(): boolean => thread.at(first), (): boolean => !thread.at(first)]
    const possibility: Possibility = {
      name: 'LeavesPoss',
      instances: [expected === 'holds' ? { name: '', from, to } : { name: '', from: to, to: from }],
    }
    return { ...made, possibilities: [possibility] }
  }
  const cell: Cell = { name: 'LeavesPoss', kind: 'possibility', expected, vacuous: [] }
  return { ...sb, protocol: { ...sb.protocol, machine: make }, cells: [...sb.cells, cell] }
}

describe('a possibility among the cells of a model', () => {
  it.each(['holds', 'violated'] as const)('is decided by the explorer: it %s', (expected) => {
    const result = modelResult(withPossibility(expected), checkWithExplorer(withPossibility(expected)))
    expect(result.properties.find(({ name }) => name === 'LeavesPoss')).toMatchObject({
      kind: 'possibility',
      verdict: expected,
      depth: expected === 'holds' ? null : 2,
    })
    expect(result.unchecked).toEqual([])
    expect(result.asExpected).toBe(true)
  })

  it('is explained by the shortest way to where it is lost', () => {
    const { kind, behaviour } = counterexample(withPossibility('violated'), 'LeavesPoss')
    expect([kind, behaviour.steps.length, behaviour.loop]).toEqual(['possibility', 1, undefined])
  })

  it('is not decided by the embedded engine, and named among what was not', async () => {
    const found = await checkWithEmbedded(withPossibility('holds'), 60_000)
    const result = modelResult(withPossibility('holds'), found)
    expect(result.unchecked).toContain('LeavesPoss')
    expect(result.properties.map(({ name }) => name)).not.toContain('LeavesPoss')
    expect(cellsText(result)).toMatch(/\d+ of \d+ decided/)
  })

  it.skipIf(toolchain === undefined)('is not decided by TLC, and named among what was not', async () => {
    if (toolchain === undefined) return
    const tested = withPossibility('holds')
    const { findings } = await checkWithTlc(tested, toolchain, { timeout: 120 })
    const result = modelResult(tested, findings)
    expect(findings.cells.has('LeavesPoss')).toBe(false)
    expect(result.properties.map(({ name }) => name)).toEqual(sb.cells.map(({ name }) => name))
    expect(result).toMatchObject({ unchecked: ['LeavesPoss'], asExpected: true, distinctStates: 34 })
    expect(cellsText(result)).toMatch(/^\d+ of \d+ decided/)
    expect(resultRow(result).at(-1)).toBe('for the explorer alone; not checked: LeavesPoss')
  })

  it.skipIf(toolchain === undefined)('has the explorer look besides TLC, unless TLC alone is asked', () => {
    if (toolchain === undefined) return
    expect(enginesFor(sb, 'auto', toolchain)).toEqual(['tlc'])
    expect(enginesFor(withPossibility('holds'), 'auto', toolchain)).toEqual(['tlc', 'explorer'])
    expect(enginesFor(withPossibility('holds'), 'tlc', toolchain)).toEqual(['tlc'])
  })

  it('is nothing that a certificate has a verdict of TLC on', () => {
    const { verdicts } = certificateNow(withPossibility('holds'))
    expect(Object.keys(verdicts ?? {})).toEqual(sb.cells.map(({ name }) => name))
  })
})
