/** Maps: what they say of a tracepoint, what is refused and where, and those that are shipped. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import type { FtraceItem, Mapped, TraceLine } from '../../../impl/lib/validate/ftrace.ts'
import { ftraceReader } from '../../../impl/lib/validate/ftrace.ts'
import { mapJsonSchema, parseMap } from '../../../impl/lib/validate/map.ts'
import { Fields, isConstraint } from '../../../impl/lib/validate/json-codec.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import { everydayShare, isCI } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels } from '../../project.ts'

/** A seed of its own for each run; a failure prints it with the path. */
const seed = Date.now() & 0x7fffffff
const numRuns = isCI ? 100_000 : 2_000

const mapOf = (...tracepoints: unknown[]): string => JSON.stringify({ version: 1, tracepoints }, null, 2)

const apply = (entries: unknown[], event: string, payload: string, task = 'CPU 3/KVM'): Mapped => {
  const trace: TraceLine = { line: 9, task, cpu: 0, time: 0, event, payload }
  return parseMap(mapOf(...entries), 'map.json').apply(trace)
}

const refused = (text: string): unknown => {
  try {
    parseMap(text, 'map.json')
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 2) return error.problem
    throw error
  }
  return 'it is taken'
}

describe('an entry', () => {
  const entry = {
    tracepoint: 'kvm_entry',
    payload: '^vcpu (?<vcpu>\\d+), rip (?<rip>\\w+)',
    action: 'vmentry',
    thread: 'vcpu${vcpu}',
    result: '${vcpu}',
    state: { 'pc[vcpu${vcpu}]': 'at ${rip}', text: '1${vcpu}', 'n[${vcpu}]': ['${vcpu}', { '${rip}': true }] },
  }

  it('substitutes groups, and makes numbers of what is nothing else', () => {
    expect(apply([entry], 'kvm_entry', 'vcpu 2, rip 0xfff0')).toEqual({
      action: 'vmentry',
      thread: 'vcpu2',
      result: 2,
      state: { 'pc[vcpu2]': 'at 0xfff0', text: '12', 'n[2]': [2, { '0xfff0': true }] },
    })
  })

  it('is not for other tracepoints and other payloads', () => {
    expect(apply([entry], 'kvm_exit', 'vcpu 2, rip 0xfff0')).toBeUndefined()
    expect(apply([entry], 'kvm_entry', 'vcpu 2')).toBeUndefined()
    expect(apply([entry], 'constructor', '')).toBeUndefined()
    expect(apply([entry], '__proto__', '')).toBeUndefined()
  })

  it('without a pattern takes key=value fields, and needs those that it names', () => {
    const fields = { tracepoint: 'e', action: 'a', thread: 'vcpu${vcpuid}' }
    expect(apply([fields], 'e', 'vcpuid=1, apicid=2')).toEqual({ action: 'a', thread: 'vcpu1' })
    expect(apply([fields], 'e', 'apicid=2')).toBeUndefined()
    expect(apply([fields], 'e', 'vcpuid=1 vcpuid=2')).toEqual({ action: 'a', thread: 'vcpu1' })
  })

  it('can ask for the task, and for values', () => {
    const when = { tracepoint: 'e', task: '^CPU (?<v>\\d+)/KVM$', when: { v: [3, '4'], valid: true }, action: 'a' }
    expect(apply([when], 'e', 'valid=true')).toEqual({ action: 'a' })
    expect(apply([when], 'e', 'valid=false')).toBeUndefined()
    expect(apply([when], 'e', 'valid=true', 'CPU 5/KVM')).toBeUndefined()
    expect(apply([when], 'e', 'valid=true', 'qemu')).toBeUndefined()
  })

  it('applies if it is the first that fits', () => {
    const entries = [
      { tracepoint: 'e', when: { x: 1 }, action: 'one' },
      { tracepoint: 'e', when: { x: 2 }, ignore: true },
      { tracepoint: 'e', action: 'other' },
    ]
    expect(['x=1', 'x=2', 'x=3'].map((payload) => apply(entries, 'e', payload))).toEqual([
      { action: 'one' },
      { ignored: true },
      { action: 'other' },
    ])
  })

  it('has keys that are nothing but keys', () => {
    const state = { tracepoint: 'e', payload: '(?<k>\\S+) (?<v>\\S+)', state: { '${k}': '${v}', constructor: 1 } }
    const mapped = apply([state], 'e', '__proto__ 5')
    const seen = mapped !== undefined && 'state' in mapped ? (mapped.state ?? {}) : {}
    expect(Object.keys(seen)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype)
  })

  it('refuses a number that is beyond 2^53 at its place in the line', () => {
    const map = parseMap(mapOf({ tracepoint: 'e', state: { x: '${n}' } }), 'map.json')
    expect(ftraceReader(map.apply)(' a-1 [001] 1.5: e: n=9007199254740993', 4)).toMatchObject({ line: 4, column: 22 })
  })
})

describe('what is refused', () => {
  it.each<[string, string, unknown]>([
    ['no JSON', '{"version":1,', { code: 'not-json', line: 1, column: 14 }],
    ['another version', '{"version":2,\n "tracepoints":[]}', { code: 'bad-map', line: 1, column: 2 }],
    ['an unknown key', '{"version":1,"tracepoints":[],\n "tracepoint":[]}', { code: 'bad-map', line: 2, column: 2 }],
    ['__proto__', '{"version":1,"tracepoints":[],\n "__proto__":{}}', { code: 'bad-key', line: 2, column: 2 }],
    ['a key twice', '{"version":1,\n "version":1,"tracepoints":[]}', { code: 'duplicate-key', line: 2, column: 2 }],
    ['depth', `{"version":${'['.repeat(50)}${']'.repeat(50)}}`, { code: 'too-deep', line: 1 }],
    [
      'a number',
      '{"version":1,\n "tracepoints":[9007199254740993]}',
      { code: 'number-too-large', line: 2, column: 17 },
    ],
    ['a number with an exponent', '{"version":\n1e400}', { code: 'number-too-large', line: 2, column: 1 }],
    ['nothing said', mapOf({ tracepoint: 'e' }), { line: 5, column: 7, message: /action, state or ignore expected/ }],
    ['too much said', mapOf({ tracepoint: 'e', ignore: true, action: 'a' }), { line: 6, column: 7 }],
    ['a result of nothing', mapOf({ tracepoint: 'e', state: { x: 1 }, result: 1 }), { line: 9, column: 7 }],
    [
      'a look-ahead',
      mapOf({ tracepoint: 'e', payload: '(?=a)a', action: 'a' }),
      { line: 6, column: 7, message: /no look-around/ },
    ],
    [
      'a reference back',
      mapOf({ tracepoint: 'e', task: '(a)\\1', action: 'a' }),
      { line: 6, column: 7, message: /references back/ },
    ],
    ['a bad pattern', mapOf({ tracepoint: 'e', payload: '(', action: 'a' }), { line: 6, column: 7 }],
    [
      'a group that is not there',
      mapOf({ tracepoint: 'e', payload: '(?<a>.)|(?<b>.)', state: { x: ['${c}'] } }),
      { line: 7, column: 7, message: 'tracepoints[0].state: no pattern has the group c', hint: 'there are a, b' },
    ],
    ['the same in when', mapOf({ tracepoint: 'e', payload: '.', when: { a: 1 }, action: 'a' }), { line: 8, column: 9 }],
    ['a substituted action', mapOf({ tracepoint: 'e', action: '${a}' }), { line: 6, column: 7 }],
  ])('%s', (_, text, problem) => {
    const seen = refused(text)
    expect(seen).toMatchObject({ file: 'map.json', ...(problem as object) })
  })

  it('actions are listed with their places, for the caller to refuse', () => {
    const text = mapOf(
      { tracepoint: 'a', ignore: true },
      { tracepoint: 'b', action: 'x' },
      { tracepoint: 'b', state: {} },
    )
    expect(parseMap(text, 'map.json')).toMatchObject({
      tracepoints: ['a', 'b'],
      actions: [{ path: 'tracepoints[1].action', action: 'x', line: 10, column: 7 }],
    })
  })
})

it('has a JSON schema', () => {
  expect(mapJsonSchema()).toMatchObject({
    type: 'object',
    additionalProperties: false,
    required: ['version', 'tracepoints'],
  })
})

const SHIPPED = ['apf-ready', 'flush-inhibit', 'poll-kick', 'vtl-wakeup']
const shipped = (protocol: string): ReturnType<typeof parseMap> => {
  const file = `spec/${protocol}/maps/kvm-tracepoints.json`
  return parseMap(readFileSync(join(packageRoot(), file), 'utf8'), file)
}

describe('a shipped map', () => {
  const HEAD = '       CPU 0/KVM-2119    [001] d..1.  1.000000: '
  const says = (protocol: string, text: string): FtraceItem => ftraceReader(shipped(protocol).apply)(HEAD + text, 1)
  const at = { line: 1, lane: 'cpu1', time: 1e9 }
  const EXIT =
    'reason EXTERNAL_INTERRUPT rip 0xffffffff81036706 info1 0x0000000000000000 info2 0x0000000000000000 ' +
    'intr_info 0x800000ec error_code 0x00000000'
  const pc = (thread: string, label: string): object => ({ ...at, state: { [`pc[${thread}]`]: label } })

  // as the kernel's TP_printk give them: arch/x86/kvm/trace.h, include/trace/events/kvm.h
  it.each<[string, string, unknown]>([
    ['poll-kick', 'kvm_entry: vcpu 0, rip 0xffffffff8104a7b6', pc('vcpu0', 'vmentry')],
    ['poll-kick', 'kvm_entry: vcpu 0, rip 0xffffffff8104a7b6[immediate exit]', pc('vcpu0', 'vmentry')],
    ['poll-kick', 'kvm_entry: vcpu 0', pc('vcpu0', 'vmentry')],
    ['poll-kick', 'kvm_entry: vcpu 10, rip 0xffffffff8104a7b6', { ignored: 'kvm_entry' }],
    ['poll-kick', `kvm_exit: vcpu 0 ${EXIT}`, { ...at, action: 'vmexit', thread: 'vcpu0' }],
    ['poll-kick', `kvm_exit: vcpu 10 ${EXIT}`, { ignored: 'kvm_exit' }],
    ['poll-kick', `kvm_exit: ${EXIT}`, { unmapped: 'kvm_exit' }],
    ['poll-kick', 'kvm_vcpu_wakeup: wait time 181732 ns, polling valid', { ignored: 'kvm_vcpu_wakeup' }],
    ['poll-kick', 'kvm_apic_accept_irq: apicid 0 vec 236 (Fixed|edge)', { ignored: 'kvm_apic_accept_irq' }],
    ['poll-kick', 'kvm_fpu: unload', { unmapped: 'kvm_fpu' }],
    ['apf-ready', 'kvm_entry: vcpu 0, rip 0xffffffff8104a7b6', pc('vcpu0', 'vmentry')],
    [
      'apf-ready',
      'kvm_async_pf_not_present: token 0x5000 gva 0x7f2b44c0f000',
      pc('vcpu0', 'kvm_arch_async_page_not_present'),
    ],
    ['apf-ready', 'kvm_async_pf_not_present: token 0x5001 gva 0x7f2b44c0f000', { ignored: 'kvm_async_pf_not_present' }],
    ['apf-ready', 'kvm_async_pf_ready: token 0x5000 gva 0x7f2b44c0f000', pc('vcpu0', 'kvm_arch_async_page_present')],
    ['apf-ready', 'kvm_async_pf_ready: token 0 gva 0x7f2b44c0f000', pc('vcpu0', 'kvm_arch_async_page_present')],
    ['apf-ready', 'kvm_async_pf_ready: token 0xffffffff gva 0', { ignored: 'kvm_async_pf_ready' }],
    [
      'apf-ready',
      'kvm_async_pf_completed: gva 0x7f2b44c0f000 address 0x7f2b44c0f000',
      { ignored: 'kvm_async_pf_completed' },
    ],
    [
      'flush-inhibit',
      'kvm_hv_flush_tlb: processor_mask 0x4 address_space 0x1ab000 flags 0x2 ',
      { ...at, state: { 'result[0]': 'none', 'cause[0]': -1 } },
    ],
    [
      'flush-inhibit',
      'kvm_hv_flush_tlb_ex: valid_bank_mask 0x1 format 0x0 address_space 0x1ab000 flags 0x2 (L2)',
      { ...at, state: { 'result[0]': 'none', 'cause[0]': -1 } },
    ],
    [
      'flush-inhibit',
      'kvm_hv_hypercall: code 0x3 fast var_cnt 0x0 rep_cnt 0x1 idx 0x0 in 0x1ab000 out 0x0',
      { ignored: 'kvm_hv_hypercall' },
    ],
    ['vtl-wakeup', 'kvm_entry: vcpu 1, rip 0xffffffff8104a7b6', pc('vcpu1', 'vmentry')],
    ['vtl-wakeup', `kvm_exit: vcpu 1 ${EXIT}`, { ...at, action: 'vmexit', thread: 'vcpu1' }],
    ['vtl-wakeup', 'kvm_apic_accept_irq: apicid 1 vec 0 (NMI|edge)', pc('source1', 'kvm_inject_nmi')],
    ['vtl-wakeup', 'kvm_apic_accept_irq: apicid 1 vec 0 (INIT|edge)', pc('source1', 'apic_accept_init')],
    ['vtl-wakeup', 'kvm_apic_accept_irq: apicid 1 vec 0 (INIT|level)', { ignored: 'kvm_apic_accept_irq' }],
    ['vtl-wakeup', 'kvm_apic_accept_irq: apicid 1 vec 154 (SIPI|edge)', pc('source1', 'apic_accept_sipi')],
    ['vtl-wakeup', 'kvm_apic_accept_irq: apicid 1 vec 236 (Fixed|edge)', { ignored: 'kvm_apic_accept_irq' }],
  ])('of %s: %s', (protocol, text, item) => {
    expect(says(protocol, text)).toEqual(item)
  })

  const LINES = [
    'kvm_entry: vcpu 0, rip 0x1',
    'kvm_entry: vcpu 1, rip 0x1',
    'kvm_async_pf_not_present: token 0x5000 gva 0x1',
    'kvm_async_pf_ready: token 0x5000 gva 0x1',
    'kvm_hv_flush_tlb: processor_mask 0x4 address_space 0x1 flags 0x2 ',
    'kvm_hv_flush_tlb_ex: valid_bank_mask 0x1 format 0x0 address_space 0x1 flags 0x2 ',
    ...['NMI', 'INIT', 'SIPI'].map((mode) => `kvm_apic_accept_irq: apicid 1 vec 0 (${mode}|edge)`),
  ]

  it.each(everydayShare(SHIPPED, (protocol) => protocol !== 'vtl-wakeup'))(
    'of %s names what some model of the protocol has, and says why it says no more (a share every day, all in CI)',
    (protocol) => {
      const map = shipped(protocol)
      const models = loadModels().filter((m) => m.protocol.name === protocol && m.tags.includes('fast'))
      const missing = new Set([
        ...map.actions.map(({ action }) => action),
        ...LINES.filter((text) => 'state' in says(protocol, text)),
      ])
      // most are there in the first model already
      for (const model of models) {
        if (missing.size === 0) break
        const kernel = assemble(compile(machineOf(model)))
        const fields = new Fields(kernel)
        for (const name of missing) {
          const item = name.includes(':') ? says(protocol, name) : undefined
          const state = item !== undefined && 'state' in item ? item.state : undefined
          const has = state === undefined ? kernel.actions.includes(name) : isConstraint(fields.compile(state))
          if (has) missing.delete(name)
        }
      }
      expect([...missing]).toEqual([])
      const raw = JSON.parse(readFileSync(join(packageRoot(), map.file), 'utf8')) as {
        tracepoints: { note?: string }[]
      }
      expect(raw.tracepoints.filter(({ note }) => note === undefined)).toEqual([])
    },
  )
})

it('the document has maps and markers that are read', () => {
  const text = readFileSync(join(packageRoot(), 'docs/log-format.md'), 'utf8')
  const blocks = [...text.matchAll(/```(\w+)\n([^]*?)```/g)].map(([, kind, block = '']) => ({ kind, block }))
  const maps = blocks.filter(({ kind, block }) => kind === 'json' && block.includes('"tracepoints"'))
  expect(maps.map(({ block }) => parseMap(block, 'docs/log-format.md').actions.length)).toEqual([1])
  const apply = parseMap(maps[0]?.block ?? '', 'docs/log-format.md').apply
  const events = blocks
    .filter(({ kind, block }) => kind === 'text' && block.includes('kvm:kvm_entry'))
    .flatMap(({ block }) => block.trimEnd().split('\n'))
    .map((line, i) => ftraceReader(apply)(line, i + 1))
  expect(events).toHaveLength(3)
  for (const event of events) expect(event).toMatchObject({ lane: 'cpu1', state: { 'pc[vcpu0]': 'vmentry' } })
  // and has the actions and variables of one protocol
  const kernel = assemble(compile(machineOf(oneModel(loadModels(), 'poll-kick/clear-recheck.tso'))))
  const fields = new Fields(kernel)
  const said = ['kvm_hypercall: nr 0x1', 'kvm_exit: vcpu 0 reason HLT', 'kvm_entry: vcpu 0'].map((text) =>
    ftraceReader(apply)(` CPU 0/KVM-2119 [001] 1.5: ${text}`, 1),
  )
  expect(said).toMatchObject([
    { state: { 'mode[0]': 'OUTSIDE_GUEST_MODE' } },
    { action: 'vmexit', thread: 'vcpu0' },
    { state: { 'pc[vcpu0]': 'vmentry' } },
  ])
  for (const item of said) {
    if ('state' in item) expect(fields.compile(item.state ?? {})).toHaveProperty('mask')
    if ('action' in item) expect(kernel.actions).toContain(item.action)
  }
})

describe('noise', () => {
  const key = fc.constantFrom(
    ...[
      'version',
      'tracepoints',
      'tracepoint',
      'payload',
      'task',
      'when',
      'action',
      'thread',
      'state',
      'result',
      'ignore',
    ],
    ...['note', '$schema', '__proto__', 'constructor', 'toString'],
  )
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(1, 2, true, null, '', 'e', '${a}', '(?<a>.*)', '(', '(?<a>', 2 ** 53, 1e300),
    fc.string(),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
    ),
  }))
  const entry = fc.record(
    { tracepoint: fc.constant('e'), payload: leaf, when: tree, action: leaf, thread: leaf, state: tree, result: tree },
    { requiredKeys: ['tracepoint'] },
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    tree.map((value) => JSON.stringify(value)),
    fc.array(entry, { maxLength: 3 }).map((entries) => mapOf(...entries)),
    fc.tuple(fc.array(entry, { maxLength: 2 }), fc.nat(60)).map(([entries, end]) => mapOf(...entries).slice(0, end)),
  )

  it(`is a map, or refused at a place (seed ${seed})`, () => {
    fc.assert(
      fc.property(text, fc.string(), (source, payload) => {
        let map
        try {
          map = parseMap(source, 'map.json')
        } catch (error) {
          if (!(error instanceof LockstepError)) throw error
          expect(error.problem.line).toBeGreaterThanOrEqual(1)
          expect(error.problem.column).toBeGreaterThanOrEqual(1)
          return
        }
        map.apply({ line: 1, task: '', cpu: 0, time: 0, event: 'e', payload })
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      }),
      { seed, numRuns },
    )
  })
})

describe('a line of another format, in a shipped map', () => {
  it.each(SHIPPED)('is unmapped, whatever its tracepoint: %s', (protocol) => {
    const map = shipped(protocol)
    for (const event of map.tracepoints) {
      const trace: TraceLine = { line: 1, task: 'CPU 0/KVM', cpu: 0, time: 0, event, payload: 'something=else 12' }
      expect([event, map.apply(trace)]).toEqual([event, undefined])
    }
  })

  it('is read where trace-cmd report -R printed it', () => {
    const at = (protocol: string, event: string, payload: string): Mapped =>
      shipped(protocol).apply({ line: 1, task: 'q', cpu: 0, time: 0, event, payload })
    const exit = 'exit_reason=0x1 guest_rip=0x0 isa=1 info1=0x0 info2=0x0 intr_info=0 error_code=0 vcpu_id='
    expect(at('poll-kick', 'kvm_entry', 'vcpu_id=0 rip=0xfff0')).toEqual({ state: { 'pc[vcpu0]': 'vmentry' } })
    expect(at('poll-kick', 'kvm_entry', 'vcpu_id=1 rip=0xfff0')).toEqual({ ignored: true })
    expect(at('poll-kick', 'kvm_exit', `${exit}0`)).toEqual({ action: 'vmexit', thread: 'vcpu0' })
    expect(at('poll-kick', 'kvm_exit', `${exit}2`)).toEqual({ ignored: true })
    expect(at('vtl-wakeup', 'kvm_apic_accept_irq', 'apicid=1 dm=1024 tm=0 vec=2')).toEqual({ state: { 'pc[source1]': 'kvm_inject_nmi' } }) // prettier-ignore
    // the vCPU is in the low bits of a number that is printed in decimal
    expect(at('apf-ready', 'kvm_async_pf_ready', 'token=20480 gva=0')).toBeUndefined()
  })

  it('a flush of a task without a name is unmapped', () => {
    const payload = 'processor_mask 0x4 address_space 0x1ab000 flags 0x2 '
    const trace: TraceLine = { line: 1, task: '<...>', pid: 9, cpu: 0, time: 0, event: 'kvm_hv_flush_tlb', payload }
    expect(shipped('flush-inhibit').apply(trace)).toBeUndefined()
  })

  it('gives names to pids', () => {
    expect(parseMap('{"version":1,"tasks":{"7":"CPU 1/KVM"},"tracepoints":[]}', 'm').tasks.get('7')).toBe('CPU 1/KVM')
    expect(refused('{"version":1,"tasks":{"x":"CPU 1/KVM"},"tracepoints":[]}')).toMatchObject({ code: 'bad-map' })
  })
})
