import { readFileSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseToolTraces } from '../../../impl/lib/tla/trace/tlc-trace.ts'
import type { TlcMessage } from '../../../scripts/tlc/messages.ts'
import { codeOf, decode, decodeAll, MESSAGES } from '../../../scripts/tlc/messages.ts'
import type { RawMessage } from '../../../scripts/tlc/parser.ts'
import { ToolParser } from '../../../scripts/tlc/parser.ts'
import { parseToolOutput, printRaw } from './tool-output.ts'

const DIRECTORY = new URL('../../fixtures/tlc-tool/', import.meta.url)

const fixture = (name: string): string => readFileSync(new URL(`${name}.txt`, DIRECTORY), 'utf8')

const rawOf = (text: string): RawMessage[] =>
  parseToolOutput(text).flatMap((item) => (item.kind === 'message' ? [item.message] : []))

const messagesOf = (name: string): TlcMessage[] => rawOf(fixture(name)).flatMap(decodeAll)

const names = readdirSync(DIRECTORY).map((file) => file.replace(/\.txt$/, ''))

describe('recorded output of TLC 2.18', () => {
  it.each(names)('%s has no message that is not known', (name) => {
    expect(messagesOf(name).filter(({ kind }) => kind === 'unknown')).toEqual([])
  })

  it.each<[string, TlcMessage[]]>([
    [
      'success',
      [
        { kind: 'version', version: '2.18 of 20 March 2023' },
        { kind: 'init-generated', generated: 1, distinct: 1 },
        { kind: 'progress', depth: 7, generated: 23, distinct: 12, queue: 0 },
        { kind: 'stats', generated: 23, distinct: 12, queue: 0 },
        { kind: 'depth', depth: 7 },
        { kind: 'finished', text: 'Finished in 453ms at (2026-11-21 08:09:00)' },
      ],
    ],
    [
      'invariant',
      [
        { kind: 'invariant-violated', name: 'Small', initialState: undefined },
        { kind: 'state', number: 1, action: 'Initial predicate', values: '/\\ x = 0\n/\\ y = 0' },
        {
          kind: 'state',
          number: 2,
          action: 'Up line 7, col 7 to line 7, col 40 of module Tiny',
          values: '/\\ x = 1\n/\\ y = 0',
        },
      ],
    ],
    ['initial', [{ kind: 'invariant-violated', name: 'NotZero', initialState: '/\\ x = 0\n/\\ y = 0\n' }]],
    ['action-property', [{ kind: 'property-violated', name: 'Mono', initialState: undefined }]],
    ['deadlock', [{ kind: 'deadlock' }, { kind: 'behavior' }]],
    [
      'liveness',
      [
        { kind: 'temporal-branches', branches: 1 },
        { kind: 'checking-temporal', complete: true, distinct: 12 },
        { kind: 'temporal-violated' },
        { kind: 'counterexample' },
        { kind: 'back-to-state', number: 6, action: 'Flip line 8, col 9 to line 8, col 33 of module Tiny' },
      ],
    ],
    ['stuttering', [{ kind: 'stuttering', number: 6 }]],
    [
      'assert',
      [
        {
          kind: 'assert-failed',
          text: 'The first argument of Assert evaluated to FALSE; the second argument was:\n<<"too big", 2>>',
        },
      ],
    ],
    [
      'assumption',
      [{ kind: 'assumption-false', text: 'Assumption line 3, col 19 to line 3, col 23 of module Asm is false.' }],
    ],
    [
      'constant',
      [
        {
          kind: 'config-error',
          line: undefined,
          text: 'The constant parameter N is not assigned a value by the configuration file.',
        },
      ],
    ],
    [
      'cfg-syntax',
      [
        {
          kind: 'config-error',
          line: 2,
          text: 'TLC found an error in the configuration file at line 2\nThe keyword SPECIFICATION was not followed by an identifier.',
        },
      ],
    ],
    ['parse', [{ kind: 'parse-failed', text: 'Parsing or semantic analysis failed.' }]],
    ['out-of-memory', [{ kind: 'out-of-memory', text: 'Out Of Memory. There are probably too many initial states.' }]],
    [
      'coverage',
      [
        {
          kind: 'coverage-action',
          name: 'Next',
          location: 'line 6, col 1 to line 6, col 4 of module Asn',
          distinct: 3,
          generated: 4,
        },
        { kind: 'coverage-expression', location: 'line 6, col 9 to line 6, col 24 of module Asn', count: 4 },
      ],
    ],
    ['simulation', [{ kind: 'simulation-progress', generated: 51 }]],
    ['progress', [{ kind: 'progress', depth: 4203273, generated: 4203274, distinct: 4203273, queue: 0 }]],
  ])('%s', (name, expected) => {
    const actual = messagesOf(name)
    for (const message of expected) expect(actual).toContainEqual(message)
  })

  it('keeps what is printed between messages, line by line', () => {
    const lines = parseToolOutput(fixture('semantic')).flatMap((item) => (item.kind === 'output' ? [item.line] : []))
    expect(lines).toContain("Unknown operator: `z'.")
    expect(lines[0]).toBe('Parsing file specs/Unknown.tla')
  })

  it('prints messages in a form that the trace reader takes', () => {
    const text = rawOf(fixture('liveness')).map(printRaw).join('')
    expect(parseToolTraces(text)).toEqual(parseToolTraces(fixture('liveness')))
    expect(parseToolTraces(text)[0]?.states).toHaveLength(7)
  })
})

describe('ToolParser', () => {
  it('nests messages that begin in the middle of a line', () => {
    const [outer] = rawOf(fixture('cfg-syntax')).filter(({ code }) => code === codeOf('GENERAL'))
    expect(outer?.nested.map(({ code }) => code)).toEqual([codeOf('CFG_MISSING_ID')])
    expect(outer?.text).toMatch(/ConfigFileException\n: TLC found an error/)
    expect(outer?.text).not.toContain('@!@!@')
  })

  it('marks a message whose end is missing, and does not interpret it', () => {
    const [message] = rawOf('@!@!@STARTMSG 2193:0 @!@!@\nModel checking completed. No error')
    expect(message).toMatchObject({ code: codeOf('SUCCESS'), truncated: true })
    expect(message && decode(message).kind).toBe('unknown')
  })

  it('takes an end mark without its start for text', () => {
    expect(parseToolOutput('@!@!@ENDMSG 2110 @!@!@\n')).toEqual([{ kind: 'output', line: '@!@!@ENDMSG 2110 @!@!@' }])
  })

  it('reads lines that end in CR LF', () => {
    expect(rawOf(fixture('invariant').replaceAll('\n', '\r\n'))).toEqual(rawOf(fixture('invariant')))
  })

  it('finds the same however the output is cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50 }),
        (name, sizes) => {
          const text = fixture(name)
          const parser = new ToolParser()
          const items = []
          for (let at = 0, i = 0; at < text.length; i++) {
            const size = sizes[i % sizes.length] ?? 1
            items.push(...parser.push(text.slice(at, at + size)))
            at += size
          }
          items.push(...parser.end())
          expect(items).toEqual(parseToolOutput(text))
        },
      ),
    )
  })
})

describe('decode', () => {
  it('keeps a code that it does not know, with its class and text', () => {
    const [raw] = rawOf('@!@!@STARTMSG 4711:3 @!@!@\nSomething new.\n@!@!@ENDMSG 4711 @!@!@\n')
    expect(raw && decode(raw)).toEqual({ kind: 'unknown', code: 4711, class: 3, text: 'Something new.' })
  })

  it('does not guess where a known code comes with another text', () => {
    const stats = { code: codeOf('STATS'), class: 0, text: '1.234 Zustände erzeugt', nested: [] }
    expect(decode(stats)).toMatchObject({ kind: 'unknown', code: codeOf('STATS') })
  })

  it('never fails, whatever the text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(MESSAGES)), fc.string(), ([code], text) => {
        expect(decode({ code, class: 0, text, nested: [] }).kind).toBeTypeOf('string')
      }),
    )
  })
})
