/**
 * The memory models, as functions on one thread's store buffer: which value a load sees, what a store does, which
 * buffered store may become visible next. Everything that runs a program under a memory model goes through these, so
 * that a model is written in one place. Twin of spec/lib/Memory.tla.
 *
 * - SC: there are no buffers, a store is visible at once.
 * - TSO: one FIFO per thread; a load sees the thread's own newest buffered store. As in Sewell, Sarkar, Owens, Zappa
 *   Nardelli, Myreen: "x86-TSO: a rigorous and usable programmer's model for x86 multiprocessors" (CACM 2010).
 * - PSO: one FIFO per thread and location, so that stores to different locations may become visible in either order,
 *   unless a write barrier is between them. As in the SPARC Architecture Manual, version 8, appendix K.
 *
 * In all three, locked read-modify-writes and full barriers wait until the thread's buffer is empty.
 */

export type MemoryModel = 'SC' | 'TSO' | 'PSO'

export const MEMORY_MODELS: readonly MemoryModel[] = ['SC', 'TSO', 'PSO']

/** A store that its thread has done and the others do not see yet; without a location, a write barrier. */
export type Buffered<L, V> = { readonly location: L; readonly value: V } | { readonly barrier: true }

/** The buffer of one thread, oldest entry first, in program order. */
export type StoreBuffer<L, V> = readonly Buffered<L, V>[]

const isTo = <L, V>(entry: Buffered<L, V>, location: L): entry is { readonly location: L; readonly value: V } =>
  'location' in entry && entry.location === location

/** The newest own store to `location` that is still buffered; undefined where memory is what the thread sees. */
export const forwarded = <L, V>(buffer: StoreBuffer<L, V>, location: L): { readonly value: V } | undefined =>
  buffer.findLast((entry) => isTo(entry, location))

/** Does a store wait in the buffer, or is it visible at once? */
export const buffersStores = (model: MemoryModel): boolean => model !== 'SC'

/** The buffer after a store. */
export const withStore = <L, V>(buffer: StoreBuffer<L, V>, location: L, value: V): StoreBuffer<L, V> => [
  ...buffer,
  { location, value },
]

/**
 * The buffer after smp_wmb(). Only PSO can reorder stores, so only there is anything to remember; and a barrier with no
 * store before it orders nothing.
 */
export const withWriteBarrier = <L, V>(model: MemoryModel, buffer: StoreBuffer<L, V>): StoreBuffer<L, V> => {
  const last = buffer.at(-1)
  return model !== 'PSO' || last === undefined || 'barrier' in last ? buffer : [...buffer, { barrier: true }]
}

/** Would the next store, or the next write barrier, make the buffer longer than it may be? */
export const isFull = <L, V>(buffer: StoreBuffer<L, V>, slots: number): boolean => buffer.length >= slots

/** Positions of the stores that may become visible next. */
export const committable = <L, V>(model: MemoryModel, buffer: StoreBuffer<L, V>): readonly number[] => {
  if (model !== 'PSO') return buffer.length === 0 ? [] : [0]
  const barrier = buffer.findIndex((entry) => 'barrier' in entry)
  const free = barrier < 0 ? buffer : buffer.slice(0, barrier)
  return free.flatMap((entry, i) =>
    'location' in entry && !free.slice(0, i).some((earlier) => isTo(earlier, entry.location)) ? [i] : [],
  )
}

/** The buffer after the store at position `i` has become visible; barriers with nothing before them are gone. */
export const withoutStore = <L, V>(buffer: StoreBuffer<L, V>, i: number): StoreBuffer<L, V> => {
  const rest = [...buffer.slice(0, i), ...buffer.slice(i + 1)]
  const first = rest.findIndex((entry) => 'location' in entry)
  return first < 0 ? [] : rest.slice(first)
}
