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
