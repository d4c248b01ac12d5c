/** Patterns of maps: what they find is what JavaScript's own find, in linear time. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../impl/lib/validate/pattern.ts'

const seed = Number(process.env['PATTERN_SEED'] ?? Date.now() % 1_000_000)

/** Of the kinds that maps have, and some that they could. */
const SOURCES = [
  '^vcpu (?<vcpu>\\d+)',
  '^CPU (?<vcpu>\\d+)/KVM$',
  '^vcpu [1-9]',
  '^token (?:0|0x[0-9a-f]+000) ',
  '^apicid (?<apicid>[0-9a-f]+) vec \\d+ \\(SIPI\\|',
  '(?<a>v+)|(?<b>\\d+)',
  '(?<a>[^ ]*) (?<b>\\w+)?$',
  '(?<a>a|ab)(?<b>c|bcd)(?<c>d*)',
]

const PIECES = [
  'vcpu ',
  'CPU ',
  '/KVM',
  'token ',
  '0x',
  '1',
  '0',
  '000',
  ' ',
  'apicid ',
  ' vec ',
  ' (SIPI|',
  'a',
  'b',
  'cd',
]

describe('a pattern', () => {
  it(`finds what JavaScript finds (PATTERN_SEED=${seed})`, () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(fc.constantFrom(...SOURCES), text, (source, line) => {
        const expected = new RegExp(source, 'u').exec(line)
        const groups = Object.entries(expected?.groups ?? {}).filter(([, value]) => (value as unknown) !== undefined)
        const found = compilePattern(source).match(line)
        expect(found === undefined ? undefined : new Map(found)).toEqual(
          expected === null ? undefined : new Map(groups),
        )
      }),
      { seed, numRuns: 2000 },
    )
  })

  it.each(['^(a+)+$', '^(a|aa)+$', '(?:a*)*b$', 'a*a*a*a*a*a*b'])('%s comes to an end', (source) => {
    expect(compilePattern(source).match(`${'a'.repeat(20_000)}c`)).toBeUndefined()
  })

  it.each(['(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?<n>a)\\k<n>', '(', '[z-a]'])(
    '%s is refused',
    (source) => {
      expect(() => compilePattern(source)).toThrow(SyntaxError)
    },
  )
})
