/** Holds a C program's specification against its machine: TLC's graph of the one, the explorer's of the other, by the code of `prove`. */

import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CMachineOptions, CProgram } from '../../../../impl/lib/c/index.ts'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import type { CSpecification } from '../../../../impl/lib/c/spec/index.ts'
import { specOf } from '../../../../impl/lib/c/spec/index.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { printValue } from '../../../../impl/lib/kernel/language/print-value.ts'
import type { Comparison } from '../../../../impl/lib/prove/compare.ts'
import { GraphComparison } from '../../../../impl/lib/prove/compare.ts'
import { printCfg } from '../../../../impl/lib/tla/cfg.ts'
import { readDot } from '../../../../impl/lib/tla/dot.ts'
import { View } from '../../../../impl/lib/tla/state-codec.ts'
import type { Toolchain } from '../../../../scripts/engines/tlc.ts'
import { runTlc } from '../../../../scripts/tlc/run.ts'
import { libraryDirectory } from '../../../../scripts/workspace/package.ts'

/** What was found. */
export interface Held {
  readonly spec: CSpecification
  /** what TLC says, where it did not come to an end */
  readonly failure: string | undefined
  readonly comparison: Comparison | undefined
}

const put = (directory: string, { name, module, cfg }: CSpecification): void => {
  for (const library of ['Memory.tla', 'CArithmetic.tla'])
    writeFileSync(join(directory, library), readFileSync(join(libraryDirectory(), library)))
  writeFileSync(join(directory, `${name}.tla`), module)
  const full = { ...cfg, checkDeadlock: false, places: new Map() }
  const text = printCfg(full, { specification: 'Spec', invariants: [], properties: [] })
  writeFileSync(join(directory, `${name}.cfg`), text)
}

/** The program's specification, and how TLC's graph of it compares with the machine's. */
export const held = async (
  toolchain: Toolchain,
  program: CProgram,
  options: CMachineOptions,
  change: (module: string) => string = (module) => module,
): Promise<Held> => {
  const machine = machineOf(program, options)
  const made = specOf(machine, 'Race')
  const spec = { ...made, module: change(made.module) }
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-c-spec-'))
  try {
    put(directory, spec)
    const dump = join(directory, 'graph.dot')
    const run = await runTlc({
      ...toolchain,
      specFile: join(directory, 'Race.tla'),
      cfgFile: join(directory, 'Race.cfg'),
      deadlock: false,
      small: true,
      workers: 1,
      dump,
      timeoutMs: 120_000,
    })
    if (run.outcome !== 'success') {
      const said = [...run.output, ...run.messages.map((message) => JSON.stringify(message))].join('\n')
      return { spec, failure: `${run.outcome}\n${run.problem?.message ?? ''}\n${said}`, comparison: undefined }
    }
    const graph = explore(assemble(machine.discovery().compiled), { edges: true, invariants: false })
    const comparer = new GraphComparison(graph, new View(graph.kernel))
    await readDot(createReadStream(dump), comparer, { file: 'the dump of TLC' })
    return { spec, failure: undefined, comparison: comparer.finish() }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What there is to see where the graphs differ; '' where they are equal. */
export const differenceText = ({ failure, comparison }: Held): string => {
  if (failure !== undefined) return failure
  if (comparison === undefined || comparison.equal) return ''
  const { difference, states } = comparison
  if (difference === undefined) return 'not equal'
  const { side, what, action, mismatch, targets } = difference
  type State = ReadonlyMap<string, Parameters<typeof printValue>[0]>
  const all = [...targets.spec, ...targets.impl]
  const printed = (state: State | undefined, name: string): string => {
    const value = state?.get(name)
    return value === undefined ? 'nothing' : printValue(value)
  }
  // only what is not the same in all of them
  const text = (state: State): string =>
    [...state.keys()]
      .filter((name) => name === 'pc' || all.some((other) => printed(other, name) !== printed(state, name)))
      .map((name) => `    ${name} = ${printed(state, name)}`)
      .join('\n')
  return [
    `${side} has an ${what} by ${action ?? ''} that the other lacks; states ${states.spec} : ${states.impl}`,
    JSON.stringify(mismatch),
    ...targets.spec.map((s) => `  spec:\n${text(s)}`),
    ...targets.impl.map((s) => `  impl:\n${text(s)}`),
  ].join('\n')
}

/** Names of what TLC finds violated: it stops at the first, so each of those that are `expected` is asked for by itself, and the others together. */
export const violatedBy = async (
  toolchain: Toolchain,
  program: CProgram,
  options: CMachineOptions,
  expected: readonly string[],
): Promise<ReadonlySet<string>> => {
  const spec = specOf(machineOf(program, options), 'Race')
  const { invariants, properties } = spec.cfg
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-c-spec-'))
  const run = async (selection: { invariants: readonly string[]; properties: readonly string[] }) => {
    const full = { ...spec.cfg, checkDeadlock: false, places: new Map() }
    const specification = selection.properties.length > 0 ? 'FairSpec' : 'Spec'
    writeFileSync(join(directory, 'Race.cfg'), printCfg(full, { specification, ...selection }))
    const specFile = join(directory, 'Race.tla')
    const found = await runTlc({
      ...toolchain,
      specFile,
      cfgFile: join(directory, 'Race.cfg'),
      deadlock: false,
      small: true,
      workers: 1,
      timeoutMs: 120_000,
    })
    if (found.problem !== undefined) throw found.problem
    return found.outcome === 'success'
  }
  try {
    put(directory, spec)
    const violated = new Set<string>()
    const others = (names: readonly string[]): string[] => names.filter((name) => !expected.includes(name))
    if (!(await run({ invariants: others(invariants), properties: others(properties) }))) violated.add('another')
    for (const name of invariants.filter((n) => expected.includes(n)))
      if (!(await run({ invariants: [name], properties: [] }))) violated.add(name)
    for (const name of properties.filter((n) => expected.includes(n)))
      if (!(await run({ invariants: [], properties: [name] }))) violated.add(name)
    return violated
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
