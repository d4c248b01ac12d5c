/**
 * A lock that CPUs spin on until they can take it: virt_spin_lock() of arch/x86/include/asm/qspinlock.h, a test and then a
 * cmpxchg(), and queued_spin_unlock(), a release store. Mutex.tla says what is left out.
 */
import type { Program, Read, Step } from 'lockstep'
import { bool, ended, ids, machine, MEMORY_CONSTANTS, protocol, SharedState, toggle } from 'lockstep'

const CONSTANTS = { ...MEMORY_CONSTANTS, Cpus: ids, Cmpxchg: toggle, Release: toggle }

class World extends SharedState<Read<typeof CONSTANTS>> {
  readonly locked = this.memory.scalar('locked', bool, false, 'lock->locked')
  /** what the lock protects: TRUE while somebody is at work */
  readonly busy = this.memory.scalar('busy', bool, false)
}

function* lock(w: World): Step<void> {
  for (;;) {
    if (yield* w.locked.load('spin')) continue
    if (!w.c.Cmpxchg) return yield* w.locked.store('take', true)
    if (!(yield* w.locked.cmpxchg('take', false, true, false))) return
  }
}

function* cpu(w: World): Program {
  for (;;) {
    yield* lock(w)
    if (yield* w.busy.load('check_busy')) yield* ended('corrupt')
    yield* w.busy.store('set_busy', true)
    yield* w.busy.store('clear_busy', false)
    yield* w.c.Release ? w.locked.release('unlock', false) : w.locked.store('unlock', false)
  }
}

const HOLDS = { MutualExclusionInv: 'holds', ProtectedDataInv: 'holds', SomebodyEntersProp: 'holds' } as const

export default protocol({
  name: 'mutex',
  module: 'Mutex',
  constants: CONSTANTS,
  machine: (c) => {
    const w = new World(
      c,
      c.Cpus.map((id) => ['cpu', id]),
    )
    const cpus = c.Cpus.map((id) => w.observe('cpu', id))
    const inside = () => cpus.filter((one) => one.at('check_busy', 'set_busy', 'clear_busy', 'unlock')).length
    return machine(w, {
      programs: { cpu: () => cpu(w) },
      invariants: {
        MutualExclusionInv: { occurs: () => inside() > 0, holds: () => inside() < 2 },
        ProtectedDataInv: { occurs: () => inside() > 0, holds: () => !cpus.some((one) => one.at('corrupt')) },
      },
      liveness: {
        SomebodyEntersProp: { from: () => cpus.some((one) => one.at('spin', 'take')), to: () => inside() > 0 },
      },
    })
  },
  models: {
    constants: { Cpus: [0, 1] },
    sizes: { three: { Cpus: [0, 1, 2] } },
    designs: {
      posted: {
        gloss: 'The lock is read, and then stored to: two CPUs can take it at once.',
        on: ['Release'],
        models: {
          sc: { MutualExclusionInv: 'violated', ProtectedDataInv: 'violated', SomebodyEntersProp: 'holds' },
          tso: { MutualExclusionInv: 'violated', ProtectedDataInv: 'violated', SomebodyEntersProp: 'violated' },
          pso: { MutualExclusionInv: 'violated', ProtectedDataInv: 'violated', SomebodyEntersProp: 'violated' },
        },
      },
      'plain-unlock': {
        gloss: 'WRITE_ONCE() unlocks: what was stored inside may become visible after it, in generic code.',
        on: ['Cmpxchg'],
        models: {
          sc: HOLDS,
          tso: HOLDS,
          pso: { MutualExclusionInv: 'holds', ProtectedDataInv: 'violated', SomebodyEntersProp: 'violated' },
        },
      },
      fixed: {
        gloss: 'cmpxchg() takes the lock, smp_store_release() gives it back.',
        on: ['Cmpxchg', 'Release'],
        models: { sc: HOLDS, tso: HOLDS, pso: HOLDS, 'tso.three': HOLDS },
        full: ['tso.three'],
      },
    },
  },
  docs: {
    properties: {
      MutualExclusionInv: 'No two CPUs are between lock and unlock.',
      ProtectedDataInv: 'Who has taken the lock sees all that its last holder stored.',
      SomebodyEntersProp: 'If somebody wants the lock, somebody gets it.',
    },
  },
})
