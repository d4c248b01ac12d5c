/** The package's own protocols and models, read once for a file of tests. */

import type { Model } from '../impl/lib/protocol/model.ts'
import type { HousedProtocol } from '../impl/lib/protocol/protocol.ts'
import { openProject } from '../scripts/workspace/project.ts'

export const project = await openProject()

export const PROTOCOLS = project.protocols

export const loadModels = (): readonly Model[] => project.models

/** One of the package's protocols. */
export const protocolNamed = (name: string): HousedProtocol => {
  const found = project.named(name)
  if (found === undefined) throw new RangeError(`no protocol ${name}`)
  return found
}

/** What is run live, of all protocols. */
export const SCENARIOS = PROTOCOLS.flatMap(({ name, live = [] }) =>
  live.map((scenario) => ({ protocol: name, scenario })),
)
