/** Trace text: samples as the tracers print them, markers, lost events, and noise. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBadLine, parseLine } from '../../../impl/lib/validate/event.ts'
import type { FtraceItem, Mapper } from '../../../impl/lib/validate/ftrace.ts'
import { ftraceReader, scalar } from '../../../impl/lib/validate/ftrace.ts'
import { parseMap } from '../../../impl/lib/validate/map.ts'
import { isCI } from '../../effort.ts'

/** A seed of its own for each run; a failure prints it with the path. */
const seed = Date.now() & 0x7fffffff
const numRuns = isCI ? 100_000 : 2_000

const read = (text: string, mapper?: Mapper): FtraceItem => ftraceReader(mapper)(text, 7)
/** What the line is taken apart into, by a map that keeps it all. */
const apart = (text: string): unknown => {
  let seen: unknown
  read(text, (trace) => {
    seen = trace
    return { ignored: true }
  })
  return seen
}

const ENTRY = { line: 7, cpu: 1, time: 1234567890000, event: 'kvm_entry', payload: 'vcpu 0, rip 0xffffffff8104a7b6' }
const PAYLOAD = 'kvm_entry: vcpu 0, rip 0xffffffff8104a7b6'

describe('a tracepoint', () => {
  it.each([
    ['trace_pipe', ` qemu-system-x86-2112    [001] d..1.  1234.567890: ${PAYLOAD}`, 'qemu-system-x86', 2112],
    ['older irq flags', ` qemu-system-x86-2112    [001] d...  1234.567890: ${PAYLOAD}`, 'qemu-system-x86', 2112],
    ['no irq flags', ` qemu-system-x86-2112    [001]  1234.567890: ${PAYLOAD}`, 'qemu-system-x86', 2112],
    ['a TGID', `       CPU 0/KVM-2119    (   2112) [001] d..1.  1234.567890: ${PAYLOAD}`, 'CPU 0/KVM', 2119],
    ['no TGID known', `           <...>-2119    (-------) [001] dN.1.  1234.567890: ${PAYLOAD}`, '<...>', 2119],
    [
      'trace-cmd report',
      `       CPU 0/KVM-2119  [001]  1234.567890: kvm_entry:            vcpu 0, rip 0xffffffff8104a7b6`,
      'CPU 0/KVM',
      2119,
    ],
    [
      'trace-cmd report -t',
      `       CPU 0/KVM-2119  [001]  1234.567890000: kvm_entry:            vcpu 0, rip 0xffffffff8104a7b6`,
      'CPU 0/KVM',
      2119,
    ],
    ['perf script', `       CPU 0/KVM  2119 [001]  1234.567890: kvm:${PAYLOAD}`, 'CPU 0/KVM', 2119],
    ['perf script, pid/tid', ` fc_vcpu 1  599499/599500 [001] 1234.567890: kvm:${PAYLOAD}`, 'fc_vcpu 1', 599499],
    [
      'perf script, a task with a number',
      ` fc_vcpu 1  599500 [001] 1234.567890:    kvm:${PAYLOAD}`,
      'fc_vcpu 1',
      599500,
    ],
    [
      'perf script --ns, a period',
      `  CPU 0/KVM  2119 [001]  1234.567890000:          1 kvm:${PAYLOAD}`,
      'CPU 0/KVM',
      2119,
    ],
    [
      'perf script, flags before the CPU',
      `       <...> 206966 .N.. [001] 1234.567890: kvm:${PAYLOAD}`,
      '<...>',
      206966,
    ],
  ])('of %s', (_, text, task, pid) => {
    expect(apart(text)).toEqual({ ...ENTRY, task, pid })
  })

  it('of perf script without a task', () => {
    expect(apart(`    [001]   1234.567890:                      kvm:${PAYLOAD}`)).toEqual({ ...ENTRY, task: '' })
  })

  it('becomes what the map says, in the lane of its CPU', () => {
    const mapper: Mapper = ({ payload }) => ({ state: { seen: payload } })
    expect(read(' a-1 [012] ..... 0.000001: kvm_fpu: unload', mapper)).toEqual({
      line: 7,
      lane: 'cpu12',
      time: 1000,
      state: { seen: 'unload' },
    })
  })

  it('without a map, or not understood, is unmapped', () => {
    expect(read(` a-1 [001] d..1. 1.5: ${PAYLOAD}`)).toEqual({ unmapped: 'kvm_entry' })
    expect(read(' a-1 [001] d..1. 1.5: do_nmi <-nmi_entry')).toEqual({ unmapped: undefined })
    expect(read(' 1)   0.123 us    |  kvm_vcpu_kick();')).toEqual({ unmapped: undefined })
    expect(read('what is this')).toEqual({ unmapped: undefined })
  })
})

describe('lines that say nothing', () => {
  it.each([
    ['# tracer: nop'],
    ['#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION'],
    ['# entries-in-buffer/entries-written: 120/120   #P:2'],
    ['cpus=2'],
    ['version = 6'],
    ['CPU 0 is empty'],
    [''],
    ['   '],
  ])('%j', (text) => {
    expect(read(text)).toEqual({ ignored: undefined })
  })
})

describe('times', () => {
  it('are exact', () => {
    expect(apart(' a-1 [000] 9007199.254740991: e: ')).toMatchObject({ time: 2 ** 53 - 1 - 9007199 * 1e9 })
    expect(apart(' a-1 [000] 4503599.000000001: e: ')).toMatchObject({ time: 4503599000000001 })
    expect(apart(' a-1 [000] d..1. 9007199254740991: e: ')).toMatchObject({ time: 9007199254740991 })
  })

  it('of a host that is long up count from the first event', () => {
    const seen: number[] = []
    const reader = ftraceReader(({ time }) => (seen.push(time), undefined))
    reader(' a-1 [078] 96822671.255015: e: ', 1)
    reader(' a-1 [074] 96822672.000001: e: ', 2)
    expect(seen).toEqual([255015000, 1000001000])
  })

  it('beyond 2^53 are refused', () => {
    expect(read(' a-1 [000] 9007199254740993: e: ')).toMatchObject({ column: 12, message: /2\^53/ })
    const reader = ftraceReader()
    reader(' a-1 [000] 1.000000: e: ', 1)
    expect(reader(' a-1 [000] 9007199.900000: e: ', 2)).toMatchObject({ line: 2, column: 12 })
  })
})

describe('a marker', () => {
  const event = { line: 7, lane: 'cpu1', time: 1500000000, action: 'kvm_vcpu_kick_kicked', thread: 'source1' }
  it.each([
    ['bpf_trace_printk', 'bpf_trace_printk: '],
    ['trace_printk', 'kvm_vcpu_kick: '],
    ['trace_printk with sym-offset', 'kvm_vcpu_kick+0x1f/0x60 [kvm]: '],
    ['trace_marker', 'tracing_mark_write: '],
    ['trace-cmd report of trace_printk', 'bprint:               kvm_vcpu_kick: '],
    ['trace-cmd report of trace_marker', 'print:                tracing_mark_write: '],
    ['perf script', 'bpf_trace:bpf_trace_printk: '],
    ['BPF of old kernels', '0x00000001: '],
    ['trace-cmd report -R', 'print:                ip=0xffffffff81 buf='],
  ])('of %s', (_, prefix) => {
    const text = ` CPU 0/KVM-2119 [001] d..1. 1.500000: ${prefix}lockstep: kvm_vcpu_kick_kicked thread=source1`
    expect(read(text)).toEqual(event)
  })

  const marker = (text: string): FtraceItem => read(` a-1 [001] d..1. 1.500000: f: lockstep: ${text}`)
  const values = (text: string): unknown => {
    const item = marker(text)
    return 'state' in item ? item.state : item
  }

  it('has values of every kind', () => {
    const text =
      'a state.kicked=1 state.n=-3 state.f=false state.t=true state.z=null state.mode[0]=IN_GUEST_MODE state.hex=0x1f ' +
      'state.q="a \\"b\\" =c" state.set=\'[1, {"a b": 2}]\' state.list=[1,2] state.o={"a":1} state.e= state.zero=007'
    expect(values(text)).toEqual({
      kicked: 1,
      n: -3,
      f: false,
      t: true,
      z: null,
      'mode[0]': 'IN_GUEST_MODE',
      hex: '0x1f',
      q: 'a "b" =c',
      set: [1, { 'a b': 2 }],
      list: [1, 2],
      o: { a: 1 },
      e: '',
      zero: '007',
    })
  })

  it('has reserved keys', () => {
    expect(marker('act thread=vcpu0 result=false seq=5 time=-9')).toEqual({
      line: 7,
      lane: 'cpu1',
      time: -9,
      action: 'act',
      thread: 'vcpu0',
      result: false,
      seq: 5,
    })
  })

  it('without an action is a look at the state', () => {
    expect(marker('state.kicked=true')).toEqual({ line: 7, lane: 'cpu1', time: 1500000000, state: { kicked: true } })
  })

  it.each([
    ['act thread=0', 45, 'thread: a name such as vcpu0 expected'],
    ['act seq=-1', 45, 'seq: a number from 0 expected'],
    ["act time='1.5'", 45, 'time: an integer expected'],
    ['act kicked=1', 45, 'kicked: unknown key'],
    ['act state.=1', 45, 'state.: unknown key'],
    ['act state.x=1 state.x=2', 55, 'state.x: it is there twice'],
    ['act what', 45, 'what: key=value expected'],
    ['act =1', 45, 'a value: key=value expected'],
    ['act state.x="a', 53, 'state.x: it is not JSON'],
    ["act state.x='[1", 53, 'state.x: the quote does not end'],
    ['act state.x="a"b', 56, 'state.x: a blank expected'],
    ['act state.x=9007199254740993', 53, 'state.x: the number is beyond 2^53'],
    ["act state.x='[9007199254740993]'", 53, 'state.x: a number is beyond 2^53'],
    ['act state.x={"a":1,"a":1}', 53, 'state.x: a: it is there twice'],
    ['', 41, 'a marker without an action or a state'],
    ['thread=vcpu0', 41, 'a marker without an action or a state'],
    ['state.x=1 result=7', 51, 'result: the result of which action? name it'],
    [`act state.x='${'['.repeat(5000)}${']'.repeat(5000)}'`, 53, 'state.x: it is nested more than 64 deep'],
  ])('%j is refused at its place', (text, column, message) => {
    expect(marker(text)).toMatchObject({ line: 7, column, message })
  })

  it('takes no key for more than a key', () => {
    const state = values('act state.__proto__=1 state.constructor=2 state.toString=3') as object
    expect(Object.getPrototypeOf(state)).toBe(Object.prototype)
    expect(Object.keys(state)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(marker('act constructor=1')).toMatchObject({ message: 'constructor: unknown key' })
    expect(marker('act __proto__=1')).toMatchObject({ message: '__proto__: unknown key' })
  })
})

describe('a marker in a line that is not understood', () => {
  const BPRINT = 'bprint: f: lockstep: kvm_request_pending thread=vcpu0 result=true'
  it.each([
    ['a prefix that is cut off', `67916: ${BPRINT}`, 19],
    ['perf script without the CPU', `qemu  2100  1234.567915: ${BPRINT}`, 37],
    ['latency-format', `   qemu-2100    2d..1 1234us : ${BPRINT}`, 43],
    ['function_graph', ` 2)               |  /* lockstep: act */`, 25],
    ['behind more names than there can be', ` a-1 [001] d..1. 1.500000: a: b: c: d: lockstep: act`, 40],
  ])('is an error at its place: %s', (_, text, column) => {
    const map = parseMap('{"version":1,"tracepoints":[]}', 'map.json')
    for (const mapper of [undefined, map.apply]) {
      expect(read(text, mapper)).toMatchObject({ line: 7, column, message: /not understood: .* expected/ })
    }
  })

  const X = 'lockstep: act thread=vcpu0'
  const P = ' CPU 0/KVM-2119 [001] d..1. 1.500000: '
  it.each([
    ['in a comment', `# ${X}`, 3],
    ['in a line that is commented out', `# ${P}bprint: f: ${X}`, 52],
    ['of a task whose name is like a comment', `#kworker-2119 [001] d..1. 1.500000: bprint: f: ${X}`, 48],
    ['what a tracepoint prints', ' a-1 [001] 1.5: e: comm=lockstep: pid=1', 25],
    ['joined to an ignored tracepoint', `${P}ignored: x   qemu-2100 [002] 1.5: bprint: f: ${X}`, 84],
    ['joined to a mapped tracepoint', `${P}mapped: wait time 10 ns${P}bprint: f: ${X}`, 111],
    ['quoted', `${P}bprint: f: "${X}"`, 51],
    ['behind an escape', `${P}bprint: f: \u001b[0m${X}`, 54],
    ['without a blank', `${P}bprint: f: lockstep:act`, 50],
    ['in capitals', `${P}bprint: f: Lockstep: act`, 50],
    ['with a blank before the colon', `${P}bprint: f: lockstep : act`, 50],
    ['after lost events', `CPU:1 [LOST 0 EVENTS]${X}`, 22],
    ['after more lost events', `CPU:1 [LOST 3 EVENTS] ${P}bprint: f: ${X}`, 72],
    ['after the lost events of perf', `${P}PERF_RECORD_LOST lost 0 ${X}`, 63],
    ['in what is no event', `what is this lockstep:act`, 14],
    ['twice', `${P}bprint: f: ${X} state.x="lockstep:"`, 86],
    ['twice, the first one before it', `${P}LOCKSTEP:f: ${X}`, 51],
  ])('is an error wherever it is: %s', (_, text, column) => {
    const source =
      '{"version":1,"tracepoints":[{"tracepoint":"ignored","ignore":true},{"tracepoint":"e","ignore":true},' +
      '{"tracepoint":"mapped","state":{"x":1}}]}'
    for (const mapper of [undefined, parseMap(source, 'map.json').apply]) {
      expect(read(text, mapper)).toMatchObject({ line: 7, column, message: /not understood|second marker/ })
    }
  })

  it.each([
    ['within the word', 'lock', 'step: act thread=vcpu0'],
    ['before its colon, quoted', 'lockstep', '> : act'],
    ['in capitals', 'LOCKS', '   TEP: act'],
  ])('is an error at its rest, if it is broken over two lines: %s', (_, first, second) => {
    const reader = ftraceReader()
    expect(reader(`${P}bprint: f: ${first}`, 1)).toEqual({ unmapped: 'bprint' })
    expect(reader(second, 2)).toMatchObject({ line: 2, column: 1, message: /without its beginning/, quoted: second })
  })

  it('is none without its colon', () => {
    expect(read(' a-1 [001] 1.5: e: comm=lockstep pid=1')).toEqual({ unmapped: 'e' })
    expect(read('# written by lockstep')).toEqual({ ignored: undefined })
    expect(read(' lockstep-12 [001] 1.5: e: x')).toEqual({ unmapped: 'e' })
  })

  it.each([
    [' a-1 [9999] d..1. 1.500000: e: x', 7],
    [` qemu-2100 [4096] .....  1234.567915: ${BPRINT}`, 13],
    [' a-1 [10000] 1.5: e: x', 7],
    ['CPU:9999 [LOST 12 EVENTS]', 1],
    ['CPU:10000 [EVENTS DROPPED]', 1],
  ])('nor can there be such a CPU: %s', (text, column) => {
    expect(read(text)).toMatchObject({ line: 7, column, message: /^CPU \d+ is beyond 4095$/ })
    expect(read(' a-1 [4095] 1.5: e: x')).toEqual({ unmapped: 'e' })
  })
})

describe('lost events', () => {
  it.each([
    ['CPU:1 [LOST 12 EVENTS]', 12, 'cpu1'],
    ['CPU:1 [LOST EVENTS]', 1, 'cpu1'],
    ['CPU:7 [204600 EVENTS DROPPED]', 204600, 'cpu7'],
    ['CPU:7 [EVENTS DROPPED]', 1, 'cpu7'],
    ['##### CPU 2 buffer started ####', 1, 'cpu2'],
    ['# entries-in-buffer/entries-written: 140080/250280   #P:4', 110200, undefined],
    ['  CPU 0/KVM  9777/9888 [006] 1.000000001: PERF_RECORD_LOST lost 9', 9, 'cpu6'],
    ['9777/9888 [006] 1.000000001: unknown: PERF_RECORD_LOST lost 9', 9, 'cpu6'],
    ['PERF_RECORD_LOST lost 7', 7, undefined],
    ['LOST 3 events!', 3, undefined],
  ])('%j', (text, lost, lane) => {
    expect(read(text)).toEqual({ line: 7, lost, ...(lane === undefined ? {} : { lane }) })
  })

  it('none, or too many to count', () => {
    expect(read('PERF_RECORD_LOST lost 0')).toEqual({ ignored: undefined })
    expect(read('CPU:1 [LOST 9007199254740993 EVENTS]')).toMatchObject({ message: /2\^53/ })
    expect(read(' a-1 [001] 1.5: e: comm=PERF_RECORD_LOST lost 3')).toEqual({ unmapped: 'e' })
  })
})

describe('noise', () => {
  const map = parseMap(
    '{"version":1,"tracepoints":[{"tracepoint":"e","payload":"^(?<a>.*) (?<b>\\\\w*)","state":{"x[${a}]":"${b}"}}]}',
    'map.json',
  )
  const PIECES = [
    ...[' a-1', ' [001]', ' d..1.', ' 1.5:', ' e:', ' lockstep:', ' act', ' state.x=', '"', "'", '[1,', '{', '=', ' '],
    ...[
      'thread=',
      '\\',
      '__proto__',
      'CPU:1 [LOST ',
      ' EVENTS]',
      '#',
      '9'.repeat(17),
      ' -',
      '/',
      '\t',
      '\u00e9',
      '(',
      ')',
    ],
  ]
  const line = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((p) => ` a-1 [001] 1.5: lockstep: act ${p.join('')}`),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )

  it(`gives an item for every line (seed ${seed})`, () => {
    fc.assert(
      fc.property(line, (text) => {
        const item = read(text, map.apply)
        if ('message' in item) {
          expect(item.line).toBe(7)
          expect(item.column).toBeGreaterThanOrEqual(1)
          expect(item.column).toBeLessThanOrEqual(text.length + 1)
        } else if (!('unmapped' in item || 'ignored' in item)) {
          expect(item.lost ?? item.action ?? item.state).toBeDefined()
          // what a marker says is what NDJSON can say
          const { line: number, ...said } = item
          expect(parseLine(JSON.stringify(said), number)).not.toHaveProperty('message')
        }
      }),
      { seed, numRuns },
    )
  })

  it(`parseLine gives an item for every line (seed ${seed})`, () => {
    const object = fc.dictionary(
      fc.constantFrom('action', 'thread', 'state', 'seq', 'time', 'lost', 'cpu', 'lockstep', 'version', '__proto__'),
      fc.jsonValue({ maxDepth: 3 }),
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      object.map((value) => JSON.stringify(value)),
      fc.tuple(fc.json(), fc.nat(30)).map(([json, end]) => json.slice(0, end)),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 3 }), (source, number) => {
        const item = parseLine(source, number)
        if ('message' in item) expect(item.column).toBeGreaterThanOrEqual(1)
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      }),
      { seed, numRuns },
    )
  })

  it('takes time in proportion to the line', () => {
    const started = performance.now()
    for (const piece of [' ', '-', '[001] ', 'a:', 'a', ' a-1 [001] 1.5: lockstep: ', '\\"', '1 ', 'x= ']) {
      read(piece.repeat(2 ** 20 / piece.length), map.apply)
      read(`${piece.repeat(2 ** 20 / piece.length)} [001] 1.5: e: `, map.apply)
      read(` a-1 [001] 1.5: ${piece.repeat(2 ** 20 / piece.length)}`, map.apply)
      read(` a-1 [001] 1.5: lockstep: a state.x="${piece.repeat(2 ** 20 / piece.length)}`, map.apply)
    }
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('a bare word', () => {
  it(`round trips if it is an integer (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(scalar(String(n))).toBe(n)
      }),
      { seed },
    )
    expect(scalar('9007199254740992')).toBeUndefined()
  })
})

describe('a line that says too little', () => {
  it.each([
    ['trace-cmd report -l', '   qemu-2100    2d..1.  1234.567890: kvm_entry: vcpu 0', /latency/, /without -l/],
    ['the latency-format option', '   qemu-2100    2d..1 1234us : kvm_entry: vcpu 0', /latency/, /latency-format/],
    ['differences', ' a-1 [001]  1234.567890: (+10) kvm_entry: vcpu 0', /difference/, /ts-diff/],
    ['no pid', ' CPU/KVM [001]  1234.567890: kvm_entry: vcpu 0', /pid/, /tid/],
    ['no CPU', ' CPU 0/KVM-2119  1234.567890: kvm_entry: vcpu 0', /CPU/, /cpu/],
    ['perf without the CPU', 'qemu  2100  1234.567915: kvm:kvm_entry: vcpu 0', /CPU/, /cpu/],
  ])('is an error that says what to run: %s', (_, text, message, hint) => {
    const item = read(text)
    expect(item).toMatchObject({ line: 7, column: 1, quoted: text })
    if (!isBadLine(item)) return
    expect(item.message).toMatch(message)
    expect(item.hint).toMatch(hint)
  })

  it('is none in what the tracers print otherwise', () => {
    for (const text of [
      'what is this',
      ' 1)   0.123 us    |  kvm_vcpu_kick();',
      ' => kvm_vcpu_kick',
      ' a-1 [001] d..1. 1.5: do_nmi <-nmi_entry',
    ]) {
      expect(read(text)).toEqual({ unmapped: undefined })
    }
  })
})

describe('a marker that a mail program wrapped', () => {
  const HEAD = ' a-1 [001] d..1. 1.500000: tracing_mark_write: lockstep: read_kicked'
  it.each([
    ['before its thread', HEAD, 'thread=vcpu0 result=true'],
    ['before its result, quoted', `${HEAD} thread=vcpu0`, '> result=true'],
    ['within a value', `${HEAD} thread=vcpu0 state.kicked=`, '1'],
    ['within a word', `${HEAD} thread=vcpu0 state.pc[vcpu0]=vm`, 'entry'],
  ])('is an error at its rest: %s', (_, first, second) => {
    const reader = ftraceReader()
    expect(isBadLine(reader(first, 1))).toBe(false)
    expect(reader(second, 2)).toMatchObject({ line: 2, column: 1, message: /without its beginning/, quoted: second })
  })

  it('is none in a stack below a marker', () => {
    const reader = ftraceReader()
    reader(HEAD, 1)
    expect(reader(' => kvm_vcpu_kick', 2)).toEqual({ unmapped: undefined })
  })
})

describe('a task without its name', () => {
  const names: string[] = []
  const mapper = (trace: { readonly task: string }): undefined => {
    names.push(trace.task)
    return undefined
  }
  it('has the name that a map gives its pid, or that another line had', () => {
    const reader = ftraceReader(mapper, new Map([['7', 'CPU 1/KVM']]))
    for (const head of ['<...>-7', '<...>-8', 'CPU 0/KVM-8', '<...>-8']) reader(` ${head} [001] d..1. 1.5: e: x`, 1)
    expect(names).toEqual(['CPU 1/KVM', '<...>', 'CPU 0/KVM', 'CPU 0/KVM'])
  })
})
