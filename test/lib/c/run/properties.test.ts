/** What is looked for in every file: each property in a program that breaks it, and in the same program mended. */

import { expect, it } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import { programOf } from '../program-of.ts'

const HEADERS = [
  'lockstep.h',
  ...['bug', 'compiler', 'mutex', 'rcupdate', 'sched', 'spinlock'].map((h) => `linux/${h}.h`),
]

const HEAD = `${HEADERS.map((name) => `#include <${name}>`).join('\n')}
static int x, y, a[2], *p = &x;
static unsigned long word;
static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(mutex);
`

const verdictsOf = async (text: string): Promise<ReadonlyMap<string, string>> => {
  const { machine } = machineOf(await programOf(HEAD + text), { memory: 'TSO' })
  return new Map(check(machine).properties.map(({ name, verdict }) => [name, verdict]))
}

/** A thread with these statements, and others. */
const thread = (body: string, others = ''): string => `${others}\nLOCKSTEP_THREAD(one)\n{\n${body}\n}\n`

const other = (body: string): string => `LOCKSTEP_THREAD(two)\n{\n${body}\n}\n`

const READER = other('rcu_read_lock(); lockstep_await(READ_ONCE(x)); rcu_read_unlock();')
const QUICK_READER = other('rcu_read_lock(); WRITE_ONCE(x, 1); rcu_read_unlock();')

const SLEEP = 'for (;;) { set_current_state(TASK_UNINTERRUPTIBLE); if (READ_ONCE(x)) break; schedule(); }'

it.each([
  ['Assertion', thread('assert(READ_ONCE(x) == 1);'), thread('assert(READ_ONCE(x) == 0);')],
  ['BugOn', thread('BUG_ON(READ_ONCE(x) == 0);'), thread('BUG_ON(READ_ONCE(x) == 1);')],
  ['WarnOn', thread('WARN_ON(READ_ONCE(x) == 0);'), thread('WARN_ON(READ_ONCE(x) == 1);')],
  [
    'NullPointer',
    thread('WRITE_ONCE(*READ_ONCE(p), 1);', other('WRITE_ONCE(p, NULL);')),
    thread('WRITE_ONCE(*READ_ONCE(p), 1);', other('WRITE_ONCE(p, &y);')),
  ],
  [
    'WrongPointer',
    thread('if (READ_ONCE(word)) WRITE_ONCE(*(int *)READ_ONCE(word), 1);', other('WRITE_ONCE(word, 8);')),
    thread(
      'if (READ_ONCE(word)) WRITE_ONCE(*(int *)READ_ONCE(word), 1);',
      other('WRITE_ONCE(word, (unsigned long)&x);'),
    ),
  ],
  ['OutOfBounds', thread('WRITE_ONCE(a[2 - READ_ONCE(x)], 1);'), thread('WRITE_ONCE(a[1 - READ_ONCE(x)], 1);')],
  [
    'Uninitialised',
    thread('int i; if (READ_ONCE(x)) i = 1; WRITE_ONCE(y, i);'),
    thread('int i; if (!READ_ONCE(x)) i = 1; WRITE_ONCE(y, i);'),
  ],
  ['Arithmetic', thread('WRITE_ONCE(y, 4 / READ_ONCE(x));'), thread('WRITE_ONCE(y, 4 / (1 + READ_ONCE(x)));')],
  ['EndlessLoop', thread('int i = 1; while (i) i = 3 - i;'), thread('int i = 1; while (i) i = 1 - i;')],
  ['DataRace', thread('x = 1;', other('y = READ_ONCE(x);')), thread('WRITE_ONCE(x, 1);', other('y = READ_ONCE(x);'))],
  [
    'LostWakeup',
    thread(SLEEP, other('WRITE_ONCE(x, 1);')),
    thread(SLEEP, other('WRITE_ONCE(x, 1); wake_up_process(lockstep_task(one));')),
  ],
  [
    'LockHeld',
    thread('spin_lock(&lock); spin_lock(&lock); spin_unlock(&lock);'),
    thread('spin_lock(&lock); spin_unlock(&lock); spin_lock(&lock); spin_unlock(&lock);'),
  ],
  [
    'GracePeriod',
    thread('synchronize_rcu(); WRITE_ONCE(x, 1);', READER),
    thread('synchronize_rcu(); WRITE_ONCE(x, 1);', QUICK_READER),
  ],
  [
    'WaitsForEver',
    thread('lockstep_await(READ_ONCE(x));'),
    thread('lockstep_await(READ_ONCE(x));', other('WRITE_ONCE(x, 1);')),
  ],
])('%s is broken by the one, and kept by the other', async (name, wrong, right) => {
  const [broken, kept] = [await verdictsOf(wrong), await verdictsOf(right)]
  expect([broken.get(name), kept.get(name)]).toEqual(['violated', 'holds'])
})

it('what does not occur is vacuous, and holds for nobody', async () => {
  const found = await verdictsOf(thread('WRITE_ONCE(x, 1);'))
  expect([...found].filter(([, verdict]) => verdict === 'violated')).toEqual([])
  expect([found.get('NullPointer'), found.get('OutOfBounds')]).toEqual(['vacuous', 'vacuous'])
})
