/** vtl-wakeup in words: the statements of document 000 that each action is, for diagrams and tables. */

import type { ActionDocs } from '../lib/report/docs.ts'

/** Words for the actions, properties, toggles and fields of vtl-wakeup. */
export const vtlWakeupDocs: ActionDocs = {
  actions: {},
  lane: ([kind, id]) => `${kind} ${id}`,
  properties: {},
  toggles: {},
  fields: {},
  notes: [],
}
