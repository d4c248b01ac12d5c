/** The composite action and the workflow that shows it: what they pass to the command line, whatever their inputs are. */

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { junitReport } from '../../../impl/lib/report/validation/junit.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, project } from '../../project.ts'

const OPTIONS = [
  '--workspace',
  ...['--order', '--format', '--map', '--design', '--junit', '--sarif', '--github', '--summary', '--json'],
  ...['--timeout', '--with', '--unlogged', '--max-states'],
]

const texts = z.record(z.string(), z.union([z.string(), z.number()]))

const actionSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs: z.record(
    z.string(),
    z.strictObject({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
  ),
  runs: z.strictObject({
    using: z.literal('composite'),
    steps: z.array(
      z.strictObject({ name: z.string(), shell: z.literal('bash'), run: z.string(), env: texts.optional() }),
    ),
  }),
})

const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.array(z.string()),
  permissions: z.record(z.string(), z.string()),
  jobs: z.strictObject({
    validate: z.strictObject({
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      strategy: z.strictObject({
        'fail-fast': z.boolean(),
        matrix: z.strictObject({ include: z.array(z.strictObject({ protocol: z.string(), model: z.string() })) }),
      }),
      steps: z.array(z.strictObject({ uses: z.string(), if: z.string().optional(), with: texts.optional() })),
    }),
    rejects: z.strictObject({
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      steps: z.array(
        z.strictObject({
          id: z.string().optional(),
          name: z.string().optional(),
          'continue-on-error': z.boolean().optional(),
          uses: z.string().optional(),
          if: z.string().optional(),
          with: texts.optional(),
          env: texts.optional(),
          run: z.string().optional(),
        }),
      ),
    }),
  }),
})

const root = packageRoot()
const files = ['action.yml', join('.github', 'workflows', 'validate-logs.yml')].map((f) => join(root, f))
const [action, workflow] = files.map((f) => readFileSync(f, 'utf8'))
const { inputs, runs } = actionSchema.parse(parse(action ?? ''))
const { jobs } = workflowSchema.parse(parse(workflow ?? ''))
const { validate, rejects } = jobs

describe('the action', () => {
  it('uses options that the command line has', () => {
    // --version is no option of the command: it builds
    const used = runs.steps.flatMap(({ run }) => [...run.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([o]) => o))
    expect(used).toContain('--github')
    expect(used.filter((o) => o !== '--version' && !OPTIONS.includes(o))).toEqual([])
    expect([...(workflow ?? '').matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([o]) => o)).toEqual([])
  })

  it('has nothing of its inputs in a script', () => {
    for (const { run, env } of runs.steps) {
      expect(run).not.toContain('${{')
      for (const value of Object.values(env ?? {})) {
        const [, name = ''] = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(String(value)) ?? []
        expect(Object.keys(inputs)).toContain(name)
      }
    }
    const passed = runs.steps.flatMap(({ env }) => Object.values(env ?? {}))
    expect(passed).toHaveLength(Object.keys(inputs).length)
  })

  it('starts what is there', () => {
    for (const { run } of runs.steps) {
      const [, program = ''] = /node "\$GITHUB_ACTION_PATH\/([^"]+)"/.exec(run) ?? []
      expect([program, existsSync(join(root, program))]).toEqual(['bin/lockstep.mjs', true])
    }
  })
})

describe('the workflow', () => {
  it('holds models that there are against logs, with inputs that the action has', () => {
    const models = loadModels().map(({ name }) => name)
    const { strategy, steps } = validate
    for (const { protocol, model } of strategy.matrix.include) {
      expect([model, models.includes(model)]).toEqual([model, true])
      expect(model.startsWith(`${protocol}/`)).toBe(true)
    }
    const own = steps.find(({ uses }) => uses === './')
    expect(own).toBeDefined()
    expect(Object.keys(own?.with ?? {}).filter((name) => !Object.hasOwn(inputs, name))).toEqual([])
    for (const [name, { required }] of Object.entries(inputs))
      expect(required === true && own?.with?.[name] === undefined).toBe(false)
    const kept = String(steps.at(-1)?.with?.['path'])
    for (const name of ['junit', 'sarif']) expect(kept).toContain(String(own?.with?.[name]))
    expect(steps.find(({ uses }) => uses.startsWith('actions/setup-node@'))?.with?.['node-version']).toBe(20)
  })
})

describe('the workflow’s log that must be rejected', () => {
  const own = rejects.steps.find(({ uses }) => uses === './')
  const text = (name: string): string => String(own?.with?.[name])

  it('may fail, and has to', () => {
    expect(own?.['continue-on-error']).toBe(true)
    const { run = '', env = {} } = rejects.steps.at(-1) ?? {}
    expect(env).toEqual({ OUTCOME: `\${{ steps.${own?.id ?? ''}.outcome }}` })
    expect(run).toContain('test "$OUTCOME" = failure')
    expect(run).toContain(text('junit'))
  })

  it('is rejected by its model, and the report says so in the words that are looked for', async () => {
    const lines = readFileSync(join(root, text('log')), 'utf8').split('\n')
    const model = oneModel(loadModels(), text('model'))
    const result = await logValidator(model, project).validate([{ firstLine: 1, lines }], { file: text('log') })
    expect(result.verdict).toBe('rejected')
    const [, wanted = ''] = /grep -q '([^']+)'/.exec(rejects.steps.at(-1)?.run ?? '') ?? []
    expect(wanted).not.toBe('')
    expect(junitReport([result])).toContain(wanted)
  })
})

describe.skipIf(process.platform === 'win32')('the script of the action', () => {
  let directory = ''

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lockstep-action-'))
    // in place of node: says what it was started with
    writeFileSync(join(directory, 'node'), '#!/bin/sh\nprintf \'%s\\n\' "$@"\n')
    chmodSync(join(directory, 'node'), 0o755)
    mkdirSync(join(directory, 'logs', 'more', 'deep'), { recursive: true })
    for (const name of ['a.ndjson', 'b c.ndjson', 'more/deep/d.ndjson'])
      writeFileSync(join(directory, 'logs', name), '')
  })

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  /** Runs the last step as the runner does. */
  const validate = (given: Readonly<Record<string, string>>): { status: number | null; out: string[]; err: string } => {
    const { run = '', env = {} } = runs.steps.at(-1) ?? {}
    const values = Object.entries(env).map(([variable, value]): [string, string] => {
      const [, name = ''] = /inputs\.(\w+)/.exec(String(value)) ?? []
      return [variable, given[name] ?? inputs[name]?.default ?? '']
    })
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        ...Object.fromEntries(values),
        PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}`,
        GITHUB_ACTION_PATH: '/action',
        ...(given['summary'] === undefined ? {} : { GITHUB_STEP_SUMMARY: given['summary'] }),
      },
    })
    return { status, out: stdout.trimEnd().split('\n'), err: stderr }
  }

  const program = ['/action/bin/lockstep.mjs', 'validate']

  it('expands patterns, keeps blanks, and passes what was given only', () => {
    expect(validate({ log: 'logs/*.ndjson', model: 'm' })).toEqual({
      status: 0,
      out: [...program, '--github', '--', 'm', 'logs/a.ndjson', 'logs/b c.ndjson'],
      err: '',
    })
    const { out } = validate({
      log: '\nlogs/b c.ndjson\nlogs/**/d.ndjson\n',
      model: 'm',
      order: 'per-cpu',
      format: 'ftrace',
      map: 'my map',
      unlogged: 'a,b',
      design: 'any',
      with: 'tlc',
      timeout: '9',
      junit: 'j',
      sarif: 's',
      summary: '/s u',
    })
    const options = ['--github', '--summary', '/s u', '--order', 'per-cpu', '--format', 'ftrace', '--map', 'my map']
    const more = ['--unlogged', 'a,b', '--design', 'any', '--with', 'tlc', '--timeout', '9']
    const rest = ['--junit', 'j', '--sarif', 's', '--', 'm', 'logs/b c.ndjson', 'logs/more/deep/d.ndjson']
    expect(out).toEqual([...program, ...options, ...more, ...rest])
  })

  it('takes a name that looks like a pattern as a name, where there is such a file', () => {
    for (const name of ['a [1].ndjson', 'a 1.ndjson', '[b]*.ndjson']) writeFileSync(join(directory, name), '')
    const { status, out } = validate({ log: 'a [1].ndjson\n[b]*.ndjson\na [1-9].ndjson', model: 'm' })
    expect([status, ...out.slice(5)]).toEqual([0, 'a [1].ndjson', '[b]*.ndjson', 'a 1.ndjson'])
  })

  it('runs nothing that an input says', () => {
    const model = '$(touch x)`touch x`; touch x'
    expect(validate({ log: '$(touch x)`touch x`; touch x', model, order: '"; touch x' }).out.slice(-2)).toEqual([
      model,
      '$(touch x)`touch x`; touch x',
    ])
    expect(existsSync(join(directory, 'x'))).toBe(false)
  })

  it('no log is no pass', () => {
    for (const log of ['', '\n', 'logs/*.txt']) {
      const { status, out } = validate({ log, model: 'm' })
      expect([log, status]).toEqual([log, 2])
      expect(out.join('\n')).toMatch(/^::error title=No log::/)
    }
  })
})
