/** The pages: how long the README is, that links lead somewhere, that every page can be found, and that no command is forgotten. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Location, Memory } from '../../impl/lib/kernel/memory/memory.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { PROTOCOLS } from '../project.ts'

const root = packageRoot()

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const DOCS = readdirSync(join(root, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`)

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...DOCS,
  'traces/README.md',
  'scripts/tlc/README.md',
  ...PROTOCOLS.map(({ name }) => `spec/${name}/README.md`),
]

/** The text without what is code: a link in it is none. */
const prose = (text: string): string =>
  text.replace(/^ *```[\s\S]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, '.'))

interface Link {
  readonly target: string
  readonly file: string
  readonly anchor: string | undefined
}

/** Links to files of the tree, with the file's path in it. */
const linksOf = (page: string): Link[] =>
  [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return []
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : posix.normalize(posix.join(dirname(page), path))
    return [{ target, file, anchor }]
  })

/** What GitHub makes of a heading; of the second of the same words it makes another. */
const anchorsOf = (page: string): string[] => {
  const seen = new Map<string, number>()
  return [
    ...read(page)
      .replace(/^ *```[\s\S]*?^ *```$/gm, '')
      .matchAll(/^#{1,6} +(.*?) *$/gm),
  ].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    const before = seen.get(slug) ?? 0
    seen.set(slug, before + 1)
    return before === 0 ? slug : `${slug}-${before}`
  })
}

describe('the pages', () => {
  it('README has at most 170 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(170)
  })

  it.each(PAGES)('links of %s lead to a file, and to a heading that it has', (page) => {
    for (const { target, file, anchor } of linksOf(page)) {
      expect([page, target, existsSync(join(root, file))]).toEqual([page, target, true])
      if (anchor === undefined) continue
      const isPage = statSync(join(root, file)).isFile() && file.endsWith('.md')
      expect([page, target, isPage && anchorsOf(file).includes(anchor)]).toEqual([page, target, true])
    }
  })

  it('every page of docs/ can be reached from the README', () => {
    const reached = new Set(['README.md'])
    for (const page of reached) {
      if (!PAGES.includes(page)) continue
      for (const { file } of linksOf(page)) reached.add(file)
    }
    expect(DOCS.length).toBeGreaterThan(0)
    expect(DOCS.filter((page) => !reached.has(page))).toEqual([])
  })

  it('the package has them', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] }
    for (const shipped of ['docs', 'README.md', 'CHANGELOG.md']) expect(files).toContain(shipped)
  })

  it.each(['README.md', 'docs/commands.md'])('%s has a row for every command', (page) => {
    const commands = readdirSync(join(root, 'scripts/commands'))
      .map((file) => file.replace(/\.ts$/, ''))
      // `bench --logs` and `check FILE.c`, `check FILE.litmus`: parts of a command
      .filter((name) => !['bench-logs', 'check-c', 'check-c-tlc', 'check-files', 'litmus', 'live-c'].includes(name))
    for (const command of commands) {
      expect([command, new RegExp(`^\\| \`lockstep ${command}\\b`, 'm').test(read(page))]).toEqual([command, true])
    }
  })

  it.each(PAGES)('files and rooms that %s names in code are there', (page) => {
    const named = [...prose(read(page)).matchAll(/`((?:impl|scripts|spec|test|traces)\/[^`\s]*)`/g)].map(
      ([, path = '']) => path,
    )
    for (const path of named) {
      // words in capitals stand for a name: a protocol, a design, a module
      if (/(?:^|[/.-])(?:[A-Z]{2,}|[A-Z](?=[/.]|$))/.test(path) || path.includes('*')) continue
      expect([page, path, existsSync(join(root, path))]).toEqual([page, path, true])
    }
  })
})

describe('docs/machine.md', () => {
  const page = read('docs/machine.md')
  const sources = (directory: string): string[] =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(join(directory, file)))
  const kernel = [...sources('impl/lib/kernel'), ...sources('scripts/workspace')].join('\n')

  it('names codes of refusals that there are', () => {
    const codes = [...page.slice(page.indexOf('## What is refused')).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(
      ([, code = '']) => code,
    )
    expect(codes.length).toBeGreaterThan(15)
    expect(codes.filter((code) => !kernel.includes(`'${code}'`))).toEqual([])
  })

  it('names every step of a location, and of memory', () => {
    const methods = [...Object.getOwnPropertyNames(Location.prototype), ...Object.getOwnPropertyNames(Memory.prototype)]
    const steps = [...page.matchAll(/`(?:x|memory)\.(\w+)\(/g)].map(([, name = '']) => name)
    expect(steps.filter((name) => !methods.includes(name))).toEqual([])
    for (const name of [
      'load',
      'store',
      'release',
      'smp_store_mb',
      'xchg',
      'cmpxchg',
      'update',
      'waitThenStore',
      'smp_mb',
      'smp_wmb',
      'locked',
    ])
      expect(steps).toContain(name)
  })
})
