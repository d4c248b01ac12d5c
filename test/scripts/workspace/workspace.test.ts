import { spawnSync } from 'node:child_process'
/** A workspace that is not ours: found, loaded, and refused with one clear error, of one protocol where it is of one. */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../../effort.ts'
import { z } from 'zod'
import { checkWithExplorer } from '../../../impl/lib/check/explorer.ts'
import { modelResult } from '../../../impl/lib/check/result.ts'
import { machine } from '../../../impl/lib/kernel/memory/machine.ts'
import { Srcu } from '../../../impl/lib/kvm/srcu.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { selectModels } from '../../../impl/lib/protocol/target.ts'
import type { Project } from '../../../impl/lib/protocol/project.ts'
import { inputHashes } from '../../../scripts/workspace/certificate.ts'
import { findWorkspace } from '../../../scripts/workspace/config.ts'
import { machineCode, thrownByUser } from '../../../scripts/workspace/machine-code.ts'
import { requireNames } from '../../../scripts/workspace/names.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { keepFindings, knownFindings } from '../../../scripts/engines/results.ts'
import { openProject, protocolNamed, workspaceOf } from '../../../scripts/workspace/project.ts'
import { UserModules } from '../../../scripts/workspace/user-modules.ts'
import { specFiles, specText } from '../../../scripts/workspace/spec-files.ts'
import { makeTempDir, removeTempDir } from '../../../scripts/node/tempdir.ts'
import { ensureBuilt } from '../tree.ts'

const FIXTURE = join(packageRoot(), 'test', 'fixtures', 'workspace')
const INDEX = 'sleeper/index.ts'
const SPEC = 'sleeper/Sleeper.tla'
const CONFIG = 'lockstep.config.ts'

let directory = ''
let count = 0

beforeAll(() => {
  directory = makeTempDir('workspace')
})
afterAll(() => {
  removeTempDir(directory)
})

/** What a file of the fixture becomes. */
type Change = (text: string) => string

/** A copy of the fixture with changed files; one that becomes empty is taken away. */
const copy = (changes: Readonly<Record<string, Change>> = {}): string => {
  const root = join(directory, String((count += 1)))
  cpSync(FIXTURE, root, { recursive: true })
  for (const [file, change] of Object.entries(changes)) {
    const path = join(root, file)
    let text = ''
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      // a new one
    }
    const changed = change(text)
    expect(changed).not.toBe(text)
    if (changed === '') rmSync(path)
    else writeFileSync(path, changed)
  }
  return root
}

const open = async (root: string): Promise<Project> => openProject(findWorkspace(root))

/** What is thrown, with its place in the workspace. */
const refusal = async (root: string, body: () => unknown): Promise<unknown> => {
  try {
    await body()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const { code, file, line, column } = error.problem
    return [error.exit, code, file === undefined ? undefined : relative(root, file), line, column]
  }
  return 'accepted'
}

/** What opening the models and asking for all of them says. */
const refusalOf = async (changes: Readonly<Record<string, Change>>): Promise<unknown> => {
  const root = copy(changes)
  return refusal(root, async () => {
    const project = await open(root)
    requireNames(project.models, project.modelsOf)
  })
}

const replaced =
  (from: string | RegExp, to: string): Change =>
  (text) =>
    text.replace(from, to)

const instead =
  (text: string): Change =>
  () =>
    text

const modelNamed = ({ models }: Project, name: string): Model => {
  const found = models.find((m) => m.name === name)
  if (found === undefined) throw new RangeError(`no model ${name}`)
  return found
}

describe('a workspace', () => {
  it('is found upwards, by name, and by the environment; the name comes first', () => {
    const root = copy()
    const below = join(root, 'sleeper', 'deep')
    mkdirSync(below)
    const found = { root, config: join(root, CONFIG) }
    expect(findWorkspace(undefined, below)).toEqual(found)
    expect(findWorkspace('..', join(root, 'sleeper'))).toEqual(found)
    process.env['LOCKSTEP_WORKSPACE'] = root
    try {
      expect(findWorkspace(undefined, directory)).toEqual(found)
      expect(findWorkspace(FIXTURE, directory)?.root).toBe(FIXTURE)
    } finally {
      delete process.env['LOCKSTEP_WORKSPACE']
    }
    expect(findWorkspace(undefined, directory)).toBeUndefined()
  })

  it('may say what it is in package.json, as JavaScript, or with the protocol itself', async () => {
    const names = async (root: string): Promise<string[]> => (await open(root)).protocols.map(({ name }) => name)
    const json = JSON.stringify({ name: 'x', lockstep: { protocols: ['./sleeper'] } })
    expect(await names(copy({ [CONFIG]: instead(''), 'package.json': instead(json) }))).toEqual(['sleeper'])
    const js =
      "import { defineConfig } from 'lockstep'\nexport default defineConfig({ protocols: ['./sleeper/index.ts'] })\n"
    expect(await names(copy({ [CONFIG]: instead(''), 'lockstep.config.mjs': instead(js) }))).toEqual(['sleeper'])
    const inline =
      "import sleeper from './sleeper/index.ts'\nexport default { protocols: [{ protocol: sleeper, spec: 'sleeper' }] }\n"
    const root = copy({ [CONFIG]: instead(inline) })
    expect(await names(root)).toEqual(['sleeper'])
    expect((await open(root)).models.length).toBe(4)
  })

  it('has its models, with what TLC needs made for them, and the verdicts that it expects', async () => {
    const project = await open(copy())
    expect(project.models.map(({ name }) => name)).toEqual([
      'sleeper/posted.sc',
      'sleeper/posted.tso',
      'sleeper/mb.sc',
      'sleeper/mb.tso',
    ])
    for (const model of project.models)
      expect(modelResult(model, checkWithExplorer(model))).toMatchObject({ asExpected: true })
    const files = specFiles(modelNamed(project, 'sleeper/mb.tso').protocol)
    expect(
      files.map(({ file, text }) => [relative(directory, file).replace(/^\d+\//, ''), text !== undefined]),
    ).toEqual([
      [relative(directory, join(packageRoot(), 'spec', 'lib', 'Memory.tla')), false],
      [SPEC, false],
      ['sleeper/MCSleeper.tla', true],
    ])
    expect(files.map(specText).at(-1)).toBe('---- MODULE MCSleeper ----\nEXTENDS Sleeper\nFairSpec == Spec\n====\n')
    expect(modelNamed(project, 'sleeper/mb.tso').cfgText).toContain('Memory = "TSO"\n    StoreBufferSlots = 2\n')
  })

  it('has ours behind its own, which win over ours of the same name', async () => {
    const project = await open(copy())
    expect(project.models.every(({ protocol }) => protocol.name === 'sleeper')).toBe(true)
    expect(project.modelsFor(['litmus/sb.tso']).map(({ protocol }) => protocol.name)).toContain('litmus')
    expect(project.modelsFor(['sleeper', 'litmus']).map(({ protocol }) => protocol.name)).toContain('sleeper')
    // whoever mistypes a name is told the near ones of all
    expect(project.modelsFor(['slepper']).length).toBeGreaterThan(300)
    const own = await open(copy({ [INDEX]: replaced("name: 'sleeper'", "name: 'litmus'") }))
    expect(own.shadowed).toEqual(['litmus'])
    expect(own.modelsFor(['litmus']).map(({ name }) => name)).toContain('litmus/mb.tso')
    expect(own.modelsFor(['litmus']).map(({ name }) => name)).not.toContain('litmus/sb.tso')
  })

  it('has certificates that name what ran: its own files, ours by their place in the package, and what was made', async () => {
    const root = copy()
    const model = modelNamed(await open(root), 'sleeper/posted.tso')
    const names = Object.keys(inputHashes(model))
    expect(names).toEqual(expect.arrayContaining([INDEX, SPEC, 'sleeper/MCSleeper.tla', 'sleeper/posted.tso.cfg']))
    expect(names).toEqual(
      expect.arrayContaining(['lockstep:spec/lib/Memory.tla', 'lockstep:impl/lib/kernel/memory/memory.ts']),
    )
    expect(names.filter((name) => name.includes(root) || name.includes(packageRoot()))).toEqual([])
    const other = modelNamed(await open(copy({ [INDEX]: replaced('A task', 'Some task') })), 'sleeper/posted.tso')
    expect(inputHashes(other)[INDEX]).not.toBe(inputHashes(model)[INDEX])
    // what was found is of the text that ran
    const code = machineCode(model.protocol)
    code.assertUnchanged()
    writeFileSync(join(root, INDEX), `${readFileSync(join(root, INDEX), 'utf8')}// later\n`)
    expect(await refusal(root, code.assertUnchanged)).toEqual([3, 'changed-since-load', INDEX, undefined, undefined])
  })

  it('has certificates that name the blocks that its machines are made of, too', async () => {
    const names = Object.keys(inputHashes(modelNamed(await open(copy()), 'sleeper/mb.tso')))
    for (const block of ['task', 'wait-queue', 'irq']) expect(names).toContain(`lockstep:impl/lib/blocks/${block}.ts`)
  })

  it('imports by the names of rooms the very modules that run, and its certificates name what is behind them', async () => {
    const modules = new UserModules(directory)
    const file = join(directory, 'parts.mts')
    writeFileSync(
      file,
      `export { Srcu } from 'lockstep/kvm'\nexport { machine } from 'lockstep/kernel'\nexport const later = await import('lockstep/litmus')\n`,
    )
    const { checkLitmus } = await import('../../../impl/lib/litmus/index.ts')
    expect(await modules.load(file)).toMatchObject({ Srcu, machine, later: { checkLitmus } })
    expect(modules.apiOf(file)).toEqual(['lockstep/kernel', 'lockstep/kvm', 'lockstep/litmus'])
    const computed = join(directory, 'computed.mts')
    writeFileSync(computed, "const name = 'lockstep/tla'\nexport const later = await import(name)\n")
    await expect(modules.load(computed)).rejects.toThrow('lockstep/tla is imported by a name that is computed')
    const root = copy({
      'sleeper/kvm.ts': instead("export { Srcu } from 'lockstep/kvm'\n"),
      [INDEX]: replaced('/**', "import './kvm.ts'\n/**"),
    })
    const names = Object.keys(inputHashes(modelNamed(await open(root), 'sleeper/mb.tso')))
    expect(names).toEqual(
      expect.arrayContaining(['lockstep:impl/api/kvm.ts', 'lockstep:impl/lib/kvm/srcu.ts', 'sleeper/kvm.ts']),
    )
    const without = Object.keys(inputHashes(modelNamed(await open(copy()), 'sleeper/mb.tso')))
    expect(without.filter((name) => /impl\/(?:api|lib\/kvm)\//.test(name))).toEqual([])
  })

  it('is found in a directory with blanks in its name, and so are its errors', async () => {
    const root = join(directory, 'with blanks (and more)')
    cpSync(copy({ [INDEX]: replaced('const w = new World', 'Object(undefined).x.y\n    const w = new World') }), root, {
      recursive: true,
    })
    const project = await open(root)
    expect(await refusal(root, () => project.models)).toEqual([2, 'machine-throws', INDEX, 34, undefined])
  })

  it('runs in worker threads as it runs here, or not at all', async () => {
    const root = copy()
    const project = await open(root)
    const { protocol } = modelNamed(project, 'sleeper/mb.tso')
    const shared = workspaceOf(project, protocol)
    expect((await protocolNamed(shared, 'sleeper')).name).toBe('sleeper')
    expect(workspaceOf(project, project.builtin[0] ?? protocol)).toBeUndefined()
    writeFileSync(join(root, INDEX), readFileSync(join(root, INDEX), 'utf8').replace('A task', 'Some task'))
    const changed = await refusal(root, () => protocolNamed(shared, 'sleeper'))
    expect(changed).toEqual([3, 'changed-since-load', INDEX, undefined, undefined])
  })

  it('has nothing kept of what TLC found where the machine says what a property speaks of, once it says something else', async () => {
    const keys = async (changes: Readonly<Record<string, Change>>): Promise<string> => {
      process.env['LOCKSTEP_CACHE'] = join(directory, 'kept')
      try {
        const model = modelNamed(await open(copy(changes)), 'sleeper/mb.tso')
        const tools = { jar: { sha256: 'jar' }, java: { version: '17' } }
        const cells = new Map([['NoLostWakeupInv', { verdict: 'holds', vacuous: [] } as const]])
        const known = knownFindings(model, 'tlc', tools)
        const figures = { distinctStates: 50, generatedStates: 78, depth: 12, seconds: 1, notes: [] }
        keepFindings(model, { engine: 'tlc', cells, ...figures }, tools)
        return known === undefined ? 'nothing' : 'something'
      } finally {
        delete process.env['LOCKSTEP_CACHE']
      }
    }
    expect([await keys({}), await keys({})]).toEqual(['nothing', 'something'])
    expect(await keys({ [INDEX]: replaced('occurs: asleep', 'occurs: () => false') })).toBe('nothing')
    // where the specification says it, the machine is not asked
    const stated = replaced('NoLostWakeupInv ==', 'NoLostWakeupOccurs == At(sleeper, "schedule")\nNoLostWakeupInv ==')
    expect(await keys({ [SPEC]: stated })).toBe('nothing')
    expect(await keys({ [SPEC]: stated, [INDEX]: replaced('A task', 'Some task') })).toBe('something')
  })

  it('takes a configuration of the user’s own only where it says what the model says', async () => {
    const project = await open(copy())
    const { cfgText } = modelNamed(project, 'sleeper/mb.sc')
    const own = await open(copy({ 'sleeper/mb.sc.cfg': instead(`\\* mine\n${cfgText}CHECK_DEADLOCK FALSE\n`) }))
    expect(modelNamed(own, 'sleeper/mb.sc').cfgText).toMatch(/^\\\* mine/)
    const other = cfgText.replace('WakerMb = TRUE', 'WakerMb = FALSE')
    expect(await refusalOf({ 'sleeper/mb.sc.cfg': instead(`${other}CHECK_DEADLOCK FALSE\n`) })).toEqual([
      ...[2, 'other-cfg', 'sleeper/mb.sc.cfg', undefined, undefined],
    ])
  })

  it('never takes a verdict for expected that nobody has declared', async () => {
    const project = await open(copy({ [INDEX]: replaced(/tso: \{ NoLostWakeupInv: 'violated' \}/, 'tso: {}') }))
    const model = modelNamed(project, 'sleeper/posted.tso')
    const result = modelResult(model, checkWithExplorer(model))
    expect(result.asExpected).toBe(false)
    expect(result.notes).toEqual([
      "NoLostWakeupInv: violated, and no verdict is expected of it; if it is right, add NoLostWakeupInv: 'violated' to tso of posted",
    ])
  })

  it('is explored only where it has no specification, and says so', async () => {
    const project = await open(copy({ [INDEX]: replaced("  module: 'Sleeper',\n", ''), [SPEC]: instead('') }))
    const model = modelNamed(project, 'sleeper/mb.tso')
    expect(modelResult(model, checkWithExplorer(model))).toMatchObject({
      asExpected: true,
      remark: 'no specification: explored only',
    })
    expect(await refusal('/', () => specFiles(model.protocol))).toEqual(expect.arrayContaining([2, 'no-specification']))
  })

  it.runIf(isCI)('is told where the embedded engine reads a form of TLA+ that we do not (needs CI)', () => {
    const form = 'Unread == LET f[n \\in 0..1] == n IN f[0]\n===='
    const root = copy({ 'sleeper/Sleeper.tla': replaced(/\n={4,}\s*$/, `\n${form}`) })
    ensureBuilt()
    const answer = z.object({ models: z.array(z.object({ asExpected: z.literal(true), notes: z.array(z.string()) })) })
    const notes = (path: string): readonly string[] => {
      const args = ['bin/lockstep.mjs', 'check', 'sleeper/mb.sc', '--engine', 'embedded', '--json', '--workspace', path]
      const { status, stdout } = spawnSync(process.execPath, args, { cwd: packageRoot(), encoding: 'utf8' })
      expect([status, stdout]).toEqual([0, expect.anything()])
      return answer.parse(JSON.parse(stdout)).models.flatMap((model) => model.notes)
    }
    expect(notes(root)).toEqual([expect.stringMatching(/Sleeper\.tla:\d+: expected .*TLC is the authority/)])
    expect(notes(copy())).toEqual([])
  })

  it('is held to its counts where they were written', async () => {
    const counts = JSON.stringify({ 'mb.tso': { distinctStates: 51, totalStates: 78, stateDepth: 12 } })
    const model = modelNamed(await open(copy({ 'sleeper/sleeper.counts.json': instead(counts) })), 'sleeper/mb.tso')
    expect(modelResult(model, checkWithExplorer(model)).notes).toEqual(['distinct states 50, expected 51'])
  })
})

describe('what is wrong with a workspace', () => {
  const wrong: readonly (readonly [string, Readonly<Record<string, Change>>, readonly unknown[]])[] = [
    ['a config that throws', { [CONFIG]: instead("\nthrow new Error('oops')\n") }, ['bad-module', CONFIG, 2]],
    ['a config that exports nothing', { [CONFIG]: instead('export const x = 1\n') }, ['bad-config', CONFIG]],
    ['a config of another form', { [CONFIG]: instead('export default { protocols: 1 }\n') }, ['bad-config', CONFIG]],
    [
      'a config with what nobody knows',
      { [CONFIG]: instead('export default { protocols: [], a: 1 }\n') },
      ['bad-config', CONFIG],
    ],
    ['two configs', { 'lockstep.config.js': instead('export default {}\n') }, ['two-configs', '']],
    ['a directory that is not there', { [CONFIG]: replaced('./sleeper', './slepper') }, ['no-protocol', CONFIG]],
    ['a directory without a protocol', { [INDEX]: instead('') }, ['no-protocol', CONFIG]],
    [
      'two protocols of one name',
      { [CONFIG]: replaced("'./sleeper'", "'./sleeper', './sleeper/index.ts'") },
      ['two-protocols', INDEX],
    ],
    ['a name with a slash', { [INDEX]: replaced("name: 'sleeper'", "name: 'a/b'") }, ['bad-name', INDEX]],
    ['a name that leads upwards', { [INDEX]: replaced("name: 'sleeper'", "name: '..'") }, ['bad-name', INDEX]],
    ['a name with a capital', { [INDEX]: replaced("name: 'sleeper'", "name: 'Sleeper'") }, ['bad-name', INDEX]],
    ['what is no protocol', { [INDEX]: instead("export default { name: 'x' }\n") }, ['no-protocol', INDEX]],
    [
      'a machine that is none',
      { [INDEX]: replaced('return machine(w, {', 'return {} as never ?? machine(w, {') },
      ['no-machine', INDEX],
    ],
    [
      'a syntax error',
      { [INDEX]: replaced(/function\* waker\(w: World\): Program \{\n/, '$&  yield* (\n') },
      ['syntax-error', INDEX, 25, 3],
    ],
    [
      'a circle',
      {
        'sleeper/z.ts': instead("import d from './index.ts'\nexport const z = d\n"),
        [INDEX]: replaced('/**', "import './z.ts'\n/**"),
      },
      ['circular-import', INDEX],
    ],
    ['a module that is not there', { [INDEX]: replaced('/**', "import './absent.ts'\n/**") }, ['bad-module', INDEX, 1]],
    [
      'a package that no certificate would name',
      { [INDEX]: replaced('/**', "import { z } from 'zod'\nexport const y = z\n/**") },
      ['foreign-import', INDEX],
    ],
    [
      'a package that is imported by a call',
      { [INDEX]: replaced('/**', "export const y: unknown = await import('zod')\n/**") },
      ['foreign-import', INDEX],
    ],
    [
      'a package that is required',
      { [INDEX]: replaced('/**', 'export const y: unknown = require("zod")\n/**') },
      ['foreign-import', INDEX],
    ],
    [
      'a name that the package does not export',
      { [INDEX]: replaced('/**', "import { Srcu } from 'lockstep/kvmm'\nexport const y = Srcu\n/**") },
      ['unknown-import', INDEX],
    ],
    [
      'a module that somebody says it is from',
      {
        [CONFIG]: instead(
          "import p from './sleeper/index.ts'\nexport default { protocols: [{ protocol: p, entry: 'x' }] }\n",
        ),
      },
      ['bad-config', CONFIG],
    ],
    [
      'a toggle that is none',
      { [INDEX]: replaced("['SetStateMb', 'WakerMb']", "['SetStateMb', 'WakerMB']") },
      ['bad-models', INDEX],
    ],
    ['a memory model that is none', { [INDEX]: replaced('models: { sc:', 'models: { scc:') }, ['bad-models', INDEX]],
    [
      'a property that is none',
      { [INDEX]: replaced("sc: { NoLostWakeupInv: 'holds'", "sc: { NoLostWakupInv: 'holds'") },
      ['bad-models', INDEX],
    ],
    ['a label that no step has', { [INDEX]: replaced("at('schedule')", "at('shedule')") }, ['unknown-name', INDEX]],
    [
      'docs of no step',
      { [INDEX]: replaced('  models: {', "  docs: { actions: { chek: { function: 'f' } } },\n  models: {") },
      ['unknown-name', INDEX],
    ],
    [
      'another variable in the specification',
      { [SPEC]: (text) => text.replaceAll('condition', 'kondition') },
      ['unknown-name', INDEX],
    ],
    [
      'another action in the specification',
      { [SPEC]: (text) => text.replaceAll('wake_up_mb', 'wake_up_bm') },
      ['unknown-name', INDEX],
    ],
    [
      'an action that the machine has not',
      { [SPEC]: replaced('Next ==\n', 'extra == FALSE /\\ UNCHANGED vars\nNext ==\n    \\/ extra\n') },
      ['unknown-name', INDEX],
    ],
    [
      'a property that the specification has not',
      { [SPEC]: (text) => text.replaceAll('NoLostWakeupInv', 'NoLostInv') },
      ['bad-cfg', 'sleeper/posted.sc.cfg'],
    ],
    [
      'counts that are none',
      { 'sleeper/sleeper.counts.json': instead('{"mb.tso": 5}') },
      ['bad-manifest', 'sleeper/sleeper.counts.json'],
    ],
  ]

  it.each(wrong)('%s is one error with its place', async (_, changes, [code, file, line, column]) => {
    expect(await refusalOf(changes)).toEqual([2, code, file, line, column])
  })

  it('is of the one protocol that it is in: the others work, and all are listed', async () => {
    const root = copy({
      [CONFIG]: replaced("'./sleeper'", "'./sleeper', './broken'"),
    })
    mkdirSync(join(root, 'broken'))
    writeFileSync(join(root, 'broken', 'index.ts'), 'export default 1\n')
    const project = await open(root)
    expect(project.modelsFor(['sleeper']).length).toBe(4)
    expect(project.broken.map(({ name, error }) => [name, error.problem.code])).toEqual([['./broken', 'no-protocol']])
    expect(await refusal(root, () => project.modelsFor(['broken']))).toEqual([
      2,
      'no-protocol',
      'broken/index.ts',
      undefined,
      undefined,
    ])
    expect(await refusal(root, () => project.models)).toEqual(expect.arrayContaining([2, 'no-protocol']))
  })

  it('is the user’s where his machine throws, and ours where we do', async () => {
    const root = copy({ [INDEX]: replaced('occurs: asleep', 'occurs: () => Object(undefined).x.y') })
    const project = await open(root)
    let thrown: unknown
    try {
      requireNames(project.models, project.modelsOf)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(TypeError)
    const found = thrownByUser(project.protocols, thrown)
    expect([found?.problem.code, relative(root, found?.problem.file ?? '')]).toEqual(['machine-throws', INDEX])
    expect(found?.problem.line).toBeGreaterThan(30)
    expect(thrownByUser(project.protocols, new TypeError('ours'))).toBeUndefined()
  })

  it('is said where no protocol is named', async () => {
    const { models } = await open(copy({ [CONFIG]: instead('export default { protocols: [] }\n') }))
    expect(await refusal('/', () => selectModels(models, [], undefined))).toEqual(
      expect.arrayContaining([2, 'no-models']),
    )
  })

  it('is said where a directory is named that has no configuration', async () => {
    expect(await refusal('/', () => findWorkspace(directory))).toEqual(expect.arrayContaining([2, 'no-workspace']))
    expect(await refusal('/', () => findWorkspace(join(directory, 'absent')))).toEqual(
      expect.arrayContaining([2, 'no-workspace']),
    )
  })
})
