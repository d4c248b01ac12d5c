/** Bad input from outside, as a user meets it: one clear error, its exit code, and nothing of the others lost. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../../effort.ts'
import { lineJsonSchema, parseLine } from '../../../impl/lib/validate/event.ts'
import { parseMap } from '../../../impl/lib/validate/map.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import { makeTempDir, removeTempDir } from '../../../scripts/node/tempdir.ts'
import type { LogOptions } from '../../../impl/lib/validate/validator.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, project } from '../../project.ts'

const root = packageRoot()
const MODEL = 'flush-inhibit/posted.sc'
const GOOD = `traces/${MODEL}.accepted.ndjson`
const REJECTED = `traces/${MODEL}.rejected.ndjson`
const ARGS = [join(root, 'bin', 'lockstep.mjs'), 'validate']

let directory = ''
beforeAll(() => {
  directory = makeTempDir('input')
})
afterAll(() => {
  removeTempDir(directory)
})

const fileOf = (name: string, text: string): string => {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

const lockstep = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...ARGS, ...args], { encoding: 'utf8', cwd: root })
  return { status, stdout, stderr }
}

interface Document {
  readonly ok: boolean
  readonly error?: { readonly code: string; readonly file: string; readonly line: number; readonly column: number }
  readonly logs: readonly { readonly file: string; readonly verdict: string; readonly notes: readonly string[] }[]
}

describe('a bad log among several', () => {
  // what is before the bad line is as it should be: a rejection would stand, whatever came after it
  const [header = ''] = readFileSync(join(root, GOOD), 'utf8').split('\n')
  const bad = (): string => fileOf('bad.ndjson', `${header}\n{"action":1}\n`)

  it('does not hide the others, and is in the reports: exit 2', () => {
    const [junit, log] = [join(directory, 'junit.xml'), bad()]
    const { status, stdout, stderr } = lockstep(MODEL, log, GOOD, REJECTED, '--json', '--junit', junit)
    const { ok, error, logs } = JSON.parse(stdout) as Document
    expect([status, stderr, ok]).toEqual([2, '', false])
    expect(error).toMatchObject({ code: 'bad-log', file: log, line: 2, column: 2 })
    expect(logs.map(({ file, verdict }) => [file, verdict])).toEqual([
      [log, 'incomplete'],
      [GOOD, 'accepted'],
      [REJECTED, 'rejected'],
    ])
    expect(logs[0]?.notes[0]).toContain('line 2: ')
    expect(readFileSync(junit, 'utf8')).toContain('tests="3" failures="1" errors="1"')
  })

  it.runIf(isCI)('alone takes the place of an old report, and is an error: exit 2 (needs CI)', () => {
    const [junit, sarif, log] = [join(directory, 'old.xml'), join(directory, 'old.sarif'), bad()]
    writeFileSync(junit, 'stale')
    for (const more of [[], ['--design', 'any']]) {
      const { status, stdout, stderr } = lockstep(MODEL, log, '--github', '--junit', junit, '--sarif', sarif, ...more)
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^lockstep: .*bad\.ndjson:2:2: /)])
      expect(stdout).toMatch(/^::error file=.*bad\.ndjson,line=2,col=2,title=No log::/)
      expect(stdout).not.toContain('::warning')
      expect(readFileSync(junit, 'utf8')).toMatch(/line="2".*<error .*type="log-refused"/)
      expect(JSON.parse(readFileSync(sarif, 'utf8'))).toMatchObject({
        runs: [{ results: [{ ruleId: 'log-refused', level: 'error' }] }],
      })
    }
    expect(lockstep(MODEL, log, GOOD, '--github').stdout).toMatch(/^::error .*title=No log::/m)
  })

  it.runIf(isCI)('is told where it is, and at the end (needs CI)', () => {
    const { status, stdout, stderr } = lockstep(MODEL, GOOD, bad(), join(directory, 'missing'), GOOD)
    expect(status).toBe(2)
    expect(stdout.match(/allows all 40/g)).toHaveLength(2)
    expect(stdout).toMatch(/bad\.ndjson:2:2: no log: /)
    expect(stdout).toMatch(/missing: no log: cannot read the log: no such file/)
    expect(stderr).toMatch(/^lockstep: .*bad\.ndjson:2:2: /)
  })

  it.runIf(isCI)('does not hide the others from --design any (needs CI)', () => {
    const step = '{"action":"store","thread":"P0"}\n'
    const [log, good] = [fileOf('bad.ndjson', `${step}{"action":1}\n`), fileOf('good.ndjson', step)]
    const { status, stdout } = lockstep('litmus', log, good, '--design', 'any', '--json')
    const { error, logs } = JSON.parse(stdout) as Document
    expect([status, error?.line]).toEqual([2, 2])
    expect(logs.some(({ file, verdict }) => file === good && verdict === 'accepted')).toBe(true)
  })
})

describe('input without an end', () => {
  const GIB = 2 ** 30

  it('a line of a gigabyte is refused when a megabyte of it is there', async () => {
    const child = spawn(process.execPath, [...ARGS, MODEL, '-', '--json'], { cwd: root })
    let [printed, written] = ['', 0]
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    const ended = once(child, 'close')
    // the reader goes away in the middle of it
    child.stdin.on('error', () => undefined)
    const piece = Buffer.alloc(2 ** 20, 'a')
    while (written < GIB && child.exitCode === null && !child.stdin.destroyed) {
      written += piece.length
      if (!child.stdin.write(piece)) await Promise.race([once(child.stdin, 'drain').catch(() => undefined), ended])
    }
    child.stdin.destroy()
    expect(await ended).toEqual([2, null])
    expect(JSON.parse(printed)).toMatchObject({ error: { code: 'line-too-long', line: 1, column: 2 ** 20 + 1 } })
    expect(written).toBeLessThan(GIB / 16)
  })

  it.skipIf(process.platform === 'win32')('a fifo that never ends: SIGINT gives the result so far', async () => {
    const fifo = join(directory, 'fifo')
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
    const child = spawn(process.execPath, [...ARGS, MODEL, fifo, '--json'], { cwd: root })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    const ended = once(child, 'close')
    // opens when it is being read
    const writer = await open(fifo, 'w')
    await writer.write(`${readFileSync(join(root, GOOD), 'utf8').split('\n').slice(0, 5).join('\n')}\n`)
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    await writer.close()
    expect(JSON.parse(printed)).toMatchObject({ ok: false, verdict: 'incomplete', accepted: false })
  })
})

describe('what cannot be done', () => {
  it.runIf(isCI)('a report in place of the log: exit 2, and the log is as it was (needs CI)', () => {
    const text = readFileSync(join(root, GOOD), 'utf8')
    const log = fileOf('own.ndjson', text)
    for (const option of ['--junit', '--sarif', '--summary']) {
      const { status, stderr } = lockstep(MODEL, log, option, log)
      expect([option, status, stderr]).toEqual([option, 2, expect.stringContaining(`${option}: it is ${log}`)])
    }
    const stdin = ['-c', 'exec "$@" <"$0"', log, process.execPath, ...ARGS, MODEL, '-', '--junit', log]
    if (process.platform !== 'win32') expect(spawnSync('sh', stdin, { cwd: root }).status).toBe(2)
    expect(readFileSync(log, 'utf8')).toBe(text)
  })

  it('stdin twice: exit 2', () => {
    const { status, stderr } = lockstep(MODEL, '-', '-')
    expect([status, stderr]).toEqual([2, expect.stringContaining('stdin can be read once only')])
  })

  it.skipIf(!existsSync('/dev/full') || !isCI)(
    'an answer that cannot be written: exit 3 and one line (needs CI)',
    () => {
      const full = openSync('/dev/full', 'w')
      for (const more of [[], ['--json']]) {
        const { status, stderr } = spawnSync(process.execPath, [...ARGS, MODEL, GOOD, ...more], {
          encoding: 'utf8',
          cwd: root,
          stdio: ['ignore', full, 'pipe'],
        })
        expect([status, stderr]).toEqual([3, expect.stringMatching(/^lockstep: cannot write to stdout: .*\n$/)])
      }
      closeSync(full)
    },
  )
})

it('a trace that means nothing without a map says so', () => {
  const file = fileOf('trace.txt', ' CPU 0/KVM-2119 [001] d..1. 1.000000: kvm_entry: vcpu 0, rip 0x1\n')
  const { status, stderr } = lockstep(MODEL, file)
  expect(status).toBe(2)
  expect(stderr).toMatch(
    /trace\.txt: nothing in the log means anything to the model, not mapped: kvm_entry \(1\)\n +--map/,
  )
})

const isLine = new Ajv2020.default({ strict: false }).compile(lineJsonSchema() as object)

describe('a line', () => {
  const place = (text: string): unknown => {
    const parsed = parseLine(text, 7)
    return 'message' in parsed ? [parsed.line, parsed.column, parsed.message] : parsed
  }

  it('with a number that is not exact is refused, wherever it is', () => {
    const beyond = 'a number beyond 2^53 is not exact'
    expect(place('{"action":"a","result":9007199254740993}')).toEqual([7, 15, `result: ${beyond}`])
    expect(place('{"action":"a","result":[0,9007199254740993]}')).toEqual([7, 15, `result.1: ${beyond}`])
    expect(place('{"action":"a","result":{"b":-9007199254740993}}')).toEqual([7, 25, `result.b: ${beyond}`])
    expect(place('{"action":"a","result":9007199254740991}')).toMatchObject({ result: 9007199254740991 })
  })

  it.each<[string, number, string]>([
    ['# tracer: nop', 1, 'not JSON: unexpected "#"'],
    ['{"action":x}', 11, 'not JSON: unexpected "x"'],
    [`{"action":"${'a'.repeat(5000)}","thread":\u001b[31m}`, 5023, 'not JSON: unexpected "\\u001b"'],
    ['{"lost":nulx}', 12, 'not JSON: unexpected "x"'],
    ['{"action":"a"', 14, 'the line ends in the middle of its JSON'],
    ['{"action":"a","lost":tru', 25, 'the line ends in the middle of its JSON'],
    ['{"action":"x', 13, 'the line ends in the middle of its JSON'],
  ])('that is not JSON says where: %s', (text, column, message) => {
    expect(place(text)).toEqual([7, column, message])
  })

  it.each(['result', 'state', 'lockstep', 'other'])('nested without end in %s is refused', (key) => {
    const text = `{"action":"a","${key}":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(place(text)).toEqual([7, 1, 'nested more than 64 deep'])
  })

  it.each([65, 70, 100, 2000])('nested %i deep is refused, however short and whatever else is wrong', (depth) => {
    const nest = `${'['.repeat(depth)}${']'.repeat(depth)}`
    for (const text of [`{"action":"a","result":${nest}}`, `{"foo":1,"result":${nest}}`, `{"lockstep":${nest}}`]) {
      expect(place(text)).toEqual([7, 1, 'nested more than 64 deep'])
    }
  })

  it('nested 64 deep is not', () => {
    const text = `{"action":"a","result":${'['.repeat(64)}${']'.repeat(64)}}`
    expect(parseLine(text, 7)).toMatchObject({ action: 'a' })
  })

  it.each([
    ['{"lost":1,"action":"a"}', 2, /^lost: nothing can be claimed/],
    ['{"lost":1,"state":{"a":1}}', 2, /^lost: /],
    ['{"lost":1,"result":1}', 2, /^lost: /],
    ['{"state":{"a":1},"result":7}', 18, /^result: the result of which action/],
  ])('a claim that would be dropped is refused: %s', (text, column, message) => {
    expect(parseLine(text, 7)).toMatchObject({ line: 7, column, message })
    // and the schema for editors says the same
    expect(isLine(JSON.parse(text))).toBe(false)
  })

  it.each([
    ['{"action":"a","action":"b","thread":"vcpu0"}', 15, 'action: it is there twice'],
    ['{"action":"a", "\\u0061ction":"a"}', 16, 'action: it is there twice'],
    ['{"action":"a","state":{"x":1,"y":{"z":":","z":1}}}', 43, 'z: it is there twice'],
    ['{"action":"a","result":[{"b":"\\":","b":2}]}', 36, 'b: it is there twice'],
    ['{"lockstep":"log","version":1,"order":"total","order":"per-cpu"}', 47, 'order: it is there twice'],
    ['{"action":"a","x":{"y":1,"y":2}}', 26, 'y: it is there twice'],
    ['{"action":"a","result":{"__proto__":1},"action":"a"}', 40, 'action: it is there twice'],
  ])('with a key twice is refused: %s', (text, column, message) => {
    expect(place(text)).toEqual([7, column, message])
    expect(parseLine(text, 1)).toMatchObject({ line: 1, column, message })
  })

  it('with colons and quotes in strings has no key twice', () => {
    const text = '{"action":"a\\":","result":{"a:\\\\":{"a":":"},"b":[{"a":1},{"a":"\\\\"}]}}'
    expect(place(text)).toEqual({ line: 7, ...(JSON.parse(text) as object) })
  })

  it('lost events may have a lane and a time', () => {
    const text = '{"lost":1,"thread":"vcpu0","lane":"a","seq":1,"time":2}'
    expect(parseLine(text, 7)).toMatchObject({ lost: 1, thread: 'vcpu0', lane: 'a' })
    expect([isLine(JSON.parse(text)), isLine({ action: 'a', result: 1 })]).toEqual([true, true])
  })
})

describe('the first log of the documents', () => {
  const text = readFileSync(join(root, 'docs', 'log-format.md'), 'utf8')
  const block = (name: string): string[] => {
    const [, found] = new RegExp(`<!-- ${name} -->\\n\\n\`\`\`\\w+\\n([^]*?)\\n\`\`\``).exec(text) ?? []
    if (found === undefined) throw new Error(`no ${name} in the documents`)
    return found.split('\n')
  }
  const NAME = 'poll-kick/clear-recheck.tso'
  const validator = logValidator(oneModel(loadModels(), NAME), project)
  const verdict = async (lines: readonly string[], options: Partial<LogOptions> = {}): Promise<unknown> => {
    const { verdict: found, divergence } = await validator.validate([{ firstLine: 1, lines }], {
      file: 'log',
      ...options,
    })
    return divergence === null ? found : [found, divergence.line]
  }

  it('is what they say', async () => {
    const [run = '', request = '', pending = ''] = block('first')
    expect(await verdict([run, request, pending])).toBe('accepted')
    expect(await verdict([run, pending, request])).toEqual(['rejected', 2])
    expect(await verdict([run, pending])).toEqual(['rejected', 2])
    expect(await verdict([run, pending], { unlogged: ['kvm_make_request'] })).toBe('accepted')
    expect(await verdict([run, pending], { unlogged: 'any' })).toBe('accepted')
    // of a system that was running before
    expect(await verdict([pending])).toEqual(['rejected', 1])
    expect(await verdict(['{"lost":1}', pending])).toBe('accepted')
  })

  it('and events are what it shows', async () => {
    const lines = block('events')
    expect(await verdict(lines)).toBe('accepted')
    for (const state of [{ 'mode[0]': 'IN_GUEST_MODE' }, { mode: { 0: 'IN_GUEST_MODE' } }, { kicked: true }]) {
      expect(await verdict(['{"lost":1}', JSON.stringify({ state })])).toBe('accepted')
    }
    // the step sets kicked
    expect(await verdict(lines.map((line) => line.replace('"kicked":true', '"kicked":false')))).toEqual(['rejected', 2])
  })

  it('and markers', async () => {
    const [, code = ''] = /```c\n([^]*?)```/.exec(text) ?? []
    const markers = [...code.matchAll(/"lockstep: ([^"]*?)(?:\\n)?"/g)].map(([, marker = '']) => marker)
    expect(markers).toHaveLength(2)
    // %d of a bool prints 0 or 1
    for (const old of ['0', '1']) {
      for (const marker of markers) {
        const said = marker.replace('source%d', 'source1').replace('%d', old)
        const lines = [` qemu-2100 [002] ..... 1.5: bprint: f: lockstep: ${said}`]
        expect([said, await verdict(lines, { unlogged: 'any' })]).toEqual([said, 'accepted'])
      }
    }
    const lines = ['state.kicked=1', 'state.mode[0]=IN_GUEST_MODE'].map(
      (s) => ` a-1 [002] ..... 1.5: f: lockstep: ${s}`,
    )
    expect(await verdict(lines, { unlogged: 'any' })).toBe('accepted')
  })

  it('and a map', async () => {
    const [, source = ''] = /```json\n(\{\n {2}"version": 1,\n[^]*?)```/.exec(text) ?? []
    const map = parseMap(source, 'log-format.md')
    const events = ['kvm_entry: vcpu 0, rip 0x1', 'kvm_exit: vcpu 0 reason VMCALL', 'kvm_hypercall: nr 0x1']
    const lines = [...events, ...events].map((event, i) => ` CPU 0/KVM-2119 [001] d..1. 1.${100_000 + i}: ${event}`)
    expect(await verdict(lines, { map, unlogged: 'any' })).toBe('accepted')
  })

  it('and the first trace', async () => {
    const file = 'spec/poll-kick/maps/kvm-tracepoints.json'
    const map = parseMap(readFileSync(join(root, file), 'utf8'), file)
    const lines = block('ftrace')
    for (const order of ['total', 'per-cpu'] as const) {
      expect(await verdict(lines, { map, order, unlogged: 'any' })).toBe('accepted')
      expect(await verdict(lines, { map, order })).toEqual(['rejected', 1])
    }
    // the marker says something: it is not the vCPU that kicks
    const other = lines.map((line) => line.replace('thread=source1', 'thread=vcpu0'))
    expect(other).not.toEqual(lines)
    expect(await verdict(other, { map, unlogged: 'any' })).toEqual(['rejected', 3])
  })
})
