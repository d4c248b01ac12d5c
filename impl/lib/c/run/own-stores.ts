/** The stores of threads that others do not see yet, by their locations: for whoever asks of one location, or of all. */

import { at } from '../../kernel/at.ts'
import type { Buffer } from '../../kernel/explore/final-states.ts'
import type { Domain } from '../../kernel/language/domain.ts'
import type { Shared } from '../../kernel/language/shared.ts'
import type { StoreBuffer } from '../../kernel/memory/buffer.ts'

export class OwnStores {
  /** of each thread, in the machine's order */
  readonly buffers: readonly Buffer[]
  private readonly shared: Shared

  constructor(shared: Shared) {
    this.shared = shared
    const { cells } = shared.variables.find(({ name }) => name === 'store_buffer') ?? { cells: [] }
    this.buffers = cells.map((cell): Buffer => {
      const { values } = at(shared.cells, cell).domain as Domain<StoreBuffer<number, number>>
      const stores = (index: number): number[] =>
        at(values, index).flatMap((entry) => ('location' in entry ? [entry.location] : []))
      return { cell, stores }
    })
  }

  /** Is a store of the thread to the location still on its way, in the present state? */
  isWaiting(thread: number, location: number): boolean {
    const { cell, stores } = at(this.buffers, thread)
    return stores(this.shared.store.get(cell)).includes(location)
  }
}
