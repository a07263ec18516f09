export { startSandbox, type Sandbox, type SandboxInstance, type SandboxOptions } from './start.ts'
export { generateWorld, type GenerateOptions } from './world/generate.ts'
export type { Fault, FaultEffect, FaultKind, FaultMatch, Fired, RowSelection, StatusPreset } from './faults/types.ts'
export type { SalesforceOptions } from './salesforce/app.ts'
export type { SlackMessage, SlackOptions } from './slack/app.ts'
export type { ZendeskOptions } from './zendesk/app.ts'
export type {
  Clock,
  Field,
  JobStatus,
  Json,
  Membership,
  Organization,
  RequestLog,
  Row,
  Seed,
  User,
  World,
  ZendeskWorld,
} from './types.ts'
