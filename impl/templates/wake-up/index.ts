/**
 * A task sleeps until a condition is true; another task makes it true and wakes it. Models set_current_state() and the loop around
 * schedule() (include/linux/sched.h), and wake_up_process() (kernel/sched/core.c, try_to_wake_up). WakeUp.tla says what is left out.
 */
import type { Program, Read, Step } from 'lockstep'
import { bool, ended, machine, MEMORY_CONSTANTS, oneOfNames, protocol, SharedState, toggle } from 'lockstep'

const CONSTANTS = { ...MEMORY_CONSTANTS, StateFirst: toggle, SetStateMb: toggle, WakeUpMb: toggle }

const TASK_STATE = oneOfNames('TASK_RUNNING', 'TASK_INTERRUPTIBLE')

class World extends SharedState<Read<typeof CONSTANTS>> {
  readonly state = this.memory.scalar('state', TASK_STATE, 'TASK_RUNNING', 'p->__state')
  readonly condition = this.memory.scalar('condition', bool, false)
}

function* set_current_state(w: World): Step<void> {
  yield* w.state.store('set_current_state', 'TASK_INTERRUPTIBLE')
  if (w.c.SetStateMb) yield* w.memory.smp_mb('set_current_state_mb')
}

function* sleeper(w: World): Program {
  for (;;) {
    if (w.c.StateFirst) yield* set_current_state(w)
    if (yield* w.condition.load('check_condition')) break
    if (!w.c.StateFirst) yield* set_current_state(w)
    yield* w.state.waitThenStore('schedule', (state) => state === 'TASK_RUNNING', 'TASK_RUNNING')
  }
  yield* w.state.store('set_running', 'TASK_RUNNING')
  yield* ended('awake')
}

function* waker(w: World): Program {
  yield* w.condition.store('set_condition', true)
  if (w.c.WakeUpMb) yield* w.memory.smp_mb('wake_up_process_mb')
  const state = yield* w.state.load('wake_up_process')
  if (state === 'TASK_INTERRUPTIBLE') yield* w.state.store('ttwu_do_wakeup', 'TASK_RUNNING')
  yield* ended('woken')
}

const HOLDS = { NoLostWakeupInv: 'holds', WakesUpProp: 'holds' } as const
const BROKEN = { NoLostWakeupInv: 'violated', WakesUpProp: 'violated' } as const

export default protocol({
  name: 'wake-up',
  module: 'WakeUp',
  constants: CONSTANTS,
  machine: (c) => {
    const w = new World(c, [
      ['sleeper', 0],
      ['waker', 1],
    ])
    const [task, other] = [w.observe('sleeper', 0), w.observe('waker', 1)]
    const asleep = () => task.at('schedule')
    const nobodyElse = () => other.at('woken') && w.memory.isDrained(1)
    return machine(w, {
      programs: { sleeper: () => sleeper(w), waker: () => waker(w) },
      invariants: {
        NoLostWakeupInv: {
          occurs: asleep,
          holds: () => !asleep() || !nobodyElse() || w.state.peek() === 'TASK_RUNNING',
        },
      },
      liveness: { WakesUpProp: { from: () => w.condition.peek(), to: () => task.at('awake') } },
    })
  },
  models: {
    designs: {
      posted: {
        gloss: '__set_current_state(): nothing keeps the check of the condition behind the store of the state.',
        on: ['StateFirst', 'WakeUpMb'],
        models: { sc: HOLDS, tso: BROKEN },
      },
      'no-wake-up-mb': {
        gloss: 'The waker looks at the state without the barrier that try_to_wake_up() has.',
        on: ['StateFirst', 'SetStateMb'],
        models: { sc: HOLDS, tso: BROKEN },
      },
      'check-first': {
        gloss: 'The condition is checked before the state is set: lost whatever the memory model.',
        on: ['SetStateMb', 'WakeUpMb'],
        models: { sc: BROKEN, tso: BROKEN },
      },
      fixed: {
        gloss: 'set_current_state(), then the check, then schedule(); a full barrier on either side.',
        on: ['StateFirst', 'SetStateMb', 'WakeUpMb'],
        models: { sc: HOLDS, tso: HOLDS, pso: HOLDS },
      },
    },
  },
  live: [
    {
      designs: [
        { design: 'posted', barrier: false },
        { design: 'fixed', barrier: true },
      ],
      property: 'NoLostWakeupInv',
      counted: 'slept for ever',
      race: ['sleeper0', 'waker1'],
      stops: new Set(['schedule', 'awake', 'woken']),
    },
  ],
  docs: {
    properties: {
      NoLostWakeupInv: 'A task that sleeps is woken, or somebody is still about to wake it.',
      WakesUpProp: 'Once the condition is true, the task wakes up.',
    },
  },
})
