/** The C file that the README shows, and what `check` says of it; `UPDATE_README=1` rewrites that. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageRoot } from '../scripts/workspace/package.ts'
import { between, hold } from './pages.ts'
import { ensureBuilt } from './scripts/tree.ts'

let directory: string
beforeAll(() => {
  ensureBuilt()
  directory = mkdtempSync(join(tmpdir(), 'lockstep-c-page-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** The text of the only code block between two comments. */
const blockOf = (file: string, name: string): string => /^```\w*\n([\s\S]*?)^```$/m.exec(between(file, name))?.[1] ?? ''

const check = (args: readonly string[]): { readonly status: number | null; readonly stdout: string } => {
  const command = [join(packageRoot(), 'bin', 'lockstep.mjs'), 'check', ...args]
  const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: directory })
  return { status, stdout }
}

/** How long it took is another thing each time. */
const untimed = (text: string): string => text.replace(/, [\d.]+ s$/gm, '')

it('the README’s C file has at most 40 lines, and is answered as it says', () => {
  const text = blockOf('README.md', 'c-file')
  expect(text.split('\n').length).toBeLessThanOrEqual(40)
  writeFileSync(join(directory, 'race.c'), text)
  const { status, stdout } = check(['race.c'])
  expect(status).toBe(1)
  hold('README.md', 'c-answer', `\`\`\`\n${untimed(stdout).trim()}\n\`\`\``)
  writeFileSync(join(directory, 'race.c'), text.replace('\t\t__set_current_state', '\t\tset_current_state'))
  expect(check(['race.c']).status).toBe(0)
})
