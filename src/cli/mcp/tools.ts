import { Type, type Static } from 'typebox'

const strict = { additionalProperties: false }
const text = (description: string, more: object = {}) => Type.String({ description, minLength: 1, ...more })

const from = Type.Optional(
  text('What is read: "last" or the id of a run, without a request; "live" asks the services, which takes minutes', {
    default: 'last',
  }),
)
const asOf = Type.Optional(text('The day that the rules see, YYYY-MM-DD; default: that of the run'))
const sync = Type.Optional(text('Only this sync'))
const field = Type.Optional(text('Only this field'))
const atMost = Type.Optional(
  Type.Integer({ description: 'How much of each list is told; "cut" says how long it is', minimum: 1, maximum: 1_000 }),
)

/** What an assistant may ask, each with the schema of its arguments. None changes anything. */
export const TOOLS = {
  explain: {
    description:
      'Why a record is as it is: the rows it came from, every rule, charge and override, the live and desired value of each field, and what becomes of it.',
    inputSchema: Type.Object(
      {
        key: text('A Salesforce id (15 or 18 characters), a Zendesk id, an e-mail address, or the exact name'),
        field,
        sync,
        from,
        asOf,
        atMost,
      },
      strict,
    ),
  },
  plan_summary: {
    description:
      'What a plan would do or has done: how many records of each sync it creates, updates and retires, what is beyond a limit, what hurts first, each field in numbers, what is left out and why.',
    inputSchema: Type.Object(
      {
        plan: Type.Optional(text('"last" or the id of a run, or a file of zds plan --out', { default: 'last' })),
        atMost,
      },
      strict,
    ),
  },
  impact: {
    description:
      'What the present configuration and its files would change that those of a base would not: by record and field.',
    inputSchema: Type.Object(
      { base: text('A git reference, or a configuration file of the project'), from, asOf, atMost },
      strict,
    ),
  },
  forecast: {
    description: 'What time alone will change up to a day, and why: who expires, loses or gains a level.',
    inputSchema: Type.Object({ until: text('The last day, YYYY-MM-DD'), sync, field, from, asOf, atMost }, strict),
  },
  log: {
    description: 'What happened: plans, applies, refusals and failures, the last first; of a key: what was done to it.',
    inputSchema: Type.Object(
      {
        since: Type.Optional(text('Not what is older, as 7d or 36h', { pattern: String.raw`^\d{1,4}[dh]$` })),
        failed: Type.Optional(Type.Boolean({ description: 'Only what was refused, failed, stopped or left undone' })),
        key: Type.Optional(text('Only what concerns a record: its key, or its id there')),
        atMost,
      },
      strict,
    ),
  },
  validate: {
    description: 'What is wrong with the configuration and its files, without asking a service.',
    inputSchema: Type.Object({ asOf, atMost }, strict),
  },
} as const

type Tools = typeof TOOLS
export type ToolName = keyof Tools

export const isTool = (name: string): name is ToolName => Object.hasOwn(TOOLS, name)

/** Where the server looks, and the confined instances of which it tells. */
export type ServerScope = {
  readonly config?: string
  readonly env?: string
  readonly include: readonly string[]
}

export type ToolArguments<Name extends ToolName> = Static<Tools[Name]['inputSchema']>

/** A question with the arguments of its tool. */
export type Question = { [Name in ToolName]: { readonly tool: Name; readonly asked: ToolArguments<Name> } }[ToolName]
