/** Which litmus tests are run live. */

import type { LiveScenario } from '../lib/protocol/live-scenario.ts'

const scenario = (design: string, barrier: boolean, control = false): LiveScenario => ({
  designs: [{ design, barrier }],
  property: 'OutcomeForbiddenInv',
  counted: 'had the outcome',
  control,
  race: ['P0', 'P1'],
  stops: new Set(['done']),
})

export const litmusLive: readonly LiveScenario[] = [
  // store buffering itself: hardware that does not show this shows nothing
  scenario('sb', false, true),
  scenario('sb+mbs', true),
  scenario('sb+rmws', true),
  scenario('r', false),
  scenario('r+mbs', true),
  scenario('mp', false),
]
