/** The lint rule: what it refuses, what it leaves alone, and that it finds a step that was taken out of a template. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import lockstep from '../../../impl/lib/eslint/index.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { isCI } from '../../effort.ts'

const file = join(packageRoot(), 'test', 'fixtures', 'lint', 'machine.ts')
const fixture = readFileSync(file, 'utf8')

const linter = (parserOptions: object): ESLint =>
  new ESLint({
    cwd: packageRoot(),
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.ts'],
      ...lockstep.configs.recommended,
      languageOptions: { parser: tseslint.parser, parserOptions },
    },
  })

const typed = linter({ projectService: true, tsconfigRootDir: packageRoot() })

/** What is reported of a text, by the source that each report is of. */
const reportedIn = async (text: string, eslint = typed): Promise<(readonly [message: string, source: string])[]> => {
  const [result] = await eslint.lintText(text, { filePath: file })
  const lines = text.split('\n')
  return (result?.messages ?? []).map(({ messageId, message, line, column, endColumn = 0 }) => [
    messageId ?? message,
    (lines[line - 1] ?? '').slice(column - 1, endColumn - 1),
  ])
}

/** The fixture with other statements in its program. */
const withBody = (body: string): string =>
  `${fixture.slice(0, fixture.indexOf('  yield* set(w)'))}  ${body}\n  yield* ended('end')\n}\n`

const REFUSED: readonly (readonly [body: string, message: string, source: string])[] = [
  ["w.flag.store('a', true)", 'notTaken', "w.flag.store('a', true)"],
  ['set(w)', 'notTaken', 'set(w)'],
  ['program(w)', 'notTaken', 'program(w)'],
  ["w.memory.smp_mb('mb')", 'notTaken', "w.memory.smp_mb('mb')"],
  ['w.c.StoreBufferSlots > 1 && set(w)', 'notTaken', 'w.c.StoreBufferSlots > 1 && set(w)'],
  [
    'w.c.StoreBufferSlots > 1 ? yield* set(w) : set(w)',
    'notTaken',
    'w.c.StoreBufferSlots > 1 ? yield* set(w) : set(w)',
  ],
  ['void set(w)', 'notTaken', 'set(w)'],
  ['set(w), yield* set(w)', 'notTaken', 'set(w)'],
  ['yield set(w)', 'noStar', 'set(w)'],
  ["const x = yield w.flag.load('a'); if (x === 1) return", 'noStar', "w.flag.load('a')"],
  ["if (w.flag.load('a')) yield* set(w)", 'alwaysTrue', "w.flag.load('a')"],
  ["if (!w.flag.load('a')) yield* set(w)", 'alwaysTrue', "w.flag.load('a')"],
  ["if (w.c.StoreBufferSlots > 1 && w.flag.load('a')) yield* set(w)", 'alwaysTrue', "w.flag.load('a')"],
  ["if (w.flag.load('a') || w.c.StoreBufferSlots > 1) yield* set(w)", 'alwaysTrue', "w.flag.load('a')"],
  ["while (w.flag.load('a')) yield* set(w)", 'alwaysTrue', "w.flag.load('a')"],
  ["do yield* set(w); while (w.flag.load('a'))", 'alwaysTrue', "w.flag.load('a')"],
  ["for (; w.flag.load('a'); ) yield* set(w)", 'alwaysTrue', "w.flag.load('a')"],
  ["yield* w.count.store('b', w.flag.load('a') ? 1 : 2)", 'alwaysTrue', "w.flag.load('a')"],
  ["const seen = w.flag.load('a'); if (seen) yield* set(w)", 'alwaysTrue', 'seen'],
  ["if (w.count.load('a') === 1) yield* set(w)", 'noValue', "w.count.load('a')"],
  ["switch (w.count.load('a')) { case 1: yield* set(w) }", 'noValue', "w.count.load('a')"],
  ["yield* w.flag.store(`${w.count.load('a')}`, true)", 'noValue', "w.count.load('a')"],
  ["return w.flag.store('a', true)", 'returned', "w.flag.store('a', true)"],
  ["const unused = w.flag.load('a')", 'unused', "unused = w.flag.load('a')"],
  [";[1, 2].forEach((n) => w.count.store('a', n))", 'noTaker', "(n) => w.count.store('a', n)"],
  ['const f = (n: number) => w.count.store("a", n); [1, 2].forEach(f)', 'noTaker', 'f'],
  [';[w].forEach(function* (v) { yield* set(v) })', 'noTaker', 'function* (v) { yield* set(v) }'],
  ["yield* w.flag.store('a', true, () => set(w))", 'noTaker', '() => set(w)'],
]

const LEFT_ALONE: readonly string[] = [
  "yield* w.flag.store('a', true)",
  "if (yield* w.flag.load('a')) return",
  "const seen = yield* w.flag.load('a'); if (seen) return",
  'const step = set(w); yield* step',
  'let step = set(w); yield* step; step = set(w); yield* step',
  'const f = (v: World): Step<void> => v.flag.store("a", true); yield* f(w)',
  'const f = (v: World): Step<void> => { return set(v) }; yield* f(w)',
  'const f = function* (v: World, then: Step<void>): Program { yield* set(v); yield* then }; yield* f(w, set(w))',
  'const f = function* (then?: Step<void>): Program { if (then) yield* then }; yield* f()',
  'const all = [w].map((v) => set(v)); for (const step of all) yield* step',
  'const programs = { it: () => set(w) }; yield* programs.it()',
  "yield* w.flag.store('a', true, () => { w.shared })",
  '[1, 2].forEach((n) => { Math.abs(n) })',
  'const g = function* (): Generator<number> { yield 1 }; g(); if (g()) yield* set(w)',
]

/** Templates; and the steps in them whose answer is handed on, which the compiler refuses: test/lib/kernel/language/refused.ts. */
const TEMPLATES: readonly (readonly [template: string, byTypes: readonly string[]])[] = [
  ['wake-up', []],
  ['seqlock', ['read_seqcount_begin', 'read_a', 'read_b']],
]

describe('lockstep/step-not-taken', () => {
  it('says nothing of the fixture', async () => {
    expect(await reportedIn(fixture)).toEqual([])
  })

  it.each(REFUSED)('refuses %s', async (body, message, source) => {
    expect(await reportedIn(withBody(body))).toEqual([[message, source]])
  })

  it.each(LEFT_ALONE)('leaves alone %s', async (body) => {
    expect(await reportedIn(withBody(body))).toEqual([])
  })

  it.runIf(isCI).each(TEMPLATES)(
    'finds each star that is taken out of the template %s, and nothing before (needs CI)',
    async (template, byTypes) => {
      const text = readFileSync(join(packageRoot(), 'impl', 'templates', template, 'index.ts'), 'utf8')
      expect(await reportedIn(text)).toEqual([])
      const silent: string[] = []
      for (const { index } of text.matchAll(/yield\* /g)) {
        const rest = text.slice(index + 'yield* '.length)
        if ((await reportedIn(text.slice(0, index) + rest)).length === 0) silent.push(/'(\w+)'/.exec(rest)?.[1] ?? rest)
      }
      expect(silent).toEqual(byTypes)
    },
  )

  it('says what is missing where there are no types', async () => {
    expect(await reportedIn(fixture, linter({}))).toMatchObject([['noTypes', expect.any(String)]])
  })
})
