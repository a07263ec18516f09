import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { instancesFrom } from '../../../src/cli/create/instances.ts'
import type { System } from '../../../src/cli/create/pipeline.ts'
import { projectOf } from '../../../src/cli/create/project.ts'
import { hostOf } from './checkout.ts'

/** A created project in a repository, with more files or others, its pipeline, and a sandbox. */
export async function scene(system: System, more: { readonly [path: string]: string } = {}) {
  const files = { ...projectOf('sync', instancesFrom('global,us-gov'), system).files, ...more }
  const pipeline = files[system === 'gitlab' ? '.gitlab-ci.yml' : '.github/workflows/zds.yml'] ?? ''
  const host = hostOf(files)
  const sandbox = await startSandbox({ world: generateWorld({ accounts: 60 }) })
  onTestFinished(async () => {
    await sandbox.close()
    host.remove()
  })
  const apply = { ...sandbox.env, ZDS_PLAN_KEY: randomBytes(32).toString('hex') }
  return { pipeline, host, sandbox, apply }
}

/** Somebody gives every account another owner: more updates than the limits let pass. */
export function reassign({ salesforce }: Sandbox): void {
  for (const account of salesforce.tables['Account'] ?? []) account['Account_Owner_Calc__c'] = 'Somebody Else'
}

export const isReassigned = ({ zendesk }: Sandbox): boolean =>
  (zendesk['global']?.organizations ?? []).filter(
    ({ organization_fields }) => organization_fields['account_owner'] === 'Somebody Else',
  ).length > 20

/** What GitLab says to each job. */
export const GITLAB = {
  CI_COMMIT_BRANCH: 'main',
  CI_DEFAULT_BRANCH: 'main',
  GITLAB_USER_LOGIN: 'ada',
  CI_JOB_URL: 'https://ci.example/1',
}
