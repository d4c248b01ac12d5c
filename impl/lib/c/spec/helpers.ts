/** Operators that the actions are written with: memory as a whole, where pointers lead, how a thread loses its locals. */

import { quote } from '../../kernel/language/value.ts'
import { reachedFrom } from '../program/liveness.ts'
import type { Leaf } from '../run/places.ts'
import type { SpecContext } from './context.ts'
import { INDENT, WIDTH, wrapped } from './text.ts'

/** A definition, on a line of its own where it fits. */
export const definition = (head: string, body: string): string[] => {
  const line = `${head} == ${body}`
  if (line.length <= WIDTH) return [line]
  return [`${head} ==`, ...wrapped(body, WIDTH - INDENT.length).map((text) => INDENT + text)]
}

export const keySet = (keys: readonly number[]): string =>
  keys.every((key, i) => key === i) ? `0..${keys.length - 1}` : `{${keys.join(', ')}}`

/** What of them a module needs is known when its actions are written. */
export class Helpers {
  private readonly context: SpecContext

  constructor(context: SpecContext) {
    this.context = context
  }

  lines(): string[] {
    const { context } = this
    return [
      'At(th, label) == pc[th] = label',
      "Goes(th, label) == pc' = [pc EXCEPT ![th] = label]",
      '',
      ...this.locations(),
      ...this.memory(),
      ...(context.usesVisible ? this.visible() : []),
    ]
  }

  /** What pointer arithmetic is made of, if there is any. */
  elements(uses: string): string[] {
    if (!/\b(Moved|Distance|InOneArray)\(/.test(uses)) return []
    const entries = [...this.context.pointsTo.moved].flatMap((array) =>
      Array.from(
        { length: this.context.pointsTo.lengthOf(array) + 1 },
        (_, i) => `(${quote(`&${array}[${i}]`)} :> <<${quote(`&${array}[`)}, ${i}>>)`,
      ),
    )
    return [
      '\\* Elements of arrays: the array, and which of it; C has a pointer behind the last as well.',
      ...definition('ElementOf', entries.join(' @@ ')),
      'Moved(P, N) ==',
      `${INDENT}IF N = 0 THEN P ELSE ElementOf[P][1] \\o ToString(ElementOf[P][2] + N) \\o "]"`,
      'InOneArray(P, Q) ==',
      `${INDENT}/\\ {P, Q} \\subseteq DOMAIN ElementOf`,
      `${INDENT}/\\ ElementOf[P][1] = ElementOf[Q][1]`,
      'Distance(P, Q) == IF Same(P, Q) THEN 0 ELSE ElementOf[P][2] - ElementOf[Q][2]',
      '',
    ]
  }

  /** How threads lose their locals where they come to grief. */
  forgetting(): string[] {
    const { context } = this
    return context.groups
      .filter(({ forgets }) => context.usedGroups.has(forgets))
      .flatMap(({ function: f, name, forgets, variables }) => {
        const kinds = context.program.threads.filter((t) => reachedFrom(context.program, t.function).has(f))
        const isAll = kinds.length === context.program.threads.length
        const lines = variables.map((v) => `/\\ ${v}' = [${v} EXCEPT ![${context.indexOf(v)}] = UNSET]`)
        if (isAll) return [`${forgets}(th) ==`, ...lines.map((line) => INDENT + line), '']
        const condition = `th[1] \\in {${kinds.map((t) => quote(t.name)).join(', ')}}`
        return [
          `${forgets}(th) ==`,
          `${INDENT}IF ${condition}`,
          ...lines.map((line, i) => `${INDENT}${i === 0 ? 'THEN ' : '     '}${line}`),
          `${INDENT}ELSE UNCHANGED ${name}`,
          '',
        ]
      })
  }

  /** Stores of a thread's own within a step: buffers as values, since the step is not over. */
  own(): string[] {
    if (!this.context.usesOwn) return []
    return [
      '\\* Stores of the thread within a step of bookkeeping; B is the buffers so far. See Memory.',
      'OwnSlot(B, th) == Memory = "SC" \\/ Len(B[th]) < StoreBufferSlots',
      'OwnStore(B, th, L, V) == IF Memory = "SC" THEN B ELSE [B EXCEPT ![th] = Append(@, <<L, V>>)]',
      'OwnNeedsMark(B, th) ==',
      `${INDENT}IF Memory = "PSO" /\\ B[th] # <<>> THEN B[th][Len(B[th])][1] # smp_wmb_mark ELSE FALSE`,
      'OwnSlotForMark(B, th) == ~OwnNeedsMark(B, th) \\/ OwnSlot(B, th)',
      'OwnMark(B, th) ==',
      `${INDENT}IF OwnNeedsMark(B, th) THEN [B EXCEPT ![th] = Append(@, <<smp_wmb_mark, TRUE>>)] ELSE B`,
      'OwnWaits(B, th, L) == \\E I \\in 1..Len(B[th]) : B[th][I][1] = L',
      'OwnSlotBehind(B, th, L) == OwnWaits(B, th, L) => OwnSlot(B, th)',
      'OwnVisible(B, th, L, Old, V) == IF OwnWaits(B, th, L) THEN Old ELSE V',
      'OwnStoreBehind(B, th, L, V) == IF OwnWaits(B, th, L) THEN OwnStore(B, th, L, V) ELSE B',
      'OwnRead(B, th, L, V) ==',
      `${INDENT}LET N == {I \\in 1..Len(B[th]) : B[th][I][1] = L}`,
      `${INDENT}IN  IF N = {} THEN V ELSE B[th][CHOOSE I \\in N : \\A P \\in N : P <= I][2]`,
      '',
    ]
  }

  private locations(): string[] {
    const { located, placeSets } = this.context
    const sets = [...placeSets].flatMap(([text, name]) => definition(name, text))
    return [...(sets.length === 0 ? [] : ['\\* Where pointers can lead.', ...sets, '']), ...this.locationTable(located)]
  }

  private locationTable(located: ReadonlyMap<string, Leaf>): string[] {
    if (located.size === 0) return []
    const entries = [...located].map(([place, { variable, key }]) => {
      const location = `<<"${variable}"${key === undefined ? '' : `, ${key}`}>>`
      return `(${quote(`&${place}`)} :> ${location})`
    })
    return ['\\* Where pointers lead.', ...definition('LocationOf', entries.join(' @@ ')), '']
  }

  private memory(): string[] {
    const { context } = this
    const leaves = new Set([...context.located.values()].map(({ variable }) => variable))
    const arms = context.shared
      .filter(({ name }) => leaves.has(name))
      .map(({ name, keys }) => `L[1] = "${name}" -> ${name}${keys === undefined ? '' : '[L[2]]'}`)
    const valueAt = ['\\* What memory has at a location.', ...definition('ValueAt(L)', `CASE ${arms.join(' [] ')}`), '']
    const put = context.shared.flatMap(({ name, keys }) =>
      wrapped(
        `${name}' = IF L[1] = "${name}" THEN ${keys === undefined ? 'V' : `[${name} EXCEPT ![L[2]] = V]`} ELSE ${name}`,
        WIDTH - 7,
      ).map((line, i) => `${INDENT}${i === 0 ? '/\\ ' : '   '}${line}`),
    )
    return [
      ...(arms.length === 0 ? [] : valueAt),
      '\\* Memory has another value at a location.',
      'Put(L, V) ==',
      ...(put.length === 0 ? [`${INDENT}TRUE`] : put),
      '',
    ]
  }

  private visible(): string[] {
    const { shared } = this.context
    const sets = shared.map(({ name, keys }) =>
      keys === undefined ? `{<<"${name}">>}` : `{<<"${name}", I>> : I \\in ${keySet(keys)}}`,
    )
    const arms = shared.map(({ name, keys }) => `L[1] = "${name}" -> ${name}${keys === undefined ? '' : '[L[2]]'}`)
    const becomes = shared.flatMap(({ name, keys }) =>
      wrapped(
        keys === undefined
          ? `${name}' = M[<<"${name}">>]`
          : `${name}' = [I \\in ${keySet(keys)} |-> M[<<"${name}", I>>]]`,
        WIDTH - 7,
      ).map((line, i) => `${INDENT}${i === 0 ? '/\\ ' : '   '}${line}`),
    )
    return [
      '\\* All of memory as one function, for steps that follow pointers through it.',
      ...definition('Locations', sets.join(' \\cup ')),
      ...definition('Visible', `[L \\in Locations |-> CASE ${arms.join(' [] ')}]`),
      'Becomes(M) ==',
      ...becomes,
      '',
    ]
  }
}
