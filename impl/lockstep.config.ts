/** The package's own protocols, as every workspace names its own: the calibration of the memory models first. */

import { apfReadyProtocol } from './apf-ready/index.ts'
import { apicGroupsProtocol } from './apic-groups/index.ts'
import { flushInhibitProtocol } from './flush-inhibit/index.ts'
import type { ProtocolEntry } from './lib/protocol/config.ts'
import { defineConfig } from './lib/protocol/config.ts'
import type { Protocol } from './lib/protocol/protocol.ts'
import { litmusProtocol } from './litmus/index.ts'
import { litmusLive } from './litmus/live.ts'
import { pollKickProtocol } from './poll-kick/index.ts'
import { pollKickLive } from './poll-kick/live.ts'
import { vtlWakeupProtocol } from './vtl-wakeup/index.ts'

/** Machines, specifications and evidence are each in a tree of their own. */
const ours = (protocol: Protocol): ProtocolEntry => ({
  protocol,
  spec: `spec/${protocol.name}`,
  traces: `traces/${protocol.name}`,
  entry: `impl/${protocol.name}/index.ts`,
})

export default defineConfig({
  protocols: [
    { ...litmusProtocol, live: litmusLive },
    vtlWakeupProtocol,
    apicGroupsProtocol,
    { ...pollKickProtocol, live: pollKickLive },
    apfReadyProtocol,
    flushInhibitProtocol,
  ].map(ours),
})
