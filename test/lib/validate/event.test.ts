/** The two checks of a line say the same: the fast one, and the schema that the documents and the errors come from. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { eventSchema, isEvent } from '../../../impl/lib/validate/event.ts'
import { isCI } from '../../effort.ts'

const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)
const RUNS = isCI ? 50_000 : 1_000

const key = fc.constantFrom(...Object.keys(eventSchema.shape))
const strange = fc.constantFrom<unknown>(
  '',
  0,
  -0,
  -1,
  1,
  1.5,
  4095,
  4096,
  2 ** 53,
  -(2 ** 53),
  1e300,
  true,
  null,
  [],
  {},
)
const value = fc.oneof(
  strange,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
  fc.jsonValue(),
)
const nested = fc.oneof(value, fc.dictionary(fc.string(), value), fc.array(value))
const exact = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.dictionary(fc.string(), fc.integer()))
/** What an event may say; most of what is made of it is one. */
const ordinary = fc.record(
  {
    action: fc.constant('a'),
    thread: fc.constant('vcpu0'),
    result: exact,
    state: fc.dictionary(fc.string(), exact),
    cpu: fc.nat(4095),
    lane: fc.constant('x'),
    seq: fc.nat(),
    time: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    end: fc.integer(),
  },
  { requiredKeys: [] },
)
const changed = fc
  .tuple(ordinary, fc.array(fc.tuple(fc.oneof(key, key, key, fc.string()), nested), { maxLength: 2 }))
  .map(([event, changes]): unknown => ({ ...event, ...Object.fromEntries(changes) }))

it(`an event is one to both (VALIDATE_SEED=${seed})`, () => {
  let [events, others] = [0, 0]
  fc.assert(
    fc.property(fc.oneof(changed, changed, changed, nested), (made) => {
      // as JSON has it: -0 is 0 there, and what is undefined is not
      const line: unknown = JSON.parse(JSON.stringify(made))
      const fast = isEvent(line)
      expect(eventSchema.safeParse(line).success).toBe(fast)
      if (fast) events += 1
      else others += 1
    }),
    { seed, numRuns: RUNS },
  )
  expect(events).toBeGreaterThan(RUNS / 10)
  expect(others).toBeGreaterThan(RUNS / 10)
})
