/** Mutants of a machine come from its syntax: which ones, where, and in which direction. */

import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { faults } from '../../../impl/lib/mutate/faults.ts'
import { edited, numbered } from '../../../impl/lib/mutate/mutant.ts'
import type { Draft } from '../../../impl/lib/mutate/mutant.ts'
import { weakenings } from '../../../impl/lib/mutate/properties.ts'
import { Source } from '../../../impl/lib/mutate/syntax.ts'

const drafted = (text: string, make: (source: Source) => void): Draft[] => {
  const source = new Source(ts, 'impl/toy/Toy.ts', text)
  make(source)
  return source.drafts
}

const said = (drafts: readonly Draft[], within?: string): string[] =>
  drafts
    .filter((d) => d.instance !== true && !d.from.endsWith('all instances'))
    .filter((d) => within === undefined || d.within === within)
    .map(({ from, to }) => `${from} -> ${to}`)

const invariant = (condition: string): string =>
  `const invariants = (k: K): Invariant[] => [{ name: 'AInv', instances: [() => ${condition}] }]`

describe('weaker properties', () => {
  it('drops each conjunct of what must hold, and no disjunct', () => {
    expect(said(drafted(invariant('a && (b || c)'), weakenings))).toEqual([
      'a && (b || c) -> true',
      'a && (b || c) -> without a',
      'a && (b || c) -> without (b || c)',
    ])
  })

  it('turns round under a negation: there it drops disjuncts', () => {
    expect(said(drafted(invariant('!(a || b) || c'), weakenings))).toEqual([
      '!(a || b) || c -> true',
      'a || b -> without a',
      'a || b -> without b',
    ])
  })

  it('narrows what a quantifier asks, and the list that it asks about', () => {
    const found = said(drafted(invariant('xs.every((x) => x.a && x.b)'), weakenings))
    expect(found).toContain('x.a && x.b -> without x.a')
    expect(found).toContain('xs.every((x) => x.a && x.b) -> the first only')
    expect(found).toContain('xs.every((x) => x.a && x.b) -> all but the first')
    expect(said(drafted(invariant('!["a", "b"].includes(x)'), weakenings))).toContain('"a" -> not in the list')
  })

  it('moves a bound, takes one implication of an equivalence, and one label of several', () => {
    expect(said(drafted(invariant('n <= 1'), weakenings))).toContain('n <= 1 -> n <= 2')
    expect(said(drafted(invariant('!(n > 0)'), weakenings))).toContain('n > 0 -> n > 1')
    expect(said(drafted(invariant('a === (b || c)'), weakenings))).toContain(
      'a === (b || c) -> the first implies the second',
    )
    expect(said(drafted(invariant("!o.at('x', 'y')"), weakenings))).toContain("o.at('x', 'y') -> without 'y'")
  })

  it('follows helpers in the direction in which they are asked, local constants and methods too', () => {
    const text = `
      const isAsleep = (p: P): boolean => p.blocked && !p.woken
      class K { pending(): boolean { return this.a || this.b } }
      const invariants = (k: K): Invariant[] => {
        const idle = k.x && k.y
        return [{ name: 'AInv', instances: [() => !(isAsleep(k.p) && k.pending()) && idle] }]
      }`
    const drafts = drafted(text, weakenings)
    expect(said(drafts, 'isAsleep')).toEqual(['p.blocked && !p.woken -> false'])
    expect(said(drafts, 'K.pending')).toEqual([
      'this.a || this.b -> false',
      'this.a || this.b -> without this.a',
      'this.a || this.b -> without this.b',
    ])
    expect(said(drafts)).toContain('k.x && k.y -> without k.y')
  })

  it('goes through early answers: a case that is dropped, and what it asks where that weakens for sure', () => {
    const text = `const invariants = (k: K): Invariant[] => [forall('AInv', ks, (t) => {
      if (t.a && t.b) return true
      if (t.c || t.d) return false
      return t.e
    })]`
    expect(said(drafted(text, weakenings))).toEqual([
      'if (t.a && t.b) return true -> no such case',
      't.a && t.b -> without t.a',
      't.a && t.b -> without t.b',
      'if (t.c || t.d) return false -> no such case',
      't.c || t.d -> without t.c',
      't.c || t.d -> without t.d',
      'false -> true',
      't.e -> true',
    ])
  })

  it('narrows premises and widens conclusions of liveness, whatever the shape of an instance', () => {
    const text = `const liveness = (k: K): LeadsTo[] => {
      const eventuallyAlways = (): boolean => k.q || k.r
      return [{ name: 'AProp', instances: [{ name: 'one', eventuallyAlways, from: () => k.a || k.b, to: () => k.c && k.d }] }]
    }`
    const found = said(drafted(text, weakenings))
    for (const part of ['k.a || k.b -> without k.a', 'k.c && k.d -> without k.d', 'k.q || k.r -> without k.q'])
      expect(found).toContain(part)
    expect(found).not.toContain('k.a || k.b -> true')
    const named = `const invariants = (k: K): Invariant[] => [{ name: 'AInv', instances: [{ name: 'x', occurs: () => k.o && k.p, holds: () => k.a && k.b }] }]`
    expect(said(drafted(named, weakenings))).toEqual([
      'k.a && k.b -> true',
      'k.a && k.b -> without k.a',
      'k.a && k.b -> without k.b',
    ])
  })

  it('drops instances by number, of every property of a list', () => {
    const drafts = drafted(invariant('a'), weakenings).filter(({ instance }) => instance === true)
    expect(drafts.map(({ to }) => to)).toContain('without instance 0')
    const [first] = drafts
    expect(first?.edit.text).toContain('i !== 0')
  })
})

describe('weaker fairness', () => {
  const text = `
    const WAKE = ['w', 'x']
    const STEPS = new Set(['a', 'b', ...WAKE])
    const machine = (k: K): Machine => ({ fairness: [
      { thread: t, labels: STEPS },
      { thread: t, labels: new Set(['c']), strong: true },
      ...ks.map((x) => ({ thread: x, labels: STEPS })),
    ] })`
  const drafts = drafted(text, weakenings)

  it('drops entries, labels, labels of lists that are spread, and makes strong fairness weak', () => {
    expect(said(drafts, 'STEPS')).toEqual([
      "'a' -> not in the list",
      "'b' -> not in the list",
      '...WAKE -> not in the list',
    ])
    expect(said(drafts, 'WAKE')).toEqual(["'w' -> not in the list", "'x' -> not in the list"])
    expect(said(drafts, 'machine').map((line) => line.replace(/^.* -> /, ''))).toEqual([
      'no such fairness',
      'no such fairness',
      'no such fairness',
      'the first only',
      'all but the first',
      'weak in place of strong',
    ])
  })

  it('says the line, and its edits make programs', () => {
    expect(drafts.find(({ within }) => within === 'WAKE')?.line).toBe(2)
    for (const { edit } of drafts) {
      const mutated = ts.createSourceFile('x.ts', edited(text, edit), ts.ScriptTarget.ES2023)
      expect([edited(text, edit), (mutated as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics]).toEqual([
        edited(text, edit),
        [],
      ])
    }
  })
})

describe('faults', () => {
  const program = `function* run(k: K, f: F): Program {
    yield* k.a.store('a', true)
    yield* k.memory.smp_mb('mb')
    require(k.b && k.c, 'why')
    require(k.f, 'too')
    if (f.n < 2) f.n = 0
  }
  const invariants = (k: K): Invariant[] => [{ name: 'AInv', instances: [() => k.d !== k.e] }]`
  const found = said(drafted(program, faults))

  it('leaves the order of two guards: they must both hold', () => {
    expect(found.some((change) => change.startsWith("require(k.b && k.c, 'why') require(k.f"))).toBe(false)
  })

  it('drops and exchanges steps, turns conditions round, changes what is stored', () => {
    for (const expected of [
      "yield* k.memory.smp_mb('mb') -> no such step",
      "yield* k.a.store('a', true) yield* k.memory.smp_mb('mb') -> yield* k.memory.smp_mb('mb') yield* k.a.store('a', true)",
      "k.a.store('a', true) -> false in place of true",
      "require(k.b && k.c, 'why') -> no such step",
      'k.b && k.c -> without k.b',
      'f.n < 2 -> !(f.n < 2)',
      'f.n < 2 -> f.n <= 2',
      'f.n = 0 -> 1 in place of 0',
    ])
      expect(found).toContain(expected)
  })

  it('leaves properties alone', () => {
    expect(found.filter((line) => line.includes('k.d'))).toEqual([])
  })
})

describe('ids', () => {
  it('stay when lines move, tell two changes apart, and what is the same text is dropped and counted', () => {
    const text = invariant('a && b')
    const of = (t: string) => numbered(drafted(t, weakenings), new Map([['impl/toy/Toy.ts', t]]))
    const before = of(text)
    const after = of(`\n\n${text}`)
    expect(after.mutants.map(({ id }) => id)).toEqual(before.mutants.map(({ id }) => id))
    expect(after.mutants[0]?.line).toBe((before.mutants[0]?.line ?? 0) + 2)
    expect(new Set(before.mutants.map(({ id }) => id)).size).toBe(before.mutants.length)
    const drafts = drafted(text, weakenings)
    expect(numbered([...drafts, ...drafts], new Map([['impl/toy/Toy.ts', text]])).same).toBe(drafts.length)
  })
})
