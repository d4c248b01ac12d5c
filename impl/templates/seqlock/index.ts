/**
 * A writer changes two words, and a reader wants both of one version: write_seqcount_begin(), write_seqcount_end(),
 * read_seqcount_begin() and read_seqcount_retry() of include/linux/seqlock.h. Seqlock.tla says what is left out.
 */
import type { Program, Read } from 'lockstep'
import { ended, framed, int, machine, MEMORY_CONSTANTS, protocol, SharedState, toggle } from 'lockstep'

const CONSTANTS = { ...MEMORY_CONSTANTS, BeginWmb: toggle, EndWmb: toggle, WriteEnd: toggle, Retry: toggle }

const VERSION = int(0, 1)
/** wraps around, as the real one does */
const SEQUENCE = int(0, 3)

/** Locals of the reader that live across an access. */
interface Frame {
  seq: number
  a: number
  b: number
}

class World extends SharedState<Read<typeof CONSTANTS>> {
  readonly sequence = this.memory.scalar('sequence', SEQUENCE, 0, 's->sequence')
  readonly data_a = this.memory.scalar('data_a', VERSION, 0, 'data.a')
  readonly data_b = this.memory.scalar('data_b', VERSION, 0, 'data.b')
}

function* writer(w: World): Program {
  yield* w.sequence.update('write_seqcount_begin', (s) => (s + 1) % 4)
  if (w.c.BeginWmb) yield* w.memory.smp_wmb('write_seqcount_begin_wmb')
  yield* w.data_a.store('write_a', 1)
  yield* w.data_b.store('write_b', 1)
  if (w.c.WriteEnd) {
    if (w.c.EndWmb) yield* w.memory.smp_wmb('write_seqcount_end_wmb')
    yield* w.sequence.update('write_seqcount_end', (s) => (s + 1) % 4)
  }
  yield* ended('written')
}

function* reader(w: World, f: Frame): Program {
  do {
    do f.seq = yield* w.sequence.load('read_seqcount_begin')
    while (f.seq % 2 === 1)
    f.a = yield* w.data_a.load('read_a')
    f.b = yield* w.data_b.load('read_b')
  } while (w.c.Retry && (yield* w.sequence.load('read_seqcount_retry')) !== f.seq)
  yield* ended('read')
}

const HOLDS = { OneVersionInv: 'holds', ReaderReturnsProp: 'holds' } as const
const TORN = { OneVersionInv: 'violated', ReaderReturnsProp: 'holds' } as const
const STUCK = { OneVersionInv: 'holds', ReaderReturnsProp: 'violated' } as const

export default protocol({
  name: 'seqlock',
  module: 'Seqlock',
  constants: CONSTANTS,
  machine: (c) => {
    const w = new World(c, [
      ['writer', 0],
      ['reader', 1],
    ])
    const [write, read] = [w.observe('writer', 0), w.observe<Frame>('reader', 1)]
    const frame = { seq: SEQUENCE, a: VERSION, b: VERSION }
    const done = () => read.at('read')
    return machine(w, {
      programs: {
        writer: () => writer(w),
        reader: framed<Frame>({ frame, initial: { seq: 0, a: 0, b: 0 }, program: (f) => reader(w, f) }),
      },
      invariants: { OneVersionInv: { occurs: done, holds: () => !done() || read.get('a') === read.get('b') } },
      liveness: { ReaderReturnsProp: { from: () => write.at('written'), to: done } },
    })
  },
  models: {
    designs: {
      posted: {
        gloss: 'The writer counts without smp_wmb(): right on x86, and not in generic code.',
        on: ['WriteEnd', 'Retry'],
        models: { sc: HOLDS, tso: HOLDS, pso: TORN },
      },
      'no-retry': {
        gloss: 'The reader waits for an even count, and does not look again when it has read.',
        on: ['BeginWmb', 'EndWmb', 'WriteEnd'],
        models: { sc: TORN, tso: TORN, pso: TORN },
      },
      'no-end': {
        gloss: 'The writer returns early, without write_seqcount_end(): readers wait for ever.',
        on: ['BeginWmb', 'EndWmb', 'Retry'],
        models: { sc: STUCK, tso: STUCK, pso: STUCK },
      },
      fixed: {
        gloss: 'As include/linux/seqlock.h has it.',
        on: ['BeginWmb', 'EndWmb', 'WriteEnd', 'Retry'],
        models: { sc: HOLDS, tso: HOLDS, pso: HOLDS },
      },
    },
  },
  docs: {
    properties: {
      OneVersionInv: 'What the reader returns is of one version.',
      ReaderReturnsProp: 'Once the writer has finished, the reader returns.',
    },
  },
})
