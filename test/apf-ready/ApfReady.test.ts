import { describe, expect, it } from 'vitest'
import { everydayShare, isCI } from '../effort.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { printValue } from '../../impl/lib/kernel/language/print-value.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { counterexamples } from '../../impl/lib/evidence/explain.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { expectedCells, protocolSuite, violatedWith } from '../suite.ts'
import { loadModels } from '../project.ts'

protocolSuite('apf-ready', {
  actions: 78,
  scheduled: [
    'apf-ready/posted.sc',
    'apf-ready/real-fault.sc',
    'apf-ready/landed.sc',
    'apf-ready/landed-disable-window.sc',
    'apf-ready/landed-plain-request.tso',
  ],
})

const models = loadModels()
const model = (name: string) => oneModel(models, name)

/** The edges of an action in a model's graph, with the variables that they change. */
const edgesOf = (
  name: string,
  action: string,
): { readonly before: Map<string, string>; readonly changed: string[] }[] => {
  const graph: Graph = explore(assemble(compile(machineOf(model(name)))), { edges: true })
  const view = new View(graph.kernel)
  const stateAt = (i: number): Map<string, string> =>
    new Map(
      [...view.decode(graph.states, i * graph.kernel.layout.words)].map(([variable, value]) => [
        variable,
        printValue(value),
      ]),
    )
  const { edgeStart, edgeStep, edgeTarget, kernel } = graph
  return Array.from({ length: graph.count }, (_, from) => from).flatMap((from) => {
    const range = Array.from(
      { length: (edgeStart?.[from + 1] ?? 0) - (edgeStart?.[from] ?? 0) },
      (_, i) => (edgeStart?.[from] ?? 0) + i,
    )
    return range
      .filter((e) => kernel.actions[kernel.steps[edgeStep?.[e] ?? 0]?.action ?? -1] === action)
      .map((e) => {
        const [before, after] = [stateAt(from), stateAt(edgeTarget?.[e] ?? 0)]
        return { before, changed: [...after.keys()].filter((v) => after.get(v) !== before.get(v)).sort() }
      })
  })
}

/** The guest's actions in the states of a model's graph that meet a condition. */
const guestStepsWhere = (name: string, meets: (state: ReadonlyMap<string, string>) => boolean): string[] => {
  const { kernel, states, count, edgeStart, edgeStep } = explore(assemble(compile(machineOf(model(name)))), {
    edges: true,
  })
  const view = new View(kernel)
  const isGuests = (thread: number): boolean => kernel.compiled.machine.threads[thread]?.id[0] === 'guest'
  return Array.from({ length: count }, (_, i) => i)
    .filter((i) =>
      meets(new Map([...view.decode(states, i * kernel.layout.words)].map(([v, value]) => [v, printValue(value)]))),
    )
    .flatMap((i) =>
      Array.from({ length: (edgeStart?.[i + 1] ?? 0) - (edgeStart?.[i] ?? 0) }, (_, e) => {
        const step = kernel.steps[edgeStep?.[(edgeStart?.[i] ?? 0) + e] ?? 0]
        return step !== undefined && isGuests(step.thread) ? (kernel.actions[step.action] ?? '') : ''
      }),
    )
    .filter((action) => action !== '')
}

/** The exit that the vCPU's thread handles. */
const exitOf = (before: ReadonlyMap<string, string>): string => /"([a-z_]+)"/.exec(before.get('exit') ?? '')?.[1] ?? ''

describe('a WRMSR that must be rejected', () => {
  /** what a handler may change that refuses: where the thread is, and that the exit is handled */
  const REFUSED = ['exit', 'pc']

  it.each([
    ['apf-ready/rejected-writes-checked.sc', 'kvm_pv_enable_async_pf', 'en_reserved'],
    ['apf-ready/rejected-writes-checked.sc', 'kvm_pv_enable_async_pf', 'en_gpa'],
    ['apf-ready/rejected-writes-checked.sc', 'kvm_pv_enable_async_pf2', 'int_reserved'],
    ['apf-ready/no-lapic.sc', 'kvm_pv_enable_async_pf2', 'int'],
    ['apf-ready/no-lapic.sc', 'kvm_pv_enable_async_pf2', 'int_reserved'],
  ])('%s, %s of %s: #GP and unchanged state', (name, action, exit) => {
    const edges = edgesOf(name, action).filter(({ before }) => exitOf(before) === exit)
    expect(edges).not.toHaveLength(0)
    // where vcpu_run() looks at the done list next, it is its caller that is noted
    for (const { changed } of edges) expect(changed.filter((v) => v !== 'caller')).toEqual(REFUSED)
  })

  it('is stored before its address is refused, as posted and in Linux 6.12', () => {
    const edges = edgesOf('apf-ready/rejected-writes.sc', 'kvm_pv_enable_async_pf')
    const bad = edges.filter(({ before }) => exitOf(before) === 'en_gpa' && before.get('msr_en') === 'FALSE')
    expect(bad).not.toHaveLength(0)
    for (const { changed } of bad) expect(changed).toContain('msr_en')
  })
})

describe('apf-ready', () => {
  it('every counterexample fits an e-mail (those of two models; of all in CI)', { timeout: 300_000 }, () => {
    const fast = models.filter((m) => m.protocol.name === 'apf-ready' && m.tags.includes('fast'))
    const everyday = ['apf-ready/posted-no-exits.sc', 'apf-ready/landed-halt-no-block-mb.tso']
    for (const each of everydayShare(fast, ({ name }) => everyday.includes(name))) {
      const found = counterexamples(each)
      expect([each.name, [...found.keys()].sort()]).toEqual([each.name, expectedCells(each)])
      for (const [property, cx] of found) {
        const text = lanes(cx, each.protocol.docs)
        const bad = text.split('\n').filter((line) => line.length > 75 || /[^\x20-\x7e]|undefined|\?/.test(line))
        expect([each.name, property, bad]).toEqual([each.name, property, []])
      }
    }
  })

  it.runIf(isCI)(
    'a TPR and VM-exits that come by themselves change no verdict of what landed (needs CI)',
    { timeout: 120_000 },
    () => {
      for (const name of ['landed', 'ack-before-clear', 'kick-only']) {
        const each = model(`apf-ready/${name}.sc`)
        const wider = { TprHolds: tla.bool(true), OtherExits: tla.bool(true) }
        expect([name, violatedWith(each, wider)]).toEqual([name, expectedCells(each)])
      }
    },
  )

  it(
    'VM-exits that recur stand in for what a design lacks, if vcpu_run() looks at the list after them',
    { timeout: 120_000 },
    () => {
      const recur = { ExitsRecur: tla.bool(true), OtherExits: tla.bool(true) }
      expect(violatedWith(model('apf-ready/posted-no-exits.sc'), recur)).toEqual([])
      expect(violatedWith(model('apf-ready/ack-only.sc'), recur)).toEqual([])
      const scanned = { ...recur, ScanOnExit: tla.bool(true) }
      expect(violatedWith(model('apf-ready/ack-gated-by-if.sc'), scanned)).toEqual([])
      expect(violatedWith(model('apf-ready/ack-and-kick-shared-word.sc'), scanned)).toEqual([])
    },
  )

  it.runIf(isCI)(
    'a second task on a page in flight is what changes three cells (needs CI)',
    { timeout: 120_000 },
    () => {
      const none = { RepeatedFaults: tla.bool(false) }
      for (const [name, cell] of [
        ['enable-first.sc', 'FallbackProgressProp'],
        ['lapic-disabled.sc', 'FallbackProgressProp'],
        ['landed-halt-no-block-mb.tso', 'TaskWakesProp'],
      ] as const) {
        const each = model(`apf-ready/${name}`)
        expect(violatedWith(each, {})).toContain(cell)
        expect([name, violatedWith(each, none)]).toEqual([name, expectedCells(each).filter((c) => c !== cell)])
      }
    },
  )

  it('with interrupts off in kvm_guest_cpu_init either order of the MSRs is good', () => {
    const off = { IrqsOff: tla.bool(true) }
    for (const name of ['enable-first', 'vector-first', 'vector-first-enabled-first'])
      expect([name, violatedWith(model(`apf-ready/${name}.sc`), off)]).toEqual([name, []])
  })

  it.runIf(isCI)(
    'only interrupts, VM-exits and the kernel itself come between MSR_KVM_ASYNC_PF_EN and apf_reason.enabled (needs CI)',
    () => {
      const found = new Set(
        ['vector-first.sc', 'landed-boot.sc', 'landed-disable-window-fault.sc'].flatMap((name) =>
          guestStepsWhere(`apf-ready/${name}`, (state) => state.get('guest_en') !== state.get('enabled')),
        ),
      )
      expect([...found].sort()).toEqual([
        'external_interrupt',
        'idtentry',
        'iret',
        'kvm_guest_cpu_init_enabled',
        'kvm_pv_disable_apf_enabled',
        'page_missing_kernel',
        'sysvec_kvm_asyncpf_interrupt',
      ])
    },
  )

  it('the disable window is shown as Linux has it: once down, with interrupts off, and later online', () => {
    const config = new Set(['kvm_cpu_down_prepare', 'kvm_cpu_online', 'sti'])
    const writes = /^kvm_(guest_cpu_init|pv_disable_apf)(_enabled)?$/
    for (const [property, { behaviour }] of counterexamples(model('apf-ready/landed-disable-window.sc'))) {
      const steps = behaviour.steps.map(({ action }) => action).filter((a) => config.has(a) || writes.test(a))
      expect([property, steps]).toEqual([
        property,
        [
          ...['kvm_cpu_down_prepare', 'kvm_pv_disable_apf', 'kvm_pv_disable_apf_enabled', 'sti'],
          ...['kvm_cpu_online', 'kvm_guest_cpu_init', 'kvm_guest_cpu_init_enabled'],
          ...steps.slice(7),
        ],
      ])
      expect(steps.slice(7).every((a) => a === 'sti')).toBe(true)
    }
  })

  it.runIf(isCI)(
    'no other barrier of the kick is needed once the request is one (needs CI)',
    { timeout: 120_000 },
    () => {
      const none = { WakeUpMb: tla.bool(false), FailedCmpxchgIsMb: tla.bool(false) }
      for (const name of ['apf-ready/landed.tso', 'apf-ready/landed-halt.tso'])
        expect([name, violatedWith(model(name), none)]).toEqual([name, []])
    },
  )
})
