import { test } from 'vitest'
import { userFields, usGovUserSync } from 'zds/us-gov-user-sync'
import { processorLaws, testLaws, testRun } from 'zds/testing'
import { held, sourceOf, syncOf, targetOf } from '../../support/syncs.ts'
import { contact, setting } from './scene.ts'

const organizations = [held('1', 'A'), held('2', 'B')]
const contacts = [contact('ada@a.example'), contact('ADA@a.example', 'B'), contact('bo@b.example', 'C'), contact(null)]
const plan = [
  { name: 'us-gov', skipped: [] },
  { op: 'create', key: 'C', fields: {} },
]

const users = processorLaws(() => ({
  source: usGovUserSync({
    after: syncOf({}, { target: targetOf({ name: 'us-gov', records: organizations }) }),
    users: targetOf({ name: 'us-gov-users', types: userFields }),
    contacts: sourceOf('contacts'),
    protect: { domains: setting('gitlab.com'), emails: setting(undefined) },
  }).desired,
  run: () => testRun({ contacts, 'us-gov': organizations, plan }),
}))

testLaws(test, 'users of US Government', users)
