/**
 * The reverse oracle: TLC, which knows the specification and not the machine, must give the validator's answer, on logs of
 * machines and on such logs with faults. A few dozen logs of each protocol every day, more in CI, and with LOCKSTEP_FULL=1
 * more than 500.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import { environmentFailure } from '../../../impl/lib/kernel/error.ts'
import type { LogEvent } from '../../../impl/lib/validate/event.ts'
import { parseLine } from '../../../impl/lib/validate/event.ts'
import { Fields } from '../../../impl/lib/validate/json-codec.ts'
import type { Opinion, Validation } from '../../../impl/lib/validate/result.ts'
import type { LogText } from '../../../impl/lib/validate/trace-module.ts'
import type { Toolchain } from '../../../scripts/engines/tlc.ts'
import { findToolchain } from '../../../scripts/engines/tlc.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { machineOf, sizeOf } from '../../../impl/lib/protocol/model.ts'
import type { OracleAnswer } from '../../../scripts/validate/oracle.ts'
import { Oracle } from '../../../scripts/validate/oracle.ts'
import type { LogOptions } from '../../../impl/lib/validate/validator.ts'
import type { Validator } from '../../../impl/lib/validate/validator.ts'
import { MOST_EVENTS, secondOpinion, Transcript } from '../../../scripts/validate/second-opinion.ts'
import { everydayShare, isCI, isFull } from '../../effort.ts'
import type { Generated, Source } from './generate.ts'
import { generate } from './generate.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, project, PROTOCOLS } from '../../project.ts'

const toolchain = await findToolchain().catch(() => undefined)
if (toolchain === undefined) console.warn('oracle.test.ts: skipped, TLC needs Java: `lockstep doctor`')

const models = loadModels()
const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)

/** Logs of each model, and models of each protocol. */
const LOGS = isFull ? 104 : isCI ? 40 : 36
const MODELS = isFull ? 5 : isCI ? 2 : 1

/** Correct and faulty designs, those whose store buffers matter too; each run takes a few, everyday ones in turn. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  litmus: ['isa2.pso', 'sb.tso', '2+2w+wmbs.pso', 'iriw.sc', 'rwc+po+mb.tso'],
  'vtl-wakeup': ['no-block-mb.tso', 'posted.tso.v1', 'honour-if.sc', 'posted.sc.kinds', 'no-pending-check.sc'],
  'apic-groups': [
    'namespace-slot-full.tso',
    'intercept-slot-parked.tso',
    'configure-locked.tso',
    'match-posted.sc',
    'writable-apic-id.sc',
  ],
  'poll-kick': ['halted-userspace.tso', 'posted.tso', 'clear-recheck-no-mb.tso', 'self-kick.sc', 'posted.sc'],
  'apf-ready': ['landed-halt-no-block-mb.tso', 'landed.tso', 'ack-only.sc', 'posted.sc', 'no-slot-check.sc'],
  'flush-inhibit': [
    'request-then-check-release.tso',
    'posted.tso',
    'args-checked.sc',
    'pending-event.sc',
    'no-srcu.tso',
  ],
}

/** TLC goes through all states of smaller models where anything may have happened. */
const SMALL = isCI ? 5_000 : 2_000

const modelOf = (name: string): Model => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  return model
}

const sourceOf = (model: Model): Source => {
  const kernel = assemble(compile(machineOf(model)))
  return { kernel, fields: new Fields(kernel), small: sizeOf(model) <= SMALL }
}

/** A log as TLC is asked about it. */
const textOf = ({ lines, order, unlogged }: Generated): LogText => ({
  order,
  unlogged,
  events: lines.slice(1).map((text, i): LogEvent => {
    const parsed = parseLine(text, i + 2)
    if (!('line' in parsed) || 'message' in parsed) throw new Error(`not an event: ${text}`)
    return parsed
  }),
})

const ours = async (validator: Validator, log: Generated, wrong: Partial<LogOptions> = {}): Promise<OracleAnswer> => {
  const found = await validator.validate([{ firstLine: 1, lines: log.lines }], { file: 'generated', ...wrong })
  expect(found.verdict).not.toBe('incomplete')
  return { accepted: found.accepted, explained: found.explained }
}

interface Compared {
  readonly log: Generated
  readonly seed: number
  readonly ours: OracleAnswer
  readonly theirs: OracleAnswer | undefined
}

const compare = async (
  name: string,
  count: number,
  tools: Toolchain,
  wrong?: Partial<LogOptions>,
): Promise<Compared[]> => {
  const model = modelOf(name)
  const source = sourceOf(model)
  const validator = logValidator(model, project)
  const seeds = Array.from({ length: count }, (_, i) => seed * 1000 + i)
  const logs = seeds.map((s) => generate(source, s))
  const { answers } = await new Oracle(model).ask(logs.map(textOf), tools)
  const compared: Compared[] = []
  for (const [i, log] of logs.entries()) {
    compared.push({ log, seed: seeds[i] ?? 0, ours: await ours(validator, log, wrong), theirs: answers[i] })
  }
  return compared
}

const disagreements = (compared: readonly Compared[]): string[] =>
  compared
    .filter((c) => c.ours.accepted !== c.theirs?.accepted || c.ours.explained !== c.theirs.explained)
    .map((c) =>
      [`seed ${c.seed}: ours ${JSON.stringify(c.ours)}, TLC ${JSON.stringify(c.theirs)}`, ...c.log.lines].join('\n'),
    )

/** The smallest of the models that have everything; all of its steps are gone through. */
const SMALLEST: Readonly<Record<string, string>> = {
  litmus: 'isa2.pso',
  'vtl-wakeup': 'no-pending-check.sc',
  'apic-groups': 'namespace-slot-full.tso',
  'poll-kick': 'halted-userspace.tso',
  'apf-ready': 'landed-disable-window.sc',
  'flush-inhibit': 'request-then-check-release.tso',
}

describe.skipIf(toolchain === undefined)('TLC and the validator (needs Java)', () => {
  const tools = (): Toolchain => {
    if (toolchain === undefined) throw new Error('no Java')
    return toolchain
  }

  // one of them, as the seed says
  const asked = new Set(PROTOCOLS.filter((_, i) => i === seed % PROTOCOLS.length))
  it.each(everydayShare(PROTOCOLS, (protocol) => asked.has(protocol)).map(({ name }) => name))(
    `agree on logs of %s (all protocols in CI; VALIDATE_SEED=${seed})`,
    async (protocol) => {
      const all: Compared[] = []
      for (const stem of (CHOSEN[protocol] ?? []).slice(0, MODELS)) {
        const compared = await compare(`${protocol}/${stem}`, LOGS, tools())
        expect(disagreements(compared).join('\n\n')).toBe('')
        all.push(...compared)
      }
      const share = (which: (c: Compared) => boolean, among: readonly Compared[]): number =>
        among.filter(which).length / among.length
      const [accepted, rejected] = [all.filter((c) => c.ours.accepted), all.filter((c) => !c.ours.accepted)]
      const figures = {
        logs: all.length,
        rejected: rejected.length / all.length,
        partial: share((c) => c.log.partial, accepted),
        begun: share((c) => c.ours.explained > 0, rejected),
      }
      if (isCI) console.info(protocol, figures)
      // logs that are all allowed, or refused at their first line, would compare nothing
      expect(figures.rejected).toBeGreaterThan(0.1)
      expect(figures.rejected).toBeLessThan(0.9)
      // of a few dozen logs some of each kind are all that is sure
      const least = isCI ? 0.3 : 0
      expect(figures.partial).toBeGreaterThan(least)
      expect(figures.begun).toBeGreaterThan(least)
    },
    isFull ? 1_800_000 : 120_000,
  )

  it.skipIf(!isCI).each(Object.entries(SMALLEST))(
    'the actions by name are all of Next, and nothing else: %s/%s',
    async (protocol, stem) => {
      const model = modelOf(`${protocol}/${stem}`)
      const kernel = assemble(compile(machineOf(model)))
      const never = { order: 'total', events: [{ line: 1, action: 'no action at all' }] } as const
      const { states, generated } = await new Oracle(model).ask([{ ...never, unlogged: kernel.actions }], tools())
      expect([states, generated]).toEqual([model.counts?.distinctStates, model.counts?.totalStates])
    },
  )

  it.runIf(isCI)('a validator that is wrong is caught (needs CI)', async () => {
    // it forgets what the log says: that nothing else may have happened
    const wrong = { unlogged: 'any' as const }
    const found = disagreements(await compare('litmus/sb.tso', 40, tools(), wrong))
    expect(found.length).toBeGreaterThan(0)
    expect(found[0]).toContain('"lockstep":"log"')
  })

  it('a lane of which nothing is there but that it lost events may have done anything at any time', async () => {
    const model = modelOf('litmus/corr.sc')
    const load = (state: string): string =>
      JSON.stringify({ action: 'load', thread: 'P1', state: JSON.parse(state) as unknown })
    const header = { lockstep: 'log', version: 1, order: 'per-cpu' }
    const lines = [
      JSON.stringify(header),
      '{"lost":1,"lane":"P0"}',
      '{"lost":1}',
      // the store comes in between
      load('{"r0[1]":0}'),
      load('{"r1[1]":1}'),
    ]
    const log: Generated = { lines, order: 'per-cpu', unlogged: [], partial: true }
    const { answers } = await new Oracle(model).ask([textOf(log)], tools())
    expect(answers).toEqual([{ accepted: true, explained: 2 }])
    expect(await ours(logValidator(model, project), log)).toEqual(answers[0])
  })

  it('a run that does not end is no answer', async () => {
    const log = generate(sourceOf(modelOf('litmus/corr.sc')), 1)
    const asked = new Oracle(modelOf('litmus/corr.sc')).ask([textOf(log)], tools(), { timeout: 0.001 })
    await expect(asked).rejects.toMatchObject({ exit: 3, problem: { code: 'tlc-timeout' } })
  })

  it.runIf(isCI)('--with tlc says what TLC says, and --write-tla keeps what it was given (needs CI)', () => {
    const kept = join(directory, 'kept')
    const { status, stdout } = lockstep([MODEL, LOG, '--with', 'tlc', '--write-tla', kept, '--json'])
    expect(status).toBe(0)
    const { oracle } = JSON.parse(stdout) as { oracle: Opinion }
    expect(oracle).toMatchObject({ engine: 'tlc', accepted: true, explained: 40, agrees: true })
    // TLC was not told what accesses returned, and the output says so
    expect(oracle.resultsLeftOut).toBeGreaterThan(0)
    expect(stdout).toContain('TLC cannot be told what accesses returned')
    const again = spawnSync('sh', ['-c', oracle.kept?.command ?? 'false'], { encoding: 'utf8' })
    expect(again.stdout).toContain('<<"lockstep-log", 1, 40>>')
    expect(readdirSync(directory)).toEqual(['kept'])
    const twice = lockstep([MODEL, LOG, '--with', 'tlc', '--write-tla', kept])
    expect([twice.status, twice.stderr]).toEqual([2, expect.stringContaining('the directory is not empty')])
  })
})

const MODEL = 'flush-inhibit/posted.sc'
const LOG = `traces/${MODEL}.accepted.ndjson`
const directory = mkdtempSync(join(tmpdir(), 'lockstep-oracle-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

const lockstep = (args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, [join(packageRoot(), 'bin', 'lockstep.mjs'), 'validate', ...args], {
    encoding: 'utf8',
    cwd: packageRoot(),
    env,
  })

describe('validate --with tlc', () => {
  const model = modelOf(MODEL)
  const text = readFileSync(join(packageRoot(), LOG), 'utf8').trimEnd().split('\n')

  /** The opinion of a TLC that says what the test wants. */
  const judged = async (ask: Oracle['ask']): Promise<Validation> => {
    const validator = logValidator(model, project)
    const transcript = new Transcript('log')
    const result = await validator.validate([{ firstLine: 1, lines: text }], { file: 'log', listener: transcript })
    const none = (): never => {
      throw new Error('nothing is to be written')
    }
    const tools = { java: { path: 'java', version: '17', major: 17 }, jar: { path: 'jar' } } as unknown as Toolchain
    const oracle = { ask, write: none, task: none }
    return secondOpinion({ validator, oracle, toolchain: tools }, transcript, result, { file: 'log' })
  }
  const says = (accepted: boolean, explained: number): Oracle['ask'] => {
    const run = { answers: [{ accepted, explained }], version: '2.18', states: 1, generated: 1, seconds: 1 }
    return () => Promise.resolve(run)
  }

  it('agreement leaves the result as it is', async () => {
    const found = await judged(says(true, 40))
    expect(found).toMatchObject({ ok: true, verdict: 'accepted', oracle: { agrees: true } })
  })

  it.each([
    ['the verdict', false, 40],
    ['how much is explained', true, 39],
  ])('disagreement on %s is not decided, never a pass, and has both answers', async (_what, accepted, explained) => {
    const found = await judged(says(accepted, explained))
    expect(found).toMatchObject({ ok: false, accepted: false, verdict: 'incomplete', oracle: { agrees: false } })
    expect(found.notes[0]).toMatch(/disagree.*the validator says accepted, 40 of 40.*TLC says.*a fault of Lockstep/)
  })

  it('TLC that did not finish leaves the log undecided', async () => {
    const found = await judged(() => Promise.reject(environmentFailure({ code: 'tlc-timeout', message: 'too late' })))
    expect(found).toMatchObject({ ok: false, verdict: 'incomplete', oracle: { accepted: null, agrees: null } })
    expect(found.notes[0]).toBe('TLC did not decide: too late')
  })

  it('refuses a log of more events than TLC can parse', () => {
    const transcript = new Transcript('big.ndjson')
    const event = { line: 7, action: 'vmexit' }
    for (let i = 0; i < MOST_EVENTS; i++) transcript.event(event)
    expect(() => {
      transcript.event(event)
    }).toThrow(
      expect.objectContaining({ exit: 2, problem: expect.objectContaining({ code: 'too-large', line: 7 }) as unknown }),
    )
  })

  it('without Java is an environment failure that says what to install', () => {
    const { status, stderr } = lockstep([MODEL, LOG, '--with', 'tlc'], { PATH: directory })
    expect(status).toBe(3)
    expect(stderr).toContain('install a JDK or JRE')
  })

  it.each([
    ['without --with tlc', [MODEL, LOG]],
    ['for several logs', [MODEL, LOG, LOG, '--with', 'tlc']],
    ['for several designs', ['flush-inhibit', LOG, '--with', 'tlc', '--design', 'any']],
  ])('refuses --write-tla %s', (_what, args) => {
    const { status, stderr } = lockstep([...args, '--write-tla', join(directory, 'never')])
    expect([status, stderr]).toEqual([2, expect.stringContaining('--write-tla')])
    expect(existsSync(join(directory, 'never'))).toBe(false)
  })
})
