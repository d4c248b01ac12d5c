/** What the package exports: by the same names everywhere, and no signature with a type that nobody outside can name. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { API, API_NAMES } from '../../scripts/workspace/api.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { isCI } from '../effort.ts'
import { ensureBuilt } from '../scripts/tree.ts'

const root = packageRoot()

const entrySchema = z.strictObject({ types: z.string(), default: z.string() })
const exportsSchema = z.object({ exports: z.record(z.string(), z.union([z.string(), entrySchema])) })

/** What package.json exports, by the name that it is imported by; the plugin of ESLint is no part of what machines are written in. */
const exported = (): [name: string, entry: z.infer<typeof entrySchema>][] => {
  const { exports } = exportsSchema.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  return Object.entries(exports).flatMap(([path, entry]) =>
    typeof entry === 'string' || path === './eslint' ? [] : [[`lockstep${path.slice(1)}`, entry] as const],
  )
}

describe('the names that the package is imported by', () => {
  it('are the same in package.json, for modules of a workspace, and among the files', () => {
    expect(exported().map(([name]) => name)).toEqual(API_NAMES)
    const stems = API_NAMES.filter((name) => name !== 'lockstep').map((name) => name.slice('lockstep/'.length))
    expect(readdirSync(join(root, 'impl', 'api')).sort()).toEqual(stems.map((stem) => `${stem}.ts`))
    expect(readdirSync(join(root, 'bin', 'api')).sort()).toEqual(stems.map((stem) => `${stem}.mjs`))
  })

  it('lead to the types and to the code of the same module, which is not run if the build is stale', () => {
    for (const [name, entry] of exported()) {
      const source = Object.entries(API).find(([other]) => other === name)?.[1] ?? ''
      expect([name, entry.types]).toEqual([name, `./dist/${source.replace(/\.ts$/, '.d.ts')}`])
      const up = name === 'lockstep' ? '' : '../'
      const lines = readFileSync(join(root, entry.default), 'utf8').split('\n')
      expect([name, lines.slice(1)]).toEqual([
        name,
        [
          `import '${up === '' ? './' : up}refuse-stale.mjs'`,
          '',
          `export * from '${up}../dist/${source.replace(/\.ts$/, '.js')}'`,
          '',
        ],
      ])
    }
  })
})

/** The types that were built, and nothing else: what they import of packages and of the language is not looked at. */
const builtTypes = (entries: readonly string[]): ts.Program => {
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, types: [], noLib: true }
  const host = ts.createCompilerHost(options)
  const fileExists = (file: string): boolean => file.startsWith(join(root, 'dist')) && ts.sys.fileExists(file)
  return ts.createProgram([...entries], options, { ...host, fileExists })
}

/** Types of ours that signatures mention and that no name of the package exports. */
const unnamed = (program: ts.Program, entries: readonly string[]): string[] => {
  const checker = program.getTypeChecker()
  const meant = (symbol: ts.Symbol): ts.Symbol =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
  const isOurs = (file: ts.SourceFile | undefined): boolean => file?.fileName.startsWith(join(root, 'dist')) === true
  const named = new Set(
    entries.flatMap((entry) => {
      const file = program.getSourceFile(entry)
      const module = file && checker.getSymbolAtLocation(file)
      if (module === undefined) throw new Error(`${entry} is no module`)
      return checker.getExportsOfModule(module).map(meant)
    }),
  )
  const found = new Set<string>()
  const look = (node: ts.Node, of: string): void => {
    const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined
    const type = symbol && meant(symbol)
    const declared = type?.declarations?.[0]
    // a type of its own, and no parameter of one
    if (type !== undefined && (type.flags & ts.SymbolFlags.Type) !== 0 && declared !== undefined)
      if (ts.isSourceFile(declared.parent) && isOurs(declared.getSourceFile()) && !named.has(type))
        found.add(`${of}: ${type.name}`)
    ts.forEachChild(node, (child) => {
      look(child, of)
    })
  }
  for (const symbol of named)
    for (const declaration of symbol.declarations ?? [])
      if (isOurs(declaration.getSourceFile())) look(declaration, symbol.name)
  return [...found].sort()
}

describe.runIf(isCI)('the reference (needs CI)', () => {
  it('is made of the docstrings, without a warning', () => {
    const directory = mkdtempSync(join(tmpdir(), 'reference-'))
    try {
      const cli = join(root, 'node_modules', 'typedoc', 'bin', 'typedoc')
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, '--out', directory], {
        cwd: root,
        encoding: 'utf8',
      })
      expect([status, `${stdout}${stderr}`.split('\n').filter((line) => /warning|error/.test(line))]).toEqual([0, []])
      const pages = readdirSync(join(directory, 'modules'))
      for (const name of API_NAMES) expect(pages).toContain(`${name.replace('/', '_')}.html`)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

describe('the types of what the package exports', () => {
  beforeAll(ensureBuilt)

  it('mention no type that the package does not export, too', () => {
    const all = exported().map(([, { types }]) => join(root, types))
    const program = builtTypes(all)
    expect(unnamed(program, all)).toEqual([])
    // it does find them: what `lockstep` says of logs has the types of `lockstep/validate` in it
    expect(
      unnamed(
        program,
        all.filter((file) => !/\/(?:prove|validate)\.d\.ts$/.test(file)),
      ),
    ).toContain('BlameSources: BlameContext')
  })
})
