/** The one module that the embedded engine is given means what the modules mean. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runEmbedded } from '../../../scripts/embedded/engine.ts'
import { flatten } from '../../../scripts/embedded/flatten.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

/** A module with one variable that starts in a state of `init`, whatever else is defined. */
const moduleOf = (init: string, ...definitions: string[]): string =>
  [
    '---- MODULE M ----',
    'EXTENDS Naturals, Sequences',
    'VARIABLES v, w',
    ...definitions,
    `Init == v \\in ${init} /\\ w = 0`,
    'vars == <<v, w>>',
    'Next == UNCHANGED vars',
    'Spec == Init /\\ [][Next]_vars',
    '====',
  ].join('\n')

const states = (text: string): number | string => {
  const { outcome, states, message } = runEmbedded({
    source: flatten([{ file: 'M.tla', text }]).text,
    cfg: 'SPECIFICATION Spec\nINVARIANT Inv\n',
    maxStates: 100,
    allowDeadlock: true,
  })
  return outcome === 'success' ? states : (message ?? outcome)
}

const TRUE = 'Inv == TRUE'

describe('a specification means to the embedded engine what it means', () => {
  it.each([
    ['a range binds tighter than a union', moduleOf('0..1 \\cup {7}', TRUE), 3],
    ['an implication ends a conjunct', moduleOf('{n \\in 0..3 : n < 9 /\\ n = 1 => n = 2 \\/ n = 7}', TRUE), 3],
    [
      'an implication in a list of bullets is one bullet',
      moduleOf('{n \\in 0..3 : P(n)}', 'P(n) ==', '  /\\ n = 1 => n = 2', '  /\\ n < 3', TRUE),
      2,
    ],
    ['an equivalence is outside of a conjunction', moduleOf('{n \\in 0..3 : (n = 1 <=> n < 2 /\\ n > 0)}', TRUE), 4],
    [
      'an argument is not bound by the operator',
      moduleOf('{n \\in 0..3 : Two(n)}', 'Two(m) == \\E n \\in {2} : n = m', TRUE),
      1,
    ],
    ['nor a parameter by an argument', moduleOf('{x \\in 0..3 : Under(x, 2)}', 'Under(a, x) == a < x', TRUE), 2],
    [
      'nor by a parameter that is called as one of the caller’s',
      moduleOf('{n \\in 0..3 : Outer(n)}', 'Under(a, x) == a < x', 'Outer(x) == Under(x, 2)', TRUE),
      2,
    ],
    ['nor by a local definition', moduleOf('{n \\in 0..3 : L(n)}', 'L(k) == LET n == 1 IN k = n', TRUE), 1],
    [
      'nor those of local operators',
      moduleOf('{n \\in 0..3 : L(n)}', 'L(n) == LET Under(a, x) == a < x G(x) == Under(x, 2) IN G(n)', TRUE),
      2,
    ],
    [
      'a label only names',
      moduleOf('{n \\in 0..3 : B(n)}', 'B(n) == /\\ B1(n):: n > 0', '        /\\ B2(n):: n < 3', TRUE),
      2,
    ],
    [
      'a form that we do not read is left to the engine',
      moduleOf('Set', 'Set == LET f[n \\in 0..3] == n IN {f[1], f[2]}', TRUE),
      2,
    ],
  ])('%s', (_, text, count) => {
    expect(states(text)).toBe(count)
  })
})

describe('flatten', () => {
  it('reads every module of ours, of the templates, and of the fixtures', () => {
    const files = ['spec', 'impl/templates', 'test/fixtures'].flatMap((directory) =>
      readdirSync(join(packageRoot(), directory), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.tla'))
        .map((name) => join(packageRoot(), directory, name)),
    )
    expect(files.length).toBeGreaterThan(50)
    const texts = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    expect(flatten(texts).unread).toEqual([])
  })

  it('says which module it does not read, and why', () => {
    const text = moduleOf('Set', 'Set == LET f[n \\in 0..3] == n IN {f[1], f[2]}', TRUE)
    expect(flatten([{ file: 'M.tla', text }]).unread).toEqual([expect.stringMatching(/^M\.tla:4: expected /)])
    expect(flatten([{ file: 'M.tla', text: moduleOf('{1}', TRUE) }]).unread).toEqual([])
  })

  it('takes comments out, nested ones whole, and nothing that is in a string', () => {
    const text = moduleOf('{"(* x *)"} (* y (* z *) VARIABLES q *) \\* w', TRUE)
    const { text: flat } = flatten([{ file: 'M.tla', text }])
    expect(flat).toContain('{"(* x *)"}')
    expect(flat).not.toMatch(/\bq\b|VARIABLES q| y /)
    expect(flat).toContain('VARIABLES v, w\n')
  })

  it('has what modules declare in front, and the standard modules that any of them extends', () => {
    const base = '---- MODULE Base ----\nEXTENDS FiniteSets\nCONSTANTS N\nVARIABLES u\nTwice(n) == n + n\n===='
    const { text: flat } = flatten([
      { file: 'Base.tla', text: base },
      { file: 'M.tla', text: moduleOf('{Twice(N)}', TRUE).replace('EXTENDS Naturals', 'EXTENDS Base, Naturals') },
    ])
    expect(flat).toMatch(/^EXTENDS FiniteSets, Naturals, Sequences\nCONSTANTS N\nVARIABLES u, v, w\n/m)
  })
})
