/**
 * Type errors in a workspace: its modules run all the same, and what the compiler of the user's own `typescript` says of them is
 * said once. Where there is no such package nothing is said: whoever has none does not ask for types.
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type TypeScript from 'typescript'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { makeDirectory } from '../node/create.ts'
import { readPlainText } from '../node/input.ts'
import { writeWhole } from '../node/write.ts'
import { machineCode } from '../workspace/machine-code.ts'
import { packageRoot, shownPath } from '../workspace/package.ts'
import { cacheDirectoryIfAny } from '../tlc/jar.ts'

type TS = typeof TypeScript

const typescriptIn = (root: string): TS | undefined => {
  try {
    return createRequire(join(root, 'package.json'))('typescript') as TS
  } catch {
    // not installed there
    return undefined
  }
}

/** The user's settings, or ours where there are none; our own types where the package is not installed beside the workspace. */
export const optionsOf = (ts: TS, root: string): TypeScript.CompilerOptions => {
  const file = ts.findConfigFile(root, (path) => ts.sys.fileExists(path))
  const own =
    file === undefined
      ? { strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 }
      : ts.parseJsonConfigFileContent(
          ts.readConfigFile(file, (path) => ts.sys.readFile(path)).config,
          ts.sys,
          dirname(file),
        ).options
  const built = join(packageRoot(), 'dist', 'impl')
  const types = join(built, 'index.d.ts')
  const isInstalled = existsSync(join(root, 'node_modules', 'lockstep'))
  return {
    ...own,
    noEmit: true,
    allowImportingTsExtensions: true,
    ...(isInstalled || !existsSync(types)
      ? {}
      : { paths: { ...own.paths, lockstep: [types], 'lockstep/*': [join(built, 'api', '*.d.ts')] } }),
  }
}

const errorsIn = (ts: TS, root: string, files: readonly string[]): string[] => {
  const program = ts.createProgram(files, optionsOf(ts, root))
  return files.flatMap((file) => {
    const source = program.getSourceFile(file)
    const found =
      source === undefined
        ? []
        : [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ start = 0, messageText, code }) => {
      const { line, character } = source?.getLineAndCharacterOfPosition(start) ?? { line: 0, character: 0 }
      const [message = ''] = ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')
      return `${shownPath({ root, builtin: false }, file)}:${line + 1}:${character + 1}: TS${code}: ${message}`
    })
  })
}

/** The file that says of some texts that their errors were said. */
const saidFile = (cache: string, ts: TS, root: string, files: readonly string[]): string => {
  const hash = createHash('sha256').update(JSON.stringify([ts.version, root]))
  for (const file of files) hash.update(file).update(readPlainText(file, 'module'))
  return join(cache, 'types', `${hash.digest('hex').slice(0, 40)}.json`)
}

/** That it is said twice is no harm where it cannot be kept. */
const keep = (file: string, errors: number): void => {
  try {
    makeDirectory(dirname(file))
    writeWhole(file, `${JSON.stringify({ errors })}\n`, { durable: false })
  } catch {
    // no room, or no permission
  }
}

/**
 * What is to be said of the types of protocols: one line, and nothing where there are no errors, or where they were said before of
 * the very same texts.
 *
 * @param cache where it is kept that they were said; undefined where there is no place: they are said each time
 */
export const typeErrors = (
  root: string,
  protocols: readonly HousedProtocol[],
  cache: string | undefined = cacheDirectoryIfAny(),
): string | undefined => {
  const files = [...new Set(protocols.flatMap((protocol) => machineCode(protocol).files))].filter((file) =>
    /\.[cm]?ts$/.test(file),
  )
  const ts = files.length === 0 ? undefined : typescriptIn(root)
  if (ts === undefined) return undefined
  const said = cache === undefined ? undefined : saidFile(cache, ts, root, files)
  if (said !== undefined && existsSync(said)) return undefined
  const [first, ...others] = errorsIn(ts, root, files)
  if (said !== undefined) keep(said, first === undefined ? 0 : others.length + 1)
  if (first === undefined) return undefined
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return `type errors, said once; the modules run all the same: ${first}${more}`
}
