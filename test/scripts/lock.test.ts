/** First runs in a fresh clone: they install once however many they are, and survive one that was killed. */

import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gone, until } from './tlc/processes.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

let root: string

/** A clone that has nothing but what the first run needs, and an `npm` that says what is done to it. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'first-run-'))
  mkdirSync(join(root, 'bin'))
  mkdirSync(join(root, 'scripts'))
  mkdirSync(join(root, 'path'))
  for (const name of [
    'scripts/bootstrap.mjs',
    'scripts/bootstrap-lock.mjs',
    'scripts/bundle.mjs',
    'bin/fresh.mjs',
    'bin/run.mjs',
  ]) {
    copyFileSync(join(packageRoot(), name), join(root, name))
  }
  writeFileSync(join(root, 'package-lock.json'), '{}')
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const npm = (script: string): void => {
  const file = join(root, 'path', 'npm')
  writeFileSync(file, `#!/bin/sh\necho "$$" >> "${root}/begun"\n${script}\necho "$$" >> "${root}/ended"\n`)
  chmodSync(file, 0o755)
}

/** What `npm` does until the test says `go`; two at a time fail, as the real one's do. */
const WAIT = (): string =>
  `mkdir "${root}/busy" || exit 1\nwhile [ ! -e "${root}/go" ]; do sleep 0.05; done\nrmdir "${root}/busy"\nmkdir -p "${root}/node_modules"`

const lines = (name: string): string[] => {
  const file = join(root, name)
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

interface FirstRun {
  readonly pid: number
  readonly said: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<number | null>
}

/** A first run; the task that it is given is none, so that it ends with 2 once it has installed. */
const firstRun = (): FirstRun => {
  const env = { ...process.env, PATH: `${join(root, 'path')}${delimiter}${process.env['PATH'] ?? ''}` }
  const child = spawn(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), 'nothing'], { env })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return {
    pid: child.pid ?? 0,
    said: () => said,
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve) => child.once('close', resolve)),
  }
}

const go = (): void => {
  writeFileSync(join(root, 'go'), '')
}

describe.skipIf(process.platform === 'win32')('a first run', () => {
  it('waits for another that installs, and says so; one installs', async () => {
    npm(WAIT())
    const first = firstRun()
    await until(() => lines('begun').length === 1, 'the first installs')
    const second = firstRun()
    await until(
      () => second.said().includes(`process ${first.pid} installs or builds here: waiting`),
      'the second waits',
    )
    go()
    expect([await first.ended, await second.ended, lines('begun').length]).toEqual([2, 2, 1])
    expect(existsSync(join(root, '.lockstep-setup.lock'))).toBe(false)
  })

  it('goes on where one was killed, whose npm is gone with it', async () => {
    npm(WAIT())
    const killed = firstRun()
    await until(() => lines('begun').length === 1, 'it installs')
    killed.kill('SIGKILL')
    await killed.ended
    await until(() => gone(Number(lines('begun')[0])), 'its npm is gone')
    expect(existsSync(join(root, '.lockstep-setup.lock'))).toBe(true)
    rmSync(join(root, 'busy'), { recursive: true, force: true })
    go()
    expect([await firstRun().ended, lines('begun').length, lines('ended').length]).toEqual([2, 2, 1])
    expect(existsSync(join(root, '.lockstep-setup.lock'))).toBe(false)
  })

  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s ends it and its npm, and the lock is gone', async (signal, code) => {
    npm(WAIT())
    const run = firstRun()
    await until(() => lines('begun').length === 1, 'it installs')
    run.kill(signal)
    expect(await run.ended).toBe(code)
    await until(() => gone(Number(lines('begun')[0])), 'its npm is gone')
    expect(existsSync(join(root, '.lockstep-setup.lock'))).toBe(false)
  })

  it('passes on that npm failed', async () => {
    npm('exit 7')
    const run = firstRun()
    expect([await run.ended, run.said()]).toEqual([3, expect.stringMatching(/npm ci .*failed \(exit code 7\)/)])
  })
})
