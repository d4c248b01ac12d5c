import { expect, it } from 'vitest'
import type { FunctionDefinition, IncludeEnvironment } from '../../../../impl/lib/c/syntax/index.ts'
import { loadCParser } from '../../../../impl/lib/c/syntax/index.ts'

const environment: IncludeEnvironment = {
  include: (name) => (name === 'own.h' ? { name, text: 'int own;\n' } : undefined),
  defines: new Map([['ON', '1']]),
  isHeader: () => false,
}

const TEXT = `#include "own.h"
#define USED(x) READ(x)
#define UNUSED(x) WRITE(x)
int READ(int v);
#ifdef ON
int on;
#else
int off;
#endif
int f(int a) { return USED(a + on); }
`

it('words are told that become part of the program: in a macro if it is used, in an argument, not where they are left out', async () => {
  const parser = await loadCParser()
  const told = new Map<string, Set<number>>()
  const unit = parser.parse({ name: 'a.c', text: TEXT }, environment, ({ file, start }) => {
    told.set(file.name, (told.get(file.name) ?? new Set()).add(start))
  })
  const isTold = (word: string, from = 0): boolean => told.get('a.c')?.has(TEXT.indexOf(word, from)) === true
  const body = TEXT.indexOf('int f(')
  expect({
    'the text of a macro that is used': isTold('READ(x)'),
    'the text of one that is not': isTold('WRITE'),
    'the name of its definition': isTold('USED'),
    'its use': isTold('USED', body),
    'an argument of it': isTold('on)', body),
    'what is left out': isTold('off'),
    'what is not': isTold('on;'),
  }).toEqual({
    'the text of a macro that is used': true,
    'the text of one that is not': false,
    'the name of its definition': false,
    'its use': true,
    'an argument of it': true,
    'what is left out': false,
    'what is not': true,
  })
  expect(told.get('own.h')).toEqual(new Set([0, 4, 7]))
  const f = unit.declarations.find((d): d is FunctionDefinition => d.kind === 'function' && d.name === 'f')
  expect(TEXT.slice(f?.span.start, f?.span.end)).toBe('int f(int a) { return USED(a + on); }')
})
