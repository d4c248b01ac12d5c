/** Which protocols were changed since a revision: the everyday run looks at no others. */

import { execFileSync } from 'node:child_process'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { packageRoot } from '../workspace/package.ts'

const git = (...args: string[]): string[] => {
  try {
    const out = execFileSync('git', args, { cwd: packageRoot(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return out.split('\n').filter((line) => line !== '')
  } catch (error) {
    throw environmentFailure(
      {
        code: 'no-git',
        message: `cannot ask git what changed: git ${args.join(' ')} failed`,
        hint: '--changed needs a checkout with git and a revision that it knows; without --changed all protocols are run',
      },
      error,
    )
  }
}

/** Files that differ from a revision, new ones among them. */
export const changedFiles = (base: string): string[] => [
  ...git('diff', '--name-only', base, '--', 'spec', 'impl'),
  ...git('ls-files', '--others', '--exclude-standard', '--', 'spec', 'impl'),
]

/** The protocols that such files belong to; what protocols share belongs to each. */
export const protocolsOf = <P extends Protocol>(files: readonly string[], protocols: readonly P[]): readonly P[] => {
  const isShared = (file: string): boolean => /^(impl\/lib\/(kernel|kvm)\/|spec\/lib\/)/.test(file)
  if (files.some(isShared)) return protocols
  return protocols.filter(({ name }) =>
    files.some((file) => file.startsWith(`spec/${name}/`) || file.startsWith(`impl/${name}/`)),
  )
}
