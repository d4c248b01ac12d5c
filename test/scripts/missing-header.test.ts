/** A word that is missing is told with the header of ours that has it. */

import { expect, it } from 'vitest'
import { loadCParser, readProgram } from '../../impl/lib/c/index.ts'
import { CFiles } from '../../scripts/c/files.ts'
import { headerWith, withHeadersNamed } from '../../scripts/c/missing-header.ts'

const parser = await loadCParser()

const hintFor = (body: string, others = '', included = '#include <lockstep.h>'): unknown => {
  const text = `${included}\n${others}\nstatic int x;\nLOCKSTEP_THREAD(t) { ${body} }\n`
  const files = new CFiles('test/race.c', { define: [], include: ['test'] }, text)
  try {
    return withHeadersNamed(files, () => readProgram(parser, files.main, files))
  } catch (error) {
    return error
  }
}

it.each([
  ['a function', ['BUG_ON(x);'], '#include <linux/bug.h>, which has BUG_ON'],
  ['a macro', ['x = TASK_RUNNING;'], '#include <linux/sched.h>, which has TASK_RUNNING'],
  ['a type', ['u8 y = 1; x = y;'], '#include <linux/types.h>, which has u8'],
  [
    'a macro that declares',
    ['x = 1;', 'static DEFINE_SPINLOCK(lock);'],
    '#include <linux/spinlock.h>, which has DEFINE_SPINLOCK',
  ],
  ['a type of an object', ['x = 1;', 'static atomic_t n;'], '#include <linux/types.h>, which has atomic_t'],
  ['what makes threads', ['x = 1;', '', ''], '#include <lockstep.h>, which has LOCKSTEP_THREAD'],
] as const)('%s', (_what, [body, others, included], hint) => {
  expect(hintFor(body, others, included)).toMatchObject({ problem: { hint } })
})

it('what no header has, or has been read, is told as it is', () => {
  expect(hintFor('nowhere(x);')).toMatchObject({
    problem: { hint: 'write it in the file, or include the header that has it' },
  })
  expect(hintFor('BUG_ONN(x);', '', '#include <lockstep.h>\n#include <linux/bug.h>')).toMatchObject({
    problem: {
      message: 'there is no function BUG_ONN',
      hint: 'write it in the file, or include the header that has it',
    },
  })
})

it.each([
  ['mutex_lock', 'linux/mutex.h'],
  ['wait_event', 'linux/wait.h'],
  ['complete', 'linux/completion.h'],
  ['kvm_vcpu', 'linux/kvm_host.h'],
  ['schedule_work', 'linux/workqueue.h'],
  ['list_add_tail', 'linux/list.h'],
  ['kref_put', 'linux/kref.h'],
  ['srcu_read_lock', 'linux/srcu.h'],
])('%s is in %s', (word, header) => {
  expect(headerWith(word)).toBe(header)
})
