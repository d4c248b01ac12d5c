/** What a command works on: the protocols that there are, and their models. One of it, handed to whoever needs it. */

import type { Model } from './model.ts'
import type { Protocol } from './protocol.ts'

export interface Project {
  readonly protocols: readonly Protocol[]
  /** in the order of the protocols and their manifests; read when they are asked for first, and once */
  readonly models: readonly Model[]
  /** those of the protocols that targets may name a model of; all where there is no target, or one that names no protocol */
  readonly modelsFor: (targets: readonly string[]) => readonly Model[]
}
