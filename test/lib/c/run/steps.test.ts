/** Blocks that are one step, beside the thread's own stores that others do not see yet. */

import { describe, expect, it } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import type { MemoryModel } from '../../../../impl/lib/kernel/memory/buffer.ts'
import { programOf } from '../program-of.ts'

const HEAD = `#include <lockstep.h>
#include <linux/atomic.h>
static int x, y, saw;
static atomic_t n;
`

const verdictsOf = async (text: string, memory: MemoryModel): Promise<ReadonlyMap<string, string>> => {
  const { machine } = machineOf(await programOf(HEAD + text), { memory })
  return new Map(check(machine).properties.map(({ name, verdict }) => [name, verdict]))
}

const BUFFERED: readonly MemoryModel[] = ['TSO', 'PSO']

describe.each(BUFFERED)('under %s a step', (memory) => {
  it.each([
    ['a plain store', 'WRITE_ONCE(x, 1); LOCKSTEP_STEP { x = 2; saw = x; } y = x;', 'x == 2 && y == 2 && saw == 2'],
    ['one through a pointer', 'int *p = &x; WRITE_ONCE(x, 1); LOCKSTEP_STEP { *p += 1; }', 'x == 2'],
    ['one behind the step’s own', 'LOCKSTEP_STEP { WRITE_ONCE(x, 1); x = 2; }', 'x == 2'],
    ['an atomic operation', 'atomic_set(&n, 1); LOCKSTEP_STEP { atomic_inc(&n); }', 'atomic_read(&n) == 2'],
    ['a store with a barrier', 'WRITE_ONCE(x, 1); LOCKSTEP_STEP { smp_store_mb(x, 2); }', 'x == 2'],
  ])('lets %s not overtake a store of the thread to the same place', async (_, body, finally_) => {
    const verdicts = await verdictsOf(`LOCKSTEP_THREAD(one) { ${body} }\nLOCKSTEP_FINALLY(${finally_})`, memory)
    expect(verdicts.get('Finally')).toBe('holds')
  })

  it('lets a plain store be seen at once before stores to other places', async () => {
    const text = `LOCKSTEP_THREAD(one) { WRITE_ONCE(y, 1); LOCKSTEP_STEP { x = 1; } }
LOCKSTEP_THREAD(two) { if (READ_ONCE(x)) saw = 1 + READ_ONCE(y); }
LOCKSTEP_INVARIANT(InOrder, saw != 1)`
    expect((await verdictsOf(text, memory)).get('InOrder')).toBe('violated')
  })
})
