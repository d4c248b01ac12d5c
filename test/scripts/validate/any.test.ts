/** `lockstep validate --design any`: every design is asked, each log needs one, and all outputs say the same. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badInput } from '../../../impl/lib/kernel/error.ts'
import { githubAnnotations } from '../../../impl/lib/report/validation/annotations.ts'
import { junitReport } from '../../../impl/lib/report/validation/junit.ts'
import { markdownSummary } from '../../../impl/lib/report/validation/markdown.ts'
import { sarifReport } from '../../../impl/lib/report/validation/sarif.ts'
import type { Validation } from '../../../impl/lib/validate/result.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { makeTempDir, removeTempDir } from '../../../scripts/node/tempdir.ts'
import { askAll, checkUnlogged, designsOf, oneAnswer } from '../../../impl/lib/validate/any-design.ts'
import { accepted, incomplete, rejected } from './sample.ts'
import { isCI } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, project } from '../../project.ts'

const root = packageRoot()
const ARGS = [join(root, 'bin', 'lockstep.mjs'), 'validate']

let directory = ''
beforeAll(() => {
  directory = makeTempDir('any')
})
afterAll(() => {
  removeTempDir(directory)
})

const fileOf = (name: string, events: readonly object[]): string => {
  const file = join(directory, name)
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  return file
}

interface Document {
  readonly ok: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly logs?: readonly { readonly file: string; readonly model: string; readonly verdict: string }[]
}

const lockstep = (...args: readonly string[]): { status: number | null; document: Document } => {
  const { status, stdout } = spawnSync(process.execPath, [...ARGS, ...args, '--design', 'any', '--json'], {
    encoding: 'utf8',
    cwd: root,
  })
  return { status, document: JSON.parse(stdout) as Document }
}

const store = { action: 'store', thread: 'P0' }

describe('the command', () => {
  it.runIf(isCI)('wants a design for each log, not for one of them (needs CI)', () => {
    const good = fileOf('good.ndjson', [store])
    const bad = fileOf('bad.ndjson', [store, store, store])
    const { status, document } = lockstep('litmus', good, bad)
    expect([status, document.ok]).toEqual([1, false])
    const verdicts = (file: string): string[] =>
      (document.logs ?? []).filter((log) => log.file === file).map(({ verdict }) => verdict)
    expect(verdicts(good)).toContain('accepted')
    expect(new Set(verdicts(bad))).toEqual(new Set(['rejected']))
  })

  it('takes --unlogged of one design, and refuses what none has', () => {
    const log = fileOf('good.ndjson', [store])
    // few tests have an exchange
    expect(lockstep('litmus', log, '--unlogged', 'xchg').status).toBe(0)
    const { status, document } = lockstep('litmus', log, '--unlogged', 'xchq')
    expect([status, document.error?.code]).toEqual([2, 'unknown-action'])
    expect(document.error?.message).toMatch(/no design of litmus has an action "xchq"/)
  })

  it.skipIf(process.platform === 'win32')('does not read longer than --timeout', async () => {
    const fifo = join(directory, 'fifo')
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
    const args = [...ARGS, 'litmus', fifo, '--design', 'any', '--timeout', '1', '--json']
    const child = spawn(process.execPath, args, { cwd: root })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    const ended = once(child, 'close')
    const writer = await open(fifo, 'w')
    await writer.write(`${JSON.stringify(store)}\n`)
    expect(await ended).toEqual([3, null])
    await writer.close()
    expect(JSON.parse(printed)).toMatchObject({ ok: false, logs: [{ file: fifo, verdict: 'incomplete' }] })
  })

  it.runIf(isCI)('has reports that say what the exit code says (needs CI)', () => {
    const [junit, sarif] = [join(directory, 'a.xml'), join(directory, 'a.sarif')]
    const log = 'traces/poll-kick/harness-posted.rejected.ndjson'
    const files = ['--github', '--junit', junit, '--sarif', sarif]
    const { status, stdout } = spawnSync(process.execPath, [...ARGS, 'poll-kick', log, '--design', 'any', ...files], {
      encoding: 'utf8',
      cwd: root,
    })
    expect(status).toBe(0)
    expect(stdout).not.toContain('::error')
    const xml = readFileSync(junit, 'utf8')
    expect(xml).toContain('tests="1" failures="0" errors="0"')
    expect(xml).toMatch(/of 50 allow it: .*poll-kick\/posted\.sc/)
    const { runs } = JSON.parse(readFileSync(sarif, 'utf8')) as { runs: { results: unknown[] }[] }
    expect(runs[0]?.results).toEqual([])
  })
})

describe('who is asked', () => {
  const models = loadModels()

  it('is every design with every memory model, by its shortest name', () => {
    for (const protocol of new Set(models.map((m) => m.protocol.name))) {
      const all = models.filter((m) => m.protocol.name === protocol)
      const key = (m: Model): string => `${m.design}.${m.memory}`
      const asked = designsOf(models, protocol).flatMap(([usual]) => (usual === undefined ? [] : [usual]))
      expect(asked.map(key).sort()).toEqual([...new Set(all.map(key))].sort())
      for (const usual of asked) {
        const shortest = Math.min(...all.filter((m) => key(m) === key(usual)).map(({ stem }) => stem.length))
        expect([usual.name, usual.stem.length]).toEqual([usual.name, shortest])
      }
    }
    const names = designsOf(models, 'flush-inhibit').map(([usual]) => usual?.name)
    expect(names).toContain('flush-inhibit/no-srcu.tso')
  })

  const of = { file: 'log', order: 'total' as const }
  const never = new AbortController().signal
  const lacks = (model: Model): never => {
    throw badInput({ code: 'not-of-the-model', message: `${model.name} has no vcpu9`, line: 3 })
  }
  const designs = designsOf(models, 'poll-kick')
  const larger = designs.find((sizes) => sizes.length > 1)?.[1]

  it('is a larger model of the design where the usual one lacks a thread', async () => {
    const results = await askAll(designs, of, never, (model) =>
      model === larger ? Promise.resolve({ ...accepted, model: model.name }) : lacks(model),
    )
    expect(results).toHaveLength(designs.length)
    expect(results.filter((r) => r.accepted).map(({ model }) => model)).toEqual([larger?.name])
    expect(results.find((r) => !r.accepted)?.notes[0]).toMatch(/^line 3: .* has no vcpu9$/)
  })

  it('is a larger model too before it is said that no design allows a log', async () => {
    const one = { ...rejected, model: 'p/one.sc' }
    const usual = new Set(designs.map(([first]) => first))
    const results = await askAll(designs, of, never, (model) =>
      // one size may lack what the usual one has
      model !== larger && !usual.has(model)
        ? lacks(model)
        : Promise.resolve(model === larger ? { ...accepted, model: model.name } : one),
    )
    expect(results).toHaveLength(designs.length)
    expect(results.filter((r) => r.accepted).map(({ model }) => model)).toEqual([larger?.name])
  })

  it('refuses what no design has', async () => {
    await expect(askAll(designs, of, never, lacks)).rejects.toMatchObject({ problem: { line: 3 } })
    expect(() => {
      checkUnlogged(['commit', 'smp_mbx'], designs, project)
    }).toThrow(/no design of poll-kick has an action "smp_mbx"/)
  })

  it('names those who were not asked when a signal came', async () => {
    const single = designs.filter((sizes) => sizes.length === 1)
    const stop = new AbortController()
    const results = await askAll(single, of, stop.signal, (model) => {
      stop.abort()
      return Promise.resolve({ ...rejected, model: model.name })
    })
    expect(results.map(({ verdict }) => verdict)).toEqual(single.map((_, i) => (i === 0 ? 'rejected' : 'incomplete')))
    expect(oneAnswer('poll-kick', results)).toMatchObject({ verdict: 'incomplete', accepted: false, ok: false })
  })
})

describe('the answer of all designs', () => {
  const no: Validation = { ...rejected, model: 'p/no.sc' }
  const yes: Validation = { ...accepted, model: 'p/yes.sc' }
  const unsure: Validation = { ...incomplete, model: 'p/unsure.sc' }

  it('is that of one that allows the log, else undecided if one is, else no', () => {
    expect(oneAnswer('p', [no, unsure, yes])).toMatchObject({ ok: true, verdict: 'accepted', model: 'p' })
    expect(oneAnswer('p', [no, unsure])).toMatchObject({ ok: false, verdict: 'incomplete' })
    const less = { ...no, model: 'p/less.sc', explained: 3 }
    const lacking = { ...no, model: 'p/lacking.sc', explained: 0, divergence: null }
    const answer = oneAnswer('p', [lacking, less, no])
    expect(answer).toMatchObject({ ok: false, verdict: 'rejected', explained: no.explained })
    expect(answer.notes[0]).toMatch(/p\/no\.sc, which explains the most/)
  })

  it('is not yes if two engines disagree about one of them', () => {
    const opinion = { engine: 'tlc', version: '2', accepted: false, explained: 1, seconds: 1, states: 1 } as const
    const ours = { accepted: true, explained: 40 }
    const doubtful: Validation = {
      ...unsure,
      oracle: { ...opinion, agrees: false, ours, resultsLeftOut: 0 },
    }
    expect(oneAnswer('p', [yes, doubtful]).verdict).toBe('incomplete')
  })

  it('is one case in each report, with every design', () => {
    const passed = [oneAnswer('p', [no, yes])]
    expect(githubAnnotations(passed)).toEqual([])
    expect(junitReport(passed)).toMatch(/1 of 2 allow it: p\/yes\.sc\n +1 of 2 do not allow it: p\/no\.sc \(line 13\)/)
    expect(markdownSummary(passed)).toContain('- Designs: 1 of 2 allow it&#58; p/yes.sc; 1 of 2 do not allow it')
    const failed = [oneAnswer('p', [no, no])]
    expect(githubAnnotations(failed)).toHaveLength(1)
    expect(junitReport(failed)).toContain('tests="1" failures="1" errors="0"')
    expect(JSON.parse(sarifReport(failed, { version: '1.0.0' }))).toMatchObject({
      runs: [{ results: [{ ruleId: 'log-rejected' }] }],
    })
  })
})
