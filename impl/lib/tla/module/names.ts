/** The names that modules declare and define, without reading what they say: enough to hold a configuration to them. */

/** Names that a configuration of the modules can speak of. */
export interface ModuleNames {
  readonly constants: ReadonlySet<string>
  /** definitions without parameters; those within a LET too */
  readonly definitions: ReadonlySet<string>
}

const withoutComments = (text: string): string => text.replace(/\(\*[\s\S]*?\*\)|\\\*[^\n]*/g, ' ')

const CONSTANTS = /^\s*CONSTANTS?\b\s*((?:\w+\s*,\s*)*\w+)/gm
const DEFINITION = /^\s*(\w+)\s*==/gm

/** What some modules declare and define together; a module that cannot be parsed is for the engines to refuse. */
export const namesOf = (modules: readonly string[]): ModuleNames => {
  const texts = modules.map(withoutComments)
  const all = (pattern: RegExp): string[] =>
    texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found = '']) => found))
  return {
    constants: new Set(all(CONSTANTS).flatMap((list) => list.split(',').map((name) => name.trim()))),
    definitions: new Set(all(DEFINITION)),
  }
}
