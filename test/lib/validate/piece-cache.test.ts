/** States that are read without being parsed: whatever a line is made of, they are what the parser makes of it, or nothing. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import { Decoder } from '../../../impl/lib/validate/decode.ts'
import { parseLine } from '../../../impl/lib/validate/event.ts'
import { Fields } from '../../../impl/lib/validate/json-codec.ts'
import { sampleEvents } from '../../../impl/lib/validate/sample.ts'
import { loadModels } from '../../../scripts/workspace/project.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { isCI } from '../../effort.ts'

const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)
const RUNS = isCI ? 10_000 : 150

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+|true|false|null|[{}[\],:]/g
/** What a token may become; others come from the log. */
const STRANGE = [
  '"state"',
  '"st\\u0061te"',
  '"__proto__"',
  '{}',
  '[]',
  '"mode[0]"',
  '-0',
  '01',
  '1.0',
  '1e0',
  ' ',
  '\r',
]

const models = loadModels()
const encoder = new TextEncoder()

describe.each(['poll-kick/wake-one.sc', 'flush-inhibit/posted.tso', 'apf-ready/landed.tso'])('states of %s', (name) => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  const kernel = assemble(compile(machineOf(model)))
  const fields = new Fields(kernel)
  const decoderOf = (): Decoder =>
    new Decoder(kernel, fields, (text, line) => {
      const parsed = parseLine(text, line)
      return 'header' in parsed ? { line, column: 1, message: 'a header' } : parsed
    })
  const events = sampleEvents(kernel, fields, { seed: 7, steps: 400, skew: 0 })
  // the state in the middle of a line, or at its end
  const parser = decoderOf()
  const texts = events.map(({ state, ...rest }, i) =>
    JSON.stringify(i % 9 === 0 ? { ...rest, state, seq: i } : { ...rest, seq: i, state }),
  )
  const pool = [...STRANGE, ...new Set(texts.flatMap((text) => text.match(TOKEN) ?? []))]
  const mutation = fc.tuple(
    fc.nat(),
    fc.constantFrom('flip', 'replace', 'insert', 'delete', 'copy', 'swap'),
    fc.constantFrom(...pool),
    fc.nat(),
  )

  const mutated = (text: string, mutations: readonly (readonly [number, string, string, number])[]): string => {
    let tokens: string[] = [...(text.match(TOKEN) ?? [])]
    for (const [at, how, token, other] of mutations) {
      const [i, j] = [at % tokens.length, other % tokens.length]
      const [a = '', b = ''] = [tokens[i], tokens[j]]
      if (how === 'flip') {
        const booleans = tokens.flatMap((t, k) => (t === 'true' || t === 'false' ? [k] : []))
        const k = booleans[at % booleans.length]
        if (k !== undefined) tokens[k] = tokens[k] === 'true' ? 'false' : 'true'
      } else if (how === 'replace') tokens[i] = token
      else if (how === 'insert') tokens.splice(i, 0, token)
      else if (how === 'delete') tokens.splice(i, 1)
      else if (how === 'copy') tokens = tokens.toSpliced(j, 0, ...tokens.slice(i, i + 4))
      else tokens = tokens.with(i, b).with(j, a)
    }
    return tokens.join('')
  }

  it(`are what the parser says (VALIDATE_SEED=${seed})`, () => {
    let [read, altered, refused] = [0, 0, 0]
    fc.assert(
      fc.property(
        fc.nat(texts.length - 20),
        fc.array(fc.tuple(fc.nat(19), fc.array(mutation, { minLength: 1, maxLength: 3 })), { maxLength: 12 }),
        (from, changes) => {
          const lines = texts.slice(from, from + 20)
          const changed = new Set<number>()
          for (const [at, mutations] of changes) {
            lines[at] = mutated(lines[at] ?? '', mutations)
            changed.add(at)
          }
          const decoder = decoderOf()
          for (const text of texts.slice(0, 80)) {
            decoder.read(encoder.encode(text), 0, text.length, text, 1)
          }
          lines.forEach((text, i) => {
            const bytes = encoder.encode(`{"x":1}\n${text}\n{}`)
            const begin = 8
            const patched = decoder.patched(bytes, begin, bytes.length - 3)
            const parsed = parser.decode(text, 1)
            if (patched === undefined) {
              decoder.read(bytes, begin, bytes.length - 3, text, 1)
              if ('message' in parsed) refused += 1
              return
            }
            read += 1
            if (changed.has(i)) altered += 1
            expect(patched).toEqual(parsed)
          })
        },
      ),
      { seed, numRuns: RUNS },
    )
    // one that reads nothing is never wrong
    expect(read).toBeGreaterThan(RUNS * 5)
    expect(altered).toBeGreaterThan(RUNS / 100)
    expect(refused).toBeGreaterThan(RUNS)
  })

  it('are the event’s own, where something else in the line looks like one', () => {
    const [one, other] = [events[5], events[6]].map((event) => JSON.stringify(event?.state))
    const { action, thread } = events[5] ?? {}
    const line = (inner: string | undefined, own: string | undefined, after = ''): string =>
      `{"action":"${action ?? ''}","thread":"${thread ?? ''}","result":{"state":${inner ?? ''}},"state":${own ?? ''}${after}}`
    const check = (learnt: string, text: string): void => {
      const decoder = decoderOf()
      const bytes = encoder.encode(text)
      expect(decoder.patched(bytes, 0, bytes.length)).toBeUndefined()
      // once to learn the values, once for the line
      for (const before of [line('0', other), line('0', one), learnt]) {
        decoder.read(encoder.encode(before), 0, before.length, before, 1)
      }
      const patched = decoder.patched(bytes, 0, bytes.length)
      if (patched !== undefined) expect(patched).toEqual(parser.decode(text, 1))
    }
    check(line(one, one), line(other, one))
    check(line('{}', one), line('{}', other))
    check(line(one, one, `,"state":${one ?? ''}`), line(one, one, `,"state":${other ?? ''}`))
    check(line('0', one, `,"state":${one ?? ''}`), line('0', other, `,"state":${one ?? ''}`))
    check(line('0', one, ',"st\\u0061te":{}'), line('0', other, ',"st\\u0061te":{}'))
  })

  it('are read though no line was there before', () => {
    const decoder = decoderOf()
    const read = texts.filter((text) => {
      const bytes = encoder.encode(text)
      if (decoder.patched(bytes, 0, bytes.length) !== undefined) return true
      decoder.read(bytes, 0, bytes.length, text, 1)
      return false
    })
    expect(new Set(texts).size).toBe(texts.length)
    expect(read.length).toBeGreaterThan(texts.length / 2)
  })
})
