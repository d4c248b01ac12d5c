/** `lockstep ablate FILE.c`, as it is called. */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const root = packageRoot()

const ablate = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin', 'lockstep.mjs'), 'ablate', ...args],
    { encoding: 'utf8', cwd: join(root, 'examples') },
  )
  return { status, stdout, stderr }
}

it('says in JSON what is needed, in the shape of every ablation, with behaviours in the words of the file', () => {
  const { status, stdout } = ablate('wait-event.c', '--memory', 'tso', '--json')
  const found = JSON.parse(stdout) as Record<string, unknown>
  expect(found).toMatchObject({
    ok: true,
    protocol: 'wait-event.c',
    verdict: 'complete',
    memory: ['tso'],
    toggles: ['READ_ONCE:19', 'WRITE_ONCE:24', 'smp_mb:26'],
    rows: [
      { toggles: ['READ_ONCE:19', 'WRITE_ONCE:24', 'smp_mb:26'], violated: [] },
      { toggles: ['READ_ONCE:19', 'WRITE_ONCE:24'], violated: ['LostWakeup'] },
    ],
    necessary: { DataRace: ['READ_ONCE:19', 'WRITE_ONCE:24'], LostWakeup: ['smp_mb:26'] },
    minimal: { LostWakeup: [['smp_mb:26']] },
    suggestion: { changes: [], diff: '' },
  })
  const { counterexamples } = found as { counterexamples: { toggle: string; form: string; steps: unknown[] }[] }
  const without = counterexamples.find(({ toggle, form }) => toggle === 'smp_mb:26' && form === '')
  expect(without?.steps).toContainEqual(
    expect.objectContaining({ thread: 'waker0', function: 'waker', text: 'waitqueue_active(&wq)', line: 28 }),
  )
  expect(status).toBe(0)
})

it.runIf(isCI)(
  'prints a diff and nothing else with --suggest, and says of a file that breaks something what is broken (needs CI)',
  () => {
    const suggested = ablate('workqueue-flush.c/sc', '--suggest')
    expect(suggested.stdout).toMatch(/^--- a\/workqueue-flush\.c\n\+\+\+ b\/workqueue-flush\.c\n@@ /)
    expect(suggested.stdout).toContain('-\tmutex_lock(&dev->lock);\n')
    expect(suggested.status).toBe(0)
    const broken = ablate('sleep-wake.c', '--memory', 'sc', '-DCHECK_FIRST')
    expect(broken.stdout).toContain('LostWakeup is violated as it is, under SC')
    expect(broken.status).toBe(1)
  },
)

it('refuses what is for protocols', () => {
  const { status, stderr } = ablate('dekker.c', '--markdown', 'page.md')
  expect(status).toBe(2)
  expect(stderr).toContain('--markdown is for protocols')
})
