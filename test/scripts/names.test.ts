/** What a name means that stands for several things, or for none: which of them is taken, or what the near ones are. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTempDir, removeTempDir } from '../../scripts/node/tempdir.ts'
import { inside } from './inside.ts'
import { ensureBuilt, runIn } from './tree.ts'
import { isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const log = (name: string): string => join(packageRoot(), 'traces', name)
const LOG = log('poll-kick/clear-recheck.sc.accepted.ndjson')
const TRACE = log('flush-inhibit/no-srcu.sc.Deadlock.itf.json')

let directory = ''
beforeAll(() => {
  directory = makeTempDir('names')
})
afterAll(() => {
  removeTempDir(directory)
})

/** A copy of a file with other words in it. */
const edited = (name: string, from: string, edit: (text: string) => string): string => {
  const file = join(directory, name)
  const text = readFileSync(from, 'utf8')
  expect(edit(text)).not.toBe(text)
  writeFileSync(file, edit(text))
  return file
}

interface Document {
  readonly ok: boolean
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null }
}

const json = async (...args: string[]): Promise<{ code: number; document: Document; stderr: string }> => {
  const { code, stdout, stderr } = await inside([...args, '--json'])
  return { code, document: JSON.parse(stdout) as Document, stderr }
}

const refusal = async (...args: string[]): Promise<[number, string | undefined, string]> => {
  const { code, document } = await json(...args)
  return [code, document.error?.code, document.error?.hint ?? '']
}

describe('an action that the model does not have', () => {
  const others = 'flush-inhibit/posted.sc'

  it('is said to be of the protocol that has it', async () => {
    const wanted = [2, 'not-of-the-model', expect.stringMatching(/is this a log of poll-kick\?$/)]
    expect(await refusal('validate', others, LOG)).toEqual(wanted)
    expect(await refusal('validate', 'flush-inhibit/no-srcu', LOG, '--design', 'any')).toEqual(wanted)
  })

  it('has near ones, and both where both may be meant', async () => {
    const misspelt = edited('misspelt', LOG, (text) => text.replace('"poll_initwait"', '"poll_initwiat"'))
    expect((await refusal('validate', 'poll-kick/clear-recheck.sc', misspelt))[2]).toMatch(
      /^did you mean poll_initwait,/,
    )
    const [, , hint] = await refusal('validate', 'poll-kick/posted.sc', log('flush-inhibit/posted.sc.accepted.ndjson'))
    expect(hint).toMatch(
      /^did you mean kvm_vcpu_\w+.*\? flush-inhibit has such an action: is this a log of flush-inhibit\?$/,
    )
  })

  it('is met with those that there are where nothing is near and nobody has it', async () => {
    const strange = edited('strange', LOG, (text) => text.replace('"poll_initwait"', '"frob"'))
    const [, , hint] = await refusal('validate', 'poll-kick/clear-recheck.sc', strange)
    expect(hint).toMatch(/^the actions are KVM_RUN, .* and \d+ more$/)
  })

  it('may be where a thread is said to be', async () => {
    const states = edited('states', LOG, (text) => text.replaceAll(/"action":"\w+","thread":"\w+",/g, ''))
    const [code, what, hint] = await refusal('validate', others, states)
    expect([code, what, hint]).toEqual([
      2,
      'not-of-the-model',
      expect.stringMatching(/poll-kick have such an action: is this a log of one of them\?$/),
    ])
  })

  it('is of the model that the log names, where its actions are those of both', async () => {
    const [, , hint] = await refusal('validate', 'vtl-wakeup/posted.sc', log('apf-ready/landed.sc.accepted.ndjson'))
    expect(hint).toBe('the log says that it is of apf-ready/landed.sc')
  })

  it('is named so for --unlogged and --map too', async () => {
    const own = log('flush-inhibit/posted.sc.accepted.ndjson')
    const map = join(packageRoot(), 'spec', 'poll-kick', 'maps', 'kvm-tracepoints.json')
    const unlogged = await refusal('validate', others, own, '--unlogged', 'poll_initwait')
    expect(unlogged).toEqual([2, 'unknown-action', 'poll-kick has such an action'])
    const mapped = await refusal('validate', others, LOG, '--format', 'ftrace', '--map', map)
    const whose = expect.stringMatching(/poll-kick.* have such an action: is this a map of one of them\?$/) as string
    expect(mapped).toEqual([2, 'unknown-action', whose])
  })

  it('is of the model that a trace names', async () => {
    const [exit, code, hint] = await refusal('replay', 'poll-kick/posted.sc', TRACE)
    expect([exit, code, hint]).toEqual([
      2,
      'another-model',
      expect.stringMatching(/^it is of flush-inhibit\/no-srcu\.sc/),
    ])
  })
})

describe('an action of a protocol that has no docs, in a workspace', () => {
  let workspace = ''
  const events = [
    { action: 'set_current_state', thread: 'sleeper0' },
    { action: 'set_condition', thread: 'waker1' },
    { action: 'check', thread: 'sleeper0', result: true },
  ]
  const written = (name: string, text: string): string => {
    const file = join(directory, name)
    writeFileSync(file, text)
    return file
  }
  const logOf = (name: string, all: readonly unknown[]): string =>
    written(name, all.map((event) => `${JSON.stringify(event)}\n`).join(''))
  const there = async (...args: string[]): Promise<[number, string]> => {
    const { code, stdout, stderr } = await inside(args, { LOCKSTEP_WORKSPACE: workspace })
    return [code, `${stdout}${stderr}`]
  }

  beforeAll(async () => {
    workspace = join(directory, 'workspace')
    cpSync(join(packageRoot(), 'test', 'fixtures', 'workspace'), workspace, { recursive: true })
    expect((await there('new', 'message', '--from', 'message-passing', '--no-spec'))[0]).toBe(0)
  })

  it('may be left out of a log where any of its machines has it', async () => {
    const own = logOf('own.ndjson', events)
    const any = ['validate', 'sleeper', own, '--design', 'any', '--unlogged']
    expect(await there(...any, 'set_current_state_mb,wake_up_mb')).toEqual([
      0,
      expect.stringMatching(/accepted +sleeper\/mb\.sc/),
    ])
    expect(await there(...any, 'set_current_state_md')).toEqual([
      2,
      expect.stringContaining('did you mean set_current_state_mb'),
    ])
    // one that is only where memory is buffered
    expect((await there(...any, 'commit'))[0]).toBe(0)
  })

  it('is a finding in a design that does not have it, and no bad input', async () => {
    const other = logOf('other.ndjson', [events[0], { action: 'set_current_state_mb', thread: 'sleeper0' }])
    expect((await there('validate', 'sleeper/posted.sc', other))[0]).toBe(1)
  })

  it('may be named by a map', async () => {
    const trace = written('trace.txt', ' sleeper-7  [000] .....   1.000001: set_current_state: x=1\n')
    const mapTo = (action: string): string =>
      written(
        `${action}.json`,
        JSON.stringify({
          version: 1,
          tracepoints: [{ tracepoint: 'set_current_state', action, thread: 'sleeper0' }],
        }),
      )
    const mapped = ['validate', 'sleeper/mb.sc', trace, '--format', 'ftrace', '--map']
    expect((await there(...mapped, mapTo('set_current_state')))[0]).toBe(0)
    expect(await there(...mapped, mapTo('set_curent_state'))).toEqual([
      2,
      expect.stringContaining('did you mean set_current_state'),
    ])
  })

  it('is of another protocol of the workspace where that has it, and of none that is broken', async () => {
    const message = logOf('message.ndjson', [{ action: 'write_data', thread: 'producer0' }])
    const wanted = 'message has such an action: is this a log of message?'
    expect(await there('validate', 'sleeper/mb.sc', message)).toEqual([2, expect.stringContaining(wanted)])
    const broken = join(directory, 'broken')
    cpSync(workspace, broken, { recursive: true })
    const index = join(broken, 'message', 'index.ts')
    writeFileSync(
      index,
      readFileSync(index, 'utf8').replace('machine: (c) => {', "machine: () => {\n    throw new Error('not yet')"),
    )
    const { code, stderr } = await inside(['validate', 'sleeper/mb.sc', message], { LOCKSTEP_WORKSPACE: broken })
    expect([code, stderr]).toEqual([2, expect.stringContaining('the actions are')])
  })

  it.runIf(isCI)('of one of ours is judged there as it is elsewhere (needs CI)', async () => {
    const wrong = edited('wrong.ndjson', LOG, (text) =>
      text.replace('"KVM_RUN","thread":"vcpu0","result":false', '"KVM_RUN","thread":"vcpu0","result":7'),
    )
    const asked = ['validate', 'poll-kick/clear-recheck.sc', wrong]
    const { code, stderr } = await inside(asked)
    expect([code, stderr]).toEqual([2, expect.stringContaining('KVM_RUN')])
    expect(await there(...asked)).toEqual([code, stderr])
  })
})

describe('a target that is several models', () => {
  const TARGETS = ['poll-kick', 'poll-kick/clear-recheck', 'poll-kick/*', 'poll-kick/clear-recheck.*']
  const COMMANDS: readonly (readonly [string, (target: string) => string[]])[] = [
    ['validate', (target) => ['validate', target, LOG]],
    ['replay', (target) => ['replay', target, TRACE]],
    ['bench', (target) => ['bench', target]],
    ['bench --logs', (target) => ['bench', '--logs', target]],
  ]

  it.each(COMMANDS)('is refused by %s, which is about one', async (_, args) => {
    for (const target of TARGETS) {
      const [code, what, hint] = await refusal(...args(target))
      expect([target, code, what]).toEqual([target, 2, 'several-models'])
      expect(hint).toMatch(/^name one of .*poll-kick\/clear-recheck\.sc, .*poll-kick\/clear-recheck\.tso/)
    }
  })

  it.each([
    ['ablate', 'unknown-protocol'],
    ['mutate', 'unknown-target'],
    ['live', 'unknown-target'],
  ])('is not taken for one of them by %s, which is about a protocol', async (command, code) => {
    expect((await refusal(command, 'poll-kick/*')).slice(0, 2)).toEqual([2, code])
  })

  it('of several protocols has no map', async () => {
    const map = join(packageRoot(), 'spec', 'poll-kick', 'maps', 'kvm-tracepoints.json')
    expect((await refusal('validate', '*/posted.sc', LOG, '--map', map)).slice(0, 2)).toEqual([2, 'several-protocols'])
    expect((await refusal('validate', '*', LOG, '--design', 'any')).slice(0, 2)).toEqual([2, 'several-protocols'])
  })

  it('says which one it is taken for, and which others are tagged full', async () => {
    const args = ['replay', 'flush-inhibit/no-srcu', TRACE]
    const { code, stdout, stderr } = await inside(args)
    expect([code, stdout]).toEqual([0, expect.stringContaining('flush-inhibit/no-srcu.sc: ')])
    expect(stderr).toMatch(
      /flush-inhibit\/no-srcu is taken for flush-inhibit\/no-srcu\.sc; tagged full, and not meant: flush-inhibit\/no-srcu\.sc\.r2/,
    )
    expect((await inside(['replay', 'flush-inhibit/no-srcu.sc', TRACE])).stderr).toBe('')
  })
})

interface Explained extends Document {
  readonly model: string
  readonly models: readonly string[]
  readonly holdsIn: readonly string[]
  readonly property: string
}

describe('explain of several models', () => {
  const explain = async (...args: string[]): Promise<Explained> =>
    (await json('explain', ...args)).document as Explained

  it('takes the first that violates the property, not the first', async () => {
    const { model, models, holdsIn, property } = await explain(
      'poll-kick/clear-recheck-no-mb',
      '--property',
      'NoLostEventInv',
    )
    expect([model, property]).toEqual(['poll-kick/clear-recheck-no-mb.tso', 'NoLostEventInv'])
    expect(models).toEqual(['poll-kick/clear-recheck-no-mb.sc', 'poll-kick/clear-recheck-no-mb.tso'])
    expect(holdsIn).toEqual(['poll-kick/clear-recheck-no-mb.sc'])
  })

  it.runIf(isCI)('says so (needs CI)', async () => {
    const { code, stdout, stderr } = await inside([
      'explain',
      'poll-kick/clear-recheck*',
      '--property',
      'NoLostEventInv',
    ])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^poll-kick\/clear-recheck-no-mb\.tso, /)])
    expect(stderr).toMatch(
      /clear-recheck\* is 4 models; this is poll-kick\/clear-recheck-no-mb\.tso, the first that violates NoLostEventInv; NoLostEventInv holds in poll-kick\/clear-recheck\.sc, /,
    )
  })

  it.runIf(isCI)('names all in which it holds, where it holds in all (needs CI)', async () => {
    const [code, what, hint] = await refusal('explain', 'flush-inhibit/posted', '--property', 'AllOrNothingInv')
    expect([code, what]).toEqual([2, 'nothing-to-explain'])
    expect(hint).toMatch(/not looked at, being tagged full: flush-inhibit\/posted\.sc\.f3, /)
    const { document } = await json('explain', 'flush-inhibit/posted', '--property', 'AllOrNothingInv')
    for (const model of ['posted.sc', 'posted.sc.r2', 'posted.sc.t2', 'posted.tso'])
      expect(document.error?.message).toContain(`flush-inhibit/${model}`)
  })

  it('looks past models that do not have the property', async () => {
    const { model } = await explain('litmus/sb*', '--property', 'OutcomeForbiddenInv')
    expect(model).toBe('litmus/sb.tso')
  })
})

describe('a property', () => {
  const COMMANDS: readonly (readonly [string, (name: string) => string[]])[] = [
    ['explain', (name) => ['explain', 'poll-kick/posted.sc', '--property', name]],
    ['ablate', (name) => ['ablate', 'poll-kick', '--timeout', '1', '--property', name]],
  ]

  it('may be named as the tables have it', async () => {
    const { document } = await json('explain', 'poll-kick/posted.sc', '--property', 'NoLostEvent')
    expect(document).toMatchObject({ ok: true, property: 'NoLostEventInv' })
  })

  it.runIf(isCI)('may be so for ablate, whose threads need what was built (needs CI)', () => {
    ensureBuilt()
    const args = ['ablate', 'poll-kick', '--timeout', '1', '--property', 'NoLostEvent', '--json']
    const { stdout } = runIn(packageRoot(), args, { LOCKSTEP_CACHE: directory })
    expect(JSON.parse(stdout)).toMatchObject({ properties: ['NoLostEventInv'] })
  })

  it.each(COMMANDS)('that %s does not know has near ones', async (_, args) => {
    const [code, what, hint] = await refusal(...args('NoLostEvnt'))
    expect([code, what, hint]).toEqual([
      2,
      'unknown-property',
      expect.stringMatching(/^did you mean NoLostEventInv.*\? it has /),
    ])
  })
})
