import type { CommandUnknownOpts as Command, Option } from '@commander-js/extra-typings'

/** What only the configuration, or its state, knows. */
export type KnownHere = 'runs' | 'stages' | 'syncs' | 'instances'

/** What may stand somewhere on a command line: words, or what is known elsewhere. */
export type Candidates = readonly string[] | KnownHere

type DeclaredOption = Pick<Option, 'argChoices'>

/** What a value is, by the name that the help has for it. */
const VALUES: readonly (readonly [name: RegExp, known: KnownHere])[] = [
  [/\brun\b/, 'runs'],
  [/^(?:id|stage)$/, 'stages'],
  [/^syncs?$/, 'syncs'],
  [/^instances?$/, 'instances'],
]

/**
 * What may stand where the last of the words does, as the program declares its commands. Nothing
 * where only the shell knows: a file, a number.
 */
export function candidatesFor(program: Command, words: readonly string[]): Candidates {
  const before = words.slice(0, -1)
  const command = program.commands.find((one) => one.name() === before[0])
  if (command === undefined) return before.length === 0 ? beginnings(program, words.at(-1) ?? '') : []
  const option = optionOf(command, before.at(-1))
  if (option !== undefined && takesValue(option)) return valuesOf(option, option.flags, option.attributeName())
  if (words.at(-1)?.startsWith('-')) return flagsOf(command, before)
  const argument = command.registeredArguments[argumentsIn(command, before.slice(1))]
  return argument === undefined ? [] : valuesOf(argument, argument.name())
}

const beginnings = (program: Command, word: string): string[] =>
  word.startsWith('-') ? flagsOf(program, []) : visible(program).commands.map((one) => one.name())

/** What the help shows. */
const visible = (command: Command) => ({
  commands: command.createHelp().visibleCommands(command),
  options: command.createHelp().visibleOptions(command),
})

const flagsOf = (command: Command, used: readonly string[]): string[] =>
  visible(command)
    .options.flatMap(({ long }) => long ?? [])
    .filter((flag) => !used.includes(flag))

const optionOf = (command: Command, word: string | undefined): Option | undefined =>
  command.options.find(({ long, short }) => word !== undefined && (word === long || word === short))

const takesValue = ({ required, optional }: Option): boolean => required || optional

/** How many of the words are arguments, rather than options and their values. */
function argumentsIn(command: Command, words: readonly string[]): number {
  const isValue = (at: number): boolean => {
    const option = optionOf(command, words[at - 1])
    return option !== undefined && takesValue(option)
  }
  return words.filter((word, at) => !word.startsWith('-') && !isValue(at)).length
}

function valuesOf({ argChoices }: DeclaredOption, ...names: readonly string[]): Candidates {
  if (argChoices !== undefined) return argChoices
  const words = names.map((name) => /<(.+)>/.exec(name)?.[1] ?? name)
  return VALUES.find(([pattern]) => words.some((word) => pattern.test(word)))?.[1] ?? []
}
