/** Refuses a machine whose parts do not fit together: it would run, and what it says would mean nothing. */

import { badInput } from '../error.ts'
import type { Machine } from '../language/machine.ts'
import { sameThread, threadName } from '../language/machine.ts'

const refused = (code: string, message: string, hint: string) => badInput({ code, message, hint })

/** Each thread's buffered stores must become visible, and each thread must be where its memory takes it to be. */
const refuseMemory = ({ shared, threads, environment }: Machine): void => {
  for (const { threads: wanted, commit } of shared.demands) {
    const names = (ids: Machine['threads'][number]['id'][]): string => ids.map(threadName).join(', ')
    const ids = threads.map(({ id }) => id)
    if (wanted.length !== ids.length || !wanted.every((id, i) => ids[i] !== undefined && sameThread(id, ids[i])))
      throw refused(
        'thread-order',
        `the machine's threads are ${names(ids)}, and its memory was made for ${names([...wanted])}`,
        'give both the same threads in the same order: a step is known by the place of its thread',
      )
    const silent = wanted.find(
      (id) => !environment.some(({ label, thread }) => label === commit && sameThread(thread, id)),
    )
    if (commit !== undefined && silent !== undefined)
      throw refused(
        'no-commits',
        `${threadName(silent)} has a store buffer, but no step makes a buffered store visible to others`,
        'add `...memory.commits()` to the environment of the machine',
      )
  }
}

/** A local that is called like a shared variable would hide it in states, traces and logs. */
const refuseNames = ({ shared, threads, invariants, liveness, possibilities = [] }: Machine): void => {
  const variables = new Set(['pc', ...shared.variables.map(({ name }) => name)])
  for (const { id, frame } of threads) {
    const hidden = Object.keys(frame).find((field) => variables.has(field))
    if (hidden !== undefined)
      throw refused(
        'variable-twice',
        `${threadName(id)} has a local ${hidden}, and there is a shared variable of that name`,
        'give one of them another name',
      )
  }
  // a deadlock is named as a property is
  const names = ['Deadlock', ...[...invariants, ...liveness, ...possibilities].map(({ name }) => name)]
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw refused('property-twice', `there are two properties named ${twice}`, 'give one of them another name')
}

/** Fairness of a thread that is not there is fairness of nobody. */
const refuseFairness = ({ threads, fairness }: Machine): void => {
  const stray = fairness.find(({ thread }) => !threads.some(({ id }) => sameThread(id, thread)))
  if (stray !== undefined)
    throw refused(
      'no-such-thread',
      `the fairness of ${threadName(stray.thread)} is given, and there is no such thread`,
      `there are ${threads.map(({ id }) => threadName(id)).join(', ')}`,
    )
}

/** @throws LockstepError (exit 2) `thread-order`, `no-commits`, `variable-twice`, `property-twice`, `no-such-thread` */
export const requireWellFormed = (machine: Machine): void => {
  refuseMemory(machine)
  refuseNames(machine)
  refuseFairness(machine)
}
