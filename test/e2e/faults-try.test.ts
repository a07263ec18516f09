import { test } from 'vitest'
import { scene, faultWorld } from '../support/faults.ts'
test('try', async () => {
  for (let i = 0; i < 3; i++) {
  const here = await scene(faultWorld())
  let t = performance.now()
  const a = await here.apply()
  console.log(a.code, performance.now() - t, a.stdout, a.stderr.slice(-500))
  t = performance.now()
  console.log(await here.changes(), performance.now() - t)
  if (i === 0) for (const r of here.sandbox.requests) console.log(r.service, r.method, r.path, JSON.stringify(r.query).slice(0, 150))
  console.log(here.sandbox.requests.length, here.sandbox.slack.messages.length)
  await here.close()
  }
})
