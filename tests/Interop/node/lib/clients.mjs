// The two generations of NATS's own JavaScript client, which share an API but not the shape of errors and events.
import * as older from 'nats';
import * as newer from '@nats-io/transport-node';

export const clients = [
  {
    name: 'nats 2.x',
    ...pick(older),
    isNoResponders: (error) => error.code === '503',
    isTimeout: (error) => error.code === 'TIMEOUT',
    isPermissionViolation: (error) => error.code === 'PERMISSIONS_VIOLATION',
    isAuthorizationError: (error) => error.code === 'AUTHORIZATION_VIOLATION',
    isTooLarge: (error) => error.code === 'MAX_PAYLOAD_EXCEEDED',
    // Its status events carry the code, with the words in between where there are any.
    saysPermissionViolation: (event, words) => event.type === 'error' && event.data === 'PERMISSIONS_VIOLATION' && words.test(JSON.stringify(event)),
  },
  {
    name: '@nats-io/transport-node 3.x',
    ...pick(newer),
    isNoResponders: (error) => error instanceof newer.NoRespondersError || (error instanceof newer.RequestError && error.isNoResponders()),
    isTimeout: (error) => error instanceof newer.TimeoutError,
    isPermissionViolation: (error) => error instanceof newer.PermissionViolationError,
    isAuthorizationError: (error) => error instanceof newer.AuthorizationError,
    isTooLarge: (error) => error instanceof newer.InvalidArgumentError,
    saysPermissionViolation: (event, words) => event.type === 'error' && event.error instanceof newer.PermissionViolationError && words.test(event.error.message),
  },
];

function pick({ connect, headers, createInbox, nkeyAuthenticator, jwtAuthenticator, credsAuthenticator }) {
  return { connect, headers, createInbox, nkeyAuthenticator, jwtAuthenticator, credsAuthenticator };
}
