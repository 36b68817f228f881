/** Whether a network lies between the parties. Promise: judged by addresses that were recorded; what is not known counts as far. */
import type { Facts } from './facts.ts'

export const NEAR = 'both ends are on this machine'

export const isLoopback = (address: string | undefined): boolean => address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address)

export const isClientNear = ({ session }: Facts): boolean => isLoopback(session.client.address)
export const isServerNear = ({ exchanges }: Facts): boolean => isLoopback(exchanges.findLast(one => one.serverAddress)?.serverAddress)
