/** A litmus test as it is written: what herd has around the C of the threads, and where that C is. */

import type { Condition, Literal, Prop, Subject } from './condition.ts'
import type { At } from './source.ts'

/** A location or a register with what it begins with. */
export interface InitItem {
  readonly subject: Subject
  /** as it is written: `int`, `unsigned long`, `struct srcu_struct`; undefined where it is left out */
  readonly type: string | undefined
  readonly stars: number
  /** elements, of an array */
  readonly length: number | undefined
  /** one for each element; those that are not written are 0 */
  readonly values: readonly Literal[]
}

/** C in the file, from one place to another. */
export interface CText {
  readonly from: At
  readonly to: At
}

export interface Envelope {
  readonly name: string
  /** lines above the initial state that begin with # */
  readonly directives: readonly CText[]
  readonly init: readonly InitItem[]
  /** blocks behind the initial state that are for other tools: what is in them is not run */
  readonly ignored: readonly At[]
  readonly code: CText
  /** comments of herd in it, which are none in C */
  readonly comments: readonly CText[]
  readonly locations: readonly Subject[]
  readonly filter?: Prop
  readonly condition: Condition
  /** where the condition is, or where it should be */
  readonly conditionAt: At
  /** what the test's comment says of it, if it says something */
  readonly result: 'Never' | 'Sometimes' | 'Always' | undefined
}
