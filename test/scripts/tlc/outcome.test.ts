import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeAll } from '../../../scripts/tlc/messages.ts'
import type { Evidence } from '../../../scripts/tlc/outcome.ts'
import { conclude } from '../../../scripts/tlc/outcome.ts'
import { parseToolOutput } from './tool-output.ts'

/** The evidence of a recorded run with its exit status. */
const evidence = (name: string, exitCode: number | null, more: Partial<Evidence> = {}): Evidence => {
  const text = readFileSync(new URL(`../../fixtures/tlc-tool/${name}.txt`, import.meta.url), 'utf8')
  const items = parseToolOutput(text)
  return {
    specFile: 'Spec.tla',
    cfgFile: 'Spec.cfg',
    messages: items.flatMap((item) => (item.kind === 'message' ? decodeAll(item.message) : [])),
    output: items.flatMap((item) => (item.kind === 'output' ? [item.line] : [])),
    stderr: '',
    exitCode,
    signal: null,
    stopped: undefined,
    timeoutMs: undefined,
    ...more,
  }
}

const without = (e: Evidence, kind: string): Evidence => ({ ...e, messages: e.messages.filter((m) => m.kind !== kind) })

const told = (e: Evidence) => {
  const { outcome, problem } = conclude(e)
  return { outcome, exit: problem?.exit, ...problem?.problem }
}

describe('messages and exit status that agree', () => {
  it.each([
    ['success', 0, 'success'],
    ['coverage', 0, 'success'],
    ['invariant', 12, 'violation'],
    ['initial', 12, 'violation'],
    ['action-property', 13, 'violation'],
    ['deadlock', 11, 'deadlock'],
    ['liveness', 13, 'liveness'],
    ['stuttering', 13, 'liveness'],
  ])('%s', (name, status, outcome) => {
    expect(told(evidence(name, status))).toEqual({ outcome, exit: undefined })
  })

  it.each([
    ['parse', 150, 'parse-error', { exit: 2, code: 'spec-parse-error', file: 'specs/Broken.tla', line: 5, column: 1 }],
    ['semantic', 150, 'parse-error', { exit: 2, file: 'specs/Unknown.tla', line: 5, column: 14 }],
    ['missing-module', 150, 'parse-error', { exit: 2, file: 'specs/MissingMod.tla' }],
    ['constant', 151, 'config-error', { exit: 2, code: 'cfg-error', file: 'Spec.cfg' }],
    ['cfg-syntax', 255, 'config-error', { exit: 2, code: 'cfg-error', file: 'Spec.cfg', line: 2 }],
    ['evaluation', 75, 'error', { exit: 2, code: 'evaluation-error', file: 'Tiny.tla', line: 15, column: 8 }],
    ['assert', 76, 'assert', { exit: 2, code: 'assert-failed' }],
    ['assumption', 10, 'assumption', { exit: 2, code: 'assumption-failed' }],
    ['no-initial-state', 0, 'error', { exit: 2, code: 'no-initial-state' }],
    ['usage', 1, 'error', { exit: 2, code: 'tlc-usage' }],
    ['out-of-memory', 255, 'out-of-memory', { exit: 3, code: 'tlc-out-of-memory' }],
  ])('%s', (name, status, outcome, expected) => {
    const actual = told(evidence(name, status))
    expect(actual).toMatchObject({ outcome, ...expected })
    expect(actual.hint).toBeTruthy()
  })

  it('a simulation that found nothing', () => {
    expect(told(evidence('simulation', 0)).outcome).toBe('error')
  })
})

describe('messages and exit status that do not agree are an error', () => {
  it.each([
    ['success', 12],
    ['success', 255],
    ['invariant', 0],
    ['invariant', 13],
    ['deadlock', 12],
    ['liveness', 12],
    ['parse', 0],
    ['progress', 0],
  ])('%s with %i', (name, status) => {
    expect(told(evidence(name, status))).toMatchObject({ outcome: 'error', exit: 3, code: 'tlc-inconsistent' })
  })

  it.each(['success', 'finished', 'stats'])('exit status 0 without the message %s', (kind) => {
    expect(told(without(evidence('success', 0), kind))).toMatchObject({ outcome: 'error', code: 'tlc-inconsistent' })
  })

  it('success with states left', () => {
    const e = evidence('success', 0)
    const messages = e.messages.map((m) => (m.kind === 'stats' ? { ...m, queue: 3 } : m))
    expect(told({ ...e, messages })).toMatchObject({ outcome: 'error', code: 'tlc-inconsistent' })
  })

  it('success beside an error of a kind that is not known', () => {
    const e = evidence('success', 0)
    const unknown = { kind: 'unknown', code: 4711, class: 1, text: 'new' } as const
    expect(told({ ...e, messages: [...e.messages, unknown] })).toMatchObject({ code: 'tlc-inconsistent' })
    expect(told({ ...e, messages: [...e.messages, { ...unknown, class: 3 }] }).outcome).toBe('success')
  })
})

describe('runs that were ended', () => {
  it.each([
    ['by the clock', { stopped: 'timeout', timeoutMs: 2000 }, 'timeout', 'tlc-timeout'],
    ['by the caller', { stopped: 'killed' }, 'killed', 'tlc-killed'],
    ['by somebody else', { signal: 'SIGKILL' }, 'killed', 'tlc-killed'],
  ] as const)('%s', (_, more, outcome, code) => {
    const e = evidence('progress', null, more)
    expect(told(e)).toMatchObject({ outcome, code, exit: 3 })
  })

  it('by lack of memory, wherever Java says it', () => {
    const stderr = 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space'
    expect(told(evidence('progress', 1, { stderr }))).toMatchObject({ outcome: 'out-of-memory', exit: 3 })
  })

  it('before TLC said anything', () => {
    const e = { ...evidence('progress', 1), messages: [], stderr: 'Error: Could not find or load main class tlc2.TLC' }
    expect(told(e)).toMatchObject({ outcome: 'error', exit: 3, code: 'tlc-failed' })
    expect(told(e).message).toContain('main class')
    expect(told({ ...e, exitCode: 127 })).toMatchObject({ code: 'java-broken' })
  })
})
