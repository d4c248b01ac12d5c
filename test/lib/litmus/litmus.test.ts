/**
 * The classic tests, with the verdicts of the literature:
 * [S] Sewell, Sarkar, Owens, Zappa Nardelli, Myreen: "x86-TSO: a rigorous and usable programmer's model for x86
 *     multiprocessors", CACM 53(7), 2010: SB, SB with mfences, MP, LB, IRIW, n4, n5, n6; locked instructions drain.
 * [M] Alglave, Maranget, Tautschnig: "Herding Cats: Modelling, Simulation, Testing, and Data Mining for Weak Memory",
 *     TOPLAS 36(2), 2014: the names of the shapes, and TSO as what relaxes a store before a load and nothing else, which
 *     is in SB, R and RWC only.
 * [V] The SPARC Architecture Manual, version 8, appendix K: PSO may reorder stores to different locations, so MP, S, 2+2W,
 *     R and ISA2 without stbar; loads stay in order, so not LB, WRC, IRIW.
 * [K] Documentation/atomic_t.txt, memory-barriers.txt and RCU/ of the kernel: what each primitive orders.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadLitmus } from '../../../impl/lib/litmus/index.ts'
import { answerText } from '../../../impl/lib/litmus/print.ts'
import type { Answer } from '../../../impl/lib/litmus/run.ts'
import { LitmusRun } from '../../../impl/lib/litmus/run.ts'
import type { MemoryModel } from '../../../impl/lib/kernel/memory/buffer.ts'
import { MEMORY_MODELS } from '../../../impl/lib/kernel/memory/buffer.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

const litmus = await loadLitmus()
const directory = join(packageRoot(), 'test', 'lib', 'litmus', 'samples')
const answer = (name: string, model: MemoryModel): Answer =>
  litmus.check(readFileSync(join(directory, `${name}.litmus`), 'utf8'), model, `${name}.litmus`)

const [N, S, A] = ['Never', 'Sometimes', 'Always'] as const

/** test, under SC, TSO, PSO, and who says so */
const VERDICTS: readonly (readonly [string, string, string, string, string])[] = [
  ['SB', N, S, S, '[S]'],
  ['SB+mbs', N, N, N, '[S]'],
  ['SB+mb+none', N, S, S, '[S] one fence is not enough'],
  ['SB+xchgs', N, N, N, '[S] a locked instruction drains; [K] atomic_t.txt: _relaxed is no weaker on x86'],
  ['SB+failed-cmpxchgs', N, N, N, '[S] LOCK CMPXCHG is locked whether or not it succeeds'],
  ['SB+add-unless-that-gives-up', N, S, S, '[K] atomic_t.txt: no ordering on failure'],
  ['SB+store-mbs', N, N, N, '[K] smp_store_mb is a store and a full barrier'],
  ['SB+after-atomics', N, S, S, '[K] a compiler barrier on x86: it orders the atomic beside it, and there is none'],
  ['SB+rel+acq', N, S, S, '[K] release and acquire do not order a store before a load'],
  ['MP', N, N, S, '[S], [V]'],
  ['MP+wmb+rmb', N, N, N, '[V] stbar'],
  ['MP+rel+acq', N, N, N, '[K]'],
  ['LB', N, N, N, '[S]'],
  ['IRIW', N, N, N, '[S]'],
  ['R', N, S, S, '[M]'],
  ['R+mbs', N, N, N, '[M]'],
  ['2+2W', N, N, S, '[M], [V]'],
  ['2+2W+wmbs', N, N, N, '[V]'],
  ['S', N, N, S, '[M], [V]'],
  ['WRC', N, N, N, '[M]'],
  ['ISA2', N, N, S, '[M], [V]'],
  ['RWC', N, S, S, '[M]'],
  ['RWC+mb', N, N, N, '[M]'],
  ['CoRR', N, N, N, '[M] coherence'],
  ['CoWW', A, A, A, '[M] coherence'],
  ['CoWR', N, N, N, '[M] coherence'],
  ['n4', N, N, N, '[S]'],
  ['n5', N, N, N, '[S]'],
  ['n6', N, S, S, '[S] a thread reads its own store early'],
  ['MP+locks', N, N, N, '[K]'],
  ['SB+locks', N, N, N, '[K]'],
  ['SB+unlocks', N, S, S, '[K] an unlock is a release, no full barrier'],
  ['SB+locks-between', N, N, N, '[S] spin_lock() is a locked instruction'],
  ['ISA2+locks', N, N, N, '[K]'],
  ['Z6.0+locks', N, N, N, 'allowed by the kernel’s model, not by x86: spin_lock() drains'],
  ['counter+locks', A, A, A, '[K] mutual exclusion'],
  ['counter', S, S, S, 'the lost update'],
  ['counter+atomics', A, A, A, '[K]'],
  ['last-put', A, A, A, '[K] exactly one sees zero'],
  ['inhibit+srcu', N, N, N, '[K] the grace period'],
  ['inhibit', S, S, S, 'a barrier is no grace period'],
  ['MP+rcu', N, N, N, '[K] the grace-period guarantee'],
  ['rcu-stores', N, N, N, '[K] the grace-period guarantee, for stores'],
  ['publish', N, N, N, '[K] rcu_assign_pointer is a release'],
  ['filter', N, N, N, '[K] litmus-tests.txt, emulated locks'],
  ['forbidden', N, S, S, '[S]'],
  ['deadlock', S, S, S, 'AB-BA: the executions that end have either value'],
]

describe('the classic tests', () => {
  it.each(VERDICTS)('%s: %s, %s, %s (%s)', (name, ...expected) => {
    expect(MEMORY_MODELS.map((model) => answer(name, model).observation)).toEqual(expected.slice(0, 3))
  })

  it('every sample has a verdict', () => {
    expect(readdirSync(directory).sort()).toEqual(VERDICTS.map(([name]) => `${name}.litmus`).sort())
  })

  it('no sample needs more than a few hundred states', () => {
    const most = VERDICTS.map(([name]) => Math.max(...MEMORY_MODELS.map((model) => answer(name, model).explored)))
    expect(Math.max(...most)).toBeLessThan(500)
  })
})

describe('the interleavings that are left out', () => {
  const names = readdirSync(directory).map((name) => name.replace('.litmus', ''))
  it.each(names)('make no difference to %s', (name) => {
    const test = litmus.read(readFileSync(join(directory, `${name}.litmus`), 'utf8'))
    for (const model of MEMORY_MODELS) {
      const [some, all] = [{}, { isWhole: true }].map((limits) => new LitmusRun(test, model, limits).answer())
      expect(some?.outcomes).toEqual(all?.outcomes)
      expect(some?.stuck).toEqual(all?.stuck)
    }
  })

  it('are most of them', () => {
    const test = litmus.read(readFileSync(join(directory, 'IRIW.litmus'), 'utf8'))
    const explored = (isWhole: boolean): number => new LitmusRun(test, 'TSO', { isWhole }).answer().explored
    expect(explored(false) * 3).toBeLessThan(explored(true))
  })

  // sets of locations are sets of 31 bits
  describe('where there are more locations than bits', () => {
    const names = Array.from({ length: 40 }, (_, i) => `z${i}`)
    const ring = [0, 1, 2, 3]
      .map((t) => [t, `x${t}`, `x${(t + 1) % 4}`] as const)
      .map(
        ([t, from, to]) => `P${t}(int *${from}, int *${to}) { int r = READ_ONCE(*${from}); WRITE_ONCE(*${to}, 1); }\n`,
      )
      .join('')
    const run = (state: string, threads: string, isWhole = false): Answer =>
      new LitmusRun(litmus.read(`C t\n{${state}}\n${threads}exists (0:r=1 /\\ 3:r=1)\n`), 'SC', { isWhole }).answer()

    it('are as many if nobody touches the others', () => {
      const between = (t: number): string[] => Array.from({ length: 30 }, (_, i) => `z${t}_${i}`)
      const state = [0, 1, 2, 3]
        .flatMap((t) => [`x${t}`, ...between(t)])
        .map((name) => `int ${name} = 0;`)
        .join(' ')
      expect(run(state, ring).explored).toBe(run('', ring).explored)
    })

    it('make no difference if a thread sets them all', () => {
      const params = names.map((name) => `int *${name}`).join(', ')
      const body = names.map((name) => `WRITE_ONCE(*${name}, 1);`).join(' ')
      const { outcomes } = run('', `${ring}P4(${params}) { ${body} }\n`)
      expect(outcomes).toEqual(run('', ring, true).outcomes)
    })
  })
})

describe('grace periods', () => {
  const run = (text: string, isWhole: boolean): Answer =>
    new LitmusRun(litmus.read(`C t\n{}\n${text}exists (x=1)\n`), 'TSO', { isWhole }).answer()

  const waiter = (t: number, from: string, to: string): string =>
    `P${t}(int *${from}, int *${to}) { int r = READ_ONCE(*${from}); synchronize_rcu(); WRITE_ONCE(*${to}, 1); }\n`
  const reader = (t: number, from: string, to: string): string =>
    `P${t}(int *${from}, int *${to}) { rcu_read_lock(); int r = READ_ONCE(*${from}); WRITE_ONCE(*${to}, 1); rcu_read_unlock(); }\n`
  const inSrcu = (thread: string): string =>
    thread
      .replace(') {', ', struct srcu_struct *s) {')
      .replace('synchronize_rcu()', 'synchronize_srcu(s)')
      .replace('rcu_read_lock()', 'int k = srcu_read_lock(s)')
      .replace('rcu_read_unlock()', 'srcu_read_unlock(s, k)')

  it.each([
    ['begin and end', 12, reader(0, 'z', 'x') + waiter(1, 'x', 'y') + waiter(2, 'y', 'z')],
    ['see that sections end', 15, reader(0, 'z', 'x') + waiter(1, 'x', 'y') + reader(2, 'y', 'z')],
    [
      'see that sections of SRCU end',
      52,
      [reader(0, 'z', 'x'), waiter(1, 'x', 'y'), reader(2, 'y', 'z')].map(inSrcu).join(''),
    ],
  ])('do not multiply the states by when they %s: there are %i', (_, states, text) => {
    expect(run(text, false).outcomes).toEqual(run(text, true).outcomes)
    expect(run(text, false).explored).toBe(states)
    expect(run(text, true).explored).toBeGreaterThan(5 * states)
  })

  it.each([
    ['that waits', 'rcu_read_lock(); spin_lock(m); spin_unlock(m); rcu_read_unlock();'],
    ['that is not left', 'rcu_read_lock();'],
    ['that is left on one way only', 'rcu_read_lock(); if (READ_ONCE(*y)) rcu_read_unlock();'],
    ['with a grace period in it', 'rcu_read_lock(); synchronize_rcu(); rcu_read_unlock();'],
    ['with another grace period in it', 'rcu_read_lock(); synchronize_srcu(s); rcu_read_unlock();'],
  ])('wait for ever for a section that may not end: one %s', (_, section) => {
    const waits = 'spin_lock(m); WRITE_ONCE(*x, 1); synchronize_rcu(); spin_unlock(m);'
    const all = '(int *x, int *y, spinlock_t *m, struct srcu_struct *s)'
    // the section begins when the grace period could have begun, and the lock is not free
    const other = 'k = srcu_read_lock(s); synchronize_rcu(); srcu_read_unlock(s, k);'
    const text = `P0${all} { ${waits} }\nP1${all} { if (READ_ONCE(*x)) { ${section} } }\nP2${all} { ${other} }\n`
    expect(run(text, false).stuck).toEqual(run(text, true).stuck)
    expect(run(text, false).stuck).toContainEqual(
      expect.objectContaining({ thread: 0, operation: 'synchronize_rcu()' }),
    )
  })
})

describe('the answer in herd’s form', () => {
  it('exists', () => {
    expect(answerText(answer('SB', 'TSO'))).toBe(
      [
        'Test SB Allowed',
        'States 4',
        '0:r0=0; 1:r0=0;',
        '0:r0=0; 1:r0=1;',
        '0:r0=1; 1:r0=0;',
        '0:r0=1; 1:r0=1;',
        'Ok',
        'Witnesses',
        'Positive: 1 Negative: 3',
        'Condition exists (0:r0=0 /\\ 1:r0=0)',
        'Observation SB Sometimes 1 3',
      ].join('\n'),
    )
  })

  it('~exists counts its witnesses the other way round, as herd does', () => {
    const text = answerText(answer('forbidden', 'TSO'))
    expect(text).toMatch(/^Test forbidden Forbidden$/m)
    expect(text).toMatch(/^No\nWitnesses\nPositive: 3 Negative: 1\nCondition ~exists \(/m)
    expect(text).toMatch(/^Observation forbidden Sometimes 1 3$/m)
    expect(answerText(answer('forbidden', 'SC'))).toMatch(/^Ok\nWitnesses\nPositive: 3 Negative: 0$/m)
  })

  it('forall', () => {
    expect(answerText(answer('last-put', 'TSO'))).toBe(
      [
        'Test last-put Required',
        'States 2',
        '0:r0=0; 1:r0=1;',
        '0:r0=1; 1:r0=0;',
        'Ok',
        'Witnesses',
        'Positive: 2 Negative: 0',
        'Condition forall ((0:r0=1 \\/ 1:r0=1) /\\ not (0:r0=1 /\\ 1:r0=1))',
        'Observation last-put Always 2 0',
      ].join('\n'),
    )
  })

  it('locations are shown, what only the filter names is not', () => {
    expect(answerText(answer('filter', 'TSO'))).toMatch(
      /^States 2\n0:r0=0; 1:r0=1; \[x\]=1;\n0:r0=1; 1:r0=0; \[x\]=1;\nNo$/m,
    )
  })

  it('addresses by name', () => {
    expect(answerText(answer('publish', 'PSO'))).toMatch(/^States 2\n1:r0=new; 1:r1=1;\n1:r0=old; 1:r1=7;\nNo$/m)
  })

  it('says where an execution waits for ever', () => {
    const text = answerText(answer('deadlock', 'TSO'))
    expect(text).toMatch(/^Note: P0 waits for ever in spin_lock\(\) \(line 8\) in some execution/m)
    expect(text).toMatch(/^Note: P1 waits for ever in spin_lock\(\) \(line 17\) in some execution/m)
    expect(answer('deadlock', 'TSO').stuck).toMatchObject([
      { thread: 0, operation: 'spin_lock()', line: 8, column: 3 },
      { thread: 1, operation: 'spin_lock()', line: 17, column: 3 },
    ])
  })
})

/** Runs a body with `int *x, int *y` on one thread; the registers named are shown. */
const values = (body: string, shown: string, init = '{}', parameters = 'int *x, atomic_t *y'): string => {
  const text = `C t\n${init}\nP0(${parameters})\n{ ${body} }\nlocations [${shown}]\n`
  const { outcomes } = litmus.check(text, 'TSO')
  return outcomes.map((o) => o.values.join(' ')).join(' | ')
}

describe('C', () => {
  it.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['7 - 2 - 1', '4'],
    ['-7 / 2', '-3'],
    ['-7 % 2', '-1'],
    ['1 << 3 | 1', '9'],
    ['6 & 2 == 2', '0'],
    ['1 | 2 ^ 3 & 1', '3'],
    ['-8 >> 1', '-4'],
    ['2147483647 + 1', '-2147483648'],
    ['65536 * 65536 + 5', '5'],
    ['!3 + !0', '1'],
    ['~0', '-1'],
    ['0x1F', '31'],
    ['3 > 2 != 0', '1'],
    ['0 ? 1 : 2 ? 3 : 4', '3'],
    ['0 || 2', '1'],
    ['2 && 3', '1'],
    ['-(-2147483647 - 1)', '-2147483648'],
    ['(int)5', '5'],
    ['0 && 1 / 0', '0'],
    ['1 || 1 / 0', '1'],
  ])('%s is %s', (expression, value) => {
    expect(values(`int r0; r0 = ${expression};`, '0:r0')).toBe(value)
  })

  it.each([
    ['r0 = atomic_add_return(3, y); r1 = atomic_read(y);', '8 8'],
    ['r0 = atomic_fetch_sub(3, y); r1 = atomic_read(y);', '5 2'],
    ['r0 = atomic_fetch_and(4, y); r1 = atomic_read(y);', '5 4'],
    ['r0 = atomic_fetch_or(2, y); r1 = atomic_read(y);', '5 7'],
    ['r0 = atomic_fetch_xor(1, y); r1 = atomic_read(y);', '5 4'],
    ['r0 = atomic_fetch_andnot(4, y); r1 = atomic_read(y);', '5 1'],
    ['r0 = atomic_inc_return(y); r1 = atomic_fetch_dec(y);', '6 6'],
    ['r0 = atomic_sub_and_test(5, y); r1 = atomic_inc_and_test(y);', '1 0'],
    ['r0 = atomic_add_negative(-6, y); r1 = atomic_read(y);', '1 -1'],
    ['r0 = atomic_add_unless(y, 2, 5); r1 = atomic_add_unless(y, 2, 4);', '0 1'],
    ['r0 = atomic_fetch_add_unless(y, 2, 4); r1 = atomic_read(y);', '5 7'],
    ['r0 = atomic_inc_not_zero(y); r1 = atomic_read(y);', '1 6'],
    ['r0 = atomic_cmpxchg(y, 4, 9); r1 = atomic_cmpxchg(y, 5, 9);', '5 5'],
    ['r0 = atomic_xchg(y, 9); r1 = atomic_read(y);', '5 9'],
    ['atomic_set(y, 3); r0 = atomic_read_acquire(y); r1 = READ_ONCE(*y);', '3 3'],
    ['r0 = spin_is_locked(x); r1 = spin_trylock(x);', '0 1'],
    ['r1 = spin_trylock(x); r0 = spin_trylock(x);', '0 1'],
    ['r0 = 0; r1 = atomic_read(y) == 5 && READ_ONCE(*x) == 0 ? 3 : 4;', '0 3'],
    ['r0 = 1; if (READ_ONCE(*x)) r1 = 1; else if (r0) { r1 = 2; } else r1 = 3;', '1 2'],
    ['r0 = 1; { (void)xchg(x, 4); } ; r1 = *x;', '1 4'],
    ['*x = 6; r0 = *x + 1; r1 = r0;', '7 7'],
  ])('%s gives %s', (body, shown) => {
    expect(values(`int r0, r1; ${body}`, '0:r0; 0:r1', '{ y = 5; }')).toBe(shown)
  })

  it.each([
    ['r0 = READ_ONCE(*p); r1 = READ_ONCE(*r0);', 'x 3'],
    ['r0 = READ_ONCE(*p); r1 = smp_load_acquire(r0);', 'x 3'],
    ['r0 = READ_ONCE(*p); r1 = xchg(r0, 4); r1 = *x;', 'x 4'],
    ['r0 = READ_ONCE(*p); r1 = r0 == x;', 'x 1'],
    ['r0 = READ_ONCE(*p); r1 = atomic_cmpxchg(p, r0, x); r1 = r1 == r0;', 'x 1'],
    ['r0 = x; smp_store_release(r0, 5); r1 = READ_ONCE(*x);', 'x 5'],
  ])('an int holds what a pointer in memory points to: %s gives %s', (body, shown) => {
    expect(values(`int r0, r1; ${body}`, '0:r0; 0:r1', '{ int x = 3; int *p = x; }', 'int *x, int **p')).toBe(shown)
  })

  it('a register that nothing was assigned to is 0 in the end, as in herd', () => {
    expect(values('int r0; int r1 = 1; if (!r1) r0 = 2;', '0:r0; 0:r1')).toBe('0 1')
  })

  it('registers may begin with a value', () => {
    expect(values('WRITE_ONCE(*x, r0);', 'x', '{ 0:r0 = 3; int 0:r1 = 4; }')).toBe('3')
  })

  it('an srcu section is the one of its index', () => {
    const ss = 'struct srcu_struct *s, int *x'
    const body =
      'int a; int b; a = srcu_read_lock(s); b = srcu_read_lock(s); srcu_read_unlock(s, a); srcu_read_unlock(s, b);'
    expect(values(body, 'x', '{}', ss)).toBe('0')
  })

  it('a grace period inside of the section it waits for never ends', () => {
    const text = 'C t\n{}\nP0(int *x) { rcu_read_lock(); synchronize_rcu(); rcu_read_unlock(); }\nexists (x=0)\n'
    expect(answerText(litmus.check(text, 'TSO'))).toMatch(
      /^States 0\nNo\n[^]*\nNote: P0 waits for ever in synchronize_rcu\(\) \(line 3\).*\nNote: no execution ends/m,
    )
  })

  it('takes a register that is read before it is set for 0, as herd does, and says so', () => {
    const text = (body: string): string => `C t\n{}\nP0(int *x) {\n int r1;\n int r2;\n ${body}\n}\nexists (0:r2=1)\n`
    const unset = litmus.check(text('r2 = (r1 == r2);'), 'TSO')
    expect([unset.observation, unset.test.notes]).toEqual([
      'Always',
      ['0:r1, 0:r2: 0 where it is read before anything is assigned to it, as for herd; C leaves it undefined'],
    ])
    const itself = 'C t\n{}\nP0(int *x) { int r1 = (r1 == 0); WRITE_ONCE(*x, r1); }\nexists (x=1)\n'
    expect(litmus.check(itself, 'TSO')).toMatchObject({
      observation: 'Always',
      test: { notes: [unset.test.notes[0]?.replace('0:r1, 0:r2', '0:r1')] },
    })
    const set = litmus.check(text('r1 = READ_ONCE(*x); r2 = r1;'), 'TSO')
    expect([set.observation, set.test.notes]).toEqual(['Never', []])
  })

  it('says how it took what herd takes differently', () => {
    const text = 'C t\n{}\nP0(int *x) {\n *x = 1;\n r0 = *x;\n}\nexists (0:r0=1)\n'
    expect(litmus.check(text, 'TSO').test.notes).toEqual([
      'plain accesses (line 4, 5) are run like READ_ONCE() and WRITE_ONCE(); a compiler may do more with them',
      'not declared, taken for registers: 0:r0 (line 5, column 2)',
    ])
  })
})

describe('a search that is too large', () => {
  it('is given up, and is no answer', () => {
    const test = litmus.read(readFileSync(join(directory, 'IRIW.litmus'), 'utf8'), 'IRIW.litmus')
    const { explored } = new LitmusRun(test, 'TSO').answer()
    expect(() => new LitmusRun(test, 'TSO', { states: explored - 1 }).answer()).toThrow(
      new RegExp(`IRIW has more than ${explored - 1} states under TSO: no answer`),
    )
    expect(new LitmusRun(test, 'TSO', { states: explored }).answer().explored).toBe(explored)
  })
})
