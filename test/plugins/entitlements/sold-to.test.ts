import type { Json, JsonObject } from 'zds'
import { describe, expect, test } from 'vitest'
import { account, referenceSaid, type Instance } from './support.ts'

/** An account with one Self-Managed subscription for each of `sold`. */
function soldTo(sold: readonly JsonObject[], columns: JsonObject = {}): JsonObject {
  const row = account(
    sold.map(() => [{}]),
    columns,
  )
  const subscriptions = row['Zuora__Subscriptions__r'] as readonly JsonObject[] // as account() made it
  return {
    ...row,
    Zuora__Subscriptions__r: subscriptions.map((subscription, index) => ({ ...subscription, ...sold[index] })),
  }
}

const running = (email: Json, more: JsonObject = {}): JsonObject => ({
  Sold_To_Email__c: email,
  Zuora__SubscriptionStartDate__c: '2026-01-01',
  Zuora__SubscriptionEndDate__c: '2027-01-01',
  ...more,
})
const latest = (email: string | null, name: string | null): JsonObject => ({
  'Latest_Sold_To_Contact__r.Email': email,
  'Latest_Sold_To_Contact__r.Name': name,
})

async function peopleOf(row: JsonObject, instance: Instance = 'global'): Promise<unknown> {
  const [said] = await referenceSaid({ instance, accounts: [row] })
  return said?.kind === 'record' ? said.along : said
}

describe('SYN-03, SFA-25: sold-to people, on 2026-03-16', () => {
  test.each<readonly [string, JsonObject, unknown]>([
    ['nobody', soldTo([running(null)]), []],
    [
      'one address, however its domain is written',
      soldTo([running('ada@bücher.example'), running('Ada@xn--bcher-kva.example')]),
      [{ email: 'ada@xn--bcher-kva.example', name: 'ada' }],
    ],
    [
      'the address of a running subscription',
      soldTo([running('ada@x.example')]),
      [{ email: 'ada@x.example', name: 'ada' }],
    ],
    [
      'then the latest contact, with its name',
      soldTo([running('zoe@x.example')], latest('ada@x.example', 'Ada A')),
      [
        { email: 'zoe@x.example', name: 'zoe' },
        { email: 'ada@x.example', name: 'Ada A' },
      ],
    ],
    [
      'once, whatever the case, with the name that is known',
      soldTo([running('ADA@x.example'), running('Ada@x.example ')], latest('ada@X.example', 'Ada A')),
      [{ email: 'ada@x.example', name: 'Ada A' }],
    ],
    ['a contact without an address is nobody', soldTo([running('')], latest(null, 'Ada A')), []],
    [
      'not of a subscription that ended',
      soldTo([running('ada@x.example', { Zuora__SubscriptionEndDate__c: '2026-03-15' })]),
      [],
    ],
    [
      'of one that ends today',
      soldTo([running('ada@x.example', { Zuora__SubscriptionEndDate__c: '2026-03-16' })]),
      [{ email: 'ada@x.example', name: 'ada' }],
    ],
    [
      'of one that starts today, or has no start',
      soldTo([
        running('ada@x.example', { Zuora__SubscriptionStartDate__c: '2026-03-16' }),
        running('bea@x.example', { Zuora__SubscriptionStartDate__c: null }),
      ]),
      [
        { email: 'ada@x.example', name: 'ada' },
        { email: 'bea@x.example', name: 'bea' },
      ],
    ],
    ['not of one without an end', soldTo([running('ada@x.example', { Zuora__SubscriptionEndDate__c: null })]), []],
    [
      'in the same order, whatever that of the rows, the latest contact last',
      soldTo([running('zoe@x.example'), running('bea@x.example')], latest('ada@x.example', ' Ada A ')),
      [
        { email: 'bea@x.example', name: 'bea' },
        { email: 'zoe@x.example', name: 'zoe' },
        { email: 'ada@x.example', name: 'Ada A' },
      ],
    ],
    [
      'a contact whose name is blank is called by the address',
      soldTo([running(null)], latest('ada@x.example', '  ')),
      [{ email: 'ada@x.example', name: 'ada' }],
    ],
    [
      'not of one that starts tomorrow',
      soldTo([running('ada@x.example', { Zuora__SubscriptionStartDate__c: '2026-03-17' })]),
      [],
    ],
  ])('%s', async (_what, row, people) => {
    expect(await peopleOf(row)).toEqual({ people })
  })

  test('SYN-05: nobody in US Government', async () => {
    expect(
      await peopleOf(
        soldTo([running('ada@x.example')], {
          ...latest('ada@x.example', 'Ada A'),
          Support_Instance__c: 'federal-support',
        }),
        'us_gov',
      ),
    ).toBeUndefined()
  })
})
