/** The last so many of something, in memory that does not grow. */
export class Ring<T> {
  private readonly most: number
  private readonly items: T[] = []
  private count = 0

  constructor(most: number) {
    this.most = most
  }

  /** What the next one takes the place of: it may be used again. Kept over `clear`. */
  get leaving(): T | undefined {
    return this.most === 0 ? undefined : this.items[this.count % this.most]
  }

  add(item: T): void {
    if (this.most === 0) return
    this.items[this.count % this.most] = item
    this.count += 1
  }

  clear(): void {
    this.count = 0
  }

  /** At most n of them, the newest last. */
  last(n = this.most): T[] {
    const kept = Math.min(n, this.count, this.most)
    const first = this.count - kept
    return Array.from({ length: kept }, (_, i) => this.items[(first + i) % this.most]).filter((i) => i !== undefined)
  }
}
