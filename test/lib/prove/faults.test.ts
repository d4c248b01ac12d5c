/**
 * The proof is only worth what it notices: faults are seeded into the specification and into the machine, and each must
 * be reported at the right action and side, with a place on it.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Machine } from '../../../impl/lib/kernel/language/machine.ts'
import type { Constants } from '../../../impl/lib/kernel/language/constants.ts'
import type { Divergence } from '../../../impl/lib/prove/divergence.ts'
import type { Toolchain } from '../../../scripts/engines/tlc.ts'
import { findToolchain, runSelection } from '../../../scripts/engines/tlc.ts'
import { graphOf } from '../../../impl/lib/check/explorer.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { proveDump, proveModel } from '../../../scripts/engines/proof.ts'
import type { TlcRun } from '../../../scripts/tlc/run.ts'
import { everydayShare, isCI } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels } from '../../project.ts'

const toolchain = await findToolchain().catch(() => undefined)

interface Fault {
  readonly name: string
  readonly from: string
  readonly to: string
  /** action at which the two must part; null for the initial state */
  readonly action: string | null
  /** the side that has what the other lacks; where both can take the action, the side that is listed first */
  readonly side: 'spec' | 'impl' | 'both'
  readonly model?: string
  /** the fault is in a list of what there is, and the blame in what is missing or too much there */
  readonly listed?: true
  /** stands for its kind every day; CI has all */
  readonly everyday?: true
}

/** Faults in FlushInhibit.tla. */
const SPEC_FAULTS: readonly Fault[] = [
  {
    name: 'a guard negated',
    from: '    /\\ woken[f]\n',
    to: '    /\\ ~woken[f]\n',
    action: 'kvm_vcpu_block_schedule',
    side: 'spec',
  },
  {
    name: 'a conjunct dropped: a request is taken that was not made',
    from: '    /\\ requests[t]\n',
    to: '',
    action: 'kvm_check_request',
    side: 'spec',
  },
  {
    name: 'a conjunct dropped: the mutex is not waited for',
    from: '/\\ mutex_lock(ioctl(t), t, "ioctl")\n          /\\ \\E x',
    to: '/\\ UNCHANGED store_buffer /\\ mutex\' = [mutex EXCEPT ![t] = "ioctl"]\n          /\\ \\E x',
    action: 'kvm_vcpu_ioctl_mutex_lock',
    side: 'spec',
  },
  {
    name: 'a conjunct dropped: the grace period ends at once',
    from: '    /\\ synchronize_srcu_end(ioctl(t), t)\n',
    to: '    /\\ UNCHANGED <<store_buffer, srcu_vars>>\n',
    action: 'synchronize_srcu_wait',
    side: 'spec',
  },
  {
    name: 'an update dropped: the bit is not set in requests',
    from: "requests' = SET_BIT(requests, v)",
    to: "requests' = requests",
    action: 'kvm_make_vcpus_request_mask',
    side: 'both',
    everyday: true,
  },
  {
    name: 'an update dropped: the history of the posted requests',
    from: "posted' = [posted EXCEPT ![f] = @ \\cup {v}]",
    to: "posted' = posted",
    action: 'kvm_make_vcpus_request_mask',
    side: 'both',
  },
  {
    name: 'a wrong value: suspended is stored as false',
    from: '/\\ store_suspended(vcpu(f), f, TRUE)',
    to: '/\\ store_suspended(vcpu(f), f, FALSE)',
    action: 'kvm_hv_vcpu_suspend_tlb_flush_suspended',
    side: 'both',
  },
  {
    name: 'a wrong value: the ioctl stores the opposite',
    from: 'WRITE_ONCE(@, inhibit[t])',
    to: 'WRITE_ONCE(@, 1 - inhibit[t])',
    action: 'set_tlb_flush_inhibit_write',
    side: 'both',
  },
  {
    name: 'a comparison turned round',
    from: 'waiting_on[scan[t]]) = t',
    to: 'waiting_on[scan[t]]) # t',
    action: 'kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on',
    side: 'both',
  },
  {
    name: 'an extra action: an event where none arrives',
    from: '    /\\ PendingEvents\n    /\\ IsSuspended(f)',
    to: '    /\\ IsSuspended(f)',
    action: 'event_arrives',
    side: 'spec',
  },
  {
    name: 'an action missing from the next-state relation',
    listed: true,
    from: '    \\/ kvm_hv_vcpu_unsuspend_tlb_flush_wake(t)\n',
    to: '',
    action: 'kvm_hv_vcpu_unsuspend_tlb_flush_wake',
    side: 'impl',
  },
  {
    name: 'an action under another name',
    from: 'Next ==\n',
    to: 'entry_into_guest(f) == vcpu_enter_guest(f) /\\ TRUE\n\nNext ==\n    \\/ \\E f \\in Flushers : entry_into_guest(f)\n',
    action: 'entry_into_guest',
    side: 'spec',
  },
  {
    name: 'another initial state',
    from: '    /\\ woken = [f \\in Flushers |-> FALSE]',
    to: '    /\\ woken = [f \\in Flushers |-> TRUE]',
    action: null,
    side: 'spec',
  },
  {
    name: 'one initial state more',
    from: '    /\\ woken = [f \\in Flushers |-> FALSE]',
    to: '    /\\ woken \\in {[f \\in Flushers |-> FALSE], [f \\in Flushers |-> TRUE]}',
    action: null,
    side: 'spec',
  },
]

/** Faults in the memory models and in their calibration. */
const MEMORY_FAULTS: readonly (Fault & { readonly file: string; readonly model: string })[] = [
  {
    name: 'TSO commits out of order',
    file: 'lib/Memory.tla',
    model: 'litmus/mp.tso',
    from: '            /\\ Memory = "PSO"\n',
    to: '',
    action: 'commit',
    side: 'both',
    everyday: true,
  },
  {
    name: 'a write barrier orders nothing',
    file: 'lib/Memory.tla',
    model: 'litmus/mp+wmb+po.pso',
    from: '            /\\ store_buffer[th][j][1] # smp_wmb_mark}',
    to: '}',
    action: 'commit',
    side: 'both',
  },
  {
    name: 'PSO keeps the order of all stores',
    file: 'lib/Memory.tla',
    model: 'litmus/mp.pso',
    from: '            /\\ Memory = "PSO"\n',
    to: '            /\\ FALSE\n',
    action: 'commit',
    side: 'both',
  },
  {
    name: 'a full barrier does not wait',
    file: 'litmus/Litmus.tla',
    model: 'litmus/sb+mbs.tso',
    from: '    /\\ At(n, "smp_mb")\n    /\\ drained(P(n))\n',
    to: '    /\\ At(n, "smp_mb")\n',
    action: 'smp_mb',
    side: 'spec',
  },
  {
    name: 'no forwarding: a thread does not see its own buffered store',
    file: 'lib/Memory.tla',
    model: 'flush-inhibit/request-then-check.tso',
    from: 'IN IF own = {} THEN current',
    to: 'IN IF TRUE THEN current',
    action: 'kvm_hv_hypercall_complete',
    side: 'both',
  },
]

/** Faults in FlushInhibit.ts. */
const IMPL_FAULTS: readonly Fault[] = [
  {
    name: 'a guard negated',
    from: "'kvm_vcpu_block_schedule', (w) => w, false",
    to: "'kvm_vcpu_block_schedule', (w) => !w, false",
    action: 'kvm_vcpu_block_schedule',
    side: 'impl',
  },
  {
    name: 'a guard dropped',
    from: "      require(k.requests.get(t), 'KVM_REQ_HV_TLB_FLUSH is set')\n",
    to: '',
    action: 'kvm_check_request',
    side: 'impl',
    everyday: true,
  },
  {
    name: 'a guard added',
    from: "      require(k.requests.get(t), 'KVM_REQ_HV_TLB_FLUSH is set')\n",
    to: "      require(k.requests.get(t), 'KVM_REQ_HV_TLB_FLUSH is set')\n      require(k.in_force.get(t), 'added')\n",
    action: 'kvm_check_request',
    side: 'spec',
  },
  {
    name: 'a store dropped',
    from: '      k.requests.set(t, false)\n',
    to: '',
    action: 'kvm_check_request',
    side: 'both',
  },
  {
    name: 'a wrong value stored',
    from: ".store('set_tlb_flush_inhibit_write', f.inhibit)",
    to: ".store('set_tlb_flush_inhibit_write', 1)",
    action: 'set_tlb_flush_inhibit_write',
    side: 'both',
    everyday: true,
  },
  {
    name: 'the two stores of the suspender swapped',
    from: `  yield* (k.c.WaitingOnBeforeSuspended ? waiting_on : suspended)()
  if (k.c.SuspendWmb) yield* k.memory.smp_wmb('kvm_hv_vcpu_suspend_tlb_flush_smp_wmb')
  yield* (k.c.WaitingOnBeforeSuspended ? suspended : waiting_on)()
`,
    to: `  yield* (k.c.WaitingOnBeforeSuspended ? suspended : waiting_on)()
  if (k.c.SuspendWmb) yield* k.memory.smp_wmb('kvm_hv_vcpu_suspend_tlb_flush_smp_wmb')
  yield* (k.c.WaitingOnBeforeSuspended ? waiting_on : suspended)()
`,
    action: 'kvm_hv_flush_tlb_read_inhibit',
    side: 'both',
  },
  {
    name: 'a local not reset',
    from: '    f.cause = -1\n',
    to: '',
    action: 'vcpu_run_running',
    side: 'both',
  },
  {
    name: 'an extra action',
    listed: true,
    from: 'environment: [...(c.PendingEvents ?',
    to: 'environment: [...(!c.PendingEvents ?',
    action: 'event_arrives',
    side: 'impl',
  },
  {
    name: 'a misnamed action',
    from: "'kvm_hv_hypercall_complete', vcpu",
    to: "'kvm_hv_hypercall_done', vcpu",
    // the step before it shows the other name in pc
    action: 'kvm_make_vcpus_request_mask',
    side: 'both',
  },
  {
    name: 'another initial state',
    from: "memory.map('event', this.c.Flushers, bool, false)",
    to: "memory.map('event', this.c.Flushers, bool, true)",
    action: null,
    side: 'spec',
    everyday: true,
  },
  {
    name: 'the grace period skipped on clear',
    from: '? k.c.SyncOnSet : k.c.SyncOnClear',
    to: '? k.c.SyncOnSet : false',
    action: 'set_tlb_flush_inhibit_write',
    side: 'both',
  },
]

const share = <F extends Fault>(faults: readonly F[]) =>
  everydayShare(faults, (fault) => fault.everyday === true).map((fault) => [fault.name, fault] as const)

const replaceOnce = (text: string, { from, to, name }: Fault): string => {
  if (text.split(from).length !== 2) throw new Error(`${name}: the text to change is not there exactly once`)
  return text.replace(from, () => to)
}

/** First and last line of the definition in which a text is changed: it begins at the left, or is a method. */
const definitionOf = (text: string, { from }: Fault): { readonly first: number; readonly last: number } => {
  const lines = text.split('\n')
  const changed = text.slice(0, text.indexOf(from)).split('\n').length - 1
  const begins = (line: string): boolean =>
    /^(?:\w+(?:\(.*\))? ==|export |const \w+ = \(|function|class)|^ {2}\*?\w+(?:<.*>)?\(.*\{$/.test(line)
  const first = lines.slice(0, changed + 1).findLastIndex(begins)
  const after = lines.findIndex((line, i) => i > changed && begins(line))
  return { first: first + 1, last: after < 0 ? lines.length : after }
}

/** Some line of the blame is in the definition that has the fault, by whatever path its file is named. */
const expectPlace = ({ blame }: Divergence, text: string, fault: Fault, module: RegExp): void => {
  if (fault.listed) return
  const { first, last } = definitionOf(text, fault)
  const found = blame.filter(({ file, line }) => module.test(file) && line >= first && line <= last)
  const lines = blame.map(({ file, line }) => `${file}:${line}`).join(' ')
  expect([fault.name, found.length > 0, lines]).toEqual([fault.name, true, lines])
}

const sideOf = (divergence: Divergence): 'spec' | 'impl' | 'both' =>
  divergence.expected !== null && divergence.actual !== null && divergence.action !== null ? 'both' : divergence.side

describe.skipIf(toolchain === undefined)('seeded faults (needs Java)', () => {
  const root = packageRoot()
  // beside the machines, so that relative imports resolve
  const workshop = join(root, 'impl', `.faults-${process.pid}`)
  let model: Model
  let specDirectory: string
  /** the specification's graph, dumped once: the faults of the machine leave it as it is */
  let dumped: { readonly run: TlcRun; readonly dump: string }

  beforeAll(async () => {
    mkdirSync(workshop)
    specDirectory = mkdtempSync(join(tmpdir(), 'lockstep-faults-'))
    const found = loadModels().find((m) => m.name === 'flush-inhibit/posted.sc')
    if (found === undefined) throw new Error('no model')
    model = found
    const dump = join(specDirectory, 'graph.dot')
    const run = await runSelection(model, chain(), { timeout: 120 }, { dump })
    dumped = { run, dump }
  })
  afterAll(() => {
    rmSync(workshop, { recursive: true, force: true })
    rmSync(specDirectory, { recursive: true, force: true })
  })

  const chain = (): Toolchain => {
    if (toolchain === undefined) throw new Error('needs Java')
    return toolchain
  }

  const expectFault = (divergence: Divergence | undefined, fault: Fault): void => {
    expect(divergence, fault.name).toBeDefined()
    if (divergence === undefined) return
    expect({ action: divergence.action, side: sideOf(divergence) }).toEqual({ action: fault.action, side: fault.side })
    expect(divergence.blame.length).toBeGreaterThan(0)
    expect(divergence.blame.every((b) => b.line > 0 && b.file !== '')).toBe(true)
    if (fault.action !== null) expect(divergence.source).not.toBeNull()
    const { expected, actual } = divergence
    if (expected !== null && actual !== null) {
      expect(Object.keys(expected)).toEqual(Object.keys(actual))
      for (const [name, value] of Object.entries(expected)) expect([name, actual[name]]).not.toEqual([name, value])
    }
  }

  it('has at least 20 of them', () => {
    expect(SPEC_FAULTS.length + IMPL_FAULTS.length).toBeGreaterThanOrEqual(20)
  })

  it.runIf(isCI)('finds none where none is (needs CI)', async () => {
    const { comparison, divergence } = await proveModel(model, chain(), { timeout: 120 })
    expect(divergence).toBeUndefined()
    expect(comparison.equal).toBe(true)
    expect(comparison.digest.spec).toBe(comparison.digest.impl)
  })

  it.each(share(SPEC_FAULTS))('in the specification: %s (more of them in CI)', async (_name, fault) => {
    const text = readFileSync(join(root, 'spec', 'flush-inhibit', 'FlushInhibit.tla'), 'utf8')
    writeFileSync(join(specDirectory, 'FlushInhibit.tla'), replaceOnce(text, fault))
    const { comparison, divergence } = await proveModel(model, chain(), { timeout: 120, spec: specDirectory })
    expect(comparison.equal).toBe(false)
    expect(comparison.digest.spec).not.toBe(comparison.digest.impl)
    expectFault(divergence, fault)
    if (divergence !== undefined) expectPlace(divergence, text, fault, /FlushInhibit\.tla$/)
  })

  it.each(share(MEMORY_FAULTS))('in the memory: %s (more of them in CI)', async (_name, fault) => {
    const other = loadModels().find((m) => m.name === fault.model)
    if (other === undefined) throw new Error(`no model ${fault.model}`)
    const directory = mkdtempSync(join(specDirectory, 'memory-'))
    const text = readFileSync(join(root, 'spec', fault.file), 'utf8')
    writeFileSync(join(directory, basename(fault.file)), replaceOnce(text, fault))
    const { comparison, divergence } = await proveModel(other, chain(), { timeout: 120, spec: directory })
    expect(comparison.equal).toBe(false)
    expectFault(divergence, fault)
    if (divergence !== undefined) expectPlace(divergence, text, fault, new RegExp(`${basename(fault.file)}$`))
  })

  it.each(share(IMPL_FAULTS))('in the machine: %s (more of them in CI)', async (_name, fault) => {
    const text = readFileSync(join(root, 'impl', 'flush-inhibit', 'FlushInhibit.ts'), 'utf8')
    const file = join(workshop, `Faulty${IMPL_FAULTS.indexOf(fault)}.ts`)
    writeFileSync(file, replaceOnce(text, fault))
    const faulty = (await import(pathToFileURL(file).href)) as { flushInhibit: (c: object) => Machine }
    const machine = (constants: Constants): Machine => {
      const names = ['SyncOnSet', 'SyncOnClear', 'CheckBeforeRequest', 'IoctlMb', 'WaitingOnBeforeSuspended']
      const world = ['BadCalls']
      const more = ['ClearWaitingOnBeforeSuspended', 'SeparateSuspended', 'MaskZeroed', 'PendingEvents', 'EventsMasked']
      const barriers = ['SuspendWmb', 'UnsuspendWmb', 'MutexUnlockIsMb']
      return faulty.flushInhibit({
        Flushers: constants.ids('Flushers'),
        Targets: constants.ids('Targets'),
        Rounds: constants.natural('Rounds'),
        Memory: constants.string('Memory'),
        StoreBufferSlots: constants.natural('StoreBufferSlots'),
        ArgsChecked: constants.string('ArgsChecked'),
        ...Object.fromEntries(
          [...names, ...more, ...barriers, ...world].map((name) => [name, constants.boolean(name)]),
        ),
      })
    }
    const changed = { ...model, protocol: { ...model.protocol, machine } }
    const { comparison, divergence } = await proveDump(changed, chain(), dumped.run, dumped.dump, graphOf(changed), {
      certify: false,
    })
    expect(comparison.equal).toBe(false)
    expectFault(divergence, fault)
    if (divergence !== undefined) expectPlace(divergence, text, fault, /Faulty\d+\.ts$|FlushInhibit\.ts$/)
  })
})
