/** What a command works on: the protocols that there are, and their models. One of it, handed to whoever needs it. */

import type { LockstepError } from '../kernel/error.ts'
import type { Model } from './model.ts'
import type { HousedProtocol } from './protocol.ts'

/** Where a workspace is. */
export interface Workspace {
  /** absolute path of the configuration, or of the package.json that has it */
  readonly config: string
  readonly root: string
}

/** A workspace for worker threads, which load its modules again. */
export interface SharedWorkspace extends Workspace {
  /** digest of the code of the protocol that is meant: theirs must be the same */
  readonly code: string
}

export interface Project {
  /** the user's own workspace, if the command is in one */
  readonly workspace: Workspace | undefined
  /** what a command works on that is told no target: the workspace's, or ours where there is none */
  readonly protocols: readonly HousedProtocol[]
  /** ours, where a command works on the workspace's unless they are named */
  readonly builtin: readonly HousedProtocol[]
  /** names of ours that the workspace has too: its own are meant */
  readonly shadowed: readonly string[]
  /** what of the workspace cannot be used, and why */
  readonly broken: readonly { readonly name: string; readonly error: LockstepError }[]
  /**
   * the protocol of a name, of the workspace's and of ours
   * @throws LockstepError (exit 2) what is wrong with it, if it cannot be used
   */
  readonly named: (name: string) => HousedProtocol | undefined
  /** the models of one protocol */
  readonly modelsOf: (protocol: HousedProtocol) => readonly Model[]
  /** of `protocols`, in their order; read when they are asked for first, and once */
  readonly models: readonly Model[]
  /** those of the protocols that targets may name a model of; all where there is no target, or one that names no protocol */
  readonly modelsFor: (targets: readonly string[]) => readonly Model[]
  /**
   * a model with its specification, where that is made of the machine's own source when somebody asks for it; `name`: of its module
   * @throws LockstepError (exit 2) where none can be made
   */
  readonly specified?: (model: Model, name?: string) => Model
}
