import { once } from 'node:events';
import { connect } from 'node:net';
import { ClientConnection } from '../../../client/connection.js';
import { Link } from '../../../client/link.js';
import { fail } from '../../../protocol/fail.js';

/** One greeted connection. */
export async function openConnection(path: string): Promise<ClientConnection> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw fail('daemonUnreachable', { socket: path, reason: String(error) });
  }
  const connection = new ClientConnection(socket);
  await connection.request('initialize', { protocolVersion: 1 });
  return connection;
}

/** A link that makes greeted connections to a socket. */
export const openLinkTo = (path: string): Link => new Link(() => openConnection(path));
