/** poll-kick in words: the statements of document 002 that each action is, for diagrams and tables. */

import type { ActionDocs } from '../lib/report/docs.ts'
import { commitDoc } from '../lib/report/memory.ts'

/** Words for the actions, properties, toggles and fields of poll-kick. */
export const pollKickDocs: ActionDocs = {
  actions: { commit: commitDoc({}) },
  lane: ([kind, id]) => `${kind} ${id}`,
  properties: {},
  toggles: {},
  fields: {},
  notes: [],
}
