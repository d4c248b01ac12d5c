/** Runs the command line inside the test's process and keeps what it writes, which is many times as fast as starting it. */

import { vi } from 'vitest'
import { run } from '../../scripts/cli.ts'

/** What a command left. */
export interface Left {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const textOf = (chunk: unknown): string =>
  typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? Buffer.from(chunk).toString('utf8') : ''

const exitCode = (): number => Number(process.exitCode ?? 0)

/** Runs `lockstep` with these arguments and variables of the environment. */
export const inside = async (
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Left> => {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk: unknown) => {
      said[name] += textOf(chunk)
      return true
    }),
  )
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const before = process.exitCode
  process.exitCode = 0
  try {
    await run(argv)
    return { code: exitCode(), ...said }
  } finally {
    process.exitCode = before
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
