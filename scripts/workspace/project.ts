/** What a command works on: the protocols of the workspace that it is in, and ours. */

import { basename } from 'node:path'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project, SharedWorkspace, Workspace } from '../../impl/lib/protocol/project.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { protocolNameIn } from '../../impl/lib/protocol/c-target.ts'
import { isGlob } from '../../impl/lib/protocol/glob.ts'
import type { Opened } from './config.ts'
import { openPackage, openWorkspace } from './config.ts'
import { machineDigest } from './machine-code.ts'
import { modelsOf } from './models.ts'
import { packageRoot } from './package.ts'
import { oneOf } from './set-aside.ts'

/** The protocols of the package, from its own configuration. */
const openBuiltin = async (): Promise<readonly HousedProtocol[]> => {
  const { default: config } = await import('../../impl/lockstep.config.ts')
  const { protocols, broken } = await openPackage(packageRoot(), 'impl/lockstep.config.ts', config)
  const [first] = broken
  if (first !== undefined) throw first.error
  return protocols
}

/** The protocols of a workspace, or ours alone. What is wrong with their files is thrown when their models are asked for. */
export const openProject = async (workspace?: Workspace): Promise<Project> => {
  const builtin = await openBuiltin()
  const own: Opened | undefined = workspace === undefined ? undefined : await openWorkspace(workspace)
  const known = new Map<HousedProtocol, readonly Model[]>()
  const read = (protocol: HousedProtocol): readonly Model[] => {
    const models = known.get(protocol) ?? modelsOf(protocol)
    known.set(protocol, models)
    return models
  }
  const protocols = own?.protocols ?? builtin
  const broken = own?.broken ?? []
  const others = own === undefined ? [] : builtin.filter(({ name }) => !protocols.some((mine) => mine.name === name))
  const all = (): readonly Model[] => {
    if (broken.length > 0) throw oneOf(broken.map(({ error }) => error))
    return protocols.flatMap(read)
  }
  const named = (wanted: string): HousedProtocol | undefined => {
    const bad = broken.find(({ name }) => name === wanted || basename(name) === wanted)
    if (bad !== undefined) throw bad.error
    return [...protocols, ...others].find(({ name }) => name === wanted)
  }
  return {
    workspace,
    protocols,
    builtin: others,
    shadowed:
      own === undefined
        ? []
        : builtin.map(({ name }) => name).filter((name) => protocols.some((mine) => mine.name === name)),
    broken,
    named,
    modelsOf: read,
    get models() {
      return all()
    },
    modelsFor: (targets) => {
      const meant = targets.map((target) => named(protocolNameIn(target)))
      const isUnknown = targets.some((target, i) => meant[i] === undefined && !isGlob(target))
      const isOwn = targets.length === 0 || meant.includes(undefined)
      // whoever mistypes a name is told all that there are
      if (isUnknown) return [...all(), ...others.flatMap(read)]
      const chosen = new Set(meant)
      return [
        ...(isOwn ? all() : protocols.filter((protocol) => chosen.has(protocol)).flatMap(read)),
        ...others.filter((protocol) => chosen.has(protocol)).flatMap(read),
      ]
    },
  }
}

/**
 * A protocol for a worker thread, which has to load it again.
 * @throws LockstepError (exit 3) `changed-since-load` where it is other code than that of the thread that asks
 */
export const protocolNamed = async (workspace: SharedWorkspace | undefined, name: string): Promise<HousedProtocol> => {
  const { protocols } = await openProject(workspace)
  const found = protocols.find((protocol) => protocol.name === name)
  if (found === undefined) throw new RangeError(`no protocol ${name}`)
  if (workspace === undefined || machineDigest(found) === workspace.code) return found
  throw environmentFailure({
    code: 'changed-since-load',
    message: `the modules of ${name} were changed while the command ran: its worker threads would run other code`,
    file: found.home.entry,
    hint: 'run the command again',
  })
}

/** The workspace that a worker thread finds a protocol in. */
export const workspaceOf = ({ workspace }: Project, protocol: HousedProtocol): SharedWorkspace | undefined =>
  protocol.home.builtin || workspace === undefined ? undefined : { ...workspace, code: machineDigest(protocol) }
