import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { Interpreter } from '../../../../impl/lib/kernel/language/interpret.ts'
import { plain } from '../../../../impl/lib/kernel/language/plain.ts'
import { isCI } from '../../../effort.ts'
import { programOf } from '../program-of.ts'
import { body, FUNCTIONS, GLOBALS, PRELUDE } from './c-programs.ts'

const hasGcc = spawnSync('gcc', ['--version']).status === 0

/** What is compared: the globals, and parts of the others. */
const WATCHED = [
  ...GLOBALS.map(({ name }) => name),
  'a',
  'rounds',
  'arr[0]',
  'arr[1]',
  'arr[2]',
  'arr[3]',
  's.x',
  's.in.y',
  't.x',
  't.in.y',
]

const globals = GLOBALS.map(({ type, name }) => `static ${type} ${name} = 1;`).join('\n')

const START = 'p = &s; q = &g6; a = 2; count(12345); int b = 1;'

const ours = (text: string): string =>
  `#include <lockstep.h>\n#include <linux/types.h>\n${PRELUDE}\n${globals}\n${FUNCTIONS}\nLOCKSTEP_THREAD(main_thread)\n{\n  ${START}\n  ${text}\nout:\n  g6 += b;\n}\n`

const theirs = (texts: readonly string[]): string => `
#include <stdio.h>
#include <string.h>
#include <stdbool.h>
typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64; typedef long long s64;
${PRELUDE}
${globals}
${FUNCTIONS}
static void reset(void) {
  ${GLOBALS.map(({ name }) => `${name} = 1;`).join(' ')}
  memset(&s, 0, sizeof s); memset(&t, 0, sizeof t); memset(arr, 0, sizeof arr); rounds = 0; a = 0;
}
${texts.map((text, i) => `static void run${i}(void)\n{\n  ${START}\n  ${text}\nout:\n  g6 += b;\n}`).join('\n')}
#define SHOW(x) printf("%lld ", (long long)(x))
int main(void) {
${texts.map((_, i) => `  reset(); run${i}(); ${WATCHED.map((w) => `SHOW(${w});`).join(' ')} puts("");`).join('\n')}
  return 0;
}
`

/** Runs the programs as gcc compiles them; what each has in the end, undefined for one at which gcc itself fails. */
const byGcc = (texts: readonly string[]): (string | undefined)[] => {
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-gcc-'))
  try {
    writeFileSync(join(dir, 'p.c'), theirs(texts))
    const compiled = spawnSync('gcc', ['-w', '-O0', '-fwrapv', '-o', join(dir, 'p'), join(dir, 'p.c')], {
      encoding: 'utf8',
    })
    if (compiled.stderr.includes('internal compiler error')) {
      const half = Math.ceil(texts.length / 2)
      return texts.length === 1 ? [undefined] : [...byGcc(texts.slice(0, half)), ...byGcc(texts.slice(half))]
    }
    if (compiled.status !== 0) throw new Error(compiled.stderr)
    return spawnSync(join(dir, 'p'), { encoding: 'utf8' }).stdout.trim().split('\n')
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const STEPS = 20_000

/** Runs a program as we do. */
const byUs = async (text: string): Promise<string> => {
  const { machine, places } = machineOf(await programOf(ours(text)), { memory: 'SC' })
  const run = new Interpreter(machine)
  for (let i = 0; i < STEPS && run.step(0, () => 0) !== undefined; i++);
  const state = run.state()
  const values = WATCHED.map((watched) => {
    const leaf = places.leafAt(watched)
    if (leaf === undefined) throw new Error(`no ${watched}`)
    const value = state.get(leaf.variable)
    const element = value?.kind === 'fun' && leaf.key !== undefined ? value.entries[leaf.key]?.[1] : value
    if (element === undefined) throw new Error(`no value of ${watched}`)
    // as printf shows what does not fit a long long
    return element.kind === 'int' ? BigInt.asIntN(64, element.value).toString() : JSON.stringify(plain(element))
  })
  return values.join(' ')
}

describe.skipIf(!hasGcc)('C as gcc has it', () => {
  test('every program comes to the same end', { timeout: 300_000 }, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
    const texts = fc.sample(body, { numRuns: Number(process.env['RUNS'] ?? (isCI ? 200 : 35)), seed })
    const expected = byGcc(texts)
    expect(expected.filter((line) => line === undefined).length).toBeLessThan(texts.length / 20)
    for (const [i, text] of texts.entries()) {
      if (expected[i] === undefined) continue
      const found = await byUs(text)
      expect(found, `seed ${seed}, program ${i}:\n${text}`).toBe(expected[i].trim())
    }
  })
})
