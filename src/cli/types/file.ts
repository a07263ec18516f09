import { readFile, writeFile } from 'node:fs/promises'
import { messageOf, ZdsError } from '../../core/errors.ts'
import { keyOf, pathOf, type KnownNames } from './names.ts'

/** Beside the configuration, unless it is given another name. */
export const TYPES_FILE = 'zds.types.d.ts'

const HEAD = '// Written by zds types from what the services have. Do not edit it: run zds types again.'

/** The declarations as a file. It is a module, so it adds to those that it names. */
const textOf = (names: KnownNames): string =>
  `${[
    HEAD,
    'export {}',
    ...linesOf(
      [...names].map(([key, type]) => ({ path: pathOf(key), type })),
      0,
    ),
  ].join('\n')}\n`

type Entry = { readonly path: readonly string[]; readonly type: string }

function linesOf(entries: readonly Entry[], depth: number): string[] {
  const indent = '  '.repeat(depth)
  return [...Map.groupBy(entries, ({ path }) => path[depth] ?? '')].flatMap(([name, some]) =>
    some.some(({ path }) => path.length > depth + 1)
      ? [`${indent}${opening(name, depth)} {`, ...linesOf(some, depth + 1), `${indent}}`]
      : some.map(({ type }) => `${indent}${keyIn(name)}: ${type}`),
  )
}

function opening(name: string, depth: number): string {
  if (depth === 0) return `// prettier-ignore\ndeclare module '${name}'`
  return depth === 1 ? `interface ${name}` : `${keyIn(name)}:`
}

const keyIn = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`)

/** The names in a file that was written here; undefined where there is none. */
export async function readNames(file: string): Promise<KnownNames | undefined> {
  const text = await textIn(file)
  return text === undefined ? undefined : namesIn(text)
}

async function textIn(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function namesIn(text: string): KnownNames {
  const names = new Map<string, string>()
  const path: string[] = []
  for (const line of text.split('\n').map((one) => one.trim())) {
    const [, opened] = /^(?:declare module |interface )?(.+?):? \{$/.exec(line) ?? []
    const [, name = '', type] = /^('[^']*'|[\w$]+): (.+)$/.exec(line) ?? []
    if (opened !== undefined) path.push(unquoted(opened))
    else if (line === '}') path.pop()
    else if (type !== undefined) names.set(keyOf([...path, unquoted(name)]), type)
  }
  return names
}

const unquoted = (name: string): string => name.replaceAll("'", '')

/** Writes the file. Throws USAGE where there is one that was not written here. */
export async function writeNames(file: string, names: KnownNames): Promise<void> {
  const there = await textIn(file)
  if (there !== undefined && !there.startsWith(HEAD))
    throw new ZdsError('USAGE', `${file} was not written by zds types, and is not replaced`, {
      hint: 'Give the name of another file: --out',
    })
  await writeFile(file, textOf(names)).catch((cause: unknown) => {
    throw new ZdsError('FILE_NOT_FOUND', `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint: 'Give the name of a file in a directory that exists and may be written to.',
    })
  })
}
