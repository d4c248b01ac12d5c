/** TLC on the boundary that the explorer has found: each minimal set, and each minimal set less one toggle. */

import type { Subset } from '../../impl/lib/ablate.ts'
import { boundaryOf } from '../../impl/lib/ablate.ts'
import type { Ablation } from '../../impl/lib/ablate.ts'
import { environmentFailure } from '../../impl/lib/error.ts'
import type { RunOptions } from '../check/engines.ts'
import type { Toolchain } from '../check/tlc.ts'
import { alone, isFinding, runSelection, suspects, together } from '../check/tlc.ts'
import { pool } from '../lib/pool.ts'
import type { Cell } from '../lib/project.ts'
import type { Base } from './bases.ts'
import { cellsOfBases, modelAt } from './bases.ts'
import type { Coverage } from './run.ts'

/** One cell of the boundary as both engines see it. */
export interface Confirmation {
  readonly property: string
  readonly subset: Subset
  readonly base: number
  readonly explorer: 'holds' | 'violated'
  readonly tlc: 'holds' | 'violated'
}

/** One run of TLC: cells of one point that hold, together, or one that is violated. */
interface Run {
  readonly base: number
  readonly subset: Subset
  readonly cells: readonly Cell[]
  readonly explorer: 'holds' | 'violated'
}

const isLive = ({ kind }: Cell): boolean => kind === 'liveness'

/** The first base in which there is a violation. */
const violatedIn = (coverage: Coverage, subset: Subset, property: string): number => {
  const row = coverage.rows.get(subset) ?? []
  return row.findIndex(({ violated }) => violated.has(property))
}

/** The runs that confirm a boundary, safety before liveness. */
const runsFor = (bases: readonly Base[], coverage: Coverage, ablations: ReadonlyMap<string, Ablation>): Run[] => {
  const holding = new Map<string, { base: number; subset: Subset; cells: Set<Cell> }>()
  const violated = new Map<string, Run>()
  for (const cell of cellsOfBases(bases)) {
    const ablation = ablations.get(cell.name)
    if (ablation === undefined) continue
    const edges = boundaryOf(ablation)
    for (const subset of new Set([...ablation.minimal, ...edges.map((e) => e.holds)])) {
      for (const base of bases.keys()) {
        const key = `${base} ${subset} ${isLive(cell)}`
        const run = holding.get(key) ?? { base, subset, cells: new Set<Cell>() }
        holding.set(key, { ...run, cells: run.cells.add(cell) })
      }
    }
    for (const { violated: subset } of edges) {
      const base = violatedIn(coverage, subset, cell.name)
      violated.set(`${base} ${subset} ${cell.name}`, { base, subset, cells: [cell], explorer: 'violated' })
    }
  }
  const runs = [
    ...violated.values(),
    ...[...holding.values()].map((run): Run => ({ ...run, cells: [...run.cells], explorer: 'holds' })),
  ]
  return runs.sort((a, b) => Number(a.cells.some(isLive)) - Number(b.cells.some(isLive)))
}

/** Runs TLC on the boundary; every cell of it with what both engines say. */
export const confirmBoundary = async (
  bases: readonly Base[],
  coverage: Coverage,
  ablations: ReadonlyMap<string, Ablation>,
  toolchain: Toolchain,
  options: RunOptions,
  onProgress: (done: number, of: number) => void,
): Promise<Confirmation[]> => {
  const runs = runsFor(bases, coverage, ablations)
  let done = 0
  const results = await pool(runs, options.workers ?? 2, async (run): Promise<Confirmation[]> => {
    onProgress(done, runs.length)
    const base = bases[run.base]
    if (base === undefined) throw new RangeError('a point of no base')
    const model = modelAt(base, run.subset)
    const [only] = run.cells
    const selected = run.explorer === 'violated' && only !== undefined ? alone(model, only) : together(model, run.cells)
    const tlc = await runSelection(model, toolchain, { ...options, workers: 1 }, selected)
    done += 1
    // TLC stops at the first violation: where the cells of a shared run were to hold, any of the suspects disagrees
    const found = isFinding(tlc) ? (run.explorer === 'violated' ? run.cells : suspects(tlc, run.cells)) : []
    if (isFinding(tlc) && found.length === 0) {
      throw environmentFailure({
        code: 'model-broken',
        message: `${tlc.violated.join(', ')}: the model itself is wrong`,
      })
    }
    const broken = new Set(found)
    return run.cells.map((cell) => ({
      property: cell.name,
      subset: run.subset,
      base: run.base,
      explorer: run.explorer,
      tlc: broken.has(cell) ? 'violated' : 'holds',
    }))
  })
  return results.flat()
}
