/** What `lockstep new` writes: the templates of impl/templates under the names that the user has chosen. */

import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { isName, LONGEST_NAME, pascalCase } from '../../impl/lib/protocol/name.ts'
import { readPlainText } from '../node/input.ts'
import { libraryDirectory, packageJson, packageRoot } from './package.ts'

/** Protocols to begin with. */
export const TEMPLATES = ['wake-up', 'mutex', 'seqlock', 'message-passing'] as const

export type Template = (typeof TEMPLATES)[number]

/** A file that is to be written; its path is relative to the workspace. */
export interface Scaffold {
  readonly path: string
  readonly content: string
}

/** What the surrounding project installs, beside us: the versions that this package is tested with. */
export const TOOLS = { '@types/node': '20.19.43', typescript: '6.0.3', vitest: '4.1.12' } as const

/** TLA+ modules that come with TLC. */
const STANDARD_MODULES = [
  ...[
    'Bags',
    'FiniteSets',
    'Integers',
    'Json',
    'Naturals',
    'Peano',
    'ProtoReals',
    'Randomization',
    'RealTime',
    'Reals',
  ],
  ...['Sequences', 'Strings', 'TLC', 'TLCExt', 'Toolbox'],
]

/** The module of a protocol: no identifier of TLA+ may be all digits. */
export const moduleOf = (name: string): string => {
  const pascal = pascalCase(name)
  return /^\d/.test(pascal) ? `P${pascal}` : pascal
}

const withoutEnding = (file: string): string => basename(file, '.tla')

/** File systems that do not tell cases apart would take one module for the other. */
const isTaken = (module: string): boolean =>
  [...STANDARD_MODULES, ...readdirSync(libraryDirectory()).map(withoutEnding)].some(
    (other) => other.toLowerCase() === module.toLowerCase(),
  )

/** @throws LockstepError (exit 2) `bad-name` */
export const requireName = (name: string): void => {
  const refused = (message: string, hint: string) => badInput({ code: 'bad-name', message, hint })
  if (!isName(name))
    throw refused(
      `${JSON.stringify(name)} is no name of a protocol`,
      `give small letters, digits and single hyphens, at most ${LONGEST_NAME} of them, e.g. wake-up: it becomes a directory beside the configuration`,
    )
  if (isTaken(moduleOf(name)))
    throw refused(
      `the specification of ${name} would be the module ${moduleOf(name)}, and there is one of that name already`,
      'give it another name',
    )
}

/** A file of the templates. */
export const read = (...path: readonly string[]): string =>
  readPlainText(join(packageRoot(), 'impl', 'templates', ...path), 'template')

const SPEC = ' <!-- spec -->'
const NO_SPEC = ' <!-- no spec -->'

/** Lines that are of a specification only, or of a protocol that has none. */
const chosen = (text: string, spec: boolean): string =>
  text
    .split('\n')
    .filter((line) => !line.endsWith(spec ? NO_SPEC : SPEC))
    .map((line) => (line.endsWith(SPEC) ? line.slice(0, -SPEC.length) : line))
    .map((line) => (line.endsWith(NO_SPEC) ? line.slice(0, -NO_SPEC.length) : line))
    .join('\n')

/** The sentence of a machine's header that sends its reader to the specification. */
const LEFT_OUT = / \w+\.tla says what is left out\./

/** The machine and its models, under another name. */
export const machineText = (template: Template, name: string, spec: boolean): string => {
  const text = read(template, 'index.ts')
    .replace(`  name: '${template}',\n`, `  name: '${name}',\n`)
    .replaceAll(new RegExp(`\\b${moduleOf(template)}(?=\\.tla|')`, 'g'), moduleOf(name))
  if (spec) return text
  return text
    .replace(LEFT_OUT, '\n * TODO: what is left out, and why no race in question hides there.')
    .replace(`  module: '${moduleOf(name)}',\n`, '')
}

/** The first line of a module, as wide as the others. */
const headLine = (module: string): string => {
  const words = ` MODULE ${module} `
  const dashes = Math.max(8, 77 - words.length)
  return `${'-'.repeat(Math.ceil(dashes / 2))}${words}${'-'.repeat(Math.floor(dashes / 2))}`
}

/** The specification, under another name. */
export const specText = (template: Template, name: string): string =>
  read(template, `${moduleOf(template)}.tla`).replace(/^-+ MODULE \w+ -+/, headLine(moduleOf(name)))

/** What the properties of the specification speak of, in a module of its own. */
export const occursText = (template: Template, name: string): string =>
  read('own', `${moduleOf(template)}Occurs.tla`)
    .replace(/^-+ MODULE \w+ -+/, headLine(`${moduleOf(name)}Occurs`))
    .replace(`property of ${moduleOf(template)} speaks`, `property of ${moduleOf(name)} speaks`)
    .replace(`EXTENDS ${moduleOf(template)}`, `EXTENDS ${moduleOf(name)}`)

/** A text of the templates with the user's names in it. */
export const named = (text: string, name: string, template: Template): string =>
  text.replaceAll('my-protocol', name).replaceAll('MyProtocol', moduleOf(name)).replaceAll('my-template', template)

/** The files of a protocol of this name, in a directory of this name. */
export const protocolFiles = (name: string, template: Template, spec: boolean): Scaffold[] => {
  return [
    { path: 'index.ts', content: machineText(template, name, spec) },
    ...(spec ? [{ path: `${moduleOf(name)}.tla`, content: specText(template, name) }] : []),
    { path: 'README.md', content: chosen(named(read('any', 'README.md'), name, template), spec) },
    { path: `${name}.test.ts`, content: named(read('any', 'protocol.test.ts'), name, template) },
  ].map(({ path, content }) => ({ path: join(name, path), content }))
}

/** A name that npm takes, like that of the directory. */
const packageName = (directory: string): string =>
  basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LONGEST_NAME) || 'protocols'

/** The files of a workspace that has no protocol yet. */
export const workspaceFiles = (directory: string): Scaffold[] => {
  const name = packageName(directory)
  const { version, engines } = packageJson()
  const manifest = {
    // npm refuses a package that depends on one of its own name
    name: name === 'lockstep' ? 'lockstep-protocols' : name,
    private: true,
    type: 'module',
    engines: { node: engines.node },
    scripts: {
      check: 'lockstep check --engine all',
      prove: 'lockstep prove',
      test: 'vitest run --passWithNoTests',
      typecheck: 'tsc',
    },
    devDependencies: Object.fromEntries(
      Object.entries({ ...TOOLS, lockstep: version }).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  }
  return [
    { path: 'package.json', content: `${JSON.stringify(manifest, null, 2)}\n` },
    { path: 'lockstep.config.ts', content: read('workspace', 'lockstep.config.ts') },
    { path: 'tsconfig.json', content: read('workspace', 'tsconfig.json') },
    { path: '.gitignore', content: read('workspace', 'gitignore') },
    { path: 'README.md', content: read('workspace', 'README.md').replaceAll('my-workspace', manifest.name) },
    { path: join('.github', 'workflows', 'ci.yml'), content: read('workspace', 'ci.yml') },
  ]
}
