/**
 * Holds the names of a protocol of somebody else to each other, over all of its models: a name that nothing has is not wrong in
 * any one of them, and a property that asks for it says nothing.
 */

import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { AskedLabel } from '../../impl/lib/kernel/explore/labels.ts'
import { askedLabels, labelsByKind } from '../../impl/lib/kernel/explore/labels.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
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

/** What the models of a protocol have. */
class Names {
  /** labels of steps, by the kind of the threads that take them */
  readonly labels = new Map<string, Set<string>>()
  /** labels of steps that a thread takes or that happen; not those at which a thread has ended */
  readonly actions = new Set<string>()
  readonly variables = new Set<string>()
  /** labels that properties and fairness ask for, by the kind of the threads */
  readonly asked = new Map<string, AskedLabel[]>()

  add(model: Model): void {
    const compiled = compile(machineOf(model))
    for (const [kind, labels] of labelsByKind(compiled))
      this.labels.set(kind, new Set([...(this.labels.get(kind) ?? []), ...labels]))
    for (const { nodes } of compiled.automata)
      for (const { label, op } of nodes) if (op.kind !== 'end') this.actions.add(label)
    for (const { label } of compiled.machine.environment) this.actions.add(label)
    const kernel = assemble(compiled)
    for (const use of askedLabels(kernel))
      if (use.label !== COMMIT) this.asked.set(use.kind, [...(this.asked.get(use.kind) ?? []), use])
    for (const name of new View(kernel).variables) this.variables.add(name)
  }
}

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
    const wrong = uses.filter(({ label }) => !known.includes(label))
    const [first] = wrong
    if (first !== undefined)
      throw refused(
        protocol,
        `${first.by} asks for ${[...new Set(wrong.map(({ label }) => label))].join(', ')}, and no thread of the kind ${kind} has a step of that name in any model`,
        wrong.map(({ label }) => label),
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
    // a specification that is made of the machine's own source has the names that this has
    if (!protocol.home.builtin && protocol.madeModule === undefined) requireSameNames(protocol, allOf(protocol))
}
