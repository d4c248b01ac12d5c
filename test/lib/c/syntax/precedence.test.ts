import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyOf, problemOf } from './reading.ts'

/** An expression as C needs it written, how strongly it binds, and the same with all parentheses. */
interface Written {
  readonly text: string
  readonly level: number
  readonly full: string
}

const BINARY: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]
const operators = BINARY.flatMap((list, i) => list.map((operator) => ({ operator, level: i + 4 })))

const at = (e: Written, level: number): string => (e.level >= level ? e.text : `(${e.text})`)

const { expression } = fc.letrec<{ expression: Written }>((tie) => {
  const e = tie('expression')
  const leaf = fc.constantFrom('a', 'b', 'c', 'f').map((text) => ({ text, level: 16, full: text }))
  const binary = fc.tuple(fc.constantFrom(...operators), e, e).map(([{ operator, level }, x, y]) => ({
    text: `${at(x, level)} ${operator} ${at(y, level + 1)}`,
    level,
    full: `(${x.full} ${operator} ${y.full})`,
  }))
  const unary = fc.tuple(fc.constantFrom('-', '+', '!', '~', '*', '&'), e).map(([operator, x]) => ({
    text: `${operator} ${at(x, 14)}`,
    level: 15,
    full: `(${operator}${x.full})`,
  }))
  const prefix = fc.tuple(fc.constantFrom('++', '--'), e).map(([operator, x]) => ({
    text: `${operator} ${at(x, 15)}`,
    level: 15,
    full: `(${operator}${x.full})`,
  }))
  // what was stepped is no place that could be stepped again: C has no `a++++`. `-p++->m` it has, and it
  // is refused
  const unstepped = (x: Written): string => (/\+\+|--/.test(x.text) ? `(${x.text})` : at(x, 16))
  const postfix = fc.tuple(fc.constantFrom('++', '--'), e).map(([operator, x]) => ({
    text: `${unstepped(x)}${operator}`,
    level: 16,
    full: `(${x.full}${operator})`,
  }))
  const access = fc.tuple(fc.constantFrom('.m', '->m', '()', '[1]', '(a, b)'), e).map(([what, x]) => ({
    text: `${unstepped(x)}${what}`,
    level: 16,
    full: `${x.full}${what}`,
  }))
  const cast = e.map((x) => ({ text: `(int)${at(x, 14)}`, level: 14, full: `<int>${x.full}` }))
  const sizeof = e.map((x) => ({ text: `sizeof ${at(x, 15)}`, level: 15, full: `sizeof(${x.full})` }))
  const size = fc.constant({ text: 'sizeof(int)', level: 15, full: 'sizeof<int>' })
  const conditional = fc.tuple(e, e, e).map(([x, y, z]) => ({
    text: `${at(x, 4)} ? ${y.text} : ${at(z, 3)}`,
    level: 3,
    full: `(${x.full} ? ${y.full} : ${z.full})`,
  }))
  const assign = fc.tuple(fc.constantFrom('=', '+=', '<<='), e).map(([operator, x]) => ({
    text: `a ${operator} ${at(x, 2)}`,
    level: 2,
    full: `(a ${operator} ${x.full})`,
  }))
  const comma = fc
    .tuple(e, e)
    .map(([x, y]) => ({ text: `${at(x, 2)}, ${at(y, 2)}`, level: 1, full: `(${x.full}, ${y.full})` }))
  const parts = [
    leaf,
    binary,
    binary,
    unary,
    unary,
    prefix,
    postfix,
    access,
    cast,
    sizeof,
    size,
    conditional,
    assign,
    comma,
  ]
  return { expression: fc.oneof({ maxDepth: 5, depthSize: 'small' }, ...parts) }
})

describe('operators', () => {
  it('bind as in C', () => {
    fc.assert(
      fc.property(expression, ({ text, full }) => {
        expect(bodyOf(`x = (${text});`)).toBe(`(x = ${full});`)
      }),
      { numRuns: 400, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
    )
  })

  it.each([
    [
      '-a++; !a--; *a++; ~-a++; (int)a++; sizeof a++;',
      '(-(a++)); (!(a--)); (*(a++)); (~(-(a++))); <int>(a++); sizeof((a++));',
    ],
    ['a = - b++ + c;', '(a = ((-(b++)) + c));'],
  ])('%s', (text, tree) => {
    expect(bodyOf(text)).toBe(tree)
  })

  // tree-sitter takes these, C does not
  it.each([
    ['a + b = c;', 19],
    ['!a = b;', 16],
    ['(int)a = b;', 20],
    ['a ? b : c = d;', 23],
    ['sizeof(int) sizeof a;', 21],
    ['sizeof(int)(a);', 15],
    ['a && b = c;', 20],
    // C has it, and tree-sitter reads it otherwise
    ['-a++->m;', 15],
  ])('are not bound otherwise: %s', (text, column) => {
    expect(problemOf(`int f(void) { ${text} }`)).toMatchObject({ code: 'c-syntax', line: 1, column })
  })
})
