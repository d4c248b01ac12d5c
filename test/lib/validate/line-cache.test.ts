/** Lines that were there before: whatever is written, the answer is the parser's. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLine } from '../../../impl/lib/validate/event.ts'
import { LineCache, textLike } from '../../../impl/lib/validate/line-cache.ts'
import { isCI, isFull } from '../../effort.ts'

const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)
const RUNS = isFull ? 100_000 : isCI ? 30_000 : 1_700

const KEYS = ['seq', 'time', 'end'] as const

/** A line that differs from another in its numbers, or in something that looks like it. */
const number = fc.oneof(
  fc.nat(1_000_000).map(String),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '00',
    '07',
    '1.5',
    '1e3',
    '-1',
    '1E2',
    '9007199254740993',
    '123456789012345',
    '1234567890123456',
    '"1"',
    'null',
    '1 ',
    '',
    '1x',
    '\u0661',
  ),
)
const blank = fc.constantFrom('', '', '', ' ', '\t', '\r')
const key = fc.constantFrom(
  'seq',
  'time',
  'end',
  'seq',
  'time',
  'action',
  'thread',
  'lane',
  'se\\u0071',
  '__proto__',
  'lost',
  'cpu',
)
const value = fc.oneof(
  number,
  number,
  fc.constantFrom(
    '"a"',
    '"b"',
    '"\u00e9"',
    '"a\\"seq\\":1"',
    '"seq"',
    '{"seq":1}',
    '{"seq":2}',
    '[1]',
    '{}',
    '"x\\\\"',
    '"\u{1f600}"',
  ),
)
const member = fc.tuple(key, blank, blank, value, blank).map(([k, a, b, v, c]) => `"${k}"${a}:${b}${v}${c}`)
const plain = fc
  .tuple(fc.constantFrom('a', 'b'), fc.nat(9_999), fc.nat(9_999), fc.constantFrom('', ' '))
  .map(([action, seq, time, s]) => `{"action":"${action}",${s}"seq":${seq},"time":${time},"state":{"x":{"seq":1}}}`)
const line = fc.oneof(
  plain,
  fc.array(member, { maxLength: 5 }).map((members) => `{${members.join()}}`),
  fc.tuple(fc.array(member, { minLength: 1, maxLength: 3 }), blank).map(([m, b]) => `{"action":"a",${m.join()}}${b}`),
  fc.constantFrom('', ' ', '{', '{}', '{}{}', '[]', '{"action":"a","seq":1', '{"action":"a","seq":1}x'),
)
const log = fc.tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.nat(2))

const encoder = new TextEncoder()

interface Seen {
  readonly at: number
  readonly said: unknown
}

describe('a cache of lines', () => {
  it(`says what the parser says, or nothing (VALIDATE_SEED=${seed})`, () => {
    let found = 0
    fc.assert(
      fc.property(log, fc.constantFrom(2, 50_000), ([lines, separator, rounds], mostLines) => {
        const known = new LineCache<Record<string, unknown>>(mostLines)
        // the same lines again, with what they were taught
        const all = Array.from({ length: rounds + 1 }, () => lines).flat()
        const bytes = encoder.encode(all.join(separator))
        const got: Seen[] = []
        const expected: Seen[] = []
        let from = 0
        all.forEach((text, at) => {
          const hit = known.find(bytes, from, bytes.length)
          const to = from + encoder.encode(text).length
          // one \r belongs to the line end
          const end = text.endsWith('\r') && (separator === '\n' || at === all.length - 1) ? to - 1 : to
          const own = end < to ? text.slice(0, -1) : text
          const parsed = parseLine(own, at + 2)
          const isEvent = !('message' in parsed) && !('header' in parsed)
          const said: Record<string, unknown> = isEvent ? { ...parsed, line: 0 } : { bad: own }
          if (hit !== undefined) {
            found += 1
            const numbers = Object.fromEntries(
              KEYS.flatMap((k, i) => ((known.numbers[i] ?? -1) < 0 ? [] : [[k, known.numbers[i]]])),
            )
            got.push({ at, said: { ...hit.value, ...numbers } })
            expected.push({ at, said })
            // where it ends, behind the \r of the line end if there is one
            expect(known.end).toBe(separator === '\r\n' && at < all.length - 1 ? to + 1 : to)
            const like = parseLine(textLike(hit), 2)
            expect({ ...like, seq: 0, time: 0, end: 0, line: 0 }).toEqual({ ...said, seq: 0, time: 0, end: 0 })
          } else if (isEvent) known.learn(bytes, from, end, said)
          from = to + separator.length
        })
        expect(got).toEqual(expected)
      }),
      { seed, numRuns: RUNS },
    )
    // a cache that finds nothing is never wrong
    expect(found).toBeGreaterThan(RUNS / 10)
  })

  it('finds a line again whatever its numbers, and no other', () => {
    const known = new LineCache<string>()
    const at = (text: string): string | undefined => {
      const bytes = encoder.encode(text)
      return known.find(bytes, 0, bytes.length)?.value
    }
    const text = '{"action":"x","seq":1,"state":{"seq":5},"time":77}'
    known.learn(encoder.encode(text), 0, text.length, 'x')
    expect(at(text.replace('77', '123456789012345'))).toBe('x')
    expect([...known.numbers]).toEqual([1, 123456789012345, -1])
    expect(at(text.replace('77', '1234567890123456'))).toBeUndefined()
    expect(at(text.replace('77', '07'))).toBeUndefined()
    expect(at(text.replace('77', '7.5'))).toBeUndefined()
    expect(at(text.replace('5}', '6}'))).toBeUndefined()
    expect(at(`${text}\nrest`)).toBe('x')
    expect(at(`${text} `)).toBeUndefined()
  })

  describe('that remembers four lines', () => {
    const text = (i: number): Uint8Array => encoder.encode(`{"action":"${i}","seq":1}`)
    /** Reads lines; which of them were known? */
    const read = (known: LineCache<number>, ...lines: number[]): number[] =>
      lines.filter((i) => {
        const bytes = text(i)
        if (known.find(bytes, 0, bytes.length) !== undefined) return true
        known.learn(bytes, 0, bytes.length, i)
        return false
      })
    const rounds = Array.from({ length: 12 }, (_, i) => i % 4)

    it('forgets before it grows', () => {
      const known = new LineCache<number>(4)
      expect(read(known, 0, 1, 2, 3, ...rounds)).toEqual(rounds)
      expect(read(known, 4, 0, 4, 0)).toEqual([4, 0])
    })

    it('lets a log be whose lines do not come again, and tries once more later', () => {
      const known = new LineCache<number>(4)
      expect(read(known, 0, 1, 2, 3, 4)).toEqual([])
      expect(known.resting).toBe(true)
      expect(read(known, ...Array.from({ length: 128 }, () => 5))).toEqual([])
      expect(known.resting).toBe(false)
      expect(read(known, 6, 6)).toEqual([6])
    })
  })
})
