/** The names that modules declare and define: enough to hold a configuration to them. */

import { readModule } from './read.ts'

/** Names that a configuration of the modules can speak of. */
export interface ModuleNames {
  readonly constants: ReadonlySet<string>
  /** definitions without parameters; those within a LET too */
  readonly definitions: ReadonlySet<string>
}

/** What some modules declare and define together; a module that cannot be parsed is for the engines to refuse. */
export const namesOf = (modules: readonly string[]): ModuleNames => {
  const read = modules.map(readModule)
  const plain = read.flatMap(({ definitions }) =>
    definitions.filter(({ kind, parameters }) => kind === 'operator' && parameters.length === 0),
  )
  return {
    constants: new Set(read.flatMap(({ constants }) => constants)),
    definitions: new Set(plain.map(({ name }) => name)),
  }
}
