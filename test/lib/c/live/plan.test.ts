/** What of a file is in memory, and how each step is taken there. */

import { expect, it } from 'vitest'
import { at } from '../../../../impl/lib/kernel/at.ts'
import type { Stage } from './playing.ts'
import { example, staged } from './playing.ts'

const waysOf = ({ plan }: Stage, thread: number): Record<string, string> =>
  Object.fromEntries(
    at(plan.threads, thread).steps.map(({ label, way, drains }) => [label, drains ? `${way}, drains` : way]),
  )

const leftOut = ({ plan }: Stage): string[] =>
  plan.compiled.machine.shared.cells.flatMap(({ inC, variable }, cell) =>
    plan.kept.has(cell) || variable === 'store_buffer' ? [] : [inC ?? variable],
  )

const text = (...lines: readonly string[]): string =>
  ['#include <lockstep.h>', '#include <linux/compiler.h>', '#include <linux/atomic.h>', ...lines].join('\n')

it('leaves the notes of properties out where they would cost a locked instruction: the clear of kicked is a plain store', async () => {
  const stage = await staged(example('poll-kick'))
  expect(leftOut(stage)).toEqual(['now.since_clear', 'now.since_entry', 'now.stale[0]', 'now.unkicked[0]'])
  expect(waysOf(stage, 0)).toMatchObject({ clear_kicked_L280: 'plain', may_enter_L297: 'plain, drains' })
  expect(waysOf(stage, 1)).toMatchObject({ set_kicked_L149: 'exchange', source_L431: 'plain' })
  expect(waysOf(stage, 2)).toMatchObject({ is_ready_L208: 'plain' })
})

it('takes what others can see change at once in one locked instruction, or all at once, or reads it at one moment', async () => {
  const stage = await staged(
    text(
      'static int a, b, c;',
      'LOCKSTEP_THREAD(writer) {',
      '  LOCKSTEP_ATOMIC { a = 1; b = 1; }',
      '  LOCKSTEP_ATOMIC { c++; }',
      '  WRITE_ONCE(b, 2);',
      '  WRITE_ONCE(a, 2);',
      '}',
      'LOCKSTEP_THREAD(reader) {',
      '  int x, y;',
      '  LOCKSTEP_STEP { x = READ_ONCE(a); y = READ_ONCE(b); }',
      '  if (x == y) LOCKSTEP_ATOMIC { c++; }',
      '}',
    ),
  )
  expect(waysOf(stage, 0)).toMatchObject({ writer_L6: 'locked', writer_L7: 'exchange', writer_L8: 'plain' })
  expect(waysOf(stage, 1)).toMatchObject({ reader_L13: 'snapshot', reader_L14: 'exchange' })
})

it('keeps what a thread only writes: the file’s properties look at it', async () => {
  const stage = await staged(
    text(
      'static int x, seen; static atomic_t count;',
      'LOCKSTEP_THREAD(a) { WRITE_ONCE(x, 1); atomic_inc(&count); }',
      'LOCKSTEP_THREAD(b) { seen = READ_ONCE(x); atomic_inc(&count); }',
      'LOCKSTEP_FINALLY(seen == 0 || atomic_read(&count) == 2)',
    ),
  )
  expect(leftOut(stage)).toEqual([])
  expect(waysOf(stage, 1)).toMatchObject({
    b_L6: 'plain',
    b_L6_2: 'plain',
    b_L6_3: expect.stringMatching(/^exchange/) as string,
  })
})
