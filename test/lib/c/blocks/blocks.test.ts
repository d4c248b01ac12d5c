/**
 * Where a block exists in C and in TypeScript, a small client of it in both has equal graphs: those of test/fixtures/blocks in C, on our headers,
 * are bisimilar to their twins, each step of the one to the step of the same name of the other.
 *
 * One block has no twin: `preempt`, whose tasks share a CPU; linux/preempt.h says that it is absent.
 */

import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { CProgram } from '../../../../impl/lib/c/index.ts'
import { machineOf as cMachineOf } from '../../../../impl/lib/c/index.ts'
import { at } from '../../../../impl/lib/kernel/at.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import type { Graph } from '../../../../impl/lib/kernel/explore/graph.ts'
import { edgesOf } from '../../../../impl/lib/kernel/explore/graph.ts'
import { tla } from '../../../../impl/lib/kernel/language/value.ts'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { machineOf } from '../../../../impl/lib/protocol/model.ts'
import { findWorkspace } from '../../../../scripts/workspace/config.ts'
import { openProject } from '../../../../scripts/workspace/project.ts'
import { programOf } from '../program-of.ts'
import type { Labelled } from './bisimulation.ts'
import { difference, labelled } from './bisimulation.ts'
import { CLIENTS } from './clients.ts'

const workspace = findWorkspace(fileURLToPath(new URL('../../../fixtures/blocks', import.meta.url)))
const { protocols, modelsOf } = await openProject(workspace)
const models = protocols.flatMap((protocol) => [...modelsOf(protocol)])

/** What the headers have as x86 has it, whether or not a design does. */
const AS_ON_X86 = ['TryToWakeUpMb', 'SetCurrentStateMb', 'MutexMb']

const inTypeScript = (name: string): { readonly graph: Graph; readonly slots: number } => {
  const model = models.find((one) => one.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  const own = model.cfg.constants.get('StoreBufferSlots')
  const constants = new Map(model.cfg.constants)
  for (const name of AS_ON_X86) if (constants.has(name)) constants.set(name, tla.bool(true))
  return {
    graph: explore(assemble(compile(machineOf(model, constants))), { edges: true }),
    slots: own?.kind === 'int' ? Number(own.value) : 0,
  }
}

/** Labels of the steps that are taken. */
const takenIn = (graph: Graph): ReadonlySet<string> => {
  const { kernel } = graph
  return new Set(Array.from(edgesOf(graph, 'labels').step, (step) => at(kernel.actions, at(kernel.steps, step).action)))
}

/** What the steps of C are called in TypeScript, by what stands behind their statements. */
const namesIn = (text: string, program: CProgram, taken: ReadonlySet<string>): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  text.split('\n').forEach((line, i) => {
    const [, written] = /\/\/ (.*)$/.exec(line) ?? []
    const labels = program.instructions.flatMap((instruction) =>
      'site' in instruction && instruction.site.line === i + 1 && taken.has(instruction.site.label)
        ? [instruction.site.label]
        : [],
    )
    if (written === undefined) return
    const words = written.split(' ')
    expect(labels.length, line).toBe(words.length)
    labels.forEach((label, j) => {
      if (words[j] !== '-') names.set(label, words[j] ?? '')
    })
  })
  return names
}

const COMMIT = 'commit'

describe.each(CLIENTS)('$model', ({ model, text: body, states }) => {
  test.each(['SC', 'TSO'] as const)('%s: the same graph in C and in TypeScript', async (memory) => {
    const { graph: theirs, slots } = inTypeScript(`${model}.${memory.toLowerCase()}`)
    const text = `#include <lockstep.h>${body}`
    const program = await programOf(text)
    const ours = explore(assemble(cMachineOf(program, { memory, slots }).discovery().compiled), { edges: true })
    expect([theirs.complete, ours.complete]).toEqual([true, true])
    const names = namesIn(text, program, takenIn(ours))
    // all that is taken in TypeScript has its step in C
    const known = new Set([...names.values(), COMMIT])
    expect([...takenIn(theirs)].filter((label) => !known.has(label))).toEqual([])
    const inC = labelled(ours, (kind, label) => (label === COMMIT ? `${kind} ${COMMIT}` : names.get(label)))
    const inTs = labelled(theirs, (kind, label) => (label === COMMIT ? `${kind} ${COMMIT}` : label))
    expect(difference(inTs, inC)).toBeUndefined()
    expect([theirs.count, ours.count]).toEqual(states[memory])
  })
})

test('two graphs that differ are told apart, and steps that nobody sees are none', () => {
  const again: Labelled = { count: 1, edges: [[['a', 0]]] }
  const slowly: Labelled = { count: 2, edges: [[['a', 1]], [[undefined, 0]]] }
  const once: Labelled = { count: 2, edges: [[['a', 1]], []] }
  // it may come to an end that the others never come to
  const perhaps: Labelled = {
    count: 3,
    edges: [
      [
        ['a', 0],
        [undefined, 1],
      ],
      [[undefined, 2]],
      [],
    ],
  }
  expect(difference(again, slowly)).toBeUndefined()
  expect(difference(again, once)).toBeDefined()
  expect(difference(again, perhaps)).toBeDefined()
})
