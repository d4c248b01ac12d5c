/** The reader of TLA+ modules: columns, precedence, places, and print and read again over every module of spec/. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Expr } from '../../../../impl/lib/tla/module/ast.ts'
import { parseModule } from '../../../../impl/lib/tla/module/parse.ts'
import { printExpr, printModule } from '../../../../impl/lib/tla/module/print.ts'
import { packageRoot } from '../../../../scripts/workspace/package.ts'

const spec = join(packageRoot(), 'spec')
const modules = readdirSync(spec, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.tla'))

/** The tree without places. */
const shape = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, v: unknown) => (key === 'start' || key === 'end' ? undefined : v)))

const bodyOf = (definition: string): Expr => {
  const { units } = parseModule(`---- MODULE M ----\n${definition}\n====\n`, 'M.tla')
  const [first] = units
  if (first?.kind !== 'definition') throw new Error('no definition')
  return first.body
}

const printed = (body: string): string => printExpr(bodyOf(`Op(a, b, c, d, S, f, g, x) ==\n${body}`))

describe('every module of spec/', () => {
  it.each(modules)('%s: printed and read again it is the same', (file) => {
    const module = parseModule(readFileSync(join(spec, file), 'utf8'), file)
    expect(file.endsWith(`${module.name}.tla`)).toBe(true)
    const again = parseModule(printModule(module), file)
    expect(shape(again)).toEqual(shape(module))
  })

  it.each(modules)('%s: has every definition that begins a line', (file) => {
    const text = readFileSync(join(spec, file), 'utf8')
    const names = [...text.replace(/\(\*[\s\S]*?\*\)/g, '').matchAll(/^([A-Za-z_]\w*)(?:\([^)\n]*\))? ==/gm)].map(
      ([, name]) => name,
    )
    const read = parseModule(text, file).units.flatMap((u) => (u.kind === 'definition' ? [u.name] : []))
    expect(read).toEqual(names)
  })
})

describe('junction lists', () => {
  it('end where a column says so', () => {
    expect(printed('  /\\ a\n  /\\ \\/ b\n     \\/ c\n  /\\ d')).toBe('a /\\ (b \\/ c) /\\ d')
    expect(printed('  \\/ /\\ a\n     /\\ b\n  \\/ c => d')).toBe('(a /\\ b) \\/ (c => d)')
    expect(printed('  a => /\\ b\n       /\\ c')).toBe('a => (b /\\ c)')
    expect(printed('  /\\ IF a THEN b\n     ELSE c\n  /\\ d')).toBe('(IF a THEN b ELSE c) /\\ d')
    expect(printed('  /\\ \\A y \\in S : a /\\ b\n  /\\ c')).toBe('(\\A y \\in S : a /\\ b) /\\ c')
  })

  it('on one line are the same as infix', () => {
    expect(shape(bodyOf('Op == a /\\ b /\\ c'))).toEqual(shape(bodyOf('Op ==\n  /\\ a\n  /\\ b\n  /\\ c')))
    expect(printed('  (a /\\ b) /\\ c')).toBe('(a /\\ b) /\\ c')
  })
})

describe('operators', () => {
  it.each([
    ['a /\\ b => c \\/ d', '(a /\\ b) => (c \\/ d)'],
    ['~a /\\ b', '(~ a) /\\ b'],
    ["f[a]' = [f EXCEPT ![a] = @ + 1, ![b].k = 2]", "f[a]' = [f EXCEPT ![a] = @ + 1, ![b].k = 2]"],
    ['a + b * c <= d', '(a + (b * c)) <= d'],
    ['a - b - c = d', '((a - b) - c) = d'],
    ['S \\cup {a} # {}', '(S \\cup {a}) # {}'],
    ['[x \\in S |-> a]', '[x \\in S |-> a]'],
    ['{y \\in S : a} \\in SUBSET S', '{y \\in S : a} \\in (SUBSET S)'],
    ['{f[y] : y \\in S}', '{f[y] : y \\in S}'],
    ['[][a]_vars', '[][a]_vars'],
    ['a ~> b /\\ c', 'a ~> (b /\\ c)'],
    ['LET y == a  z(i) == b IN y', 'LET y == a z(i) == b IN y'],
    ['CASE a -> b [] c -> d [] OTHER -> x', 'CASE a -> b [] c -> d [] OTHER -> x'],
    ['P(c):: (a => b)', 'P(c):: (a => b)'],
  ])('%s', (body, expected) => {
    expect(printed(body)).toBe(expected)
  })
})

describe('what cannot be read', () => {
  it('is said with its place', () => {
    const bad = (text: string) => () => parseModule(text, 'M.tla')
    expect(bad('---- MODULE M ----\nA == b +\n====\n')).toThrow(/expected an expression/)
    expect(bad('---- MODULE M ----\nA == b')).toThrow(/==== at the end/)
    expect(bad('---- MODULE M ----\n(* A\n====\n')).toThrow(/does not end/)
    try {
      bad('---- MODULE M ----\nA ==\n  /\\ b\n  /\\ $\n====\n')()
    } catch (error) {
      expect((error as { problem: unknown }).problem).toMatchObject({ file: 'M.tla', line: 4, column: 6 })
      return
    }
    throw new Error('it was read')
  })

  it('places of nodes are those of the text', () => {
    const text = '---- MODULE M ----\nA ==\n  /\\ b = 1\n  /\\ (c # d)\n====\n'
    const [unit] = parseModule(text, 'M.tla').units
    const parts = unit?.kind === 'definition' ? unit.body.parts : []
    expect(parts.map(({ start, end }) => text.slice(start, end))).toEqual(['b = 1', 'c # d'])
  })
})
