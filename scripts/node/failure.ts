/**
 * What the system underneath refuses (room, memory, permission) as an error of the environment: it is no defect of ours and
 * no fault of the input, and the user can do something about it.
 */

import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'

/** What the system's codes mean, where they say something of the machine. */
const MEANING: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota is used up',
  EIO: 'the device reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of the path is no directory',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
}

/** Those of {@link MEANING} that no programming error of ours can cause, wherever they come from. */
const ENVIRONMENT = new Set(Object.keys(MEANING).filter((code) => code !== 'ENOTDIR'))

const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { readonly code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** What whatever was thrown says of itself. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Why a call of the system failed, for a message. */
export const whyFailed = (error: unknown): string => {
  if (isSystemError(error)) {
    const meaning = error.code === 'ENOENT' ? 'it does not exist' : MEANING[error.code]
    if (meaning !== undefined) return meaning
  }
  return messageOf(error)
}

/** What V8 says when it cannot have more memory. */
const NO_MEMORY =
  /^(?:Array buffer allocation failed|Invalid (?:typed )?array (?:buffer )?length|Invalid string length|(?:Map|Set) maximum size exceeded)/

const outOfMemory = (cause: unknown): LockstepError =>
  environmentFailure(
    {
      code: 'out-of-memory',
      message: 'the memory is used up, and nothing was decided',
      hint: 'take a smaller model or input, or give Node.js more: NODE_OPTIONS=--max-old-space-size=MEGABYTES',
    },
    cause,
  )

const outOfStack = (cause: unknown): LockstepError =>
  environmentFailure(
    {
      code: 'out-of-stack',
      message: 'the input is nested more deeply than can be worked on, and nothing was decided',
      hint: 'write it less deep',
    },
    cause,
  )

/** The error that a user is to see for one that was thrown: ours as it is, the environment's by name, else none. */
export const environmentError = (error: unknown): LockstepError | undefined => {
  if (error instanceof LockstepError) return error
  if (isSystemError(error) && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return outOfMemory(error)
  if (error instanceof RangeError && NO_MEMORY.test(error.message)) return outOfMemory(error)
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) return outOfStack(error)
  if (!isSystemError(error) || !ENVIRONMENT.has(error.code)) return undefined
  const where = error.path ?? error.syscall ?? 'a call of the system'
  return environmentFailure(
    { code: 'environment', message: `${where}: ${whyFailed(error)}`, hint: '`lockstep doctor` says what is missing' },
    error,
  )
}
