/** Files are whole, whatever fails while they are written and whenever the writer is killed. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { assertPlain, assertWritable, writeTogether, writeWhole } from '../../../scripts/node/write.ts'
import { isFull } from '../../effort.ts'
import { ensureBuilt } from '../tree.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

/** Steps of a write that can fail, and the number of the call that does; the other calls are the real ones. */
const fault = vi.hoisted(() => ({ step: '', at: 0, code: '', calls: 0 }))

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof fs>()
  const failing =
    <A extends unknown[], R>(name: string, act: (...args: A) => R) =>
    (...args: A): R => {
      if (fault.step === name && (fault.calls += 1) === fault.at) {
        // half of it is on the disk by then
        if (name === 'writeFileSync') real.writeSync(args[0] as number, '{"half')
        throw Object.assign(new Error(`${fault.code}: injected, ${name}`), { code: fault.code })
      }
      return act(...args)
    }
  return {
    ...real,
    openSync: failing('openSync', real.openSync),
    writeFileSync: failing('writeFileSync', real.writeFileSync),
    fsyncSync: failing('fsyncSync', real.fsyncSync),
    closeSync: failing('closeSync', real.closeSync),
    chmodSync: failing('chmodSync', real.chmodSync),
    renameSync: failing('renameSync', real.renameSync),
  }
})

const SEED = Number(process.env['WRITE_SEED'] ?? Date.now() % 1_000_000)

let directory = ''
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'lockstep-write-'))
})
afterEach(() => {
  fault.step = ''
  fs.rmSync(directory, { recursive: true, force: true })
})

const read = (name: string): string => fs.readFileSync(join(directory, name), 'utf8')

const injected = (step: string, at: number, code: string, act: () => void): unknown => {
  Object.assign(fault, { step, at, code, calls: 0 })
  try {
    act()
    return undefined
  } catch (error) {
    return error
  } finally {
    fault.step = ''
  }
}

const STEPS = ['openSync', 'writeFileSync', 'fsyncSync', 'closeSync', 'chmodSync', 'renameSync']
const CODES = isFull ? ['ENOSPC', 'EIO', 'EACCES', 'EROFS', 'EDQUOT', 'EMFILE'] : ['ENOSPC', 'EIO']
const FAULTS = CODES.flatMap((code) => STEPS.flatMap((step) => [1, 2, 3].map((at) => [code, step, at] as const)))

describe('a write that fails', () => {
  it.each(FAULTS)('with %s in %s, call %d: every file is whole, and the error names one', (code, step, at) => {
    const names = ['a', 'b', 'c']
    for (const name of names) writeWhole(join(directory, name), `old ${name}`)
    const files = names.map((name) => ({ file: join(directory, name), content: `new ${name}` }))
    const error = injected(step, at, code, () => {
      writeTogether(files)
    })
    expect(error).toMatchObject({
      exit: 3,
      problem: { code: 'write-failed', file: join(directory, names[at - 1] ?? '') },
    })
    // nothing is replaced before all drafts are whole; of the renames those before the fault are done
    const replaced = step === 'renameSync' ? at - 1 : 0
    expect(names.map(read)).toEqual(names.map((name, i) => `${i < replaced ? 'new' : 'old'} ${name}`))
    expect(fs.readdirSync(directory)).toEqual(names)
  })

  it('has at least 100 faults in the full suite', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(isFull ? 100 : 30)
  })

  it('into a directory that is not there is an error that names the file', () => {
    const file = join(directory, 'none', 'file')
    expect(() => {
      writeWhole(file, 'x')
    }).toThrow(expect.objectContaining({ exit: 3, problem: expect.objectContaining({ file }) as unknown }) as Error)
    expect(() => {
      assertWritable(file)
    }).toThrow(expect.objectContaining({ exit: 2 }) as Error)
  })
})

describe('a write', () => {
  it.skipIf(process.platform === 'win32')('puts nothing in the place of a pipe, nor of what a link leads to', () => {
    const [pipe, link] = [join(directory, 'pipe'), join(directory, 'link')]
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
    fs.symlinkSync(pipe, link)
    for (const file of [pipe, link]) {
      expect(() => {
        writeWhole(file, 'x')
      }).toThrow(expect.objectContaining({ exit: 2, problem: expect.objectContaining({ file }) as unknown }) as Error)
    }
    expect([fs.statSync(pipe).isFIFO(), fs.readdirSync(directory).sort()]).toEqual([true, ['link', 'pipe']])
  })

  it('keeps links and permissions', () => {
    const [file, link] = [join(directory, 'file'), join(directory, 'link')]
    fs.writeFileSync(file, 'old', { mode: 0o640 })
    fs.symlinkSync(file, link)
    writeWhole(link, 'new')
    expect([read('file'), fs.lstatSync(link).isSymbolicLink()]).toEqual(['new', true])
    expect(fs.statSync(file).mode & 0o777).toBe(0o640)
  })

  const refusal = (file: string): Error =>
    expect.objectContaining({
      exit: 2,
      problem: expect.objectContaining({ code: 'unwritable', file }) as unknown,
    }) as Error

  it.skipIf(process.platform === 'win32')(
    'puts nothing in the place of a link that leads to nothing or to itself',
    () => {
      const [lost, loop] = [join(directory, 'lost'), join(directory, 'loop')]
      fs.symlinkSync(join(directory, 'nothing'), lost)
      fs.symlinkSync(loop, loop)
      for (const file of [lost, loop]) {
        expect(() => {
          writeWhole(file, 'x')
        }).toThrow(refusal(file))
        expect(() => {
          assertWritable(file)
        }).toThrow(refusal(file))
      }
      const links = [lost, loop].map((path) => fs.lstatSync(path).isSymbolicLink())
      expect([links, fs.readdirSync(directory).sort()]).toEqual([
        [true, true],
        ['loop', 'lost'],
      ])
    },
  )

  it.skipIf(process.platform === 'win32')(
    'of what is our own goes through no link, and nothing beside it is written',
    () => {
      const [file, link, other] = [join(directory, 'file'), join(directory, 'link'), join(directory, 'other')]
      fs.writeFileSync(file, 'old')
      fs.symlinkSync(file, link)
      expect(() => {
        writeTogether(
          [other, link].map((name) => ({ file: name, content: 'new' })),
          { links: false },
        )
      }).toThrow(refusal(link))
      expect(() => {
        assertPlain([other, link])
      }).toThrow(refusal(link))
      expect([read('file'), fs.lstatSync(link).isSymbolicLink(), fs.existsSync(other)]).toEqual(['old', true, false])
      assertPlain([file, other])
    },
  )

  it('removes what killed writers have left, and nothing that is new or of a living one', () => {
    const old = new Date(Date.now() - 3_600_000)
    const draft = (pid: number, when?: Date): string => {
      const path = join(directory, `.lockstep-${pid}-abcdef012345.tmp`)
      fs.writeFileSync(path, 'half')
      if (when !== undefined) fs.utimesSync(path, when, when)
      return path
    }
    // no process has a number beyond the largest that Linux gives
    const [dead, fresh, living] = [draft(2 ** 22 + 1, old), draft(2 ** 22 + 2), draft(process.pid, old)]
    writeWhole(join(directory, 'file'), 'x')
    expect([dead, fresh, living].map((path) => fs.existsSync(path))).toEqual([false, true, true])
  })
})

/**
 * Writes two files that belong together over and over, and says so after every tenth time; with `stop`, waits inside the write of that
 * number, when all drafts are there and none has replaced its file, to be killed.
 */
const WRITER = (module: string, at: string, size: number, stop: number | undefined): string => `
  const { writeSync } = await import('node:fs')
  const { writeTogether } = await import(${JSON.stringify(module)})
  for (let i = 1; ; i++) {
    const content = JSON.stringify({ i, filler: 'x'.repeat(${size}) })
    const between = () => {
      if (i !== ${stop ?? 0}) return
      writeSync(1, 'inside\\n')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }
    writeTogether(['a', 'b'].map((name) => ({ file: ${JSON.stringify(at)} + '/' + name, content })), { durable: false, between })
    if (i % 10 === 0) process.stdout.write(i + '\\n')
  }`

const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('a writer that is killed', () => {
  beforeAll(() => {
    ensureBuilt()
  }, 600_000)

  const KILLS = isFull ? 100 : 8
  it(`leaves every file whole: ${KILLS} kills, seed ${SEED}`, { timeout: 600_000 }, async () => {
    const next = random(SEED)
    const module = pathToFileURL(join(packageRoot(), 'dist', 'scripts', 'node', 'write.js')).href
    let inside = 0
    for (let kill = 0; kill < KILLS; kill++) {
      // every other kill falls inside a write for certain, the others where they may
      const stop = kill % 2 === 0 ? 2 + Math.floor(next() * 20) : undefined
      const program = WRITER(module, directory, 1000 + Math.floor(next() * 2_000_000), stop)
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let lines = 1 + Math.floor(next() * 5)
      for await (const line of createInterface({ input: child.stdout }))
        if (line === 'inside' || (stop === undefined && --lines === 0)) child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
      const [a = -1, b = -1] = ['a', 'b'].map((name) => (JSON.parse(read(name)) as { i: number }).i)
      expect([a - b === 0 || a - b === 1, a > 0]).toEqual([true, true])
      const drafts = fs.readdirSync(directory).filter((name) => name.endsWith('.tmp'))
      if (drafts.length > 0) inside += 1
      if (stop !== undefined) expect([a, b, drafts.length]).toEqual([stop - 1, stop - 1, 2])
      for (const name of drafts) fs.rmSync(join(directory, name))
    }
    console.log(`seed ${SEED}: ${inside} of ${KILLS} kills fell inside a write`)
    expect(inside).toBeGreaterThanOrEqual(KILLS / 2)
  })
})
