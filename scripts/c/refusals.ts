/** Commands that have no meaning for a C file, each with the one that has. */

import { badInput } from '../../impl/lib/kernel/error.ts'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import type { CommandName } from '../cli/commands.ts'

interface Refusal {
  /** what the command is about instead */
  readonly why: string
  /** what to do; of the file, as it was named */
  readonly instead: (target: string, file: string) => string
}

const REFUSALS: Readonly<Partial<Record<CommandName, Refusal>>> = {
  start: {
    why: 'start is the main job of all protocols, and takes no file',
    instead: (target) =>
      `\`lockstep check ${target}\` decides it, \`lockstep prove ${target}\` holds it against its specification`,
  },
  mutate: {
    why: 'mutate changes the machine and the specification of a protocol, which somebody has written twice; a C file is written once',
    instead: (_, file) =>
      `\`lockstep ablate ${file}\` takes out and weakens each barrier, order, READ_ONCE(), lock and LOCKSTEP_OPTIONAL, and says what notices`,
  },
  verify: {
    why: 'verify reads a certificate, and nobody keeps one of a C file',
    instead: (target) => `\`lockstep prove ${target}\` makes the proof anew`,
  },
  bench: {
    why: 'bench compares the explorer with TLC on models of protocols',
    instead: (target) => `\`lockstep check ${target} --engine all\` asks both and says how long each took`,
  },
  tlc: {
    why: 'TLC reads TLA+, and no C',
    instead: (_, file) =>
      `\`lockstep check ${file} --engine tlc\` has TLC check it; \`lockstep spec ${file}\` writes the module that it is given`,
  },
  new: {
    why: 'new begins a protocol from a template',
    instead: (_, file) =>
      `a C file needs no project: \`lockstep check ${file}\`; docs/c.md says what to write into it, and examples/ has some`,
  },
  doctor: {
    why: 'doctor looks at what is installed, and takes no file',
    instead: (target) => `\`lockstep check ${target}\``,
  },
}

/** Why a command does not take what it was told, if that names a C file. */
export const refusedFor = (command: string, words: readonly string[]): LockstepError | undefined => {
  const refusal = Object.hasOwn(REFUSALS, command) ? REFUSALS[command as CommandName] : undefined
  const target = words.find((word) => cFileIn(word) !== undefined)
  const file = target === undefined ? undefined : cFileIn(target)
  if (refusal === undefined || target === undefined || file === undefined) return undefined
  return badInput({ code: 'not-for-c', message: refusal.why, file, hint: refusal.instead(target, file) })
}
