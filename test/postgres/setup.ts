import type { TestProject } from 'vitest/node'
import { startPostgres } from '../support/postgres.ts'

/** One PostgreSQL for all files of the project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startPostgres()
  project.provide('postgres', `postgres://zds@127.0.0.1:${cluster.port}`)
  return () => cluster.remove()
}
