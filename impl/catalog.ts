/** The one place that names all the protocols. */

import { flushInhibitProtocol } from './flush-inhibit/index.ts'
import type { Protocol } from './lib/protocol.ts'

/** In the order of the documents that they implement. */
export const PROTOCOLS: readonly Protocol[] = [flushInhibitProtocol]

export const protocolNamed = (name: string): Protocol | undefined => PROTOCOLS.find((p) => p.name === name)
