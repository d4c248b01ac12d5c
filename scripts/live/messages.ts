/** What is said between the command and the two threads of a live run. */

import type { Arena, Shape } from '../../impl/lib/live/rounds.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import type { SharedWorkspace } from '../../impl/lib/protocol/project.ts'
import type { DataModule } from '../../impl/lib/protocol/protocol.ts'

/** The programs, generated, or the machine itself for the general interpreter. */
export type ThreadCode =
  | { readonly kind: 'generated'; readonly bodies: readonly string[] }
  | {
      readonly kind: 'general'
      /** the workspace of the protocol, unless it is one of ours */
      readonly workspace: SharedWorkspace | undefined
      readonly protocol: string
      readonly constants: ReadonlyMap<string, TlaValue>
      readonly data: DataModule | undefined
      /** index into the protocol’s scenarios */
      readonly scenario: number
    }

/** What a thread knows from its start. */
export interface Start {
  readonly me: 0 | 1
  readonly shape: Shape
  readonly arena: Arena
  readonly initial: readonly number[]
  readonly programs: ThreadCode
}

/** Play a batch. */
export interface Batch {
  readonly rounds: number
  readonly seed: number
  /** milliseconds that one thread waits for the other */
  readonly patience: number
}

/** The batch is played, or why not. */
export type Played = { readonly done: true } | { readonly abandoned: string }
