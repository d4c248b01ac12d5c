import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DotCounts } from '../../../impl/lib/tla/dot.ts'
import { detach, readDot, splitState, unescapeLabel } from '../../../impl/lib/tla/dot.ts'
import { parseState, parseValue } from '../../../impl/lib/tla/parse-value.ts'
import { printState, printValue } from '../../../impl/lib/kernel/language/print-value.ts'
import { key } from '../../../impl/lib/kernel/language/value.ts'
import { problemOf, problemOfAsync, tlcFixture } from '../fixture.ts'
import { anyValue } from './arbitrary.ts'

type Chunks = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
type Event = readonly ['state', string, string, boolean] | readonly ['edge', string, string, string]

const read = async (chunks: Chunks): Promise<{ events: Event[]; counts: DotCounts }> => {
  const events: Event[] = []
  const counts = await readDot(chunks, {
    state: (...args) => events.push(['state', ...args]),
    edge: (...args) => events.push(['edge', ...args]),
  })
  return { events, counts }
}

const statesOf = (events: readonly Event[]) => events.filter((e) => e[0] === 'state')
const edgesOf = (events: readonly Event[]) => events.filter((e) => e[0] === 'edge')

const HEAD = 'strict digraph DiskGraph {\nnodesep=0.35;\nsubgraph cluster_graph {\ncolor="white";\n'
const TAIL = '{rank = same; 1;2;}\n}\n}'
const graph = (...lines: readonly string[]): string => `${HEAD}${lines.map((line) => `${line}\n`).join('')}${TAIL}`

/** A text as TLC escapes it for a label. */
const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').trim().replaceAll('\n', '\\n')

describe('readDot', () => {
  it('reads a graph with escapes, self-loops and parallel edges', async () => {
    const { events, counts } = await read([tlcFixture('labels.dot')])
    // TLC's summary of this run: 33 states generated, 1 of them initial; 8 distinct
    expect(counts).toEqual({ states: 8, initial: 1, edges: 32, stuttering: 0 })
    expect(new Set(statesOf(events).map((e) => e[1])).size).toBe(8)
    expect(statesOf(events).filter((e) => e[3])).toEqual([events[0]])
    const edges = edgesOf(events)
    expect(edges.filter((e) => e[1] === e[2])).toHaveLength(8)
    expect(new Set(edges.map((e) => e.join())).size).toBe(22)
    expect(new Set(edges.map((e) => e[3]))).toEqual(new Set(['go', 'tick', 'stay']))
    expect(edges[0]).toEqual(['edge', '-2457598542989176507', '8704418308426402975', 'go'])
  })

  it('reads colours and their legend', async () => {
    const { counts } = await read([tlcFixture('colorize.dot')])
    expect(counts).toEqual({ states: 8, initial: 1, edges: 32, stuttering: 0 })
  })

  it('counts the stuttering edges of a liveness check apart', async () => {
    const { events, counts } = await read([tlcFixture('liveness.dot')])
    expect(counts).toEqual({ states: 4, initial: 1, edges: 3, stuttering: 4 })
    expect(edgesOf(events)).toHaveLength(3)
  })

  it('gives labels that hold the state, values over several lines too', async () => {
    const { events } = await read([tlcFixture('wrapped.dot')])
    const [state] = statesOf(events)
    const pieces = splitState(state?.[2] ?? '')
    expect(pieces.map(([name]) => name)).toEqual(['str', 'long', 'tup', 'emp', 'rec', 'f', 'g', 'n', 's'])
    const values = pieces.map(([, text]) => parseValue(unescapeLabel(text)))
    expect(values[0]).toEqual({ kind: 'str', value: 'he said "hi" \\ back /\\ tab\t nl\n end' })
    expect(values[1]?.kind).toBe('fun')
  })

  it('gives the same whichever way the dump is cut', async () => {
    const texts = ['labels.dot', 'colorize.dot', 'liveness.dot', 'wrapped.dot'].map(tlcFixture)
    const cuts = fc.array(fc.nat(5000), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), cuts, fc.boolean(), async (text, at, asBytes) => {
        const places = [0, ...at.map((n) => n % text.length).sort((a, b) => a - b), text.length]
        const parts = places.slice(1).map((end, i) => text.slice(places[i], end))
        const cut = await read(asBytes ? parts.map((part) => Buffer.from(part)) : parts)
        expect(cut).toEqual(await read([text]))
      }),
    )
  })

  it('gives the same character by character, from an async source', async () => {
    const text = tlcFixture('colorize.dot')
    const single = async function* () {
      for (const character of text) yield await Promise.resolve(character)
    }
    expect(await read(single())).toEqual(await read([text]))
  })

  it('joins a character that is cut between two chunks', async () => {
    const bytes = Buffer.from(graph('1 [label="x = \\"é😀\\"",style = filled]'))
    const { events } = await read([...bytes].map((byte) => Uint8Array.of(byte)))
    expect(events).toEqual([['state', '1', 'x = \\"é😀\\"', true]])
  })

  it('reads states line by line in linear time, however long the line', async () => {
    const body = 'a'.repeat(20_000_000)
    const text = graph(`1 [label="x = \\"${body}\\""];`)
    const chunks = Array.from({ length: Math.ceil(text.length / 4096) }, (_, i) => text.slice(4096 * i, 4096 * (i + 1)))
    const { events } = await read(chunks)
    expect(statesOf(events).map((e) => e[2].length)).toEqual([body.length + 8])
  }, 20_000)

  it('keeps neither the layout nor the ranks of a wide level', async () => {
    const rank = `{rank = same; ${'1234567890;'.repeat(100_000)}}`
    const { counts } = await read([graph(rank, '1 [label="x = 1"];', rank)])
    expect(counts.states).toBe(1)
  })

  it.each([
    ['an initial state', '1 [label="x = 1",style = filled]', true],
    ['another state', '1 [label="x = 1"];', false],
    [
      'a state outside of a constraint',
      '1 [label="x = 1",tooltip="x = 1",style = filled, fillcolor=lightyellow];',
      false,
    ],
    ['a tooltip with brackets', '1 [label="x = 1",tooltip="[style = filled]\\"]"];', false],
    ['a colour beside the mark', '1 [label="x = 1",style = filled,color="2"]', true],
  ])('tells %s', async (_, line, initial) => {
    const { events, counts } = await read([graph(line, '1 -> 1 [label="A"];')])
    expect(events[0]).toEqual(['state', '1', 'x = 1', initial])
    expect(counts).toEqual({ states: 1, initial: initial ? 1 : 0, edges: 1, stuttering: 0 })
  })

  it('passes on a state that is described twice', async () => {
    const { events } = await read([graph('1 [label="x = 1"];', '1 [label="x = 1"];')])
    expect(events).toHaveLength(2)
  })

  it.each([
    ['no label', '1 -> 2;', ''],
    ['an empty label', '1 -> 2 [label="",color="black",fontcolor="black"];', ''],
    ['a colour', '1 -> 2 [label="go",color="2",fontcolor="2"];', 'go'],
    ['an instance', '1 -> 2 [label="M!go",color="black"];', 'M!go'],
    ['the predicate of a newer TLC', '1 -> 2 [label="go\nline 3, [col 4]",color="black"];', 'go'],
  ])('reads an edge with %s', async (_, line, action) => {
    const { events } = await read([graph(line, '-1 -> -2 [label="B"];')])
    expect(events).toEqual([['edge', '1', '2', action], ['edge', '-1', '-2', 'B']]) // prettier-ignore
  })

  it('passes over a legend for an action that begins with a digit', async () => {
    const legend =
      'subgraph cluster_legend {graph[style=bold];label = "Next"\n2PC [label="2PC",fillcolor=3]\n1 [label="1"]\n}}'
    const { events } = await read([`${HEAD}1 -> 1 [label="2PC"];\n}\n${legend}`])
    expect(events).toEqual([['edge', '1', '1', '2PC']])
  })

  it.each([
    ['nothing', '', 1, 1],
    ['spaces', ' \n ', 2, 2],
    ['other text', 'hello', 1, 1],
    ['a header alone', 'strict digraph DiskGraph {', 1, 27],
    ['no closing brace', graph('1 [label="x = 1"];').slice(0, -1), 8, 1],
    ['an unfinished state', `${HEAD}1 [label="x = `, 5, 15],
    ['an unfinished edge', `${HEAD}1 -> 2 [label="A"`, 5, 18],
    ['an unfinished fingerprint', `${HEAD}12`, 5, 3],
    ['text after the end', `${graph()}\nmore`, 8, 1],
    ['a liveness graph', 'digraph DiskGraph {\n"-5.0" [style = filled] [label="x"]\n}', 2, 1],
    ['a foreign statement', graph('a -> b;'), 5, 1],
    ['a long fingerprint', graph('12345678901234567890 -> 1;'), 5, 1],
    ['a sign alone', graph('- -> 1;'), 5, 1],
    ['a bad target', graph('1 -> x;'), 5, 6],
    ['an unknown attribute', graph('1 [color="red"];'), 5, 2],
    ['an unknown edge attribute', graph('1 -> 2 [color="red"];'), 5, 7],
    ['no closing bracket', graph('1 [label="x = 1"', '2 [label="x = 2"];'), 5, 17],
    ['NUL', graph('1 [label="x = 1"];\u0000'), 5, 19],
  ])('refuses %s', async (_, text, line, column) => {
    const sink = { state: () => undefined, edge: () => undefined }
    const problem = await problemOfAsync(readDot([text], sink, { file: 'out.dot' }))
    expect(problem).toMatchObject({ code: 'bad-dot', file: 'out.dot', line, column })
    const bytes = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte))
    expect(await problemOfAsync(readDot(bytes, sink, { file: 'out.dot' }))).toMatchObject({ line, column })
  })

  it('refuses a dump cut at any place', async () => {
    const text = tlcFixture('wrapped.dot')
    for (let n = 0; n < text.trimEnd().length; n += 1) {
      expect((await problemOfAsync(read([text.slice(0, n)]))).code).toBe('bad-dot')
    }
  })

  it('gives fingerprints and actions that do not keep the dump in memory', async () => {
    const kept = new Set<string>()
    const sink = {
      state: (id: string, label: string) => void kept.add(id).add(detach(label.slice(0, 30))),
      edge: (from: string, to: string, action: string) => void kept.add(from).add(to).add(action),
    }
    const chunks = function* () {
      yield HEAD
      for (let i = 0n; i < 300n; i += 1n) {
        const [from, to] = [-1234567890123456700n - i, 1234567890123456700n + i]
        const long = '1'.repeat(100_000)
        yield Buffer.from(
          `${from} [label="x = ${long}"];\n${from} -> ${to} [label="an_action_with_a_long_name_${i}"];\n`,
        )
      }
      yield TAIL
    }
    const before = heapUsed()
    await readDot(chunks(), sink)
    // of 30 MB read
    expect(heapUsed() - before).toBeLessThan(5e6)
    expect(kept.size).toBe(901)
  })
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapUsed = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe('splitState', () => {
  const names = fc.uniqueArray(fc.constantFrom('pc', 'x', 'kicked', 'y_1'), { minLength: 1 })
  const states = names.chain((ns) => fc.tuple(...ns.map((n) => fc.tuple(fc.constant(n), anyValue))))

  it('finds the variables of any state as TLC writes it', () => {
    fc.assert(
      fc.property(states, (entries) => {
        const pieces = splitState(escapeLabel(printState(new Map(entries))))
        expect(pieces.map(([name, text]) => [name, unescapeLabel(text)])).toEqual(
          entries.map(([name, value]) => [name, printValue(value)]),
        )
      }),
    )
  })

  it('agrees with parseState on the whole label', () => {
    fc.assert(
      fc.property(states, (entries) => {
        const label = escapeLabel(printState(new Map(entries)))
        const byPiece = splitState(label).map(([name, text]) => [name, key(parseValue(unescapeLabel(text)))])
        expect(byPiece).toEqual([...parseState(unescapeLabel(label))].map(([name, value]) => [name, key(value)]))
      }),
    )
  })

  it('is not misled by a string that looks like a conjunct', () => {
    const label = escapeLabel('/\\ x = "\\n/\\\\ y = 1"\n/\\ y = 2')
    expect(splitState(label).map(([name]) => name)).toEqual(['x', 'y'])
  })

  it('refuses a label that is no state', () => {
    expect(problemOf(() => splitState('hello')).code).toBe('bad-dot')
  })
})

describe('detach', () => {
  it('gives the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(detach(text)).toBe(text)
      }),
    )
  })
})
