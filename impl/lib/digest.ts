/** An order-independent digest of a labelled transition system: equal systems have equal digests, in any numbering. */

import { createHash } from 'node:crypto'

const MASK = (1n << 128n) - 1n

const hash128 = (text: string): bigint => BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)

/** Sums of hashes modulo 2^128, one sum each for initial states, states and edges. */
export class LtsDigest {
  private initial = 0n
  private states = 0n
  private edges = 0n

  /** Adds a state by its canonical text; returns what `edge` wants of it. */
  state(text: string, initial: boolean): string {
    const hash = hash128(text)
    this.states = (this.states + hash) & MASK
    if (initial) this.initial = (this.initial + hash) & MASK
    return hash.toString(36)
  }

  /** Adds an edge between two states that were added. */
  edge(source: string, action: string, target: string): void {
    this.edges = (this.edges + hash128(`${source} ${action} ${target}`)) & MASK
  }

  /** The digest, in hexadecimal. */
  value(): string {
    const parts = [this.initial, this.states, this.edges].map((n) => n.toString(16).padStart(32, '0'))
    return createHash('sha256').update(parts.join(' ')).digest('hex')
  }
}
