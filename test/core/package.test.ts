import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { notInstalled, ZdsError } from 'zds'
import { ownDirectory, ownManifest, packageMissing } from '../../src/core/package.ts'

const ROOT = join(import.meta.dirname, '../..')

/** As Node says that a file found no package. */
const absent = (name: string, from: string): Error =>
  Object.assign(new Error(`Cannot find package '${name}' imported from ${from}`), { code: 'ERR_MODULE_NOT_FOUND' })

test('zds knows where it is and what its package says', () => {
  expect(ownDirectory()).toBe(ROOT)
  expect(ownManifest()).toEqual(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
})

test.each([
  '/home/ada/node_modules/zds/plugins/slack-notify/client.js',
  String.raw`C:\ada\node_modules\zds\plugins\slack-notify\client.js`,
])('a package that a part needs and %s did not find is named, with the command', (from) => {
  const cause = absent('@slack/web-api', from)
  const told = packageMissing(cause)
  expect(told).toBeInstanceOf(ZdsError)
  expect(told).toMatchObject({ code: 'PACKAGE_MISSING', cause })
  expect(told?.message).toBe('zds/slack-notify needs @slack/web-api: npm install @slack/web-api@latest')
  expect(() => notInstalled(cause)).toThrow(expect.objectContaining({ code: 'PACKAGE_MISSING' }) as Error)
})

test('all packages of a part are to be installed, each of the version that the package wants, where it says so', () => {
  const manifest = ownManifest() as { peerDependencies?: object } // so that it can be as it is once published
  manifest.peerDependencies = { jsforce: '>=13.10.26', 'csv-parse': '^7' }
  onTestFinished(() => void delete manifest.peerDependencies)
  const from = '/home/ada/node_modules/zds/plugins/salesforce-source/client.js'
  expect(packageMissing(absent('jsforce', from))?.message).toBe(
    'zds/salesforce-source needs jsforce: npm install csv-parse@7 jsforce@13',
  )
})

test('whatever else goes wrong stays what it is', () => {
  const others = [
    absent('@slack/web-api', '/home/ada/sync.config.ts'),
    absent('left-pad', '/home/ada/node_modules/zds/plugins/slack-notify/client.js'),
    new Error(`Cannot find package 'yaml' imported from /x/entitlements/yaml-file.js`),
    Object.assign(absent('@slack/web-api', '/zds/plugins/slack-notify/client.js'), { code: 'ERR_OTHER' }),
    Object.assign(absent('@slack/web-api', '/zds/plugins/slack-notify/client.js'), { message: 'something else' }),
    { code: 'ERR_MODULE_NOT_FOUND', message: "Cannot find package '@slack/web-api' imported from /slack-notify/" },
    'no error at all',
  ]
  for (const cause of others) {
    expect(packageMissing(cause)).toBeUndefined()
    expect(() => notInstalled(cause)).toThrow(cause)
  }
})
