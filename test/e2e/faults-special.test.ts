import { beforeAll, describe, expect, test } from 'vitest'
import type { Fault, FaultEffect } from 'zds/sandbox'
import {
  disturbed,
  amiss,
  unmet,
  amissLater,
  reference,
  stateOf,
  writesOf,
  type Disturbed,
  type Reference,
} from '../support/faults.ts'
import { deadUrl, serverOf, type Reply } from '../support/server.ts'

let undisturbed: Reference
beforeAll(async () => {
  undisturbed = await reference()
})

/** An apply that meets all of the faults. */
async function meeting(
  faults: readonly Fault[],
  environment?: { readonly [name: string]: string },
): Promise<Disturbed> {
  const here = await disturbed(faults, undisturbed, environment)
  expect(unmet(here, faults)).toEqual([])
  return here
}

function expectNothingWritten(here: Disturbed): void {
  expect(writesOf(here.sandbox)).toEqual([])
  expect(stateOf(here.sandbox)).toEqual(undisturbed.before)
}

describe('jobs of Zendesk (SAFE-03)', () => {
  // Partners go beside customers: what a job writes says whose it is.
  const jobWith = (body: string) => ({ service: 'global', path: '/organizations/update_many', body }) as const
  const organizations = jobWith('technical_account_manager')
  const cases: { readonly [what: string]: { readonly fault: Fault; readonly told: RegExp } } = {
    'one row of an update fails': {
      fault: {
        ...organizations,
        kind: 'rows',
        rows: { indexes: [2] },
        error: 'OrganizationUpdateFailed',
        details: 'Busy',
      },
      told: /global: 12 of 13 changes done, 1 failed\n.* organization-update-failed: global: Busy/,
    },
    'all rows of a retire fail': {
      fault: { ...jobWith('"id":46000000000012,'), kind: 'rows' },
      told: /global: 11 of 13 changes done, 2 failed/,
    },
    'a row of the partners fails': {
      fault: { ...jobWith('"id":46000000000053,'), kind: 'rows' },
      told: /partners: 3 of 4 changes done, 1 failed/,
    },
    'a row of a user fails': {
      fault: { service: 'us_gov', path: '/users/update_many', kind: 'rows', rows: { indexes: [0] } },
      told: /us-gov-users: 4 of 5 changes done, 1 failed\n.* us-gov: /,
    },
    'a job is killed before its first row': {
      fault: { ...organizations, kind: 'kill' },
      told: /7 failed\n.* job-killed: global: /,
    },
    'a job is killed after three of its rows': {
      fault: { ...organizations, kind: 'kill', applied: 3 },
      told: /4 failed\n.* job-killed: /,
    },
    'a job fails': {
      fault: { ...organizations, kind: 'kill', as: 'failed', message: 'Out of memory' },
      told: /job-failed: .*Out of memory/,
    },
  }
  test.each(Object.entries(cases))(
    '%s: each row that was not written is told with key and reason, and the next run writes it',
    async (_, { fault, told }) => {
      const here = await meeting([fault])
      expect(here.code).toBe(4)
      expect(here.stdout).toMatch(told)
      expect(await amissLater(here, undisturbed)).toEqual([])
    },
  )

  test('a job that is killed after its last row has done all there was to do', async () => {
    expect(await amiss(await meeting([{ ...organizations, kind: 'kill', applied: 100 }]), undisturbed)).toEqual([])
  })

  test.each([429, 422, 503])('too many jobs, said with %i: the rows wait for a place (SAFE-04)', async (status) => {
    const busy = {
      kind: 'status',
      status,
      responseBody: { error: 'TooManyJobs', description: 'Too many jobs are running.' },
      times: 4,
    } as const
    const here = await meeting([
      { ...organizations, ...busy },
      { service: 'us_gov', path: '/users/update_many', ...busy },
    ])
    expect(await amiss(here, undisturbed)).toEqual([])
  })
})

describe('lists that lack a row which is counted (SAFE-02)', () => {
  const salesforce: { readonly [what: string]: Omit<Extract<Fault, { kind: 'short' }>, 'kind' | 'service'> } = {
    'the first page of accounts': { path: "Type IN ('Customer'", row: 0 },
    'the last page of accounts': { pattern: '/query/\\w+-\\d\\d+$', row: 0 },
    'the subscriptions of an account': { child: 'Zuora__Subscriptions__r' },
    'the charges of an account': { child: 'Zuora__R00N40000001lGjTEAU__r' },
    'a later page of child rows': { pattern: '/query/\\w+-\\d$' },
    'the partners': { path: "Type = 'Partner'" },
    'the accounts that are looked up': { path: 'Account_ID_18__c, Type FROM Account' },
    'the contacts': { path: 'FROM Contact' },
  }
  test.each(Object.entries(salesforce))('Salesforce: %s: an error, and nothing is written', async (_, short) => {
    const here = await meeting([{ service: 'salesforce', ...short, kind: 'short' }])
    expect(here.code).toBe(1)
    expect(here.stderr).toMatch(/Error \[INCOMPLETE\] salesforce: /)
    expectNothingWritten(here)
  })

  test('Salesforce: a count of accounts that is higher: nothing is retired, the rest is done, and the next run does what was left', async () => {
    const counted = { status: 200, responseBody: { totalSize: 500, done: true, records: [] } } as const
    const here = await meeting([
      { service: 'salesforce', pattern: "COUNT\\(\\).*Type IN \\('Customer'", kind: 'status', ...counted },
    ])
    expect(here.code, here.stderr).toBe(4)
    expect(here.stdout).toMatch(/not proved complete: \d+ changes? held back [\s\S]*incomplete-listing/)
    expect(here.stdout).toMatch(/\d+ held back, as what was read is not proved complete/)
    expect(here.stderr).toMatch(
      /\d+ rows came, 500 were announced: nothing that may only be missing is created or retired/,
    )
    expect(JSON.stringify(writesOf(here.sandbox))).not.toMatch(/"mark_for_deletion":true/)
    expect(await amissLater(here, undisturbed)).toEqual([])
  })

  test.each([400, 500])(
    'Salesforce: a count that is answered with %i: the run ends as if nothing had been, and tells of it',
    async (status) => {
      const here = await meeting([{ service: 'salesforce', path: 'COUNT()', kind: 'status', status, times: 0 }])
      expect(here.stderr).toContain('is not checked against a count')
      expect(await amiss(here, undisturbed)).toEqual([])
    },
  )

  test.each([
    ['an organization that a customer has', { service: 'global', pattern: '/organizations\\?page.size.=100$', row: 8 }],
    ['the last organization of a later page', { service: 'global', pattern: '/organizations\\?.*after' }],
  ])(
    'Zendesk: %s: nothing is created or retired there, the rest is done, and the next run does what was left',
    async (_, short) => {
      const here = await meeting([{ ...short, kind: 'short' }])
      expect(here.code, here.stderr).toBe(4)
      expect(here.stdout).toMatch(/not proved complete: \d+ changes? held back [\s\S]*incomplete-listing/)
      const written = writesOf(here.sandbox).filter(({ service }) => service === 'global')
      expect(written.map(({ method, path }) => `${method} ${path}`)).toEqual(
        ['PUT', 'PUT'].map((method) => `${method} /api/v2/organizations/update_many`),
      )
      expect(JSON.stringify(written)).not.toMatch(/"mark_for_deletion":true/)
      expect(await amissLater(here, undisturbed)).toEqual([])
    },
  )

  test('Zendesk: a user: no user is created or marked, the rest is done, and the next run does what was left', async () => {
    const here = await meeting([{ service: 'us_gov', pattern: '/users\\?page.size.=100$', kind: 'short' }])
    expect(here.code, here.stderr).toBe(4)
    const users = writesOf(here.sandbox).filter(({ path }) => path.includes('/users'))
    expect(users.filter(({ service, method }) => service === 'us_gov' && method === 'POST')).toEqual([])
    expect(JSON.stringify(users)).not.toMatch(/"not_in_sfdc":true/)
    expect(await amissLater(here, undisturbed)).toEqual([])
  })

  test('Zendesk: a user who is looked for and not found is found when creating fails, and no user is there twice (SYN-03)', async () => {
    expect(
      await amiss(await meeting([{ service: 'global', path: '/users/search', kind: 'short' }]), undisturbed),
    ).toEqual([])
  })

  test('Zendesk: a field of the declared ones: an error that names it, and nothing is written (SAFE-07)', async () => {
    const here = await meeting([{ service: 'global', path: '/organization_fields', kind: 'short', row: 0 }])
    expect(here.code).toBe(1)
    expect(here.stderr).toMatch(/global: organization field \w+: does not exist/)
    expectNothingWritten(here)
  })
})

test('the API requests of the day are used up: an error that says so, asked for once, and nothing is written', async () => {
  const here = await meeting([
    { service: 'salesforce', path: '/query?', kind: 'status', preset: 'daily-limit', times: 0 },
  ])
  expect(here.code).toBe(1)
  expect(here.stderr).toMatch(/salesforce: the API requests of the last 24 hours are used up/)
  expectNothingWritten(here)
})

describe('Slack watches, and steers nothing (SYN-04)', () => {
  const saying = (error: string): FaultEffect => ({ kind: 'status', status: 200, responseBody: { ok: false, error } })
  const cases: { readonly [what: string]: { readonly effect: FaultEffect; readonly posted: number } } = {
    'does not take connections': { effect: { kind: 'reset' }, posted: 0 },
    'says no': { effect: saying('channel_not_found'), posted: 0 },
    'knows the token no more': { effect: saying('invalid_auth'), posted: 0 },
    'finds the token expired': { effect: { kind: 'expired' }, posted: 0 },
    'answers 500': { effect: { kind: 'status', status: 500 }, posted: 0 },
    'answers HTML': { effect: { kind: 'html' }, posted: 0 },
    'answers 200 as HTML': { effect: { kind: 'html', status: 200 }, posted: 0 },
    'is busy without end': { effect: { kind: 'status', preset: 'rate-limit', retryAfter: 0 }, posted: 0 },
    'posts, and the answer is lost': { effect: { kind: 'lost' }, posted: 1 },
    'posts, and the answer is cut short': { effect: { kind: 'cut' }, posted: 1 },
  }
  test.each(Object.entries(cases))(
    'it %s: a warning, exit 0, and the message is there at most once',
    async (_, { effect, posted }) => {
      const here = await meeting([{ service: 'slack', ...effect, times: 0 }])
      expect(here.stderr).toMatch(/Warning: slack: /)
      expect(here.sandbox.slack.messages).toHaveLength(posted)
      expect(await amiss(here, undisturbed)).toEqual([])
    },
  )

  test('it answers too late: a warning, exit 0, and the message is there at most once', async () => {
    const here = await meeting([{ service: 'slack', kind: 'latency', ms: 900, times: 0 }], {
      ZDS_HTTP_TIMEOUT_MS: '400',
    })
    expect(here.stderr).toMatch(/Warning: slack: /)
    expect(here.sandbox.requests.filter(({ service }) => service === 'slack')).toHaveLength(1)
    expect(await amiss(here, undisturbed)).toEqual([])
  })

  test('it is busy once: the message is posted once', async () => {
    const here = await meeting([{ service: 'slack', kind: 'status', preset: 'rate-limit', retryAfter: 0 }])
    expect(here.stderr).not.toMatch(/did not go through/)
    expect(here.sandbox.slack.messages).toHaveLength(1)
    expect(await amiss(here, undisturbed)).toEqual([])
  })

  test('it is dead while changes fail: the exit code is that of the changes', async () => {
    const here = await meeting([
      { service: 'slack', kind: 'reset', times: 0 },
      { service: 'global', path: '/organizations/update_many', kind: 'rows' },
    ])
    expect(here.code).toBe(4)
    expect(here.stderr).toMatch(/Warning: slack: /)
    expect(await amissLater(here, undisturbed)).toEqual([])
  })
})

describe('overrides from an address (OVR)', () => {
  const yaml = (body: string, type = 'text/yaml'): Reply => ({ status: 200, body, headers: { 'content-type': type } })
  const cases: { readonly [what: string]: Reply } = {
    'answers 404': { status: 404, body: 'Not found' },
    'answers 500': { status: 500, body: { error: 'broken' } },
    'answers 204': { status: 204 },
    'answers with an HTML page': yaml('<!DOCTYPE html><html><body>Sign in</body></html>', 'text/html'),
    'answers with an HTML page that is called text': yaml(
      '<!DOCTYPE html><html><body>Sign in</body></html>',
      'text/plain',
    ),
    'redirects to a sign-in page': { status: 302, headers: { location: 'https://login.example/' } },
    'sends more than it should': yaml(`# ${'x'.repeat(5_100_000)}\n[]\n`),
    'sends nothing': yaml(''),
    'breaks off': (response) =>
      void response.writeHead(200, { 'content-type': 'text/yaml', 'content-length': '1000' }).end('- salesforce_id'),
    'closes the connection': (response) => void response.destroy(),
    'says nothing': () => undefined,
  }

  const reading = (url: string) =>
    meeting([], {
      SUPPORT_OVERRIDES: `${url}/overrides.yaml`,
      SUPPORT_OVERRIDES_TOKEN: 'token-secret',
      ZDS_HTTP_TIMEOUT_MS: '500',
    })

  test('an address that answers with a file of no overrides is as good as the file', async () => {
    const { url } = await serverOf(yaml('[]\n'))
    expect(await amiss(await reading(url), undisturbed)).toEqual([])
  })

  test.each(Object.entries(cases))(
    'an address that %s is an error before anything is written, never "no overrides"',
    async (_, reply) => {
      const { url } = await serverOf(reply)
      const here = await reading(url)
      expect(here.code, here.stdout).toBe(1)
      expect(here.stderr).toMatch(/Error \[[^]*overrides/)
      expectNothingWritten(here)
    },
  )

  test('an address where nobody listens is an error before anything is written', async () => {
    const here = await reading(await deadUrl())
    expect(here.code).toBe(1)
    expect(here.stderr).toMatch(/Error \[[^]*overrides/)
    expectNothingWritten(here)
  })
})
