import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { jobUrl } from '../telling.ts'

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
  return { holder: userName(), host: hostname(), machine: machine(), process: process.pid, job: jobUrl() ?? null }
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
