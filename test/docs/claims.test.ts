import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import * as zds from 'zds'
import * as entitlements from 'zds/entitlements'
import * as partnerSync from 'zds/partner-sync'
import * as salesforceSource from 'zds/salesforce-source'
import * as slackNotify from 'zds/slack-notify'
import * as openTelemetry from 'zds/opentelemetry'
import * as webhookNotify from 'zds/webhook-notify'
import * as testing from 'zds/testing'
import * as usGovUserSync from 'zds/us-gov-user-sync'
import * as zendeskTarget from 'zds/zendesk-target'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { RECORDS_OPTIONS, ZENDESK_OPTIONS } from '../../plugins/zendesk-target/options.ts'
import { ORGANIZATION, USER } from '../../plugins/zendesk-target/kinds.ts'
import { REASONS } from '../../src/core/plan/plan.ts'
import { blocksOf, page, pages, ROOT, textOf } from './pages.ts'

const documented = (path: string): Set<string> =>
  new Set([...page(path).text.matchAll(/`([A-Z][A-Z\d_]+)`/g)].map(([, name = '']) => name))

describe('what the documentation claims', () => {
  it('getting-started.md has every variable that zds and the reference configuration read, and no other', () => {
    const sources = ['sync.config.ts', 'src/core/http/policy.ts', 'src/core/http/proxy.ts', 'src/core/plan/seal.ts']
      .map(textOf)
      .join('\n')
    const read = [...sources.matchAll(/\b(?:env|secret)\('([A-Z\d_]+)'/g)].map(([, name = '']) => name)
    const rows = page('docs/getting-started.md')
      .text.split('\n')
      .filter((line) => line.startsWith('| `'))
    const listed = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([A-Z\d_]+)`/g)].map(([, name = '']) => name),
    )
    expect(listed.toSorted()).toEqual([...new Set(read)].toSorted())
  })

  it('concepts.md explains every reason to skip a record, and no other', () => {
    const { text } = page('docs/concepts.md')
    const section = text.slice(text.indexOf('### What a skip means'), text.indexOf('## Apply'))
    const listed = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, reason = '']) => reason)
    const { gone: _gone, undo: _undo, ...skips } = REASONS
    const others = [
      ...Object.keys(ORGANIZATION.words),
      ...Object.keys(USER.words),
      'duplicate-email',
      'id-case-lost',
      'arrived-meanwhile',
      'no-organization',
      'organization-unknown',
      'expired-not-created',
    ]
    expect(listed.toSorted()).toEqual([...Object.keys(skips), ...others].toSorted())
  })

  it('concepts.md shows the stages of the reference configuration', () => {
    const shown = blocksOf(page('docs/concepts.md')).find(({ text }) => text.startsWith('$ npx zds graph\n'))
    const said = execFileSync(process.execPath, ['--', join(ROOT, 'bin/zds.js'), 'graph'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect(shown?.text).toBe(`$ npx zds graph\n${said}`)
  })

  it('every export for configurations and plugins is documented', () => {
    const known = [page('docs/configuration.md'), page('docs/write-a-plugin.md'), page('docs/logs.md')]
      .map(({ text }) => text)
      .join('\n')
    const all = [
      zds,
      entitlements,
      partnerSync,
      salesforceSource,
      slackNotify,
      webhookNotify,
      openTelemetry,
      testing,
      usGovUserSync,
      zendeskTarget,
    ]
    const names = all.flatMap((one) => Object.keys(one))
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(known))).toEqual([])
  })

  it('configuration.md has every option of zendesk()', () => {
    const { text } = page('docs/configuration.md')
    const section = text.slice(text.indexOf('## zendesk'), text.indexOf('## sync'))
    const named = new Set([...section.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
    const options = [ZENDESK_OPTIONS, RECORDS_OPTIONS].flatMap(({ properties }) => Object.keys(properties))
    expect(options.filter((option) => !named.has(option))).toEqual([])
  })

  it('variables that pages name are some', () => {
    const known = documented('docs/getting-started.md')
    for (const path of [
      'README.md',
      'docs/configuration.md',
      'docs/concepts.md',
      'docs/ci.md',
      'docs/security.md',
      'docs/promises.md',
    ]) {
      const variables = [...documented(path)].filter((name) =>
        /^(SALESFORCE|ZENDESK|SLACK|SUPPORT|PARTNER|PROTECTED|ZDS)_/.test(name),
      )
      expect(variables.filter((name) => !known.has(name))).toEqual([])
    }
  })

  it.each(pages.flatMap(blocksOf).filter(({ language }) => language === 'yaml' || language === 'json'))(
    '$page, line $line: $language that can be read',
    ({ text }) => {
      expect(parseDocument(text).errors).toEqual([])
    },
  )
})
