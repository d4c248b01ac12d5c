/** What a workspace says of itself: the default export of lockstep.config.ts, or `lockstep` in package.json. */

import type { Protocol } from './protocol.ts'

/** A protocol whose files are not all in one directory; paths are relative to the workspace. */
export interface ProtocolEntry {
  readonly protocol: Protocol | string
  /** directory of its modules, configurations and manifest; default that of the protocol's own module */
  readonly spec?: string
  /** directory of its evidence; default `traces` beside its module */
  readonly traces?: string
  /** the module that `protocol` was imported from, where it is no path */
  readonly entry?: string
}

/** A workspace: which protocols it has. */
export interface Config {
  /** directories or modules, relative to the workspace; or protocols themselves, where they are defined in the configuration */
  readonly protocols: readonly (string | Protocol | ProtocolEntry)[]
}

/** Gives the configuration its type. */
export const defineConfig = (config: Config): Config => config
