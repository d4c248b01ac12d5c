/** `lockstep spec FILE.c`: the TLA+ module that is proven equal to the file's machine, for whoever goes on in TLA+. */

import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { badInput, EXIT } from '../../impl/lib/kernel/error.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import { selectModels } from '../../impl/lib/protocol/target.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { readPlainText } from '../node/input.ts'
import type { Writing } from '../node/write.ts'
import { assertWritable, writeTogether } from '../node/write.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'
import { libraryDirectory, shownPath } from '../workspace/package.ts'
import { isSpecified, specFiles, specText } from '../workspace/spec-files.ts'

type SpecOptions = OptionsOf<'spec'>

/** What every file that is made says of itself; such a one is written again, no other. */
const MADE = 'made by lockstep spec'

const notC = (target: string, project: Project) => {
  const known = project.named(target)
  return badInput({
    code: 'usage',
    message: `spec is for C files, and ${target} is none`,
    hint:
      known !== undefined && isSpecified(known)
        ? `the specification of ${target} is ${shownPath(known.home, join(known.home.spec, `${known.module}.tla`))}`
        : 'name a file that ends in .c',
  })
}

/** The model that is meant: under the memory model that the target or --memory names, else under TSO. */
const meant = ({ target, memory }: SpecOptions, project: Project): Model => {
  const file = cFileIn(target)
  if (file === undefined) throw notC(target, project)
  if (file !== target && memory !== undefined)
    throw badInput({
      code: 'usage',
      message: `${target} names its memory model, and --memory too`,
      hint: 'leave one of them out',
    })
  const named = file === target ? `${file}/${memory ?? 'tso'}` : target
  const [model] = selectModels(project.modelsFor([named]), [named], undefined)
  if (model === undefined) throw new TypeError('a target without a model')
  return model
}

/** The name of the module that goes to a file. */
const nameFor = (output: string): string => {
  const [, name] = /^([A-Za-z]\w*)\.tla$/.exec(basename(output)) ?? []
  if (name !== undefined) return name
  throw badInput({
    code: 'usage',
    message: `-o ${output}: it is no name of a module`,
    hint: 'name a file such as Race.tla: letters, digits and _, a letter first',
  })
}

/** Refuses to write over what somebody else has written. */
const refuseOthers = ({ file, content }: Writing): void => {
  if (!existsSync(file)) return
  const before = readPlainText(file, 'module')
  if (before === content || before.replaceAll(/\s+\*\)\n\(\*\s+/g, ' ').includes(MADE)) return
  throw badInput({
    code: 'exists',
    message: 'it is there, and lockstep spec has not made it',
    file,
    hint: 'take it away, or name another file with -o',
  })
}

/** The module, its configuration, and the modules of ours that it extends. */
const writings = (model: Model, output: string): readonly Writing[] => {
  const directory = dirname(output)
  const { module = '' } = model.protocol
  const own = `${module}.tla`
  const modules = specFiles(model.protocol).filter(
    ({ file, text }) => basename(file) === own || (text === undefined && dirname(file) === libraryDirectory()),
  )
  return [
    ...modules.map((file) => ({ file: join(directory, basename(file.file)), content: specText(file) })),
    {
      file: join(directory, `${module}.cfg`),
      content: `\\* ${MADE} ${basename(model.protocol.name)}, for ${model.memory.toUpperCase()}\n${model.cfgText.trimEnd()}\nCHECK_DEADLOCK FALSE\n`,
    },
  ]
}

/** Writes the specification of a C file; returns the exit code. */
export const spec = (out: Output, options: SpecOptions, project: Project): number => {
  const { output } = options
  if (output !== undefined) assertWritable(output)
  const name = output === undefined ? undefined : nameFor(output)
  const plain = meant(options, project)
  if (project.specified === undefined) throw notC(options.target, project)
  const model = project.specified(plain, name)
  const { module = '', madeModule = '' } = model.protocol
  const written = output === undefined ? [] : writings(model, output)
  for (const writing of written) refuseOthers(writing)
  writeTogether(written)
  const files = written.map(({ file }) => file)
  if (out.json) {
    printJson({ ok: true, model: model.name, module, text: madeModule, configuration: model.cfgText, written: files })
    return EXIT.ok
  }
  if (output === undefined) {
    for (const line of madeModule.trimEnd().split('\n')) out.line(line)
    return EXIT.ok
  }
  out.line(`${model.name} is in ${files.join(', ')}`)
  const there = dirname(output) === '.' ? '' : `cd ${dirname(output)}; `
  out.line(`  TLC checks it: ${there}lockstep tlc -- -config ${module}.cfg ${module}.tla`)
  out.line(`  lockstep prove ${model.name} holds it equal to the machine of the file`)
  return EXIT.ok
}
