import { expect, it } from 'vitest'
import { slotsFor } from '../../../../impl/lib/c/run/slots.ts'
import { programOf } from '../program-of.ts'

const slots = async (text: string): Promise<number> =>
  slotsFor(
    await programOf(
      `#include <lockstep.h>\n#include <linux/compiler.h>\n#include <linux/atomic.h>\nstatic int x, y;\n${text}`,
    ),
  )

it.each([
  ['none is one: a buffer has room', 'LOCKSTEP_THREAD(one) { READ_ONCE(x); }', 1],
  ['each store counts', 'LOCKSTEP_THREAD(one) { WRITE_ONCE(x, 1); WRITE_ONCE(y, 1); WRITE_ONCE(x, 2); }', 3],
  ['the thread with the most', 'LOCKSTEP_THREAD(one) { x = 1; } LOCKSTEP_THREAD(two) { x = 1; y = 1; }', 2],
  ['a release has a barrier before it', 'LOCKSTEP_THREAD(one) { WRITE_ONCE(x, 1); smp_store_release(&y, 1); }', 3],
  ['a write barrier waits too', 'LOCKSTEP_THREAD(one) { WRITE_ONCE(x, 1); smp_wmb(); WRITE_ONCE(y, 1); }', 3],
  [
    'a function at each call',
    'static void set(int v) { WRITE_ONCE(x, v); WRITE_ONCE(y, v); } LOCKSTEP_THREAD(one) { set(1); set(2); set(3); }',
    6,
  ],
  ['a loop ends who knows when', 'LOCKSTEP_THREAD(one) { while (READ_ONCE(x)) WRITE_ONCE(y, 1); }', 4],
  [
    'and so does one in a function',
    'static void set(void) { while (READ_ONCE(x)) WRITE_ONCE(y, 1); } LOCKSTEP_THREAD(one) { set(); }',
    4,
  ],
  ['more than can be held', `LOCKSTEP_THREAD(one) { ${'WRITE_ONCE(x, 1); '.repeat(40)} }`, 32],
])('%s', async (_, text, expected) => {
  expect(await slots(text)).toBe(expected)
})
