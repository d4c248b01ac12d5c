/** Finds the Java that runs TLC, and says what to do where there is none that will do. */

import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'

/** TLC 2.18 is compiled for this version; older virtual machines refuse its classes. */
export const OLDEST_JAVA = 11

/** A Java that was run once and said its version. */
export interface Java {
  /** the program, absolute or as PATH spells its directory */
  readonly path: string
  /** as the program prints it, e.g. `17.0.15`, `21-ea`, `1.8.0_402` */
  readonly version: string
  /** feature release: 8 for `1.8.0_402`, 17 for `17.0.15` */
  readonly major: number
  readonly source: 'JAVA_HOME' | 'PATH'
  /** what the user should hear, e.g. that JAVA_HOME points nowhere and PATH was used */
  readonly notes: readonly string[]
}

export interface FindJavaOptions {
  /** `process.env` unless told */
  readonly env?: NodeJS.ProcessEnv
  /** how long `java -version` may take, in milliseconds */
  readonly timeoutMs?: number
}

const HINT =
  `install a JDK or JRE of version ${OLDEST_JAVA} or later and put it on PATH, or point JAVA_HOME at it; ` +
  '`--engine embedded` and `--engine explorer` need no Java'

const noUse = (code: string, message: string, cause?: unknown): LockstepError =>
  environmentFailure({ code, message, hint: HINT }, cause)

const PROGRAM = process.platform === 'win32' ? 'java.exe' : 'java'

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const onPath = (env: NodeJS.ProcessEnv): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, PROGRAM))
    .find(isProgram)

type Found = Pick<Java, 'path' | 'source' | 'notes'>

const locate = (env: NodeJS.ProcessEnv): Found => {
  const home = env['JAVA_HOME'] ?? ''
  const atHome = join(home, 'bin', PROGRAM)
  if (home !== '' && isProgram(atHome)) return { path: atHome, source: 'JAVA_HOME', notes: [] }
  const missed = home === '' ? [] : [`JAVA_HOME is ${home}, but ${atHome} is not a program`]
  const path = onPath(env)
  if (path !== undefined) {
    return { path, source: 'PATH', notes: missed.map((note) => `${note}; using ${path} from PATH`) }
  }
  const message = ['no Java was found: PATH has no `java`', ...missed].join(', and ')
  throw noUse('no-java', message)
}

/**
 * The version in what `java -version` prints, e.g. `openjdk version "17.0.15" 2025-04-15`; other lines may come first
 * (`Picked up JAVA_TOOL_OPTIONS: ...`). Undefined if there is none.
 */
export const parseJavaVersion = (text: string): { version: string; major: number } | undefined => {
  const version = /version "([^"]+)"/.exec(text)?.[1]
  const numbers = /^(?:1\.(?=\d))?(\d+)/.exec(version ?? '')?.[1]
  return version === undefined || numbers === undefined ? undefined : { version, major: Number(numbers) }
}

interface Said {
  readonly text: string
  readonly failure: Error | null
}

const askVersion = (path: string, env: NodeJS.ProcessEnv, timeout: number): Promise<Said> =>
  new Promise((resolve) => {
    execFile(path, ['-version'], { env, timeout, killSignal: 'SIGKILL', encoding: 'utf8' }, (failure, out, err) => {
      resolve({ text: `${err}\n${out}`.trim(), failure })
    })
  })

/** What macOS has at the place of `java` when none is installed prints this. */
const isPlaceholder = (text: string): boolean => /Unable to locate a Java Runtime|No Java runtime present/i.test(text)

const failed = ({ path, source }: Found, { text, failure }: Said) => {
  if (isPlaceholder(text)) return noUse('no-java', `${path} is a placeholder: no Java is installed`)
  const said = text === '' ? 'nothing' : JSON.stringify(text.slice(0, 300))
  const isCut = failure !== null && 'killed' in failure && failure.killed === true
  const how = failure === null ? 'prints no version' : isCut ? 'does not end' : 'fails'
  const message = `${path} (from ${source}) does not work: \`java -version\` ${how}; it printed ${said}`
  return noUse('java-broken', message, failure ?? undefined)
}

/**
 * The Java of JAVA_HOME, else of PATH. A JAVA_HOME without a Java is noted, not ignored; one with a Java that is broken
 * or too old is an error, since it was chosen on purpose.
 *
 * @throws LockstepError (exit 3) `no-java`, `java-too-old` or `java-broken`
 */
export const findJava = async ({ env = process.env, timeoutMs = 30_000 }: FindJavaOptions = {}): Promise<Java> => {
  const found = locate(env)
  const said = await askVersion(found.path, env, timeoutMs)
  const parsed = parseJavaVersion(said.text)
  if (said.failure !== null || parsed === undefined) throw failed(found, said)
  if (parsed.major < OLDEST_JAVA) {
    const message = `${found.path} (from ${found.source}) is Java ${parsed.version}, TLC needs ${OLDEST_JAVA} or later`
    throw noUse('java-too-old', message)
  }
  return { ...found, ...parsed }
}
