/** Temporary directories: where none can be made that is said, and what a killed process has left goes. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeTempDir, removeTempDir, sweepTempDirs } from '../../../scripts/node/tempdir.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tempdir-test-'))
  vi.stubEnv('TMPDIR', root)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

/** The number of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid

/** A directory as another process of this machine would have made it, two minutes ago unless told. */
const leftBy = (pid: number, ageMs = 120_000): string => {
  const own = makeTempDir('test')
  removeTempDir(own)
  const path = join(dirname(own), basename(own).replace(`-${process.pid}-`, `-${pid}-`))
  mkdirSync(path)
  writeFileSync(join(path, 'states'), '')
  const then = new Date(Date.now() - ageMs)
  utimesSync(path, then, then)
  return path
}

const thrownBy = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('makeTempDir', () => {
  it.each<[string, () => string]>([
    ['is missing', () => join(root, 'nowhere')],
    [
      'is a file',
      () => {
        writeFileSync(join(root, 'file'), '')
        return join(root, 'file')
      },
    ],
  ])('where the temporary directory %s: exit 3 and the place', (_, place) => {
    vi.stubEnv('TMPDIR', place())
    const error = thrownBy(() => makeTempDir('test'))
    expect(error).toBeInstanceOf(LockstepError)
    expect(error).toMatchObject({ exit: 3, problem: { code: 'no-temporary-directory' } })
    expect(String(error)).toContain(place())
  })
})

describe('sweepTempDirs', () => {
  it('removes what a process that is gone has left', () => {
    const left = leftBy(deadPid())
    sweepTempDirs()
    expect(existsSync(left)).toBe(false)
  })

  it('leaves alone what is young, of a living process, of another machine, or not ours', () => {
    const dead = deadPid()
    const kept = [leftBy(dead, 0), leftBy(process.ppid)]
    const foreign = [`lockstep-tlc-00000000-${dead}-abcdef`, 'lockstep-tlc-abcdef'].map((name) => join(root, name))
    for (const path of foreign) {
      mkdirSync(path)
      utimesSync(path, new Date(0), new Date(0))
    }
    sweepTempDirs()
    expect([...kept, ...foreign].filter((path) => !existsSync(path))).toEqual([])
  })
})
