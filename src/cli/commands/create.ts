import { basename } from 'node:path'
import { refuse, ZdsError, type Issue } from '../../core/errors.ts'
import { asCalled } from '../called.ts'
import { writeFiles, type Files } from '../create/files.ts'
import { INSTANCES, instancesFrom } from '../create/instances.ts'
import { additionsTo } from '../create/package-file.ts'
import { PIPELINES, type System } from '../create/pipeline.ts'
import { pluginFiles, type PluginKind } from '../create/plugin.ts'
import { projectOf } from '../create/project.ts'
import { nameFrom } from '../create/spelling.ts'
import { print, tell } from '../output.ts'
import { answerTo, isAttended } from '../question.ts'

export type CreateOptions = { instances?: string; ci?: System | 'none'; kind?: PluginKind; keep?: true }

/** `zds create`: writes what one begins with into the working directory, and replaces nothing. */
export async function createCommand(
  what: 'config' | 'plugin',
  name: string | undefined,
  options: CreateOptions,
  signal: AbortSignal,
): Promise<number> {
  refuseStrangers(what, { name, ...options })
  return what === 'config' ? createConfig(options, signal) : createPlugin(name, options)
}

/** What means nothing beside what is created: an instance is no name, a plugin has no pipeline. */
const STRANGERS = {
  config: { name: 'Instances are named by --instances.', kind: 'A plugin has one: zds create plugin NAME --kind KIND' },
  plugin: {
    instances: 'A configuration has them: zds create config --instances NAMES',
    ci: 'A configuration has one: zds create config --ci SYSTEM',
  },
} as const

function refuseStrangers(what: keyof typeof STRANGERS, given: CreateOptions & { name: string | undefined }): void {
  const issues = Object.entries(STRANGERS[what]).flatMap(([option, hint]): Issue[] => {
    const value = given[option as keyof typeof given] // one of the table above
    if (value === undefined) return []
    const where = option === 'name' ? String(value) : `--${option}`
    return [{ code: 'USAGE', where, message: 'means nothing here', hint }]
  })
  refuse('USAGE', `zds create ${what} was given what means nothing`, issues)
}

async function createConfig({ keep, ...given }: CreateOptions, signal: AbortSignal): Promise<number> {
  const instances = instancesFrom(given.instances ?? (await chosen('Which Zendesk instances?', INSTANCES, signal)))
  const ci = given.ci ?? systemFrom(await chosen('Which CI: gitlab, github or none?', 'gitlab', signal))
  const { files, needs } = projectOf(basename(process.cwd()), instances, ci)
  // Where zds is installed, there is one.
  write(files, (path) => keep ?? path === 'package.json')
  next([...additionsTo('package.json', needs), 'cp .env.example .env', 'zds plan'])
  return 0
}

function createPlugin(text: string | undefined, { kind, keep }: CreateOptions): number {
  if (text === undefined || kind === undefined)
    throw new ZdsError('USAGE', 'A plugin needs a name and a kind', {
      hint: 'For example: zds create plugin people-source --kind source',
    })
  const name = nameFrom(text)
  write(pluginFiles(name, kind), () => keep ?? false)
  next([`node --test plugins/${name}/${name}.test.ts`, 'npx tsc'])
  return 0
}

function write(files: Files, stay: (path: string) => boolean): void {
  const kept = writeFiles(process.cwd(), files, stay)
  print(Object.keys(files).map((path) => (kept.includes(path) ? `Left ${path} as it is` : `Wrote ${path}`)))
}

const next = (steps: readonly string[]): void =>
  tell(['', 'What is next:', ...steps.map((step) => `  ${asCalled(step)}`)])

/** An answer, or what holds without one: also where nobody is there to be asked. */
async function chosen(question: string, otherwise: string, signal: AbortSignal): Promise<string> {
  if (!isAttended()) return otherwise
  return (await answerTo(`${question} (${otherwise}) `, signal)) || otherwise
}

function systemFrom(text: string): System | 'none' {
  if (text === 'none' || text in PIPELINES) return text as System | 'none' // as the line above says
  throw new ZdsError('USAGE', `${JSON.stringify(text)} is no CI system that is known`, {
    hint: 'gitlab, github or none; zds ci prints a pipeline later.',
  })
}
