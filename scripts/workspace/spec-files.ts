/** The files of a protocol's specification. What the user has not written and TLC needs is made here, and is a file in name only. */

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { blanked, commentsOf } from '../../impl/lib/tla/module/lex.ts'
import { readModule } from '../../impl/lib/tla/module/read.ts'
import type { ModuleNames } from '../../impl/lib/tla/module/names.ts'
import { namesOf } from '../../impl/lib/tla/module/names.ts'
import { readPlainText } from '../node/input.ts'
import { libraryDirectory } from './package.ts'

/** A module of a specification. */
export interface SpecFile {
  readonly file: string
  /** of one that is made and on no disk */
  readonly text?: string
}

/** Its text, as it is now. */
export const specText = ({ file, text }: SpecFile): string => text ?? readPlainText(file, 'module')

/** A protocol that has a specification. */
export type SpecifiedProtocol = HousedProtocol & { readonly module: string }

export const isSpecified = (protocol: HousedProtocol): protocol is SpecifiedProtocol => protocol.module !== undefined

/**
 * The protocol, which must have a specification.
 * @throws LockstepError (exit 2) `no-specification`
 */
export const specified = (protocol: HousedProtocol): SpecifiedProtocol => {
  if (isSpecified(protocol)) return protocol
  throw badInput({
    code: 'no-specification',
    message: `${protocol.name} has no specification: it can only be explored`,
    file: protocol.home.entry,
    hint: `write the TLA+ module M.tla in ${protocol.home.spec}, with the actions and variables of the machine by their names, and give the protocol \`module: 'M'\``,
  })
}

/** Name of module MCM, which TLC is given. */
export const modelModule = (protocol: HousedProtocol): string => `MC${specified(protocol).module}`

/** Module of what the properties speak of. */
export const occursModule = (protocol: HousedProtocol): string => `${specified(protocol).module}Occurs`

const moduleFile = ({ home }: HousedProtocol, module: string): string => join(home.spec, `${module}.tla`)

/** Its file. It is no part of the specification: no verdict but "vacuous" depends on it. Undefined where there is none. */
export const occursFile = (protocol: HousedProtocol): SpecFile | undefined => {
  // what lies beside a specification that is made is not part of it
  if (protocol.madeModule !== undefined) return undefined
  const file = moduleFile(protocol, occursModule(protocol))
  return existsSync(file) ? { file } : undefined
}

/** Where a module is that another extends: beside it, or ours. TLC's own standard modules are nowhere here. */
const findModule = (protocol: HousedProtocol, module: string): string | undefined => {
  const ours = join(libraryDirectory(), `${module}.tla`)
  return (protocol.madeModule === undefined ? [moduleFile(protocol, module), ours] : [ours]).find((file) =>
    existsSync(file),
  )
}

/** The modules that one extends or instantiates. */
const modulesUsed = (text: string): string[] => {
  const instances = blanked(text, commentsOf(text)).matchAll(/\bINSTANCE\s+(\w+)/g)
  return [...readModule(text).extends, ...[...instances].map(([, name = '']) => name)]
}

/** A file of a specification, with its text where that is made. */
const asSpecFile = (protocol: HousedProtocol, file: string): SpecFile =>
  protocol.madeModule !== undefined && file === moduleFile(protocol, specified(protocol).module)
    ? { file, text: protocol.madeModule }
    : { file }

/** The files that modules extend or instantiate, those extended first, and they themselves. */
const withExtended = (protocol: HousedProtocol, files: readonly string[]): string[] => {
  const found = new Set<string>()
  const visit = (file: string, within: readonly string[]): void => {
    if (found.has(file)) return
    if (within.includes(file)) {
      throw badInput({
        code: 'circular-module',
        message: `${basename(file)} extends itself, by way of ${within
          .slice(within.indexOf(file) + 1)
          .map((f) => basename(f))
          .join(', ')}`,
        file,
        hint: 'take one of the EXTENDS out',
      })
    }
    for (const name of modulesUsed(specText(asSpecFile(protocol, file)))) {
      const next = findModule(protocol, name)
      if (next !== undefined) visit(next, [...within, file])
    }
    found.add(file)
  }
  for (const file of files) visit(file, [])
  return [...found]
}

/** By protocol: which modules extend which does not change while a command runs, and is asked for again and again. */
const extended = new WeakMap<HousedProtocol['home'], readonly string[]>()

const extendedBy = (protocol: HousedProtocol, own: string): readonly string[] => {
  const files = extended.get(protocol.home) ?? withExtended(protocol, [own])
  extended.set(protocol.home, files)
  return files
}

/** Module MCM of a protocol that has none of its own: the specification with its fairness, if it has any. */
const madeModelModule = (protocol: HousedProtocol, names: ModuleNames): string => {
  const fair = names.definitions.has('FairSpec')
    ? []
    : [`FairSpec == Spec${names.definitions.has('Fairness') ? ' /\\ Fairness' : ''}`]
  return [
    `---- MODULE ${modelModule(protocol)} ----`,
    `EXTENDS ${specified(protocol).module}`,
    ...fair,
    '====',
    '',
  ].join('\n')
}

/** The files of a specification, those extended first; module MCM is the last. */
export const specFiles = (protocol: HousedProtocol): SpecFile[] => {
  const files = extendedBy(protocol, moduleFile(protocol, specified(protocol).module)).map((file) =>
    asSpecFile(protocol, file),
  )
  const file = moduleFile(protocol, modelModule(protocol))
  if (protocol.madeModule === undefined && existsSync(file)) return [...files, { file }]
  return [...files, { file, text: madeModelModule(protocol, namesIn(files)) }]
}

/** What modules declare and define. */
export const namesIn = (files: readonly SpecFile[]): ModuleNames => namesOf(files.map(specText))
