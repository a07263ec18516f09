import { shape, type ShapeSchema } from '../../core/shape.ts'

type Listed = { readonly atMost?: number }
type Gathered = Listed & { readonly from?: string; readonly asOf?: string }
type Narrowed = Gathered & { readonly field?: string; readonly sync?: string }

/** The arguments of each tool. */
type Asked = {
  readonly explain: Narrowed & { readonly key: string }
  readonly plan_summary: Listed & { readonly plan?: string }
  readonly impact: Gathered & { readonly base: string }
  readonly forecast: Narrowed & { readonly until: string }
  readonly log: Listed & { readonly since?: string; readonly failed?: boolean; readonly key?: string }
  readonly validate: Listed & { readonly asOf?: string }
}

const text = (description: string, more: object = {}) => ({ type: 'string', description, minLength: 1, ...more })

const asOf = text('The day that the rules see, YYYY-MM-DD; default: that of the run')
const atMost = {
  type: 'integer',
  description: 'How much of each list is told; "cut" says how long it is',
  minimum: 1,
  maximum: 1_000,
}
const gathered = {
  'from?': text(
    'What is read: "last" or the id of a run, without a request; "live" asks the services, which takes minutes',
    { default: 'last' },
  ),
  'asOf?': asOf,
  'atMost?': atMost,
}
const narrowed = { 'field?': text('Only this field'), 'sync?': text('Only this sync'), ...gathered }

/** What an assistant may ask, each with the schema of its arguments. None changes anything. */
export const TOOLS: { readonly [Name in ToolName]: Tool } = {
  explain: {
    description:
      'Why a record is as it is: the rows it came from, every rule, charge and override, the live and desired value of each field, and what becomes of it.',
    inputSchema: shape<Asked['explain']>({
      key: text('A Salesforce id (15 or 18 characters), a Zendesk id, an e-mail address, or the name'),
      ...narrowed,
    }),
  },
  plan_summary: {
    description:
      'What a plan would do or has done: how many records of each sync it creates, updates and retires, what is beyond a limit, what hurts first, each field in numbers, what is left out and why.',
    inputSchema: shape<Asked['plan_summary']>({
      'plan?': text('"last" or the id of a run, or a file of zds plan --out', { default: 'last' }),
      'atMost?': atMost,
    }),
  },
  impact: {
    description:
      'What the present configuration and its files would change that those of a base would not: by record and field.',
    inputSchema: shape<Asked['impact']>({
      base: text('A git reference, or a configuration file of the project'),
      ...gathered,
    }),
  },
  forecast: {
    description: 'What time alone will change up to a day, and why: who expires, loses or gains a level.',
    inputSchema: shape<Asked['forecast']>({ until: text('The last day, YYYY-MM-DD'), ...narrowed }),
  },
  log: {
    description: 'What happened: plans, applies, refusals and failures, the last first; of a key: what was done to it.',
    inputSchema: shape<Asked['log']>({
      'since?': text('Not what is older, as 7d or 36h', { pattern: String.raw`^\d{1,4}[dh]$` }),
      'failed?': { type: 'boolean', description: 'Only what was refused, failed, stopped or left undone' },
      'key?': text('Only what concerns a record: its key, its id there, or its name'),
      'atMost?': atMost,
    }),
  },
  validate: {
    description: 'What is wrong with the configuration and its files, without asking a service.',
    inputSchema: shape<Asked['validate']>({ 'asOf?': asOf, 'atMost?': atMost }),
  },
}

type Tool = { readonly description: string; readonly inputSchema: ShapeSchema }
export type ToolName = keyof Asked

export const isTool = (name: string): name is ToolName => Object.hasOwn(TOOLS, name)

/** Where the server looks, and the confined instances of which it tells. */
export type ServerScope = {
  readonly config?: string
  readonly env?: string
  readonly include: readonly string[]
}

export type ToolArguments<Name extends ToolName> = Asked[Name]

/** A question with the arguments of its tool. */
export type Question = { [Name in ToolName]: { readonly tool: Name; readonly asked: ToolArguments<Name> } }[ToolName]
