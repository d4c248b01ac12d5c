import { describe, expect, it } from 'vitest'
import { tellingModels } from '../../../../impl/lib/c/ablate/ablate.ts'
import { explained } from '../../../../impl/lib/c/ablate/explain.ts'
import { cAblationText } from '../../../../impl/lib/report/c-ablation.ts'
import { lanes } from '../../../../impl/lib/report/lanes.ts'
import { ablated, applied, example, said, violatedIn } from './ablated.ts'

describe('ablation of the examples', () => {
  it('sleep-wake: the barrier of set_current_state() is needed under TSO, and SC does not know it', async () => {
    const text = example('sleep-wake')
    const tso = await ablated(text, ['SC', 'TSO'])
    expect(said(tso)).toEqual({
      'set_current_state:30': 'needed; __set_current_state(TASK_UNINTERRUPTIBLE): violated LostWakeup(TSO)',
      'READ_ONCE:31': 'needed; done: violated DataRace(SC,TSO)',
      'WRITE_ONCE:41': 'needed; done = true: violated DataRace(SC,TSO)',
    })
    const sc = said(await ablated(text, ['SC']))
    expect(sc['set_current_state:30']).toBe('unseen; __set_current_state(TASK_UNINTERRUPTIBLE): same')
  })

  it('wait-event: the barrier is needed, a write barrier is not enough; the condition of wait_event() is one place', async () => {
    const ablation = await ablated(example('wait-event'), ['TSO'])
    expect(said(ablation)).toEqual({
      'READ_ONCE:19': 'needed; done: violated DataRace(TSO)',
      'WRITE_ONCE:24': 'needed; done = true: violated DataRace(TSO)',
      'smp_mb:26': 'needed; smp_wmb(): violated LostWakeup(TSO); nothing: violated LostWakeup(TSO)',
    })
    const result = ablation.results.find(({ toggle }) => toggle.name === 'smp_mb:26')
    const tried = result?.forms.at(-1)
    const broken = tried?.judgement.verdict === 'violated' ? tried.judgement.broken[0] : undefined
    if (result === undefined || tried === undefined || broken === undefined) throw new Error('it is needed')
    // lines are those of the file, though the barrier is gone
    expect(broken.way.steps.map(({ line, text }) => `${String(line)} ${text}`)).toContain('28 waitqueue_active(&wq)')
    const shown = explained(ablation, result.toggle, tried.form, broken)
    if (shown === undefined) throw new Error('it is violated')
    const diagram = lanes(shown.cx, shown.docs)
    expect(diagram).toMatch(/^test\.c without smp_mb\(\), line 26, under TSO, \d+ steps\n/)
    expect(diagram).toContain('24: WRITE_ONCE(done, true)')
    expect(diagram).toContain('Violated: LostWakeup')
  })

  it('dekker: smp_mb() and one of the two releases, whichever; no mark may go', async () => {
    const { results, sets, suggestion } = await ablated(example('dekker'))
    expect(results.filter(({ status }) => status === 'not-needed').map(({ toggle }) => toggle.name)).toEqual([
      'smp_store_release:43',
      'smp_store_release:44',
    ])
    expect(results.filter(({ toggle }) => toggle.kind === 'once').map(({ status }) => status)).toEqual(
      Array.from({ length: 5 }, () => 'needed'),
    )
    expect(sets.minimal.get('Assertion')).toEqual([
      ['smp_mb:23', 'smp_store_release:43'],
      ['smp_mb:23', 'smp_store_release:44'],
    ])
    expect(sets.rows).toHaveLength(8)
    // a release also orders loads before it, which none of these models can take away
    expect(results.find(({ toggle }) => toggle.name === 'smp_store_release:43')?.forms[0]?.unshown).toEqual(['RW'])
    expect(suggestion.diff).toBe('')
  })

  it('ticket-lock: the release is needed under PSO, the acquire and the order of the increment nobody can tell', async () => {
    expect(said(await ablated(example('ticket-lock'), ['TSO', 'PSO']))).toEqual({
      'atomic_fetch_inc:27':
        'unseen; atomic_fetch_inc_acquire(&next): same; atomic_fetch_inc_release(&next): same; atomic_fetch_inc_relaxed(&next): same',
      'smp_load_acquire:29': 'unseen; READ_ONCE(serving): same',
      'smp_store_release:37': 'needed; WRITE_ONCE(serving, ticket + 1): violated AllCounted(PSO)',
    })
  })

  it('irq-vs-thread: the lock is needed, and with interrupts off', async () => {
    const verdicts = said(await ablated(example('irq-vs-thread'), ['SC']))
    expect(verdicts['spin_lock_irqsave:26']).toBe(
      'needed; spin_lock(&lock) ... spin_unlock(&lock): violated LockHeld(SC); nothing: violated DataRace(SC)',
    )
  })
})

/** A writer and a reader of a message. */
const message = (between: string, behind = 'smp_rmb();'): string => `#include <lockstep.h>
#include <linux/compiler.h>
static int data, flag;

LOCKSTEP_THREAD(writer)
{
	WRITE_ONCE(data, 1);
	${between}
	WRITE_ONCE(flag, 1);
}

LOCKSTEP_THREAD(reader)
{
	if (READ_ONCE(flag)) {
		${behind}
		assert(READ_ONCE(data) == 1);
	}
}
`

describe('what these models can tell', () => {
  it('is a write barrier under PSO, and no read barrier under any', async () => {
    const text = message('smp_wmb();')
    const pso = said(await ablated(text))
    expect(pso['smp_wmb:8']).toBe('needed; nothing: violated Assertion(PSO)')
    expect(pso['smp_rmb:15']).toBe('unseen; nothing: same')
    const tso = await ablated(text, ['SC', 'TSO'])
    expect(said(tso)['smp_wmb:8']).toBe('unseen; nothing: same')
    const shown = cAblationText(tso).join('\n')
    expect(shown).toMatch(/smp_wmb\(\) +makes no difference here \*/)
    expect(shown.replace(/\s+/g, ' ')).toContain('stores behind stores, which are never out of order under SC and TSO')
    expect(tso.suggestion.diff).toBe('')
  })

  it('is that a full barrier between two stores need only be a write barrier', async () => {
    const text = message('smp_mb();')
    const ablation = await ablated(text)
    expect(said(ablation)['smp_mb:8']).toBe('weakenable; smp_wmb(): holds; nothing: violated Assertion(PSO)')
    expect(ablation.suggestion.changes).toEqual([{ toggle: 'smp_mb:8', from: 'smp_mb()', to: 'smp_wmb()' }])
    expect(ablation.suggestion.diff).toContain('--- a/test.c\n+++ b/test.c\n@@ ')
    expect(ablation.suggestion.diff).toContain('-\tsmp_mb();\n+\tsmp_wmb();\n')
    const weaker = applied(text, ablation)
    expect(weaker).toBe(message('smp_wmb();'))
    expect(await violatedIn(weaker)).toEqual([])
    // and it is the weakest: what is left of it cannot go
    expect(await violatedIn(message(''))).toEqual(['Assertion'])
  })

  it('is not that loads need no order: a full barrier behind a load stays', async () => {
    const text = message('smp_wmb();', 'smp_mb();')
    const ablation = await ablated(text)
    expect(said(ablation)['smp_mb:15']).toBe('not-needed; smp_wmb(): holds; nothing: holds')
    expect(ablation.results.find(({ toggle }) => toggle.name === 'smp_mb:15')?.forms.at(-1)?.unshown).toEqual(['RR'])
    expect(ablation.suggestion.diff).toBe('')
    expect(cAblationText(ablation).join('\n')).toMatch(/smp_mb\(\) +not needed \*/)
  })

  it('is that a mark may go where one thread alone can reach what is accessed', async () => {
    const text = message('smp_wmb();')
      .replace('static int data, flag;', 'static int data, flag, own;')
      .replace('\tWRITE_ONCE(data, 1);', '\tWRITE_ONCE(own, 1);\n\tWRITE_ONCE(data, READ_ONCE(own));')
    const ablation = await ablated(text)
    expect(ablation.suggestion.changes.map(({ from, to }) => `${from} -> ${to}`)).toEqual([
      'WRITE_ONCE(own, 1) -> own = 1',
      'READ_ONCE(own) -> own',
    ])
    expect(await violatedIn(applied(text, ablation))).toEqual([])
    expect(applied(text, ablation)).toContain('WRITE_ONCE(data, own);')
  })
})

/** One of each that some model does not tell from its weaker forms. */
const UNTOLD = `#include <lockstep.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/sched.h>
static int data, flag, token;
static unsigned long word;

LOCKSTEP_THREAD(writer)
{
	set_current_state(TASK_RUNNING);
	WRITE_ONCE(data, 1);
	smp_wmb();
	smp_store_release(&flag, 1);
	smp_mb();
	smp_store_mb(token, 2);
	smp_mb__before_atomic();
	set_bit(0, &word);
	clear_bit_unlock(0, &word);
}

LOCKSTEP_THREAD(reader)
{
	int old = 0;

	if (smp_load_acquire(&flag) && !test_bit_acquire(0, &word)) {
		smp_rmb();
		barrier();
		assert(READ_ONCE(data) == 1);
	}
	old = xchg(&token, 1);
	old = cmpxchg_release(&token, 1, old);
	assert(old != 5);
}
`

it('forms that are not tried are those with which nothing changes', async () => {
  const { results, variants, models } = await ablated(UNTOLD)
  const before = variants.verdictsOf([])
  if ('refused' in before) throw new Error(before.refused)
  let untold = 0
  for (const { toggle, forms } of results) {
    for (const { form } of forms) {
      const blind = models.filter((model) => !tellingModels(form, models).includes(model))
      const after = variants.verdictsOf(form.edits, blind)
      if ('refused' in after) throw new Error(`${toggle.name}: ${after.refused}`)
      for (const { model, properties } of after.verdicts) {
        const known = before.verdicts.find((verdicts) => verdicts.model === model)
        expect([toggle.name, form.text, model, properties]).toEqual([toggle.name, form.text, model, known?.properties])
        untold++
      }
    }
  }
  expect(untold).toBe(39)
})

it('a location is shared though it has one value only, in whatever order others come to it', async () => {
  const text = message('smp_wmb();')
    .replace('WRITE_ONCE(data, 1);', 'WRITE_ONCE(data, 0);')
    .replace('data) == 1', 'data) == 0')
  const { results, suggestion } = await ablated(text, ['SC'])
  expect(results.filter(({ isPrivate }) => isPrivate)).toEqual([])
  expect(suggestion.diff).toBe('')
})

const OPTIONAL = `#include <lockstep.h>
#include <linux/spinlock.h>
static DEFINE_SPINLOCK(lock);
static int a, b;

LOCKSTEP_THREADS(cpu, 2, me)
{
	spin_lock(&lock);
	a++;
	LOCKSTEP_OPTIONAL(AGAIN) a++;
	LOCKSTEP_OPTIONAL(BARRIER)
		smp_rmb();
	b++;
	spin_unlock(&lock);
}

static void nobody(void)
{
	smp_mb();
}

LOCKSTEP_FINALLY(b == 2)
`

describe('toggles of a file', () => {
  it('of statements that may be left out, and of a lock', async () => {
    const ablation = await ablated(OPTIONAL, ['SC', 'TSO'])
    const verdicts = said(ablation)
    expect(verdicts['AGAIN']).toBe('not-needed; nothing: holds')
    expect(verdicts['spin_lock:8']).toMatch(/^needed; nothing: violated .*Finally/)
    expect(verdicts['smp_mb:19']).toBe('unreached')
    // what is in BARRIER orders loads: to leave it out is not for these models to propose
    expect(verdicts['BARRIER']).toBe('not-needed; nothing: holds')
    expect(ablation.suggestion.changes).toEqual([{ toggle: 'AGAIN', from: 'LOCKSTEP_OPTIONAL(AGAIN) a++;', to: '' }])
    const weaker = applied(OPTIONAL, ablation)
    expect(weaker).toBe(OPTIONAL.replace('\tLOCKSTEP_OPTIONAL(AGAIN) a++;\n', ''))
    expect(await violatedIn(weaker, ['SC', 'TSO'])).toEqual([])
  })

  it('that may not break what is violated anyway, and none of what holds', async () => {
    const wrong = message('', 'smp_rmb();').replace('#include <linux/compiler.h>', '#include <linux/sched.h>')
    const ablation = await ablated(wrong)
    expect(ablation.baseline.modelsWith('Assertion', 'violated')).toEqual(['PSO'])
    expect(cAblationText(ablation).join('\n')).toContain('Assertion is violated as it is, under PSO')
    expect(said(ablation)['WRITE_ONCE:9']).toBe('needed; flag = 1: violated DataRace(SC,TSO,PSO)')
  })

  it('are not needed only if everything was looked at', async () => {
    const ablation = await ablated(message('smp_mb();'), ['PSO'], { maxStates: 4 })
    expect(ablation.complete).toBe(false)
    expect(ablation.results.map(({ status }) => status)).not.toContain('not-needed')
    expect(ablation.suggestion.diff).toBe('')
    expect(cAblationText(ablation).join('\n')).toContain('NOT DECIDED')
  })

  it('count for the properties that are asked for, and a property that is not there is refused', async () => {
    const ablation = await ablated(message('smp_wmb();'), ['PSO'], { only: ['DataRace'] })
    expect(said(ablation)['smp_wmb:8']).toBe('not-needed; nothing: holds')
    await expect(ablated(message('smp_wmb();'), ['PSO'], { only: ['DataRaces'] })).rejects.toMatchObject({
      problem: { code: 'unknown-property' },
    })
  })

  it('are refused where there are none', async () => {
    await expect(ablated('#include <lockstep.h>\nLOCKSTEP_THREAD(t) { }\n')).rejects.toMatchObject({
      problem: { code: 'no-toggles' },
    })
  })
})
