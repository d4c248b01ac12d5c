/** Protocols that cannot be used, each with what is wrong with it: a command that is about several goes on with the others. */

import { badInput, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import { protocolNameIn } from '../../impl/lib/protocol/c-target.ts'
import { isGlob } from '../../impl/lib/protocol/glob.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { selectModels } from '../../impl/lib/protocol/target.ts'
import { errorJson, reportError } from '../ui/errors.ts'
import { thrownByUser } from './machine-code.ts'

/** The one error of a command that can do nothing for all of these. */
export const oneOf = (errors: readonly LockstepError[]): LockstepError => {
  const [first, ...others] = errors
  if (first === undefined) throw new RangeError('nothing is broken')
  if (others.length === 0) return first
  const { problem } = first
  return badInput({
    ...problem,
    message: `${problem.message} (and ${others.length} more: \`lockstep doctor\` says all)`,
  })
}

/** What was found to be wrong with protocols while a command ran. */
export class SetAside {
  readonly #wrong = new Map<string, LockstepError>()

  /** their names; empty where nothing is wrong */
  get names(): readonly string[] {
    return [...this.#wrong.keys()]
  }

  /** as `--json` has them; undefined where nothing is wrong */
  get json(): readonly object[] | undefined {
    if (this.#wrong.size === 0) return undefined
    return [...this.#wrong].map(([name, { problem }]) => ({ name, ...errorJson(problem) }))
  }

  /** Sets a protocol aside; of several errors the first counts. */
  add(name: string, error: LockstepError): void {
    if (!this.#wrong.has(name)) this.#wrong.set(name, error)
  }

  /** Bad input is that of the protocol; whatever else is thrown ends the command. */
  #take(protocol: HousedProtocol, thrown: unknown): void {
    const error = thrownByUser([protocol], thrown) ?? thrown
    if (!(error instanceof LockstepError) || error.exit !== EXIT.usage) throw thrown
    this.add(protocol.name, error)
  }

  /** What can be said of a protocol; undefined of one that is set aside, before or now. */
  attempt<R>(protocol: HousedProtocol, body: () => R): R | undefined {
    if (this.#wrong.has(protocol.name)) return undefined
    try {
      return body()
    } catch (error) {
      this.#take(protocol, error)
      return undefined
    }
  }

  /** The same of what takes a while. */
  async run<R>(protocol: HousedProtocol, body: () => Promise<R>): Promise<R | undefined> {
    if (this.#wrong.has(protocol.name)) return undefined
    try {
      return await body()
    } catch (error) {
      this.#take(protocol, error)
      return undefined
    }
  }

  /**
   * Those of some things whose protocol can be used.
   * @throws LockstepError (exit 2) what is wrong, where that is true of none of them
   */
  without<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
    const left = all.filter((one) => !this.#wrong.has(nameOf(one)))
    if (left.length === 0 && this.#wrong.size > 0) throw oneOf([...this.#wrong.values()])
    return left
  }

  /** The models that can be decided. */
  sound(models: readonly Model[]): Model[] {
    return this.without(models, ({ protocol }) => protocol.name)
  }

  /** The exit code of a command whose answer without them has this one. */
  exitOf(code: number): number {
    return this.#wrong.size === 0 ? code : EXIT.usage
  }

  /** What a closing line adds: whom it does not count. */
  remark(left: string): string {
    return this.#wrong.size === 0 ? '' : `; ${left}, for what is wrong with it: ${this.names.join(', ')}`
  }

  /** Says for people what is wrong, after what was found of the others. */
  report(): void {
    for (const error of this.#wrong.values()) reportError(error, false)
  }
}

/** The models of some protocols that can be read. */
const readable = (protocols: readonly HousedProtocol[], project: Project, aside: SetAside): Model[] =>
  protocols.flatMap((protocol) => aside.attempt(protocol, () => project.modelsOf(protocol)) ?? [])

/** The models of all protocols that a command is about which is told no target. */
export const allModels = (project: Project, aside: SetAside, builtin = false): Model[] => {
  for (const { name, error } of project.broken) aside.add(name, error)
  return readable([...project.protocols, ...(builtin ? project.builtin : [])], project, aside)
}

/**
 * The models that targets name, of the protocols that can be read; the others are set aside.
 * @throws LockstepError (exit 2) where a target names nothing, or nothing that can be read
 */
export const meantModels = (
  project: Project,
  targets: readonly string[],
  tag: 'fast' | 'full' | undefined,
  aside: SetAside,
): Model[] => {
  if (targets.length === 0) return selectModels(aside.sound(allModels(project, aside)), [], tag)
  const meant = new Set<HousedProtocol>()
  const left: string[] = []
  for (const target of targets) {
    const name = protocolNameIn(target)
    let protocol: HousedProtocol | undefined
    try {
      protocol = project.named(name)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      aside.add(name, error)
      continue
    }
    if (protocol !== undefined) meant.add(protocol)
    // a glob is over all of a workspace's; whoever mistypes a name is told all that there are
    else for (const one of [...project.protocols, ...(isGlob(target) ? [] : project.builtin)]) meant.add(one)
    if (protocol === undefined) for (const { name: broken, error } of project.broken) aside.add(broken, error)
    left.push(target)
  }
  const ordered = [...project.protocols, ...project.builtin].filter((protocol) => meant.has(protocol))
  const models = readable(ordered, project, aside)
  const named = left.filter((target) => !aside.names.includes(protocolNameIn(target)))
  // no target is left: they are all of what is set aside
  return named.length === 0
    ? aside.sound([])
    : selectModels(models.length === 0 ? aside.sound(models) : models, named, tag)
}
