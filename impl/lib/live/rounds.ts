/**
 * Rounds on real memory: two threads meet, each runs its program at once, they meet again, and what is to run afterwards
 * runs. Knows nothing of worker threads: it works on arrays that both have.
 *
 * The threads meet at counters that each stores and the other reads in a loop. Who waits for longer than a round can take
 * sleeps until it is woken, so that on a busy machine it leaves its core to others; a thread that does not come within
 * `patience` milliseconds is a failure and not an outcome.
 */

import type { Runner } from './generate.ts'
import { STRIDE } from './generate.ts'

/** Log entries of one thread in one round. */
export const LOG = 64

/** A run that has logged as much as this at a join of its program is given up; between two joins there is room. */
const LOG_LIMIT = 32

/** What both threads share, beside the program's memory. All are over SharedArrayBuffers. */
export interface Arena {
  /** cells, then a fence for each thread of the machine, then the meeting's two counters and two flags; `STRIDE` apart */
  readonly memory: Int32Array
  /** a log for each program of the round: the two racers', then those that run after; `LOG` bytes a round */
  readonly logs: readonly Uint8Array[]
  /** a round's final cells, then the node of each program of the round */
  readonly finals: Int16Array
}

/** The sizes of an arena. */
export interface Shape {
  readonly cells: number
  readonly threads: number
  /** programs of a round: two, and those that run after */
  readonly programs: number
  /** rounds of one batch */
  readonly rounds: number
}

/** Entries of `finals` for a round. */
export const finalsWidth = ({ cells, programs }: Pick<Shape, 'cells' | 'programs'>): number => cells + programs

/** A new arena. */
export const arena = ({ cells, threads, programs, rounds }: Shape): Arena => ({
  memory: new Int32Array(new SharedArrayBuffer((cells + threads + 4) * STRIDE * 4)),
  logs: Array.from({ length: programs }, () => new Uint8Array(new SharedArrayBuffer(rounds * LOG))),
  finals: new Int16Array(new SharedArrayBuffer(rounds * finalsWidth({ cells, programs }) * 2)),
})

/** How to play: the same for both threads but for `me`. */
export interface Play {
  readonly me: 0 | 1
  readonly shape: Shape
  readonly initial: readonly number[]
  /** the racers' programs and those that run after; only one's own racer is needed */
  readonly runners: readonly Runner[]
  /** memory of the thread's own, of `BALLAST_SIZE` elements */
  readonly ballast: Int32Array
}

/** Next number of a linear congruential generator; its high bits are the good ones. */
export const nextRandom = (seed: number): number => (Math.imul(seed, 1664525) + 1013904223) | 0

/** Thrown where the other thread does not come. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

/**
 * After so many looks, less than a tenth of a millisecond, a thread sleeps until it is woken: the other has lost its core.
 * On a machine where others want both cores that is far faster than to go on looking: whole slices of time go by, since
 * the other may be waiting for this very core.
 */
const LOOKS = 0x4000

/** Milliseconds after which a sleeping thread looks whether it has waited too long. */
const NAP = 100

/** The meeting of the two threads: for each a counter of its arrivals, and a flag that it sleeps. */
export class Meeting {
  private readonly memory: Int32Array
  private readonly mine: number
  private readonly others: number
  private readonly asleep: number
  private readonly otherAsleep: number
  private readonly patience: number
  private count: number

  constructor(memory: Int32Array, first: number, me: 0 | 1, patience: number) {
    this.memory = memory
    this.mine = (first + me) * STRIDE
    this.others = (first + 1 - me) * STRIDE
    this.asleep = this.mine + 2 * STRIDE
    this.otherAsleep = this.others + 2 * STRIDE
    this.patience = patience
    this.count = Atomics.load(memory, this.mine)
  }

  /** Comes, and waits for the other. */
  meet(): void {
    this.count = (this.count + 1) | 0
    Atomics.store(this.memory, this.mine, this.count)
    if (Atomics.load(this.memory, this.otherAsleep) === 1) Atomics.notify(this.memory, this.mine)
    let looks = 0
    while (((Atomics.load(this.memory, this.others) - this.count) | 0) < 0) {
      if (++looks === LOOKS) this.sleep()
    }
  }

  /** The other's counter does not move between the flag and the sleep without that being seen: no wake-up is lost. */
  private sleep(): void {
    const since = performance.now()
    Atomics.store(this.memory, this.asleep, 1)
    for (;;) {
      const seen = Atomics.load(this.memory, this.others)
      if (((seen - this.count) | 0) >= 0) break
      Atomics.wait(this.memory, this.others, seen, NAP)
      if (performance.now() - since > this.patience) throw new Abandoned('the other thread does not come')
    }
    Atomics.store(this.memory, this.asleep, 0)
  }
}

/** Passes some time: `turns` dependent multiplications. The result keeps the loop from being optimised away. */
export const pass = (turns: number, seed: number): number => {
  let x = seed
  for (let i = 0; i < turns; i++) x = Math.imul(x, 1664525) + 1013904223
  return x
}

/** Turns to wait before the program: none to 511, small numbers as likely as large ones. */
export const delayOf = (random: number): number => (random >>> 16) & ((1 << ((random >>> 28) % 10)) - 1)

/** Stores of the thread's own before a store of the program: none in half of the rounds, else up to 31. */
export const ballastOf = (random: number): number => ((random >>> 12) & 1) * ((random >>> 7) & 31)

/**
 * One of the two threads' part of the rounds of a batch. They take turns in being host: who is host runs what runs after
 * the race, notes the final state, and sets memory up for the next round. Before the race each looks at some locations,
 * so that who has which cache line differs from round to round.
 */
export const playRounds = (arena: Arena, play: Play, rounds: number, seed: number, patience: number): void => {
  const { memory, logs, finals } = arena
  const { me, shape, initial, runners, ballast } = play
  const { cells, threads } = shape
  const meeting = new Meeting(memory, cells + threads, me, patience)
  const own = runners[me]
  const log = logs[me]
  if (own === undefined || log === undefined) throw new RangeError(`no program ${me}`)
  const width = finalsWidth(shape)
  const decisions = me === 0 ? seed : seed ^ 0x5bd1e995
  let random = decisions
  let unused = 0
  const reset = (): void => {
    for (let c = 0; c < cells; c++) memory[c * STRIDE] = initial[c] ?? 0
  }
  if (me === 0) reset()
  log.fill(0)
  for (let round = 0; round < rounds; round++) {
    const at = round * LOG
    meeting.meet()
    random = nextRandom(random)
    for (let c = 0; c < cells; c++) if (((random >>> (8 + (c % 24))) & 1) === 1) unused ^= memory[c * STRIDE] ?? 0
    random = nextRandom(random)
    const delay = delayOf(random)
    const stores = ballastOf(random)
    random = nextRandom(random)
    meeting.meet()
    unused ^= pass(delay, random)
    const node = own(memory, log, at, at + LOG_LIMIT, random, ballast, stores)
    finals[round * width + cells + me] = node
    meeting.meet()
    if ((round & 1) !== me) continue
    for (let i = 2; i < runners.length; i++) {
      const after = runners[i] as Runner
      const afterLog = logs[i] as Uint8Array
      afterLog.fill(0, at, at + LOG)
      finals[round * width + cells + i] = after(memory, afterLog, at, at + LOG_LIMIT, random, ballast, 0)
    }
    for (let c = 0; c < cells; c++) finals[round * width + c] = memory[c * STRIDE] ?? 0
    reset()
  }
  // a use that the compiler cannot do without
  if (unused === 0x7fffffff)
    Atomics.store(memory, (cells + threads + me) * STRIDE, Atomics.load(memory, (cells + threads + me) * STRIDE))
}
