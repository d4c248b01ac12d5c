/** What mutants are made of: the examples, and small clients of the headers. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../../scripts/workspace/package.ts'

const EXAMPLES = join(packageRoot(), 'examples')

const FEATURES = `#include <lockstep.h>
#include <linux/types.h>
#include <linux/container_of.h>
enum colour { GREEN, RED = 3, BLUE };
union word { int a; long b; };
struct inner { int y; u8 z[2]; };
struct outer { short x; struct inner in; struct outer *next; };
typedef struct { int counter; } box_t;
static struct outer s = { .x = 1, .in = { 2, { 3, 4 } } }, t = { .next = &s };
static int arr[2][2] = { { 1, 2 }, { 3 } }, x, y = 'a';
static const u8 limit = 3;
static u64 wide = 1ull << 40;
static struct inner twice(struct inner v, int n) { v.y = n * 2; return v; }
static int sum(int *p, unsigned n) { int r = 0; for (unsigned i = 0; i < n; i++) r += p[i]; return r; }
static void pick(int c) {
  switch (c & 3) { case GREEN: x = 1; case RED: { y--; break; } default: x = ~y; }
again:
  if (x > 2 && --x) goto again;
  do { if (c) break; } while (0);
}
LOCKSTEP_THREADS(worker, 2, id) {
  static int calls; int local[2] = { id }; struct outer copy = s;
  calls += sum(local, 2) + (id ? (copy.x, 1) : sizeof(arr));
  copy = *(copy.next ?: &t); wide <<= limit; s.in = twice(copy.in, id);
  *(&arr[1][0] + id) = ({ int v = x; v > 1 ? v : 1; });
  pick(lockstep_choose(2)); LOCKSTEP_STEP { x++; }
  box_t *b = container_of(&y, box_t, counter); (void)b; assert(x != 7);
}
LOCKSTEP_INVARIANT(small, x < 100)
LOCKSTEP_LEADS_TO(goes, x == 1, y == 0)
LOCKSTEP_FINALLY(x >= 0)
`

const LOCKS = `#include <lockstep.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/irqflags.h>
static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(m);
static int shared, *cur = &shared, old;
LOCKSTEP_THREAD(a) {
  unsigned long flags; spin_lock_irqsave(&lock, flags); shared++; spin_unlock_irqrestore(&lock, flags);
  mutex_lock(&m); rcu_assign_pointer(cur, &old); mutex_unlock(&m); synchronize_rcu(); WRITE_ONCE(old, 1);
}
LOCKSTEP_THREAD(b) { int *p; rcu_read_lock(); p = rcu_dereference(cur); assert(READ_ONCE(*p) == 0 || p == &shared); rcu_read_unlock(); }
LOCKSTEP_INTERRUPT(irq, b) { spin_lock(&lock); shared--; spin_unlock(&lock); }
`

const SLEEP = `#include <lockstep.h>
#include <linux/wait.h>
#include <linux/completion.h>
#include <linux/sched.h>
#include <linux/atomic.h>
static DECLARE_WAIT_QUEUE_HEAD(wq);
static DECLARE_COMPLETION(done);
static atomic_t n = ATOMIC_INIT(0);
static unsigned long bits;
LOCKSTEP_THREAD(sleeper) { wait_event(wq, atomic_read(&n) == 1); complete(&done); if (!test_and_set_bit(3, &bits)) atomic_dec(&n); }
LOCKSTEP_THREAD(waker) { atomic_inc(&n); smp_mb(); wake_up(&wq); wait_for_completion(&done); BUG_ON(!test_bit(3, &bits) && atomic_cmpxchg(&n, 1, 2) != 1); }
`

export const CLIENTS: readonly string[] = [FEATURES, LOCKS, SLEEP]

/** All sources, the small ones more often. */
export const sources = (): readonly string[] => {
  const files = readdirSync(EXAMPLES)
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => readFileSync(join(EXAMPLES, name), 'utf8'))
  const small = files.filter(({ length }) => length < 5_000)
  return [...files, ...small, ...small, ...CLIENTS, ...CLIENTS, ...CLIENTS, FEATURES, FEATURES]
}
