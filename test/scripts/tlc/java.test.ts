import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findJava, parseJavaVersion } from '../../../scripts/tlc/java.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'java-test-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A program called java in `root/NAME/bin`; `lines` are sh. */
const fakeJava = (name: string, lines: string): string => {
  const bin = join(root, name, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'java'), `#!/bin/sh\n${lines}\n`)
  chmodSync(join(bin, 'java'), 0o755)
  return join(root, name)
}

const version = (text: string): string => `echo 'openjdk version "${text}" 2025-04-15' >&2`

const problem = (error: unknown): unknown => (error as { problem: unknown }).problem

describe('parseJavaVersion', () => {
  it.each([
    ['java version "1.8.0_402"', '1.8.0_402', 8],
    ['openjdk version "11.0.2" 2019-01-15', '11.0.2', 11],
    ['openjdk version "17" 2021-09-14', '17', 17],
    ['openjdk version "21-ea" 2023-09-19', '21-ea', 21],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.15" 2025-04-15', '17.0.15', 17],
    ['openjdk version "1" 2100-01-01', '1', 1],
  ])('%s', (text, expected, major) => {
    expect(parseJavaVersion(text)).toEqual({ version: expected, major })
  })

  it('finds none in other text', () => {
    expect(parseJavaVersion('hello')).toBeUndefined()
    expect(parseJavaVersion('version "x"')).toBeUndefined()
  })
})

describe.skipIf(process.platform === 'win32')('findJava', () => {
  it('takes JAVA_HOME before PATH', async () => {
    const home = fakeJava('home', version('17.0.1'))
    const other = fakeJava('other', version('21'))
    const java = await findJava({ env: { JAVA_HOME: home, PATH: join(other, 'bin') } })
    expect(java).toEqual({
      path: join(home, 'bin', 'java'),
      version: '17.0.1',
      major: 17,
      source: 'JAVA_HOME',
      notes: [],
    })
  })

  it('takes the first program on PATH, passing over what is not one', async () => {
    const good = join(fakeJava('good', version('11.0.2')), 'bin')
    const file = join(fakeJava('file', ''), 'bin')
    chmodSync(join(file, 'java'), 0o644)
    const PATH = [join(root, 'absent'), file, good].join(delimiter)
    expect(await findJava({ env: { PATH } })).toMatchObject({ path: join(good, 'java'), source: 'PATH', major: 11 })
  })

  it('notes a JAVA_HOME that points nowhere', async () => {
    const PATH = join(fakeJava('good', version('17')), 'bin')
    const java = await findJava({ env: { JAVA_HOME: join(root, 'gone'), PATH } })
    expect(java.source).toBe('PATH')
    expect(java.notes).toEqual([expect.stringContaining(join(root, 'gone'))])
  })

  it('says what to do without Java', async () => {
    const error = await findJava({ env: { JAVA_HOME: join(root, 'gone'), PATH: root } }).catch(problem)
    expect(error).toMatchObject({
      code: 'no-java',
      message: expect.stringContaining('JAVA_HOME') as string,
      hint: expect.stringContaining('--engine embedded') as string,
    })
  })

  it('refuses one that is too old', async () => {
    const PATH = join(fakeJava('old', version('1.8.0_402')), 'bin')
    const error = await findJava({ env: { PATH } }).catch((e: unknown) => e)
    expect(error).toMatchObject({ exit: 3, problem: { code: 'java-too-old' } })
    expect((error as Error).message).toContain('1.8.0_402')
  })

  it.each([
    ['that fails', 'echo broken >&2; exit 1', 'java-broken', 'broken'],
    ['that says no version', 'echo hello', 'java-broken', 'hello'],
    ['that hangs', 'exec sleep 60', 'java-broken', 'does not end'],
    ['that is the placeholder of macOS', 'echo Unable to locate a Java Runtime. >&2; exit 1', 'no-java', 'placeholder'],
  ])('refuses one %s', async (_, lines, code, message) => {
    const JAVA_HOME = fakeJava('bad', lines)
    const error = await findJava({ env: { JAVA_HOME, PATH: '/bin:/usr/bin' }, timeoutMs: 500 }).catch(problem)
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string })
  })
})
