import { test } from 'vitest'
import { startSandbox } from 'zds/sandbox'
import { slackNotify } from 'zds/slack-notify'
import { observerLaws, settingOf, testLaws, testRun } from 'zds/testing'

const channel = settingOf('SLACK_CHANNEL', 'C0SANDBOX')

const notifier = observerLaws(async () => {
  const sandbox = await startSandbox({ world: { salesforce: {}, zendesk: {} } })
  const observer = slackNotify({
    token: settingOf('SLACK_BOT_TOKEN', sandbox.env['SLACK_BOT_TOKEN'] ?? ''),
    apiUrl: settingOf('SLACK_API_URL', sandbox.env['SLACK_API_URL'] ?? ''),
    channels: { 'without-people': channel, failures: channel, limits: channel, summary: channel },
  })
  return { observer, run: testRun, close: () => sandbox.close() }
})

testLaws(test, 'slack', notifier)
