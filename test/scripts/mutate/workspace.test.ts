/** Mutants of a machine of somebody else: made from its own modules, loaded with what runs, and noticed. */

import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mutant } from '../../../impl/lib/mutate/mutant.ts'
import { atomic, machine, oneOf, SharedState } from '../../../impl/lib/kernel/design.ts'
import type { MemoryConstants, Program } from '../../../impl/lib/kernel/design.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { Bench } from '../../../scripts/mutate/bench.ts'
import { faultOpinion, unchangedOpinion } from '../../../scripts/mutate/fault.ts'
import { loaderOf, machineMutants } from '../../../scripts/mutate/sources.ts'
import { makeTempDir, removeTempDir } from '../../../scripts/node/tempdir.ts'
import { findWorkspace } from '../../../scripts/workspace/config.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { openProject } from '../../../scripts/workspace/project.ts'
import { isCI } from '../../effort.ts'
import { inside } from '../inside.ts'
import { ensureBuilt } from '../tree.ts'

let workspace = ''
let models: readonly Model[] = []
beforeAll(async () => {
  workspace = makeTempDir('mutate-workspace')
  cpSync(join(packageRoot(), 'test', 'fixtures', 'workspace'), workspace, { recursive: true })
  models = (await openProject(findWorkspace(workspace))).models
})
afterAll(() => {
  removeTempDir(workspace)
})

/** Two threads that count, each for itself: as many states as the square of what they count to. */
const countsTo = (most: number) => {
  const values = Array.from({ length: most }, (_, i) => i)
  class World extends SharedState<MemoryConstants> {
    readonly counts = [0, 1].map((i) => this.shared.scalar(`count${i}`, oneOf(...values), 0))
  }
  const w = new World({ Memory: 'SC', StoreBufferSlots: 0 }, [
    ['t', 0],
    ['t', 1],
  ])
  function* count(i: number): Program {
    for (;;)
      yield* atomic('count', 'count++', () => {
        const own = w.counts[i]
        own?.set((own.get() + 1) % most)
      })
  }
  return machine(w, { programs: { t: (i) => count(i) } })
}

const protocolOf = () => {
  const [first] = models
  if (first === undefined) throw new RangeError('no model')
  return first.protocol
}

const mutantsOf = (kind: 'property' | 'fault'): readonly Mutant[] => machineMutants(ts, protocolOf(), [kind]).mutants

describe('a machine in a workspace', () => {
  it('has weaker properties, each of which some model tells from the original', async () => {
    const mutants = mutantsOf('property')
    expect(mutants.map(({ file, from, to }) => [file, from, to])).toEqual([
      ['sleeper/index.ts', '!asleep() || woken()', 'true'],
      expect.arrayContaining(['sleeper/index.ts']),
      expect.arrayContaining(['sleeper/index.ts']),
    ])
    const loader = await loaderOf(ts, protocolOf())
    const benches = models.map((model) => new Bench(model))
    for (const mutant of mutants)
      expect([mutant.to, benches.some((bench) => bench.opinion(loader.mutated(mutant)).killer !== undefined)]).toEqual([
        mutant.to,
        true,
      ])
  })

  it('has faults in its programs and nowhere else, and each that makes another machine is noticed', async () => {
    const lines = readFileSync(join(workspace, 'sleeper', 'index.ts'), 'utf8').split('\n')
    const [begin, end] = ['export default protocol({', '  models: {'].map((line) => lines.indexOf(line) + 1)
    const mutants = mutantsOf('fault')
    expect(mutants.filter(({ line }) => line >= (end ?? 0))).toEqual([])
    expect(mutants.filter(({ line }) => line < (begin ?? 0)).length).toBeGreaterThan(10)
    const loader = await loaderOf(ts, protocolOf())
    for (const mutant of mutants) {
      const changed = loader.mutated(mutant)
      const opinions = models.map((model) => faultOpinion(changed, model))
      const differs = opinions.some((opinion) => opinion.differs)
      expect([mutant.from, mutant.to, opinions.some(({ killer }) => killer !== undefined)]).toEqual([
        mutant.from,
        mutant.to,
        differs,
      ])
    }
  })

  it.runIf(isCI)(
    'is no proof’s where it has no specification, and no count’s where it was not counted (needs CI)',
    async () => {
      const loader = await loaderOf(ts, protocolOf())
      const killers = (change: (model: Model) => Model) =>
        mutantsOf('fault').flatMap((mutant) => {
          const changed = loader.mutated(mutant)
          return models.map((model) => faultOpinion(changed, change(model)).killer?.kind)
        })
      const uncounted = killers((model) => ({ ...model, counts: undefined }))
      expect(uncounted).toContain('proof')
      expect(uncounted).not.toContain('count')
      const explored = killers((model) => {
        const { module, ...bare } = model.protocol
        expect(module).toBe('Sleeper')
        return { ...model, counts: undefined, protocol: bare }
      })
      expect(explored).toContain('cell')
      expect(explored).not.toContain('proof')
    },
  )

  it.runIf(isCI).each([
    ['with a specification', 'Sleeper'],
    ['without one', undefined],
  ])('is not noticed for its size where nobody has counted it: %s (needs CI)', (_, module) => {
    const [first] = models
    if (first === undefined) throw new RangeError('no model')
    const { module: own, ...bare } = first.protocol
    expect(own).toBe('Sleeper')
    const large = { ...bare, ...(module === undefined ? {} : { module }), machine: () => countsTo(400) }
    const model = { ...first, name: `large/${String(module)}`, cells: [], counts: undefined, protocol: large }
    expect(unchangedOpinion(model)).toEqual({ differs: true, killer: undefined })
  })

  it('is refused what is not asked there', async () => {
    const asked = async (...args: string[]): Promise<[number, string]> => {
      const { code, stderr } = await inside(['mutate', ...args], { LOCKSTEP_WORKSPACE: workspace })
      return [code, stderr]
    }
    expect(await asked('poll-kick')).toEqual([2, expect.stringContaining('Lockstep’s own')])
    expect(await asked('--changed')).toEqual([2, expect.stringContaining('--changed')])
    const fairness = await asked('sleeper', '--side', 'spec', '--kind', 'fairness')
    expect(fairness).toEqual([2, expect.stringContaining('fairness of a specification')])
  })

  it.skipIf(!isCI)('has a side that is skipped where it has no specification, which is no pass (needs CI)', () => {
    ensureBuilt()
    const bare = makeTempDir('mutate-bare')
    try {
      cpSync(workspace, bare, { recursive: true })
      const index = join(bare, 'sleeper', 'index.ts')
      writeFileSync(index, readFileSync(index, 'utf8').replace("  module: 'Sleeper',\n", ''))
      const { status, stdout } = spawnSync(
        process.execPath,
        [join(packageRoot(), 'bin', 'lockstep.mjs'), 'mutate', '--kind', 'property'],
        { cwd: bare, encoding: 'utf8' },
      )
      expect([status, stdout]).toEqual([3, expect.stringMatching(/^skipped, of the specification's side: /m)])
    } finally {
      removeTempDir(bare)
    }
  })

  it.skipIf(!isCI)('is mutated by the command, on worker threads (needs CI)', () => {
    ensureBuilt()
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(packageRoot(), 'bin', 'lockstep.mjs'), 'mutate', 'sleeper', '--side', 'machine', '--kind', 'property'],
      { cwd: workspace, encoding: 'utf8' },
    )
    expect([status, stdout]).toEqual([0, expect.stringMatching(/machine property +3 +3 /)])
  })
})
