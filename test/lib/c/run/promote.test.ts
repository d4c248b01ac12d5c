import { describe, expect, test } from 'vitest'
import type { MemoryModel } from '../../../../impl/lib/kernel/memory/buffer.ts'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import { programOf } from '../program-of.ts'

const HEAD = '#include <lockstep.h>\n#include <linux/types.h>\n'

/** Labels of a thread's steps that are reached. */
const labels = async (text: string, memory: MemoryModel = 'SC'): Promise<readonly string[]> => {
  const { discovery } = machineOf(await programOf(HEAD + text), { memory })
  const [first] = discovery().compiled.automata
  return (first?.nodes ?? []).map(({ label }) => label)
}

const FILL = `
static int x, y;
struct req { int a; int b; };
static void fill(struct req *r, int *ok)
{
  r->a = READ_ONCE(x);
  r->b = 7;
  *ok = r->a == 0;
}
`

describe('what is private to a thread', () => {
  test('accesses of a local through its address are no steps', async () => {
    const found = await labels(`${FILL}
LOCKSTEP_THREAD(one) {
  struct req r;
  int ok;
  fill(&r, &ok);
  if (ok)
    WRITE_ONCE(y, r.a + r.b);
}`)
    expect(found).toEqual(['fill_L8', 'one_L18_3', 'one_end'])
  })

  test('those of a local whose address somebody may find are steps', async () => {
    const found = await labels(`${FILL}
static struct req *published;
LOCKSTEP_THREAD(one) {
  struct req r;
  int ok;
  fill(&r, &ok);
  WRITE_ONCE(published, &r);
}`)
    expect(found).toEqual(['fill_L8', 'fill_L8_2', 'fill_L9', 'fill_L10', 'one_L18', 'one_end'])
  })

  test('an access that may be of something shared stays a step', async () => {
    const found = await labels(`${FILL}
LOCKSTEP_THREAD(one) {
  int mine, *p = &mine;
  if (lockstep_choose(2))
    p = &y;
  *p = 3;
}`)
    expect(found).toContain('one_L17')
  })

  test('what nobody has set is read as such', async () => {
    const program = await programOf(`${HEAD}
static int y;
static void look(int *p) { WRITE_ONCE(y, *p); }
LOCKSTEP_THREAD(one) { int mine; if (lockstep_choose(2)) mine = 1; look(&mine); }`)
    const { machine } = machineOf(program, { memory: 'TSO' })
    expect(check(machine).properties.find(({ name }) => name === 'Uninitialised')?.verdict).toBe('violated')
  })

  test('a local of one call is not that of the next', async () => {
    const program = await programOf(`${HEAD}
static void set(int *p) { *p = 1; }
static int get(bool first) { int mine; if (first) set(&mine); return mine; }
LOCKSTEP_THREAD(one) { get(true); get(false); }`)
    const { machine } = machineOf(program, { memory: 'SC' })
    expect(check(machine).properties.find(({ name }) => name === 'Uninitialised')?.verdict).toBe('violated')
  })
})

describe('what grows for ever', () => {
  test('is named, and ends the search', async () => {
    const program = await programOf(`${HEAD}
static int count;
LOCKSTEP_THREAD(one) { for (;;) WRITE_ONCE(count, READ_ONCE(count) + 1); }`)
    const { discovery } = machineOf(program, { memory: 'SC', limits: { values: 100 } })
    expect(discovery().complete).toBe(false)
    expect(discovery().stopped).toMatchObject({ kind: 'values', what: 'count' })
  })

  test('a local is too', async () => {
    const program = await programOf(`${HEAD}
static int x;
LOCKSTEP_THREAD(one) { for (unsigned i = 0; ; i++) if (READ_ONCE(x)) WRITE_ONCE(x, 0); }`)
    const { discovery } = machineOf(program, { memory: 'SC', limits: { values: 100 } })
    expect(discovery().complete).toBe(false)
    expect(discovery().stopped?.what).toContain('one_i')
  })
})
