/** How much C is taken. Each is far beyond what a person writes, and keeps a file from taking all of the time or the memory. */

export const LIMITS = {
  /** characters of one file */
  file: 1_000_000,
  /** characters of a file with all that it includes */
  program: 4_000_000,
  /** files within files */
  includes: 64,
  /** tokens that macros stand for */
  expansion: 1_000_000,
  /** uses of macros within arguments of macros */
  macros: 200,
  /** brackets within brackets */
  brackets: 200,
  /** parts of the syntax tree within parts */
  tree: 1_000,
} as const
