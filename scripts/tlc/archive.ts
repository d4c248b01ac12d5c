/**
 * A class archive (AppCDS) for TLC: most of what a small model costs is the loading of classes, which Java can keep for
 * the next run. Java itself refuses an archive that is not of the same virtual machine and jar, and goes on without it.
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectoryIfAny } from './jar.ts'

/** Older virtual machines cannot archive classes at exit. */
const OLDEST = 13

/** What it says of the archive is of no use to anybody, and it says it where TLC's messages are. */
const QUIET = '-Xlog:cds*=off'

/** Java has a checksum in an archive and does not look at it unless told to; a version that cannot is not asked to. */
const VERIFIED = ['-XX:+IgnoreUnrecognizedVMOptions', '-XX:+VerifySharedSpaces']

/** How a run uses the archive, or makes it. */
export interface ClassArchive {
  readonly flags: readonly string[]
  /** where a run that makes the archive leaves it, and where it belongs if the run went well */
  readonly made?: { readonly from: string; readonly to: string }
}

const NONE: ClassArchive = { flags: [] }

/** One run at a time makes the archive; the runs beside it do without. */
const begun = new Set<string>()

/** The tools of a run; without their versions there is no archive of them. */
interface Tools {
  readonly java: { readonly path: string; readonly version?: string; readonly major?: number }
  readonly jar: { readonly path: string; readonly sha256?: string }
  readonly small?: boolean
}

/** Flags for a run whose temporary files are in `directory`. */
export const classArchive = ({ java, jar, small = true }: Tools, directory: string): ClassArchive => {
  // large runs use all compilers and take long enough
  if (!small || java.major === undefined || java.major < OLDEST || jar.sha256 === undefined) return NONE
  const key = createHash('sha256').update([java.path, java.version, jar.path, jar.sha256].join('\n')).digest('hex')
  const cache = cacheDirectoryIfAny()
  if (cache === undefined) return NONE
  const file = join(cache, `tlc-${key.slice(0, 16)}.jsa`)
  if (existsSync(file)) return { flags: [QUIET, ...VERIFIED, `-XX:SharedArchiveFile=${file}`] }
  if (begun.has(file)) return NONE
  begun.add(file)
  const from = join(directory, 'classes.jsa')
  return { flags: [QUIET, `-XX:ArchiveClassesAtExit=${from}`], made: { from, to: file } }
}
