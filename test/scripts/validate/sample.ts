/** Results made by hand, and any results at all. */

import fc from 'fast-check'
import type { Blame } from '../../../impl/lib/prove/blame.ts'
import type { Json } from '../../../impl/lib/validate/json-codec.ts'
import type { Validation } from '../../../impl/lib/validate/result.ts'

export const accepted: Validation = {
  ok: true,
  model: 'poll-kick/clear-recheck.tso',
  file: 'logs/good.ndjson',
  accepted: true,
  verdict: 'accepted',
  events: 40,
  explained: 40,
  order: 'total',
  unmapped: 3,
  gaps: 0,
  seconds: 0.25,
  divergence: null,
  notes: [],
}

const guard: Blame = { side: 'spec', file: 'spec/poll-kick/PollKick.tla', line: 88, text: 'pc[t] = "smp_mb"' }
const label: Blame = { side: 'impl', file: 'impl/poll-kick/PollKick.ts', line: 44, text: "yield* smp_mb('smp_mb')" }
const value: Blame = { side: 'spec', file: 'spec/poll-kick/PollKick.tla', line: 93, text: "kicked' = {0}" }
const definition: Blame = { side: 'spec', file: 'spec/poll-kick/PollKick.tla', line: 87, text: 'smp_mb' }

export const rejected: Validation = {
  ...accepted,
  ok: false,
  file: 'logs/bad log.ndjson',
  accepted: false,
  verdict: 'rejected',
  events: 12,
  explained: 11,
  unmapped: 0,
  gaps: 1,
  seconds: 1.5,
  divergence: {
    line: 13,
    column: 2,
    event: { line: 13, action: 'smp_mb', thread: 'vcpu0', lane: 'cpu1', result: 1, state: { 'mode[0]': 'IN_GUEST' } },
    allowed: [
      { action: 'kvm_vcpu_poll_read_kicked', thread: 'vcpu0', result: '0' },
      { action: 'kvm_vcpu_kick', thread: 'kicker0' },
    ],
    blame: [definition, guard],
    candidateCount: 3,
    candidates: [
      {
        state: { 'pc[vcpu0]': 'kvm_vcpu_poll_read_kicked' },
        why: 'vcpu0 is at kvm_vcpu_poll_read_kicked, not at smp_mb',
        differences: {},
        blame: [guard, label],
      },
      {
        state: { 'pc[vcpu0]': 'smp_mb' },
        why: 'the state after the step is another',
        differences: { 'kicked[0]': { logged: 1, model: 0 } },
        blame: [value],
      },
    ],
    repairs: [
      { kind: 'drop', line: 13 },
      { kind: 'swap', line: 12, with: 13, upTo: 60 },
    ],
    lanes: ['vcpu0               kicker0', '-----               -------', '  smp_mb()', '                      kick()'],
  },
  notes: [],
}

export const incomplete: Validation = {
  ...accepted,
  ok: false,
  file: 'logs/long.ndjson',
  accepted: false,
  verdict: 'incomplete',
  events: 900,
  explained: 899,
  notes: ['more than 2000000 states explain the log: --max-states'],
}

/** What has a meaning in one of the formats, and what has none in any. */
export const HOSTILE = [
  ']]>',
  '<b>&amp;</b>',
  '100%',
  '%0A',
  'a\nb\r\nc\td',
  '| a | b |',
  '`` ` ```',
  '\n```\n# x',
  '\u0000\u0001\u001b[31m\u007f\u0085',
  '\ud800',
  '\udc00x',
  '\ufffe\uffff',
  '\u202e\u2028',
  '\u{1f600}',
  '::error::x',
  'x\n::stop-commands::y',
  ' '.repeat(80) + '::error::x',
  '##[error]x',
  '"\'',
  'a:b,c',
  '{0}',
  '[a](1)',
  '{',
  'C:\\logs\\x',
  '../a//./b',
  '/abs/log',
  '-',
  '',
  'www.x',
  '__proto__',
  'x'.repeat(5000),
] as const

const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 4 }).map((parts) => parts.join(' ')),
)

const json: fc.Arbitrary<Json> = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text))

const state = fc.dictionary(text, json, { maxKeys: 20, noNullPrototype: true })

const line = fc.integer({ min: 0, max: 1_000_000 })

const blame: fc.Arbitrary<Blame> = fc.record({ side: fc.constantFrom('spec', 'impl'), file: text, line, text })

const candidate = fc.record({
  state,
  why: text,
  differences: fc.dictionary(text, fc.record({ logged: json, model: json }), { maxKeys: 3, noNullPrototype: true }),
  blame: fc.array(blame, { maxLength: 10 }),
})

const divergence = fc.record({
  line,
  column: line,
  event: fc.record(
    { line, action: fc.option(text), thread: fc.option(text), lane: fc.option(text), result: json, state },
    { requiredKeys: ['line', 'action', 'thread', 'lane'] },
  ),
  allowed: fc.array(fc.record({ action: text, thread: text, result: text }, { requiredKeys: ['action', 'thread'] }), {
    maxLength: 20,
  }),
  blame: fc.array(blame, { maxLength: 10 }),
  candidateCount: fc.nat(9),
  candidates: fc.array(candidate, { maxLength: 6 }),
  repairs: fc.array(
    fc.record(
      { kind: fc.constantFrom('drop' as const, 'swap' as const), line, with: line, upTo: line },
      { requiredKeys: ['kind', 'line'] },
    ),
    { maxLength: 8 },
  ),
  lanes: fc.array(fc.stringMatching(/^[ -~]{0,75}$/), { maxLength: 5 }),
})

const verdict = fc.constantFrom('accepted' as const, 'rejected' as const, 'incomplete' as const)

/** Any result, also one that contradicts itself. */
export const validations: fc.Arbitrary<Validation[]> = fc.array(
  fc.record(
    {
      ok: fc.boolean(),
      model: text,
      file: text,
      accepted: fc.boolean(),
      verdict,
      events: fc.nat(),
      explained: fc.nat(),
      order: fc.constantFrom('total' as const, 'per-cpu' as const, 'interval' as const),
      unmapped: fc.nat(3),
      gaps: fc.nat(3),
      seconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
      divergence: fc.option(divergence),
      notes: fc.array(text, { maxLength: 3 }),
      designs: fc.array(
        fc.record(
          { model: text, verdict, line: fc.option(line), why: text },
          { requiredKeys: ['model', 'verdict', 'line'] },
        ),
        { maxLength: 5 },
      ),
    },
    {
      requiredKeys: [
        'ok',
        'model',
        'file',
        'accepted',
        'verdict',
        'events',
        'explained',
        'order',
        'unmapped',
        'gaps',
        'seconds',
        'divergence',
        'notes',
      ],
    },
  ),
  { maxLength: 5 },
)
