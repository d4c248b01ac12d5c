/**
 * What a live run does: which programs race on the two cores, which run after them, what the world decides, and in which
 * designs. A protocol says it of its own programs; the programs themselves are the machines'.
 *
 * A round begins in the initial state. The two racers run at the same time, each until it is at a label of `stops`
 * again; then, when both have stopped and their stores are visible, the threads of `after` run, one after the other. A
 * thread that is not named stays where it starts.
 */

/** What the world decides at a step with choices: always the same, or a coin toss. */
export type Decision = { readonly always: unknown } | 'random'

/** One design of a scenario. */
export interface LiveDesign {
  readonly design: string
  /** does it have the barrier, or the locked instruction, that the scenario is about? */
  readonly barrier: boolean
}

/** A race on real threads, and what is counted of it. */
export interface LiveScenario {
  readonly designs: readonly LiveDesign[]
  /** the invariant that a lost event violates at the end of a round */
  readonly property: string
  /** what is counted, for people */
  readonly counted: string
  /** if no round violates it where the model says that one may, has the run shown nothing? */
  readonly control?: boolean
  readonly race: readonly [string, string]
  /** threads that run when the racers have stopped, one after the other */
  readonly after?: readonly string[]
  /** labels at which a thread stops: where it has ended, where it waits, where its round begins again */
  readonly stops: ReadonlySet<string>
  readonly decide?: Readonly<Record<string, Decision>>
  /** variables that no program reads: they are for other properties than this one, and no C code has them */
  readonly history?: ReadonlySet<string>
}
