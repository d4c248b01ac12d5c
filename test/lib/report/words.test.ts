import { describe, expect, it } from 'vitest'
import type { Program, Read } from '../../../impl/index.ts'
import {
  bool,
  ended,
  explore,
  assemble,
  compile,
  int,
  lanes,
  machine,
  MEMORY_CONSTANTS,
  protocol,
  SharedState,
  shortestTo,
  toggle,
  toggling,
  View,
} from '../../../impl/index.ts'

const CONSTANTS = { ...MEMORY_CONSTANTS, Said: toggling('it is said', 'it is not said'), Unsaid: toggle }

class World extends SharedState<Read<typeof CONSTANTS>> {
  readonly kicked = this.memory.map('kicked', [0, 7], bool, false, (v) => `v${v}->kicked`)
  readonly count = this.memory.scalar('count', int(0, 3), 0, 's->count')
  readonly bare = this.memory.map('bare', [5], bool, false)
  readonly done = this.shared.scalar('done', bool, false)
}

function* every(w: World): Program {
  yield* w.bare.at(5).store('bare_store', true)
  yield* w.kicked.at(7).store('store', true)
  yield* w.kicked.at(0).release('release', true)
  yield* w.kicked.at(0).smp_store_mb('store_mb', false)
  yield* w.count.update('update', (n) => Math.min(3, n + 2))
  yield* w.count.fetchUpdate('fetch_update', (n) => Math.max(0, n - 1))
  yield* w.count.xchg('xchg', 3)
  yield* w.count.cmpxchg('cmpxchg', 3, 1, true)
  yield* w.count.load({ label: 'worded', function: 'refcount_read', text: 'atomic_read(&r->refs)' }, () => {
    w.done.set(true)
  })
  yield* ended('end')
}

const words = protocol({
  name: 'words',
  constants: CONSTANTS,
  machine: (c) => {
    const w = new World(c, [['t', 0]])
    return machine(w, {
      programs: { t: () => every(w) },
      invariants: { NeverInv: { occurs: () => true, holds: () => !w.done.get() } },
    })
  },
})

/** The behaviour in which the thread takes all of its steps, as a diagram. */
const drawn = (Memory: 'SC' | 'TSO'): string => {
  const w = new World({ Memory, StoreBufferSlots: Memory === 'SC' ? 0 : 2, Said: true, Unsaid: true }, [['t', 0]])
  const built = machine(w, {
    programs: { t: () => every(w) },
    invariants: { NeverInv: { occurs: () => true, holds: () => !w.done.get() } },
  })
  const graph = explore(assemble(compile(built)), { edges: true })
  const state = graph.violations.get('NeverInv')?.state ?? -1
  const behaviour = shortestTo(graph, new View(graph.kernel), state)
  return lanes(
    { model: 'words', property: 'NeverInv', kind: 'invariant', behaviour, preventedBy: ['Said', 'Unsaid'] },
    words.docs,
    { toggle: () => false },
  )
}

describe('a step that nobody has described', () => {
  it.each([
    'WRITE_ONCE(v7->kicked, true)',
    'smp_store_release(&v0->kicked, true)',
    'smp_store_mb(v0->kicked, false)',
    // data that a lock protects: the value that the thread sees after it
    's->count = 2',
    's->count = 1',
    'xchg(&s->count, 3) == 1',
    'cmpxchg(&s->count, 3, 1) == 3',
    'WRITE_ONCE(bare[5], true)',
  ])('says what its access is in C: %s', (text) => {
    expect(drawn('SC').split('\n')).toContainEqual(expect.stringContaining(text))
  })

  it('is a step of what its label says', () => {
    expect(drawn('SC')).toContain('cmpxchg()')
  })
})

it('words at the step are taken as they are', () => {
  expect(drawn('SC')).toMatch(/refcount_read\(\)\n\s+atomic_read\(&r->refs\)/)
  expect(drawn('SC')).not.toContain('worded')
})

it('a store that becomes visible is called as C calls it, or as the specification does', () => {
  const text = drawn('TSO')
  expect(text).toContain('visible: v7->kicked = true')
  // its own store is what the thread sees, and nobody else does yet
  expect(text).toMatch(/s->count = 2\n\s*\/\* buffered/)
  expect(text).toContain('visible: s->count = 2')
  expect(text).toContain('visible: bare[5] = true')
})

it('what the C code has is left behind, and nothing else', () => {
  expect(drawn('SC')).toContain('In the end: v0->kicked == false, v7->kicked == true, s->count == 1\n')
})

it('a toggle that says what it means is switched in these words, another by its name', () => {
  expect(words.docs.toggles).toEqual({ Said: { on: 'it is said', off: 'it is not said' } })
  const text = drawn('SC')
  expect(text).toContain('Said = TRUE: it is said')
  expect(text).toContain('Unsaid = TRUE')
})
