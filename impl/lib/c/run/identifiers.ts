/**
 * What variables of a program are called in a specification: a machine and its TLA+ module have the same names, so that their states
 * can be compared. What C calls `cpu.next`, or `wait.lock`, is one word there, which nothing else may have.
 */

import type { CProgram } from '../program/ir.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Words of TLA+, and what the modules that a specification extends define. */
export const OF_TLA = words(`
  ASSUME ASSUMPTION AXIOM CASE CHOOSE CONSTANT CONSTANTS DOMAIN ELSE ENABLED EXCEPT EXTENDS IF IN INSTANCE LAMBDA LET LOCAL MODULE
  OTHER SF_ SUBSET THEN THEOREM LEMMA PROPOSITION COROLLARY UNCHANGED UNION VARIABLE VARIABLES WF_ WITH ACTION BY DEF DEFINE DEFS
  HAVE HIDE NEW OBVIOUS OMITTED ONLY PICK PROOF PROVE QED RECURSIVE STATE SUFFICES TAKE TEMPORAL USE WITNESS TRUE FALSE BOOLEAN
  STRING Nat Int Real Infinity Seq Len Append Head Tail SubSeq SelectSeq IsFiniteSet Cardinality
  Print PrintT Assert JavaTime TLCGet TLCSet Permutations SortSeq RandomElement Any ToString TLCEval
  Memory StoreBufferSlots store_buffer smp_wmb smp_wmb_mark MemoryTypeOK MemoryInit drained IsBuffered READ_ONCE WRITE_ONCE HasSlot
  WITH_STORE NeedsMark HasSlotForMark WITH_MARK HasSlotsForRelease WITH_RELEASE Committable WithoutEntry WITHOUT_STORE COMMITTED
  SET_BIT CLEAR_BIT First`)

/** What a module that is made of a C file defines itself, and what its operators call their parameters. */
export const OF_MODULE = words(`
  pc vars shared registers Threads th Init Next Spec FairSpec Fairness AsText Step commit At Goes UNSET A B E I L M N P Q V
  u8 s8 u16 s16 u32 s32 u64 s64 Wrap Magnitude AsInt IsTrue IsUnset IsPointer IsNull Same Div Rem And Or Xor Not Shl Shr
  Combines Combined LocationOf ValueAt Becomes Put Visible Locations ElementOf Moved InOneArray Distance
  Index Number Instance Ended Access Conflict Arrives OwnSlot OwnStore OwnNeedsMark OwnSlotForMark OwnMark OwnRead OwnWaits OwnStoreBehind OwnSlotBehind OwnVisible
  Interrupted Interruptible`)

/** A word for each of many names. */
export class Identifiers {
  private readonly taken: Set<string>

  constructor(taken: Iterable<string>) {
    this.taken = new Set(taken)
  }

  /** The name with nothing in it that TLA+ has no place for, and another than all before it. */
  add(name: string): string {
    const plain = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|_*$|WF_|SF_)/, 'x')
    let word = plain
    for (let i = 2; this.taken.has(word); i++) word = `${plain}_${i}`
    this.taken.add(word)
    return word
  }
}

/** Names that a program's variables may have. */
export const identifiersFor = (program: CProgram): Identifiers =>
  new Identifiers([
    ...OF_TLA,
    ...OF_MODULE,
    ...program.instructions.flatMap((instruction) => ('site' in instruction ? [instruction.site.label] : [])),
    ...program.threads.flatMap(({ name }) => [`${name}_enter`, `${name}_running`]),
    ...program.properties.map(({ name }) => name),
    ...program.functions.keys(),
  ])
