/** The reader of modules: it finds what any module declares and defines, and where, and refuses none. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commentsOf, withoutComments } from '../../../../impl/lib/tla/module/lex.ts'
import { namesOf } from '../../../../impl/lib/tla/module/names.ts'
import { parseModule } from '../../../../impl/lib/tla/module/parse.ts'
import { readModule } from '../../../../impl/lib/tla/module/read.ts'
import { packageRoot } from '../../../../scripts/workspace/package.ts'

const spec = join(packageRoot(), 'spec')
const modules = readdirSync(spec, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.tla'))

const textOf = (...lines: string[]): string => ['---- MODULE M ----', ...lines, '===='].join('\n')

const definitionsOf = (...lines: string[]) =>
  readModule(textOf(...lines)).definitions.map(({ name, parameters, line, body }) => ({ name, parameters, line, body }))

const comments = (text: string): string[] => commentsOf(text).map(({ start, end }) => text.slice(start, end))

describe('every module of spec/', () => {
  it.each(modules)('%s: has what the parser finds in it', (file) => {
    const text = readFileSync(join(spec, file), 'utf8')
    const read = readModule(text)
    const parsed = parseModule(text, file)
    const declared = (keyword: string) =>
      parsed.units.flatMap((unit) => (unit.kind === 'declare' && unit.keyword === keyword ? unit.names : []))
    expect({ ...read, definitions: [], comments: [] }).toEqual({
      name: parsed.name,
      extends: parsed.extended,
      constants: declared('CONSTANTS'),
      variables: declared('VARIABLES'),
      definitions: [],
      comments: [],
    })
    const own = parsed.units.flatMap((unit) => (unit.kind === 'definition' ? [unit] : []))
    const found = read.definitions.filter(({ isLocal }) => !isLocal)
    expect(found.map(({ name, parameters, start }) => ({ name, parameters, start }))).toEqual(
      own.map(({ name, parameters, start }) => ({ name, parameters, start })),
    )
    for (const { name, line, start, end, body } of found) {
      expect(text.slice(start).startsWith(name)).toBe(true)
      expect(text.slice(0, start).split('\n')).toHaveLength(line)
      expect(body).toHaveLength(text.slice(start, end).length - text.slice(start, end).indexOf('==') - 2)
    }
  })
})

describe('comments', () => {
  it.each([
    ['a (* b *) c \\* d', ['(* b *)', '\\* d']],
    ['a (* b (* c *) d *) e', ['(* b (* c *) d *)']],
    ['(* \\* *) a', ['(* \\* *)']],
    ['\\* a (* b\nc *)', ['\\* a (* b']],
    ['a = "(* b *)" \\* "c', ['\\* "c']],
    ['a = "\\\\* \\" (*" (* " *) b', ['(* " *)']],
    ['(* " *) "b" (* c *)', ['(* " *)', '(* c *)']],
    ['a \\/\\* b', ['\\* b']],
    ['a /\\* b', []],
    ['(*) a *)', ['(*) a *)']],
    ['" (* a *)', ['(* a *)']],
    ['a \\*', ['\\*']],
  ])('%s', (text, expected) => {
    expect(comments(text)).toEqual(expected)
  })

  it('without an end are none, and hide nothing', () => {
    expect(comments('(* a (* b *) c')).toEqual(['(* b *)'])
    expect(namesOf(['(* a\nB == 1'])).toEqual({ constants: new Set(), definitions: new Set(['B']) })
  })

  it('go, and nothing else', () => {
    expect(withoutComments('a (* b\nc *) d \\* e\nf = "\\* g"')).toBe('a  d \nf = "\\* g"')
  })
})

describe('declarations', () => {
  it('are read over lines and comments, operators too', () => {
    const {
      constants,
      variables,
      extends: extended,
    } = readModule(
      textOf(
        'EXTENDS Naturals, (* and *) Sequences',
        'CONSTANTS',
        '    A, \\* the first, B',
        '    F(_, _), (* CONSTANT C *)',
        '    _ \\prec _,',
        '    D',
        'VARIABLE x',
        'VARIABLES y,',
        '  z',
        'Op == "CONSTANT E"',
        'THEOREM ASSUME NEW CONSTANT G, CONSTANT H PROVE Op',
      ),
    )
    expect({ constants, variables, extended }).toEqual({
      constants: ['A', 'F', '\\prec', 'D'],
      variables: ['x', 'y', 'z'],
      extended: ['Naturals', 'Sequences'],
    })
  })
})

describe('definitions', () => {
  it('have what is between == and the next thing of the module, without comments', () => {
    expect(
      definitionsOf(
        'A == 1 \\* one',
        '(* B == 2 *)',
        'C(x, y) ==',
        '    /\\ x = "D == 3"',
        '    /\\ y',
        '------',
        'E',
        '  ==  F!G',
        'ASSUME A = 1',
        'H(f(_, _), i) == f(i, i)',
      ),
    ).toEqual([
      { name: 'A', parameters: [], line: 2, body: ' 1' },
      { name: 'C', parameters: ['x', 'y'], line: 4, body: '\n    /\\ x = "D == 3"\n    /\\ y' },
      { name: 'E', parameters: [], line: 8, body: '  F!G' },
      { name: 'H', parameters: ['f', 'i'], line: 11, body: ' f(i, i)' },
    ])
  })

  it('of one line are two', () => {
    expect(definitionsOf('A == B  C(x) == D').map(({ name, body }) => [name, body])).toEqual([
      ['A', ' B'],
      ['C', ' D'],
    ])
  })

  it('may be LOCAL, RECURSIVE, of operators, or of a function', () => {
    const read = readModule(
      textOf(
        'LOCAL A == 1',
        'RECURSIVE B(_)',
        'B(n) == IF n = 0 THEN 0 ELSE B(n - 1)',
        'a \\prec b == a < b',
        'a ++ b == a',
        'a $$ b == a',
        '-. a == 0 - a',
        'R^+ == R',
        'f[x \\in S] == x',
        'I == INSTANCE M WITH x <- y',
        'LOCAL INSTANCE Naturals',
        'C(a,',
        '  b) == a',
      ),
    )
    expect(read.definitions.map(({ name, parameters, kind }) => `${kind} ${name}(${parameters.join(', ')})`)).toEqual([
      ...['operator A()', 'operator B(n)', 'operator \\prec(a, b)', 'operator ++(a, b)', 'operator $$(a, b)'],
      ...['operator -.(a)', 'operator ^+(R)', 'function f()', 'operator I()', 'operator C(a, b)'],
    ])
    expect(read.definitions.map(({ body }) => body.trim()).slice(0, 3)).toEqual([
      '1',
      'IF n = 0 THEN 0 ELSE B(n - 1)',
      'a < b',
    ])
    expect(read.definitions.at(-2)?.body).toBe(' INSTANCE M WITH x <- y')
  })

  it('of a LET are local, and end with it', () => {
    const read = readModule(
      textOf('A == LET b == 1', '         c(x) == LET d == x IN d', '     IN  b + c(2)', 'E == \\E IN_x \\in S : IN_x'),
    )
    expect(read.definitions.map(({ name, isLocal, body }) => [name, isLocal, body.trim()])).toEqual([
      ['A', false, 'LET b == 1\n         c(x) == LET d == x IN d\n     IN  b + c(2)'],
      ['b', true, '1'],
      ['c', true, 'LET d == x IN d'],
      ['d', true, 'x'],
      ['E', false, '\\E IN_x \\in S : IN_x'],
    ])
  })

  it('are none before the module, behind it, or in the name of a theorem', () => {
    const text = `A == LET me say "\n${textOf('B == 1', 'THEOREM C == B', 'D == 2')}\nE == 3`
    expect(readModule(text).definitions.map(({ name }) => name)).toEqual(['B', 'D'])
  })

  it('of a module within are there, and so is what follows it', () => {
    expect(
      definitionsOf('A == 1', '  ---- MODULE N ----', '  B == 2', '  ====', 'C == 3').map(({ name }) => name),
    ).toEqual([...['A', 'B', 'C']])
  })

  it('need no module around them, and no ASCII', () => {
    expect(readModule('A == “b” ∧ c\nB == 2')).toMatchObject({
      name: undefined,
      definitions: [
        { name: 'A', body: ' “b” ∧ c' },
        { name: 'B', body: ' 2' },
      ],
    })
  })
})

describe('namesOf', () => {
  it('has constants, and what is defined without parameters', () => {
    const text = textOf(
      'CONSTANTS K, \\* L',
      '  M',
      'Spec == LET TypeOK == TRUE IN TypeOK',
      'F(x) == x',
      'g[x \\in S] == x',
    )
    expect(namesOf([text, 'FairSpec ==\n    /\\ Spec\n'])).toEqual({
      constants: new Set(['K', 'M']),
      definitions: new Set(['Spec', 'TypeOK', 'FairSpec']),
    })
  })
})
