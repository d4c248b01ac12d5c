/**
 * Holds the names of a protocol of somebody else to each other, over all of its models: a name that nothing has is not wrong in
 * any one of them, and a property that asks for it says nothing.
 */

import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Machine } from '../../impl/lib/kernel/language/machine.ts'
import { predicatesOf, threadName } from '../../impl/lib/kernel/language/machine.ts'
import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { compilePredicate } from '../../impl/lib/kernel/machine/predicate.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { COMMIT } from '../../impl/lib/kernel/memory/memory.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { near } from '../../impl/lib/text/near.ts'
import { readModule } from '../../impl/lib/tla/module/read.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { specSteps } from '../../impl/lib/validate/spec-steps.ts'
import { isSpecified, specFiles, specText } from './spec-files.ts'

/** A name that is used, and by whom. */
interface Use {
  readonly name: string
  readonly by: string
}

/** What the models of a protocol have. */
class Names {
  /** labels of steps, by the kind of the threads that take them */
  readonly labels = new Map<string, Set<string>>()
  /** labels of steps that a thread takes or that happen; not those at which a thread has ended */
  readonly actions = new Set<string>()
  readonly variables = new Set<string>()
  /** labels that properties and fairness ask for, by the kind of the threads */
  readonly asked = new Map<string, Use[]>()

  add(model: Model): void {
    const compiled = compile(machineOf(model))
    const { machine, automata } = compiled
    automata.forEach(({ nodes }, i) => {
      const [kind = ''] = machine.threads[i]?.id ?? []
      const own = this.labels.get(kind) ?? new Set()
      this.labels.set(kind, own)
      for (const { label, op } of nodes) {
        own.add(label)
        if (op.kind !== 'end') this.actions.add(label)
      }
    })
    for (const { label, thread } of machine.environment) {
      this.actions.add(label)
      this.labels.set(thread[0], (this.labels.get(thread[0]) ?? new Set()).add(label))
    }
    this.#askedBy(compiled)
    for (const name of new View(assemble(compiled)).variables) this.variables.add(name)
  }

  #use(kind: string, name: string, by: string): void {
    this.asked.set(kind, [...(this.asked.get(kind) ?? []), { name, by }])
  }

  #askedBy(compiled: Compiled): void {
    const { machine } = compiled
    const kernel = assemble(compiled)
    for (const [property, predicates] of predicatesIn(machine)) {
      machine.shared.asked.clear()
      for (const predicate of predicates) compilePredicate(kernel, predicate)
      for (const { thread, label } of machine.shared.asked.values())
        this.#use(machine.threads[thread]?.id[0] ?? '', label, property)
    }
    for (const { thread, labels } of machine.fairness)
      for (const label of labels)
        // one that means all labels but some has those in it that it does not mean
        if (label !== COMMIT && labels.has(label)) this.#use(thread[0], label, `the fairness of ${threadName(thread)}`)
  }
}

const predicatesIn = ({ invariants, liveness }: Machine): [property: string, predicates: (() => boolean)[]][] => [
  ...invariants.map(({ name, instances }): [string, (() => boolean)[]] => [
    name,
    instances.flatMap(({ holds, occurs }) => [holds, occurs]),
  ]),
  ...liveness.map(({ name, instances }): [string, (() => boolean)[]] => [name, instances.flatMap(predicatesOf)]),
]

const refused = (
  protocol: HousedProtocol,
  message: string,
  wrong: readonly string[],
  known: readonly string[],
): LockstepError => {
  const similar = [...new Set(wrong)].flatMap((name) => {
    const found = near(name, known)
    return found.length === 0 ? [] : [`for ${name} there is ${found.join(', ')}`]
  })
  return badInput({
    code: 'unknown-name',
    message: `${protocol.name}: ${message}`,
    file: protocol.home.entry,
    hint: similar.length > 0 ? similar.join('; ') : `there are ${known.join(', ')}`,
  })
}

const refuseLabels = (protocol: HousedProtocol, { labels, asked, actions }: Names): void => {
  for (const [kind, uses] of asked) {
    const known = [...(labels.get(kind) ?? [])]
    const wrong = uses.filter(({ name }) => !known.includes(name))
    const [first] = wrong
    if (first !== undefined)
      throw refused(
        protocol,
        `${first.by} asks for ${[...new Set(wrong.map(({ name }) => name))].join(', ')}, and no thread of the kind ${kind} has a step of that name in any model`,
        wrong.map(({ name }) => name),
        known,
      )
  }
  const all = [...new Set([...actions, ...[...labels.values()].flatMap((own) => [...own]), COMMIT])]
  const documented = Object.keys(protocol.docs.actions).filter((name) => !all.includes(name))
  if (documented.length > 0)
    throw refused(protocol, `its docs speak of ${documented.join(', ')}, and no model has such a step`, documented, all)
}

/** Names that one side has and the other lacks. */
const refuseOthers = (
  protocol: HousedProtocol,
  what: string,
  machine: readonly string[],
  spec: readonly string[],
): void => {
  const lacking = machine.filter((name) => !spec.includes(name))
  if (lacking.length > 0)
    throw refused(
      protocol,
      `the specification has no ${what} ${lacking.join(', ')}, which the machine has`,
      lacking,
      spec,
    )
}

/** The actions that Next lists; undefined where it has a form that is not read. */
const actionsOf = (protocol: HousedProtocol): readonly string[] | undefined => {
  try {
    return specSteps(specFiles(protocol).map((file) => ({ file: file.file, text: specText(file) }))).map(
      ({ action }) => action,
    )
  } catch {
    // TLC and the proof read it as it is; who validates with TLC is told
    return undefined
  }
}

/**
 * @param models all models of the protocol
 * @throws LockstepError (exit 2) `unknown-name`, with the near ones
 */
export const requireSameNames = (protocol: HousedProtocol, models: readonly Model[]): void => {
  const names = new Names()
  for (const model of models) names.add(model)
  refuseLabels(protocol, names)
  if (!isSpecified(protocol)) return
  const modules = specFiles(protocol).map((file) => readModule(specText(file)))
  const variables = modules.flatMap((module) => module.variables)
  const definitions = modules.flatMap((module) => module.definitions.map(({ name }) => name))
  refuseOthers(protocol, 'variable', [...names.variables], variables)
  const stray = variables.filter((name) => !names.variables.has(name))
  if (stray.length > 0)
    throw refused(protocol, `the machine has no variable ${stray.join(', ')}, which the specification has`, stray, [
      ...names.variables,
    ])
  refuseOthers(protocol, 'action', [...names.actions], definitions)
  const actions = actionsOf(protocol)
  const unknown = [...new Set(actions?.filter((name) => !names.actions.has(name)) ?? [])]
  if (unknown.length > 0)
    throw refused(protocol, `the machine has no step ${unknown.join(', ')}, which the specification has`, unknown, [
      ...names.actions,
    ])
}

/** The protocols of some models that are not ours, each held to its names; ours are held to them by their tests. */
export const requireNames = (models: readonly Model[], allOf: (protocol: HousedProtocol) => readonly Model[]): void => {
  for (const protocol of new Set(models.map((model) => model.protocol)))
    if (!protocol.home.builtin) requireSameNames(protocol, allOf(protocol))
}
