import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { specOf } from '../../../../impl/lib/c/spec/index.ts'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import { findToolchain } from '../../../../scripts/engines/tlc.ts'
import { packageRoot } from '../../../../scripts/workspace/package.ts'
import { everydayShare, isCI } from '../../../effort.ts'
import { programOf } from '../program-of.ts'
import { differenceText, held, violatedBy } from './held.ts'
import { SAMPLES } from './programs.ts'
import { concurrentProgram } from './random-programs.ts'

const toolchain = await findToolchain().catch(() => undefined)
const MEMORIES = ['SC', 'TSO', 'PSO'] as const

/** Where the graphs of a text differ; '' where they are equal. */
const differences = async (
  text: string,
  memory: (typeof MEMORIES)[number],
  defines: Readonly<Record<string, string>> = {},
  change?: (module: string) => string,
): Promise<string> => {
  if (toolchain === undefined) throw new Error('needs Java')
  const program = await programOf(text, defines)
  return differenceText(await held(toolchain, program, { memory, slots: 2, limits: { maxStates: 20_000 } }, change))
}

const EVERY_DAY = ['store buffering', 'what goes wrong']

describe.skipIf(toolchain === undefined)('the module of a C program has the graph of its machine (needs Java)', () => {
  const share = everydayShare(SAMPLES, ({ name }) => EVERY_DAY.includes(name))
  it.each(share.map((sample, i) => [sample.name, MEMORIES[(i + 1) % 3] ?? 'SC', sample.text] as const))(
    '%s under %s',
    async (_, memory, text) => {
      expect(await differences(text, memory)).toBe('')
    },
    60_000,
  )

  it('and another one where an action is changed', async () => {
    const [{ text } = { text: '' }] = SAMPLES
    const broken = (module: string): string => {
      expect(module).toContain('/\\ drained(th)\n')
      return module.replace('    /\\ drained(th)\n', '')
    }
    expect(await differences(text, 'TSO', {}, broken)).toMatch(/spec has an edge by b_L5_2 that the other lacks/)
  }, 60_000)
})

const examples = join(packageRoot(), 'examples')

/** What a file says of its variants: `// lockstep[-DNO_MB sc]: ...`. */
const variantsOf = (text: string): readonly string[] => [
  ...new Set(['', ...[...text.matchAll(/^\/\/ lockstep\[-D(\w+)/gm)].map(([, name = '']) => name)]),
]

/** Others have too many states, or values that TLC does not have. */
const BEYOND = ['poll-kick.c', 'flush-inhibit.c']

describe.skipIf(toolchain === undefined || !isCI)('the examples and their variants (needs Java; in CI)', () => {
  const files = readdirSync(examples).filter((file) => file.endsWith('.c') && !BEYOND.includes(file))
  const cases = files.flatMap((file) => {
    const text = readFileSync(join(examples, file), 'utf8')
    return variantsOf(text).map((variant) => [file, variant, text] as const)
  })
  it.each(cases)(
    '%s %s',
    async (_, variant, text) => {
      expect(await differences(text, 'TSO', variant === '' ? {} : { [variant]: '1' })).toBe('')
    },
    120_000,
  )
})

describe.skipIf(toolchain === undefined || !isCI)('programs made at random (needs Java; in CI)', () => {
  it('have equal graphs, but where TLC has no such integers', async () => {
    await fc.assert(
      fc.asyncProperty(concurrentProgram, fc.constantFrom(...MEMORIES), async (text, memory) => {
        try {
          const found = await differences(text, memory)
          return found === '' || /TLC does not have|[Oo]verflow/.test(found)
        } catch (error) {
          // too large for TLC, or for a test
          return error instanceof LockstepError && error.exit === 2
        }
      }),
      { numRuns: 8, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    )
  }, 120_000)
})

describe.skipIf(toolchain === undefined || !isCI)('what must hold (needs Java; in CI)', () => {
  it('TLC finds violated what the explorer does', async () => {
    if (toolchain === undefined) return
    const text = `#include <lockstep.h>
static int x, y, done; static int *p;
LOCKSTEP_THREAD(a) { WRITE_ONCE(x, 1); done = 1; if (READ_ONCE(y) == 0) WRITE_ONCE(p, &x); }
LOCKSTEP_THREAD(b) { WRITE_ONCE(y, 1); done = 2; if (READ_ONCE(x) == 0) assert(READ_ONCE(p) == 0); int r = *READ_ONCE(p); y = r; }
LOCKSTEP_INVARIANT(Small, x <= 1 && y <= 1)
LOCKSTEP_INVARIANT(Never, !p)
LOCKSTEP_LEADS_TO(Comes, x == 0, y == 1)
LOCKSTEP_LEADS_TO(Points, x == 1, p)
LOCKSTEP_FINALLY(done == 2)
`
    const program = await programOf(text)
    const options = { memory: 'TSO', slots: 2 } as const
    const expected = check(machineOf(program, options).machine).properties
    const names = expected.flatMap(({ name, kind, verdict }) =>
      kind !== 'possibility' && verdict === 'violated' ? [name] : [],
    )
    expect(names).toEqual(['Never', 'Finally', 'Assertion', 'NullPointer', 'DataRace', 'Points'])
    expect([...(await violatedBy(toolchain, program, options, names))].sort()).toEqual([...names].sort())
  }, 120_000)
})

const problemOf = async (text: string, limits = {}): Promise<LockstepError['problem']> => {
  const program = await programOf(`#include <lockstep.h>\n${text}`)
  try {
    specOf(machineOf(program, { memory: 'SC', limits }), 'Race')
  } catch (error) {
    if (error instanceof LockstepError) return error.problem
    throw error
  }
  throw new Error('it was not refused')
}

describe('what TLC cannot check', () => {
  it('values of more than 32 bits, by the variable', async () => {
    const { code, message } = await problemOf('static unsigned x; LOCKSTEP_THREAD(t) { x = -1; }')
    expect({ code, message }).toEqual({
      code: 'c-unsupported',
      message: 'x becomes 4294967295, and TLC’s integers have 32 bits',
    })
  })
  it('a constant of more, by its place', async () => {
    const problem = await problemOf('static long x; LOCKSTEP_THREAD(t) { if (x < 5000000000)\nx = 1; }')
    expect(problem).toMatchObject({ code: 'c-unsupported', line: 2 })
    expect(problem.message).toMatch(/^5000000000 is more than TLC's integers hold/)
  })
  it('a loop that has no step', async () => {
    const { message } = await problemOf('LOCKSTEP_THREAD(t) { int i = 1; while (i) i = 3 - i; }')
    expect(message).toMatch(/^a loop that has no end and no step/)
  })
  it('what was not explored to its end', async () => {
    const { message } = await problemOf('static int x; LOCKSTEP_THREAD(t) { for (;;) x++; }', { maxStates: 100 })
    expect(message).toMatch(/^test.c was not explored to its end/)
  })
})

describe('the module is read by people', () => {
  const moduleOf = async (text: string): Promise<string> =>
    specOf(machineOf(await programOf(`#include <lockstep.h>\n${text}`), { memory: 'TSO' }), 'Race').module

  it('an action has the C text above it', async () => {
    const module = await moduleOf('static int x, y;\nLOCKSTEP_THREAD(t) { if (READ_ONCE(x) == 1)\nWRITE_ONCE(y, 2); }')
    expect(module).toContain(`\\* t(), test.c:3
\\*     READ_ONCE(x)
t_L3(th) ==
    /\\ At(th, "t_L3")
    /\\ LET x_seen == READ_ONCE(th, <<"x">>, x)
       IN  IF x_seen = 1
           THEN Goes(th, "t_L4")
           ELSE Goes(th, "t_end")
    /\\ UNCHANGED <<store_buffer, shared>>
`)
  })
  it('no line is too long, and no comment ends early', async () => {
    const module = await moduleOf(
      'static int x[3];\nLOCKSTEP_THREADS(t, 2, id) { x[id] = /* ü *) (* */ x[id + 1] /*\n*/ + 1; }',
    )
    expect(module.split('\n').filter((line) => line.length > 99)).toEqual([])
    expect(/[^\x20-\x7e\n]/.exec(module)).toBeNull()
    expect(module.match(/\*\)/g)?.length).toBe(module.match(/\(\*/g)?.length)
  })
})
