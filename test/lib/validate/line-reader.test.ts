/** Lines that are read without being parsed: whatever a line is made of, it means what the parser and the decoder make of it. */

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { Decoded } from '../../../impl/lib/validate/decode.ts'
import { Decoder } from '../../../impl/lib/validate/decode.ts'
import type { BadLine } from '../../../impl/lib/validate/event.ts'
import { isBadLine, parseEvent } from '../../../impl/lib/validate/event.ts'
import { Fields } from '../../../impl/lib/validate/json-codec.ts'
import { LineReader } from '../../../impl/lib/validate/line-reader.ts'
import { machineSubject } from '../../../impl/lib/validate/subject.ts'
import { sampleEvents } from '../../../impl/lib/validate/sample.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { isCI, isFull } from '../../effort.ts'
import { loadModels } from '../../project.ts'

const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)
const RUNS = isFull ? 2_000 : isCI ? 600 : 15
/** Lines that a reader has seen, and those that it is asked about. */
const TAUGHT = 60
const WINDOW = 100

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
  const decoder = new Decoder(machineSubject(name, machineOf(model)), kernel, fields)
  const newReader = (): LineReader => new LineReader(decoder, fields)
  /** What the line says by itself. */
  const meaning = (text: string): Decoded | BadLine => {
    const event = parseEvent(text, 1)
    return isBadLine(event) ? event : decoder.decode(event, text)
  }
  /** What a reader says of a line, and whether it had to parse it. */
  const read = (reader: LineReader, text: string): { readonly decoded: unknown; readonly parsed: boolean } => {
    const before = reader.parsed
    // other lines are around it
    const begin = 8
    const { decoded } = reader.read(encoder.encode(`{"x":1}\n${text}\n{}`), begin, 1)
    return { decoded, parsed: reader.parsed > before }
  }
  const events = sampleEvents(kernel, fields, { seed: 7, steps: 400, skew: 0 })
  // the state in the middle of a line, or at its end
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
    const teach = texts.slice(0, TAUGHT)
    let [known, altered, refused] = [0, 0, 0]
    fc.assert(
      fc.property(
        fc.nat(texts.length - WINDOW),
        fc.array(fc.tuple(fc.nat(WINDOW - 1), fc.array(mutation, { minLength: 1, maxLength: 3 })), {
          maxLength: 60,
          size: 'max',
        }),
        (from, changes) => {
          const lines = texts.slice(from, from + WINDOW)
          const changed = new Set<number>()
          for (const [at, mutations] of changes) {
            lines[at] = mutated(lines[at] ?? '', mutations)
            changed.add(at)
          }
          const reader = newReader()
          for (const text of teach) read(reader, text)
          lines.forEach((text, i) => {
            const { decoded, parsed } = read(reader, text)
            // one \r belongs to the line end
            const said = meaning(text.endsWith('\r') ? text.slice(0, -1) : text)
            // says the same fast, and only a difference slowly
            if (!isDeepStrictEqual(decoded, said)) expect(decoded).toEqual(said)
            if (isBadLine(said)) refused += 1
            if (parsed) return
            known += 1
            if (changed.has(i)) altered += 1
          })
        },
      ),
      { seed, numRuns: RUNS },
    )
    // one that parses everything is never wrong
    expect(known).toBeGreaterThan(RUNS * 25)
    expect(altered).toBeGreaterThan(RUNS / 20)
    expect(refused).toBeGreaterThan(RUNS * 5)
  })

  it('are the event’s own, where something else in the line looks like one', () => {
    const [one, other] = [events[5], events[6]].map((event) => JSON.stringify(event?.state))
    const { action, thread } = events[5] ?? {}
    const line = (inner: string | undefined, own: string | undefined, after = ''): string =>
      `{"action":"${action ?? ''}","thread":"${thread ?? ''}","result":{"state":${inner ?? ''}},"state":${own ?? ''}${after}}`
    const check = (learnt: string, text: string): void => {
      const reader = newReader()
      // once to learn the values, once for the line
      for (const before of [line('0', other), line('0', one), learnt]) read(reader, before)
      expect(read(reader, text).decoded).toEqual(meaning(text))
    }
    check(line(one, one), line(other, one))
    check(line('{}', one), line('{}', other))
    check(line(one, one, `,"state":${one ?? ''}`), line(one, one, `,"state":${other ?? ''}`))
    check(line('0', one, `,"state":${one ?? ''}`), line('0', other, `,"state":${one ?? ''}`))
    check(line('0', one, ',"st\\u0061te":{}'), line('0', other, ',"st\\u0061te":{}'))
  })

  it('are read though no line was there before', () => {
    const reader = newReader()
    const known = texts.filter((text) => !read(reader, text).parsed)
    expect(new Set(texts).size).toBe(texts.length)
    expect(known.length).toBeGreaterThan(texts.length / 2)
  })
})
