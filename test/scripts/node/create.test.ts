/** New files are made together or not at all, and nothing that is there is lost. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assertEmpty, createTogether, makeDirectory } from '../../../scripts/node/create.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-create-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** Code and exit of what is refused, which is expected to be. */
const refusal = (attempt: () => void): readonly [string, number] => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof LockstepError) return [error.problem.code, error.exit]
    throw error
  }
  throw new Error('it was not refused')
}

/** As somebody who is not root, to whom permissions mean nothing. */
const unprivileged = (attempt: () => void): void => {
  if (process.geteuid?.() !== 0) {
    attempt()
    return
  }
  process.seteuid?.(65534)
  try {
    attempt()
  } finally {
    process.seteuid?.(0)
  }
}

describe('createTogether', () => {
  it('makes files with their directories, and replaces what is named as such', () => {
    const config = join(root, 'config')
    writeFileSync(config, 'before')
    createTogether([{ file: join(root, 'a', 'b', 'c'), content: 'c' }], [{ file: config, content: 'after' }])
    expect(readFileSync(join(root, 'a', 'b', 'c'), 'utf8')).toBe('c')
    expect(readFileSync(config, 'utf8')).toBe('after')
  })

  it('overwrites nothing, and leaves nothing behind', () => {
    writeFileSync(join(root, 'there'), 'mine')
    const files = ['new/file', 'there'].map((path) => ({ file: join(root, path), content: 'x' }))
    expect(
      refusal(() => {
        createTogether(files)
      }),
    ).toEqual(['in-the-way', 2])
    expect(readdirSync(root)).toEqual(['there'])
    expect(readFileSync(join(root, 'there'), 'utf8')).toBe('mine')
  })

  it('leaves nothing behind when a directory cannot be made', () => {
    writeFileSync(join(root, 'file'), 'mine')
    const files = ['new/one', 'file/two'].map((path) => ({ file: join(root, path), content: 'x' }))
    expect(
      refusal(() => {
        createTogether(files)
      }),
    ).toEqual(['unwritable', 2])
    expect(readdirSync(root)).toEqual(['file'])
  })

  it('leaves nothing behind when what is to be replaced cannot be', () => {
    const config = join(root, 'config')
    mkdirSync(config)
    const attempt = (): void => {
      createTogether([{ file: join(root, 'new', 'one'), content: 'x' }], [{ file: config, content: 'x' }])
    }
    expect(refusal(attempt)).toEqual(['unwritable', 2])
    expect(readdirSync(root)).toEqual(['config'])
  })

  it('says so where nothing may be written', () => {
    writeFileSync(join(root, 'config'), 'before')
    chmodSync(root, 0o555)
    unprivileged(() => {
      const files = [{ file: join(root, 'new', 'one'), content: 'x' }]
      expect(
        refusal(() => {
          createTogether(files, [{ file: join(root, 'config'), content: 'x' }])
        }),
      ).toEqual(['unwritable', 2])
    })
    expect(readdirSync(root)).toEqual(['config'])
    expect(readFileSync(join(root, 'config'), 'utf8')).toBe('before')
    chmodSync(root, 0o755)
  })
})

describe('assertEmpty', () => {
  it('takes what is absent, empty, or has what is allowed only', () => {
    mkdirSync(join(root, '.git'))
    assertEmpty(join(root, 'absent'))
    assertEmpty(root, ['.git'])
    expect(existsSync(join(root, 'absent'))).toBe(false)
  })

  it('refuses a file, a link and a directory with anything else', () => {
    writeFileSync(join(root, 'file'), '')
    mkdirSync(join(root, 'empty'))
    symlinkSync(join(root, 'empty'), join(root, 'link'))
    for (const name of ['.', 'file', 'link'])
      expect([
        name,
        ...refusal(() => {
          assertEmpty(join(root, name), ['.git'])
        }),
      ]).toEqual([name, 'in-the-way', 2])
  })
})

describe('a directory', () => {
  it('is made with those above it, and is there if it was', () => {
    const deep = join(root, 'a', 'b', 'c')
    makeDirectory(deep)
    makeDirectory(deep)
    writeFileSync(join(deep, 'file'), '')
    expect(readdirSync(deep)).toEqual(['file'])
  })

  it('that leads through a file is an error', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => {
      makeDirectory(join(root, 'file', 'a'))
    }).toThrow(/ENOTDIR/)
  })

  // mkdirSync(path, { recursive: true }) of Node 20 never comes back from there
  it.runIf(existsSync('/proc'))('that the system lets nobody make is an error, at once', () => {
    expect(() => {
      makeDirectory('/proc/lockstep/a')
    }).toThrow(/ENOENT/)
  })
})
