/** The command line from outside: what it prints, its exit codes, one clear error for each kind of bad input. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { everydayShare, isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { loadModels, PROTOCOLS } from '../project.ts'

const root = packageRoot()
const toolchain = await findToolchain().catch(() => undefined)
const evidence = join(root, 'traces', 'flush-inhibit')

let directory: string
let emptyPath: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-cli-'))
  emptyPath = join(directory, 'no-tools')
  mkdirSync(emptyPath)
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const lockstep = (args: readonly string[], env: Record<string, string | undefined> = {}): Ran => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28,
  })
  return { status, stdout, stderr }
}

const withoutJava = () => ({ PATH: emptyPath, JAVA_HOME: undefined })

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const expectError = ({ status, stdout, stderr }: Ran, exit: number, code: string, words: RegExp): void => {
  expect({ status, stdout: stdout === '' ? '' : 'json' }).toEqual({ status: exit, stdout: 'json' })
  const document = JSON.parse(stdout) as { ok: boolean; error: { code: string; message: string; hint: string | null } }
  expect({ ok: document.ok, code: document.error.code }).toEqual({ ok: false, code })
  expect(`${document.error.message} ${document.error.hint ?? ''}`).toMatch(words)
  expect(stderr).not.toMatch(/\n\s+at /)
}

describe('list', () => {
  it('has every design by name', () => {
    const { status, stdout } = lockstep(['list', 'flush-inhibit', '--json'])
    expect(status).toBe(0)
    const { models } = JSON.parse(stdout) as { models: { design: string }[] }
    expect([...new Set(models.map((m) => m.design))]).toEqual([
      'posted',
      'no-srcu',
      'no-sync-on-set',
      'no-sync-on-clear',
      'request-then-check',
      'request-then-check-mb',
      'request-then-check-srcu',
      'suspended-first',
      'reversed-clear',
      'merged-field',
      'pending-event',
      'events-masked',
      'garbage-mask',
      'request-then-check-release',
      'request-then-check-release-mb',
      'posted-wmbs',
      'swapped-wmbs',
      'posted-unsuspend-wmb',
      'bad-calls',
      'args-checked',
      'args-checked-late',
    ])
  })

  it.runIf(isCI)(
    'has every design of poll-kick under SC and TSO, and every litmus test under three memory models (needs CI)',
    () => {
      const names = (protocol: string): string[] => {
        const { models } = JSON.parse(lockstep(['list', protocol, '--json']).stdout) as { models: { model: string }[] }
        return models.map((m) => m.model)
      }
      const designs =
        'posted clear-before-check clear-before-check-no-signal clear-recheck clear-recheck-no-mb poll-state mode-polling ' +
        'halted-userspace no-poll-mb lockless-waker lockless-waker-no-mb check-then-register self-kick self-kick-sets ' +
        'posted-interrupt'
      const pollKick = names('poll-kick')
      for (const design of designs.split(' '))
        for (const memory of ['sc', 'tso']) expect(pollKick).toContain(`poll-kick/${design}.${memory}`)
      const tests =
        'sb sb+mbs sb+mb+po sb+rmws sb+rmw+po mp mp+wmb+po lb s s+wmb+po r r+mbs r+po+mb 2+2w 2+2w+wmbs iriw wrc isa2 rwc ' +
        'rwc+po+mb corr mp+coww+wmbs+po mp+rmws'
      expect(names('litmus')).toEqual(
        tests.split(' ').flatMap((t) => ['sc', 'tso', 'pso'].map((memory) => `litmus/${t}.${memory}`)),
      )
    },
    60_000,
  )
})

describe('check', () => {
  it('has the contract’s shape, and nothing else on stdout', () => {
    const { status, stdout, stderr } = lockstep(['check', 'flush-inhibit/no-srcu.sc', '--engine', 'explorer', '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { ok, models } = JSON.parse(stdout) as { ok: boolean; models: Record<string, unknown>[] }
    expect(ok).toBe(true)
    expect(models[0]).toMatchObject({
      model: 'flush-inhibit/no-srcu.sc',
      protocol: 'flush-inhibit',
      design: 'no-srcu',
      memory: 'sc',
      engine: 'explorer',
      verdict: 'violated',
      asExpected: true,
      distinctStates: 17138,
      generatedStates: 48869,
      depth: 58,
      cached: false,
    })
    expect(models[0]?.['properties']).toContainEqual({
      name: 'Deadlock',
      kind: 'deadlock',
      verdict: 'violated',
      expected: 'violated',
      depth: 29,
      trace: 'traces/flush-inhibit/no-srcu.sc.Deadlock.itf.json',
      instances: [],
      vacuous: null,
      expectedVacuous: [],
    })
  })

  it.skipIf(toolchain === undefined || !isCI)('three engines agree on a model (needs CI and needs Java)', () => {
    const { status, stdout } = lockstep(['check', 'flush-inhibit/no-sync-on-set.sc', '--engine', 'all', '--json'])
    expect(status).toBe(0)
    const { models } = JSON.parse(stdout) as {
      models: { engine: string; distinctStates: number; asExpected: boolean }[]
    }
    expect(models.map((m) => [m.engine, m.distinctStates, m.asExpected])).toEqual([
      ['tlc', 9029, true],
      ['embedded', 9029, true],
      ['explorer', 9029, true],
    ])
  })

  // the suite of each protocol holds it to the same every day, without the command
  it.runIf(isCI)('takes every action in some model (needs CI)', () => {
    expect(lockstep(['check', 'poll-kick', '--coverage']).status).toBe(0)
  })

  it.runIf(isCI)('takes every action in some model of the other protocols too (needs CI)', () => {
    const others = PROTOCOLS.map(({ name }) => name).filter((name) => name !== 'poll-kick')
    expect(lockstep(['check', ...others, '--coverage']).status).toBe(0)
  })

  it.runIf(isCI)('works without Java and says what is not checked (needs CI)', () => {
    const { status, stdout } = lockstep(['check', 'apic-groups/posted.sc.msi'], withoutJava())
    expect(status).toBe(0)
    expect(stdout).toMatch(/TLC is not used/)
    expect(stdout).toMatch(/embedded .* safety only; not checked: DeliveryProp/)
  })

  it('does not pass off what did not finish', () => {
    const { status, stdout } = lockstep([
      'check',
      'flush-inhibit/no-srcu.sc.r2',
      '--engine',
      'embedded',
      '--timeout',
      '1',
      '--no-cache',
      '--json',
    ])
    expect(status).toBe(3)
    const { ok, models } = JSON.parse(stdout) as { ok: boolean; models: { verdict: string; asExpected: boolean }[] }
    expect({ ok, verdict: models[0]?.verdict, asExpected: models[0]?.asExpected }).toEqual({
      ok: false,
      verdict: 'incomplete',
      asExpected: false,
    })
  })
})

describe('explain', () => {
  it('is fit for an e-mail', () => {
    const { status, stdout } = lockstep(['explain', 'flush-inhibit/no-srcu'])
    expect(status).toBe(0)
    expect(stdout.split('\n').every((line) => line.length <= 75)).toBe(true)
    expect(stdout).toMatch(/Violated: NoFlushPostedWhileInhibitedInv/)
    expect(stdout).toMatch(/Prevented by SyncOnSet = TRUE/)
  })

  it.runIf(isCI).each(['mermaid', 'itf'])('has the format %s (needs CI)', (format) => {
    const { status, stdout } = lockstep(['explain', 'flush-inhibit/no-srcu', '--format', format])
    expect(status).toBe(0)
    expect(stdout).toMatch(format === 'itf' ? /^\{\n"#meta"/ : /^sequenceDiagram/)
  })

  it.runIf(isCI)('is refused for what holds (needs CI)', () => {
    const run = lockstep(['explain', 'flush-inhibit/posted', '--property', 'AllOrNothingInv', '--json'])
    expectError(run, 2, 'nothing-to-explain', /holds in flush-inhibit\/posted\.sc.*NoFlushHappensWhileInhibitedInv/)
  })

  it.runIf(isCI)('of a vacuous property is refused without a word of a pass (needs CI)', () => {
    const model = 'apf-ready/no-lapic.sc'
    const one = lockstep(['explain', model, '--property', 'TaskWakesProp', '--json'])
    expectError(one, 2, 'nothing-to-explain', /TaskWakesProp is vacuous in apf-ready\/no-lapic\.sc/)
    const any = lockstep(['explain', model, '--json'])
    expectError(any, 2, 'nothing-to-explain', /no property is violated.*vacuous.*TaskWakesProp/)
    expect(one.stdout + any.stdout).not.toMatch(/holds in/)
  })

  it('is refused for an unknown property', () => {
    expectError(
      lockstep(['explain', 'flush-inhibit/posted', '--property', 'Nope', '--json']),
      2,
      'unknown-property',
      /it has/,
    )
  })
})

describe('evidence', () => {
  it('every violated cell of a fast model has a counterexample that replays (a cycle too in CI)', () => {
    for (const model of loadModels().filter((m) => m.tags.includes('fast'))) {
      for (const { name } of model.cells.filter((c) => c.expected === 'violated')) {
        expect(readdirSync(model.protocol.home.traces)).toContain(`${model.stem}.${name}.itf.json`)
      }
    }
    const trace = join(evidence, 'no-srcu.sc.FlushCompletesProp.itf.json')
    expect(lockstep(['replay', 'flush-inhibit/no-srcu.sc', trace]).status).toBe(0)
    if (!isCI) return
    // its last state is the one at which its loop begins
    const cycle = join(evidence, 'pending-event.sc.IoctlReturnsProp.itf.json')
    expect(lockstep(['replay', 'flush-inhibit/pending-event.sc', cycle]).status).toBe(0)
  })

  it('certificates verify without Java, and a changed one does not', () => {
    const certificate = join(evidence, 'posted.sc.certificate.json')
    expect(lockstep(['verify', certificate], withoutJava()).status).toBe(0)
    const text = readFileSync(certificate, 'utf8')
    const digest = /"digest": "(.)/.exec(text)?.[1] === 'a' ? 'b' : 'a'
    const changed = file('changed.json', text.replace(/"digest": "./, `"digest": "${digest}`))
    const { status, stdout } = lockstep(['verify', changed])
    expect(status).toBe(1)
    expect(stdout).toMatch(/digest/)
  })
})

describe.skipIf(process.platform === 'win32')('a reader that has gone', () => {
  it('makes no pass of a log that is rejected', () => {
    const log = join(root, 'traces', 'poll-kick', 'clear-recheck.sc.rejected.ndjson')
    const command = '"$0" "$1" validate poll-kick/clear-recheck.sc "$2" | true; exit "${PIPESTATUS[0]}"'
    const args = ['-c', command, process.execPath, join(root, 'bin', 'lockstep.mjs'), log]
    // as of what SIGPIPE ends
    expect(spawnSync('bash', args).status).toBe(141)
  })
})

describe('doctor', () => {
  it('sees that there is no temporary directory, which a proof needs', () => {
    const { status, stdout } = lockstep(['doctor', '--json'], { TMPDIR: join(directory, 'nowhere') })
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { name: string; status: string }[] }
    expect({ status, ok }).toEqual({ status: 3, ok: false })
    expect(findings).toContainEqual(expect.objectContaining({ name: 'temporary files', status: 'missing' }))
  })
})

describe('bad input', () => {
  it('a limit that no timer can have is refused, and is not one of a millisecond', () => {
    const { status, stderr } = lockstep(['check', 'litmus/sb+mbs.tso', '--timeout', '99999999999'])
    expect([status, stderr]).toEqual([2, expect.stringContaining('a whole number from 1 to 2147483')])
  })

  it('a dry run is one document with --json, too (needs Java)', () => {
    const { status, stdout } = lockstep(['check', 'litmus/sb.*', '--dry-run', '--json'])
    const { ok, commands } = JSON.parse(stdout) as { ok: boolean; commands?: { model: string; command: string }[] }
    expect([status, ok]).toEqual(commands === undefined ? [3, false] : [0, true])
    for (const { model, command } of commands ?? []) expect(command).toContain(`${model.replace('litmus/', '')}.cfg`)
  })

  it.runIf(isCI)('a number is one of decimal digits (needs CI)', () => {
    const { status, stderr } = lockstep(['check', 'litmus/sb+mbs.tso', '--timeout', '0x10'])
    expect([status, stderr]).toEqual([2, expect.stringContaining('a whole number from 1')])
  })

  it.runIf(isCI)('time that is up ends the explorer of bench too (needs CI and Java)', () => {
    const { status, stdout } = lockstep(['bench', 'flush-inhibit/reversed-clear.sc.f2t2', '--timeout', '1', '--json'])
    const code = status === 3 ? (JSON.parse(stdout) as { error: { code: string } }).error.code : ''
    expect([status, ['incomplete', 'no-java'].includes(code)]).toEqual([3, true])
  })

  const good = (): string => readFileSync(join(evidence, 'no-srcu.sc.Deadlock.itf.json'), 'utf8')
  const replay = (path: string): Ran => lockstep(['replay', 'flush-inhibit/no-srcu.sc', path, '--json'])

  it('an unknown target, with the near ones', () => {
    expectError(
      lockstep(['check', 'flush-inhibit/no-scru', '--json']),
      2,
      'unknown-target',
      /did you mean flush-inhibit\/no-srcu/,
    )
  })
  it.runIf(isCI)('an unknown model (needs CI)', () => {
    expectError(
      lockstep(['replay', 'flush-inhibit/postd.sc', '-', '--json']),
      2,
      'unknown-target',
      /flush-inhibit\/posted\.sc/,
    )
  })
  it('an unknown command or option', () => {
    expect(lockstep(['chek']).status).toBe(2)
    expectError(lockstep(['check', '--engine', 'spin', '--json']), 2, 'usage', /tlc/)
  })
  it.runIf(isCI)('a trace that is not there (needs CI)', () => {
    expectError(replay(join(directory, 'absent.json')), 2, 'unreadable', /no such file/)
  })
  it('a truncated trace', () => {
    expectError(replay(file('truncated.json', good().slice(0, 5000))), 2, 'not-json', /./)
  })
  it.runIf(isCI)('what is not JSON (needs CI)', () => {
    expectError(replay(file('words.json', 'hello')), 2, 'not-json', /./)
  })
  it.runIf(isCI)('a trace of another specification (needs CI)', () => {
    expectError(
      replay(file('other.json', good().replaceAll('waiting_on', 'waiting_for'))),
      2,
      'another-specification',
      /waiting_for/,
    )
  })
  it.runIf(isCI)('a trace of another design is asked for its steps alone, and that is said (needs CI)', () => {
    const { status, stderr } = lockstep([
      'replay',
      'flush-inhibit/posted.sc',
      join(evidence, 'no-srcu.sc.Deadlock.itf.json'),
    ])
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('the trace says that it is of flush-inhibit/no-srcu.sc'),
    ])
  })

  it.runIf(isCI)('a trace that says it is of another protocol’s model (needs CI)', () => {
    const text = good().replace('"model":"flush-inhibit/no-srcu.sc"', '"model":"poll-kick/posted.sc"')
    expectError(replay(file('claimed.json', text)), 2, 'another-model', /it is of poll-kick\/posted\.sc/)
  })
  it.runIf(isCI)('a trace that says it violates what the model does not have (needs CI)', () => {
    const text = good().replace('"property":"Deadlock"', '"property":"NoSuchInv"')
    expectError(replay(file('property.json', text)), 2, 'unknown-property', /"NoSuchInv"/)
  })
  it.runIf(isCI)(
    'a trace that is cut: a liveness property is violated only by what goes on for ever (needs CI)',
    () => {
      const whole = readFileSync(join(evidence, 'no-srcu.sc.FlushCompletesProp.itf.json'), 'utf8')
      const { loop, ...trace } = JSON.parse(whole) as { loop: number; states: unknown[] }
      expect(loop).toBeGreaterThan(0)
      const cut = { ...trace, states: trace.states.slice(0, -2) }
      expectError(
        replay(file('cut.json', JSON.stringify(cut))),
        2,
        'trace-cut',
        /FlushCompletesProp .* its end is missing/,
      )
      // where the machine is stuck there is one way only to go on
      const stuck = JSON.parse(good()) as { '#meta': Record<string, string> }
      const text = JSON.stringify({ ...stuck, '#meta': { ...stuck['#meta'], property: 'FlushCompletesProp' } })
      expect(replay(file('stuck.json', text)).status).toBe(0)
    },
  )
  it.runIf(isCI)(
    'a trace whose cycle was changed: what goes on for ever must break the property, and be fair (needs CI)',
    () => {
      const whole = JSON.parse(readFileSync(join(evidence, 'pending-event.sc.IoctlReturnsProp.itf.json'), 'utf8')) as {
        states: unknown[]
      }
      const stays = { ...whole, loop: whole.states.length - 1 }
      const args = ['replay', 'flush-inhibit/pending-event.sc', file('stays.json', JSON.stringify(stays)), '--json']
      expectError(lockstep(args), 2, 'no-counterexample', /IoctlReturnsProp: what goes on for ever is not fair: /)
      const begins = { ...whole, states: whole.states.slice(0, 1), loop: 0 }
      args.splice(2, 1, file('begins.json', JSON.stringify(begins)))
      expectError(lockstep(args), 2, 'no-counterexample', /IoctlReturnsProp is not broken by/)
    },
  )
  it.runIf(isCI)('a key twice in a trace, of which one would be lost (needs CI)', () => {
    const text = good().replace('"vars":', '"vars": [],\n"vars":')
    expectError(replay(file('twice.json', text)), 2, 'duplicate-key', /vars: it is there twice/)
  })
  it.runIf(isCI)('an unknown action, with the near ones (needs CI)', () => {
    const text = good()
      .replaceAll('"vcpu_run_running"', '"vcpu_run_runing"')
      .replaceAll('vcpu_run_runing"]', 'vcpu_run_running"]')
    expectError(replay(file('action.json', text)), 2, 'unknown-action', /vcpu_run_running/)
  })
  it.runIf(isCI)('a state outside of its domain (needs CI)', () => {
    const text = good().replace('"tlb_flush_inhibit":{"#map":[[2,0]]}', '"tlb_flush_inhibit":{"#map":[[2,7]]}')
    expectError(replay(file('domain.json', text)), 2, 'outside-domain', /tlb_flush_inhibit\[2\] is 7, expected 0\.\.1/)
  })
  it.runIf(isCI)('100 MB in one line (needs CI)', () => {
    expectError(replay(file('large.json', `{"x":"${'a'.repeat(100 * 2 ** 20)}"}`)), 2, 'too-large', /MiB/)
  })
  it.runIf(isCI)('deep nesting (needs CI)', () => {
    expectError(replay(file('deep.json', `${'['.repeat(200_000)}${']'.repeat(200_000)}`)), 2, 'bad-itf', /./)
  })
  it.runIf(isCI)('NUL bytes (needs CI)', () => {
    expectError(replay(file('nul.json', good().replace('"vars"', '"va\0rs"'))), 2, 'nul-byte', /NUL/)
  })
  it.runIf(isCI)('bytes that are not UTF-8 (needs CI)', () => {
    expectError(replay(file('latin.json', Uint8Array.of(0x7b, 0xff, 0x7d))), 2, 'not-utf8', /UTF-8/)
  })
  it('a damaged certificate', () => {
    expectError(lockstep(['verify', file('c.json', '{"format":"x"}'), '--json']), 2, 'bad-certificate', /format/)
  })
  it.each(everydayShare(['VIEW', 'ALIAS', 'SYMMETRY'], (keyword) => keyword === 'VIEW'))(
    'a cfg with %s given to prove (a share every day, all in CI)',
    (keyword) => {
      const cfg = readFileSync(join(root, 'spec', 'flush-inhibit', 'posted.sc.cfg'), 'utf8')
      const path = file(`${keyword}.cfg`, `${cfg}${keyword} vars\n`)
      expectError(
        lockstep(['prove', 'flush-inhibit/posted.sc', '--cfg', path, '--json']),
        2,
        'reduced-graph',
        new RegExp(keyword),
      )
    },
  )
  it.skipIf(toolchain === undefined || !isCI)(
    'a specification with a parse error, at TLC’s place (needs CI and Java)',
    () => {
      const spec = join(directory, 'spec')
      mkdirSync(spec)
      const text = readFileSync(join(root, 'spec', 'flush-inhibit', 'FlushInhibit.tla'), 'utf8')
      writeFileSync(join(spec, 'FlushInhibit.tla'), text.replace('Next ==\n', 'Next ==\n    \\/ ) oops\n'))
      const run = lockstep(['prove', 'flush-inhibit/posted.sc', '--spec', spec, '--json'])
      expectError(run, 2, 'spec-parse-error', /./)
      const { error } = JSON.parse(run.stdout) as { error: { file: string; line: number } }
      expect(error.file).toMatch(/FlushInhibit\.tla$/)
      expect(error.line).toBe(text.slice(0, text.indexOf('Next ==\n')).split('\n').length + 1)
    },
  )
})

/** A run of TLC that takes longer than these tests wait. */
const TLC_ALONE = ['check', 'flush-inhibit/no-srcu.sc.r2', '--engine', 'tlc', '--no-cache', '--json'] as const

describe('the environment', () => {
  it('no Java, and TLC asked for: exit 3 with what to do', () => {
    expectError(
      lockstep(['check', 'flush-inhibit/posted.sc', '--engine', 'tlc', '--json'], withoutJava()),
      3,
      'no-java',
      /install/,
    )
    expectError(lockstep(['prove', 'flush-inhibit/posted.sc', '--json'], withoutJava()), 3, 'no-java', /install/)
  })
  it.skipIf(toolchain === undefined)('no jar and no network: exit 3 with what to do (needs Java)', () => {
    const env = { LOCKSTEP_OFFLINE: '1', LOCKSTEP_CACHE: join(directory, 'empty-cache'), TLA2TOOLS_JAR: undefined }
    const run = lockstep(['check', 'flush-inhibit/posted.sc', '--engine', 'tlc', '--json'], env)
    expect(run.status).toBe(3)
    expect(run.stdout).toMatch(/TLA2TOOLS_JAR/)
  })
  it.skipIf(toolchain === undefined || !isCI)(
    'TLC that does not finish in time is incomplete (needs CI and Java)',
    () => {
      const { status, stdout } = lockstep([...TLC_ALONE, '--timeout', '1'])
      expect(status).toBe(3)
      expect(stdout).toMatch(/"verdict": "incomplete"/)
      expect(stdout).toMatch(/--timeout/)
    },
  )
  it.skipIf(toolchain === undefined || !isCI)('TLC that runs out of memory is incomplete (needs CI and Java)', () => {
    const { status, stdout } = lockstep([...TLC_ALONE, '--heap', '12'])
    expect(status).toBe(3)
    expect(stdout).toMatch(/"verdict": "(incomplete|error)"/)
  })
})
