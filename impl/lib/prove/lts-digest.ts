/** An order-independent digest of a labelled transition system: equal systems have equal digests, in any numbering. */

import { hash } from 'node:crypto'

const MASK = (1n << 128n) - 1n

/** 128 bits as four words of 32, the highest first. */
export type Hash128 = readonly [a: number, b: number, c: number, d: number]

/** Terms of a sum before it is brought back below 2^128: 2^20 words of 32 bits fit a double. */
const CARRY_AFTER = 2 ** 20

/** A sum of 128-bit numbers modulo 2^128. */
class Sum {
  private a = 0
  private b = 0
  private c = 0
  private d = 0
  private terms = 0
  private total = 0n

  add(a: number, b: number, c: number, d: number): void {
    this.a += a >>> 0
    this.b += b >>> 0
    this.c += c >>> 0
    this.d += d >>> 0
    this.terms += 1
    if (this.terms === CARRY_AFTER) this.carry()
  }

  private carry(): void {
    const sum = [this.a, this.b, this.c, this.d].reduce((n, word) => (n << 32n) + BigInt(word), 0n)
    this.total = (this.total + sum) & MASK
    this.a = this.b = this.c = this.d = this.terms = 0
  }

  value(): bigint {
    this.carry()
    return this.total
  }
}

/** The first half of a text's sha256. */
export const hash128 = (text: string): Hash128 => {
  const hex = hash('sha256', text)
  const word = (i: number): number => parseInt(hex.slice(8 * i, 8 * i + 8), 16) | 0
  return [word(0), word(1), word(2), word(3)]
}

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** The finaliser of MurmurHash3 for 32 bits: every bit of the input turns half of the output over. */
const mixed = (x: number): number => {
  let h = x
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/**
 * Sums of hashes modulo 2^128, one sum each for initial states, states and edges. A state's hash is half of the sha256 of
 * its canonical text. An edge's is mixed from those of its source, action and target, not linearly: exchanging the
 * targets of two edges must change the sum.
 */
export class LtsDigest {
  private readonly initial = new Sum()
  private readonly states = new Sum()
  private readonly edges = new Sum()

  /** Adds a state by the hash of its text. */
  state([a, b, c, d]: Hash128, initial: boolean): void {
    this.states.add(a, b, c, d)
    if (initial) this.initial.add(a, b, c, d)
  }

  /** Adds an edge between two states that were added, by their hashes and that of the action's name. */
  edge(source: Hash128, action: Hash128, target: Hash128): void {
    let [a, b, c, d] = source
    for (const [p, q, r, s] of [action, target]) {
      a = mixed(a ^ p) + rotated(b, 7)
      b = mixed(b ^ q) + rotated(c, 11)
      c = mixed(c ^ r) + rotated(d, 19)
      d = mixed(d ^ s) + rotated(a, 23)
      a = mixed(a + d)
      b = mixed(b + a)
      c = mixed(c + b)
      d = mixed(d + c)
    }
    this.edges.add(a, b, c, d)
  }

  /** The digest, in hexadecimal. */
  value(): string {
    const parts = [this.initial, this.states, this.edges].map((sum) => sum.value().toString(16).padStart(32, '0'))
    return hash('sha256', parts.join(' '))
  }
}
