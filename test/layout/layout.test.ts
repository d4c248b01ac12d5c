/** The tree is held to the twin rule and to one direction of dependencies. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { everydayShare } from '../effort.ts'
import { roomOf, ROOMS } from './rooms.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { loadModels, PROTOCOLS } from '../project.ts'
import { specFiles, specText } from '../../scripts/workspace/spec-files.ts'

const root = packageRoot()

const files = (dir: string, ending: string): string[] =>
  readdirSync(join(root, dir), { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith(ending))
    .map((e) => relative(root, join(e.parentPath, e.name)).replaceAll('\\', '/'))
    .filter((f) => !f.includes('/.'))
    // what `lockstep new` writes is the user's: test/scripts/new.test.ts holds it to what it promises
    .filter((f) => !f.startsWith('impl/templates/'))
    .sort()

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map((m) =>
    relative(root, resolve(join(root, dirname(file)), m[1] ?? '')).replaceAll('\\', '/'),
  )

describe('layout', () => {
  it('every PascalCase machine has a TLA+ twin, and every protocol module a machine', () => {
    const machines = files('impl', '.ts').filter((f) => /\/[A-Z][A-Za-z]*\.ts$/.test(f))
    for (const file of machines) {
      const twin = file.replace(/^impl/, 'spec').replace(/\.ts$/, '.tla')
      expect([file, existsSync(join(root, twin))]).toEqual([file, true])
    }
    for (const { name, module, models } of PROTOCOLS) {
      for (const path of [
        `spec/${name}/${module}.tla`,
        // where models are declared beside the machine, the module MC is made of them, and only counts are kept
        ...(models === undefined
          ? [`spec/${name}/MC${module}.tla`, `spec/${name}/manifest.json`]
          : [`spec/${name}/${name}.counts.json`]),
        `spec/${name}/README.md`,
        `impl/${name}/${module}.ts`,
        `test/${name}/${module}.test.ts`,
        `traces/${name}`,
      ]) {
        expect([path, existsSync(join(root, path))]).toEqual([path, true])
      }
    }
  })

  it('every file is in a room, and imports from rooms that its own may import', () => {
    const all = [...files('impl', '.ts'), ...files('scripts', '.ts')]
    expect(all.filter((file) => roomOf(file) === undefined)).toEqual([])
    const forbidden = all.flatMap((file) => {
      const own = roomOf(file)
      const may = (imported: string): boolean => {
        const room = roomOf(imported)?.room
        return room === own?.room || (own?.imports ?? []).some((r) => r === room)
      }
      return importsOf(file)
        .filter((imported) => !may(imported))
        .map((imported) => `${file} -> ${imported}`)
    })
    expect(forbidden).toEqual([])
  })

  it('a room may import only what stands above it in the table: no room imports itself through others', () => {
    const names = ROOMS.map(({ room }) => room)
    expect(new Set(names).size).toBe(names.length)
    for (const { room, imports } of ROOMS) {
      for (const other of imports)
        expect([room, other, names.includes(other) && names.indexOf(other) < names.indexOf(room)]).toEqual([
          room,
          other,
          true,
        ])
    }
  })

  it('the kernel needs no package and nothing of Node', () => {
    for (const file of files('impl/lib/kernel', '.ts')) {
      const text = readFileSync(join(root, file), 'utf8')
      const others = [...text.matchAll(/(?:from|import\() ?'([^.'][^']*)'/g)].map(([, name]) => name)
      expect([file, others]).toEqual([file, []])
    }
  })

  it('no file imports itself through others, for types neither', () => {
    const imports = new Map([...files('impl', '.ts'), ...files('scripts', '.ts')].map((f) => [f, importsOf(f)]))
    const done = new Set<string>()
    const circleFrom = (file: string, way: readonly string[]): readonly string[] | undefined => {
      if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
      if (done.has(file)) return undefined
      for (const next of imports.get(file) ?? []) {
        const circle = circleFrom(next, [...way, file])
        if (circle !== undefined) return circle
      }
      done.add(file)
      return undefined
    }
    for (const file of imports.keys()) expect(circleFrom(file, [])).toBeUndefined()
  })

  it('impl touches no process, file system or network', () => {
    for (const file of files('impl', '.ts')) {
      const text = readFileSync(join(root, file), 'utf8')
      expect([file, /from 'node:(fs|child_process|net|http|https|os|worker_threads)/.test(text)]).toEqual([file, false])
    }
  })

  it('impl/lib knows no protocol', () => {
    for (const file of files('impl/lib', '.ts')) {
      for (const { name } of PROTOCOLS)
        expect([file, importsOf(file).some((i) => i.startsWith(`impl/${name}/`))]).toEqual([file, false])
    }
  })

  it('every cfg is in the manifest, with cells for all that it checks', () => {
    const configured = loadModels().filter(({ protocol }) => protocol.models === undefined)
    const listed = configured.map((m) => relative(root, m.cfgFile).replaceAll('\\', '/'))
    expect(
      files('spec', '.cfg')
        .filter((f) => !f.startsWith('spec/lib/'))
        .sort(),
    ).toEqual([...listed].sort())
  })

  it('variables and labels carry the names of the specification (in one model of every fourth design; all in CI)', () => {
    for (const protocol of PROTOCOLS) {
      const text = specFiles(protocol).map(specText).join('\n')
      const fast = loadModels().filter((m) => m.protocol === protocol && m.tags.includes('fast'))
      const designs = [...new Set(fast.map(({ design }) => design))].filter((_, i) => i % 4 === 0)
      const first = designs.map((design) => fast.find((m) => m.design === design))
      const models = everydayShare(fast, (m) => first.includes(m))
      for (const model of models) {
        const kernel = assemble(compile(machineOf(model)))
        for (const variable of new View(kernel).variables) {
          expect([variable, new RegExp(`^ +${variable}\\b`, 'm').test(text)]).toEqual([variable, true])
        }
        for (const action of kernel.actions) {
          // where a thread has ended there is a label and no action
          const ends = kernel.steps.every((step) => kernel.actions[step.action] !== action)
          const defined = new RegExp(`^${action}(\\(| ==)`, 'm').test(text)
          expect([action, defined || (ends && text.includes(`"${action}"`))]).toEqual([action, true])
        }
      }
    }
  })

  it('no line of a specification cites a line number', () => {
    for (const file of files('spec', '.tla')) {
      expect([file, /\bline \d+|\.c:\d+/.test(readFileSync(join(root, file), 'utf8'))]).toEqual([file, false])
    }
  })
})
