/** What a state of a C program is made of: only locals that some step needs, by names that TLA+ has. */

import { describe, expect, it } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { StateSchema } from '../../../../impl/lib/kernel/machine/state-schema.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { programOf } from '../program-of.ts'

const of = async (text: string) => machineOf(await programOf(`#include <lockstep.h>\n${text}`), { memory: 'SC' })

describe('the variables of states', () => {
  it('are words that nothing else has', async () => {
    const machine = await of(`static struct { int b; } a; static int a_b, Next, t_i, x;
LOCKSTEP_THREAD(t) { for (int i = 0; i < 2; i++) { int j = i + 1; int k = j * 2; a.b = k; WRITE_ONCE(Next, i + a_b + t_i + x); } }`)
    const names = machine.machine.shared.variables.map(({ name }) => name)
    expect(names).toEqual(['store_buffer', 'a_b', 'a_b_2', 'Next_2', 't_i', 'x'])
    // j is set and used between two steps
    expect(machine.threads[0]?.code.fields.filter((field) => /^t_[ij]/.test(field))).toEqual(['t_i_2'])
  })

  it('tell locals of threads of several kinds apart', async () => {
    const machine = await of(`static int x;
static int get(int v) { return v + READ_ONCE(x); }
LOCKSTEP_THREAD(a) { x = get(1) & 1; }
LOCKSTEP_THREAD(b) { x = get(2) & 1; }`)
    const kernel = assemble(machine.discovery().compiled)
    const graph = explore(kernel, {})
    const state = new StateSchema(kernel).read(graph.states, 0)
    expect(state['get_v']).toEqual({ a0: 1, b0: 2 })
  })
})

describe('a fault between two steps', () => {
  it('is at its own line', async () => {
    const machine = await of(`static int x, y;
LOCKSTEP_THREAD(t) { int a = READ_ONCE(x);
	int b = a + 1;
	int c = b / a;
	y = c; }`)
    machine.discovery()
    expect([...(machine.threads[0]?.code.faults.keys() ?? [])]).toEqual(['t_L5_Arithmetic'])
  })
})
