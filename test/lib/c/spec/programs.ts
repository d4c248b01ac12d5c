/** Small C programs, each of which has something of C that a specification has to get right. */

export interface Sample {
  readonly name: string
  readonly text: string
}

const HEAD = '#include <lockstep.h>\n#include <linux/types.h>\n'

export const SAMPLES: readonly Sample[] = [
  {
    name: 'store buffering',
    text: `static int x, y;
LOCKSTEP_THREAD(a) { WRITE_ONCE(x, 1); int r = READ_ONCE(y); assert(r < 2); }
LOCKSTEP_THREAD(b) { WRITE_ONCE(y, 1); smp_mb(); int r = READ_ONCE(x); assert(r < 2); }
LOCKSTEP_FINALLY(x == 1 && y == 1)
`,
  },
  {
    name: 'arithmetic of all widths',
    text: `static u8 a; static s8 b; static u16 c; static s16 d; static int e; static u32 f; static bool g;
static long h; static char i;
LOCKSTEP_THREAD(t)
{
	int n = 1 + lockstep_choose(3);
	a = a - n; b = 127; b += n; c = c - 1 - n; d = (short)(40000 + n); e = -7 / n; e = e * 3 % -4;
	f = f + 5 - n; g = n & 2; h = (-n) >> 1; h ^= 0x55; i = (char)200; i |= n; e |= ~n; f = (unsigned)n << 3;
	a = (a << 4) | (a >> 4); e = (b < 0) + (c > 65530u) + (d != 5); b = -b; f = ~(f | ~0xffu); h = (e ? a : b);
}
`,
  },
  {
    name: 'unsigned differences that stay small',
    text: `static u32 head, tail = 3; static unsigned long mask = 12;
LOCKSTEP_THREAD(t) { u32 n = lockstep_choose(3); tail = (head - n) & 7u; if (head - n != tail) mask &= ~4ul; WRITE_ONCE(head, (u8)(n - 5)); }
LOCKSTEP_THREAD(s) { mask |= 1ul << 3; if (READ_ONCE(tail) - 1 == 0u - 1) mask = 0; }
`,
  },
  {
    name: 'arrays and structs',
    text: `struct in { int v; u8 w[2]; }; struct out { short s; struct in in[3]; };
static struct out o = { 1, { { 2, { 3, 4 } }, { 5 } } }; static int m[2][2]; static int sum;
LOCKSTEP_THREADS(t, 2, id)
{
	int k = lockstep_choose(2);
	o.in[k].v += id; m[id][k] = o.in[id].w[k]; WRITE_ONCE(o.in[k + 1].w[id], o.s);
	if (o.in[id + 1].v == 5) sum++;
}
`,
  },
  {
    name: 'pointers through calls, from two places',
    text: `struct node { struct node *next; int value; }; static struct node a, b = { &a, 2 }, *head = &b; static int total;
static int value(struct node *n) { int v = READ_ONCE(n->value); if (v > 1) v += READ_ONCE(n->value); return v; }
static void put(int *where, int what) { *where = what; }
LOCKSTEP_THREAD(t) { struct node *n; for (n = READ_ONCE(head); n; n = READ_ONCE(n->next)) total += value(n); total += value(&a); }
LOCKSTEP_THREAD(s) { put(&a.value, 1); WRITE_ONCE(head, &a); put(&b.value, value(&b)); }
LOCKSTEP_INVARIANT(Bounded, total <= 20 && (!head || head->value >= 0))
`,
  },
  {
    name: 'one function for two threads',
    text: `static atomic_t lock; static int n;
static int enter(int who) { while (atomic_xchg_acquire(&lock, 1)) cpu_relax(); return who + 1; }
static void leave(void) { atomic_set_release(&lock, 0); }
LOCKSTEP_THREAD(p) { int k = enter(1); n += k; leave(); k = enter(k); n -= k; leave(); }
LOCKSTEP_THREAD(q) { int k = enter(2); n = k; leave(); }
`,
  },
  {
    name: 'switch, loops, goto',
    text: `static int x, y;
LOCKSTEP_THREAD(t)
{
	int i, s = 0;
	for (i = 0; i < 3; i++) { int j = i; while (j-- > 0) { if (j == 1) continue; s += j + 1; } }
	WRITE_ONCE(x, s);
again:
	switch (READ_ONCE(y)) { case 0: s = 5; break; case 1: s++; case 2: s *= 2; goto out; default: s = 9; }
	do { s -= 2; if (s == 1) goto again; } while (s > 3);
out:
	WRITE_ONCE(x, s);
}
LOCKSTEP_THREAD(u) { WRITE_ONCE(y, 1); WRITE_ONCE(y, READ_ONCE(x) & 3); }
`,
  },
  {
    name: 'read-modify-writes',
    text: `static atomic_t a = ATOMIC_INIT(1); static unsigned long bits; static int x; static int *p;
LOCKSTEP_THREAD(t)
{
	int r = atomic_fetch_add(2, &a); if (atomic_dec_and_test(&a)) r++;
	if (atomic_add_unless(&a, 1, 3)) r += 2; WRITE_ONCE(x, r); if (atomic_inc_not_zero(&a)) r = cmpxchg(&x, 0, 5);
	if (test_and_set_bit(2, &bits)) clear_bit(1, &bits); change_bit(1, &bits); r = xchg(&p, &x) == &x;
	atomic_andnot(1, &a); WRITE_ONCE(x, atomic_sub_return(r, &a)); atomic_or(4, &a); atomic_xor(r, &a);
}
LOCKSTEP_THREAD(u) { int old = 1; if (try_cmpxchg(&x, &old, 7)) old = 3; cmpxchg(&p, NULL, &x); atomic_add_negative(-2, &a); smp_store_mb(x, old); }
`,
  },
  {
    name: 'blocks, await, choose',
    text: `static int ready, data[2], sum, turn;
LOCKSTEP_THREADS(t, 2, id)
{
	int n = lockstep_choose(2), i;
	LOCKSTEP_STEP { data[id] = n + 1; if (n) turn = id; }
	LOCKSTEP_ATOMIC { ready++; for (i = 0; i < 2; i++) sum += data[i]; if (sum > 4) { sum = 4; } else { data[id]++; } }
	lockstep_await(ready == 2);
	LOCKSTEP_ATOMIC { lockstep_await(turn == id || data[1 - id] > 0); turn = 1 - id; assert(sum <= 4); }
}
LOCKSTEP_LEADS_TO(BothCome, ready == 1, ready == 2)
`,
  },
  {
    name: 'blocks that follow pointers',
    text: `struct n { struct n *next; int v; }; static struct n a, b, c, *top; static int seen;
static int count(void) { int k = 0; struct n *p; LOCKSTEP_ATOMIC { for (p = top; p; p = p->next) { p->v++; k++; } if (top) top = top->next; } return k; }
LOCKSTEP_THREADS(t, 2, id)
{
	struct n *mine = id ? &a : &b;
	LOCKSTEP_ATOMIC { mine->next = top; top = mine; if (mine->next == &a) mine->next->v = 4; }
	WRITE_ONCE(seen, count());
	LOCKSTEP_STEP { seen += mine->v; smp_mb(); c.v = seen; }
}
`,
  },
  {
    name: 'an interrupt',
    text: `#include <linux/irqflags.h>
static int x, y;
LOCKSTEP_THREAD(host) { unsigned long flags; WRITE_ONCE(x, 1); local_irq_save(flags); WRITE_ONCE(x, 2); local_irq_restore(flags); WRITE_ONCE(y, READ_ONCE(x)); }
LOCKSTEP_INTERRUPT(handler, host) { int v = READ_ONCE(x); if (v) WRITE_ONCE(y, v + lockstep_self()); }
`,
  },
  {
    name: 'what goes wrong',
    text: `#include <linux/bug.h>
struct s { int v; struct s *n; }; static struct s s, *p; static int a[2], i, d; static int *q;
static int get(struct s *x) { return x->v + READ_ONCE(x->v); }
LOCKSTEP_THREAD(t)
{
	int u; int k = READ_ONCE(i);
	if (k == 1) a[k + 1] = 1; else if (k == 2) d = 5 / READ_ONCE(d); else if (k == 3) d = u; else if (k == 4) d = 1 << (k * 8);
	else if (k == 5) { d = get(READ_ONCE(p)); } else if (k == 6) { LOCKSTEP_ATOMIC { d = 2; a[k] = 3; } } else if (k == 7) q = a + k, *q = 1;
	BUG_ON(d > 1); WARN_ON(READ_ONCE(a[0]));
}
LOCKSTEP_THREAD(w) { WRITE_ONCE(i, lockstep_choose(8)); }
`,
  },
  {
    name: 'write barriers and releases',
    text: `static int x, y, z, *p;
LOCKSTEP_THREAD(a) { WRITE_ONCE(x, 1); smp_wmb(); WRITE_ONCE(y, 1); smp_store_release(&z, 1); rcu_assign_pointer(p, &x); }
LOCKSTEP_THREAD(b) { int r = smp_load_acquire(&z); int *q = rcu_dereference(p); if (q) r += READ_ONCE(*q); WRITE_ONCE(y, r); }
`,
  },
  {
    name: 'locals with an address, container_of, names of TLA+',
    text: `#include <linux/container_of.h>
struct w { int pc; struct { int l; } th; }; static struct w Next, *Init; static int drained, i, e, At;
static void set(int *p, int v) { WRITE_ONCE(*p, v); }
LOCKSTEP_THREADS(m, 2, id) { int v = id; set(&v, 3); drained += v; int *l = id ? &Next.th.l : &v; if (id) Init = container_of(l, struct w, th.l); set(l, i); e = At = v; }
LOCKSTEP_INVARIANT(Known, !Init || Init == &Next)
`,
  },
  {
    name: 'nested calls and loops with steps',
    text: `static int x, n;
static int low(int v) { int i; for (i = 0; i < 2; i++) v += READ_ONCE(x); return v; }
static int high(int v) { if (v & 1) return low(v); v = low(v + 1); return v + low(v); }
LOCKSTEP_THREAD(t) { int a = high(1); n = high(a); WRITE_ONCE(x, a & 1); }
LOCKSTEP_DAEMON(d) { for (;;) { if (READ_ONCE(x)) WRITE_ONCE(x, low(0) & 1); lockstep_await(x == 0 || n); WRITE_ONCE(x, 1); } }
`,
  },
  {
    name: 'stores of the thread’s own within a step',
    text: `static int x, y, log[4], n, *p = &x;
LOCKSTEP_THREAD(a) { LOCKSTEP_STEP { WRITE_ONCE(x, READ_ONCE(x) + 1); log[n++] = READ_ONCE(x); smp_store_release(&y, x); } LOCKSTEP_STEP { WRITE_ONCE(*p, 3); log[n++] = READ_ONCE(*p); } }
LOCKSTEP_THREAD(b) { WRITE_ONCE(p, &y); LOCKSTEP_STEP { if (READ_ONCE(y)) { WRITE_ONCE(x, 5); smp_mb(); } n |= 0; } LOCKSTEP_ATOMIC { WRITE_ONCE(y, 2); } }
`,
  },
  {
    name: 'steps behind stores of the thread’s own to the same place',
    text: `#include <linux/atomic.h>
static int x, y, z, arr[2], *p = &x; static atomic_t n = ATOMIC_INIT(0);
LOCKSTEP_THREAD(a) {
	WRITE_ONCE(x, 1); atomic_set(&n, 1); WRITE_ONCE(arr[1], 5);
	LOCKSTEP_STEP { x = 2; if (x != 2) y = 1; WRITE_ONCE(z, 1); z = 2; z = 3; arr[z & 1] = 6; }
	LOCKSTEP_STEP { *p = *p + 1; } LOCKSTEP_STEP { atomic_inc(&n); }
	LOCKSTEP_STEP { WRITE_ONCE(x, 4); } y = READ_ONCE(x); }
LOCKSTEP_THREAD(b) { int a = READ_ONCE(z), b = READ_ONCE(x); assert(!(a == 3 && b == 0)); WRITE_ONCE(p, &z); }
`,
  },
  {
    name: 'an interrupt that comes when it was asked for',
    text: `#include <linux/irqflags.h>
static int x, n; static bool pending;
LOCKSTEP_THREAD(task) { local_irq_disable(); int v = READ_ONCE(x); WRITE_ONCE(x, v + 1); local_irq_enable(); WRITE_ONCE(pending, true); }
LOCKSTEP_THREAD(other) { WRITE_ONCE(pending, true); }
LOCKSTEP_INTERRUPT(handler, task) { int v; LOCKSTEP_ATOMIC { lockstep_await(pending && n < 2); pending = false; n++; } v = READ_ONCE(x); WRITE_ONCE(x, v + 1); }
LOCKSTEP_INTERRUPT(again, task) { lockstep_await(READ_ONCE(n) == 1); if (READ_ONCE(x) > 2) n = 2; }
LOCKSTEP_LEADS_TO(Comes, pending && n == 0, n > 0)
`,
  },
  {
    name: 'locals that a callee has the address of',
    text: `struct pair { int a; int b; }; static int x, y;
static void fill(struct pair *p, int v) { p->a += READ_ONCE(x) + v; WRITE_ONCE(y, p->a); p->b = v; }
LOCKSTEP_THREADS(t, 2, id) { struct pair p = { id, 1 }; fill(&p, 1); if (p.b == 1) fill(&p, 2); WRITE_ONCE(x, p.a & 1); }
`,
  },
].map(({ name, text }) => ({ name, text: HEAD + text }))
