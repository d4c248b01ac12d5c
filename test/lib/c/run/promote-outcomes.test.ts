import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CProgram } from '../../../../impl/lib/c/index.ts'
import { loadCParser, machineOf } from '../../../../impl/lib/c/index.ts'
import { lower } from '../../../../impl/lib/c/program/lower.ts'
import { programOf } from '../../../../impl/lib/c/run/program.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { StateSchema } from '../../../../impl/lib/kernel/machine/state-schema.ts'
import type { MemoryModel } from '../../../../impl/lib/kernel/memory/buffer.ts'
import { isCI } from '../../../effort.ts'
import { environmentOf } from '../program-of.ts'
import { concurrentProgram } from '../spec/random-programs.ts'

const mixer = (thread: string): string => `static void mix_${thread}(int *r, struct s *s)
{
	*r = (*r + READ_ONCE(x)) & 3;
	if (s->v == 1)
		s->v = *r;
	s->w = READ_ONCE(c);
}
LOCKSTEP_THREAD(${thread})
{
	struct s own = { 1 };`

/** The first thread's struct is found by the second through a pointer, so that it has to stay in memory. */
const published = (text: string): string =>
  text
    .replace('static void mix_one', 'struct s *given;\nstatic void mix_one')
    .replace('\tmix_one(&a, &own);', '\tWRITE_ONCE(given, &own);\n\tmix_one(&a, &own);')
    .replace(
      '\tmix_two(&a, &own);',
      '\tstruct s *theirs = READ_ONCE(given);\n\tif (theirs) {\n\t\tb = READ_ONCE(theirs->v);\n\t\tWRITE_ONCE(theirs->v, 3);\n\t}\n\tmix_two(&a, &own);',
    )

/** Each thread has a struct and an integer of its own that a function works on through their addresses, before and behind what it does. */
const withAddresses = (text: string): string =>
  text
    .replaceAll(/LOCKSTEP_THREAD\((\w+)\)\n\{/g, (_, thread: string) => mixer(thread))
    .replace(
      /(int a = 1, b = \d;)([^]*)\t(x = \(a)/,
      '$1\n\tmix_one(&a, &own);$2\tmix_one(&a, &own);\n\t$3 + own.v + own.w',
    )
    .replace(
      /(int a = 2, b = \d;)([^]*)\t(y = \(a)/,
      '$1\n\tmix_two(&a, &own);$2\tmix_two(&a, &own);\n\t$3 + own.v + own.w',
    )

const LIMIT = 20_000

/** What all threads can come to see of the file's variables, and what can go wrong; undefined where that is too much. */
const seen = (program: CProgram, memory: MemoryModel): ReadonlySet<string> | undefined => {
  const { machine, places, threads, discovery } = machineOf(program, {
    memory,
    slots: 12,
    limits: { maxStates: LIMIT },
  })
  if (!discovery().complete) return undefined
  const { layout, compiled } = assemble(discovery().compiled)
  const graph = explore(assemble(discovery().compiled))
  const schema = new StateSchema({ layout, compiled })
  const globals = new Set(places.leaves.filter(({ place }) => !place.includes('@')).map(({ variable }) => variable))
  const found = new Set<string>(threads.flatMap(({ code }) => [...code.faults.values()].map(({ fault }) => fault)))
  for (let state = 0; state < graph.count; state++) {
    const all = Object.entries(schema.read(graph.states, state * layout.words))
    found.add(JSON.stringify(all.filter(([name]) => globals.has(name))))
  }
  expect(machine.threads).toHaveLength(2)
  return found
}

test('steps that are taken out change nothing that anybody else can see', { timeout: 200_000 }, async () => {
  const parser = await loadCParser()
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  let [compared, fewer] = [0, 0]
  for (const [i, plain] of fc.sample(concurrentProgram, { numRuns: isCI ? 60 : 8, seed }).entries()) {
    const local = withAddresses(plain)
    const text = i % 2 === 0 ? local : published(local)
    const unit = parser.parse({ name: 'test.c', text }, environmentOf())
    const [before, after] = [lower(unit), programOf(unit)]
    expect(after.objects.some(({ inRegisters }) => inRegisters)).toBe(true)
    for (const memory of ['SC', 'TSO'] as const) {
      const [all, left] = [seen(before, memory), seen(after, memory)]
      if (all === undefined || left === undefined) continue
      compared += 1
      expect([...left].sort(), `seed ${seed}, ${memory}\n${text}`).toEqual([...all].sort())
      if (
        after.instructions.filter((each) => 'site' in each).length <
        before.instructions.filter((each) => 'site' in each).length
      )
        fewer += 1
    }
  }
  // a comparison of nothing would pass in silence
  expect(compared).toBeGreaterThan(5)
  expect(fewer).toBe(compared)
})
