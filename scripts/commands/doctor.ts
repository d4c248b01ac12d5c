/** `lockstep doctor`: what is here, what is missing, what to do. */

import { availableParallelism, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import { runEmbedded } from '../embedded/engine.ts'
import { packageJson } from '../workspace/package.ts'
import { requireNames } from '../workspace/names.ts'
import { makeTempDir, removeTempDir } from '../node/tempdir.ts'
import { writeWhole } from '../node/write.ts'
import { findJava } from '../tlc/java.ts'
import { resolveJar } from '../tlc/jar.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson } from '../ui/output.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

interface Finding {
  readonly name: string
  readonly status: 'ok' | 'missing' | 'broken'
  readonly detail: string
  readonly hint: string | null
}

const attempt = async (name: string, look: () => Promise<string> | string): Promise<Finding> => {
  try {
    return { name, status: 'ok', detail: await look(), hint: null }
  } catch (error) {
    const problem = error instanceof LockstepError ? error.problem : undefined
    const message = error instanceof Error ? error.message : String(error)
    const status = problem?.code.startsWith('no-') === true ? 'missing' : 'broken'
    return { name, status, detail: problem?.message ?? message, hint: problem?.hint ?? null }
  }
}

const node = (): string => {
  const { node: version } = process.versions
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`${version}, needs ${packageJson().engines.node}`)
  return version
}

const java = async (): Promise<string> => {
  const { version, path, notes } = await findJava()
  return [`${version} (${path})`, ...notes].join('; ')
}

const jar = async (): Promise<string> => {
  const { path, sha256, pinned, source } = await resolveJar()
  return `${path} from ${source}, sha256 ${sha256.slice(0, 12)}...${pinned ? ' as pinned' : ', not the pinned one'}`
}

const SMOKE =
  "---- MODULE S ----\nVARIABLE x\nInit == x = 0\nNext == x = 0 /\\ x' = 1\nSpec == Init /\\ [][Next]_x\n====\n"

const embedded = (): string => {
  const cfg = 'SPECIFICATION Spec\n'
  const { outcome, states } = runEmbedded({ source: SMOKE, cfg, maxStates: 10, allowDeadlock: true })
  if (outcome !== 'success' || states !== 2)
    throw new Error(`tla-checker answers ${outcome} with ${states} states on a specification of 2`)
  return 'tla-checker answers (safety only)'
}

/** Where drafts of what TLC reads and says are: no directory, no room or no permission is said here and not in the middle of a proof. */
const temporary = (): string => {
  const directory = makeTempDir('doctor')
  try {
    writeWhole(join(directory, 'draft'), SMOKE, { durable: false })
    return dirname(directory)
  } finally {
    removeTempDir(directory)
  }
}

const protocolText = (project: Project, protocol: HousedProtocol): string => {
  const models = project.modelsOf(protocol)
  requireNames(models, project.modelsOf)
  const uncounted = models.filter(({ counts }) => counts === undefined).length
  return [
    `${models.length} models`,
    ...(protocol.module === undefined ? ['no specification: explored only'] : []),
    ...(uncounted === 0 ? [] : [`${uncounted} not counted: \`lockstep check ${protocol.name} --write\``]),
  ].join('; ')
}

/** What is there of ours, or of the user's workspace protocol by protocol. */
const workspaceFindings = async (project: Project): Promise<Finding[]> => {
  const { workspace, protocols, broken } = project
  if (workspace === undefined)
    return [await attempt('models', () => `${project.models.length} models, manifests and configurations agree`)]
  return Promise.all([
    attempt('workspace', () => workspace.config),
    ...broken.map(({ name, error }) =>
      attempt(name, () => {
        throw error
      }),
    ),
    ...protocols.map((protocol) => attempt(protocol.name, () => protocolText(project, protocol))),
  ])
}

/** Looks around; exit code 0 if everything is here, 3 if something is missing that a command needs. */
export const doctor = async (out: Output, project: Project): Promise<number> => {
  const findings = [
    await attempt('Node.js', node),
    await attempt('Java', java),
    await attempt('tla2tools', jar),
    await attempt('embedded engine', embedded),
    ...(await workspaceFindings(project)),
    await attempt('temporary files', temporary),
    await attempt('machine', () => `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`),
  ]
  const ok = findings.every((f) => f.status === 'ok')
  if (out.json) printJson({ ok, findings })
  const rows = columns(findings.map((f) => [f.status, f.name, f.detail]))
  findings.forEach((finding, i) => {
    out.line(rows[i])
    if (finding.hint !== null) out.line(`    ${finding.hint}`)
  })
  if (findings.some(({ name, status }) => status !== 'ok' && (name === 'Java' || name === 'tla2tools')))
    out.line(
      'Without Java or tla2tools: check (embedded engine and explorer), verify, replay and explain work; prove and tlc do not.',
    )
  return ok ? EXIT.ok : EXIT.environment
}
