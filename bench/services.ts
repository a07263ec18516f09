/**
 * The sandbox with the latencies of the real services, in a process of its own: what it computes
 * takes no time from what is measured. `speed` divides every latency, and time runs so much faster.
 */
import { generateWorld, startSandbox, type Fault, type World } from 'zds/sandbox'
import { AS_OF, fastClock, LATENCY } from './latencies.ts'

export type Asked = 'slow' | 'count' | 'close'
export type Counted = { readonly [call: string]: number }

const [accounts = '2500', speed = '1'] = process.argv.slice(2)
const scaled = (ms: number): number => ms / Number(speed)

const sandbox = await startSandbox({
  world: withFewerChanges(generateWorld({ accounts: Number(accounts), asOf: AS_OF })),
  clock: fastClock(Number(speed)),
  zendesk: {
    requestsPerMinute: LATENCY.requestsPerMinute,
    jobMs: { queued: 0, working: scaled(LATENCY.job), perRow: scaled(LATENCY.row) },
  },
})
let counted = 0

process.on('message', (asked: Asked) => {
  if (asked === 'close') void sandbox.close().then(() => process.disconnect())
  if (asked === 'slow') for (const fault of latencies()) sandbox.faults.add(fault)
  if (asked === 'count') process.send?.(callsSince())
})
process.send?.(sandbox.env)

function latencies(): Fault[] {
  const late = (service: string, ms: number, more: { method?: string }): Fault => ({
    service,
    kind: 'latency',
    times: 0,
    ms: Math.round(scaled(ms)),
    ...more,
  })
  return [
    late('salesforce', LATENCY.salesforce, {}),
    late('zendesk', LATENCY.read, { method: 'GET' }),
    late('zendesk', LATENCY.write, { method: 'POST' }),
    late('zendesk', LATENCY.write, { method: 'PUT' }),
  ]
}

/** Calls since the last time, by service, method and path; ids are left out. */
function callsSince(): Counted {
  const calls: { [call: string]: number } = {}
  for (const { service, method, path, status } of sandbox.requests.slice(counted)) {
    const plain = path.replace(/\/query\/.+/, '/query/…').replaceAll(/\/\d+/g, '/#')
    const call = `${service} ${method} ${plain}${status === 429 ? ' 429' : ''}`
    calls[call] = (calls[call] ?? 0) + 1
  }
  counted = sandbox.requests.length
  return calls
}

/** The generated world has more changes than a usual hour: half of the other owners are taken back. */
function withFewerChanges(world: World): World {
  const owners = new Map(world.salesforce['Account']?.map((row) => [row['Id'], row['Account_Owner_Calc__c'] ?? null]))
  const zendesk = Object.entries(world.zendesk).map(([name, instance]) => {
    const organizations = instance.organizations.map((one, index) => {
      const { organization_fields: fields = {} } = one
      const owner = owners.get(fields['salesforce_id'] ?? null)
      if (index % 2 === 0 || owner === undefined) return one
      return { ...one, organization_fields: { ...fields, account_owner: owner } }
    })
    return [name, { ...instance, organizations }] as const
  })
  return { ...world, zendesk: Object.fromEntries(zendesk) }
}
