import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCI } from '../../../effort.ts'
import { lex } from '../../../../impl/lib/c/syntax/lex.ts'
import { SourceText } from '../../../../impl/lib/c/syntax/text.ts'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import { declarationText, read } from './reading.ts'

const HEADERS = {
  'lockstep.h': `#ifndef LOCKSTEP_H
#define LOCKSTEP_H
#define LOCKSTEP_THREAD(name) __attribute__((annotate("lockstep thread"))) static void name(void)
#define wait_event(wq, c) do { for (;;) { if (c) break; prepare(&(wq)); } } while (0)
#define container_of(p, type, member) ((type *)__container((p), &((type *)0)->member))
typedef struct { int counter; } atomic_t;
#endif
`,
}

const PROGRAM = `#include <lockstep.h>
#define LIMIT 3
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define LOG(fmt, ...) log(fmt, ##__VA_ARGS__)
#ifdef DEBUG
# define CHECK(x) check(#x, x)
#else
# define CHECK(x)
#endif
struct node { struct node *next; unsigned long flags : 4; int (*fn)(int, void *); };
typedef struct node node_t;
enum state { IDLE, BUSY = LIMIT << 1, DONE };
static node_t nodes[2] = { [0] = { .next = &nodes[1], .flags = 0x1fUL }, { 0 } };
static int done, *where = &done; /* shared */
static inline int add(int a, int b) { return a + b; }
LOCKSTEP_THREAD(waker) {
  node_t *n = &nodes[MAX(0, 1)]; // local
  for (int i = 0; i < LIMIT; i++) { WRITE_ONCE(done, add(i, 1)); if (i == 'a') continue; else goto out; }
  switch ((int)n->flags) { case IDLE: smp_mb(); break; case BUSY: default: return; }
out: LOG("%d\\n", done); CHECK(done);
}
LOCKSTEP_THREAD(waiter) {
  int r = ({ int v = READ_ONCE(*where); v ? v : -1; });
  wait_event(queue, READ_ONCE(done) && r != ~0);
  do { r -= sizeof(node_t) + sizeof r; } while (--r > 0 || !nodes[0].next->fn(1, (void *)0));
  container_of(where, struct node, flags)->flags ^= 1;
}
`

const TOKENS = lex(new SourceText({ name: 'program', text: PROGRAM }))
const WORDS = [
  ...'( ) { } [ ] ; , = == * & -> . : ? + ++ # ## \\ \' " / < > ! ... int struct typedef if else for case return sizeof'.split(
    ' ',
  ),
  ...'x 1 0x 1.5 node_t MAX wait_event #define #if #endif #include defined __VA_ARGS__ /* */ // \\\n typeof __attribute__ asm \u0000 \u2028 é 😀'.split(
    ' ',
  ),
  '\n#define A A A(\n',
  '\n#else\n',
  '\n#if 1\n',
  'typedef int done;',
]

interface Mutation {
  readonly at: number
  readonly what: 'drop' | 'double' | 'insert' | 'swap' | 'cut' | 'replace'
  readonly word: string
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(TOKENS.length - 1),
  what: fc.constantFrom('drop', 'double', 'insert', 'swap', 'cut', 'replace'),
  word: fc.constantFrom(...WORDS),
})

/** The program with some of its tokens changed, its white space as it was. */
const mutated = (mutations: readonly Mutation[]): string => {
  const parts = TOKENS.map((token, i) => PROGRAM.slice(TOKENS[i - 1]?.end ?? 0, token.end))
  let end = parts.length
  for (const { at, what, word } of mutations) {
    const part = parts[at] ?? ''
    if (what === 'drop') parts[at] = ''
    if (what === 'double') parts[at] = part + part
    if (what === 'insert') parts[at] = `${word} ${part}`
    if (what === 'replace') parts[at] = ` ${word}`
    if (what === 'swap') [parts[at], parts[(at + 1) % parts.length]] = [parts[(at + 1) % parts.length] ?? '', part]
    if (what === 'cut') end = at
  }
  return `${parts.slice(0, end).join('')}\n`
}

/** Reads a text and looks at all that came out; true if nothing is wrong with it. */
const isRead = (text: string): boolean => {
  try {
    const look = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return
      if ('span' in node)
        expect((node.span as { readonly text: string; readonly line: number }).line).toBeGreaterThan(0)
      Object.values(node).forEach(look)
    }
    for (const declaration of read(text, { headers: HEADERS })) {
      look(declaration)
      expect(declarationText(declaration)).not.toBe('')
      expect(declaration.span.text).not.toBe('')
    }
    return true
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const { code, file, line = 0, column = 0, hint = '', message } = error.problem
    expect([
      error.exit,
      code.startsWith('c-'),
      file === 'a.c' || file === 'lockstep.h',
      message !== '',
      hint !== '',
    ]).toEqual([2, true, true, true, true])
    expect(line).toBeGreaterThan(0)
    expect(column).toBeGreaterThan(0)
    return false
  }
}

describe('C that somebody broke', () => {
  it('is a program as it is', () => {
    expect(isRead(PROGRAM)).toBe(true)
  })

  it('is read or refused with a place, never more', () => {
    let [good, bad] = [0, 0]
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        if (isRead(mutated(mutations))) good++
        else bad++
      }),
      { numRuns: isCI ? 1_500 : 600 },
    )
    // both ways are taken
    expect([good > 20, bad > 200]).toEqual([true, true])
  })

  it('may be of any characters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...WORDS, '\n', ' '), fc.string({ unit: 'binary', maxLength: 4 })), {
          maxLength: 30,
        }),
        (parts) => {
          isRead(parts.join(' '))
          isRead(parts.join(''))
        },
      ),
      { numRuns: isCI ? 250 : 100 },
    )
  })
})
