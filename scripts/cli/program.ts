/** The tables as Commander has them, which reads the command line and prints the help. */

import { Argument, Command, Option } from 'commander'
import type { CommandDefinition, CommandName, OptionsOf } from './commands.ts'
import { COMMAND_NAMES, COMMANDS, PROGRAM } from './commands.ts'
import type { OptionDefinition } from './options.ts'
import { flagsOf } from './options.ts'
import { PARSERS } from './values.ts'

/** Runs a command with what the command line says. */
export type Dispatch = <C extends CommandName>(name: C, options: OptionsOf<C>, json: boolean) => Promise<void>

/** What goes below the options in the help. */
const afterHelp = ({ examples, note }: Pick<CommandDefinition, 'examples' | 'note'>): string => {
  const lines = examples.map((line) => `  $ ${PROGRAM.name} ${line}`)
  const shown = lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n`
  return note === undefined ? shown : `${shown}\n${note}\n`
}

const optionOf = (name: string, definition: OptionDefinition): Option => {
  const option = new Option(flagsOf(name, definition), definition.description)
  if (!('placeholder' in definition)) return option
  if (definition.kind === 'choice') {
    option.choices(definition.choices)
    const { parseArg } = option
    // `--memory TSO` is as good as `--memory tso`
    option.argParser((text, before: unknown) => parseArg?.(text.toLowerCase(), before))
  }
  // what a parser is given of before is what it returned
  else option.argParser(PARSERS[definition.kind] as (text: string, before: unknown) => unknown)
  return definition.default === undefined ? option : option.default(definition.default)
}

const addCommand = (root: Command, name: CommandName, dispatch: Dispatch): void => {
  const definition: CommandDefinition = COMMANDS[name]
  const command = root.command(name).description(definition.description)
  for (const { syntax, description } of Object.values(definition.arguments))
    command.addArgument(new Argument(syntax, description))
  for (const [key, option] of Object.entries(definition.options)) command.addOption(optionOf(key, option))
  const after = afterHelp(definition)
  if (after !== '') command.addHelpText('after', after)
  command.action(async () => {
    const said: Record<string, unknown> = command.opts()
    const keys = Object.keys(definition.arguments)
    const given = Object.fromEntries(keys.map((key, i) => [key, command.processedArgs[i] as unknown]))
    // Commander holds the command line to the tables that this type is inferred from
    await dispatch(name, { ...said, ...given } as OptionsOf<typeof name>, said['json'] === true)
  })
}

/** The whole command line; `dispatch` runs the command that is asked for. */
export const programOf = (version: string, dispatch: Dispatch): Command => {
  const root = new Command(PROGRAM.name)
    .description(PROGRAM.description)
    .version(version)
    .showHelpAfterError('(--help shows how)')
    .addHelpText('after', afterHelp({ examples: PROGRAM.examples }))
    .addHelpText('after', afterHelp({ examples: [], note: PROGRAM.note }))
  for (const name of COMMAND_NAMES) addCommand(root, name, dispatch)
  return root
}
