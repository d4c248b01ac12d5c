import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Fetcher } from '../../../scripts/tlc/jar.ts'
import { cacheDirectory, PINNED, resolveJar } from '../../../scripts/tlc/jar.ts'

/** An archive as far as the check looks: first entry, central directory with one name, end of central directory. */
const zipWith = (entry: string): Buffer => {
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(100, 7)])
  const central = Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), Buffer.alloc(42), Buffer.from(entry)])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

const JAR = zipWith('tlc2/TLC.class')
const SHA256 = createHash('sha256').update(JAR).digest('hex')

let root: string
let cache: string
let fetches: number

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jar-test-'))
  cache = join(root, 'cache')
  fetches = 0
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const fetcher =
  (content: Buffer = JAR): Fetcher =>
  ({ directory, filename }) => {
    fetches++
    writeFileSync(join(directory, filename), content)
    return Promise.resolve()
  }

const resolve = (more: Parameters<typeof resolveJar>[0] = {}) =>
  resolveJar({ fetcher: fetcher(), sha256: SHA256, ...more, env: { LOCKSTEP_CACHE: cache, ...more.env } })

const failure = (more: Parameters<typeof resolveJar>[0] = {}) => resolve(more).catch((error: unknown) => error)

const cached = (): string => join(cache, PINNED.file)

const fill = (content: Buffer): void => {
  mkdirSync(cache, { recursive: true })
  writeFileSync(cached(), content)
}

describe('the cache', () => {
  it('is filled once', async () => {
    expect(await resolve()).toEqual({ path: cached(), sha256: SHA256, pinned: true, source: 'maven', notes: [] })
    expect(await resolve()).toMatchObject({ source: 'cache', notes: [] })
    expect(fetches).toBe(1)
    expect(readdirSync(cache)).toEqual([PINNED.file])
  })

  it.each([
    ['wrong', zipWith('tlc2/Other.class')],
    ['truncated', JAR.subarray(0, 60)],
    ['empty', Buffer.alloc(0)],
  ])('refuses a %s jar and fetches it again', async (_, content) => {
    fill(content)
    const jar = await resolve()
    expect(jar.source).toBe('maven')
    expect(jar.notes).toEqual([expect.stringContaining('was refused')])
    expect(readFileSync(cached())).toEqual(JAR)
  })

  it('is filled by two at once without harm', async () => {
    let arrive: () => void = () => undefined
    const bothStarted = new Promise<void>((done) => {
      arrive = () => {
        if (fetches === 2) done()
      }
    })
    const slow: Fetcher = async ({ directory, filename }) => {
      fetches++
      arrive()
      writeFileSync(join(directory, filename), JAR.subarray(0, 50))
      await bothStarted
      writeFileSync(join(directory, filename), JAR)
    }
    const jars = await Promise.all([resolve({ fetcher: slow }), resolve({ fetcher: slow })])
    expect(jars.map(({ source }) => source)).toEqual(['maven', 'maven'])
    expect(readFileSync(cached())).toEqual(JAR)
    expect(readdirSync(cache)).toEqual([PINNED.file])
  })

  it('is cleared of what dead processes left, not of what the living write', async () => {
    mkdirSync(cache, { recursive: true })
    const leftover = join(cache, `.${PINNED.file}.999999999.00ff.partial`)
    const growing = join(cache, `.${PINNED.file}.999999999.01ff.partial`)
    const own = join(cache, `.${PINNED.file}.${process.pid}.00ff.partial`)
    for (const file of [leftover, growing, own]) writeFileSync(file, 'x')
    const past = new Date(Date.now() - 10 * 60_000)
    for (const file of [leftover, own]) utimesSync(file, past, past)
    await resolve()
    expect([leftover, growing, own].map((file) => existsSync(file))).toEqual([false, true, true])
  })

  it('is at LOCKSTEP_CACHE, XDG_CACHE_HOME or HOME', () => {
    const env = { LOCKSTEP_CACHE: 'a', XDG_CACHE_HOME: join(root, 'b'), HOME: join(root, 'c') }
    expect(cacheDirectory(env)).toBe('a')
    expect(cacheDirectory({ ...env, LOCKSTEP_CACHE: '' })).toBe(join(root, 'b', 'lockstep'))
    expect(cacheDirectory({ HOME: env.HOME, XDG_CACHE_HOME: 'relative' })).toBe(join(root, 'c', '.cache', 'lockstep'))
  })

  it.skipIf(process.platform === 'win32')('needs a place', () => {
    expect(() => cacheDirectory({ HOME: '' })).toThrow(
      expect.objectContaining({ exit: 3, problem: expect.objectContaining({ code: 'no-cache-directory' }) as unknown }),
    )
  })

  it('says so where it cannot be made', async () => {
    writeFileSync(cache, 'a file')
    expect(await failure({ env: { LOCKSTEP_CACHE: join(cache, 'below') } })).toMatchObject({
      exit: 3,
      problem: { code: 'no-cache-directory', hint: expect.stringContaining('LOCKSTEP_CACHE') as string },
    })
  })
})

describe('a download', () => {
  it('that is not the pinned file is never used', async () => {
    const error = await failure({ fetcher: fetcher(JAR.subarray(0, 99)) })
    expect(error).toMatchObject({ exit: 3, problem: { code: 'bad-jar' } })
    expect(readdirSync(cache)).toEqual([])
  })

  it('that fails says what to do', async () => {
    const error = await failure({ fetcher: () => Promise.reject(new Error('getaddrinfo ENOTFOUND')) })
    expect(error).toMatchObject({
      exit: 3,
      problem: { code: 'no-jar', hint: expect.stringContaining('TLA2TOOLS_JAR') as string },
    })
    expect((error as Error).message).toContain('ENOTFOUND')
    expect(readdirSync(cache)).toEqual([])
  })

  it('that stops in the middle is given up', async () => {
    const stalls: Fetcher = ({ directory, filename }) => {
      writeFileSync(join(directory, filename), JAR.subarray(0, 20))
      return new Promise(() => undefined)
    }
    const error = await failure({ fetcher: stalls, stallMs: 100 })
    expect((error as Error).message).toContain('nothing arrived')
    expect(readdirSync(cache)).toEqual([])
  })

  it('uses the repository that is named', async () => {
    const asked: (string | undefined)[] = []
    const spy: Fetcher = (request) => {
      asked.push(request.repository)
      return fetcher()(request)
    }
    await resolve({ fetcher: spy, env: { LOCKSTEP_MAVEN_REPOSITORY: 'http://mirror.invalid/maven' } })
    expect(asked).toEqual(['http://mirror.invalid/maven/'])
  })

  it('does not happen offline', async () => {
    const error = await failure({ env: { LOCKSTEP_OFFLINE: '1' } })
    expect(error).toMatchObject({ exit: 3, problem: { code: 'no-jar' } })
    expect(fetches).toBe(0)
    fill(JAR)
    expect(await resolve({ env: { LOCKSTEP_OFFLINE: '1' } })).toMatchObject({ source: 'cache' })
  })
})

describe('TLA2TOOLS_JAR', () => {
  const given = (content: Buffer): string => {
    const path = join(root, 'own.jar')
    writeFileSync(path, content)
    return path
  }

  it('may be any version, and is said to be another', async () => {
    const other = Buffer.concat([zipWith('tlc2/TLC.class'), Buffer.from([0, 0])])
    const TLA2TOOLS_JAR = given(other)
    expect(await resolve({ env: { TLA2TOOLS_JAR } })).toMatchObject({
      path: TLA2TOOLS_JAR,
      pinned: false,
      source: 'TLA2TOOLS_JAR',
    })
    expect(fetches).toBe(0)
  })

  it('may be the pinned one', async () => {
    expect(await resolve({ env: { TLA2TOOLS_JAR: given(JAR) } })).toMatchObject({ pinned: true, sha256: SHA256 })
  })

  it('must be there', async () => {
    const error = await failure({ env: { TLA2TOOLS_JAR: join(root, 'absent.jar') } })
    expect(error).toMatchObject({ exit: 3, problem: { code: 'no-jar' } })
    expect((error as Error).message).toContain(join(root, 'absent.jar'))
  })

  it.each([
    ['of something else', zipWith('com/Other.class')],
    ['cut off', JAR.subarray(0, JAR.length - 22)],
    ['not an archive', Buffer.from('<html>tlc2/TLC.class</html>')],
  ])('must be a whole jar of TLC: %s', async (_, content) => {
    expect(await failure({ env: { TLA2TOOLS_JAR: given(content) } })).toMatchObject({
      exit: 3,
      problem: { code: 'bad-jar' },
    })
  })
})

describe('the real artifact (needs the network once, then the cache)', () => {
  it('has the pinned sha256', async () => {
    const jar = await resolveJar()
    expect(jar.source === 'TLA2TOOLS_JAR' || jar.sha256 === PINNED.sha256).toBe(true)
    expect(createHash('sha256').update(readFileSync(jar.path)).digest('hex')).toBe(jar.sha256)
  })
})
