/** CI runs what it should, with actions that cannot be moved under it, and counts what it did not run. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const root = packageRoot()
const workflows = join(root, '.github', 'workflows')
const texts = readdirSync(workflows).map((name) => [name, readFileSync(join(workflows, name), 'utf8')] as const)

const step = z.object({ run: z.string().optional(), env: z.record(z.string(), z.unknown()).optional() })
const ci = z
  .object({
    jobs: z.object({
      tests: z.object({
        strategy: z.object({ matrix: z.object({ node: z.array(z.number()), java: z.array(z.boolean()) }) }),
        steps: z.array(step),
      }),
      all: z.object({ steps: z.array(step) }),
    }),
  })
  .parse(parse(readFileSync(join(workflows, 'ci.yml'), 'utf8')))

interface Reported {
  readonly status: string
  readonly fullName: string
  readonly failureMessages?: readonly string[]
}

/** What `.ci/results.mjs` makes of a report. */
const results = (what: string, tests: readonly Reported[], full = ''): string => {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-ci-'))
  try {
    const file = join(directory, 'report.json')
    const numPassedTests = tests.filter(({ status }) => status === 'passed').length
    const numFailedTests = tests.filter(({ status }) => status === 'failed').length
    const testResults = [{ name: '/x/test/a/b.test.ts', assertionResults: tests }]
    writeFileSync(file, JSON.stringify({ numPassedTests, numFailedTests, success: numFailedTests === 0, testResults }))
    const env = { ...process.env, LOCKSTEP_FULL: full }
    return spawnSync(process.execPath, [join(root, '.ci', 'results.mjs'), what, file], { encoding: 'utf8', env }).stdout
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const TESTS = [
  { status: 'passed', fullName: 'one' },
  { status: 'failed', fullName: 'two' },
  { status: 'skipped', fullName: 'three (needs Java)' },
  { status: 'pending', fullName: 'a group (needs Java) four' },
  { status: 'skipped', fullName: 'five (needs taskset)' },
  { status: 'todo', fullName: 'six' },
]

describe('the workflows', () => {
  it.each(texts)('%s names actions by commit, and their tags beside them', (_, text) => {
    const used = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action)
    expect(used.length).toBeGreaterThan(0)
    const moving = used.filter(
      (action) => action !== './' && !/^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action),
    )
    expect(moving).toEqual([])
  })

  it('run the tests on every Node.js that is supported, with and without Java, and all of it on one', () => {
    const { strategy, steps } = ci.jobs.tests
    expect(strategy.matrix).toEqual({ node: [20, 22, 24], java: [true, false] })
    expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['npm test', 'bash .ci/without-java npm test'])
    expect(steps.flatMap(({ env }) => env ?? [])).toEqual([{ LOCKSTEP_REQUIRE_JAVA: 1 }])
    expect(ci.jobs.all.steps.flatMap(({ run }) => run ?? [])).toEqual(['bash .ci/run'])
  })
})

describe('what is said of the tests', () => {
  it('counts those that were skipped, which did not pass', () => {
    expect(results('counts', TESTS)).toBe('1 1 4\n')
    expect(results('failed', TESTS)).toBe('test: a/b.test.ts: two\n')
  })
  it('says why one failed, in a line that is plain', () => {
    const failureMessages = [`\u001b[31mError: no\u001b[39m\n\tat ${'x'.repeat(500)}`]
    const line = results('failed', [{ status: 'failed', fullName: 'two', failureMessages }])
    expect(line).toBe(`test: a/b.test.ts: two: ${`Error: no at ${'x'.repeat(500)}`.slice(0, 400)}\n`)
  })
  it('says why they were', () => {
    expect(results('skipped', TESTS).split('\n')).toEqual([
      'skipped, needs Java: 2',
      '  a/b.test.ts: three (needs Java)',
      '  a/b.test.ts: a group (needs Java) four',
      'skipped, needs taskset: 1',
      '  a/b.test.ts: five (needs taskset)',
      'skipped, no reason given: 1',
      '  a/b.test.ts: six',
      '',
    ])
  })
  it('names those that Java was asked for', () => {
    expect(results('needing-java', TESTS).trim().split('\n')).toEqual([
      'skipped: a/b.test.ts: three (needs Java)',
      'skipped: a/b.test.ts: a group (needs Java) four',
    ])
  })
  it('leaves those to LOCKSTEP_FULL that it would take, Java or not', () => {
    const tests = [{ status: 'skipped', fullName: 'seven (needs LOCKSTEP_FULL and Java)' }]
    expect(results('needing-java', tests, '')).toBe('')
    expect(results('needing-java', tests, '1')).toBe('skipped: a/b.test.ts: seven (needs LOCKSTEP_FULL and Java)\n')
  })
  it('names those that do not say why, which fail the run', () => {
    expect(results('unexplained', TESTS)).toBe('skipped, and says not why: a/b.test.ts: six\n')
    expect(readFileSync(join(root, '.ci', 'run'), 'utf8')).toContain('whats=(unexplained)')
  })
  it.runIf(process.env['LOCKSTEP_REQUIRE_JAVA'] === '1')('Java is here (needs LOCKSTEP_REQUIRE_JAVA)', async () => {
    expect((await findToolchain()).java.major).toBeGreaterThanOrEqual(11)
  })
  it.runIf(isCI)('without Java there is none (needs CI)', () => {
    const script = 'command -v java; echo "home=${JAVA_HOME-none}"'
    const env = { ...process.env, JAVA_HOME: '/somewhere' }
    const args = [join(root, '.ci', 'without-java'), 'bash', '-c', script]
    expect(spawnSync('bash', args, { encoding: 'utf8', env }).stdout).toBe('home=none\n')
  })
})
