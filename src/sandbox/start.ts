import { createFaults } from './faults/faults.ts'
import { checkFault } from './faults/check.ts'
import type { Fault, Fired } from './faults/types.ts'
import { copyTables, createSalesforce, type SalesforceOptions } from './salesforce/app.ts'
import { listen, type Listening, type Shared } from './server/listen.ts'
import { createSlack, type SlackMessage, type SlackOptions } from './slack/app.ts'
import type { Clock, JobStatus, Membership, Organization, RequestLog, Row, User, World } from './types.ts'
import { generateWorld } from './world/generate.ts'
import { createZendesk, type ZendeskOptions } from './zendesk/app.ts'
import { createInstance, type Instance } from './zendesk/instance.ts'

export type SandboxOptions = {
  /** The data at the start (default `generateWorld()`). */
  readonly world?: World
  readonly faults?: readonly Fault[]
  /**
   * The first port: Salesforce, then the Zendesk instances in the order of the world, then Slack
   * (default 0: any free).
   */
  readonly port?: number
  readonly host?: string
  readonly salesforce?: SalesforceOptions
  readonly zendesk?: ZendeskOptions
  readonly slack?: SlackOptions
  /** The time of all services (default the real one). */
  readonly clock?: Clock
}

/** A Zendesk instance as it is now; lists taken earlier do not change. */
export type SandboxInstance = {
  readonly url: string
  readonly organizations: readonly Organization[]
  readonly users: readonly User[]
  readonly memberships: readonly Membership[]
  readonly jobs: readonly JobStatus[]
}

/** Services that run, and what a test wants to know of them. */
export interface Sandbox {
  /** The environment of a client: URLs, credentials, ids. */
  readonly env: Readonly<Record<string, string>>
  /** Zendesk API tokens in place of OAuth clients: `ZENDESK_*_EMAIL` and `ZENDESK_*_API_TOKEN`. */
  readonly tokenEnv: Readonly<Record<string, string>>
  /** `tables` are the live rows: change them to play the work of others. */
  readonly salesforce: { readonly url: string; readonly tables: { [object: string]: Row[] } }
  readonly zendesk: { readonly [instance: string]: SandboxInstance }
  readonly slack: { readonly url: string; readonly messages: readonly SlackMessage[] }
  readonly requests: readonly RequestLog[]
  readonly faults: { add(fault: Fault): void; clear(): void; readonly fired: readonly Fired[] }
  /** The state of everything, in the form of a world. */
  snapshot(): World
  close(): Promise<void>
}

/**
 * Starts a local Salesforce, the Zendesk instances of the world, and Slack, each on a port of its
 * own.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const world = options.world ?? generateWorld()
  const clock = options.clock ?? { now: () => new Date() }
  const names = Object.keys(world.zendesk)
  const requests: RequestLog[] = []
  const faults = createFaults(options.faults ?? [], (fault) => checkFault(fault, names))
  const shared: Shared = { faults, requests }
  const host = options.host ?? '127.0.0.1'
  const opened: Listening[] = []
  const at = (): { host: string; port: number } => ({
    host,
    port: (options.port ?? 0) === 0 ? 0 : (options.port ?? 0) + opened.length,
  })
  const secrets = {
    SALESFORCE_CLIENT_ID: 'sandbox-salesforce',
    SALESFORCE_CLIENT_SECRET: 'sandbox-salesforce-secret',
    SLACK_BOT_TOKEN: 'xoxb-sandbox',
  }

  try {
    const tables = copyTables(world.salesforce)
    const credentials = {
      clientId: secrets.SALESFORCE_CLIENT_ID,
      clientSecret: secrets.SALESFORCE_CLIENT_SECRET,
      jwt: options.salesforce?.jwt,
    }
    const today = (): string => world.asOf ?? clock.now().toISOString().slice(0, 10)
    const stops: (() => void)[] = []
    const openSalesforce = (url: string): ReturnType<typeof createSalesforce> => {
      const service = createSalesforce(url, tables, credentials, options.salesforce ?? {}, clock, today)
      stops.push(service.close)
      return service
    }
    const salesforce = await listen(openSalesforce, shared, at())
    opened.push(salesforce)

    const instances: Instance[] = []
    for (const name of names) {
      const data = world.zendesk[name]
      if (data === undefined) continue
      const open = (url: string): ReturnType<typeof createZendesk> => {
        const instance = createInstance(name, url, data, clock)
        const service = createZendesk(instance, zendeskCredentials(name), options.zendesk ?? {})
        instances.push(instance)
        stops.push(service.close)
        return service
      }
      opened.push(await listen(open, shared, at()))
    }

    const messages: SlackMessage[] = []
    const channel = { id: 'C0SANDBOX', name: 'zds' }
    const slackState = { token: secrets.SLACK_BOT_TOKEN, channels: [channel], messages }
    const slack = await listen((url) => createSlack(url, slackState, options.slack ?? {}, clock), shared, at())
    opened.push(slack)

    return {
      env: {
        SALESFORCE_LOGIN_URL: salesforce.url,
        ...secrets,
        ...Object.fromEntries(instances.flatMap(instanceEnv)),
        SLACK_CHANNEL: channel.id,
        SLACK_API_URL: `${slack.url}/api/`,
        PARTNER_ALLIANCE_ACCOUNT_ID: world.allianceAccountId ?? '',
        PROTECTED_ACCOUNT_IDS: (world.protectedIds ?? []).join(','),
        ZDS_HTTP_BASE_DELAY_MS: '20',
      },
      tokenEnv: Object.fromEntries(instances.flatMap(tokenEnv)),
      salesforce: { url: salesforce.url, tables },
      zendesk: Object.fromEntries(instances.map((instance) => [instance.name, view(instance)])),
      slack: { url: slack.url, messages },
      requests,
      faults,
      snapshot: () => ({
        ...(world.asOf === undefined ? {} : { asOf: world.asOf }),
        salesforce: structuredClone(tables),
        zendesk: Object.fromEntries(instances.map((instance) => [instance.name, worldOf(instance)])),
        allianceAccountId: world.allianceAccountId ?? null,
        protectedIds: [...(world.protectedIds ?? [])],
      }),
      close: async () => {
        for (const stop of stops) stop()
        await Promise.all(opened.map((server) => server.close()))
      },
    }
  } catch (error) {
    await Promise.all(opened.map((server) => server.close()))
    throw error
  }
}

const variable = (name: string): string => `ZENDESK_${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`

function zendeskCredentials(name: string): Parameters<typeof createZendesk>[1] {
  return {
    clientId: `sandbox-${name}`,
    clientSecret: `sandbox-${name}-secret`,
    email: `integration@${name.replaceAll('_', '-')}.example`,
    apiToken: `sandbox-${name}-token`,
  }
}

function instanceEnv({ name, url }: Instance): [string, string][] {
  const { clientId, clientSecret } = zendeskCredentials(name)
  return [
    [`${variable(name)}_URL`, url],
    [`${variable(name)}_CLIENT_ID`, clientId],
    [`${variable(name)}_CLIENT_SECRET`, clientSecret],
  ]
}

function tokenEnv({ name }: Instance): [string, string][] {
  const { email, apiToken } = zendeskCredentials(name)
  return [
    [`${variable(name)}_EMAIL`, email],
    [`${variable(name)}_API_TOKEN`, apiToken],
  ]
}

function view(instance: Instance): SandboxInstance {
  return {
    url: instance.url,
    get organizations() {
      return instance.organizations.all()
    },
    get users() {
      return instance.users.all()
    },
    get memberships() {
      return instance.memberships.all()
    },
    get jobs() {
      return [...instance.jobs.values()]
    },
  }
}

function worldOf(instance: Instance): World['zendesk'][string] {
  return {
    organizations: instance.organizations.all(),
    users: instance.users.all(),
    organization_fields: instance.organizationFields,
    user_fields: instance.userFields,
  }
}
