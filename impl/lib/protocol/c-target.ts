/** Targets that name a C file: `dir/race.c`, and `dir/race.c/tso` for its model under a memory model. */

const C_FILE = /^(.*[^/]\.c)(?:\/([^/]*))?$/s

/** The C file that a target names; undefined where it names none. */
export const cFileIn = (target: string): string | undefined => C_FILE.exec(target)?.[1]

/** The name of the protocol that a target may name, or a model of. */
export const protocolNameIn = (target: string): string => cFileIn(target) ?? target.split('/', 1)[0] ?? target
