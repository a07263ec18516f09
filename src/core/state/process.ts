import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'

/** Where CI systems say which job this is. */
const JOBS = ['CI_JOB_URL', 'GITHUB_RUN_ID', 'BUILD_URL', 'BUILDKITE_BUILD_URL']

/** This process, as locks name it. */
export type Self = {
  readonly holder: string
  readonly host: string
  /**
   * Processes with an equal one see each other by their numbers; two containers of one name do not.
   */
  readonly machine: string
  readonly process: number
  readonly job: string | null
}

export function thisProcess(): Self {
  const job = JOBS.map((name) => process.env[name]).find((value) => value !== undefined && value !== '')
  return { holder: userName(), host: hostname(), machine: machine(), process: process.pid, job: job ?? null }
}

/**
 * The boot of the kernel and the space of process numbers, where the system tells them; else the
 * host's name.
 */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/**
 * False for a process of this machine that is gone; of another machine's nothing can be seen from
 * here.
 */
export function mayLive(other: Pick<Self, 'machine' | 'process'>): boolean {
  return other.machine !== machine() || exists(other.process)
}

/** Whether a process of this machine exists. */
function exists(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // the answer of the system
    return code === 'EPERM' // it exists, and is somebody else's
  }
}

/** Who runs this process; a container may have no such user. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
