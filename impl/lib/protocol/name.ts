/** Names that are typed on command lines and are names of files. */

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** The longest name of a protocol, in characters. */
export const LONGEST_NAME = 64

/** Small letters, digits and single hyphens: the name of a protocol, a design or a size. */
export const isName = (name: string): boolean => NAME.test(name) && name.length <= LONGEST_NAME

/** `wake-up` as a module is called: `WakeUp`. */
export const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z0-9])/g, (_, first: string) => first.toUpperCase())
