import { describe, expect, it } from 'vitest'
import { BUILTINS } from '../../../../impl/lib/c/program/builtins.ts'
import { ablated } from './ablated.ts'

const HEAD = `#include <lockstep.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
static atomic_t count;
static unsigned long word;
static int a, b, *p = &a;
static struct { int f[2]; } s;
static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(mutex);
static DEFINE_SRCU(srcu);
static DECLARE_WAIT_QUEUE_HEAD(wq);
`
const BEHIND = HEAD.split('\n').length - 1

/** The toggles of a thread's body: name without the line, and how its weaker forms read. */
const found = async (body: string, before = ''): Promise<string[]> => {
  const text = `${HEAD}${before}LOCKSTEP_THREAD(t) {\n${body}\n}\n`
  // what they are is looked at here, not what they are needed for
  const { results } = await ablated(text, ['SC'], { only: [] })
  return results.map(({ toggle }) => {
    const forms = toggle.forms.map(({ text: form }) => (form === '' ? 'nothing' : form))
    return [`${toggle.kind} ${toggle.text}`, ...forms].join(' -> ')
  })
}

describe('toggles of a C file', () => {
  it.each([
    ['smp_mb();', 'barrier smp_mb() -> smp_wmb() -> nothing'],
    ['smp_wmb();', 'barrier smp_wmb() -> nothing'],
    ['smp_rmb();', 'barrier smp_rmb() -> nothing'],
    ['barrier();', 'barrier barrier() -> nothing'],
    ['smp_mb__after_atomic();', 'barrier smp_mb__after_atomic() -> nothing'],
    ['if (wq_has_sleeper(&wq)) a = 1;', 'order wq_has_sleeper(&wq) -> waitqueue_active(&wq)'],
    ['b = smp_load_acquire(&s.f[1]);', 'order smp_load_acquire(&s.f[1]) -> READ_ONCE(s.f[1])'],
    ['b = smp_load_acquire(p);', 'order smp_load_acquire(p) -> READ_ONCE(*p)'],
    ['b = smp_load_acquire(p + 0);', 'order smp_load_acquire(p + 0) -> READ_ONCE(*(p + 0))'],
    ['smp_store_release(&a, 1);', 'order smp_store_release(&a, 1) -> WRITE_ONCE(a, 1)'],
    ['smp_store_mb(a, 1);', 'order smp_store_mb(a, 1) -> smp_store_release(&a, 1) -> WRITE_ONCE(a, 1)'],
    ['smp_store_mb(*p, 1);', 'order smp_store_mb(*p, 1) -> smp_store_release(&(*p), 1) -> WRITE_ONCE(*p, 1)'],
    ['rcu_assign_pointer(p, &b);', 'order rcu_assign_pointer(p, &b) -> WRITE_ONCE(p, &b)'],
    ['set_current_state(TASK_RUNNING);', 'order set_current_state(TASK_RUNNING) -> __set_current_state(TASK_RUNNING)'],
    ['atomic_set_release(&count, 1);', 'order atomic_set_release(&count, 1) -> atomic_set(&count, 1)'],
    ['a = xchg(&b, 1);', 'order xchg(&b, 1) -> xchg_acquire(&b, 1) -> xchg_release(&b, 1) -> xchg_relaxed(&b, 1)'],
    ['a = xchg_release(&b, 1);', 'order xchg_release(&b, 1) -> xchg_relaxed(&b, 1)'],
    ['clear_bit_unlock(1, &word);', 'order clear_bit_unlock(1, &word) -> clear_bit(1, &word)'],
    ['WRITE_ONCE(a, (1, 2));', 'once WRITE_ONCE(a, (1, 2)) -> a = (1, 2)'],
    ['b = READ_ONCE(s.f[0]) + 1;', 'once READ_ONCE(s.f[0]) -> s.f[0]'],
    ['b = READ_ONCE(*p) + 1;', 'once READ_ONCE(*p) -> (*p)'],
    ['rcu_read_lock(); rcu_read_unlock();', 'lock rcu_read_lock() ... rcu_read_unlock() -> nothing'],
    ['mutex_lock(&mutex); mutex_unlock(&mutex);', 'lock mutex_lock(&mutex) ... mutex_unlock(&mutex) -> nothing'],
    [
      'int i = srcu_read_lock(&srcu); srcu_read_unlock(&srcu, i);',
      'lock srcu_read_lock(&srcu) ... srcu_read_unlock(&srcu, i) -> nothing',
    ],
    [
      'unsigned long f; spin_lock_irqsave(&lock, f); spin_unlock_irqrestore(&lock, f);',
      'lock spin_lock_irqsave(&lock, f) ... spin_unlock_irqrestore(&lock, f) -> spin_lock(&lock) ... spin_unlock(&lock) -> nothing',
    ],
    [
      'LOCKSTEP_OPTIONAL(A) if (a) b = 1; else b = 2;',
      'optional LOCKSTEP_OPTIONAL(A) if (a) b = 1; else b = 2; -> nothing',
    ],
  ])('%s', async (body, wanted) => {
    expect(await found(body)).toEqual([wanted])
  })

  it('are of calls that take one lock and give it back, each section by itself, with every way out', async () => {
    const body = `
      spin_lock(&lock); if (a) { spin_unlock(&lock); return; } spin_unlock(&lock);
      mutex_lock(&mutex); mutex_unlock(&mutex); mutex_lock(&mutex); mutex_unlock(&mutex);`
    expect(await found(body)).toEqual([
      'lock spin_lock(&lock) ... spin_unlock(&lock) ... spin_unlock(&lock) -> nothing',
      'lock mutex_lock(&mutex) ... mutex_unlock(&mutex) -> nothing',
      'lock mutex_lock(&mutex) ... mutex_unlock(&mutex) -> nothing',
    ])
  })

  it('are none where a lock is only tried, or only given back', async () => {
    const body = 'smp_mb(); if (spin_trylock(&lock)) spin_unlock(&lock);'
    expect(await found(body)).toEqual(['barrier smp_mb() -> smp_wmb() -> nothing'])
  })

  it('are found in macros of the file once, in arguments of our macros, and not in what is left out', async () => {
    const before = `#define PUBLISH(x) do { smp_wmb(); WRITE_ONCE(x, 1); } while (0)
#define UNUSED() smp_mb()
#ifdef ABSENT
static inline void absent(void) { smp_mb(); }
#endif
`
    const body = 'PUBLISH(a); PUBLISH(b); wait_event(wq, READ_ONCE(a));'
    expect(await found(body, before)).toEqual([
      'barrier smp_wmb() -> nothing',
      'once WRITE_ONCE(x, 1) -> x = 1',
      'once READ_ONCE(a) -> a',
    ])
  })

  it('are none of a name that the file gives a meaning of its own', async () => {
    expect(await found('smp_mb(); smp_wmb();', 'static void smp_wmb(void) { a = 1; }\n')).toEqual([
      'barrier smp_mb() -> smp_wmb() -> nothing',
    ])
  })

  it('have names that tell them apart, by their lines', async () => {
    const { results } = await ablated(`${HEAD}LOCKSTEP_THREAD(t) {\nsmp_mb(); smp_mb();\n}\n`, ['SC'], { only: [] })
    const names = results.map(({ toggle }) => toggle.name)
    expect(names).toEqual([`smp_mb:${BEHIND + 2}`, `smp_mb:${BEHIND + 2}_2`])
    expect(results[0]?.toggle).toMatchObject({ function: 't', macro: undefined })
  })

  it('weaken to functions that there are', async () => {
    const names = [...BUILTINS.keys()].filter((name) => /_(acquire|release)$/.test(name) && name.startsWith('atomic_'))
    const body = names.flatMap((name) => {
      const args = BUILTINS.get(name)?.args.map((arg) => (arg === 'value' ? '1' : '&count'))
      return args === undefined || name.includes('try_cmpxchg') ? [] : [`${name}(${args.join(', ')});`]
    })
    const { results } = await ablated(`${HEAD}LOCKSTEP_THREAD(t) {\n${body.join('\n')}\n}\n`, ['SC'], { only: [] })
    expect(results).toHaveLength(body.length)
    const unknown = results.flatMap(({ toggle }) =>
      toggle.forms.map(({ text }) => text.replace(/\(.*/, '')).filter((name) => !BUILTINS.has(name)),
    )
    expect(unknown).toEqual([])
  })
})
