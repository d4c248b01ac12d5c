/**
 * Rounds of a C file on two cores. A round has three parts, between which the two players meet, so that what one has stored in a
 * part the other sees in the next: threads that go ahead, one after the other, some way; two threads that race, each until it ends,
 * waits for what does not come, or has gone far enough; and all of them, one after the other, until none goes on. Which threads
 * they are, and how far they go ahead, is drawn anew for each round, by both players alike.
 */

import { ballastOf, delayOf, Meeting, nextRandom, pass } from '../../live/rounds.ts'
import { BALLAST_SIZE, STRIDE } from '../../live/generate.ts'
import type { ThreadCode } from './code.ts'
import type { Limits } from './player.ts'
import { memorySize, NO_TURNS, Player, PLAYERS, valueOf } from './player.ts'

/** Numbers of a player's record of a round. */
export const RECORD = 1024

/** What a record has instead of an entry where the model knows of no way on. */
export const NO_WAY = 0xffff

/** Steps of a thread in a part of a round, and how often it may wait where another may still come. */
const RACE_STEPS = 64
const AFTER_STEPS = 32
const TURNS = 2 ** 13

/** In the last part each thread has its turn this often, at most. */
const PASSES = 3

/** Number of the part in which two threads race: those before and after it have others. */
export const RACE = 100

/** The sizes of an arena. */
export interface Shape {
  readonly cells: number
  /** threads that are played */
  readonly threads: number
  /** rounds of one batch */
  readonly rounds: number
}

/** What both players share. All are over SharedArrayBuffers. */
export interface CArena {
  readonly memory: Int32Array
  /** of each player, `RECORD` numbers a round: `[part, thread, entries, entry...]...`, then 0 */
  readonly records: readonly Uint16Array[]
  /** of each round the values in the end, then the node of each thread */
  readonly finals: Uint16Array
}

export const finalsWidth = ({ cells, threads }: Shape): number => cells + threads

/** A new arena. */
export const cArena = (shape: Shape): CArena => ({
  memory: new Int32Array(new SharedArrayBuffer((memorySize(shape.cells) + 4) * STRIDE * 4)),
  records: Array.from({ length: PLAYERS }, () => new Uint16Array(new SharedArrayBuffer(shape.rounds * RECORD * 2))),
  finals: new Uint16Array(new SharedArrayBuffer(shape.rounds * finalsWidth(shape) * 2)),
})

/** What a player plays. */
export interface CPlay {
  readonly me: 0 | 1
  readonly shape: Shape
  readonly initial: readonly number[]
  readonly codes: readonly ThreadCode[]
}

/** A thread that goes ahead, and how far. */
interface Ahead {
  readonly thread: number
  readonly steps: number
}

/** What both players draw for a round. */
interface Drawn {
  readonly ahead: readonly Ahead[]
  readonly racers: readonly [number, number]
}

/** With two threads most rounds begin at their beginnings; with more, others have always gone some way. */
const drawn = (threads: number, seed: number): { readonly drawn: Drawn; readonly seed: number } => {
  let random = seed
  const next = (below: number): number => {
    random = nextRandom(random)
    return (random >>> 16) % below
  }
  const first = next(threads)
  const second = (first + 1 + next(threads - 1)) % threads
  const parts = threads > 2 ? next(Math.min(2 * threads, 12)) : next(4) > 0 ? 0 : 1 + next(2)
  const ahead = Array.from({ length: parts }, () => ({
    thread: next(threads),
    steps: 1 + next(next(4) === 0 ? 32 : 8),
  }))
  return { drawn: { ahead, racers: [first, second] }, seed: random }
}

/** One of the two players' rounds. */
export class CRounds {
  private readonly arena: CArena
  private readonly play: CPlay
  private readonly player: Player
  private readonly nodes: Int32Array
  /** in the record: where the round begins, and where it is */
  private first = 0
  private position = 0
  /** rounds so far, of all batches */
  private played = 0

  constructor(arena: CArena, play: CPlay, seed: number) {
    this.arena = arena
    this.play = play
    const { me, shape, codes } = play
    const nodes = Math.max(...codes.map(({ heads }) => heads.length))
    const own = new Int32Array(BALLAST_SIZE).fill(1)
    this.player = new Player(arena.memory, shape.cells, nodes, me, seed, own)
    this.nodes = new Int32Array(shape.threads)
  }

  /** Lets a thread run, and writes down what it did; how many steps. */
  private run(part: number, thread: number, limits: Limits): number {
    const { player, play } = this
    const record = this.arena.records[play.me]
    const code = play.codes[thread]
    if (record === undefined || code === undefined) throw new RangeError(`no thread ${thread}`)
    const start = this.position + 3
    player.run(code, this.nodes[thread] ?? 0, record, start, limits)
    this.nodes[thread] = player.node
    if (player.stop === 'unknown') record[player.end++] = NO_WAY
    const count = player.end - start
    // what a run has taken back stands behind its end
    record[count === 0 ? this.position : player.end] = 0
    if (count === 0) return 0
    record[this.position] = part
    record[this.position + 1] = thread + 1
    record[this.position + 2] = count
    this.position = player.end
    return count
  }

  private ahead({ ahead }: Drawn): void {
    const { shape, initial } = this.play
    for (let cell = 0; cell < shape.cells; cell++) this.player.put(cell, initial[cell] ?? 0)
    this.nodes.fill(0)
    ahead.forEach(({ thread, steps }, i) => this.run(1 + i, thread, { steps, turns: NO_TURNS, ballast: 0 }))
  }

  /** Lets each thread go on until none does. */
  private after(): void {
    const { threads } = this.play.shape
    let part = RACE
    for (let i = 0, idle = 0; i < PASSES * threads && idle < threads; i++) {
      const limits = { steps: AFTER_STEPS, turns: NO_TURNS, ballast: 0 }
      if (this.position + 6 + limits.steps > this.first + RECORD) return
      idle = this.run(++part, i % threads, limits) === 0 ? idle + 1 : 0
    }
  }

  private note(round: number): void {
    const { memory, finals } = this.arena
    const { shape } = this.play
    const at = round * finalsWidth(shape)
    for (let cell = 0; cell < shape.cells; cell++) finals[at + cell] = valueOf(memory[cell * STRIDE] ?? 0)
    for (let thread = 0; thread < shape.threads; thread++) finals[at + shape.cells + thread] = this.nodes[thread] ?? 0
  }

  /** Looks at some locations, so that who has which cache line differs from round to round. */
  private look(random: number): number {
    const { memory } = this.arena
    let unused = 0
    for (let cell = 0; cell < this.play.shape.cells; cell++)
      if (((random >>> (8 + (cell % 24))) & 1) === 1) unused ^= memory[cell * STRIDE] ?? 0
    return unused
  }

  /**
   * Plays the rounds of a batch. They take turns in being host: who is host plays what comes before the race and after it. Where the
   * threads are is told in `finals`, which is in the host's hands before and after the race.
   */
  batch(rounds: number, seed: number, patience: number): void {
    const { me, shape } = this.play
    const { memory, records, finals } = this.arena
    const meeting = new Meeting(memory, memorySize(shape.cells), me, patience)
    records[me]?.fill(0)
    let [common, random, unused] = [seed, me === 0 ? seed : seed ^ 0x5bd1e995, 0]
    for (let round = 0; round < rounds; round++) {
      const next = drawn(shape.threads, common)
      common = next.seed
      const isHost = (round & 1) === me
      const nodes = round * finalsWidth(shape) + shape.cells
      this.first = this.position = round * RECORD
      // memory is the former host's until here
      meeting.meet()
      if (isHost) {
        this.ahead(next.drawn)
        finals.set(this.nodes, nodes)
      }
      meeting.meet()
      this.nodes.set(finals.subarray(nodes, nodes + shape.threads))
      unused ^= this.look((random = nextRandom(random)))
      random = nextRandom(random)
      const [delay, ballast] = [delayOf(random), ballastOf(random)]
      const racer = next.drawn.racers[me]
      meeting.meet()
      unused ^= pass(delay, random)
      this.run(RACE, racer, { steps: RACE_STEPS, turns: TURNS, ballast, round: ++this.played })
      this.player.say(this.played)
      finals[nodes + racer] = this.nodes[racer] ?? 0
      meeting.meet()
      if (!isHost) continue
      this.nodes.set(finals.subarray(nodes, nodes + shape.threads))
      this.after()
      this.note(round)
    }
    // a use that the compiler cannot do without
    if (unused === 0x7fffffff) Atomics.store(memory, 0, Atomics.load(memory, 0))
  }
}
