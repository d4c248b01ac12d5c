/** What the steps of a C file may be called in logs besides their labels: `race.c:42`, or the function that has just one. */

import type { CProgram } from '../program/ir.ts'

const baseOf = (file: string): string => file.replace(/^.*[/\\]/, '')

/**
 * The labels of the steps that a name means.
 *
 * @param name a file, or the end of its path, with a line behind it; or a function
 */
export const labelsNamed = ({ instructions }: CProgram, name: string): readonly string[] => {
  const [, file, line] = /^(.+):(\d+)$/.exec(name) ?? []
  const labels: string[] = []
  let depth = 0
  for (const instruction of instructions) {
    if (instruction.kind === 'leave') depth -= 1
    if ('site' in instruction && depth === 0 && instruction.kind !== 'fault' && instruction.kind !== 'end') {
      const { site } = instruction
      const isThere =
        file === undefined
          ? site.function === name
          : site.line === Number(line) && (site.file === file || baseOf(site.file) === baseOf(file))
      if (isThere) labels.push(site.label)
    }
    if (instruction.kind === 'block') depth += 1
  }
  return labels
}
