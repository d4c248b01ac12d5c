/** What is known of a C file under a memory model: verdicts, counterexamples, what they rest on, and why it is not known where it is not. */

import { checkGraph } from '../../check/explorer.ts'
import type { CellResult, EngineFindings, ModelResult, Verdict } from '../../check/result.ts'
import { modelResult, worst } from '../../check/result.ts'
import type { Counterexample } from '../../behaviour/counterexample.ts'
import { counterexamplesIn } from '../../evidence/explain.ts'
import type { Stopped } from '../../kernel/explore/discover.ts'
import { explore } from '../../kernel/explore/explore.ts'
import { compile } from '../../kernel/machine/compile.ts'
import { leavesOf } from '../../kernel/machine/step-tree.ts'
import { assemble } from '../../kernel/machine/tables.ts'
import type { Model } from '../../protocol/model.ts'
import type { Pure } from '../program/ir.ts'
import type { CMachine } from '../run/machine.ts'
import { siteOf } from './where.ts'
import { isUnsaid } from './words.ts'

/** What was found. */
export interface CFindings {
  readonly result: ModelResult
  /** to the violated properties, by name */
  readonly counterexamples: ReadonlyMap<string, Counterexample>
  /** states that were found, all of them or not */
  readonly states: number
  /** stores that a thread can have waiting; 0 where stores are visible at once */
  readonly slots: number
  /** has some thread had to wait with a store because its buffer was full? */
  readonly wasFull: boolean
  /** why it is not complete, in a sentence, and how to go on; undefined where it is */
  readonly stopped: WhyStopped | undefined
}

/** As impl/lib/kernel/memory/memory.ts words it. */
const FULL = 'store buffer has a free slot'

/** Trees have leaves only where some reachable state leads. */
const wasFull = ({ discovery }: CMachine): boolean =>
  discovery().compiled.automata.some(({ nodes }) =>
    nodes.some(({ tree }) => leavesOf(tree).some(({ refusals }) => refusals.some((text) => text.includes(FULL)))),
  )

/** Why a search ended before it had seen all states. */
export interface WhyStopped {
  readonly why: string
  readonly hint: string
}

const usesRegister = (pure: Pure, register: number): boolean =>
  (pure.kind === 'register' && pure.register === register) ||
  Object.values(pure).some(
    (part: unknown) =>
      typeof part === 'object' && part !== null && 'kind' in part && usesRegister(part as Pure, register),
  )

/** Where a local is made of itself, e.g. by `i++`. */
const growsAt = ({ program }: CMachine, field: string): string => {
  const register = program.registers.findIndex(({ name }) => name === field)
  const found = program.instructions.find(
    (i) => i.kind === 'set' && i.register === register && usesRegister(i.value, register),
  )
  return found?.kind === 'set' ? `, at ${found.at.file}:${found.at.line}` : ''
}

/** Where a variable is stored to. */
const storedAt = ({ program, places }: CMachine, cell: number): string => {
  const leaf = places.leaves.find(({ place }) => places.cellOf(place) === cell)
  const found = program.instructions.find(
    (i) =>
      (i.kind === 'store' || i.kind === 'rmw') &&
      i.address.kind === 'constant' &&
      i.address.value === `&${leaf?.place ?? ''}`,
  )
  return found !== undefined && 'site' in found
    ? `, by ${found.site.text} at ${found.site.file}:${found.site.line}`
    : ''
}

/** `i of b()` */
const localName = (field: string): string => {
  const dot = field.indexOf('.')
  return dot < 0 ? field : `${field.slice(dot + 1)} of ${field.slice(0, dot)}()`
}

const BOUND = 'bound it: end the loop that counts, or let it wrap around in a narrower type, as u8 does'

const whyStopped = (machine: CMachine, stopped: Stopped, states: number): WhyStopped => {
  const { kind, what, label, field, cell } = stopped
  const site = label === undefined ? undefined : siteOf(machine, label)
  const place = site === undefined ? '' : `, at ${site.file}:${site.line} in ${site.function}()`
  switch (kind) {
    case 'values':
      return field === undefined
        ? {
            why: `the variable ${what} has more and more values${cell === undefined ? '' : storedAt(machine, cell)}`,
            hint: BOUND,
          }
        : { why: `the local ${localName(field)} has more and more values${growsAt(machine, field)}`, hint: BOUND }
    case 'nodes':
      return {
        why: `${field === undefined ? what : `the local ${localName(field)} has`} more and more values${place}`,
        hint: BOUND,
      }
    case 'states':
      return {
        why: `there are more than ${states} states`,
        hint: 'make the file smaller, by fewer threads or rounds, or give more with --max-states',
      }
    case 'time':
      return { why: `time was up after ${states} states`, hint: 'give more with --timeout, or make the file smaller' }
  }
}

/** Properties that every file has to keep to and of which nothing occurs here: nothing is said of them. */
const silent = ({ name, verdict }: CellResult): boolean => verdict === 'vacuous' && isUnsaid(name)

/** What is expected of what nobody has said anything about: that it holds, or that there is nothing for it to say. */
const withoutSilence = (model: Model, findings: EngineFindings): Model => ({
  ...model,
  cells: model.cells.map((cell) => {
    const found = findings.cells.get(cell.name)
    const vacuous = [...(found?.vacuous ?? [])]
    const isSilent = found?.verdict === 'vacuous' && isUnsaid(cell.name) && cell.expected === 'holds'
    const isDecided = found !== undefined && found.verdict !== 'incomplete' && found.verdict !== 'error'
    const expected = isSilent ? 'vacuous' : (cell.expected ?? (isDecided ? found.verdict : undefined))
    // a file has properties of all of its threads: that some of them do not do what one speaks of is no news
    return { ...cell, vacuous, expected }
  }),
})

/** Of what nobody has said anything, nothing is expected. */
const unsaid = (model: Model, cell: CellResult): CellResult =>
  model.cells.some(({ name, expected }) => name === cell.name && expected === undefined)
    ? { ...cell, expected: null }
    : cell

/** What an engine found of a C file's model, held to what is expected: nobody expects anything of what nobody has written down. */
export const resultOf = (model: Model, findings: EngineFindings): ModelResult => {
  const result = modelResult(withoutSilence(model, findings), findings)
  const said = result.properties.filter((cell) => !silent(cell)).map(({ verdict }) => verdict)
  const verdicts: readonly Verdict[] = [...said, ...(findings.failure === undefined ? [] : [findings.failure])]
  return {
    ...result,
    properties: result.properties.map((cell) => unsaid(model, cell)),
    verdict: said.length === 0 && findings.failure === undefined ? 'holds' : worst(verdicts),
  }
}

/** Decides every property of a C file's model, as far as it comes until `until`, a time of performance.now(). */
export const findingsOf = (model: Model, machine: CMachine, until: number): CFindings => {
  const start = performance.now()
  const discovery = machine.discovery()
  const graph = explore(assemble(compile(machine.machine)), {
    edges: true,
    expectedStates: discovery.states,
    expired: () => performance.now() > until,
  })
  const { notes, ...found } = checkGraph(model, graph, start, until)
  const stopped = discovery.stopped === undefined ? undefined : whyStopped(machine, discovery.stopped, discovery.states)
  const findings = { ...found, notes: stopped === undefined ? notes : [`${stopped.why}: ${stopped.hint}`] }
  return {
    result: resultOf(model, findings),
    counterexamples: counterexamplesIn(model, graph),
    states: graph.count,
    slots: machine.slots,
    wasFull: machine.slots > 0 && wasFull(machine),
    stopped,
  }
}
