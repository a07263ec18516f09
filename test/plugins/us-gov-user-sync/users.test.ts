import { describe, expect, it } from 'vitest'
import { contactColumns, userFields, usGovUserSync } from 'zds/us-gov-user-sync'
import { held, sourceOf, syncOf, targetOf } from '../../support/syncs.ts'
import { contact, explained, planned, setting, told, user } from './scene.ts'

describe('users and contacts', () => {
  it('USR-03, USR-06: name, organization and not_in_sfdc are compared by address, whatever its case', async () => {
    const plan = await planned({
      contacts: [
        contact('Same@x.example'),
        contact('name@x.example', 'A', 'Ada Lovelace'),
        contact('moved@x.example', 'B'),
        contact('new@x.example', 'B'),
      ],
      users: [user(11, 'same@x.example'), user(12, 'name@x.example'), user(13, 'moved@x.example')],
    })
    expect(plan.changes).toEqual([
      {
        op: 'create',
        key: 'new@x.example',
        name: 'Ada',
        fields: {
          name: { from: null, to: 'Ada' },
          email: { from: null, to: 'new@x.example' },
          organization_id: { from: null, to: '2' },
          not_in_sfdc: { from: null, to: false },
        },
      },
      {
        op: 'update',
        key: 'moved@x.example',
        id: '13',
        name: 'Ada',
        fields: { organization_id: { from: '1', to: '2' } },
      },
      {
        op: 'update',
        key: 'name@x.example',
        id: '12',
        name: 'Ada',
        fields: { name: { from: 'Ada', to: 'Ada Lovelace' } },
      },
    ])
  })

  it('an address is the same however its domain is written: IDN is compared in ASCII', async () => {
    const plan = await planned({
      contacts: [contact('ann@bücher.example'), contact('Ann@xn--bcher-kva.example', 'B', 'Ann')],
      users: [user(11, 'ann@xn--bcher-kva.example')],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toMatchObject([{ key: 'ann@xn--bcher-kva.example', reason: 'duplicate-email' }])
  })

  it('USR-05, AMB-24: an end user whom no contact has is marked once, and unmarked when one is back', async () => {
    const plan = await planned({
      contacts: [contact('back@x.example')],
      users: [
        user(11, 'untied@x.example'),
        user(12, 'marked@x.example', { not_in_sfdc: true }),
        user(13, 'back@x.example', { not_in_sfdc: true }),
      ],
    })
    expect(plan.changes).toEqual([
      {
        op: 'update',
        key: 'back@x.example',
        id: '13',
        name: 'Ada',
        fields: { not_in_sfdc: { from: true, to: false } },
      },
      {
        op: 'retire',
        key: 'untied@x.example',
        name: 'Ada',
        id: '11',
        fields: { not_in_sfdc: { from: false, to: true } },
        reason: 'gone',
      },
    ])
  })

  it.each(['agent', 'admin'])('USR-06: a user of role %s is never touched, contact or not', async (role) => {
    const plan = await planned({
      contacts: [contact('staff@x.example', 'B', 'Other Name')],
      users: [user(11, 'staff@x.example', { role }), user(12, 'untied@x.example', { role })],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toContainEqual(['staff@x.example', 'not-owned'])
  })

  it('an end user without an address has no key: it is reported and left', async () => {
    const plan = await planned({ users: [user(11, null)] })
    expect(plan).toMatchObject({ changes: [], skipped: [{ reason: 'no-key', id: '11' }] })
  })

  it('SAFE-01: marks beyond the limit are an excess of the user sync, counted among end users only', async () => {
    const users = Array.from({ length: 12 }, (_, n) =>
      user(11 + n, `u${n}@x.example`, { role: n < 2 ? 'agent' : 'end-user' }),
    )
    const plan = await planned({ users, limits: { retire: 0.05 } })
    expect(plan.excesses).toMatchObject([{ op: 'retire', count: 10, existing: 10 }])
  })
})

describe('USR-02: protected addresses', () => {
  it('are neither created, updated nor marked, in any case', async () => {
    const plan = await planned({
      domains: ' GitLab.com , @staff.example',
      emails: 'Bot@Agency.example, liaison@agency.example',
      contacts: [
        contact('New@GITLAB.com'),
        contact('renamed@staff.example', 'B', 'New Name'),
        contact('BOT@agency.example', 'B', 'Other'),
      ],
      users: [
        user(11, 'renamed@staff.example'),
        user(12, 'bot@agency.example'),
        user(13, 'untied@gitlab.com'),
        user(14, 'liaison@agency.example'),
        user(15, 'Shouting@GitLab.Com'),
      ],
    })
    expect(plan.changes).toEqual([])
    expect(new Set(plan.skipped.map(({ reason }) => reason))).toEqual(new Set(['protected']))
    expect(plan.skipped).toHaveLength(6)
  })

  it('are compared as IDN, however the settings and the contacts write them', async () => {
    const users = [user(11, 'ann@xn--bcher-kva.example')]
    for (const domains of ['bücher.example', '@BÜCHER.example', 'xn--bcher-kva.example'])
      expect((await planned({ domains, users })).skipped).toMatchObject([{ reason: 'protected' }])
    const plan = await planned({ emails: 'Ann@bücher.example', users })
    expect(plan.skipped).toMatchObject([{ reason: 'protected' }])
  })

  it('look-alikes are not protected: other domains, domains below, the domain before the @', async () => {
    const plan = await planned({
      users: [
        user(11, 'x@notgitlab.com'),
        user(12, 'x@sub.gitlab.com'),
        user(13, 'gitlab.com@x.example'),
        user(14, 'x@gitlab.com.example'),
      ],
      emails: 'bot@x.example',
    })
    expect([...plan.changes].map(({ op }) => op)).toEqual(['retire', 'retire', 'retire', 'retire'])
  })

  it('none at all are protected where both settings are empty', async () => {
    expect(told(await planned({ domains: '', users: [user(11, 'x@gitlab.com')] }))).toEqual([
      'retire x@gitlab.com not_in_sfdc',
    ])
  })
})

describe('organizations of users', () => {
  it('CTC-06, SAFE-08: the organization of the account, or a ref where it is created in the same run', async () => {
    const plan = await planned({
      contacts: [contact('a@x.example', 'A'), contact('b@x.example', 'NEW')],
      users: [user(11, 'a@x.example', { organization_id: null })],
      creates: ['NEW'],
      updates: ['A'],
    })
    expect([...plan.changes].map(({ fields }) => fields['organization_id']?.to)).toEqual([
      { ref: { sync: 'us-gov', key: 'NEW' } },
      '1',
    ])
  })

  it('USR-07: a user of another organization moves, also into one that is only created', async () => {
    const plan = await planned({
      contacts: [contact('a@x.example', 'NEW')],
      users: [user(11, 'a@x.example')],
      creates: ['NEW'],
    })
    expect(plan.changes).toMatchObject([
      { op: 'update', fields: { organization_id: { from: '1', to: { ref: { sync: 'us-gov', key: 'NEW' } } } } },
    ])
  })

  it('CTC-01: contacts of a marked organization count', async () => {
    const organizations = [held('1', 'A', { mark_for_deletion: true })]
    expect(
      told(await planned({ organizations, contacts: [contact('a@x.example')], users: [user(11, 'a@x.example')] })),
    ).toEqual([])
  })

  it('AMB-16: where two organizations have the account, its users stay where they are, are kept, and are not marked', async () => {
    const plan = await planned({
      organizations: [held('1', 'A'), held('2', 'A')],
      contacts: [contact('a@x.example', 'A', 'Ada Lovelace'), contact('b@x.example', 'A')],
      users: [user(11, 'a@x.example', { organization_id: '2' }), user(12, 'b@x.example', { organization_id: '7' })],
    })
    expect(told(plan)).toEqual(['update a@x.example name'])
  })

  it('AMB-16: nobody new becomes a user there, as nobody knows in which of the two', async () => {
    const plan = await planned({
      organizations: [held('1', 'A'), held('2', 'A'), held('3', 'B')],
      contacts: [contact('new@x.example', 'A'), contact('b@x.example', 'B')],
    })
    expect(told(plan)).toEqual(['create b@x.example name email not_in_sfdc organization_id'])
    expect(plan.skipped.map(({ key, reason }) => `${key} ${reason}`)).toEqual(['new@x.example no-organization'])
  })

  it('AMB-20: of an account whose new organization is held, who is a user stays one, and stays there; who is none waits', async () => {
    const plan = await planned({
      contacts: [
        contact('IS@x.example', 'held'),
        contact('renamed@x.example', 'held', 'Ada Lovelace'),
        contact('back@x.example', 'held'),
        contact('new@x.example', 'held'),
        contact('liaison@gitlab.com', 'held'),
      ],
      users: [
        user(11, 'is@x.example', { organization_id: '99' }),
        user(12, 'renamed@x.example', { organization_id: '99' }),
        user(13, 'back@x.example', { organization_id: '7', not_in_sfdc: true }),
        user(14, 'untied@x.example', { organization_id: '99' }),
        user(15, null),
      ],
    })
    expect(told(plan)).toEqual([
      'update back@x.example not_in_sfdc',
      'update renamed@x.example name',
      'retire untied@x.example not_in_sfdc',
    ])
    expect(plan.skipped.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
      ' no-key',
      'liaison@gitlab.com protected',
      'new@x.example no-organization',
    ])
  })
})

describe('SAFE-10: organizations that nobody knows the account of', () => {
  const organizations = [held('1', 'A'), held('2', 'B'), held('3', 'see Salesforce')]

  it.each(['key-invalid', 'type-changed'])(
    'left as %s keep their users: no contact could speak for them',
    async (why) => {
      const plan = await planned({
        organizations,
        left: { 3: why },
        contacts: [contact('moves@x.example', 'A')],
        users: [
          user(11, 'stays@x.example', { organization_id: '3' }),
          user(12, 'moves@x.example', { organization_id: '3' }),
          user(13, 'untied@x.example'),
          user(14, 'marked@x.example', { organization_id: '3', not_in_sfdc: true }),
          user(15, 'agent@x.example', { organization_id: '3', role: 'agent' }),
          user(16, 'liaison@gitlab.com', { organization_id: '3' }),
        ],
      })
      expect(told(plan)).toEqual(['update moves@x.example organization_id', 'retire untied@x.example not_in_sfdc'])
      expect(plan.skipped.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
        'agent@x.example not-owned',
        'liaison@gitlab.com protected',
        'stays@x.example organization-unknown',
      ])
    },
  )

  it.each(['no-key', 'duplicate-key', 'protected'])(
    'one that is left as %s is known: who is no contact is marked',
    async (why) => {
      const users = [user(11, 'untied@x.example', { organization_id: '3' })]
      expect(told(await planned({ organizations, left: { 3: why }, users }))).toEqual([
        'retire untied@x.example not_in_sfdc',
      ])
    },
  )
})

describe('contacts', () => {
  it('CTC-04: without an address they are dropped, also where it is blank', async () => {
    expect(told(await planned({ contacts: [contact(null), contact('  '), contact(' Padded@x.example ')] }))).toEqual([
      'create padded@x.example name email not_in_sfdc organization_id',
    ])
  })

  it('CTC-05, AMB-21: of several with one address the first by account and name is kept, and the others are reported', async () => {
    const contacts = [
      contact('Dup@x.example', 'B', 'Ada'),
      contact('dup@x.example', 'A', 'Zoe'),
      contact('dup@X.example', 'A', 'Bea'),
    ]
    for (const order of [contacts, contacts.toReversed()]) {
      const plan = await planned({ contacts: order })
      expect(plan.changes).toMatchObject([
        { key: 'dup@x.example', fields: { name: { to: 'Bea' }, organization_id: { to: '1' } } },
      ])
      expect(plan.skipped).toEqual([
        { key: 'dup@x.example', reason: 'duplicate-email', name: 'Zoe' },
        { key: 'dup@x.example', reason: 'duplicate-email', name: 'Ada' },
      ])
    }
  })

  it('CTC-01: one whose account has no organization does not count beside one whose account has', async () => {
    const contacts = [contact('dup@x.example', '0-held', 'Ada'), contact('dup@x.example', 'B', 'Bea')]
    const plan = await planned({ contacts })
    expect(plan.changes).toMatchObject([
      { op: 'create', key: 'dup@x.example', fields: { name: { to: 'Bea' }, organization_id: { to: '2' } } },
    ])
    expect(plan.skipped).toMatchObject([{ key: 'dup@x.example', reason: 'duplicate-email', name: 'Ada' }])
    expect(await explained({ contacts }, 'dup@x.example')).toContain(
      'AMB-21 The first by account and name counts; not Ada of 0-held.',
    )
  })

  it('a row without name or account is an error that names the account and no person', async () => {
    await expect(planned({ contacts: [contact('a@x.example', 'A', ' ')] })).rejects.toMatchObject({
      code: 'ROW_INVALID',
      message: expect.not.stringContaining('a@x.example') as string,
    })
    expect(contactColumns).toEqual(['Name', 'Email', 'Account.Account_ID_18__c'])
  })
})

describe('options', () => {
  it('every problem is told at once, each with its path', () => {
    // What a user without a compiler could write.
    const wrong = {
      after: {},
      users: targetOf({ name: 'users' }),
      contacts: sourceOf('contacts'),
      protect: { domain: setting('x') },
    } as never
    expect(() => usGovUserSync(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        issues: expect.arrayContaining([expect.anything(), expect.anything()]) as unknown,
      }) as Error,
    )
  })

  it('the sync comes after the organizations, and says what it reads', () => {
    const after = syncOf({}, { target: targetOf({ name: 'us-gov', records: [held('1', 'A')] }) })
    const contacts = sourceOf<never>('contacts')
    const users = targetOf({ name: 'users', types: userFields })
    const sync = usGovUserSync({ after, users, contacts, protect: { domains: setting(''), emails: setting('') } })
    expect(sync.after).toEqual([after])
    expect(sync.desired.needs?.map(({ name, planOf }) => planOf ?? name)).toEqual([
      'contacts',
      'us-gov',
      after,
      'users',
    ])
  })
})
