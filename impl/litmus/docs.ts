/** litmus in words: each step as the C that it stands for. */

import type { ActionDocs, FieldDoc } from '../lib/protocol/docs.ts'
import { commitDoc } from '../lib/protocol/memory-docs.ts'

const fields: Readonly<Record<string, FieldDoc>> = { mem: { name: (key) => key.replaceAll('"', '') } }

/** Words for the actions of litmus. */
export const litmusDocs: ActionDocs = {
  actions: {
    store: { function: '' },
    load: { function: '' },
    xchg: { function: '' },
    smp_mb: { function: '' },
    smp_wmb: { function: '' },
    done: { function: '' },
    commit: commitDoc(fields),
  },
  lane: ([, n]) => `P${n}`,
  properties: { OutcomeForbiddenInv: 'The outcome of the test is never observed.' },
  toggles: {},
  fields,
  notes: [],
}
