/** Which files a proof is of: the model's own, or what the user gave instead; nothing stands in for anything unsaid. */

import { hash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { checkedCfg } from '../../impl/lib/tla/checked-cfg.ts'
import { readPlainText, whyUnreadable } from '../node/input.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { readCfg } from '../workspace/models.ts'
import { shownPath } from '../workspace/package.ts'
import type { SpecFile } from '../workspace/spec-files.ts'
import { namesIn, specFiles } from '../workspace/spec-files.ts'
import { near } from '../../impl/lib/text/near.ts'

/** What may stand in for the package's own files. */
export interface ProofSources {
  /** directory whose modules stand in for those of the same name */
  readonly spec?: string | undefined
  readonly cfg?: string | undefined
}

/** Where a part of the specification came from. */
export interface ModuleSource extends SpecFile {
  /** e.g. `PollKick` */
  readonly module: string
  /** the package's, or the user's */
  readonly from: 'package' | '--spec'
}

const listModules = (directory: string): string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => /\.tla$/i.test(name))
      .sort()
  } catch (error) {
    const why = whyUnreadable(error)
    throw badInput({
      code: 'unreadable',
      message: `--spec: cannot read the directory: ${why === 'no such file' ? 'there is none of that name' : why}`,
      file: directory,
      hint: 'give a directory with the modules that are to stand in for the model’s own',
    })
  }
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

/** The modules of the directory, each of which must be one of the model's. */
const given = (model: Model, directory: string): readonly string[] => {
  const wanted = specFiles(model.protocol).map(({ file }) => basename(file))
  const found = listModules(directory)
  const unused = found.filter((name) => !wanted.includes(name))
  if (found.length > 0 && unused.length === 0) return found
  const [first = ''] = unused
  const similar = near(first, wanted, 1)
  throw badInput({
    code: unused.length === 0 ? 'no-modules' : 'unused-module',
    message: `--spec: looked for ${list(wanted)}; found ${list(found)}${unused.length === 0 ? '' : `; ${list(unused)} would not be used`}`,
    file: directory,
    hint:
      unused.length > 0 && similar.length > 0
        ? `is ${first} to be ${similar.join(', ')}? Otherwise take it out of the directory`
        : 'give a directory with one of the modules that were looked for, and no others',
  })
}

/** A configuration of the model's name beside its modules looks as if it were used: it is, or says what the model's own says. */
const refuseUnusedCfg = (model: Model, spec: string): void => {
  const file = join(spec, basename(model.cfgFile))
  if (!existsSync(file) || hash('sha256', readPlainText(file, '.cfg')) === model.cfgSha256) return
  throw badInput({
    code: 'unused-cfg',
    message: `--spec: it is another configuration than ${model.name}'s own, and would not be used`,
    file,
    hint: `give it with --cfg ${file}, or take it out of the directory`,
  })
}

/**
 * The modules of a proof and where each is from, with those of `spec` in place of the package's; `cfg` is what the user gives
 * in place of the model's own configuration.
 * @throws LockstepError (exit 2) `unreadable`, `no-modules`, `unused-module` or `unused-cfg`
 */
export const moduleSources = (model: Model, { spec, cfg }: ProofSources): ModuleSource[] => {
  const names = spec === undefined ? [] : given(model, spec)
  if (spec !== undefined && cfg === undefined) refuseUnusedCfg(model, spec)
  return specFiles(model.protocol).map((original): ModuleSource => {
    const { file } = original
    const module = basename(file, '.tla')
    if (spec === undefined || !names.includes(basename(file))) return { ...original, module, from: 'package' }
    const own = join(spec, basename(file))
    // what TLC could not read, or not to an end, is said before it starts
    readPlainText(own, 'module')
    return { module, file: own, from: '--spec' }
  })
}

/** The model with another configuration if one is given; whichever it is, held to the modules of the proof. */
export const withCfg = (model: Model, file: string | undefined, modules: readonly ModuleSource[]): Model => {
  const names = namesIn(modules)
  // what was made with its module names its properties as the machine's own source does
  if (file === undefined && model.protocol.madeModule !== undefined) return model
  if (file === undefined) return { ...model, cfg: checkedCfg(model.cfg, model.cfgFile, names) }
  return {
    ...model,
    cfg: readCfg(readPlainText(file, '.cfg'), shownPath(model.protocol.home, file), names),
    cfgFile: file,
  }
}

/** What the reader must know of a proof that is not of the model's own files; nothing if it is. */
export const sourceNotes = (model: Model, modules: readonly ModuleSource[], cfg: string | undefined): string[] => {
  const own = modules.filter(({ from }) => from === 'package').map(({ module }) => module)
  const others = modules.filter(({ from }) => from === '--spec')
  return [
    ...(others.length === 0
      ? []
      : [
          `not the model’s own specification: ${others.map(({ module, file }) => `${module} from ${file}`).join(', ')}; ${own.length === 0 ? 'nothing' : own.join(', ')} from the package`,
        ]),
    ...(cfg === undefined ? [] : [`not ${model.name}’s own configuration: constants from ${cfg}`]),
  ]
}
