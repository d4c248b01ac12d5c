/** `lockstep new`: a protocol that passes at once, or the project around protocols. Never needs that those which are there load. */

import { basename, join, relative, resolve } from 'node:path'
import { badInput, EXIT } from '../../impl/lib/kernel/error.ts'
import type { Workspace } from '../../impl/lib/protocol/project.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { assertEmpty, createTogether } from '../node/create.ts'
import { readPlainText } from '../node/input.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'
import { entryOf, withProtocol } from '../workspace/config-edit.ts'
import { findWorkspace } from '../workspace/config.ts'
import { ownDirectories, ownFiles, ownLists, ownSteps, ownTreeAt } from '../workspace/own-tree.ts'
import type { Scaffold } from '../workspace/templates.ts'
import { protocolFiles, requireName, workspaceFiles } from '../workspace/templates.ts'

/** What was made, as people and programs are told. */
interface Made {
  /** in which directory */
  readonly root: string
  readonly written: readonly string[]
  /** the configuration, and whether the protocol is in it now */
  readonly config?: { readonly file: string; readonly lists: boolean; readonly add: string }
  /** command lines to go on with */
  readonly next: readonly string[]
}

const writings = (root: string, files: readonly Scaffold[]) =>
  files.map(({ path, content }) => ({ file: join(root, path), content }))

const makeWorkspace = (directory: string): Made => {
  const root = resolve(directory)
  assertEmpty(root, ['.git'])
  const files = workspaceFiles(root)
  createTogether(writings(root, files))
  const inside = relative(process.cwd(), root)
  return {
    root,
    written: files.map(({ path }) => path),
    next: [...(inside === '' ? [] : [`cd ${inside}`]), 'npm install', 'npx lockstep new wake-up'],
  }
}

const workspaceAround = (): Workspace => {
  const found = findWorkspace(undefined)
  if (found !== undefined) return found
  throw badInput({
    code: 'no-workspace',
    message: 'there is no workspace to put a protocol into: no lockstep.config.ts here or in a directory above',
    hint: '`lockstep new --workspace` makes one here, `lockstep new --workspace DIRECTORY` there',
  })
}

const makeTheirs = (name: string, { from = 'wake-up', spec }: Pick<OptionsOf<'new'>, 'from' | 'spec'>): Made => {
  const { root, config } = workspaceAround()
  assertEmpty(join(root, name))
  const files = protocolFiles(name, from, spec)
  const text = readPlainText(config, 'configuration')
  // a list in package.json is JSON, and its owner's
  const changed = config.endsWith('.json') ? undefined : withProtocol(text, name)
  const isChanged = changed !== undefined && changed !== text
  createTogether(writings(root, files), isChanged ? [{ file: config, content: changed }] : [])
  return {
    root,
    written: [...files.map(({ path }) => path), ...(isChanged ? [basename(config)] : [])],
    config: { file: basename(config), lists: changed !== undefined, add: entryOf(name) },
    next: [
      `npx lockstep check ${name}`,
      `npx lockstep explain ${name}/posted`,
      ...(spec ? [`npx lockstep prove ${name}`] : []),
      `npx vitest run ${name}`,
    ],
  }
}

/** A protocol of our own, in the trees that ours are in. */
const makeOurs = (
  root: string,
  name: string,
  { from = 'wake-up', spec }: Pick<OptionsOf<'new'>, 'from' | 'spec'>,
): Made => {
  if (!spec)
    throw badInput({
      code: 'usage',
      message: '--no-spec: a protocol of this repository has a specification, and is proven equal to it',
      hint: 'leave it out, or make a workspace elsewhere: `lockstep new --workspace DIRECTORY`',
    })
  for (const directory of ownDirectories(name)) assertEmpty(join(root, directory))
  const files = ownFiles(name, from)
  const lists = ownLists(root, name, (file) => readPlainText(file, 'list of protocols'))
  createTogether(writings(root, files), writings(root, lists))
  return { root, written: [...files, ...lists].map(({ path }) => path), next: ownSteps(name) }
}

const makeProtocol = (name: string, options: Pick<OptionsOf<'new'>, 'from' | 'spec'>): Made => {
  requireName(name)
  const ours = ownTreeAt(process.cwd(), findWorkspace(undefined)?.config)
  return ours === undefined ? makeTheirs(name, options) : makeOurs(ours, name, options)
}

const print = (out: Output, { root, written, config, next }: Made): void => {
  out.line(root, 'bold')
  for (const path of written) out.line(`  ${path}`)
  if (config?.lists === false) {
    out.line()
    out.line(`${config.file} was left as it is. Add this to the list \`protocols\` in it:`, 'bold')
    out.line(`  ${config.file.endsWith('.json') ? config.add.replaceAll("'", '"') : config.add},`)
  }
  out.line()
  out.line('Next:')
  for (const command of next) out.line(`  ${command}`)
}

/** Makes a protocol or a workspace; returns the exit code. */
export const create = (out: Output, { name, from, spec, workspace = false }: OptionsOf<'new'>): number => {
  if (!workspace && name === undefined)
    throw badInput({
      code: 'usage',
      message: 'a protocol needs a name',
      hint: '`lockstep new wake-up`; `lockstep new --workspace` makes the project around protocols',
    })
  if (workspace && (from !== undefined || !spec))
    throw badInput({
      code: 'usage',
      message: `${spec ? '--from' : '--no-spec'} says what a protocol is to be, and --workspace makes a project without one`,
      hint: 'make the workspace first, then `lockstep new NAME` in it',
    })
  const made = workspace ? makeWorkspace(name ?? '.') : makeProtocol(name ?? '', { from, spec })
  if (out.json) printJson({ ok: true, ...made })
  else print(out, made)
  return EXIT.ok
}
