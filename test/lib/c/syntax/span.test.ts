import { describe, expect, it } from 'vitest'
import type { Expr, Statement } from '../../../../impl/lib/c/syntax/ast.ts'
import type { Span } from '../../../../impl/lib/c/syntax/source.ts'
import type { Around } from './reading.ts'
import { exprText, read } from './reading.ts'

/** All expressions within a node of the tree, as `line:column text` by what they are. */
const spansOf = (text: string, around: Around = {}): Map<string, string> => {
  const found = new Map<string, string>()
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit)
    else if (typeof node === 'object' && node !== null && 'kind' in node && 'span' in node) {
      const { span } = node as { readonly span: Span }
      found.set(nameOf(node as unknown as Expr | Statement), `${span.line}:${span.column} ${span.text}`)
      Object.values(node).forEach(visit)
    } else if (typeof node === 'object' && node !== null) Object.values(node).forEach(visit)
  }
  visit(read(text, around))
  return found
}

const STATEMENTS: ReadonlySet<string> = new Set([
  'if',
  'while',
  'do',
  'for',
  'block',
  'expression',
  'function',
  'declare',
  'variable',
  'switch',
  'case',
  'label',
  'goto',
  'return',
  'break',
  'continue',
  'list',
  'value',
  'named',
  'struct',
  'pointer',
  'array',
])

const nameOf = (node: Expr | Statement): string => (STATEMENTS.has(node.kind) ? node.kind : exprText(node as Expr))

const MACROS = `#define INC(x) ((x) + 1)
#define ADD(x, y) x + y
#define SWAP(x, y) ADD(y, x)
#define TWICE(x) x * x
#define ID(x) x
#define SQUARE(x) TWICE(x)
#define GET(p) READ(p->v)
#define ALIAS INC
#define wait_event(wq, c) do { if (c) break; wait(&wq); } while (1)
`
/** Lines of the macros above. */
const AFTER = MACROS.split('\n').length

const spans = (body: string, around: Around = {}): Map<string, string> => {
  const all = spansOf(`${MACROS}void f(void) { ${body} }`, around)
  return new Map(
    [...all].map(([what, where]) => [
      what,
      where.startsWith(`${AFTER}:`) ? where.slice(where.indexOf(' ') + 1) : where,
    ]),
  )
}

describe('what a person wrote for a part of the tree', () => {
  it('has the place of its first token, and the text up to its last on one line', () => {
    const found = spansOf('int f(int a) {\n  g(a, /* what\n   */  2) // x\n   + 1;\n if (a)\n   h("a  b");\n}')
    expect(found.get('(g(a, 2) + 1)')).toBe('2:3 g(a, 2) + 1')
    expect(found.get('g(a, 2)')).toBe('2:3 g(a, 2)')
    expect(found.get('2')).toBe('3:8 2')
    expect(found.get('1')).toBe('4:6 1')
    expect(found.get('if')).toBe('5:2 if (a) h("a  b");')
    expect(found.get('h("a  b")')).toBe('6:4 h("a  b")')
    expect(found.get('function')).toBe('1:1 int f(int a) { g(a, 2) + 1; if (a) h("a  b"); }')
  })

  it('counts lines and columns through lines that go on', () => {
    const found = spansOf('int f(void) { a \\\n  + bb\\\nbb + c; }')
    expect(found.get('((a + bbbb) + c)')).toBe('1:15 a + bb bb + c')
    expect(found.get('bbbb')).toBe('2:5 bb bb')
    expect(found.get('c')).toBe('3:6 c')
  })

  it('begins where the file says that it begins', () => {
    const [f] = read('P0(int *x) {\n  *x = 1;\n}', {}, { firstLine: 7, firstColumn: 3 })
    expect([f?.span.line, f?.span.column]).toEqual([7, 3])
    const [first] = f?.kind === 'function' ? (f.body?.body ?? []) : []
    expect([first?.span.line, first?.span.column, first?.span.text]).toEqual([8, 3, '*x = 1;'])
  })

  it.each([
    // what a macro adds is the whole use; its arguments are as they are written
    ['INC(a);', { '(a + 1)': 'INC(a)', '1': 'INC(a)', a: 'a', expression: 'INC(a);' }],
    ['INC(a + b * c);', { '(a + (b * c))': 'a + b * c', '((a + (b * c)) + 1)': 'INC(a + b * c)', '(b * c)': 'b * c' }],
    // two arguments beside each other are not what stands between them in the file
    ['ADD(a, b);', { '(a + b)': 'ADD(a, b)', a: 'a', b: 'b' }],
    ['SWAP(a, b);', { '(b + a)': 'SWAP(a, b)', a: 'a', b: 'b' }],
    ['TWICE(a);', { '(a * a)': 'TWICE(a)', a: 'a' }],
    ['SQUARE(a + b);', { '(a + (b * a))': 'SQUARE(a + b)', '(b * a)': 'SQUARE(a + b)', a: 'a' }],
    ['SQUARE(a);', { '(a * a)': 'SQUARE(a)', a: 'a' }],
    ['TWICE(a[i]);', { '(a[i] * a[i])': 'TWICE(a[i])', 'a[i]': 'a[i]' }],
    // uses within arguments are uses in their own right
    [
      'INC(INC(a) + c);',
      { '(a + 1)': 'INC(a)', '((a + 1) + c)': 'INC(a) + c', '(((a + 1) + c) + 1)': 'INC(INC(a) + c)', a: 'a' },
    ],
    ['ID(ID(ID(a) + 1) + 2);', { a: 'a', '(a + 1)': 'ID(a) + 1', '((a + 1) + 2)': 'ID(ID(a) + 1) + 2' }],
    [
      'GET(q) + GET(r);',
      { 'READ(q->v)': 'GET(q)', 'q->v': 'GET(q)', q: 'q', '(READ(q->v) + READ(r->v))': 'GET(q) + GET(r)' },
    ],
    // a macro that is called by another name
    ['ALIAS(a);', { '(a + 1)': 'ALIAS(a)', a: 'a' }],
    ['ALIAS (a) + 2;', { '((a + 1) + 2)': 'ALIAS (a) + 2', '(a + 1)': 'ALIAS (a)' }],
    [
      'wait_event(q, READ_ONCE(done) && !x);',
      {
        'READ_ONCE(done)': 'READ_ONCE(done)',
        '(READ_ONCE(done) && (!x))': 'READ_ONCE(done) && !x',
        '(!x)': '!x',
        if: 'wait_event(q, READ_ONCE(done) && !x)',
        'wait((&q))': 'wait_event(q, READ_ONCE(done) && !x)',
        do: 'wait_event(q, READ_ONCE(done) && !x);',
      },
    ],
    ['wait_event(q, INC(a) == 2);', { '((a + 1) == 2)': 'INC(a) == 2', '(a + 1)': 'INC(a)', a: 'a' }],
    ['x = INC(a);', { '(x = (a + 1))': 'x = INC(a)' }],
  ])('%s', (body, texts) => {
    const found = spans(body)
    for (const [what, text] of Object.entries(texts)) expect([what, found.get(what)]).toEqual([what, text])
  })

  it('is the use in the file that uses it, and the text of the header in a function of the header', () => {
    const headers = {
      'h.h':
        '#define LOAD(p) READ_ONCE(*(p))\n#define BOTH(p) (LOAD(p) + LOAD(p))\nint get(int *p)\n{\n  return LOAD(p);\n}\n',
    }
    const declarations = read('#include "h.h"\nint f(int *q) { return BOTH(q); }', { headers })
    const spanOfReturn = declarations.map((d) => {
      const [first] = d.kind === 'function' ? (d.body?.body ?? []) : []
      const span = first?.kind === 'return' ? first.value?.span : undefined
      return `${span?.file} ${span?.line}:${span?.column} ${span?.text}`
    })
    expect(spanOfReturn).toEqual(['h.h 5:10 LOAD(p)', 'a.c 2:24 BOTH(q)'])
  })
})
