/** `lockstep live`: what it prints and how it ends. Which weak outcomes are seen depends on the hardware: none is asserted. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import { live } from '../../scripts/commands/live.ts'
import { requireTwoCores } from '../../scripts/live/verdict.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { makeTempDir, removeTempDir } from '../../scripts/node/tempdir.ts'
import { MOST_LOGS } from '../../scripts/live/logs.ts'
import { readLines } from '../../scripts/validate/lines.ts'
import { outputFor } from '../../scripts/ui/output.ts'
import { everydayShare, isCI } from '../effort.ts'
import { until } from './tlc/processes.ts'
import { logValidator } from '../../scripts/validate/subject.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { SCENARIOS, loadModels, project } from '../project.ts'

const bin = join(packageRoot(), 'bin', 'lockstep.mjs')

const run = (command: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

const lockstep = (...args: string[]) => run(process.execPath, bin, 'live', ...args)

/** Processor time of a process with all its threads, in hundredths of a second. */
const processorTicks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Rounds of each design of which every one must be explained. */
const ROUNDS = isCI ? 3000 : 400

const hasTaskset = run('taskset', '-c', '0', 'true').status === 0

interface Document {
  readonly ok: boolean
  readonly protocol: string
  readonly rounds: number
  readonly variants: readonly {
    readonly design: string
    readonly barrier: boolean
    readonly expected: string
    readonly outcome: string
    readonly rounds: number
    readonly lost: number
    readonly sampled: number
    readonly accepted: number
    readonly lostNeedingTso: number
  }[]
}

describe('scenarios', () => {
  it('have models under TSO: with the barrier the property holds', () => {
    const models = loadModels()
    for (const {
      protocol,
      scenario: { designs, property },
    } of SCENARIOS) {
      for (const { design, barrier } of designs) {
        const model = models.find((m) => m.protocol.name === protocol && m.design === design && m.memory === 'tso')
        const cell = model?.cells.find(({ name }) => name === property)
        expect([design, cell === undefined]).toEqual([design, false])
        if (barrier) expect([design, cell?.expected]).toEqual([design, 'holds'])
      }
    }
  })
})

describe('lockstep live', () => {
  it.each(
    everydayShare<[string, string[]]>(
      [
        ['poll-kick', ['clear-recheck-no-mb', 'clear-recheck', 'lockless-waker-no-mb', 'lockless-waker']],
        ['litmus', ['sb', 'sb+mbs', 'sb+rmws', 'r', 'r+mbs', 'mp']],
      ],
      ([protocol]) => protocol === 'poll-kick',
    ),
  )(
    '%s: the model explains every round, and nothing forbidden happens (more rounds, and more protocols, in CI)',
    (protocol, designs) => {
      const { status, stdout, stderr } = lockstep(protocol, '--rounds', String(ROUNDS), '--seconds', '600', '--json')
      expect(stderr).toBe('')
      const document = JSON.parse(stdout) as Document
      expect(document).toMatchObject({ protocol, rounds: ROUNDS })
      expect(document.variants.map(({ design }) => design)).toEqual(designs)
      for (const variant of document.variants) {
        expect(variant).toMatchObject({
          rounds: ROUNDS,
          sampled: ROUNDS,
          accepted: ROUNDS,
          lostNeedingTso: variant.lost,
        })
        if (variant.expected === 'holds') expect([variant.design, variant.lost]).toEqual([variant.design, 0])
        expect(['as-expected', 'not-seen']).toContain(variant.outcome)
      }
      // a control that shows nothing is no pass
      expect([0, 3]).toContain(status)
      expect(document.ok).toBe(status === 0)
    },
  )

  it.runIf(isCI)('runs the generator functions themselves, too (needs CI)', () => {
    const { stdout } = lockstep('poll-kick/clear-recheck', '--rounds', '300', '--interpreter', 'general', '--json')
    const { variants } = JSON.parse(stdout) as Document
    expect(variants).toMatchObject([{ barrier: true, rounds: 300, lost: 0, sampled: 300, accepted: 300 }])
  })

  it.runIf(isCI)('explains only as many rounds as it is told to, and those that lost (needs CI)', () => {
    const { stdout } = lockstep('poll-kick/clear-recheck', '--rounds', '300', '--sample', '20', '--json')
    expect((JSON.parse(stdout) as Document).variants).toMatchObject([
      { rounds: 300, lost: 0, sampled: 20, accepted: 20 },
    ])
  })

  it('writes logs that validate accepts, and that the design with the barrier rejects if they lost an event (more rounds in CI)', async () => {
    const directory = join(makeTempDir('live'), 'logs')
    const { stdout } = lockstep(
      'poll-kick/clear-recheck-no-mb',
      '--rounds',
      String(isCI ? 20_000 : 1500),
      '--logs',
      directory,
      '--json',
    )
    const [variant] = (JSON.parse(stdout) as { variants: { lost: number; logs: string[] }[] }).variants
    const [logs, models] = [variant?.logs ?? [], loadModels()]
    expect(readdirSync(directory).map((name) => join(directory, name))).toEqual([...logs].sort())
    expect(logs.length > 0 && logs.length <= MOST_LOGS).toBe(true)
    const validate = (model: string, file: string, unlogged: string[] = []) =>
      logValidator(oneModel(models, model), project).validate(readLines(file), { file, unlogged })
    for (const file of logs) {
      expect([file, (await validate('poll-kick/clear-recheck-no-mb.tso', file)).verdict]).toEqual([file, 'accepted'])
    }
    const violated = logs.filter((file) => file.includes('.violated.'))
    expect(violated.length > 0).toBe((variant?.lost ?? 0) > 0)
    for (const file of violated) {
      const result = await validate('poll-kick/clear-recheck.tso', file, ['vcpu_enter_guest_clear_smp_mb'])
      expect(result).toMatchObject({
        verdict: 'rejected',
        divergence: { event: { action: 'kvm_vcpu_poll_read_kicked', result: false } },
      })
    }
    // logs of two runs are not mixed
    const again = lockstep('poll-kick/clear-recheck', '--rounds', '10', '--logs', directory, '--json')
    expect([again.status, JSON.parse(again.stdout)]).toMatchObject([2, { error: { code: 'not-empty' } }])
    removeTempDir(join(directory, '..'))
  })

  it('refuses a place for logs that is a file, before a round is played', () => {
    const { status, stdout } = lockstep('poll-kick', '--logs', bin, '--json')
    expect([status, JSON.parse(stdout)]).toMatchObject([2, { error: { code: 'unwritable', file: bin } }])
  })

  it.runIf(isCI)('prints a table (needs CI)', () => {
    const { stdout } = lockstep('litmus/sb+mbs', '--rounds', '300')
    expect(stdout).toMatch(/^design +barrier +rounds +had the outcome +TSO explains +SC explains\n/)
    expect(stdout).toMatch(/^sb\+mbs +yes +300 +0 +all +all +never, as the model says$/m)
    expect(stdout).toMatch(/^Observation sb\+mbs Never 0 300$/m)
  })

  it('says why one core cannot show anything', async () => {
    expect(() => {
      requireTwoCores(1)
    }).toThrow(/the threads take turns/)
    const options = { target: 'litmus', rounds: 1, seconds: 1, seed: 1, interpreter: 'generated' } as const
    const refused = await live(outputFor(true), options, project, 1).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(LockstepError)
    expect(refused).toMatchObject({ exit: 3, problem: { code: 'one-core' } })
  })

  it.skipIf(!hasTaskset)('refuses one core from outside (needs taskset)', () => {
    const { status, stdout } = run('taskset', '-c', '0', process.execPath, bin, 'live', 'poll-kick', '--json')
    expect(status).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'one-core' } })
  })

  it.skipIf(!existsSync('/proc/self/stat')).each(
    everydayShare<[NodeJS.Signals, number]>(
      [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ],
      ([signal]) => signal === 'SIGINT',
    ),
  )(
    '%s in the middle of the rounds ends both threads at once, exit code %i (a share every day, all in CI)',
    async (signal, code) => {
      const args = [bin, 'live', 'poll-kick', '--rounds', '1000000000', '--seconds', '600', '--json']
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
      const ended = new Promise((resolve) => child.once('exit', resolve))
      // two threads that race take more than starting up does
      await until(() => processorTicks(child.pid ?? 0) > 250, 'the rounds have begun', 60_000)
      child.kill(signal)
      expect(await ended).toBe(code)
      expect(printed).toBe('')
    },
  )

  it('refuses what cannot be run live, with what can', () => {
    const { status, stdout } = lockstep('poll-kik', '--json')
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'unknown-target', hint: expect.stringContaining('poll-kick') as string },
    })
    expect(lockstep('flush-inhibit').status).toBe(2)
    expect(lockstep('poll-kick', '--rounds', '0').status).toBe(2)
  })
})
