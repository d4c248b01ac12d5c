/** Building blocks of the kernel that protocols share; each has its twin in spec/lib. */

export * from './task.ts'
export * from './wait-queue.ts'
export * from './completion.ts'
export * from './irq.ts'
export * from './bitops.ts'
export * from './mutex.ts'
export * from './workqueue.ts'
export * from './seqcount.ts'
export * from './refcount.ts'
export * from './rcuwait.ts'
export * from './rwlock.ts'
export * from './rcu.ts'
