/** The table of commands, and what is held to it: Commander, the types, docs/commands.md, action.yml. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import type { CommandDefinition, CommandName, OptionsOf } from '../../scripts/cli/commands.ts'
import { COMMAND_NAMES, COMMANDS, PROGRAM } from '../../scripts/cli/commands.ts'
import type { OptionDefinition } from '../../scripts/cli/options.ts'
import { flagsOf, OPTIONS } from '../../scripts/cli/options.ts'
import { programOf } from '../../scripts/cli/program.ts'
import { hold } from '../pages.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const commandOf = (name: CommandName): CommandDefinition => COMMANDS[name]

const choicesOf = (option: OptionDefinition): readonly string[] => (option.kind === 'choice' ? option.choices : [])

const defaultOf = (option: OptionDefinition): string | number | undefined =>
  'default' in option ? option.default : undefined

const usageOf = (name: CommandName): string =>
  [PROGRAM.name, name, ...Object.values(commandOf(name).arguments).map(({ syntax }) => syntax)].join(' ')

const meaningOf = (option: OptionDefinition): string => {
  const [choices, initial] = [choicesOf(option), defaultOf(option)]
  return [
    option.description,
    ...(choices.length < 2 ? [] : [`one of ${choices.map((c) => `\`${c}\``).join(', ')}`]),
    ...(initial === undefined ? [] : [`default \`${initial}\``]),
  ].join('; ')
}

const table = (head: readonly [string, string], rows: readonly (readonly [string, string])[]): string =>
  [head, ['---', '---'], ...rows.map(([code, text]) => [`\`${code}\``, text])]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

const section = (name: CommandName): string => {
  const { description, arguments: given, options } = commandOf(name)
  const rows = [
    ...Object.values(given).map((a) => [a.syntax, a.description] as const),
    ...Object.entries(options).map(([key, option]) => [flagsOf(key, option), meaningOf(option)] as const),
  ]
  return `## ${name}\n\n\`${usageOf(name)}\`: ${description}\n\n${table(['Argument, option', 'Meaning'], rows)}`
}

const page = (): string => {
  const all = COMMAND_NAMES.map((name) => [usageOf(name), commandOf(name).description] as const)
  return [table(['Command', 'Does'], all), ...COMMAND_NAMES.map(section)].join('\n\n')
}

/** What a command is given for some words of a command line. */
const givenBy = async (...words: readonly string[]): Promise<unknown> => {
  const given: unknown[] = []
  const dispatch = (name: CommandName, options: unknown, json: boolean): Promise<void> => {
    given.push({ name, options, json })
    return Promise.resolve()
  }
  await programOf('1', dispatch).parseAsync([...words], { from: 'user' })
  expect(given).toHaveLength(1)
  return given[0]
}

describe('the table of commands', () => {
  it('names each option as Commander does', () => {
    const { commands } = programOf('1', () => Promise.resolve())
    expect(commands.map((command) => command.name())).toEqual(COMMAND_NAMES)
    for (const command of commands) {
      const { options, arguments: given } = commandOf(command.name() as CommandName)
      expect(command.options.map((option) => option.attributeName())).toEqual(Object.keys(options))
      expect(command.registeredArguments).toHaveLength(Object.keys(given).length)
    }
  })

  it('says every option once, and says none that no command takes', () => {
    const taken = new Set(COMMAND_NAMES.flatMap((name) => Object.keys(commandOf(name).options)))
    expect([...taken].sort()).toEqual(Object.keys(OPTIONS).sort())
  })

  it('has arguments and options of different names', () => {
    for (const name of COMMAND_NAMES) {
      const { options, arguments: given } = commandOf(name)
      expect(Object.keys(given).filter((key) => Object.hasOwn(options, key))).toEqual([])
    }
  })

  it('gives commands what the line says and what is so without', async () => {
    expect(await givenBy('check')).toEqual({
      name: 'check',
      options: { targets: [], engine: 'auto', timeout: 1800, cache: true },
      json: false,
    })
    expect(await givenBy('check', 'a', '-n', 'b', '--no-cache', '--json', '--heap', '5')).toEqual({
      name: 'check',
      options: {
        ...{ targets: ['a', 'b'], engine: 'auto', timeout: 1800 },
        ...{ dryRun: true, cache: false, json: true, heap: 5 },
      },
      json: true,
    })
    expect(await givenBy('ablate', 'p', '--property', 'A', '--property', 'B')).toEqual({
      name: 'ablate',
      options: { protocol: 'p', property: ['A', 'B'], timeout: 60 },
      json: false,
    })
    expect(await givenBy('bench', '--logs')).toEqual({
      name: 'bench',
      options: { model: undefined, logs: true, events: 1_000_000, rounds: 3, timeout: 1800 },
      json: false,
    })
  })

  it('is what the types of commands come from', () => {
    expectTypeOf<OptionsOf<'check'>['targets']>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<OptionsOf<'check'>['timeout']>().toEqualTypeOf<number>()
    expectTypeOf<OptionsOf<'check'>['cache']>().toEqualTypeOf<boolean>()
    expectTypeOf<OptionsOf<'check'>['heap']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<OptionsOf<'check'>['memory']>().toEqualTypeOf<'sc' | 'tso' | 'pso' | 'all' | undefined>()
    expectTypeOf<OptionsOf<'mutate'>['protocol']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<OptionsOf<'mutate'>['tag']>().toEqualTypeOf<'fast' | 'full'>()
    expectTypeOf<OptionsOf<'ablate'>['property']>().toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf<OptionsOf<'explain'>['property']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<OptionsOf<'live'>['logs']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<OptionsOf<'bench'>['logs']>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<OptionsOf<'verify'>>().not.toHaveProperty('heap')
  })
})

describe('docs/commands.md', () => {
  it('has every command with its arguments and options', () => {
    hold('docs/commands.md', 'commands', page())
  })
})

describe('action.yml', () => {
  /** Options of `validate` that are no inputs: the action gives some itself, and some are of no use to a workflow. */
  const NO_INPUTS = ['github', 'summary', 'json', 'writeTla', 'maxStates', 'define', 'include', 'slots']

  const { inputs, runs } = z
    .object({
      inputs: z.record(z.string(), z.object({ description: z.string() })),
      runs: z.object({
        steps: z.array(z.object({ run: z.string(), env: z.record(z.string(), z.string()).optional() })),
      }),
    })
    .parse(parse(readFileSync(join(packageRoot(), 'action.yml'), 'utf8')))

  const options: [string, OptionDefinition][] = Object.entries(commandOf('validate').options).filter(
    ([key]) => !NO_INPUTS.includes(key),
  )

  it('has the options of validate for inputs, beside the log and the model', () => {
    expect(Object.keys(inputs).sort()).toEqual(['log', 'model', ...options.map(([key]) => key)].sort())
  })

  it('says of an input what it may be, and what it is if it is not given', () => {
    for (const [key, option] of options) {
      const description = inputs[key]?.description ?? ''
      for (const choice of choicesOf(option)) expect([key, description]).toEqual([key, expect.stringContaining(choice)])
      const initial = defaultOf(option)
      if (initial !== undefined) expect(description).toContain(`default ${initial}`)
    }
  })

  it('passes each input on as the option that it is', () => {
    const { run = '', env = {} } = runs.steps.at(-1) ?? {}
    for (const [key, option] of options) {
      const variable = Object.keys(env).find((name) => env[name] === `\${{ inputs.${key} }}`) ?? 'none'
      const [flag = ''] = flagsOf(key, option).split(' ')
      expect(run).toContain(`[ -z "$${variable}" ] || options+=(${flag} "$${variable}")`)
    }
  })
})
