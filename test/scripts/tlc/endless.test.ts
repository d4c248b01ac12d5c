/** A program in place of Java that prints without end: neither our memory nor the time is its own, and nothing of it stays. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findJava } from '../../../scripts/tlc/java.ts'
import type { TlcOptions, TlcRun } from '../../../scripts/tlc/run.ts'
import { MOST_OUTPUT, MOST_OUTPUT_CHARACTERS, runTlc } from '../../../scripts/tlc/run.ts'
import { gone, until } from './processes.ts'
import { everydayShare, isCI } from '../../effort.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'endless-test-'))
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A script that says what Java says of its version, and else does `body`; its first child leaves its number in a file. */
const fakeJava = (name: string, body: string): string => {
  const file = join(root, name, 'bin', 'java')
  mkdirSync(join(root, name, 'bin'), { recursive: true })
  const version = `case "$*" in *-version*) echo 'openjdk version "17.0.15"' >&2; exit 0;; esac`
  writeFileSync(file, `#!/bin/sh\n${version}\npid='${join(root, name, 'pid')}'\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}

const childOf = (name: string): number => Number(readFileSync(join(root, name, 'pid'), 'utf8'))

const run = (name: string, more: Partial<TlcOptions> = {}): Promise<TlcRun> =>
  runTlc({
    java: { path: join(root, name, 'bin', 'java') },
    jar: { path: join(root, 'none.jar') },
    specFile: join(root, 'None.tla'),
    cfgFile: join(root, 'None.cfg'),
    deadlock: true,
    timeoutMs: 60_000,
    ...more,
  })

const BACKGROUND = '& echo $! > "$pid"; wait'
const START = '@!@!@STARTMSG 2190:0 @!@!@'
const END = '@!@!@ENDMSG 2190 @!@!@'

describe.skipIf(process.platform === 'win32')('a java that prints without end', () => {
  it.each(
    everydayShare<[string, string]>(
      [
        ['a line', `tr '\\0' x < /dev/zero ${BACKGROUND}`],
        ['a message', `{ echo '${START}'; exec yes; } ${BACKGROUND}`],
        ['messages without a text', `yes '${START}\n${END}' ${BACKGROUND}`],
        ['beginnings of messages', `yes '${START}' ${BACKGROUND}`],
        ['lines that are to be kept', `yes '<<"lockstep-witness", 1, 1>>' ${BACKGROUND}`],
      ],
      ([name]) => name.startsWith('lines') || name.startsWith('beginnings'),
    ),
  )(
    '%s: is ended long before its time is up, with what it started (a share every day, all in CI)',
    { timeout: 120_000 },
    async (name, body) => {
      fakeJava(name, body)
      const { outcome, problem } = await run(name, { timeoutMs: 600_000, keep: (line) => line.startsWith('<<') })
      expect([outcome, problem?.exit, problem?.problem.code]).toEqual(['error', 3, 'tlc-output'])
      expect(problem?.problem.message).toContain('prints without end')
      await until(() => gone(childOf(name)), 'what it started is gone')
    },
  )

  const LINES: readonly (readonly [name: string, body: string])[] = [
    ['short', `yes ${BACKGROUND}`],
    ['long', `yes "$(head -c 100000 /dev/zero | tr '\\0' x)" ${BACKGROUND}`],
  ]
  it.each(everydayShare(LINES, ([name]) => name === 'short'))(
    '%s lines: not all are kept, and it is ended when its time is up (long ones in CI)',
    { timeout: 60_000 },
    async (name, body) => {
      fakeJava(name, body)
      const { outcome, output } = await run(name, { timeoutMs: 2000 })
      expect(outcome).toBe('timeout')
      expect(output.length).toBeGreaterThan(0)
      expect(output.length).toBeLessThanOrEqual(MOST_OUTPUT)
      expect(output.reduce((sum, line) => sum + line.length, 0)).toBeLessThanOrEqual(MOST_OUTPUT_CHARACTERS)
      await until(() => gone(childOf(name)), 'what it started is gone')
    },
  )

  it('ends itself and leaves a child with its streams: they are not waited for', { timeout: 60_000 }, async () => {
    fakeJava('left', `sleep 600 & echo $! > "$pid"; exit 0`)
    expect((await run('left', { timeoutMs: 1000 })).outcome).toBe('timeout')
    await until(() => gone(childOf('left')), 'what it started is gone')
  })

  it.runIf(isCI)('hears no SIGTERM (needs CI)', { timeout: 60_000 }, async () => {
    fakeJava('deaf', `trap '' TERM; yes ${BACKGROUND}; wait`)
    expect((await run('deaf', { timeoutMs: 1000 })).outcome).toBe('timeout')
    await until(() => gone(childOf('deaf')), 'what it started is gone')
  })

  it('loses no line that is to be kept behind many that are not', async () => {
    fakeJava('many', `head -c 1000000 /dev/zero | tr '\\0' '\\n' | sed s/^/x/; echo '<<"kept">>'`)
    const { output } = await run('many', { keep: (line) => line === '<<"kept">>' })
    expect([output.length, output.at(-1)]).toEqual([MOST_OUTPUT + 1, '<<"kept">>'])
  })

  it('says that it succeeded and wrote no graph: what was run is no TLC', { timeout: 60_000 }, async () => {
    const messages = [
      [2262, 'TLC2 Version 2.18 of Day Month 20?? (rev: cab6f13)'],
      [2193, 'Model checking completed. No error has been found.'],
      [2199, '34 states generated, 34 distinct states found, 0 states left on queue.'],
      [2186, 'Finished in 500ms at (2023-03-20 20:00:00)'],
    ].map(([code, text]) => `@!@!@STARTMSG ${code}:0 @!@!@\n${text}\n@!@!@ENDMSG ${code} @!@!@`)
    fakeJava('success', `cat <<'END'\n${messages.join('\n')}\nEND`)
    const dump = join(root, 'graph.dot')
    expect((await run('success')).outcome).toBe('success')
    await expect(run('success', { dump })).rejects.toMatchObject({ exit: 3, problem: { code: 'no-graph' } })
  })

  it('says no version of Java either', { timeout: 60_000 }, async () => {
    const file = fakeJava('version', '')
    writeFileSync(file, `#!/bin/sh\necho $$ > '${join(root, 'version', 'pid')}'\nexec yes\n`)
    const found = findJava({ env: { JAVA_HOME: join(root, 'version') } })
    await expect(found).rejects.toMatchObject({ exit: 3, problem: { code: 'java-broken' } })
    await until(() => gone(childOf('version')), 'it is gone')
  })
})
