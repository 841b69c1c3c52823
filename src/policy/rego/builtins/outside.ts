/** Builtins that would look beyond the decision's input. What they would find is not theirs to see, unless allowed. */
import { isIP } from 'node:net';
import { jsonText } from '../text.ts';
import { objectEntries, objectGet, RegoObject, RegoSet, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

const PARAMETERS = new Set(
  (
    'method url body enable_redirect force_json_decode force_yaml_decode headers raw_body tls_use_system_certs ' +
    'tls_ca_cert tls_ca_cert_file tls_ca_cert_env_variable tls_client_cert tls_client_cert_file ' +
    'tls_client_cert_env_variable tls_client_key tls_client_key_file tls_client_key_env_variable ' +
    'tls_insecure_skip_verify tls_server_name timeout cache force_cache force_cache_duration_seconds ' +
    'raise_error caching_mode max_retry_attempts cache_ignored_headers'
  ).split(' '),
);

export function refused(): BuiltinError {
  return new BuiltinError('policies may not send requests here: policy.http allows none');
}

function send(o: Operands): Value {
  const request = o.object(0);
  const unknown = objectEntries(request).filter(([key]) => typeof key !== 'string' || !PARAMETERS.has(key));
  if (unknown.length > 0) {
    const names = unknown.map(([key]) => jsonText(key)).join(', ');
    throw new BuiltinError(`invalid request parameters(s): {${names.slice(0, 200)}}`, 'eval_type_error');
  }
  const missing = ['method', 'url'].filter((name) => objectGet(request, name) === undefined);
  if (missing.length > 0) {
    const names = missing.map((name) => JSON.stringify(name)).join(', ');
    throw new BuiltinError(`missing required request parameters(s): {${names}}`, 'eval_type_error');
  }
  const { http } = o.machine;
  if (http === undefined) throw refused();
  return http(request, o.machine);
}

/** An address stands for itself; names are not looked up, for the answer is somebody else's and comes late. */
function lookup(o: Operands): Value {
  const name = o.string(0);
  if (isIP(name) !== 0) return new RegoSet([name]);
  if (name === 'localhost') return new RegoSet(['127.0.0.1', '::1']);
  throw new BuiltinError(`names are not looked up: ${name.slice(0, 80)}`);
}

function outsideRule(): never {
  throw new BuiltinError('metadata is known in rules only');
}

export const OUTSIDE = builtins({
  'http.send': [1, send],
  'net.lookup_ip_addr': [1, lookup],
  // The compiler puts the metadata where a rule asks for it.
  'rego.metadata.chain': [0, outsideRule],
  'rego.metadata.rule': [0, outsideRule],
  // Neither environment nor configuration is shown.
  'opa.runtime': [0, () => new RegoObject()],
});
