/** What a validation found, for every output there is: text, `--json`, JUnit, SARIF, annotations, step summary. */

import type { Blame } from '../prove/blame.ts'
import type { Json } from './json-codec.ts'

/** An event as the outputs name it. */
export interface SeenEvent {
  readonly line: number
  readonly action: string | null
  readonly thread: string | null
  readonly lane: string | null
  readonly result?: Json
  readonly state?: Readonly<Record<string, Json>>
}

/** A step that the model could have taken. */
export interface AllowedStep {
  readonly action: string
  readonly thread: string
  /** what the step's access would have returned, as JSON text; absent where it returns nothing */
  readonly result?: string
}

/** One state that explains the log up to the rejected event, and why it does not explain that event. */
export interface Candidate {
  /** what tells it from the other candidates: elements such as `pc[vcpu0]`, as JSON */
  readonly state: Readonly<Record<string, Json>>
  /** in words, e.g. `vcpu0 is at kvm_vcpu_poll_read_kicked, not at smp_mb` */
  readonly why: string
  /** fields in which the state after the step would differ: what the log says, what the model has */
  readonly differences: Readonly<Record<string, { readonly logged: Json; readonly model: Json }>>
  readonly blame: readonly Blame[]
}

/** A change of one event that would make the log acceptable. */
export interface Repair {
  readonly kind: 'drop' | 'swap'
  /** the event to drop; or the first of two neighbours to exchange */
  readonly line: number
  /** the other neighbour */
  readonly with?: number
  /** the rest of the log was looked at up to this line only; absent if all of it was */
  readonly upTo?: number
}

/** Where a log stops being one that the model allows. */
export interface LogDivergence {
  readonly line: number
  /** 1 unless something better is known */
  readonly column: number
  readonly event: SeenEvent
  readonly allowed: readonly AllowedStep[]
  /** how many more there are; absent if none */
  readonly allowedLeft?: number
  /** of the states so many were asked what they allow; absent if all were */
  readonly lookedAt?: number
  readonly blame: readonly Blame[]
  /** states that explain everything before */
  readonly candidateCount: number
  /** there are more, which were not counted */
  readonly candidatesCut?: true
  readonly candidates: readonly Candidate[]
  readonly repairs: readonly Repair[]
  /** the last steps before, one column per thread; lines of at most 75 columns */
  readonly lanes: readonly string[]
}

/** What another engine says of the same log, and whether that is what we say. */
export interface Opinion {
  readonly engine: 'tlc'
  /** its version; null where it did not get so far as to say it */
  readonly version: string | null
  /** null where it did not decide */
  readonly accepted: boolean | null
  /** the most events that some order explains */
  readonly explained: number | null
  readonly seconds: number
  /** states that it had to look at; null where it did not decide */
  readonly states: number | null
  /** null where it did not decide */
  readonly agrees: boolean | null
  /** our own answer to the question that it was asked */
  readonly ours: { readonly accepted: boolean; readonly explained: number }
  /** events whose `result` it was not told, as its specification has none; `ours` is without them too */
  readonly resultsLeftOut: number
  /** where its input was kept, and the line for `sh` that asks it again */
  readonly kept?: { readonly directory: string; readonly command: string }
}

/** What one design says of a log. */
export interface DesignVerdict {
  readonly model: string
  readonly verdict: 'accepted' | 'rejected' | 'incomplete'
  /** the first line that it does not allow; null where there is none to name */
  readonly line: number | null
  /** why it has no line to name, or what the design does not have */
  readonly why?: string
}

/** Why a log is no log; numbers from 1 on. */
export interface Refusal {
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

/** The result of one log against one model, or against all designs of a protocol. */
export interface Validation {
  /** accepted, and nothing was left undecided */
  readonly ok: boolean
  /** with `designs` the protocol */
  readonly model: string
  /** name of the log as the user gave it; `-` for stdin */
  readonly file: string
  readonly accepted: boolean
  /** `incomplete`: a limit or a signal ended it; never a pass */
  readonly verdict: 'accepted' | 'rejected' | 'incomplete'
  /** events read */
  readonly events: number
  /** events of the longest explained prefix */
  readonly explained: number
  readonly order: 'total' | 'per-cpu' | 'interval'
  /** lines that were no events and no comments, e.g. unmapped tracepoints */
  readonly unmapped: number
  /** places where the log says that events were lost */
  readonly gaps: number
  readonly seconds: number
  /** what the search for an order of the lanes went through; not there for a log in total order */
  readonly nodes?: number
  readonly divergence: LogDivergence | null
  /** why it is incomplete, and other remarks */
  readonly notes: readonly string[]
  /** with `--with tlc`; null where it was not asked, as the notes say */
  readonly oracle?: Opinion | null
  /** of a file that is no log, which is `incomplete` */
  readonly refused?: Refusal
  /** with `--design any`, in the reports: what each design says */
  readonly designs?: readonly DesignVerdict[]
}
