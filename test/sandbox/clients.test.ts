import { WebClient } from '@slack/web-api'
import { Connection } from 'jsforce'
import { createClient } from 'node-zendesk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { smallWorld } from './client.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ world: smallWorld })
})
afterAll(() => sandbox.close())

test('jsforce logs in, queries, describes, reads limits', async () => {
  const loginUrl = sandbox.env['SALESFORCE_LOGIN_URL'] ?? ''
  const [clientId, clientSecret] = [
    sandbox.env['SALESFORCE_CLIENT_ID'] ?? '',
    sandbox.env['SALESFORCE_CLIENT_SECRET'] ?? '',
  ]
  const connection = new Connection({
    loginUrl,
    instanceUrl: loginUrl,
    oauth2: { clientId, clientSecret, loginUrl },
    version: '62.0',
  })
  await connection.authorize({ grant_type: 'client_credentials' })
  const result = await connection.query(
    "SELECT Id, Name, (SELECT Id FROM Contacts) FROM Account WHERE Type = 'Customer'",
  )
  expect(result).toMatchObject({ totalSize: 1, done: true, records: [{ Name: 'Acme', Contacts: null }] })
  expect((await connection.describe('Account')).childRelationships.map((child) => child.relationshipName)).toContain(
    'Zuora__Subscriptions__r',
  )
  expect((await connection.limits())['DailyApiRequests']?.Max).toBe(15_000)
})

test('node-zendesk lists and creates', async () => {
  const client = createClient({
    endpointUri: `${sandbox.env['ZENDESK_GLOBAL_URL']}/api/v2`,
    username: sandbox.tokenEnv['ZENDESK_GLOBAL_EMAIL'] ?? '',
    token: sandbox.tokenEnv['ZENDESK_GLOBAL_API_TOKEN'] ?? '',
  })
  const organizations: unknown = await client.organizations.list()
  expect(organizations).toMatchObject([{ id: 11 }, { id: 12 }, { id: 13 }])
  const created: unknown = await client.organizations.create({ organization: { name: 'From the library' } })
  expect(created).toMatchObject({ result: { name: 'From the library' } })
})

test('the Slack client posts', async () => {
  const client = new WebClient(sandbox.env['SLACK_BOT_TOKEN'], {
    slackApiUrl: sandbox.env['SLACK_API_URL'] ?? '',
    retryConfig: { retries: 0 },
  })
  // The method is no window.postMessage, which the linter takes it for.
  const post = client.chat.postMessage.bind(client.chat)
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*two* created' } }]
  expect(await post({ channel: sandbox.env['SLACK_CHANNEL'] ?? '', text: 'two created', blocks })).toMatchObject({
    ok: true,
  })
  expect(sandbox.slack.messages).toMatchObject([{ text: 'two created', blocks }])
  await expect(post({ channel: 'nowhere', text: 'x' })).rejects.toThrow('channel_not_found')
})
