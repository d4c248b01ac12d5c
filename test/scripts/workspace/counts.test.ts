/** What `check --write` writes: numbers that engines agree on, and nothing else. */

import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkWithExplorer } from '../../../impl/lib/check/explorer.ts'
import type { ModelResult } from '../../../impl/lib/check/result.ts'
import { modelResult } from '../../../impl/lib/check/result.ts'
import { makeTempDir, removeTempDir } from '../../../scripts/node/tempdir.ts'
import { outputFor } from '../../../scripts/ui/output.ts'
import { findWorkspace } from '../../../scripts/workspace/config.ts'
import { writeCounts } from '../../../scripts/workspace/counts.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { openProject } from '../../../scripts/workspace/project.ts'

let root = ''
beforeAll(() => {
  root = makeTempDir('counts')
  cpSync(join(packageRoot(), 'test', 'fixtures', 'workspace'), root, { recursive: true })
  rmSync(join(root, 'sleeper', 'sleeper.counts.json'))
})
afterAll(() => {
  removeTempDir(root)
})

const counts = (): unknown => JSON.parse(readFileSync(join(root, 'sleeper', 'sleeper.counts.json'), 'utf8'))

describe('writeCounts', () => {
  it('writes what was counted, keeps what was not, and says what changes', async () => {
    const said: string[] = []
    const out = { ...outputFor(true), note: (text: string) => void said.push(text) }
    const write = async (names: readonly string[], more: (result: ModelResult) => readonly ModelResult[]) => {
      const project = await openProject(findWorkspace(root))
      const models = project.models.filter(({ stem }) => names.includes(stem))
      const results = models.flatMap((model) =>
        more(modelResult({ ...model, counts: undefined }, checkWithExplorer(model))),
      )
      writeCounts(out, models, results, project.modelsOf)
    }
    await write(['mb.tso'], (result) => [result])
    expect(counts()).toEqual({ 'mb.tso': { distinctStates: 50, totalStates: 78, stateDepth: 12 } })
    expect(said[0]).toBe('sleeper/mb.tso: distinctStates not counted -> 50')
    // of these one engine has another number, and the other no whole graph
    await write(['posted.sc'], (result) => [result, { ...result, generatedStates: 27 }])
    await write(['posted.tso'], (result) => [{ ...result, distinctStates: null }])
    expect(Object.keys(counts() as object)).toEqual(['mb.tso'])
    expect(said.slice(-2)).toEqual([
      'sleeper/posted.sc: not counted: engines differ in totalStates: 26, 27',
      'sleeper/posted.tso: not counted: no engine has its whole graph',
    ])
    await write(['mb.sc'], (result) => [result])
    expect(Object.keys(counts() as object)).toEqual(['mb.sc', 'mb.tso'])
  })
})
