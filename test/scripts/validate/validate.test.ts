/** The validator against a plain search over the explored graph, and `lockstep validate` as a command. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { threadName } from '../../../impl/lib/kernel/language/machine.ts'
import type { Json } from '../../../impl/lib/validate/json-codec.ts'
import { Fields } from '../../../impl/lib/validate/json-codec.ts'
import type { SampleEvent } from '../../../impl/lib/validate/sample.ts'
import { logLines, randomFrom, sampleEvents } from '../../../impl/lib/validate/sample.ts'
import { graphOf } from '../../../impl/lib/check/explorer.ts'
import { everydayShare, isCI } from '../../effort.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, project } from '../../project.ts'

const models = loadModels()
const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)
const RUNS = isCI ? 80 : 5

/** The answer by hand: every state of the graph, every order of the lanes, nothing remembered but what was seen. */
class Plain {
  private readonly graph
  private readonly fields: Fields

  constructor(name: string) {
    const model = models.find((m) => m.name === name)
    if (model === undefined) throw new Error(`no model ${name}`)
    this.graph = graphOf(model)
    this.fields = new Fields(this.graph.kernel)
  }

  get walk() {
    return (options: Parameters<typeof sampleEvents>[2]) => sampleEvents(this.graph.kernel, this.fields, options)
  }

  private edges(state: number): { step: number; target: number }[] {
    const { edgeStart, edgeTarget, edgeStep } = this.graph
    const out: { step: number; target: number }[] = []
    for (let e = edgeStart?.[state] ?? 0; e < (edgeStart?.[state + 1] ?? 0); e++)
      out.push({ step: edgeStep?.[e] ?? -1, target: edgeTarget?.[e] ?? -1 })
    return out
  }

  private fits(event: SampleEvent, step: number, target: number): boolean {
    const { kernel, states } = this.graph
    const info = kernel.steps[step]
    const id = kernel.compiled.machine.threads[info?.thread ?? -1]?.id
    if (kernel.actions[info?.action ?? -1] !== event.action) return false
    if (id === undefined || threadName(id) !== event.thread) return false
    if (event.result !== undefined && JSON.stringify(event.result) !== JSON.stringify(info?.result)) return false
    const has = this.fields.read(states, target * kernel.layout.words)
    return Object.entries(event.state ?? {}).every(([name, v]) => JSON.stringify(has[name]) === JSON.stringify(v))
  }

  accepts(lanes: readonly (readonly SampleEvent[])[], anyUnlogged: boolean): boolean {
    const seen = new Set<string>()
    const todo = [{ at: lanes.map(() => 0), state: 0 }]
    for (let here = todo.pop(); here !== undefined; here = todo.pop()) {
      const { at, state } = here
      if (at.every((n, l) => n === lanes[l]?.length)) return true
      const add = (next: typeof here): void => {
        const key = `${next.at.join()} ${next.state}`
        if (!seen.has(key)) todo.push(next)
        seen.add(key)
      }
      for (const { step, target } of this.edges(state)) {
        if (anyUnlogged) add({ at, state: target })
        lanes.forEach((lane, l) => {
          const event = lane[at[l] ?? 0]
          if (event !== undefined && this.fits(event, step, target))
            add({ at: at.map((n, i) => (i === l ? n + 1 : n)), state: target })
        })
      }
    }
    return false
  }
}

/** Puts a fault into a log, or none. */
const altered = (events: readonly SampleEvent[], random: () => number): SampleEvent[] => {
  const i = Math.floor(random() * events.length)
  const [a, b] = [events[i], events[i + 1]]
  switch (Math.floor(random() * 4)) {
    case 0:
      return events.toSpliced(i, 1)
    case 1:
      return a === undefined || b === undefined ? [...events] : events.toSpliced(i, 2, b, a)
    case 2: {
      const other = events[Math.floor(random() * events.length)]
      if (a === undefined || other === undefined) return [...events]
      const { action, result } = other
      // a result that the action never has is bad input
      if ((result === undefined) !== (a.result === undefined)) return [...events]
      return events.toSpliced(i, 1, { ...a, action, ...(result === undefined ? {} : { result }) })
    }
    default:
      return [...events]
  }
}

describe.each(['flush-inhibit/args-checked.sc', 'poll-kick/posted.sc', 'litmus/isa2.sc'])('%s', (name) => {
  const plain = new Plain(name)
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  const validator = logValidator(model, project)
  const both = async (
    events: readonly SampleEvent[],
    order: 'total' | 'per-cpu',
    unlogged: boolean,
  ): Promise<{ readonly ours: boolean; readonly theirs: boolean }> => {
    const byLane = [...new Set(events.map(({ thread }) => thread))].map((t) => events.filter((e) => e.thread === t))
    const lines = logLines({ order, ...(unlogged ? { unlogged: 'any' } : {}) }, events)
    const { accepted } = await validator.validate([{ firstLine: 1, lines }], { file: 'test' })
    return { ours: accepted, theirs: plain.accepts(order === 'total' ? [events] : byLane, unlogged) }
  }

  it(`gives the plain answer on altered logs (VALIDATE_SEED=${seed})`, async () => {
    let rejected = 0
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      fc.constantFrom('total' as const, 'per-cpu' as const),
      fc.boolean(),
      fc.constantFrom(0, 0.5, 1),
      async (walk, order, unlogged, blank) => {
        const random = randomFrom(walk)
        const steps = 4 + Math.floor(random() * 10)
        const events = altered(
          plain.walk({
            seed: walk,
            steps,
            blank: Math.min(blank, 0.9),
            stateless: blank === 1,
            missing: unlogged ? 0.3 : 0,
          }),
          random,
        )
        fc.pre(events.length > 0)
        const { ours, theirs } = await both(events, order, unlogged)
        if (!theirs) rejected += 1
        expect(ours).toBe(theirs)
      },
    )
    // few logs of a small model may all be ones that it allows: then more of them
    for (let more = 0; more < 20 && (more === 0 || rejected === 0); more++) {
      await fc.assert(property, { seed: seed + more, numRuns: RUNS })
    }
    // a comparison in which nothing is ever rejected compares nothing
    expect(rejected).toBeGreaterThan(0)
  })
})

describe('a log that is cut short', () => {
  const model = models.find((m) => m.name === 'flush-inhibit/posted.sc')
  if (model === undefined) throw new Error('no model flush-inhibit/posted.sc')
  const text = (kind: string): string[] =>
    readFileSync(join(packageRoot(), 'traces', 'flush-inhibit', `posted.sc.${kind}.ndjson`), 'utf8')
      .trimEnd()
      .split('\n')

  it.each(['accepted', 'lanes.accepted'])('by a signal is incomplete, not accepted (%s)', async (kind) => {
    const controller = new AbortController()
    const read = function* (): Generator<{ firstLine: number; lines: string[] }> {
      yield { firstLine: 1, lines: text(kind).slice(0, 10) }
      // the reader ends without an error
      controller.abort()
    }
    const result = await logValidator(model, project).validate(read(), { file: 'fifo', signal: controller.signal })
    expect([result.verdict, result.ok, result.events]).toEqual(['incomplete', false, 9])
  })

  it.runIf(isCI)('by a lane that lost its last events may have done anything there (needs CI)', async () => {
    const lines = text('lanes.accepted')
    const lanes = [...new Set(lines.slice(1).map((line) => (JSON.parse(line) as { lane: string }).lane))]
    const verdict = async (lost: string, mark: boolean): Promise<string> => {
      const kept = lines.filter((line) => !line.includes(`"lane":"${lost}"`))
      const gap = mark ? [JSON.stringify({ lost: 1, lane: lost })] : []
      return (await logValidator(model, project).validate([{ firstLine: 1, lines: [...kept, ...gap] }], { file: 'x' }))
        .verdict
    }
    const without = await Promise.all(lanes.map((lane) => verdict(lane, false)))
    expect(without).toContain('rejected')
    for (const lane of lanes) expect([lane, await verdict(lane, true)]).toEqual([lane, 'accepted'])
  })
})

describe('lockstep validate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-validate-'))
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })
  const root = packageRoot()
  const lockstep = (args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), 'validate', ...args], {
      encoding: 'utf8',
      input,
      cwd: root,
    })
  const MODEL = 'flush-inhibit/posted.sc'
  const good = readFileSync(join(root, 'traces', `${MODEL}.accepted.ndjson`), 'utf8')
  const lines = good.trimEnd().split('\n')
  const refused = (text: string | Buffer, ...args: string[]): unknown => {
    const file = join(directory, 'log.ndjson')
    writeFileSync(file, text)
    const { status, stdout, stderr } = lockstep([MODEL, file, '--json', ...args])
    expect(stderr).toBe('')
    const { error } = JSON.parse(stdout) as { error?: Record<string, unknown> }
    return { status, code: error?.['code'], line: error?.['line'] }
  }

  it('accepts a good log: exit 0', () => {
    const { status, stdout } = lockstep([MODEL, '-', '--json'], good)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, accepted: true, model: MODEL, divergence: null })
  })

  it('rejects a bad one: exit 1, with line, allowed steps, blame, and reports for CI', () => {
    const junit = join(directory, 'junit.xml')
    const sarif = join(directory, 'log.sarif')
    const file = `traces/${MODEL}.rejected.ndjson`
    const { status, stdout } = lockstep([MODEL, file, '--json', '--junit', junit, '--sarif', sarif])
    expect(status).toBe(1)
    const result = JSON.parse(stdout) as { divergence: { line: number; allowed: unknown[]; blame: unknown[] } }
    expect(result.divergence.line).toBe(26)
    expect(result.divergence.allowed.length).toBeGreaterThan(0)
    expect(result.divergence.blame.length).toBeGreaterThan(0)
    expect(readFileSync(junit, 'utf8')).toContain('<failure')
    expect(readFileSync(sarif, 'utf8')).toContain('"startLine": 26')
    expect(lockstep([MODEL, file, '--github']).stdout).toContain(`::error file=${file},line=26`)
  })

  it.runIf(isCI)('says which one event would make the log acceptable (needs CI)', () => {
    const twice = lines.toSpliced(12, 0, lines[12] ?? '').join('\n')
    const { status, stdout } = lockstep([MODEL, '-', '--json'], twice)
    expect(status).toBe(1)
    const { divergence } = JSON.parse(stdout) as { divergence: { line: number; repairs: unknown[] } }
    expect(divergence.line).toBe(14)
    expect(divergence.repairs).toContainEqual({ kind: 'drop', line: 14 })
  })

  it.runIf(isCI)('bridges a gap that the log itself reports (needs CI)', () => {
    const gap = lines.toSpliced(10, 3, JSON.stringify({ lost: 3 })).join('\n')
    const { status, stdout } = lockstep([MODEL, '-', '--json'], gap)
    expect([status, (JSON.parse(stdout) as { gaps: number }).gaps]).toEqual([0, 1])
    expect(lockstep([MODEL, '-', '--json'], lines.toSpliced(10, 3).join('\n')).status).toBe(1)
  })

  const ofDesigns = everydayShare(['poll-kick/clear-recheck.sc', MODEL], (name) => name !== MODEL)
  it.runIf(isCI).each(ofDesigns)(
    'tells the designs that allow a log of %s from those that do not (flush-inhibit in CI) (needs CI)',
    (name) => {
      const log = `traces/${name}.accepted.ndjson`
      const { status, stdout } = lockstep([name.replace(/\/.*/, ''), log, '--design', 'any', '--json'])
      expect(status).toBe(0)
      const { logs } = JSON.parse(stdout) as { logs: { model: string; accepted: boolean }[] }
      const accepting = logs.filter(({ accepted }) => accepted).map(({ model }) => model)
      expect(accepting).toContain(name)
      expect(accepting.length).toBeLessThan(logs.length)
    },
  )

  it('never shows as a pass what did not end', () => {
    const { status, stdout } = lockstep([MODEL, '-', '--json', '--unlogged', 'any', '--max-states', '10'], good)
    expect(status).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, accepted: false, verdict: 'incomplete' })
  })

  it.each(
    everydayShare<[string, string, unknown]>(
      [
        ['an empty log', '', { code: 'empty-log' }],
        ['a header only', `${lines[0] ?? ''}\n`, { code: 'empty-log' }],
        ['a truncated line', `${lines.slice(0, 5).join('\n')}\n{"action":"x`, { code: 'bad-log', line: 6 }],
        ['an unknown action', `${lines[0] ?? ''}\n{"action":"nope"}`, { code: 'not-of-the-model', line: 2 }],
        ['a vCPU that the model does not have', '{"state":{"pc[vcpu9]":"x"}}', { code: 'not-of-the-model', line: 1 }],
        ['an unknown thread', '{"action":"kvm_check_request","thread":"vcpu9"}', { code: 'not-of-the-model', line: 1 }],
        [
          'an element with two values',
          '{"state":{"suspended":{"0":true},"suspended[0]":false}}',
          { code: 'not-of-the-model', line: 1 },
        ],
        ['an event that says nothing', '{"seq":1}', { code: 'bad-log', line: 1 }],
        ['a key twice', '{"action":"x","action":"kvm_check_request"}', { code: 'bad-log', line: 1 }],
        [
          'a key like __proto__',
          '{"__proto__":{"action":"x"},"action":"kvm_check_request"}',
          { code: 'bad-log', line: 1 },
        ],
        ['__proto__ in a state', '{"state":{"__proto__":1}}', { line: 1 }],
        [
          'a number beyond 2^53',
          '{"action":"kvm_check_request","time":99007199254740993}',
          { code: 'bad-log', line: 1 },
        ],
        ['a CPU out of range', '{"action":"kvm_check_request","cpu":70000}', { code: 'bad-log', line: 1 }],
      ],
      ([what]) => what === 'a truncated line' || what === 'an unknown action',
    ),
  )('refuses %s: exit 2 with the place (a share every day, all in CI)', (_what, text, expected) => {
    expect(refused(text)).toMatchObject({ status: 2, ...(expected as Record<string, Json>) })
  })

  it.runIf(isCI)('refuses clocks that run backwards and sequence numbers that come twice (needs CI)', () => {
    const event = (more: object): string => JSON.stringify({ ...(JSON.parse(lines[1] ?? '') as object), ...more })
    const other = (more: object): string => JSON.stringify({ ...(JSON.parse(lines[2] ?? '') as object), ...more })
    expect(refused([event({ time: 2 }), other({ time: 1 })].join('\n'))).toMatchObject({ code: 'bad-order', line: 2 })
    const twice = [event({ lane: 'a', seq: 1 }), other({ lane: 'a', seq: 1 })].join('\n')
    expect(refused(twice)).toMatchObject({ status: 2, code: 'bad-order', line: 2 })
  })
})
