/** The one place that names all the protocols. */

import { apfReadyProtocol } from './apf-ready/index.ts'
import { apicGroupsProtocol } from './apic-groups/index.ts'
import { flushInhibitProtocol } from './flush-inhibit/index.ts'
import { litmusProtocol } from './litmus/index.ts'
import { litmusLive } from './litmus/live.ts'
import type { LiveScenario } from './lib/live/scenario.ts'
import type { Protocol } from './lib/protocol/protocol.ts'
import { pollKickProtocol } from './poll-kick/index.ts'
import { pollKickLive } from './poll-kick/live.ts'
import { vtlWakeupProtocol } from './vtl-wakeup/index.ts'

/** The calibration of the memory models first, then in the order of the documents that they implement. */
export const PROTOCOLS: readonly Protocol[] = [
  litmusProtocol,
  vtlWakeupProtocol,
  apicGroupsProtocol,
  pollKickProtocol,
  apfReadyProtocol,
  flushInhibitProtocol,
]

export const protocolNamed = (name: string): Protocol | undefined => PROTOCOLS.find((p) => p.name === name)

/** All live runs there are; they are no part of what a protocol is, and no proof depends on them. */
export const SCENARIOS: readonly LiveScenario[] = [...pollKickLive, ...litmusLive]
