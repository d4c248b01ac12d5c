/** Our C headers and examples are C: gcc takes them without a warning, each by itself, and so does our own front end. */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCParser, readProgram } from '../../../impl/lib/c/index.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { everydayShare } from '../../effort.ts'
import { environmentOf, programOf } from './program-of.ts'

const ROOT = packageRoot()
const INCLUDE = join(ROOT, 'impl/lib/c/include')
const EXAMPLES = join(ROOT, 'examples')

const headers = readdirSync(INCLUDE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.h'))
  .sort()

const examples = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.c'))
  .sort()

/** What is of the host's compiler only, and not for the front end. */
const forHost = (header: string): boolean => header.startsWith('lockstep/host')

const hasGcc = spawnSync('gcc', ['--version']).error === undefined

/** What gcc says of the files; nothing where all is well. */
const gccOn = (...args: readonly string[]): string =>
  spawnSync('gcc', ['-x', 'c', '-fsyntax-only', '-Wall', '-Wextra', '-I', INCLUDE, ...args], { encoding: 'utf8' })
    .stderr

/** The sets of -D that an example says something about, itself without any among them. */
const variantsOf = (file: string): readonly (readonly string[])[] => {
  const lines = readFileSync(join(EXAMPLES, file), 'utf8').matchAll(/^\/\/ lockstep(?:\[(.*)\])?: /gm)
  const sets = [...lines].map(([, words = '']) => words.split(' ').filter((word) => word.startsWith('-D')))
  return [...new Map(sets.map((set) => [set.join(' '), set])).values()]
}

const variants = examples.flatMap((file) => variantsOf(file).map((defines) => [file, defines] as const))

/** Of the large examples the two first. */
const isFirst = ([file, defines]: (typeof variants)[number]): boolean =>
  variantsOf(file)
    .slice(0, 2)
    .some((first) => first.join() === defines.join())

describe.skipIf(!hasGcc)('gcc, where it is there', () => {
  it('takes each header by itself', () => {
    expect(gccOn(...headers.map((header) => join(INCLUDE, header)))).toBe('')
  })

  it.each(everydayShare(variants, isFirst))('takes %s with %j (a share every day, all in CI)', (file, defines) => {
    expect(gccOn(...defines, join(EXAMPLES, file))).toBe('')
  })

  it.each(['everything', 'wait', 'workqueue', 'timer', 'rcu'])('takes the test file %s.c', (file) => {
    expect(gccOn(join(ROOT, 'test/fixtures/c', `${file}.c`))).toBe('')
  })
})

describe('our own front end', () => {
  it.each(headers.filter((header) => !forHost(header)))('takes %s by itself', async (header) => {
    const { threads } = await programOf(`#include <${header}>\n#include <lockstep.h>\nLOCKSTEP_THREAD(t) { }\n`)
    expect(threads).toHaveLength(1)
  })

  it('takes every name of every header', async () => {
    const name = join(ROOT, 'test/fixtures/c/everything.c')
    const file = { name, text: readFileSync(name, 'utf8') }
    const { threads, notes } = readProgram(await loadCParser(), file, environmentOf())
    expect(threads.map((thread) => thread.name)).toContain('rcu_core')
    expect(notes).toEqual([])
  })

  it.each([
    ['linux/preempt.h', 'smp_processor_id()'],
    ['linux/interrupt.h', 'local_bh_disable()'],
    ['linux/irqflags.h', 'irqs_disabled()'],
    ['linux/sched.h', 'kthread_should_stop()'],
    ['linux/rcupdate.h', 'rcu_barrier()'],
    ['linux/workqueue.h', 'flush_workqueue(0)'],
  ])('refuses by name what %s does not model: %s', async (header, call) => {
    const text = `#include <lockstep.h>\n#include <${header}>\nLOCKSTEP_THREAD(t) { ${call}; }\n`
    await expect(programOf(text)).rejects.toMatchObject({
      problem: { code: 'c-unknown', line: 3, message: `there is no function ${call.replace(/\(.*/, '')}` },
    })
  })
})

it('examples/README.md has a line for each example', () => {
  const text = readFileSync(join(EXAMPLES, 'README.md'), 'utf8')
  const listed = [...text.matchAll(/^\| \[([\w-]+\.c)\]/gm)].map(([, name]) => name)
  expect(listed.toSorted()).toEqual(examples)
})

describe('headers', () => {
  it.each(headers)('%s begins with what it is', (header) => {
    const [comment = ''] = /^\/\*[\s\S]*?\*\//.exec(readFileSync(join(INCLUDE, header), 'utf8')) ?? []
    expect(comment.replace(/^\/\*[\s*]*/, '')).toMatch(new RegExp(`^${header.replace(/[.]/g, '\\.')} - `))
  })

  it('are all in the list of those that an include can name', () => {
    const included = [...headers, ...examples.map((file) => relative(INCLUDE, join(EXAMPLES, file)))].flatMap((file) =>
      [...readFileSync(join(INCLUDE, file), 'utf8').matchAll(/^#include <(.*)>/gm)].map(([, name = '']) => name),
    )
    expect(included.filter((name) => !headers.includes(name))).toEqual([])
  })
})
