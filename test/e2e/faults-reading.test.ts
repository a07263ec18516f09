import { beforeAll, describe, expect, test } from 'vitest'
import type { Fault, FaultEffect, FaultMatch } from 'zds/sandbox'
import {
  disturbed,
  amiss,
  unmet,
  PASSING,
  reference,
  sample,
  stateOf,
  writesOf,
  type Reference,
} from '../support/faults.ts'

/** Every kind of request with which a plan is made, by its name: which requests. */
const PHASES: { readonly [phase: string]: FaultMatch } = {
  'the token of Salesforce': { service: 'salesforce', path: '/oauth2/token' },
  'describing an object': { service: 'salesforce', path: '/sobjects/Account/describe' },
  'counting accounts': { service: 'salesforce', pattern: "COUNT\\(\\).*Type IN \\('Customer'" },
  'the first page of accounts': { service: 'salesforce', pattern: "\\) FROM Account WHERE Type IN \\('Customer'" },
  'the page of partners': { service: 'salesforce', pattern: "SELECT \\w+, .*FROM Account WHERE .*Type = 'Partner'" },
  'a later page of accounts': { service: 'salesforce', pattern: '/query/\\w+-\\d\\d+$' },
  'a later page of child rows': { service: 'salesforce', pattern: '/query/\\w+-\\d$' },
  'looking up who is gone': { service: 'salesforce', path: 'Account_ID_18__c, Type FROM Account' },
  'the contacts': { service: 'salesforce', path: 'FROM Contact' },
  'the token of global': { service: 'global', path: '/oauth/tokens' },
  'the token of us-gov': { service: 'us_gov', path: '/oauth/tokens' },
  'who we are': { service: 'global', path: '/users/me' },
  'the fields of organizations': { service: 'us_gov', path: '/organization_fields' },
  'the fields of users': { service: 'us_gov', path: '/user_fields' },
  'counting before the list': { service: 'global', path: '/organizations/count' },
  'counting after the list': { service: 'global', path: '/organizations/count', at: 2 },
  'counting users': { service: 'us_gov', path: '/users/count' },
  'the first page of organizations': { service: 'global', pattern: '/organizations\\?page.size.=100$' },
  'a later page of organizations': { service: 'global', pattern: '/organizations\\?.*after' },
  'the first page of users': { service: 'us_gov', pattern: '/users\\?page.size.=100$' },
  'a later page of users': { service: 'us_gov', pattern: '/users\\?.*after' },
  'looking for a contact': { service: 'global', path: '/users/search' },
}

/** Of everything that may last, one of a kind: refused, unreadable, without an answer. */
const FATAL: { readonly [kind: string]: FaultEffect } = {
  '500': { kind: 'status', status: 500 },
  '200 as HTML': { kind: 'html', status: 200 },
  'a reset connection': { kind: 'reset' },
  'a lack of rights': { kind: 'status', status: 403 },
}

let undisturbed: Reference
beforeAll(async () => {
  undisturbed = await reference()
})

describe('while a plan is made, every kind of request meets once', () => {
  test.each(Object.entries(PASSING))('%s, and the run ends as if nothing had been (SAFE-02)', async (_, effect) => {
    const faults = every(effect)
    const here = await disturbed(faults, undisturbed)
    expect(unmet(here, faults)).toEqual([])
    expect(await amiss(here, undisturbed)).toEqual([])
  })

  test('an answer that comes too late, and the run ends as if nothing had been', async () => {
    const here = await disturbed(every({ kind: 'latency', ms: 900 }), undisturbed, { ZDS_HTTP_TIMEOUT_MS: '500' })
    expect(await amiss(here, undisturbed)).toEqual([])
  })
})

const every = (effect: FaultEffect): Fault[] => Object.values(PHASES).map((match) => ({ ...match, ...effect }))

// One at a time: a new token that is refused too is no longer a matter of time.
test.each(sample(Object.entries(PHASES), 2).filter(([phase]) => !phase.includes('token')))(
  '%s meets a token that has just expired, and the run ends as if nothing had been',
  async (_, match) => {
    expect(await amiss(await disturbed([{ ...match, kind: 'expired' }], undisturbed), undisturbed)).toEqual([])
  },
)

// To be left without a count is no failure: it is a second opinion.
describe.each(Object.entries(PHASES).filter(([phase]) => phase !== 'counting accounts'))(
  '%s fails for good',
  (_, match) => {
    test.each(Object.entries(FATAL))(
      'with %s: an error that names the service, and nothing is written (SAFE-02)',
      async (_kind, effect) => {
        const faults = [{ ...match, ...effect, times: 0 }]
        const here = await disturbed(faults, undisturbed)
        expect(unmet(here, faults)).toEqual([])
        expect(here.code).toBe(1)
        expect(here.stderr).toMatch(new RegExp(`Error[^]*${match.service.replace('_', '-')}`))
        expect(writesOf(here.sandbox)).toEqual([])
        expect(stateOf(here.sandbox)).toEqual(undisturbed.before)
        expect(here.sandbox.slack.messages).toEqual([])
      },
    )
  },
)
