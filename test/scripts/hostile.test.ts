/**
 * Whatever a name, a file, a log, a certificate, a trace or another program says, what leaves us on stdout and stderr is
 * text: nothing that a terminal obeys, no line that a CI runner takes for a command of ours. LOCKSTEP_FULL=1 tries each
 * hostile text in each place; otherwise one text has them all.
 */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inert, jsonText, printable, visible, visibleCommand } from '../../impl/lib/text/visible.ts'
import { isFull } from '../effort.ts'
import type { Left } from './inside.ts'
import { inside } from './inside.ts'
import { HOSTILE } from './validate/sample.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const MORE = [
  '\u009b31mred',
  '\u0085::error::next line',
  '\u2028::error::line separator',
  '\u2029::set-output name=x::y',
  '\r::error::carriage return',
  '\u200b::error::no width',
  '\ufeff::error::byte order mark',
  '\u00a0\u2003::error::wide blanks',
  '\u2066\u202eright to left',
  '\u001b]0;title\u0007',
  '\u0008\u0008\u0008back',
  '##vso[task.setvariable variable=a]b',
  '##[set-output name=x]y',
  '\n::set-output name=x::y\n::error::z',
]

const corpus = [...HOSTILE, ...MORE]

/** One text that has them all, but for the one that is only long. */
const everything = corpus.filter((text) => text.length < 200).join('\n')

const texts: readonly (readonly [string, string])[] = isFull
  ? corpus.map((text) => [JSON.stringify(text).slice(0, 60), text])
  : [['all', everything]]

const root = packageRoot()
const MODEL = 'litmus/sb.tso'
const certificate = JSON.parse(readFileSync(join(root, 'traces/litmus/sb.tso.certificate.json'), 'utf8')) as object
const trace = readFileSync(join(root, 'traces/flush-inhibit/no-srcu.sc.Deadlock.itf.json'), 'utf8')

let directory: string
let before: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-hostile-'))
  before = process.cwd()
  // so that a file's own name can be what a line begins with
  process.chdir(directory)
})
afterAll(() => {
  process.chdir(before)
  rmSync(directory, { recursive: true, force: true })
})

const FORBIDDEN = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/u
const COMMAND = /^\s*::|##(?:vso)?\[/iu

/** Lines of a channel that do something to a terminal or a runner. */
const acting = (channel: string): string[] =>
  channel.split('\n').filter((line) => FORBIDDEN.test(line) || COMMAND.test(line))

const expectText = ({ stdout, stderr }: Left): void => {
  expect({ stdout: acting(stdout), stderr: acting(stderr) }).toEqual({ stdout: [], stderr: [] })
}

/** A text as the name of a file, as far as a file system takes it. */
const named = (text: string): string => `${text.replaceAll(/[/\0]|\p{Cs}/gu, '').slice(0, 60)}.x`

const written = (name: string, content: string): string => {
  writeFileSync(name, content)
  return name
}

/** A file whose name and content are hostile: what it is, with the text somewhere in it. */
const file = (text: string, content: string): string => written(named(text), content)

const log = (text: string, ...lines: unknown[]): string =>
  file(text, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))

const quoted = (text: string): string => JSON.stringify(text).slice(1, -1)

const certified = (text: string, more: object): string => file(text, JSON.stringify({ ...certificate, ...more }))

const tlcOutput = (text: string): string =>
  [
    '@!@!@STARTMSG 2110:1 @!@!@',
    `Invariant ${text} is violated.`,
    '@!@!@ENDMSG 2110 @!@!@',
    '@!@!@STARTMSG 2217:4 @!@!@',
    '1: <Initial predicate>',
    `/\\ ${text} = "${text}"`,
    '@!@!@ENDMSG 2217 @!@!@',
  ].join('\n')

const mapOf = (text: string, entry: object): string =>
  written(`map-${named(text)}`, JSON.stringify({ version: 1, tracepoints: [entry] }))

const ftrace = (text: string): string =>
  ` CPU 0/KVM-2119    [001] d..1.  1234.567890: kvm_entry: vcpu 0, ${text}\n ${text}-2100 [002] ..... 1234.567915: bprint: x: lockstep: ${text} thread=${text}\n`

type Site = readonly [string, (text: string) => readonly string[]]

const places: readonly Site[] = [
  ['a command', (t) => [t]],
  ['an option', (t) => ['list', `--x${t}`]],
  ...['check', 'prove', 'list', 'explain', 'ablate', 'live', 'bench', 'verify'].map((command): Site => [
    `a target of ${command}`,
    (t) => [command, `x${t}`],
  ]),
  ['an argument too many', (t) => ['doctor', t]],
  ['an engine', (t) => ['check', MODEL, '--engine', t]],
  ['a number', (t) => ['check', MODEL, '--timeout', t]],
  ['a litmus test that is not there', (t) => ['check', `${t}.litmus`]],
  ['a litmus test and a model', (t) => ['check', 'x.litmus', t]],
  ['the model of replay', (t) => ['replay', `x${t}`, 'x']],
  ['the trace of replay', (t) => ['replay', MODEL, `x${t}`]],
  ['the model of validate', (t) => ['validate', `x${t}`, 'x']],
  ['the protocol of validate', (t) => ['validate', `x${t}`, 'x', '--design', 'any']],
  ['the log of validate', (t) => ['validate', MODEL, `x${t}`]],
  ['a property of explain', (t) => ['explain', 'poll-kick/posted.sc', '--property', t]],
  ['a property of ablate', (t) => ['ablate', 'flush-inhibit', '--property', t]],
  ['the page of ablate', (t) => ['ablate', 'flush-inhibit', '--markdown', `./absent/${named(t)}`]],
  ['an unlogged action', (t) => ['validate', MODEL, log(t, { action: 'store' }), '--unlogged', `x${t}`]],
  ['an unlogged action of any', (t) => ['validate', 'litmus', log(t, {}), '--unlogged', `x${t}`, '--design', 'any']],
  ...['--junit', '--sarif', '--summary'].map((option): Site => [
    option,
    (t) => ['validate', MODEL, 'x', option, `./absent/${named(t)}`],
  ]),
  ['--write-tla', (t) => ['validate', MODEL, 'x', '--with', 'tlc', '--write-tla', named(t)]],
]

/** Names and values on the command line, in which no system has a NUL. */
const ARGUMENTS = places.map(([site, argv]): Site => [site, (t) => argv(t.replaceAll('\0', ''))])

/** Files that say hostile things, under hostile names. */
const FILES: readonly Site[] = [
  ['a certificate that is no JSON', (t) => ['verify', file(t, t)]],
  ['a certificate of another shape', (t) => ['verify', file(t, JSON.stringify({ [t]: t, format: t }))]],
  ['a certificate’s model', (t) => ['verify', certified(t, { model: t })]],
  [
    'a certificate’s version of TLC',
    (t) => ['verify', certified(t, { tlc: { version: t, generatedStates: 59, distinctStates: 34, depth: 7 } })],
  ],
  ['a certificate’s inputs', (t) => ['verify', certified(t, { inputs: { [t]: t } })]],
  ['a certificate’s actions', (t) => ['verify', certified(t, { actions: { [t]: { spec: 1, impl: 2 } } })]],
  ['a certificate’s verdicts', (t) => ['verify', certified(t, { verdicts: { [t]: 'holds', Other: t } })]],
  ['a certificate’s digest', (t) => ['verify', certified(t, { digest: t })]],
  ['a trace that is none', (t) => ['replay', MODEL, file(t, t)]],
  ['a trace’s keys', (t) => ['replay', MODEL, file(t, JSON.stringify({ [t]: t, vars: [t], states: [{ [t]: t }] }))]],
  [
    'a trace’s variables',
    (t) => ['replay', MODEL, file(t, JSON.stringify({ vars: ['pc', t], states: [{ pc: t, [t]: 1 }] }))],
  ],
  [
    'a trace’s actions',
    (t) => ['replay', 'flush-inhibit/no-srcu.sc', file(t, trace.replaceAll('"vmexit_hypercall"', JSON.stringify(t)))],
  ],
  [
    'a trace’s metadata',
    (t) => ['replay', 'flush-inhibit/no-srcu.sc', file(t, trace.replace('"action":"', `"action":"${quoted(t)}`))],
  ],
  ['TLC’s output', (t) => ['replay', MODEL, file(t, tlcOutput(t))]],
  ['TLC’s output, cut off', (t) => ['replay', MODEL, file(t, tlcOutput(t).slice(0, -30))]],
  ['a simulation', (t) => ['replay', MODEL, file(t, `---- MODULE x ----\n\\* ${t}\nSTATE_1 ==\n/\\ ${t} = 1\n====\n`)]],
  ['a litmus test', (t) => ['check', written(`${named(t)}.litmus`, t)]],
  [
    'a litmus test’s name',
    (t) => ['check', written(`${named(t)}.litmus`, `C ${t}\n\n{}\n\nP0(int *x)\n{\n  ${t}\n}\n\nexists (x=1)\n`)],
  ],
  ['a log that is none', (t) => ['validate', MODEL, file(t, t)]],
  ['a log’s keys', (t) => ['validate', MODEL, log(t, { [t]: t })]],
  ['a log’s header', (t) => ['validate', MODEL, log(t, { lockstep: 'log', version: 1, model: t, order: t, [t]: 1 })]],
  [
    'a log’s model, which is a remark',
    (t) => ['validate', MODEL, log(t, { lockstep: 'log', version: 1, model: t }, { action: 'store' })],
  ],
  ['a log’s action', (t) => ['validate', MODEL, log(t, { action: `x${t}`, thread: 'cpu0' })]],
  ['a log’s thread', (t) => ['validate', MODEL, log(t, { action: 'store', thread: t })]],
  ['a log’s lane', (t) => ['validate', MODEL, log(t, { action: 'done', thread: 'cpu0', lane: t })]],
  ['a log’s result', (t) => ['validate', MODEL, log(t, { action: 'load', thread: 'cpu0', result: { [t]: t } })]],
  ['a log’s state', (t) => ['validate', MODEL, log(t, { action: 'store', state: { [t]: t, pc: t } })]],
  ['a log’s elements', (t) => ['validate', MODEL, log(t, { state: { [`pc[${t}]`]: t } })]],
  [
    'a log that is rejected',
    (t) => [
      'validate',
      'poll-kick/posted.sc',
      log(t, { action: 'kvm_request_pending', thread: 'vcpu0', result: true, lane: t }),
    ],
  ],
  ['a log that every design rejects', (t) => ['validate', 'litmus', log(t, { action: `x${t}` }), '--design', 'any']],
  ['two logs', (t) => ['validate', MODEL, log(t, { action: t }), log(`2${t}`, { [t]: 1 })]],
  ['ftrace text', (t) => ['validate', 'poll-kick/posted.sc', file(t, ftrace(t)), '--format', 'ftrace']],
  ['a map that is none', (t) => ['validate', MODEL, 'x', '--map', file(t, t)]],
  ['a map’s keys', (t) => ['validate', MODEL, 'x', '--map', mapOf(t, { tracepoint: t, [t]: t })]],
  ['a map’s action', (t) => ['validate', MODEL, 'x', '--map', mapOf(t, { tracepoint: 'x', action: t, thread: t })]],
  [
    'a map’s pattern',
    (t) => ['validate', MODEL, 'x', '--map', mapOf(t, { tracepoint: 'x', payload: `(${t}`, action: 'store' })],
  ],
]

/** A program called java that says what it likes. */
const fakeJava = (text: string, version: string): Record<string, string> => {
  const home = join(directory, 'java')
  mkdirSync(join(home, 'bin'), { recursive: true })
  const script = `#!/bin/sh\nif [ "$1" = -version ]; then cat '${home}/version' >&2; exit 0; fi\ncat '${home}/says'\ncat '${home}/says' >&2\nexit 1\n`
  writeFileSync(join(home, 'bin', 'java'), script)
  chmodSync(join(home, 'bin', 'java'), 0o755)
  writeFileSync(join(home, 'version'), version)
  writeFileSync(join(home, 'says'), `@!@!@STARTMSG 1000:1 @!@!@\n${text}\n@!@!@ENDMSG 1000 @!@!@\n${text}\n`)
  writeFileSync(join(home, 'tools.jar'), 'PK')
  return { JAVA_HOME: home, TLA2TOOLS_JAR: join(home, 'tools.jar'), LOCKSTEP_CACHE: join(directory, 'cache') }
}

const GOOD = 'openjdk version "17.0.1"\n'

/** Another program's words. */
const JAVA: readonly (readonly [string, (text: string) => readonly string[], (text: string) => string])[] = [
  ['a Java without a version', () => ['prove', MODEL], (t) => t],
  ['a Java of a version', () => ['prove', MODEL], (t) => `openjdk version "1${t}"\n`],
  ['doctor’s Java', () => ['doctor'], (t) => `openjdk version "17${t.replaceAll('"', '')}"\n`],
  ['a Java that is no TLC', () => ['check', MODEL, '--engine', 'tlc', '--no-cache'], () => GOOD],
  ['a Java that proves nothing', () => ['prove', MODEL, '--no-cache'], () => GOOD],
  ['a configuration', (t) => ['prove', MODEL, '--cfg', file(t, `SPECIFICATION ${t}\nCONSTANT ${t}`)], () => GOOD],
  ['a directory of modules', (t) => ['prove', MODEL, '--spec', `./${named(t)}`], () => GOOD],
  [
    'a log that TLC is asked about',
    (t) => ['validate', MODEL, log(t, { action: 'store', thread: 'cpu0', lane: t }), '--with', 'tlc'],
    () => GOOD,
  ],
]

/** What `--json` prints is one document, whatever is in it. */
const expectJson = (left: Left): void => {
  expectText(left)
  expect(() => JSON.parse(left.stdout) as unknown).not.toThrow()
}

describe.each(texts)('with %s', (_, text) => {
  it.each([...ARGUMENTS, ...FILES])('%s is text', async (_site, argv) => {
    const left = await inside(argv(text))
    expectText(left)
    expect(left.stdout + left.stderr).not.toBe('')
    expect(left.stderr).not.toMatch(/internal error/)
    expectJson(await inside([...argv(text), '--json']))
  })

  it.each(JAVA)('%s is text', async (_site, argv, version) => {
    const env = fakeJava(text, version(text))
    const left = await inside(argv(text), env)
    expectText(left)
    expect(left.stdout + left.stderr).not.toBe('')
    expectJson(await inside([...argv(text), '--json'], env))
  })

  it('annotations are the only commands', async () => {
    // the initial state has no request
    const bad = log(text, { action: 'kvm_request_pending', thread: 'vcpu0', result: true, lane: `x${text}` })
    const { stdout, stderr } = await inside(['validate', '--github', 'poll-kick/posted.sc', '--', bad])
    const commands = stdout.split('\n').filter((line) => COMMAND.test(line))
    expect(commands.length).toBe(1)
    expect(commands[0]).toMatch(/^::error file=[^:\n]*,line=1,col=\d+,title=[^:\n]*::[^\n]*$/)
    expect(commands.filter((line) => FORBIDDEN.test(line))).toEqual([])
    expect(acting(stderr)).toEqual([])
  })
})

describe('text', () => {
  it.each(corpus)('%j stays text in lines, on one line, and in JSON', (text) => {
    expect(acting(visible(text))).toEqual([])
    expect(acting(inert(printable(text)))).toEqual([])
    expect(printable(text)).not.toContain('\n')
    expect(FORBIDDEN.test(visibleCommand(text))).toBe(false)
    const document = { [text]: [text, { text }] }
    expect(acting(jsonText(document))).toEqual([])
    expect(JSON.parse(jsonText(document))).toEqual(document)
  })

  it('leaves our own words as they are', () => {
    const own = 'a\tb: c::d, ✅ ◐ × ·\n  e'
    expect(visible(own)).toBe(own)
    expect(jsonText({ a: [1, 'ä ✅'] })).toBe(JSON.stringify({ a: [1, 'ä ✅'] }, null, 2))
  })
})
