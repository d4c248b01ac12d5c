/**
 * The building blocks in C headers are those in TypeScript, step by step: a small client of each, written in both, has the same
 * graph up to names. What is compared is how many states there are at each depth, and how many transitions.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { loadCParser, machineOf as machineOfC, readProgram } from '../../../impl/lib/c/index.ts'
import { explore } from '../../../impl/lib/kernel/explore/explore.ts'
import type { Machine } from '../../../impl/lib/kernel/language/machine.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { MemoryModel } from '../../../impl/lib/kernel/memory/buffer.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { findWorkspace } from '../../../scripts/workspace/config.ts'
import { openProject } from '../../../scripts/workspace/project.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { everydayShare } from '../../effort.ts'
import { environmentOf } from './program-of.ts'

/** A design of test/fixtures/blocks, and the file of test/fixtures/c with the definitions that make it the same. */
const CLIENTS: readonly (readonly [design: string, file: string, defines?: Readonly<Record<string, string>>])[] = [
  ['mutex/x86', 'mutex'],
  ['mutex/abba', 'mutex', { ABBA: '1' }],
  ['mutex/abba-try', 'mutex', { ABBA: '1', TRY: '1' }],
  ['mutex/unlocked', 'mutex', { UNLOCKED: '1' }],
  ['rwlock/x86', 'rwlock'],
  ['rwlock/no-read-lock', 'rwlock', { NO_READ_LOCK: '1' }],
  ['rwlock/no-read-unlock', 'rwlock', { NO_READ_UNLOCK: '1' }],
  ['ref/x86', 'refcount'],
  ['completion/kernel', 'completion'],
  ['completion/kernel w2-k2', 'completion', { WAITERS: '2', WORKERS: '2' }],
  ['completion/all w2', 'completion', { ALL: '1', WAITERS: '2' }],
  ['completion/early', 'completion', { EARLY: '1' }],
  ['rcuwait/kernel', 'rcuwait'],
  ['rcuwait/active-first', 'rcuwait', { ASKS_FIRST: '1' }],
  ['seq/kernel', 'seqcount'],
  ['seq/no-retry', 'seqcount', { NO_RETRY: '1' }],
  ['wait/kernel', 'wait'],
  ['wait/kernel w2', 'wait', { WAITERS: '2' }],
  ['wait/active', 'wait', { ACTIVE: '1' }],
  ['wait/active-mb', 'wait', { ACTIVE: '1', MB: '1' }],
  ['wait/exclusive w2', 'wait', { EXCLUSIVE: '1', WAITERS: '2' }],
  ['wait/exclusive-all w2', 'wait', { EXCLUSIVE: '1', ALL: '1', WAITERS: '2' }],
  ['work/flush', 'workqueue'],
  ['work/no-wait', 'workqueue', { NO_WAIT: '1' }],
  ['work/bounded-pool', 'workqueue', { NESTED: '1' }],
  ['work/two-workers', 'workqueue', { NESTED: '1', TWO_WORKERS: '1' }],
  ['timer/shutdown', 'timer', { SHUTDOWN: '1', USER_ARMS: '1' }],
  ['timer/delete-sync', 'timer'],
  ['timer/user-arms', 'timer', { USER_ARMS: '1' }],
  ['timer/delete', 'timer', { DELETE: '1' }],
  ['timer/delete-locked', 'timer', { DELETE_LOCKED: '1' }],
  ['rcu/synchronize', 'rcu'],
  ['rcu/callback', 'rcu', { CALLBACK: '1' }],
  ['rcu/no-grace-period', 'rcu', { NO_GRACE_PERIOD: '1' }],
  ['rcu/dereference-outside', 'rcu', { DEREFERENCE_OUTSIDE: '1' }],
  ['rcu/init-pointer', 'rcu', { INIT_POINTER: '1' }],
  ['rcu/wait-inside', 'rcu', { WAIT_INSIDE: '1' }],
]

/** What the headers have as x86 has it, whether or not a design does. */
const AS_ON_X86 = ['TryToWakeUpMb', 'SetCurrentStateMb', 'MutexMb']

const workspace = findWorkspace(fileURLToPath(new URL('../../fixtures/blocks', import.meta.url)))
const { protocols, modelsOf } = await openProject(workspace)
const models = new Map(protocols.flatMap((protocol) => modelsOf(protocol)).map((model) => [model.name, model] as const))
const parser = await loadCParser()

/** States at each depth, and transitions. */
const shapeOf = (machine: Machine) => {
  const { levels, generated } = explore(assemble(compile(machine)))
  return { atDepth: levels.slice(1).map((end, i) => end - (levels[i] ?? 0)), transitions: generated - 1 }
}

const inTypeScript = (model: Model) => {
  const constants = new Map(model.cfg.constants)
  for (const name of AS_ON_X86) if (constants.has(name)) constants.set(name, tla.bool(true))
  return shapeOf(machineOf(model, constants))
}

const inC = (file: string, defines: Readonly<Record<string, string>>, memory: MemoryModel, slots: number) => {
  const name = join(packageRoot(), 'test/fixtures/c', `${file}.c`)
  const program = readProgram(parser, { name, text: readFileSync(name, 'utf8') }, environmentOf(defines))
  return shapeOf(machineOfC(program, { memory, slots }).machine)
}

const MEMORIES = { sc: 'SC', tso: 'TSO', pso: 'PSO' } as const

const cases = CLIENTS.flatMap(([design, file, defines = {}]) => {
  const [name = '', size] = design.split(' ')
  return (['sc', 'tso', 'pso'] as const).flatMap((memory) => {
    const model = models.get(`${name}.${memory}${size === undefined ? '' : `.${size}`}`)
    return model === undefined ? [] : [[model.name, model, file, defines] as const]
  })
})

it('each client is there in both', () => {
  expect(new Set(cases.map(([, , file, defines]) => `${file} ${JSON.stringify(defines)}`)).size).toBe(CLIENTS.length)
})

it.each(everydayShare(cases, ([, { memory, design }]) => memory === 'tso' && design !== 'init-pointer'))(
  '%s (a share every day, all in CI)',
  (_, model, file, defines) => {
    const slots = model.cfg.constants.get('StoreBufferSlots')
    expect(inC(file, defines, MEMORIES[model.memory], slots?.kind === 'int' ? Number(slots.value) : 0)).toEqual(
      inTypeScript(model),
    )
  },
)
