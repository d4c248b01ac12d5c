/** Lines of logs from outside: compressed, cut off, not text, endless. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Problem } from '../../../impl/lib/kernel/error.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import { MAX_LINE_BYTES, readLines } from '../../../scripts/validate/lines.ts'
import { isCI } from '../../effort.ts'

/** A seed of its own for each run; a failure prints it with the path. */
const seed = Date.now() & 0x7fffffff
const numRuns = isCI ? 5_000 : 700

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'lockstep-lines-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true })
})

const linesOf = async (file: string, signal?: AbortSignal): Promise<string[]> => {
  const all: string[] = []
  for await (const { firstLine, lines } of readLines(file, signal)) {
    expect(firstLine).toBe(all.length + 1)
    for (const line of lines) all.push(line)
  }
  return all
}

const fileOf = (data: Uint8Array | string): string => {
  const file = join(dir, 'log')
  writeFileSync(file, data)
  return file
}

const read = (data: Uint8Array | string): Promise<string[]> => linesOf(fileOf(data))

const refused = async (data: Uint8Array | string): Promise<Problem | string[]> => {
  try {
    return await read(data)
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 2) return error.problem
    throw error
  }
}

/** `printf 'a\nb\n' | zstd`, with a checksum. */
const ZSTD = Buffer.from('28b52ffd0458210000610a620a2550b323', 'hex')

const zstdOf = (data: Uint8Array, ...flags: string[]): Buffer =>
  execFileSync('zstd', ['-q', '-c', ...flags], { input: data, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] })

const hasZstd = ((): boolean => {
  try {
    return zstdOf(Buffer.from('x')).length > 0
  } catch {
    return false
  }
})()

/** A frame that holds the data as it is, in blocks of at most 128 KiB: what any test needs no tool for. */
const rawZstd = (data: Uint8Array): Buffer => {
  const blocks: Buffer[] = []
  for (let at = 0; at === 0 || at < data.length; at += 2 ** 17) {
    const block = data.subarray(at, at + 2 ** 17)
    const header = Buffer.alloc(3)
    header.writeUIntLE((block.length << 3) | (at + 2 ** 17 >= data.length ? 1 : 0), 0, 3)
    blocks.push(header, Buffer.from(block))
  }
  // a window of 1 MiB and no more
  return Buffer.concat([Buffer.from('28b52ffd0050', 'hex'), ...blocks])
}

describe('lines', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['one that has no end', 'a', ['a']],
    ['ends of both kinds', 'a\r\nb\nc\r\n', ['a', 'b', 'c']],
    ['empty ones', '\n\r\n\n', ['', '', '']],
    ['a BOM, once', '\ufeffa\n\ufeffb\n', ['a', '\ufeffb']],
    ['what is not ASCII', 'é\n\u{1f600}', ['é', '\u{1f600}']],
    ['a carriage return within', 'a\rb\n', ['a\rb']],
  ])('%s', async (_, text, lines) => {
    expect(await read(text)).toEqual(lines)
    expect(await read(gzipSync(text))).toEqual(lines)
    expect(await read(rawZstd(Buffer.from(text)))).toEqual(lines)
  })

  const many = Array.from({ length: 100_000 }, (_, i) => `line ${i} é ${'x'.repeat(i % 50)}`)
  const text = Buffer.from(many.join('\n'))

  it('more than a piece', async () => {
    expect(await read(text)).toEqual(many)
    expect(await read(gzipSync(text))).toEqual(many)
    expect(await read(rawZstd(text))).toEqual(many)
    // a BOM is one in the first line only, not in the first of a batch
    expect(await read('\ufeffa\n'.repeat(200_000))).toEqual(['a', ...Array<string>(199_999).fill('\ufeffa')])
  })

  it('until the signal comes', async () => {
    for (const data of [text, gzipSync(text), rawZstd(text)]) {
      const stop = new AbortController()
      let batches = 0
      for await (const { lines } of readLines(fileOf(data), stop.signal)) {
        expect(lines.length).toBeGreaterThan(0)
        batches += 1
        stop.abort()
      }
      expect(batches).toBe(1)
    }
  })

  it('of parts that were compressed one by one', async () => {
    const skipped = Buffer.from('5a2a4d1803000000aabbcc', 'hex')
    expect(await read(Buffer.concat([gzipSync('a\nb'), gzipSync('c\n')]))).toEqual(['a', 'bc'])
    expect(await read(Buffer.concat([skipped, rawZstd(Buffer.from('a\nb')), skipped, ZSTD]))).toEqual(['a', 'ba', 'b'])
  })

  it.skipIf(!hasZstd || !isCI)('that zstd has compressed (needs CI)', async () => {
    for (const flags of [['-1'], ['-19'], ['--no-check']]) expect(await read(zstdOf(text, ...flags))).toEqual(many)
    // a large window costs fzstd a copy of all of it for each block
    const few = many.slice(0, 5_000)
    for (const flags of [['--ultra', '-22'], ['--long=27']]) {
      expect(await read(zstdOf(Buffer.from(few.join('\n')), ...flags))).toEqual(few)
    }
  })

  it('as long as a line may be', async () => {
    const long = 'x'.repeat(MAX_LINE_BYTES)
    expect(await read(`${long}\n${long}\na`)).toEqual([long, long, 'a'])
  })
})

describe('one clear error', () => {
  const LONG = 'x'.repeat(MAX_LINE_BYTES + 1)
  it.each<[string, Uint8Array | string, object]>([
    ['a line that is too long', `a\n${LONG}\nb`, { code: 'line-too-long', line: 2, column: MAX_LINE_BYTES + 1 }],
    ['the same at the end', `a\n${LONG}`, { code: 'line-too-long', line: 2, column: MAX_LINE_BYTES + 1 }],
    ['a NUL byte', 'a\nbé\0', { code: 'nul-byte', line: 2, column: 3 }],
    ['Latin-1', Buffer.from('a\nbé\xe9c', 'latin1'), { code: 'not-utf8', line: 2, column: 2, message: /0xe9/ }],
    ['both encodings', Buffer.concat([Buffer.from('a\nbé'), Buffer.from('\xe9c', 'latin1')]), { line: 2, column: 3 }],
    ['a surrogate', Buffer.from('a\nb\xed\xa0\x80', 'latin1'), { code: 'not-utf8', line: 2, column: 2 }],
    ['too long a form', Buffer.from('a\nb\xc0\x80', 'latin1'), { code: 'not-utf8', line: 2, column: 2 }],
    ['a sequence that is cut off', Buffer.from('a\nb\xf0\x9f\x98', 'latin1'), { code: 'not-utf8', line: 2, column: 2 }],
    ['UTF-16', Buffer.from('\ufeffa\n', 'utf16le'), { code: 'not-utf8', line: 1, column: 1, message: /UTF-16/ }],
    ['UTF-16, the other way', Buffer.from('\ufeffa\n', 'utf16le').swap16(), { code: 'not-utf8', line: 1, column: 1 }],
    ['UTF-16 without a BOM', Buffer.from('ab\n', 'utf16le'), { code: 'nul-byte', line: 1, column: 2 }],
    ['gzip that is cut off', gzipSync('a\nbc'.padEnd(9)).subarray(0, -5), { code: 'truncated' }],
    ['damaged gzip', Buffer.concat([gzipSync('a\nbc').subarray(0, 12), Buffer.alloc(9, 7)]), { code: 'damaged' }],
    ['zstd that is cut off', rawZstd(Buffer.from('a\nbc')).subarray(0, -1), { code: 'truncated', line: 1, column: 1 }],
    ['zstd cut off in its header', ZSTD.subarray(0, 6), { code: 'truncated' }],
    [
      'zstd with a dictionary',
      Buffer.from('28b52ffd0158050100000000', 'hex'),
      { code: 'damaged', message: /dictionary/ },
    ],
    ['zstd with a window of 2 GB', Buffer.from('28b52ffd00a8010000', 'hex'), { code: 'damaged', message: /window/ }],
    ['something after zstd', Buffer.concat([ZSTD, Buffer.from('what is it')]), { code: 'damaged' }],
    ['NUL in gzip', gzipSync('a\nb\0'), { code: 'nul-byte', line: 2, column: 2 }],
    [
      'xz',
      Buffer.from('fd377a585a000004', 'hex'),
      { code: 'not-text', hint: /xz -dc into lockstep validate MODEL -$/ },
    ],
    ['bzip2', Buffer.from('BZh91AY'), { code: 'not-text', hint: /bzip2 -dc into lockstep validate MODEL -$/ }],
    ['trace.dat', Buffer.from('170844747261636900', 'hex'), { code: 'not-text', hint: /trace-cmd report/ }],
    ['perf.data', 'PERFILE2', { code: 'not-text', hint: /perf script/ }],
  ])('for %s', async (_, data, problem) => {
    const expected = Object.entries(problem as Record<string, unknown>).map(([key, value]): [string, unknown] => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ])
    expect(await refused(data)).toMatchObject(Object.fromEntries(expected))
  })

  it('for a file that is cut off says where the text ends', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}`).join('\n')
    const data = gzipSync(text)
    const problem = await refused(data.subarray(0, data.length - 100))
    expect(problem).toMatchObject({ code: 'truncated' })
    const { line = 0, column = 0 } = Array.isArray(problem) ? {} : problem
    expect(line).toBeGreaterThan(19_000)
    expect(line).toBeLessThan(20_000)
    expect(column).toBeLessThanOrEqual('line 19999'.length + 1)
  })

  it('for what cannot be read', async () => {
    await expect(linesOf(join(dir, 'nothing'))).rejects.toMatchObject({ problem: { code: 'unreadable' }, exit: 2 })
    await expect(linesOf(dir)).rejects.toMatchObject({ problem: { code: 'unreadable' }, exit: 2 })
  })
})

describe.skipIf(process.platform === 'win32')('a fifo', () => {
  const fifo = (): string => {
    const file = join(dir, `fifo${Math.random()}`)
    execFileSync('mkfifo', [file])
    return file
  }

  it('that nobody writes to ends with the signal', async () => {
    const started = performance.now()
    expect(await linesOf(fifo(), AbortSignal.timeout(100))).toEqual([])
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('that never ends gives its lines as they come, and ends with the signal', async () => {
    const file = fifo()
    const stop = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const { lines } of readLines(file, stop.signal)) {
        seen.push(...lines)
        if (seen.length === 2) stop.abort()
      }
    })()
    const writer = await open(file, 'w')
    await writer.write('a\nb\nwithout an end')
    await reading
    expect(seen).toEqual(['a', 'b'])
    await writer.close()
  })

  it('is let go while more of it is waited for', async () => {
    const file = fifo()
    const reading = (async () => {
      for await (const { lines } of readLines(file)) return lines
      return []
    })()
    const writer = await open(file, 'w')
    // to gunzip a member that ends may not be the last one
    await writer.write(gzipSync('a\nb\n'))
    expect(await reading).toEqual(['a', 'b'])
    await writer.close()
  }, 5_000)

  it('ends when its writer does', async () => {
    const file = fifo()
    const reading = linesOf(file)
    const writer = await open(file, 'w')
    await writer.write('a\nb')
    await writer.close()
    expect(await reading).toEqual(['a', 'b'])
  })
})

it.skipIf(process.platform !== 'linux')('closes what it reads when nobody wants more', async () => {
  const text = 'a\n'.repeat(2 ** 20)
  const openFiles = (): number => readdirSync('/proc/self/fd').length
  const before = openFiles()
  for (const data of [text, gzipSync(text), rawZstd(Buffer.from(text)), 'PERFILE2', gzipSync(text).subarray(0, 500)]) {
    const file = fileOf(data)
    for (let i = 0; i < 20; i++) {
      try {
        for await (const { firstLine } of readLines(file)) if (firstLine === 1) break
      } catch (error) {
        expect(error).toBeInstanceOf(LockstepError)
      }
    }
  }
  expect(openFiles()).toBe(before)
})

describe('noise', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  const head = fc.constantFrom(
    '',
    '1f8b',
    '1f8b0800000000000003',
    '28b52ffd',
    '28b52ffd0458',
    '502a4d18',
    'fffe',
    'efbbbf',
  )
  const text = fc.string({ unit: 'binary' }).map((s) => Buffer.from(s))
  const packed = fc.oneof(
    text.map((data) => gzipSync(data)),
    text.map(rawZstd),
    fc.constant(ZSTD),
  )
  /** Something that is compressed, with a few bytes changed, and cut off or not. */
  const damaged = fc
    .tuple(packed, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.nat(300))
    .map(([data, changes, end]) => {
      const copy = Buffer.from(data)
      for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte
      return copy.subarray(0, end)
    })
  const noise = fc.oneof(
    fc.tuple(head, bytes).map(([hex, tail]) => Buffer.concat([Buffer.from(hex, 'hex'), tail])),
    damaged,
  )

  it(`is lines, or one error (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(noise, async (data) => {
        const out = await refused(data)
        if (!Array.isArray(out)) expect(out.line).toBeGreaterThanOrEqual(1)
      }),
      { seed, numRuns },
    )
  }, 600_000)

  it(`text is its lines, however it is packed (seed ${seed})`, async () => {
    const lines = fc.array(
      fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll(/[\0\r\n\ufeff]/g, '')),
      { minLength: 1 },
    )
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom('\n', '\r\n'), async (list, end) => {
        const data = Buffer.from(list.map((line) => line + end).join(''))
        expect(await read(gzipSync(data))).toEqual(list)
        expect(await read(rawZstd(data))).toEqual(list)
      }),
      { seed, numRuns: Math.ceil(numRuns / 10) },
    )
  }, 600_000)
})
