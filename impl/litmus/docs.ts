/** litmus in words: its steps are of no function. */

import type { Words } from '../lib/protocol/docs.ts'

/** Words for the actions of litmus. */
export const litmusDocs: Words = {
  actions: Object.fromEntries(
    ['store', 'load', 'xchg', 'smp_mb', 'smp_wmb', 'done'].map((label) => [label, { function: '' }]),
  ),
  lane: ([, n]) => `P${n}`,
  properties: { OutcomeForbiddenInv: 'The outcome of the test is never observed.' },
}
