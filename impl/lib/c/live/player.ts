/**
 * Takes the steps of a C file's threads on real memory. It walks an array of numbers (code.ts): a load is one typed-array load, a
 * store is one typed-array store, so that between two of them there is less time than a store stays in the store buffer.
 *
 * What is in memory of a location is a word: the index of its value, and a tag that no other store of a round has, so that a word
 * that is found again was not changed in between. A step that changes several locations at once marks each of them with its new
 * value as pending, by compare-and-exchange from what it has read; looks again whether what it only read is as it was; then takes
 * the marks away. From the moment at which all are marked none can be read until the marks are gone, so it happens at that moment
 * for all who look; if a mark, or what was read, has changed by then, the others are put back and it is tried again. Two such steps
 * exclude each other by a lock.
 *
 * Indices of the code, of cells and of nodes are in range by construction, which is what the `as number` stand for.
 */

import { ballast, STRIDE } from '../../live/generate.ts'
import type { ThreadCode } from './code.ts'
import { DRAINS, EFFECT, HEAD, TAKEN, UNKNOWN, WAY_MASK, WAYS } from './code.ts'

/** Bits of a word that say which value it is. */
const VALUE_BITS = 14
/** Values that a location can have. */
export const MOST_VALUES = 2 ** VALUE_BITS
const VALUE = MOST_VALUES - 1
/** a step that changes several locations is about to put this one there */
const PENDING = MOST_VALUES
const TAG_SHIFT = VALUE_BITS + 1
const TAG_MASK = 0xffff

const { plain: PLAIN, snapshot: SNAPSHOT, locked: LOCKED_WAY, end: END } = WAYS

/** Where things are in memory, each `STRIDE` elements from the next: cells, a fence for each player, the lock, and for each where it says that it has stopped. */
export const memorySize = (cells: number): number => cells + 2 * PLAYERS + 1

/** Threads of ours that play. */
export const PLAYERS = 2

/** The index of the value that a word stands for. */
export const valueOf = (word: number): number => word & VALUE

/**
 * How a run ended: where the thread ends, or goes wrong; with no more steps to take; where what it waits for did not come; where the
 * model knows of no way on.
 */
export type Stop = 'end' | 'budget' | 'waits' | 'unknown'

/** How far a run may go. */
export interface Limits {
  /** steps that it may take */
  readonly steps: number
  /** how often it may wait, or come back to where it was without others being able to see that */
  readonly turns: number
  /** stores of the player's own before each store of the thread: see live/generate.ts */
  readonly ballast: number
  /** what the other player says when it has stopped: then there is nothing to wait for; undefined where it does not play */
  readonly round?: number
}

/** Turns of who waits for nobody: what others have stored is visible by now. */
export const NO_TURNS = 4

/** One of the two who play, each on a core of its own. */
export class Player {
  /** node where the last run stopped, entries that are in the record, and why it stopped */
  node = 0
  end = 0
  stop: Stop = 'end'
  private readonly memory: Int32Array
  private readonly own: Int32Array
  private readonly me: number
  private readonly fence: number
  private readonly lock: number
  private readonly stopped: number
  private readonly otherStopped: number
  private seed: number
  private tag: number
  /** what a step has read: cells and words */
  private readonly cells: Int32Array
  private readonly words: Int32Array
  private read = 0
  /** words that a step has marked */
  private readonly before: Int32Array
  /** for nodes of loops: when the thread came there, and what was recorded by then */
  private readonly came: Float64Array
  private readonly recorded: Int32Array
  private clock = 0

  constructor(memory: Int32Array, cells: number, nodes: number, me: number, seed: number, own: Int32Array) {
    this.memory = memory
    this.me = me
    this.fence = (cells + me) * STRIDE
    this.lock = (cells + PLAYERS) * STRIDE
    this.stopped = (cells + PLAYERS + 1 + me) * STRIDE
    this.otherStopped = (cells + PLAYERS + 2 - me) * STRIDE
    this.seed = seed
    this.tag = me
    this.own = own
    this.cells = new Int32Array(cells)
    this.words = new Int32Array(cells)
    this.before = new Int32Array(cells)
    this.came = new Float64Array(nodes)
    this.recorded = new Int32Array(nodes)
  }

  /** A word that no other store of a round has. */
  private wordOf(value: number): number {
    this.tag = (this.tag + PLAYERS) & TAG_MASK
    return value | (this.tag << TAG_SHIFT)
  }

  random(): number {
    this.seed = (Math.imul(this.seed, 1664525) + 1013904223) | 0
    return this.seed >>> 16
  }

  /** Puts a value into memory while nobody else looks. */
  put(cell: number, value: number): void {
    this.memory[cell * STRIDE] = this.wordOf(value)
  }

  /** Says that it has stopped; what it has stored is visible. */
  say(round: number): void {
    Atomics.store(this.memory, this.stopped, round)
  }

  /** How often it may still wait. */
  private left(turns: number, { round }: Limits): number {
    const isAlone = round !== undefined && Atomics.load(this.memory, this.otherStopped) === round
    return (isAlone ? Math.min(turns, NO_TURNS) : turns) - 1
  }

  // ------------------------------------------------------------------------------------------------- reading

  /** The leaf that a step has. */
  private leaf(code: Int32Array, root: number): number {
    const { memory } = this
    let position = root
    for (let cell = code[position] as number; cell >= 0; cell = code[position] as number) {
      let word = memory[cell * STRIDE] as number
      while ((word & PENDING) !== 0) word = Atomics.load(memory, cell * STRIDE)
      position = code[position + 1 + (word & VALUE)] as number
    }
    return position
  }

  /** The same, and notes what was read. */
  private noted(code: Int32Array, root: number): number {
    const { memory, cells, words } = this
    let position = root
    this.read = 0
    for (let cell = code[position] as number; cell >= 0; cell = code[position] as number) {
      let word = Atomics.load(memory, cell * STRIDE)
      while ((word & PENDING) !== 0) word = Atomics.load(memory, cell * STRIDE)
      cells[this.read] = cell
      words[this.read++] = word
      position = code[position + 1 + (word & VALUE)] as number
    }
    return position
  }

  /** The word that was read of a cell; what is there now if none was. */
  private wordRead(cell: number): number {
    for (let i = 0; i < this.read; i++) if (this.cells[i] === cell) return this.words[i] as number
    let word = Atomics.load(this.memory, cell * STRIDE)
    while ((word & PENDING) !== 0) word = Atomics.load(this.memory, cell * STRIDE)
    return word
  }

  private isAsRead(): boolean {
    for (let i = 0; i < this.read; i++)
      if (Atomics.load(this.memory, (this.cells[i] as number) * STRIDE) !== this.words[i]) return false
    return true
  }

  /** One of the outcomes of a leaf: the world decides. */
  private choose(code: Int32Array, leaf: number): number {
    const count = code[leaf + 1] as number
    return code[leaf + 2 + (count === 1 ? 0 : this.random() % count)] as number
  }

  // ------------------------------------------------------------------------------------------------- writing

  private plain(code: Int32Array, outcome: number, k: number): void {
    const { memory } = this
    const count = code[outcome + 2] as number
    for (let i = 0; i < count; i++) {
      if (k > 0) this.seed = ballast(this.own, k, this.seed)
      const at = outcome + 3 + 2 * i
      memory[(code[at] as number) * STRIDE] = this.wordOf(code[at + 1] as number)
    }
  }

  private visibleOf(code: Int32Array, outcome: number): number {
    return outcome + 3 + 2 * (code[outcome + 2] as number)
  }

  /** Puts the one value at once that an outcome has, if it has one and the location is as it was read. */
  private exchanged(code: Int32Array, outcome: number): boolean {
    const visible = this.visibleOf(code, outcome)
    if (code[visible] === 0) return true
    const cell = code[visible + 1] as number
    const word = this.wordRead(cell)
    const next = this.wordOf(code[visible + 2] as number)
    return Atomics.compareExchange(this.memory, cell * STRIDE, word, next) === word
  }

  /** Puts all values at once, or none. */
  private allAtOnce(code: Int32Array, outcome: number): boolean {
    const { memory } = this
    const visible = this.visibleOf(code, outcome)
    const count = code[visible] as number
    const tag = this.wordOf(PENDING)
    let marked = 0
    for (; marked < count; marked++) {
      const cell = code[visible + 1 + 2 * marked] as number
      const word = this.wordRead(cell)
      this.before[marked] = word
      if (
        Atomics.compareExchange(memory, cell * STRIDE, word, tag | (code[visible + 2 + 2 * marked] as number)) !== word
      )
        break
    }
    const isDone = marked === count && this.isAsMarked(code, visible, tag)
    for (let i = 0; i < marked; i++) {
      const at = (code[visible + 1 + 2 * i] as number) * STRIDE
      const pending = tag | (code[visible + 2 + 2 * i] as number)
      // who has stored there since comes after this step
      Atomics.compareExchange(memory, at, pending, isDone ? pending & ~PENDING : (this.before[i] as number))
    }
    return isDone
  }

  /** Are the marks there, and is what was only read as it was? */
  private isAsMarked(code: Int32Array, visible: number, tag: number): boolean {
    const count = code[visible] as number
    for (let i = 0; i < this.read; i++) {
      const cell = this.cells[i] as number
      let expected = this.words[i] as number
      for (let j = 0; j < count; j++)
        if (code[visible + 1 + 2 * j] === cell) expected = tag | (code[visible + 2 + 2 * j] as number)
      if (Atomics.load(this.memory, cell * STRIDE) !== expected) return false
    }
    for (let j = 0; j < count; j++) {
      const cell = code[visible + 1 + 2 * j] as number
      if (Atomics.load(this.memory, cell * STRIDE) !== (tag | (code[visible + 2 + 2 * j] as number))) return false
    }
    return true
  }

  // ------------------------------------------------------------------------------------------------- steps

  /** Takes a step; the outcome, or why there is none. */
  private take(code: Int32Array, flags: number, root: number, k: number): number {
    if ((flags & DRAINS) !== 0) Atomics.exchange(this.memory, this.fence, 0)
    const way = flags & WAY_MASK
    if (way === PLAIN) {
      const leaf = this.leaf(code, root)
      if (code[leaf] !== TAKEN) return code[leaf] as number
      const outcome = this.choose(code, leaf)
      this.plain(code, outcome, k)
      return outcome
    }
    return way === LOCKED_WAY ? this.takeLocked(code, way, root) : this.takeAtOnce(code, way, root)
  }

  /** Looks until what was read is of one moment, and what is put there is put at once. */
  private takeAtOnce(code: Int32Array, way: number, root: number): number {
    for (;;) {
      const leaf = this.noted(code, root)
      if (code[leaf] !== TAKEN) {
        if (this.isAsRead()) return code[leaf] as number
        continue
      }
      const outcome = this.choose(code, leaf)
      if (!this.puts(code, way, outcome)) continue
      this.plain(code, outcome, 0)
      return outcome
    }
  }

  private puts(code: Int32Array, way: number, outcome: number): boolean {
    if (way === SNAPSHOT) return this.isAsRead()
    return way === LOCKED_WAY ? this.allAtOnce(code, outcome) : this.exchanged(code, outcome)
  }

  private takeLocked(code: Int32Array, way: number, root: number): number {
    const { memory, lock } = this
    while (Atomics.compareExchange(memory, lock, 0, this.me + 1) !== 0);
    const outcome = this.takeAtOnce(code, way, root)
    Atomics.store(memory, lock, 0)
    return outcome
  }

  /**
   * Runs a thread from a node on. The record gets an entry for each step; what led back to the same node without anybody being able
   * to see it is not there: without it the run is one all the same.
   */
  run({ code, heads }: ThreadCode, from: number, record: Uint16Array, start: number, limits: Limits): void {
    let node = from
    let p = start
    let turns = limits.turns
    let barrier = this.clock
    const last = start + limits.steps
    this.stop = 'budget'
    while (p < last) {
      const head = heads[node] as number
      const flags = code[head] as number
      if ((flags & WAY_MASK) === END) {
        this.stop = 'end'
        break
      }
      this.clock++
      if ((flags & HEAD) !== 0) {
        if ((this.came[node] as number) > barrier) {
          p = this.recorded[node] as number
          barrier = this.clock - 1
          if ((turns = this.left(turns, limits)) < 0) {
            this.stop = 'waits'
            break
          }
        }
        this.came[node] = this.clock
        this.recorded[node] = p
      }
      const outcome = this.take(code, flags, code[head + 1] as number, limits.ballast)
      if (outcome < 0) {
        if (outcome === UNKNOWN) {
          this.stop = 'unknown'
          break
        }
        this.clock++
        if ((turns = this.left(turns, limits)) < 0) {
          this.stop = 'waits'
          break
        }
        continue
      }
      record[p++] = code[outcome] as number
      if ((flags & EFFECT) !== 0) barrier = ++this.clock
      node = code[outcome + 1] as number
    }
    this.node = node
    this.end = p
  }
}
