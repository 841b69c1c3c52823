/**
 * The GitHub broker: it holds the real GitHub credential and gives others what their `.bithub.token` allows.
 *
 * The owner gets the credential itself: printed, through git's credential protocol (gitcredentials(7)) or as the answer
 * to GIT_ASKPASS. The holder of a `.bithub.token` never does. His calls go to a proxy on loopback, which verifies the
 * token (audience `github`), finds the capability that method and path need (`github:write:owner/repo:issues`), asks the
 * policy gate, sends the call on with the credential and gives back an answer in which it does not stand. A call that
 * may change something is an operation of its own in the ledger, inside the broker's.
 */
export { type ApiCall, callOf } from './call.ts';
export { type GithubCredential, githubCredential } from './credential.ts';
export { askpassHost, parseCredentialRequest } from './credential-request.ts';
export { type GithubAccess, type HandOverRequest, handOver, renderAccess } from './hand-over.ts';
export { type GithubHost, githubHost } from './host.ts';
export { type BrokerRequest, type BrokerSession, serveBroker } from './serve.ts';
