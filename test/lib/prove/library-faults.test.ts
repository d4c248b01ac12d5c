/**
 * Faults in what protocols share and in helpers: the blame must have the statement of the library and the statement of the
 * protocol that calls it, and no value that both sides have may be listed as a difference. Each fault is seeded into a
 * copy of the tree, and everything that runs comes from that copy.
 */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseValue } from '../../../impl/lib/tla/parse-value.ts'
import { equal } from '../../../impl/lib/kernel/language/value.ts'
import type * as Tlc from '../../../scripts/engines/tlc.ts'
import { findToolchain } from '../../../scripts/engines/tlc.ts'
import type * as Project from '../../../scripts/workspace/project.ts'
import type * as Prove from '../../../scripts/engines/proof.ts'
import { everydayShare } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

const toolchain = await findToolchain().catch(() => undefined)

interface Fault {
  readonly name: string
  readonly file: string
  readonly model: string
  readonly from: string
  readonly to: string
  readonly action: string
  /** in the file of the fault: what a line of the blame must have */
  readonly guilty: string
  /** in the protocol's own file: what calls it */
  readonly caller: string
  /** stands for its kind every day; CI has all */
  readonly everyday?: true
}

const FAULTS: readonly Fault[] = [
  {
    name: 'kvm/vcpu.ts: a request is made that is not one',
    file: 'impl/lib/kvm/vcpu.ts',
    model: 'poll-kick/posted.sc',
    from: 'yield* this.requests.at(v).xchg(label, true)',
    to: 'yield* this.requests.at(v).xchg(label, false)',
    action: 'kvm_make_request',
    guilty: 'this.requests.at(v).xchg(label, false)',
    caller: 'kvm_make_request(',
  },
  {
    name: 'kvm/vcpu.ts: an IPI stays after the exit that it came with',
    file: 'impl/lib/kvm/vcpu.ts',
    model: 'poll-kick/posted.sc',
    from: '    this.ipi.set(v, false)\n',
    to: '    this.ipi.set(v, true)\n',
    action: 'vmexit',
    guilty: 'this.ipi.set(v, true)',
    caller: 'takeIpi(',
  },
  {
    name: 'kvm/mutex.ts: the mutex is taken from whoever has it',
    file: 'impl/lib/kvm/mutex.ts',
    model: 'flush-inhibit/posted.sc',
    from: "      require(this.mutex.get(v) === 'free', 'vcpu->mutex is free')\n",
    to: '',
    action: 'kvm_check_request',
    guilty: 'this.mutex.set(v, holder)',
    caller: "mutexes.lock('kvm_check_request'",
  },
  {
    name: 'SRCU.ts: a grace period that waits for the wrong sections',
    file: 'impl/lib/kvm/srcu.ts',
    model: 'flush-inhibit/posted.sc',
    from: 'const isEmpty = (set: IdSet): boolean => set.length === 0',
    to: 'const isEmpty = (set: IdSet): boolean => set.length !== 0',
    action: 'synchronize_srcu_wait',
    guilty: 'const isEmpty =',
    caller: "synchronize('synchronize_srcu', t)",
  },
  {
    name: 'memory/memory.ts: a locked instruction waits for a full buffer',
    file: 'impl/lib/kernel/memory/memory.ts',
    model: 'poll-kick/posted.tso',
    from: 'require(this.buffer().length === 0, LOCKED)',
    to: 'require(this.buffer().length !== 0, LOCKED)',
    action: 'kvm_make_request',
    guilty: 'require(this.buffer().length !== 0, LOCKED)',
    caller: 'kvm_make_request(',
  },
  {
    name: 'memory/buffer.ts: a store to another location is forwarded',
    file: 'impl/lib/kernel/memory/buffer.ts',
    model: 'litmus/mp.tso',
    from: '  ...buffer,\n  { location, value },\n]',
    to: '  { location, value },\n  ...buffer,\n]',
    action: 'store',
    guilty: 'export const withStore',
    caller: '.store(',
    everyday: true,
  },
  {
    name: 'a predicate of the machine that is never true',
    file: 'impl/flush-inhibit/FlushInhibit.ts',
    model: 'flush-inhibit/events-masked.sc',
    from: 'return this.c.SeparateSuspended ? this.suspended.get(vcpu) : this.waiting_on.get(vcpu) !== -1',
    to: 'return this.c.SeparateSuspended ? !this.suspended.get(vcpu) : this.waiting_on.get(vcpu) !== -1',
    action: 'event_arrives',
    guilty: '!this.suspended.get(vcpu)',
    caller: 'k.isSuspended(vcpu)',
  },
  {
    name: 'VcpuMutex.tla: the mutex is taken by nobody',
    file: 'spec/lib/VcpuMutex.tla',
    model: 'flush-inhibit/posted.sc',
    from: '    /\\ mutex[v] = "free"\n    /\\ mutex\' = [mutex EXCEPT ![v] = holder]',
    to: '    /\\ mutex[v] = "free"\n    /\\ mutex\' = [mutex EXCEPT ![v] = "free"]',
    action: 'kvm_vcpu_ioctl_mutex_lock',
    guilty: 'mutex\' = [mutex EXCEPT ![v] = "free"]',
    caller: 'mutex_lock(ioctl(t), t, "ioctl")',
  },
  {
    name: 'KvmVcpu.tla: the mode is another after an exit',
    file: 'spec/lib/KvmVcpu.tla',
    model: 'poll-kick/posted.sc',
    from: 'mode\' = [mode EXCEPT ![v] = "OUTSIDE_GUEST_MODE"]',
    to: 'mode\' = [mode EXCEPT ![v] = "EXITING_GUEST_MODE"]',
    action: 'vcpu_enter_guest_mode_outside',
    guilty: 'mode\' = [mode EXCEPT ![v] = "EXITING_GUEST_MODE"]',
    caller: 'mode_outside(',
  },
  {
    name: 'Memory.tla: a bit that is set is cleared',
    file: 'spec/lib/Memory.tla',
    model: 'poll-kick/posted.sc',
    from: 'SET_BIT(v, i) == [v EXCEPT ![i] = TRUE]',
    to: 'SET_BIT(v, i) == [v EXCEPT ![i] = FALSE]',
    action: 'kvm_make_request',
    guilty: 'SET_BIT(v, i) == [v EXCEPT ![i] = FALSE]',
    caller: 'set_request(',
  },
  {
    name: 'SRCU.tla: a grace period ends while a section is open',
    file: 'spec/lib/SRCU.tla',
    model: 'flush-inhibit/posted.sc',
    from: '    /\\ srcu_gp[s] = {}\n',
    to: '    /\\ srcu_gp[s] # {}\n',
    action: 'synchronize_srcu_wait',
    guilty: 'srcu_gp[s] # {}',
    caller: 'synchronize_srcu_end(ioctl(t), t)',
  },
]

const replaceOnce = (text: string, { from, to, name }: Fault): string => {
  if (text.split(from).length !== 2) throw new Error(`${name}: the text to change is not there exactly once`)
  return text.replace(from, () => to)
}

/** A copy of the tree below test/, so that packages are found from there. */
const copyTree = (root: string, workshop: string): string => {
  const tree = mkdtempSync(join(workshop, 'tree-'))
  for (const part of ['impl', 'spec', 'scripts']) {
    cpSync(join(root, part), join(tree, part), { recursive: true, filter: (source) => !source.includes('/.faults-') })
  }
  cpSync(join(root, 'package.json'), join(tree, 'package.json'))
  symlinkSync(join(root, 'traces'), join(tree, 'traces'))
  return tree
}

describe.skipIf(toolchain === undefined)('faults in libraries and helpers (needs Java)', () => {
  const root = packageRoot()
  const workshop = join(root, 'test', `.faults-lib-${process.pid}`)

  beforeAll(() => {
    mkdirSync(workshop)
  })
  afterAll(() => {
    rmSync(workshop, { recursive: true, force: true })
  })

  const divergenceIn = async (tree: string, fault: Fault) => {
    const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(tree, path)).href)) as T
    const { findToolchain: find } = await load<typeof Tlc>('scripts/engines/tlc.ts')
    const { openProject } = await load<typeof Project>('scripts/workspace/project.ts')
    const { proveModel } = await load<typeof Prove>('scripts/engines/proof.ts')
    const { models } = await openProject()
    const model = models.find(({ name }) => name === fault.model)
    if (model === undefined) throw new Error(`no model ${fault.model}`)
    const { divergence } = await proveModel(model, await find(), { timeout: 120 })
    if (divergence === undefined) throw new Error('nothing was found')
    return divergence
  }

  /** modules of a specification are read each time, so one copy does for all of their faults; code is loaded once */
  let forModules: string | undefined
  const divergenceOf = async (fault: Fault) => {
    const isModule = fault.file.startsWith('spec/')
    const tree = (isModule ? forModules : undefined) ?? copyTree(root, workshop)
    if (isModule) forModules = tree
    const file = join(tree, fault.file)
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, replaceOnce(before, fault))
    try {
      return await divergenceIn(tree, fault)
    } finally {
      writeFileSync(file, before)
    }
  }

  const share = everydayShare(FAULTS, ({ everyday }) => everyday === true)
  it.each(share.map((f) => [f.name, f] as const))('%s (more of them in CI)', async (_name, fault) => {
    const { action, blame, expected, actual } = await divergenceOf(fault)
    expect(action).toBe(fault.action)
    const lines = blame.map(({ file, line, text }) => `${file}:${line} ${text}`)
    const own = lines.filter((line) => line.startsWith(`${fault.file}:`))
    expect(
      own.filter((line) => line.includes(fault.guilty)),
      lines.join('\n'),
    ).not.toEqual([])
    const others = blame.filter(({ side }) => side === (fault.file.startsWith('spec') ? 'spec' : 'impl'))
    expect(
      others.filter(({ text }) => text.includes(fault.caller)),
      lines.join('\n'),
    ).not.toEqual([])
    expect(lines.join('\n')).not.toMatch(/const LOCKED|labels: new Set|fairness/)
    const differences = Object.entries(expected ?? {}).filter(([name]) => actual?.[name] !== undefined)
    for (const [name, value] of differences) {
      expect(equal(parseValue(value), parseValue(actual?.[name] ?? '')), name).toBe(false)
    }
    // an element that only one side lists would be the two shapes of one function
    if (expected !== null && actual !== null) expect(Object.keys(expected)).toEqual(Object.keys(actual))
  })
})
