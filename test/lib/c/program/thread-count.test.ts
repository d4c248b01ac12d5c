import { expect, it } from 'vitest'
import { programOf } from '../program-of.ts'

/** How many elements an array has that is as long as there are threads. */
const tasksOf = async (text: string): Promise<number> => {
  const { objects } = await programOf(`#include <lockstep.h>\nstatic int n[LOCKSTEP_TASKS];\n${text}`)
  const type = objects.find(({ name }) => name === 'n')?.type
  return type?.kind === 'array' ? type.length : -1
}

const threads = (name: string, count: string): string => `LOCKSTEP_THREADS(${name}, ${count}, id) { n[id] = id; }\n`

it.each([
  ['each thread counts', 'LOCKSTEP_THREAD(a) { n[0] = 1; }\nLOCKSTEP_THREAD(b) { n[1] = 1; }', 2],
  [
    'those of one name by their number, which a macro may give',
    `#define N 3\n${threads('cpu', 'N')}LOCKSTEP_THREAD(b) {}`,
    4,
  ],
  ['handlers and daemons too', 'LOCKSTEP_THREAD(a) {}\nLOCKSTEP_INTERRUPT(i, a) {}\nLOCKSTEP_DAEMON(d) {}', 3],
  ['as many as there can be where the number is no plain one', `enum { N = 2 };\n${threads('cpu', 'N')}`, 32],
])('%s', async (_, text, expected) => {
  expect(await tasksOf(text)).toBe(expected)
})
