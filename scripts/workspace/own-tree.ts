/** What `lockstep new` writes in a checkout of this repository, where machines, specifications, tests and evidence are each in a tree of their own. */

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { isCheckout, packageRoot } from './package.ts'
import type { Scaffold, Template } from './templates.ts'
import { machineText, moduleOf, named, occursText, read, specText } from './templates.ts'

/** Our configuration, relative to the tree. */
const CONFIG = 'impl/lockstep.config.ts'

/** As a test of a protocol names it. */
const SUITE = '../suite.ts'

/** What test/suite.ts is told of each template: how many actions, and those that are never taken since a thread has ended. */
const SUITES: Readonly<Record<Template, { readonly actions: number; readonly never: readonly string[] }>> = {
  'wake-up': { actions: 12, never: ['awake', 'woken'] },
  mutex: { actions: 8, never: ['corrupt'] },
  seqlock: { actions: 12, never: ['read', 'written'] },
  'message-passing': { actions: 8, never: ['received', 'sent'] },
}

/** The tree that a directory is in, if it is our own and can be built. */
export const ownTreeAt = (directory: string, config: string | undefined): string | undefined => {
  const root = packageRoot()
  const isInside = !/^\.\.(?:[/\\]|$)/.test(relative(root, directory))
  const isOurs = config === undefined || config === join(root, CONFIG)
  return isCheckout() && isInside && isOurs ? root : undefined
}

/** An import as the formatter has it. */
const importOf = (keyword: string, names: readonly string[], from: string): string => {
  const line = `${keyword} { ${names.join(', ')} } from '${from}'`
  return line.length <= 120 ? line : `${keyword} {\n${names.map((name) => `  ${name},\n`).join('')}} from '${from}'`
}

const namesIn = (list: string): string[] => list.split(',').map((name) => name.trim())

/** The machine of a template with the imports that a protocol of ours has: `lockstep` is what is made of them. */
const ownMachine = (template: Template, name: string): string =>
  machineText(template, name, true)
    .replace(/^import type \{ (.*) \} from 'lockstep'$/m, (_, list: string) =>
      importOf('import type', namesIn(list), '../lib/kernel/design.ts'),
    )
    .replace(/^import \{ (.*) \} from 'lockstep'$/m, (_, list: string) => {
      const words = namesIn(list).filter((word) => word !== 'protocol')
      return [
        importOf('import', words, '../lib/kernel/design.ts'),
        importOf('import', ['protocol'], '../lib/protocol/define.ts'),
      ].join('\n')
    })

/** The name by which our configuration imports a protocol, as `pollKickProtocol`. */
const variableOf = (name: string): string => {
  const module = moduleOf(name)
  return `${module.charAt(0).toLowerCase()}${module.slice(1)}Protocol`
}

/** The files of a protocol of ours. */
export const ownFiles = (name: string, template: Template): Scaffold[] => {
  const module = moduleOf(name)
  const index = `/** What the tools are told of ${name}. */

export { default as ${variableOf(name)} } from './${module}.ts'
`
  const test = `import { protocolSuite } from '${SUITE}'

protocolSuite('${name}', {
  actions: ${SUITES[template].actions},
  never: [${SUITES[template].never.map((action) => `'${action}'`).join(', ')}],
  scheduled: ['${name}/posted.tso'],
})
`
  return [
    { path: join('impl', name, `${module}.ts`), content: ownMachine(template, name) },
    { path: join('impl', name, 'index.ts'), content: index },
    { path: join('spec', name, `${module}.tla`), content: specText(template, name) },
    { path: join('spec', name, `${module}Occurs.tla`), content: occursText(template, name) },
    { path: join('spec', name, 'README.md'), content: named(read('own', 'README.md'), name, template) },
    { path: join('test', name, `${module}.test.ts`), content: test },
  ]
}

/** Directories that must not be there, or be empty. */
export const ownDirectories = (name: string): string[] =>
  ['impl', 'spec', 'test', 'traces'].map((tree) => join(tree, name))

/** Puts a line behind the last one that matches; undefined if there is none. */
const behindLast = (text: string, pattern: RegExp, line: string): string | undefined => {
  const lines = text.split('\n')
  const last = lines.findLastIndex((other) => pattern.test(other))
  return last < 0 ? undefined : [...lines.slice(0, last + 1), line, ...lines.slice(last + 1)].join('\n')
}

/**
 * The files of ours that name every protocol, with this one as the last.
 * @throws LockstepError (exit 2) `not-as-expected` where one of them has another form than ours
 */
export const ownLists = (root: string, name: string, readFile: (file: string) => string): Scaffold[] => {
  const edited = (path: string, edit: (text: string) => string | undefined, what: string): Scaffold[] => {
    const file = join(root, path)
    // a copy without pages is ours too
    if (path !== CONFIG && !existsSync(file)) return []
    const content = edit(readFile(file))
    if (content !== undefined) return [{ path, content }]
    throw badInput({
      code: 'not-as-expected',
      message: `there is no ${what} to put ${name} behind`,
      file,
      hint: 'take what you changed in it back, or write the protocol by hand: CONTRIBUTING.md',
    })
  }
  const variable = variableOf(name)
  const imported = `import { ${variable} } from './${name}/index.ts'`
  return [
    ...edited(
      CONFIG,
      (text) => {
        const listed = behindLast(text, /^ {4}\S.*Protocol\b.*,$/, `    ${variable},`)
        return listed === undefined ? undefined : behindLast(listed, /^import .* from '\.\/[^']*'$/, imported)
      },
      'import and entry of a protocol',
    ),
    ...edited(
      'docs/architecture.md',
      (text) => {
        const heading = /^(### `impl\/(?!lib)[^\n]*), `impl\/litmus`$/m
        return heading.test(text) ? text.replace(heading, `$1, \`impl/${name}\`, \`impl/litmus\``) : undefined
      },
      'heading of the protocols',
    ),
    ...edited(
      'README.md',
      (text) =>
        behindLast(
          text,
          /^\| \[[^\]]+\]\(spec\/[^)]+\) +\|/,
          `| [${name}](spec/${name}/README.md) | TODO: what it is about | TODO: what was found |`,
        ),
      'row of a protocol',
    ),
  ]
}

/** What is left to do, as command lines in their order: nothing of it is known before a run. */
export const ownSteps = (name: string): string[] => [
  `npx lockstep check ${name} --engine all --write`,
  `npx lockstep prove ${name} --write`,
  `mkdir -p traces/${name}`,
  `npx lockstep ablate ${name} --markdown traces/${name}/ablation.md`,
  `UPDATE_README=1 npx vitest run test/readme.test.ts test/layout/architecture.test.ts`,
  'npx prettier --write README.md docs spec',
  `npx vitest run test/${name} test/layout`,
]
