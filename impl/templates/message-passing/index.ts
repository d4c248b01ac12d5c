/**
 * A message, and a flag that says that it is there: WRITE_ONCE(), smp_wmb() or smp_store_release(), READ_ONCE(), as
 * Documentation/memory-barriers.txt pairs them under "SMP BARRIER PAIRING". MessagePassing.tla says what is left out.
 */
import type { Program, Read, Step } from 'lockstep'
import { bool, ended, framed, machine, MEMORY_CONSTANTS, oneOfNames, protocol, SharedState, toggle } from 'lockstep'

const CONSTANTS = { ...MEMORY_CONSTANTS, DataFirst: toggle, WriteMb: toggle, Release: toggle }

const MESSAGE = oneOfNames('old', 'new')

/** Locals that live across an access. */
interface Frame {
  seen: 'old' | 'new'
}

class World extends SharedState<Read<typeof CONSTANTS>> {
  readonly data = this.memory.scalar('data', MESSAGE, 'old', 'msg->data')
  readonly flag = this.memory.scalar('flag', bool, false, 'msg->flag')
}

const publish = (w: World): Step<void> =>
  w.c.Release ? w.flag.release('set_flag', true) : w.flag.store('set_flag', true)

const write = (w: World): Step<void> => w.data.store('write_data', 'new')

function* producer(w: World): Program {
  yield* w.c.DataFirst ? write(w) : publish(w)
  if (w.c.WriteMb) yield* w.memory.smp_wmb('write_barrier')
  yield* w.c.DataFirst ? publish(w) : write(w)
  yield* ended('sent')
}

function* consumer(w: World, f: Frame): Program {
  while (!(yield* w.flag.load('wait_for_flag'))) continue
  f.seen = yield* w.data.load('read_data')
  yield* ended('received')
}

const HOLDS = { NewMessageInv: 'holds', MessageArrivesProp: 'holds' } as const
const BROKEN = { NewMessageInv: 'violated', MessageArrivesProp: 'violated' } as const

export default protocol({
  name: 'message-passing',
  module: 'MessagePassing',
  constants: CONSTANTS,
  machine: (c) => {
    const w = new World(c, [
      ['producer', 0],
      ['consumer', 1],
    ])
    const receiver = w.observe<Frame>('consumer', 1)
    const received = () => receiver.at('received')
    const isNew = () => receiver.get('seen') === 'new'
    return machine(w, {
      programs: {
        producer: () => producer(w),
        consumer: framed<Frame>({ frame: { seen: MESSAGE }, initial: { seen: 'old' }, program: (f) => consumer(w, f) }),
      },
      invariants: { NewMessageInv: { occurs: received, holds: () => !received() || isNew() } },
      liveness: { MessageArrivesProp: { from: () => w.flag.peek(), to: () => received() && isNew() } },
    })
  },
  models: {
    designs: {
      posted: {
        gloss: 'Data, then the flag, and no barrier between the two stores: right on x86, and not in generic code.',
        on: ['DataFirst'],
        models: { sc: HOLDS, tso: HOLDS, pso: BROKEN },
      },
      'flag-first': {
        gloss: 'The flag is set before the data is there: no barrier helps.',
        on: ['WriteMb'],
        models: { sc: BROKEN, tso: BROKEN, pso: BROKEN },
      },
      wmb: {
        gloss: 'smp_wmb() between the two stores.',
        on: ['DataFirst', 'WriteMb'],
        models: { sc: HOLDS, tso: HOLDS, pso: HOLDS },
      },
      release: {
        gloss: 'smp_store_release() of the flag.',
        on: ['DataFirst', 'Release'],
        models: { sc: HOLDS, tso: HOLDS, pso: HOLDS },
      },
    },
  },
  docs: {
    properties: {
      NewMessageInv: 'Who has seen the flag reads the new message.',
      MessageArrivesProp: 'Once the flag is set, the new message is received.',
    },
  },
})
