import { expect, test } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import { programOf } from '../program-of.ts'

const verdicts = async (text: string) => {
  const { machine } = machineOf(await programOf(`#include <lockstep.h>\n${text}`), { memory: 'TSO' })
  return new Map(check(machine).properties.map(({ name, verdict }) => [name, verdict]))
}

test('nobody promises that an interrupt comes, and what it has begun it ends', async () => {
  const found = await verdicts(`
static int begun, ended;
LOCKSTEP_THREAD(task) { }
LOCKSTEP_INTERRUPT(handler, task) { WRITE_ONCE(begun, 1); WRITE_ONCE(ended, 1); }
LOCKSTEP_LEADS_TO(Comes, !begun, begun)
LOCKSTEP_LEADS_TO(Ends, begun, ended)
`)
  expect(found.get('Comes')).toBe('violated')
  expect(found.get('Ends')).toBe('holds')
})

test('its thread stands still meanwhile', async () => {
  const found = await verdicts(`
static int x, y;
LOCKSTEP_THREAD(task) { int r0 = READ_ONCE(x); int r1 = READ_ONCE(y); assert(r0 == 0 || r1 == 1); }
LOCKSTEP_INTERRUPT(handler, task) { WRITE_ONCE(x, 1); WRITE_ONCE(y, 1); }
`)
  expect(found.get('Assertion')).toBe('holds')
})

test('one whose first statement waits comes when that is there, and only then', async () => {
  const found = await verdicts(`
static int x, sent, got;
LOCKSTEP_THREAD(task) { WRITE_ONCE(x, 1); int r = READ_ONCE(x); assert(r == 1 || sent); }
LOCKSTEP_THREAD(other) { WRITE_ONCE(sent, 1); }
LOCKSTEP_INTERRUPT(handler, task) { int v; LOCKSTEP_ATOMIC { lockstep_await(sent && !got); got = 1; } WRITE_ONCE(x, 2); v = READ_ONCE(x); assert(v == 2); }
LOCKSTEP_INVARIANT(OnlyThen, !got || sent)
LOCKSTEP_INVARIANT(Never, !got)
LOCKSTEP_LEADS_TO(Comes, sent, got)
`)
  expect(found.get('Assertion')).toBe('holds')
  expect(found.get('OnlyThen')).toBe('holds')
  expect(found.get('Never')).toBe('violated')
  expect(found.get('Comes')).toBe('holds')
  // nothing is stuck where it does not come again
  expect([...found.values()].filter((verdict) => verdict === 'violated')).toHaveLength(1)
})

test('one that comes back to its first statement waits there', async () => {
  const found = await verdicts(`
static int sent, n;
LOCKSTEP_THREAD(task) { WRITE_ONCE(n, 1); }
LOCKSTEP_INTERRUPT(handler, task) { again: lockstep_await(READ_ONCE(sent)); if (READ_ONCE(n) > 5) goto again; }
`)
  expect(found.get('WaitsForEver')).toBe('violated')
})
