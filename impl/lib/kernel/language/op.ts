/**
 * Steps of programs. A program reads like the C code, one `yield*` per shared access, and does not know which interpreter
 * runs it: it yields an `Op`, is suspended there, and is resumed with the op's result. Everything that it carries over an
 * access is in its frame; compile.ts holds it to that.
 */

import type { TlaValue } from './value.ts'

/** What an op does to memory, for people to read. */
export type OpKind = 'load' | 'store' | 'rmw' | 'barrier' | 'wait' | 'atomic' | 'end'

/**
 * An access as data, for interpreters that run it on something else than a `Store`: real memory, for one. Values are
 * indices in the domain of the cell.
 */
export type Access =
  | { readonly op: 'load'; readonly cell: number }
  | { readonly op: 'store' | 'release'; readonly cell: number; readonly value: number }
  | { readonly op: 'xchg'; readonly cell: number; readonly value: number }
  /** `full`: is it a full barrier where it fails? */
  | {
      readonly op: 'cmpxchg'
      readonly cell: number
      readonly old: number
      readonly value: number
      readonly full: boolean
    }
  /** waits until the cell has one of the values that `ready` lists, and stores `value` in the same step */
  | { readonly op: 'await'; readonly cell: number; readonly ready: readonly number[]; readonly value: number }
  /** a load and a plain store of `map[index]`: data that a lock protects */
  | { readonly op: 'update'; readonly cell: number; readonly map: readonly number[] }
  | { readonly op: 'mb' | 'wmb' }

/** The same thing said twice: in full, and in brief for columns that are too narrow. */
export interface Wording {
  readonly full: string
  readonly brief: string
}

/** A step in the words of C, where those of its access will not do. */
export interface StepWords {
  /** the C function that it is a step of, without parentheses; if not given, the label stands for it */
  readonly function?: string | Wording
  /** the statement; if not given, it is what the access says, e.g. `READ_ONCE(vcpu->kicked) == true` */
  readonly text?: string | Wording
}

/** The action of the specification that a step is; with words for diagrams, if it is to have some of its own. */
export type Label = string | ({ readonly label: string } & StepWords)

/** A label as the fields of an op. */
export const labelled = (label: Label): Pick<Op, 'label' | 'words'> => {
  if (typeof label === 'string') return { label }
  const { label: name, ...words } = label
  return { label: name, words }
}

/** One step of a thread: at most one access to shared memory. */
export interface Op<R = unknown> {
  /** the action of the specification that is this step */
  readonly label: string
  readonly words?: StepWords
  readonly kind: OpKind
  /** what is accessed, in C, e.g. `v2->tlb_flush_inhibit`; shown in diagrams */
  readonly what: string
  /** what the world decides within this step; one `undefined` where it decides nothing */
  readonly choices: readonly unknown[]
  /** the location that is accessed: the shared variable's element; for people to read */
  readonly cell?: number
  /** what a store or a locked store puts there, for people to read */
  readonly stored?: TlaValue
  /** what a cmpxchg() compares with, for people to read */
  readonly compared?: TlaValue
  /** takes the step on the current store; throws `Refusal` where the step cannot be taken yet */
  readonly exec: (choice: unknown) => R
  /** what `exec` does besides history variables; undefined for a step of one's own */
  readonly access?: Access
}

/** A piece of program that returns a value; sub-functions are called with `yield*`. */
export type Step<R> = Generator<Op, R, unknown>

/** A whole thread: runs for ever. */
export type Program = Step<void>

/** Thrown by `require`: the step is not enabled here. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** Holds the step back until `condition`; `why` is the condition in words, for whoever asks why it is refused. */
export function require(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refusal(why)
}

let watcher: ((op: Op) => void) | undefined

/** Runs `body` with `seen` told of each step as it is made, while the statement that makes it is still on the stack. */
export const watching = <R>(seen: (op: Op) => void, body: () => R): R => {
  const outer = watcher
  watcher = seen
  try {
    return body()
  } finally {
    watcher = outer
  }
}

function* performing<R>(op: Op<R>): Step<R> {
  // the interpreter resumes with what op.exec returned
  return (yield op) as R
}

/** One step of a program. */
export const perform = <R>(op: Op<R>): Step<R> => {
  watcher?.(op)
  return performing(op)
}

/** A step of one's own. `choices` are what the world may decide within it. */
export const atomic = <R, C = undefined>(
  label: Label,
  what: string,
  exec: (choice: C) => R,
  choices: readonly C[] = [undefined as C],
): Step<R> => perform({ ...labelled(label), kind: 'atomic', what, choices, exec: (choice) => exec(choice as C) })

/** Where a thread ends: a step that it never takes. */
export const ended = (label: Label): Step<never> =>
  perform<never>({
    ...labelled(label),
    kind: 'end',
    what: 'the thread has ended',
    choices: [undefined],
    exec: () => {
      throw new Refusal('the thread has steps left')
    },
  })
