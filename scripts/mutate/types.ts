/** Asks the type checker about mutants: one that does not compile is none. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type ts from 'typescript'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import { edited } from '../../impl/lib/mutate/mutant.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import { packageRoot } from '../workspace/project.ts'

/** One type checker for many mutants: what did not change is not looked at again. */
export class TypeCheck {
  private readonly ts: TypeScript
  private readonly service: ts.LanguageService
  private changed: { readonly file: string; readonly text: string } | undefined
  private version = 0

  constructor(compiler: TypeScript) {
    this.ts = compiler
    const root = packageRoot()
    const config = compiler.parseJsonConfigFileContent(
      compiler.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
      compiler.sys,
      root,
    )
    const textOf = (file: string): string | undefined =>
      file === this.changed?.file ? this.changed.text : compiler.sys.readFile(file)
    this.service = compiler.createLanguageService({
      getCompilationSettings: () => config.options,
      getScriptFileNames: () => (this.changed === undefined ? [] : [this.changed.file]),
      getScriptVersion: (file) => (file === this.changed?.file ? String(this.version) : '0'),
      getScriptSnapshot: (file) => {
        const text = textOf(file)
        return text === undefined ? undefined : compiler.ScriptSnapshot.fromString(text)
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (options) => compiler.getDefaultLibFilePath(options),
      fileExists: (file) => compiler.sys.fileExists(file),
      readFile: textOf,
    })
  }

  /** The first error of a mutant, if it has any. */
  errorOf({ file, edit }: Mutant): string | undefined {
    const path = join(packageRoot(), file)
    this.changed = { file: path, text: edited(readFileSync(path, 'utf8'), edit) }
    this.version += 1
    const [first] = [...this.service.getSyntacticDiagnostics(path), ...this.service.getSemanticDiagnostics(path)]
    return first === undefined ? undefined : this.ts.flattenDiagnosticMessageText(first.messageText, ' ')
  }
}
