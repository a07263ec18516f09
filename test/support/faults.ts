import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Plan } from 'zds'
import { generateWorld, startSandbox, type Fault, type Sandbox, type World } from 'zds/sandbox'
import { applyCommand } from '../../src/cli/apply.ts'
import { explainFailure } from '../../src/cli/failure.ts'
import { planCommand } from '../../src/cli/plan.ts'
import { project, type Result } from './zds.ts'

export const AS_OF = '2026-03-16'

/** Small pages, so that every kind of page is met; jobs that end at once. */
const SANDBOX = { salesforce: { batchSize: 30, childPageSize: 1 }, zendesk: { jobMs: { queued: 0, working: 5 } } } as const
const HTTP = { ZDS_HTTP_ATTEMPTS: '3', ZDS_HTTP_BASE_DELAY_MS: '5', ZDS_HTTP_TIMEOUT_MS: '2000' }

/** A sandbox and a project that talks to it. */
export interface Scene {
  readonly sandbox: Sandbox
  apply(): Promise<Result>
  /** The changes that a plan made now holds. */
  changes(): Promise<readonly { readonly key: string }[]>
  close(): Promise<void>
}

export async function scene(world: World, environment: { readonly [name: string]: string } = {}): Promise<Scene> {
  const sandbox = await startSandbox({ world, ...SANDBOX })
  const env = { ...sandbox.env, ...HTTP, ...environment }
  const here = project(env)
  let runs = 0
  const run = (command: (config: string) => Promise<number>): Promise<Result> => {
    // A process of its own would load the configuration anew: modules are kept by their address.
    const config = join(here.directory, `run-${(runs += 1)}.config.ts`)
    copyFileSync(join(here.directory, 'sync.config.ts'), config)
    return inProcess(() => command(config), env)
  }
  const { signal } = new AbortController()
  return {
    sandbox,
    apply: () => run((config) => applyCommand(undefined, { config, asOf: AS_OF, yes: true, force: true }, signal)),
    changes: async () => {
      const { code, stdout, stderr } = await run((config) => planCommand({ config, asOf: AS_OF, json: true }, signal))
      if (code !== 0) throw new Error(`The plan failed: ${stderr}`)
      return (JSON.parse(stdout) as Plan).syncs.flatMap(({ changes }) => changes) // what --json prints
    },
    close: async () => {
      here.remove()
      await sandbox.close()
    },
  }
}

/** Runs a command as `bin/zds.js` does, in this process: starting one takes longer than the command. */
async function inProcess(command: () => Promise<number>, env: { readonly [name: string]: string }): Promise<Result> {
  const own = { ...process.env }
  const directory = process.cwd()
  const out = { stdout: '', stderr: '' }
  const streams = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += String(text)
      return true
    }),
  )
  process.env = { ...own, NO_COLOR: '1', ...env }
  try {
    const code = await command().catch(explainFailure)
    return { code, ...out }
  } finally {
    process.env = own
    process.chdir(directory)
    for (const stream of streams) stream.mockRestore()
  }
}

/** A small world in which every kind of change is due, and every list has more than one page. */
export function faultWorld(): World {
  const world = generateWorld({ accounts: 40, seed: 1, asOf: AS_OF })
  const { Account = [], Contact = [] } = world.salesforce
  const { global, us_gov: usGov } = world.zendesk
  if (global === undefined || usGov === undefined) throw new Error('The world has both instances')
  const keyOf = (organization: { readonly organization_fields?: { readonly [field: string]: unknown } | undefined }): unknown =>
    organization.organization_fields?.['salesforce_id']
  const held = (key: unknown, where = global): boolean => where.organizations.some((one) => keyOf(one) === key)
  const customers = Account.filter(({ Id, Type }) => Type === 'Customer' && held(Id))
  // Each of these gets an organization: the contact of the first is new, that of the second has no organization, that of the third another.
  const fresh = customers.filter((account) => account['Latest_Sold_To_Contact__c'] !== null).slice(0, 3)
  const isFresh = (key: unknown): boolean => fresh.some(({ Id }) => Id === key)
  const [gone, moved, ...others] = customers.filter(({ Id }) => !isFresh(Id))
  const partner = Account.find(({ Type, Id }) => Type === 'Partner' && held(Id))
  const agencies = Account.filter(({ Id }) => held(Id, usGov))
  const [kept, agency] = agencies
  if (!gone || !moved || !partner || !kept || !agency) throw new Error('The generated world has too little in it')

  const [second, third] = fresh.slice(1).map((account) => Contact.find(({ Id }) => Id === account['Latest_Sold_To_Contact__c'])?.['Email'])
  const people = Contact.filter(({ AccountId }) => AccountId === agency['Id']).map(({ Email }) => Email)
  const changed = new Set(others.slice(0, 4).map(({ Id }) => Id).concat(partner['Id'] ?? '', kept['Id'] ?? ''))
  const added = ['001000000099991AAA', '001000000099992AAA'].map((Id, at) => ({ ...partner, Id, Account_ID_18__c: Id, Name: `Partner ${at}` }))

  return {
    ...world,
    salesforce: {
      ...world.salesforce,
      Account: Account.filter((account) => account !== gone)
        .map((account) => (account === moved ? { ...account, Type: 'Prospect' } : account))
        .map((account) => (changed.has(account['Id']) ? { ...account, Account_Owner_Calc__c: 'Somebody New' } : account))
        .concat(added),
      Contact: Contact.map((contact) => (contact['AccountId'] === kept['Id'] ? { ...contact, Name: `Dr. ${String(contact['Name'])}` } : contact)),
    },
    zendesk: {
      global: {
        ...global,
        organizations: [
          ...global.organizations.filter((one) => !isFresh(keyOf(one))),
          ...byHand(110),
          { name: 'A former partner', organization_fields: { salesforce_id: '001000000099993AAA', account_type: 'open_partner' } },
        ],
        users: [
          ...global.users.filter(({ email }) => email !== third && email !== second),
          { name: 'Second', email: String(second), role: 'end-user' },
          { name: 'Third', email: String(third), role: 'end-user', organization_id: global.organizations[1]?.id },
        ],
      },
      us_gov: {
        ...usGov,
        organizations: usGov.organizations.filter((one) => keyOf(one) !== agency['Id']),
        users: [
          ...usGov.users.filter(({ email }) => !people.includes(email ?? null)),
          // The first contact of the new organization is there already, without it; the others are not.
          { name: 'Early', email: String(people[0]), role: 'end-user' },
          { name: 'Left', email: 'left@agency.example', role: 'end-user' },
          ...Array.from({ length: 100 }, (_, n) => ({ name: `Agent ${n}`, email: `more.${n}@support.example`, role: 'agent' as const })),
        ],
      },
    },
  }
}

const byHand = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `Made by hand ${n}` }))
