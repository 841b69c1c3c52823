/**
 * Generated from messages.ts by `node scripts/docs.ts`. What a message must be, as functions: each says the first place
 * where a value departs from its schema.
 */
import { additional, characters, type Fault, isObject, members, missing, within, wrong } from './fault.ts';

const PATTERN0 = /^M-[A-Za-z0-9._-]{1,64}$/u;
const PATTERN1 = /^aln:\/\/[a-z0-9][a-z0-9._-]{0,63}(\/[a-z0-9][a-z0-9._-]{0,63}){0,7}$/u;
const PATTERN2 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/u;
const PATTERN3 = /^[A-Za-z0-9_-]{43}$/u;
const PATTERN4 = /^[^\u0000-\u001f\u007f]*$/u;
const PATTERN5 = /^ed25519:[0-9a-f]{64}$/u;
const PATTERN6 = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/u;
const PATTERN7 = /^[a-z][a-z0-9_-]{0,31}$/u;
const PATTERN8 = /^sha256-[0-9a-f]{64}$/u;
const PATTERN9 = /^[A-Za-z0-9_-]{86}$/u;
const PATTERN10 = /^[a-z_][a-z0-9_]{0,63}(\.[a-z_][a-z0-9_]{0,63}){0,7}$/u;
const PATTERN11 = /^tls-server-end-point:[0-9a-f]{64}$/u;
const PATTERN12 = /^J-[A-Za-z0-9]{1,40}$/u;
const PATTERN13 = /^git\+(https?|ssh|git|file):\/\/[^\s\u0000-\u001f\u007f]{1,2000}$/u;
const PATTERN14 = /^([0-9a-f]{40}|[0-9a-f]{64})$/u;
const PATTERN15 = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u;
const PATTERN16 = /^(aln\+ns|aln\+s3|ipfs|file):\/\/[^\s\u0000-\u001f\u007f]{1,1024}$/u;
const PATTERN17 = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/u;
const PATTERN18 = /^[a-z][a-z0-9_-]{0,31}(\/[A-Za-z0-9][A-Za-z0-9.+_-]{0,63})?$/u;
const PATTERN19 = /^[0-9a-f]{64}$/u;
const PATTERN20 = /^[a-z][a-z0-9_]{0,63}$/u;
const PATTERN21 = /^[A-Za-z]{1,32}$/u;
function check1(value: unknown): Fault | undefined {
  if (value !== 'CHALLENGE') return wrong('is not CHALLENGE');
  return undefined;
}
function check2(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.challenge.v1') return wrong('is not bithub.mesh.challenge.v1');
  return undefined;
}
function check3(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN0.test(value)) return wrong('does not match ^M-[A-Za-z0-9._-]{1,64}$');
  return undefined;
}
function check4(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 256 && characters(value) > 256) return wrong('is longer than 256 characters');
  if (!PATTERN1.test(value)) return wrong('does not match ^aln://[a-z0-9][a-z0-9._-]{0,63}(/[a-z0-9][a-z0-9._-]{0,63}){0,7}$');
  return undefined;
}
function check5(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN2.test(value)) return wrong('does not match ^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$');
  return undefined;
}
function check7(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN3.test(value)) return wrong('does not match ^[A-Za-z0-9_-]{43}$');
  return undefined;
}
function check9(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 16 && characters(value) > 16) return wrong('is longer than 16 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check8(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length < 1) return wrong('has fewer items than 1');
  if (value.length > 16) return wrong('has more items than 16');
  for (let at = 0; at < value.length; at++) {
    const fault = check9(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check10(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 128 && characters(value) > 128) return wrong('is longer than 128 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check11(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN5.test(value)) return wrong('does not match ^ed25519:[0-9a-f]{64}$');
  return undefined;
}
function check12(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1024) return wrong('is less than 1024');
  return undefined;
}
function check6(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['nonce'] === undefined) return missing('nonce');
  fault = check7(value['nonce']);
  if (fault !== undefined) return within('nonce', fault);
  if (value['versions'] === undefined) return missing('versions');
  fault = check8(value['versions']);
  if (fault !== undefined) return within('versions', fault);
  if (value['mesh'] === undefined) return missing('mesh');
  fault = check10(value['mesh']);
  if (fault !== undefined) return within('mesh', fault);
  if (value['public_key'] === undefined) return missing('public_key');
  fault = check11(value['public_key']);
  if (fault !== undefined) return within('public_key', fault);
  if (value['max_message_bytes'] === undefined) return missing('max_message_bytes');
  fault = check12(value['max_message_bytes']);
  if (fault !== undefined) return within('max_message_bytes', fault);
  if (members(value) !== known + 5) return additional(value, ['nonce', 'versions', 'mesh', 'public_key', 'max_message_bytes']);
  return undefined;
}
function check0(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check1(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check2(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check6(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check14(value: unknown): Fault | undefined {
  if (value !== 'HELLO') return wrong('is not HELLO');
  return undefined;
}
function check15(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.hello.v1') return wrong('is not bithub.mesh.hello.v1');
  return undefined;
}
function check16(value: unknown): Fault | undefined {
  if (value !== 'strict' && value !== 'creative' && value !== 'hybrid') return wrong('is none of strict, creative, hybrid');
  return undefined;
}
function check19(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN6.test(value)) return wrong('does not match ^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$');
  return undefined;
}
function check18(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 64) return wrong('has more items than 64');
  for (let at = 0; at < value.length; at++) {
    const fault = check19(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check17(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (!PATTERN7.test(name)) return within(name, wrong('has a name that does not match ^[a-z][a-z0-9_-]{0,31}$'));
    const fault = check18(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 32) return wrong('has more members than 32');
  return undefined;
}
function check21(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 256 && characters(value) > 256) return wrong('is longer than 256 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check20(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 16) return wrong('has more items than 16');
  for (let at = 0; at < value.length; at++) {
    const fault = check21(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check22(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN8.test(value)) return wrong('does not match ^sha256-[0-9a-f]{64}$');
  return undefined;
}
function check23(value: unknown): Fault | undefined {
  if (value !== 'runner' && value !== 'client') return wrong('is none of runner, client');
  return undefined;
}
function check24(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN9.test(value)) return wrong('does not match ^[A-Za-z0-9_-]{86}$');
  return undefined;
}
function check26(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN10.test(value)) return wrong('does not match ^[a-z_][a-z0-9_]{0,63}(\\.[a-z_][a-z0-9_]{0,63}){0,7}$');
  return undefined;
}
function check25(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 256) return wrong('has more items than 256');
  for (let at = 0; at < value.length; at++) {
    const fault = check26(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check27(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 1024) return wrong('is more than 1024');
  return undefined;
}
function check28(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 64 && characters(value) > 64) return wrong('is longer than 64 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check30(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 1024) return wrong('is more than 1024');
  return undefined;
}
function check31(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 0) return wrong('is less than 0');
  return undefined;
}
function check32(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 64) return wrong('is more than 64');
  return undefined;
}
function check33(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (!PATTERN6.test(name)) return within(name, wrong('has a name that does not match ^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$'));
    const fault = check32(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 64) return wrong('has more members than 64');
  return undefined;
}
function check29(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['cpu'] !== undefined) {
    known += 1;
    fault = check30(value['cpu']);
    if (fault !== undefined) return within('cpu', fault);
  }
  if (value['memory_bytes'] !== undefined) {
    known += 1;
    fault = check31(value['memory_bytes']);
    if (fault !== undefined) return within('memory_bytes', fault);
  }
  if (value['gpu'] !== undefined) {
    known += 1;
    fault = check32(value['gpu']);
    if (fault !== undefined) return within('gpu', fault);
  }
  if (value['gpus'] !== undefined) {
    known += 1;
    fault = check33(value['gpus']);
    if (fault !== undefined) return within('gpus', fault);
  }
  if (members(value) !== known + 0) return additional(value, ['cpu', 'memory_bytes', 'gpu', 'gpus']);
  return undefined;
}
function check34(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 16) return wrong('has more items than 16');
  for (let at = 0; at < value.length; at++) {
    const fault = check28(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check35(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN11.test(value)) return wrong('does not match ^tls-server-end-point:[0-9a-f]{64}$');
  return undefined;
}
function check36(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 4096 && characters(value) > 4096) return wrong('is longer than 4096 characters');
  return undefined;
}
function check39(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN12.test(value)) return wrong('does not match ^J-[A-Za-z0-9]{1,40}$');
  return undefined;
}
function check40(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1) return wrong('is less than 1');
  if ((value as number) > 9007199254740991) return wrong('is more than 9007199254740991');
  return undefined;
}
function check38(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (members(value) !== known + 2) return additional(value, ['job_id', 'fence']);
  return undefined;
}
function check37(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 1024) return wrong('has more items than 1024');
  for (let at = 0; at < value.length; at++) {
    const fault = check38(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check13(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check14(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check15(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['runner_id'] === undefined) return missing('runner_id');
  fault = check4(value['runner_id']);
  if (fault !== undefined) return within('runner_id', fault);
  if (value['persona'] === undefined) return missing('persona');
  fault = check16(value['persona']);
  if (fault !== undefined) return within('persona', fault);
  if (value['capabilities'] === undefined) return missing('capabilities');
  fault = check17(value['capabilities']);
  if (fault !== undefined) return within('capabilities', fault);
  if (value['storage'] === undefined) return missing('storage');
  fault = check20(value['storage']);
  if (fault !== undefined) return within('storage', fault);
  if (value['policy_hash'] === undefined) return missing('policy_hash');
  fault = check22(value['policy_hash']);
  if (fault !== undefined) return within('policy_hash', fault);
  if (value['public_key'] === undefined) return missing('public_key');
  fault = check11(value['public_key']);
  if (fault !== undefined) return within('public_key', fault);
  if (value['role'] !== undefined) {
    known += 1;
    fault = check23(value['role']);
    if (fault !== undefined) return within('role', fault);
  }
  if (value['versions'] === undefined) return missing('versions');
  fault = check8(value['versions']);
  if (fault !== undefined) return within('versions', fault);
  if (value['nonce'] === undefined) return missing('nonce');
  fault = check7(value['nonce']);
  if (fault !== undefined) return within('nonce', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['signature'] === undefined) return missing('signature');
  fault = check24(value['signature']);
  if (fault !== undefined) return within('signature', fault);
  if (value['policies'] !== undefined) {
    known += 1;
    fault = check25(value['policies']);
    if (fault !== undefined) return within('policies', fault);
  }
  if (value['max_concurrent_jobs'] !== undefined) {
    known += 1;
    fault = check27(value['max_concurrent_jobs']);
    if (fault !== undefined) return within('max_concurrent_jobs', fault);
  }
  if (value['profile'] !== undefined) {
    known += 1;
    fault = check28(value['profile']);
    if (fault !== undefined) return within('profile', fault);
  }
  if (value['resources'] !== undefined) {
    known += 1;
    fault = check29(value['resources']);
    if (fault !== undefined) return within('resources', fault);
  }
  if (value['priority_bias'] !== undefined) {
    known += 1;
    fault = check34(value['priority_bias']);
    if (fault !== undefined) return within('priority_bias', fault);
  }
  if (value['channel'] !== undefined) {
    known += 1;
    fault = check35(value['channel']);
    if (fault !== undefined) return within('channel', fault);
  }
  if (value['resume'] !== undefined) {
    known += 1;
    fault = check36(value['resume']);
    if (fault !== undefined) return within('resume', fault);
  }
  if (value['jobs'] !== undefined) {
    known += 1;
    fault = check37(value['jobs']);
    if (fault !== undefined) return within('jobs', fault);
  }
  if (members(value) !== known + 12) return additional(value, ['type', 'schema', 'runner_id', 'persona', 'capabilities', 'storage', 'policy_hash', 'public_key', 'role', 'versions', 'nonce', 'ts', 'signature', 'policies', 'max_concurrent_jobs', 'profile', 'resources', 'priority_bias', 'channel', 'resume', 'jobs']);
  return undefined;
}
function check42(value: unknown): Fault | undefined {
  if (value !== 'HELLO_ACK') return wrong('is not HELLO_ACK');
  return undefined;
}
function check43(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.hello_ack.v1') return wrong('is not bithub.mesh.hello_ack.v1');
  return undefined;
}
function check45(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 256 && characters(value) > 256) return wrong('is longer than 256 characters');
  return undefined;
}
function check46(value: unknown): Fault | undefined {
  if (value !== null) return wrong('is not null');
  return undefined;
}
function check44(value: unknown): Fault | undefined {
  const fault = check45(value);
  if (fault !== undefined && check46(value) !== undefined) return fault;
  return undefined;
}
function check47(value: unknown): Fault | undefined {
  if (typeof value !== 'boolean') return wrong('is neither true nor false');
  return undefined;
}
function check48(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 3600) return wrong('is more than 3600');
  return undefined;
}
function check50(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 1000000000) return wrong('is more than 1000000000');
  return undefined;
}
function check51(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1) return wrong('is less than 1');
  if ((value as number) > 1000000000) return wrong('is more than 1000000000');
  return undefined;
}
function check49(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['per_peer_rps'] === undefined) return missing('per_peer_rps');
  fault = check50(value['per_peer_rps']);
  if (fault !== undefined) return within('per_peer_rps', fault);
  if (value['burst'] === undefined) return missing('burst');
  fault = check51(value['burst']);
  if (fault !== undefined) return within('burst', fault);
  if (members(value) !== known + 2) return additional(value, ['per_peer_rps', 'burst']);
  return undefined;
}
function check41(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check42(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check43(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['session'] === undefined) return missing('session');
  fault = check36(value['session']);
  if (fault !== undefined) return within('session', fault);
  if (value['mesh_time'] === undefined) return missing('mesh_time');
  fault = check5(value['mesh_time']);
  if (fault !== undefined) return within('mesh_time', fault);
  if (value['upgrade_hint'] === undefined) return missing('upgrade_hint');
  fault = check44(value['upgrade_hint']);
  if (fault !== undefined) return within('upgrade_hint', fault);
  if (value['version'] === undefined) return missing('version');
  fault = check9(value['version']);
  if (fault !== undefined) return within('version', fault);
  if (value['resumed'] === undefined) return missing('resumed');
  fault = check47(value['resumed']);
  if (fault !== undefined) return within('resumed', fault);
  if (value['heartbeat_s'] === undefined) return missing('heartbeat_s');
  fault = check48(value['heartbeat_s']);
  if (fault !== undefined) return within('heartbeat_s', fault);
  if (value['lease_s'] === undefined) return missing('lease_s');
  fault = check48(value['lease_s']);
  if (fault !== undefined) return within('lease_s', fault);
  if (value['rates'] !== undefined) {
    known += 1;
    fault = check49(value['rates']);
    if (fault !== undefined) return within('rates', fault);
  }
  if (value['signature'] === undefined) return missing('signature');
  fault = check24(value['signature']);
  if (fault !== undefined) return within('signature', fault);
  if (members(value) !== known + 10) return additional(value, ['type', 'schema', 'session', 'mesh_time', 'upgrade_hint', 'version', 'resumed', 'heartbeat_s', 'lease_s', 'rates', 'signature']);
  return undefined;
}
function check53(value: unknown): Fault | undefined {
  if (value !== 'HEARTBEAT') return wrong('is not HEARTBEAT');
  return undefined;
}
function check54(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.heartbeat.v1') return wrong('is not bithub.mesh.heartbeat.v1');
  return undefined;
}
function check55(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 100000) return wrong('is more than 100000');
  return undefined;
}
function check52(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check53(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check54(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['runner_id'] === undefined) return missing('runner_id');
  fault = check4(value['runner_id']);
  if (fault !== undefined) return within('runner_id', fault);
  if (value['jobs_active'] === undefined) return missing('jobs_active');
  fault = check55(value['jobs_active']);
  if (fault !== undefined) return within('jobs_active', fault);
  if (value['load'] === undefined) return missing('load');
  fault = check30(value['load']);
  if (fault !== undefined) return within('load', fault);
  if (value['draining'] !== undefined) {
    known += 1;
    fault = check47(value['draining']);
    if (fault !== undefined) return within('draining', fault);
  }
  if (members(value) !== known + 5) return additional(value, ['type', 'schema', 'runner_id', 'jobs_active', 'load', 'draining']);
  return undefined;
}
function check57(value: unknown): Fault | undefined {
  if (value !== 'JOB_OFFER') return wrong('is not JOB_OFFER');
  return undefined;
}
function check58(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.offer.v1') return wrong('is not bithub.mesh.job.offer.v1');
  return undefined;
}
function check60(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN13.test(value)) return wrong('does not match ^git\\+(https?|ssh|git|file)://[^\\s\\u0000-\\u001f\\u007f]{1,2000}$');
  return undefined;
}
function check61(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN14.test(value)) return wrong('does not match ^([0-9a-f]{40}|[0-9a-f]{64})$');
  return undefined;
}
function check64(value: unknown): Fault | undefined {
  if (value !== 'command') return wrong('is not command');
  return undefined;
}
function check66(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 32768 && characters(value) > 32768) return wrong('is longer than 32768 characters');
  return undefined;
}
function check65(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length < 1) return wrong('has fewer items than 1');
  if (value.length > 256) return wrong('has more items than 256');
  for (let at = 0; at < value.length; at++) {
    const fault = check66(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check63(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['kind'] === undefined) return missing('kind');
  fault = check64(value['kind']);
  if (fault !== undefined) return within('kind', fault);
  if (value['argv'] === undefined) return missing('argv');
  fault = check65(value['argv']);
  if (fault !== undefined) return within('argv', fault);
  if (members(value) !== known + 2) return additional(value, ['kind', 'argv']);
  return undefined;
}
function check68(value: unknown): Fault | undefined {
  if (value !== 'workflow') return wrong('is not workflow');
  return undefined;
}
function check69(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 1024 && characters(value) > 1024) return wrong('is longer than 1024 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check71(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 65536 && characters(value) > 65536) return wrong('is longer than 65536 characters');
  return undefined;
}
function check70(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (name.length > 128 && characters(name) > 128) return within(name, wrong('has a name longer than 128 characters'));
    const fault = check71(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 256) return wrong('has more members than 256');
  return undefined;
}
function check73(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN15.test(value)) return wrong('does not match ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$');
  return undefined;
}
function check75(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN16.test(value)) return wrong('does not match ^(aln\\+ns|aln\\+s3|ipfs|file)://[^\\s\\u0000-\\u001f\\u007f]{1,1024}$');
  return undefined;
}
function check74(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['uri'] === undefined) return missing('uri');
  fault = check75(value['uri']);
  if (fault !== undefined) return within('uri', fault);
  if (value['complete'] === undefined) return missing('complete');
  fault = check47(value['complete']);
  if (fault !== undefined) return within('complete', fault);
  if (members(value) !== known + 2) return additional(value, ['uri', 'complete']);
  return undefined;
}
function check72(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['document'] === undefined) return missing('document');
  fault = check73(value['document']);
  if (fault !== undefined) return within('document', fault);
  if (value['bundle'] !== undefined) {
    known += 1;
    fault = check74(value['bundle']);
    if (fault !== undefined) return within('bundle', fault);
  }
  if (members(value) !== known + 1) return additional(value, ['document', 'bundle']);
  return undefined;
}
function check76(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 256) return wrong('has more items than 256');
  for (let at = 0; at < value.length; at++) {
    const fault = check10(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check67(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['kind'] === undefined) return missing('kind');
  fault = check68(value['kind']);
  if (fault !== undefined) return within('kind', fault);
  if (value['workflow'] === undefined) return missing('workflow');
  fault = check69(value['workflow']);
  if (fault !== undefined) return within('workflow', fault);
  if (value['inputs'] !== undefined) {
    known += 1;
    fault = check70(value['inputs']);
    if (fault !== undefined) return within('inputs', fault);
  }
  if (value['job'] !== undefined) {
    known += 1;
    fault = check21(value['job']);
    if (fault !== undefined) return within('job', fault);
  }
  if (value['instance'] !== undefined) {
    known += 1;
    fault = check69(value['instance']);
    if (fault !== undefined) return within('instance', fault);
  }
  if (value['delegation'] !== undefined) {
    known += 1;
    fault = check72(value['delegation']);
    if (fault !== undefined) return within('delegation', fault);
  }
  if (value['secrets'] !== undefined) {
    known += 1;
    fault = check76(value['secrets']);
    if (fault !== undefined) return within('secrets', fault);
  }
  if (members(value) !== known + 2) return additional(value, ['kind', 'workflow', 'inputs', 'job', 'instance', 'delegation', 'secrets']);
  return undefined;
}
function check62(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  switch (value['kind']) {
    case 'command':
      return check63(value);
    case 'workflow':
      return check67(value);
    case undefined:
      return missing('kind');
    default:
      return within('kind', wrong('is none of command, workflow'));
  }
}
function check77(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (!PATTERN17.test(name)) return within(name, wrong('has a name that does not match ^[A-Za-z_][A-Za-z0-9_]{0,127}$'));
    const fault = check66(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 256) return wrong('has more members than 256');
  return undefined;
}
function check80(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN18.test(value)) return wrong('does not match ^[a-z][a-z0-9_-]{0,31}(/[A-Za-z0-9][A-Za-z0-9.+_-]{0,63})?$');
  return undefined;
}
function check79(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 64) return wrong('has more items than 64');
  for (let at = 0; at < value.length; at++) {
    const fault = check80(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check81(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 64) return wrong('has more items than 64');
  for (let at = 0; at < value.length; at++) {
    const fault = check26(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check82(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['cpu'] !== undefined) {
    known += 1;
    fault = check30(value['cpu']);
    if (fault !== undefined) return within('cpu', fault);
  }
  if (value['memory_bytes'] !== undefined) {
    known += 1;
    fault = check31(value['memory_bytes']);
    if (fault !== undefined) return within('memory_bytes', fault);
  }
  if (value['gpu'] !== undefined) {
    known += 1;
    fault = check32(value['gpu']);
    if (fault !== undefined) return within('gpu', fault);
  }
  if (members(value) !== known + 0) return additional(value, ['cpu', 'memory_bytes', 'gpu']);
  return undefined;
}
function check78(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['capabilities'] === undefined) return missing('capabilities');
  fault = check79(value['capabilities']);
  if (fault !== undefined) return within('capabilities', fault);
  if (value['policies'] !== undefined) {
    known += 1;
    fault = check81(value['policies']);
    if (fault !== undefined) return within('policies', fault);
  }
  if (value['persona'] !== undefined) {
    known += 1;
    fault = check16(value['persona']);
    if (fault !== undefined) return within('persona', fault);
  }
  if (value['runner'] !== undefined) {
    known += 1;
    fault = check4(value['runner']);
    if (fault !== undefined) return within('runner', fault);
  }
  if (value['compliance'] !== undefined) {
    known += 1;
    fault = check28(value['compliance']);
    if (fault !== undefined) return within('compliance', fault);
  }
  if (value['resources'] !== undefined) {
    known += 1;
    fault = check82(value['resources']);
    if (fault !== undefined) return within('resources', fault);
  }
  if (members(value) !== known + 1) return additional(value, ['capabilities', 'policies', 'persona', 'runner', 'compliance', 'resources']);
  return undefined;
}
function check83(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 256) return wrong('has more items than 256');
  for (let at = 0; at < value.length; at++) {
    const fault = check75(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check84(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 100) return wrong('is more than 100');
  return undefined;
}
function check85(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1) return wrong('is less than 1');
  if ((value as number) > 604800) return wrong('is more than 604800');
  return undefined;
}
function check86(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1) return wrong('is less than 1');
  if ((value as number) > 100) return wrong('is more than 100');
  return undefined;
}
function check59(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['repo'] === undefined) return missing('repo');
  fault = check60(value['repo']);
  if (fault !== undefined) return within('repo', fault);
  if (value['commit'] !== undefined) {
    known += 1;
    fault = check61(value['commit']);
    if (fault !== undefined) return within('commit', fault);
  }
  if (value['task'] !== undefined) {
    known += 1;
    fault = check62(value['task']);
    if (fault !== undefined) return within('task', fault);
  }
  if (value['env'] !== undefined) {
    known += 1;
    fault = check77(value['env']);
    if (fault !== undefined) return within('env', fault);
  }
  if (value['required'] === undefined) return missing('required');
  fault = check78(value['required']);
  if (fault !== undefined) return within('required', fault);
  if (value['artifacts_in'] !== undefined) {
    known += 1;
    fault = check83(value['artifacts_in']);
    if (fault !== undefined) return within('artifacts_in', fault);
  }
  if (value['artifacts_out'] !== undefined) {
    known += 1;
    fault = check83(value['artifacts_out']);
    if (fault !== undefined) return within('artifacts_out', fault);
  }
  if (value['priority'] === undefined) return missing('priority');
  fault = check84(value['priority']);
  if (fault !== undefined) return within('priority', fault);
  if (value['timeout_s'] === undefined) return missing('timeout_s');
  fault = check85(value['timeout_s']);
  if (fault !== undefined) return within('timeout_s', fault);
  if (value['profile'] !== undefined) {
    known += 1;
    fault = check28(value['profile']);
    if (fault !== undefined) return within('profile', fault);
  }
  if (value['network'] !== undefined) {
    known += 1;
    fault = check47(value['network']);
    if (fault !== undefined) return within('network', fault);
  }
  if (value['attempts'] !== undefined) {
    known += 1;
    fault = check86(value['attempts']);
    if (fault !== undefined) return within('attempts', fault);
  }
  if (members(value) !== known + 5) return additional(value, ['job_id', 'repo', 'commit', 'task', 'env', 'required', 'artifacts_in', 'artifacts_out', 'priority', 'timeout_s', 'profile', 'network', 'attempts']);
  return undefined;
}
function check56(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check57(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check58(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check59(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check88(value: unknown): Fault | undefined {
  if (value !== 'JOB_BID') return wrong('is not JOB_BID');
  return undefined;
}
function check89(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.bid.v1') return wrong('is not bithub.mesh.job.bid.v1');
  return undefined;
}
function check91(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 31536000) return wrong('is more than 31536000');
  return undefined;
}
function check92(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 1) return wrong('is more than 1');
  return undefined;
}
function check90(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['eta_s'] === undefined) return missing('eta_s');
  fault = check91(value['eta_s']);
  if (fault !== undefined) return within('eta_s', fault);
  if (value['cost_units'] === undefined) return missing('cost_units');
  fault = check50(value['cost_units']);
  if (fault !== undefined) return within('cost_units', fault);
  if (value['confidence'] === undefined) return missing('confidence');
  fault = check92(value['confidence']);
  if (fault !== undefined) return within('confidence', fault);
  if (members(value) !== known + 4) return additional(value, ['job_id', 'eta_s', 'cost_units', 'confidence']);
  return undefined;
}
function check87(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check88(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check89(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check90(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check94(value: unknown): Fault | undefined {
  if (value !== 'JOB_CLAIM') return wrong('is not JOB_CLAIM');
  return undefined;
}
function check95(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.claim.v1') return wrong('is not bithub.mesh.job.claim.v1');
  return undefined;
}
function check96(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (members(value) !== known + 1) return additional(value, ['job_id']);
  return undefined;
}
function check93(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check94(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check95(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check96(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check98(value: unknown): Fault | undefined {
  if (value !== 'JOB_DECLINE') return wrong('is not JOB_DECLINE');
  return undefined;
}
function check99(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.decline.v1') return wrong('is not bithub.mesh.job.decline.v1');
  return undefined;
}
function check101(value: unknown): Fault | undefined {
  if (value !== 'policy' && value !== 'busy' && value !== 'capability' && value !== 'draining' && value !== 'preflight') return wrong('is none of policy, busy, capability, draining, preflight');
  return undefined;
}
function check102(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 2048 && characters(value) > 2048) return wrong('is longer than 2048 characters');
  return undefined;
}
function check100(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] !== undefined) {
    known += 1;
    fault = check40(value['fence']);
    if (fault !== undefined) return within('fence', fault);
  }
  if (value['code'] === undefined) return missing('code');
  fault = check101(value['code']);
  if (fault !== undefined) return within('code', fault);
  if (value['reason'] === undefined) return missing('reason');
  fault = check102(value['reason']);
  if (fault !== undefined) return within('reason', fault);
  if (members(value) !== known + 3) return additional(value, ['job_id', 'fence', 'code', 'reason']);
  return undefined;
}
function check97(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check98(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check99(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check100(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check104(value: unknown): Fault | undefined {
  if (value !== 'JOB_ASSIGN') return wrong('is not JOB_ASSIGN');
  return undefined;
}
function check105(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.assign.v1') return wrong('is not bithub.mesh.job.assign.v1');
  return undefined;
}
function check107(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1) return wrong('is less than 1');
  return undefined;
}
function check108(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['token'] === undefined) return missing('token');
  fault = check36(value['token']);
  if (fault !== undefined) return within('token', fault);
  if (members(value) !== known + 1) return additional(value, ['token']);
  return undefined;
}
function check110(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (!PATTERN19.test(value)) return wrong('does not match ^[0-9a-f]{64}$');
  return undefined;
}
function check109(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['chain'] === undefined) return missing('chain');
  fault = check10(value['chain']);
  if (fault !== undefined) return within('chain', fault);
  if (value['seq'] === undefined) return missing('seq');
  fault = check31(value['seq']);
  if (fault !== undefined) return within('seq', fault);
  if (value['entry_sha256'] === undefined) return missing('entry_sha256');
  fault = check110(value['entry_sha256']);
  if (fault !== undefined) return within('entry_sha256', fault);
  if (members(value) !== known + 3) return additional(value, ['chain', 'seq', 'entry_sha256']);
  return undefined;
}
function check106(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['runner_id'] === undefined) return missing('runner_id');
  fault = check4(value['runner_id']);
  if (fault !== undefined) return within('runner_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['lease_s'] === undefined) return missing('lease_s');
  fault = check48(value['lease_s']);
  if (fault !== undefined) return within('lease_s', fault);
  if (value['attempt'] === undefined) return missing('attempt');
  fault = check107(value['attempt']);
  if (fault !== undefined) return within('attempt', fault);
  if (value['job'] === undefined) return missing('job');
  fault = check59(value['job']);
  if (fault !== undefined) return within('job', fault);
  if (value['checkout'] !== undefined) {
    known += 1;
    fault = check108(value['checkout']);
    if (fault !== undefined) return within('checkout', fault);
  }
  if (value['ledger'] !== undefined) {
    known += 1;
    fault = check109(value['ledger']);
    if (fault !== undefined) return within('ledger', fault);
  }
  if (value['signature'] === undefined) return missing('signature');
  fault = check24(value['signature']);
  if (fault !== undefined) return within('signature', fault);
  if (members(value) !== known + 7) return additional(value, ['job_id', 'runner_id', 'fence', 'lease_s', 'attempt', 'job', 'checkout', 'ledger', 'signature']);
  return undefined;
}
function check103(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check104(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check105(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check106(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check112(value: unknown): Fault | undefined {
  if (value !== 'JOB_STATE') return wrong('is not JOB_STATE');
  return undefined;
}
function check113(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.state.v1') return wrong('is not bithub.mesh.job.state.v1');
  return undefined;
}
function check115(value: unknown): Fault | undefined {
  if (value !== 'PendingAnnouncement' && value !== 'Announced' && value !== 'BiddingOpen' && value !== 'BiddingClosed' && value !== 'AwaitingAssignmentConfirmation' && value !== 'Assigned' && value !== 'PreparingExecution' && value !== 'Running' && value !== 'AwaitingInputs' && value !== 'ProducingOutputs' && value !== 'Completed' && value !== 'Failed' && value !== 'Cancelled' && value !== 'ReceiptGenerated' && value !== 'ReceiptAnchored') return wrong('is none of PendingAnnouncement, Announced, BiddingOpen, BiddingClosed, AwaitingAssignmentConfirmation, Assigned, PreparingExecution, Running, AwaitingInputs, ProducingOutputs, Completed, Failed, Cancelled, ReceiptGenerated, ReceiptAnchored');
  return undefined;
}
function check116(value: unknown): Fault | undefined {
  if (value !== 'Pending' && value !== 'Running' && value !== 'CompletedSuccessfully' && value !== 'Failed' && value !== 'Cancelled') return wrong('is none of Pending, Running, CompletedSuccessfully, Failed, Cancelled');
  return undefined;
}
function check114(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] !== undefined) {
    known += 1;
    fault = check40(value['fence']);
    if (fault !== undefined) return within('fence', fault);
  }
  if (value['state'] === undefined) return missing('state');
  fault = check115(value['state']);
  if (fault !== undefined) return within('state', fault);
  if (value['standard'] === undefined) return missing('standard');
  fault = check116(value['standard']);
  if (fault !== undefined) return within('standard', fault);
  if (value['runner_id'] !== undefined) {
    known += 1;
    fault = check4(value['runner_id']);
    if (fault !== undefined) return within('runner_id', fault);
  }
  if (value['attempt'] !== undefined) {
    known += 1;
    fault = check31(value['attempt']);
    if (fault !== undefined) return within('attempt', fault);
  }
  if (value['reason'] !== undefined) {
    known += 1;
    fault = check102(value['reason']);
    if (fault !== undefined) return within('reason', fault);
  }
  if (members(value) !== known + 3) return additional(value, ['job_id', 'fence', 'state', 'standard', 'runner_id', 'attempt', 'reason']);
  return undefined;
}
function check111(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check112(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check113(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check114(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check118(value: unknown): Fault | undefined {
  if (value !== 'JOB_LOG') return wrong('is not JOB_LOG');
  return undefined;
}
function check119(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.log.v1') return wrong('is not bithub.mesh.job.log.v1');
  return undefined;
}
function check121(value: unknown): Fault | undefined {
  if (value !== 'stdout' && value !== 'stderr' && value !== 'event') return wrong('is none of stdout, stderr, event');
  return undefined;
}
function check120(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['offset'] === undefined) return missing('offset');
  fault = check31(value['offset']);
  if (fault !== undefined) return within('offset', fault);
  if (value['stream'] === undefined) return missing('stream');
  fault = check121(value['stream']);
  if (fault !== undefined) return within('stream', fault);
  if (value['data'] === undefined) return missing('data');
  fault = check71(value['data']);
  if (fault !== undefined) return within('data', fault);
  if (members(value) !== known + 5) return additional(value, ['job_id', 'fence', 'offset', 'stream', 'data']);
  return undefined;
}
function check117(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check118(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check119(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check120(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check123(value: unknown): Fault | undefined {
  if (value !== 'JOB_LOG_ACK') return wrong('is not JOB_LOG_ACK');
  return undefined;
}
function check124(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.log_ack.v1') return wrong('is not bithub.mesh.job.log_ack.v1');
  return undefined;
}
function check125(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['offset'] === undefined) return missing('offset');
  fault = check31(value['offset']);
  if (fault !== undefined) return within('offset', fault);
  if (members(value) !== known + 3) return additional(value, ['job_id', 'fence', 'offset']);
  return undefined;
}
function check122(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check123(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check124(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check125(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check127(value: unknown): Fault | undefined {
  if (value !== 'LEASE_RENEW') return wrong('is not LEASE_RENEW');
  return undefined;
}
function check128(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.lease.renew.v1') return wrong('is not bithub.mesh.lease.renew.v1');
  return undefined;
}
function check130(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length < 1) return wrong('has fewer items than 1');
  if (value.length > 1024) return wrong('has more items than 1024');
  for (let at = 0; at < value.length; at++) {
    const fault = check38(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check129(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['leases'] === undefined) return missing('leases');
  fault = check130(value['leases']);
  if (fault !== undefined) return within('leases', fault);
  if (members(value) !== known + 1) return additional(value, ['leases']);
  return undefined;
}
function check126(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check127(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check128(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check129(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check132(value: unknown): Fault | undefined {
  if (value !== 'LEASE_RENEWED') return wrong('is not LEASE_RENEWED');
  return undefined;
}
function check133(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.lease.renewed.v1') return wrong('is not bithub.mesh.lease.renewed.v1');
  return undefined;
}
function check136(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['lease_s'] === undefined) return missing('lease_s');
  fault = check48(value['lease_s']);
  if (fault !== undefined) return within('lease_s', fault);
  if (members(value) !== known + 3) return additional(value, ['job_id', 'fence', 'lease_s']);
  return undefined;
}
function check135(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 1024) return wrong('has more items than 1024');
  for (let at = 0; at < value.length; at++) {
    const fault = check136(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check134(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['leases'] === undefined) return missing('leases');
  fault = check135(value['leases']);
  if (fault !== undefined) return within('leases', fault);
  if (value['lost'] === undefined) return missing('lost');
  fault = check37(value['lost']);
  if (fault !== undefined) return within('lost', fault);
  if (members(value) !== known + 2) return additional(value, ['leases', 'lost']);
  return undefined;
}
function check131(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check132(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check133(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check134(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check138(value: unknown): Fault | undefined {
  if (value !== 'JOB_CANCEL') return wrong('is not JOB_CANCEL');
  return undefined;
}
function check139(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.cancel.v1') return wrong('is not bithub.mesh.job.cancel.v1');
  return undefined;
}
function check140(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] !== undefined) {
    known += 1;
    fault = check40(value['fence']);
    if (fault !== undefined) return within('fence', fault);
  }
  if (value['reason'] === undefined) return missing('reason');
  fault = check102(value['reason']);
  if (fault !== undefined) return within('reason', fault);
  if (members(value) !== known + 2) return additional(value, ['job_id', 'fence', 'reason']);
  return undefined;
}
function check137(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check138(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check139(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check140(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check142(value: unknown): Fault | undefined {
  if (value !== 'JOB_RESULT') return wrong('is not JOB_RESULT');
  return undefined;
}
function check143(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.result.v1') return wrong('is not bithub.mesh.job.result.v1');
  return undefined;
}
function check145(value: unknown): Fault | undefined {
  if (value !== 'CompletedSuccessfully' && value !== 'Failed' && value !== 'Cancelled') return wrong('is none of CompletedSuccessfully, Failed, Cancelled');
  return undefined;
}
function check146(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 255) return wrong('is more than 255');
  return undefined;
}
function check148(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  return undefined;
}
function check147(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (!PATTERN20.test(name)) return within(name, wrong('has a name that does not match ^[a-z][a-z0-9_]{0,63}$'));
    const fault = check148(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 64) return wrong('has more members than 64');
  return undefined;
}
function check150(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['uri'] === undefined) return missing('uri');
  fault = check75(value['uri']);
  if (fault !== undefined) return within('uri', fault);
  if (value['sha256'] === undefined) return missing('sha256');
  fault = check110(value['sha256']);
  if (fault !== undefined) return within('sha256', fault);
  if (value['size'] === undefined) return missing('size');
  fault = check31(value['size']);
  if (fault !== undefined) return within('size', fault);
  if (value['chunks'] !== undefined) {
    known += 1;
    fault = check31(value['chunks']);
    if (fault !== undefined) return within('chunks', fault);
  }
  if (members(value) !== known + 3) return additional(value, ['uri', 'sha256', 'size', 'chunks']);
  return undefined;
}
function check149(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 256) return wrong('has more items than 256');
  for (let at = 0; at < value.length; at++) {
    const fault = check150(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check151(value: unknown): Fault | undefined {
  if (typeof value !== 'number') return wrong('is no number');
  if ((value as number) < 0) return wrong('is less than 0');
  if ((value as number) > 604800) return wrong('is more than 604800');
  return undefined;
}
function check144(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['idempotency_key'] === undefined) return missing('idempotency_key');
  fault = check10(value['idempotency_key']);
  if (fault !== undefined) return within('idempotency_key', fault);
  if (value['status'] === undefined) return missing('status');
  fault = check145(value['status']);
  if (fault !== undefined) return within('status', fault);
  if (value['exit_code'] !== undefined) {
    known += 1;
    fault = check146(value['exit_code']);
    if (fault !== undefined) return within('exit_code', fault);
  }
  if (value['error'] !== undefined) {
    known += 1;
    fault = check36(value['error']);
    if (fault !== undefined) return within('error', fault);
  }
  if (value['metrics'] === undefined) return missing('metrics');
  fault = check147(value['metrics']);
  if (fault !== undefined) return within('metrics', fault);
  if (value['artifacts'] === undefined) return missing('artifacts');
  fault = check149(value['artifacts']);
  if (fault !== undefined) return within('artifacts', fault);
  if (value['outputs'] !== undefined) {
    known += 1;
    fault = check70(value['outputs']);
    if (fault !== undefined) return within('outputs', fault);
  }
  if (value['ledger'] !== undefined) {
    known += 1;
    fault = check109(value['ledger']);
    if (fault !== undefined) return within('ledger', fault);
  }
  if (value['duration_s'] !== undefined) {
    known += 1;
    fault = check151(value['duration_s']);
    if (fault !== undefined) return within('duration_s', fault);
  }
  if (value['signature'] === undefined) return missing('signature');
  fault = check24(value['signature']);
  if (fault !== undefined) return within('signature', fault);
  if (members(value) !== known + 7) return additional(value, ['job_id', 'fence', 'idempotency_key', 'status', 'exit_code', 'error', 'metrics', 'artifacts', 'outputs', 'ledger', 'duration_s', 'signature']);
  return undefined;
}
function check141(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check142(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check143(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check144(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check153(value: unknown): Fault | undefined {
  if (value !== 'JOB_COMMITTED') return wrong('is not JOB_COMMITTED');
  return undefined;
}
function check154(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.committed.v1') return wrong('is not bithub.mesh.job.committed.v1');
  return undefined;
}
function check155(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['committed'] === undefined) return missing('committed');
  fault = check47(value['committed']);
  if (fault !== undefined) return within('committed', fault);
  if (value['duplicate'] === undefined) return missing('duplicate');
  fault = check47(value['duplicate']);
  if (fault !== undefined) return within('duplicate', fault);
  if (value['reason'] !== undefined) {
    known += 1;
    fault = check102(value['reason']);
    if (fault !== undefined) return within('reason', fault);
  }
  if (value['ledger'] !== undefined) {
    known += 1;
    fault = check109(value['ledger']);
    if (fault !== undefined) return within('ledger', fault);
  }
  if (members(value) !== known + 4) return additional(value, ['job_id', 'fence', 'committed', 'duplicate', 'reason', 'ledger']);
  return undefined;
}
function check152(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check153(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check154(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check155(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check157(value: unknown): Fault | undefined {
  if (value !== 'ARTIFACT_PUT') return wrong('is not ARTIFACT_PUT');
  return undefined;
}
function check158(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.artifact.put.v1') return wrong('is not bithub.mesh.artifact.put.v1');
  return undefined;
}
function check159(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['uri'] === undefined) return missing('uri');
  fault = check75(value['uri']);
  if (fault !== undefined) return within('uri', fault);
  if (value['sha256'] === undefined) return missing('sha256');
  fault = check110(value['sha256']);
  if (fault !== undefined) return within('sha256', fault);
  if (value['size'] === undefined) return missing('size');
  fault = check31(value['size']);
  if (fault !== undefined) return within('size', fault);
  if (value['chunks'] !== undefined) {
    known += 1;
    fault = check31(value['chunks']);
    if (fault !== undefined) return within('chunks', fault);
  }
  if (value['job_id'] !== undefined) {
    known += 1;
    fault = check39(value['job_id']);
    if (fault !== undefined) return within('job_id', fault);
  }
  if (value['fence'] !== undefined) {
    known += 1;
    fault = check40(value['fence']);
    if (fault !== undefined) return within('fence', fault);
  }
  if (members(value) !== known + 3) return additional(value, ['uri', 'sha256', 'size', 'chunks', 'job_id', 'fence']);
  return undefined;
}
function check156(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check157(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check158(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check159(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check161(value: unknown): Fault | undefined {
  if (value !== 'ARTIFACT_GET') return wrong('is not ARTIFACT_GET');
  return undefined;
}
function check162(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.artifact.get.v1') return wrong('is not bithub.mesh.artifact.get.v1');
  return undefined;
}
function check163(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['uri'] === undefined) return missing('uri');
  fault = check75(value['uri']);
  if (fault !== undefined) return within('uri', fault);
  if (members(value) !== known + 1) return additional(value, ['uri']);
  return undefined;
}
function check160(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check161(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check162(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check163(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check165(value: unknown): Fault | undefined {
  if (value !== 'ARTIFACT_READY') return wrong('is not ARTIFACT_READY');
  return undefined;
}
function check166(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.artifact.ready.v1') return wrong('is not bithub.mesh.artifact.ready.v1');
  return undefined;
}
function check168(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 512 && characters(value) > 512) return wrong('is longer than 512 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check167(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['uri'] === undefined) return missing('uri');
  fault = check75(value['uri']);
  if (fault !== undefined) return within('uri', fault);
  if (value['sha256'] === undefined) return missing('sha256');
  fault = check110(value['sha256']);
  if (fault !== undefined) return within('sha256', fault);
  if (value['size'] === undefined) return missing('size');
  fault = check31(value['size']);
  if (fault !== undefined) return within('size', fault);
  if (value['chunks'] !== undefined) {
    known += 1;
    fault = check31(value['chunks']);
    if (fault !== undefined) return within('chunks', fault);
  }
  if (value['path'] !== undefined) {
    known += 1;
    fault = check168(value['path']);
    if (fault !== undefined) return within('path', fault);
  }
  if (value['offset'] === undefined) return missing('offset');
  fault = check31(value['offset']);
  if (fault !== undefined) return within('offset', fault);
  if (members(value) !== known + 4) return additional(value, ['uri', 'sha256', 'size', 'chunks', 'path', 'offset']);
  return undefined;
}
function check164(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check165(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check166(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check167(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check170(value: unknown): Fault | undefined {
  if (value !== 'POLICY_QUERY') return wrong('is not POLICY_QUERY');
  return undefined;
}
function check171(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.policy.query.v1') return wrong('is not bithub.mesh.policy.query.v1');
  return undefined;
}
function check174(_: unknown): Fault | undefined {
  return undefined;
}
function check173(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (name.length > 128 && characters(name) > 128) return within(name, wrong('has a name longer than 128 characters'));
    const fault = check174(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 256) return wrong('has more members than 256');
  return undefined;
}
function check172(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['package'] === undefined) return missing('package');
  fault = check26(value['package']);
  if (fault !== undefined) return within('package', fault);
  if (value['rule'] === undefined) return missing('rule');
  fault = check28(value['rule']);
  if (fault !== undefined) return within('rule', fault);
  if (value['input'] === undefined) return missing('input');
  fault = check173(value['input']);
  if (fault !== undefined) return within('input', fault);
  if (members(value) !== known + 3) return additional(value, ['package', 'rule', 'input']);
  return undefined;
}
function check169(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check170(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check171(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check172(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check176(value: unknown): Fault | undefined {
  if (value !== 'POLICY_ANSWER') return wrong('is not POLICY_ANSWER');
  return undefined;
}
function check177(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.policy.answer.v1') return wrong('is not bithub.mesh.policy.answer.v1');
  return undefined;
}
function check179(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 64) return wrong('has more items than 64');
  for (let at = 0; at < value.length; at++) {
    const fault = check102(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check178(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['package'] === undefined) return missing('package');
  fault = check26(value['package']);
  if (fault !== undefined) return within('package', fault);
  if (value['rule'] === undefined) return missing('rule');
  fault = check28(value['rule']);
  if (fault !== undefined) return within('rule', fault);
  if (value['result'] !== undefined) {
    known += 1;
    fault = check174(value['result']);
    if (fault !== undefined) return within('result', fault);
  }
  if (value['policy_hash'] === undefined) return missing('policy_hash');
  fault = check22(value['policy_hash']);
  if (fault !== undefined) return within('policy_hash', fault);
  if (value['explanation'] !== undefined) {
    known += 1;
    fault = check179(value['explanation']);
    if (fault !== undefined) return within('explanation', fault);
  }
  if (members(value) !== known + 3) return additional(value, ['package', 'rule', 'result', 'policy_hash', 'explanation']);
  return undefined;
}
function check175(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check176(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check177(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check178(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check181(value: unknown): Fault | undefined {
  if (value !== 'EVENT_EMIT') return wrong('is not EVENT_EMIT');
  return undefined;
}
function check182(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.event.emit.v1') return wrong('is not bithub.mesh.event.emit.v1');
  return undefined;
}
function check184(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 64) return wrong('has more items than 64');
  for (let at = 0; at < value.length; at++) {
    const fault = check28(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check183(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['source'] === undefined) return missing('source');
  fault = check4(value['source']);
  if (fault !== undefined) return within('source', fault);
  if (value['event'] === undefined) return missing('event');
  fault = check10(value['event']);
  if (fault !== undefined) return within('event', fault);
  if (value['tags'] === undefined) return missing('tags');
  fault = check184(value['tags']);
  if (fault !== undefined) return within('tags', fault);
  if (value['context'] === undefined) return missing('context');
  fault = check173(value['context']);
  if (fault !== undefined) return within('context', fault);
  if (members(value) !== known + 4) return additional(value, ['source', 'event', 'tags', 'context']);
  return undefined;
}
function check180(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check181(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check182(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check183(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check186(value: unknown): Fault | undefined {
  if (value !== 'JOB_SUBMIT') return wrong('is not JOB_SUBMIT');
  return undefined;
}
function check187(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.submit.v1') return wrong('is not bithub.mesh.job.submit.v1');
  return undefined;
}
function check189(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['repo'] === undefined) return missing('repo');
  fault = check60(value['repo']);
  if (fault !== undefined) return within('repo', fault);
  if (value['commit'] !== undefined) {
    known += 1;
    fault = check61(value['commit']);
    if (fault !== undefined) return within('commit', fault);
  }
  if (value['task'] !== undefined) {
    known += 1;
    fault = check62(value['task']);
    if (fault !== undefined) return within('task', fault);
  }
  if (value['env'] !== undefined) {
    known += 1;
    fault = check77(value['env']);
    if (fault !== undefined) return within('env', fault);
  }
  if (value['required'] === undefined) return missing('required');
  fault = check78(value['required']);
  if (fault !== undefined) return within('required', fault);
  if (value['artifacts_in'] !== undefined) {
    known += 1;
    fault = check83(value['artifacts_in']);
    if (fault !== undefined) return within('artifacts_in', fault);
  }
  if (value['artifacts_out'] !== undefined) {
    known += 1;
    fault = check83(value['artifacts_out']);
    if (fault !== undefined) return within('artifacts_out', fault);
  }
  if (value['priority'] === undefined) return missing('priority');
  fault = check84(value['priority']);
  if (fault !== undefined) return within('priority', fault);
  if (value['timeout_s'] === undefined) return missing('timeout_s');
  fault = check85(value['timeout_s']);
  if (fault !== undefined) return within('timeout_s', fault);
  if (value['profile'] !== undefined) {
    known += 1;
    fault = check28(value['profile']);
    if (fault !== undefined) return within('profile', fault);
  }
  if (value['network'] !== undefined) {
    known += 1;
    fault = check47(value['network']);
    if (fault !== undefined) return within('network', fault);
  }
  if (value['attempts'] !== undefined) {
    known += 1;
    fault = check86(value['attempts']);
    if (fault !== undefined) return within('attempts', fault);
  }
  if (members(value) !== known + 4) return additional(value, ['repo', 'commit', 'task', 'env', 'required', 'artifacts_in', 'artifacts_out', 'priority', 'timeout_s', 'profile', 'network', 'attempts']);
  return undefined;
}
function check188(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['idempotency_key'] === undefined) return missing('idempotency_key');
  fault = check10(value['idempotency_key']);
  if (fault !== undefined) return within('idempotency_key', fault);
  if (value['job'] === undefined) return missing('job');
  fault = check189(value['job']);
  if (fault !== undefined) return within('job', fault);
  if (members(value) !== known + 2) return additional(value, ['idempotency_key', 'job']);
  return undefined;
}
function check185(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check186(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check187(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check188(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check191(value: unknown): Fault | undefined {
  if (value !== 'JOB_ACCEPTED') return wrong('is not JOB_ACCEPTED');
  return undefined;
}
function check192(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.accepted.v1') return wrong('is not bithub.mesh.job.accepted.v1');
  return undefined;
}
function check193(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['duplicate'] === undefined) return missing('duplicate');
  fault = check47(value['duplicate']);
  if (fault !== undefined) return within('duplicate', fault);
  if (value['ledger'] !== undefined) {
    known += 1;
    fault = check109(value['ledger']);
    if (fault !== undefined) return within('ledger', fault);
  }
  if (members(value) !== known + 2) return additional(value, ['job_id', 'duplicate', 'ledger']);
  return undefined;
}
function check190(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check191(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check192(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check193(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check195(value: unknown): Fault | undefined {
  if (value !== 'JOB_QUERY') return wrong('is not JOB_QUERY');
  return undefined;
}
function check196(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.query.v1') return wrong('is not bithub.mesh.job.query.v1');
  return undefined;
}
function check198(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length < 1) return wrong('has fewer items than 1');
  if (value.length > 1000) return wrong('has more items than 1000');
  for (let at = 0; at < value.length; at++) {
    const fault = check39(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check199(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 5) return wrong('has more items than 5');
  for (let at = 0; at < value.length; at++) {
    const fault = check116(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check200(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value === '') return wrong('is empty');
  if (value.length > 2048 && characters(value) > 2048) return wrong('is longer than 2048 characters');
  if (!PATTERN4.test(value)) return wrong('does not match ^[^\\u0000-\\u001f\\u007f]*$');
  return undefined;
}
function check201(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  if ((value as number) < 1) return wrong('is less than 1');
  if ((value as number) > 500) return wrong('is more than 500');
  return undefined;
}
function check197(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['jobs'] !== undefined) {
    known += 1;
    fault = check198(value['jobs']);
    if (fault !== undefined) return within('jobs', fault);
  }
  if (value['standard'] !== undefined) {
    known += 1;
    fault = check199(value['standard']);
    if (fault !== undefined) return within('standard', fault);
  }
  if (value['repo'] !== undefined) {
    known += 1;
    fault = check200(value['repo']);
    if (fault !== undefined) return within('repo', fault);
  }
  if (value['ended_since'] !== undefined) {
    known += 1;
    fault = check5(value['ended_since']);
    if (fault !== undefined) return within('ended_since', fault);
  }
  if (value['after'] !== undefined) {
    known += 1;
    fault = check39(value['after']);
    if (fault !== undefined) return within('after', fault);
  }
  if (value['limit'] === undefined) return missing('limit');
  fault = check201(value['limit']);
  if (fault !== undefined) return within('limit', fault);
  if (members(value) !== known + 1) return additional(value, ['jobs', 'standard', 'repo', 'ended_since', 'after', 'limit']);
  return undefined;
}
function check194(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check195(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check196(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check197(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check203(value: unknown): Fault | undefined {
  if (value !== 'JOB_LIST') return wrong('is not JOB_LIST');
  return undefined;
}
function check204(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.list.v1') return wrong('is not bithub.mesh.job.list.v1');
  return undefined;
}
function check208(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return wrong('is no text');
  if (value.length > 512 && characters(value) > 512) return wrong('is longer than 512 characters');
  return undefined;
}
function check209(value: unknown): Fault | undefined {
  if (!Number.isInteger(value)) return wrong('is no whole number');
  return undefined;
}
function check210(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['fence'] === undefined) return missing('fence');
  fault = check40(value['fence']);
  if (fault !== undefined) return within('fence', fault);
  if (value['idempotency_key'] === undefined) return missing('idempotency_key');
  fault = check10(value['idempotency_key']);
  if (fault !== undefined) return within('idempotency_key', fault);
  if (value['status'] === undefined) return missing('status');
  fault = check145(value['status']);
  if (fault !== undefined) return within('status', fault);
  if (value['exit_code'] !== undefined) {
    known += 1;
    fault = check146(value['exit_code']);
    if (fault !== undefined) return within('exit_code', fault);
  }
  if (value['error'] !== undefined) {
    known += 1;
    fault = check36(value['error']);
    if (fault !== undefined) return within('error', fault);
  }
  if (value['metrics'] === undefined) return missing('metrics');
  fault = check147(value['metrics']);
  if (fault !== undefined) return within('metrics', fault);
  if (value['artifacts'] === undefined) return missing('artifacts');
  fault = check149(value['artifacts']);
  if (fault !== undefined) return within('artifacts', fault);
  if (value['outputs'] !== undefined) {
    known += 1;
    fault = check70(value['outputs']);
    if (fault !== undefined) return within('outputs', fault);
  }
  if (value['ledger'] !== undefined) {
    known += 1;
    fault = check109(value['ledger']);
    if (fault !== undefined) return within('ledger', fault);
  }
  if (value['duration_s'] !== undefined) {
    known += 1;
    fault = check151(value['duration_s']);
    if (fault !== undefined) return within('duration_s', fault);
  }
  if (members(value) !== known + 6) return additional(value, ['job_id', 'fence', 'idempotency_key', 'status', 'exit_code', 'error', 'metrics', 'artifacts', 'outputs', 'ledger', 'duration_s']);
  return undefined;
}
function check207(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['state'] === undefined) return missing('state');
  fault = check115(value['state']);
  if (fault !== undefined) return within('state', fault);
  if (value['standard'] === undefined) return missing('standard');
  fault = check116(value['standard']);
  if (fault !== undefined) return within('standard', fault);
  if (value['repo'] === undefined) return missing('repo');
  fault = check200(value['repo']);
  if (fault !== undefined) return within('repo', fault);
  if (value['commit'] !== undefined) {
    known += 1;
    fault = check28(value['commit']);
    if (fault !== undefined) return within('commit', fault);
  }
  if (value['summary'] === undefined) return missing('summary');
  fault = check208(value['summary']);
  if (fault !== undefined) return within('summary', fault);
  if (value['priority'] === undefined) return missing('priority');
  fault = check209(value['priority']);
  if (fault !== undefined) return within('priority', fault);
  if (value['submitted_by'] === undefined) return missing('submitted_by');
  fault = check4(value['submitted_by']);
  if (fault !== undefined) return within('submitted_by', fault);
  if (value['submitted_at'] === undefined) return missing('submitted_at');
  fault = check5(value['submitted_at']);
  if (fault !== undefined) return within('submitted_at', fault);
  if (value['started_at'] !== undefined) {
    known += 1;
    fault = check5(value['started_at']);
    if (fault !== undefined) return within('started_at', fault);
  }
  if (value['ended_at'] !== undefined) {
    known += 1;
    fault = check5(value['ended_at']);
    if (fault !== undefined) return within('ended_at', fault);
  }
  if (value['runner_id'] !== undefined) {
    known += 1;
    fault = check4(value['runner_id']);
    if (fault !== undefined) return within('runner_id', fault);
  }
  if (value['attempt'] === undefined) return missing('attempt');
  fault = check31(value['attempt']);
  if (fault !== undefined) return within('attempt', fault);
  if (value['reason'] !== undefined) {
    known += 1;
    fault = check102(value['reason']);
    if (fault !== undefined) return within('reason', fault);
  }
  if (value['result'] !== undefined) {
    known += 1;
    fault = check210(value['result']);
    if (fault !== undefined) return within('result', fault);
  }
  if (members(value) !== known + 9) return additional(value, ['job_id', 'state', 'standard', 'repo', 'commit', 'summary', 'priority', 'submitted_by', 'submitted_at', 'started_at', 'ended_at', 'runner_id', 'attempt', 'reason', 'result']);
  return undefined;
}
function check206(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 500) return wrong('has more items than 500');
  for (let at = 0; at < value.length; at++) {
    const fault = check207(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check205(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['jobs'] === undefined) return missing('jobs');
  fault = check206(value['jobs']);
  if (fault !== undefined) return within('jobs', fault);
  if (value['next'] !== undefined) {
    known += 1;
    fault = check39(value['next']);
    if (fault !== undefined) return within('next', fault);
  }
  if (members(value) !== known + 1) return additional(value, ['jobs', 'next']);
  return undefined;
}
function check202(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check203(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check204(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check205(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check212(value: unknown): Fault | undefined {
  if (value !== 'JOB_WATCH') return wrong('is not JOB_WATCH');
  return undefined;
}
function check213(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.watch.v1') return wrong('is not bithub.mesh.job.watch.v1');
  return undefined;
}
function check214(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['job_id'] === undefined) return missing('job_id');
  fault = check39(value['job_id']);
  if (fault !== undefined) return within('job_id', fault);
  if (value['logs'] === undefined) return missing('logs');
  fault = check47(value['logs']);
  if (fault !== undefined) return within('logs', fault);
  if (value['fence'] !== undefined) {
    known += 1;
    fault = check40(value['fence']);
    if (fault !== undefined) return within('fence', fault);
  }
  if (value['offset'] === undefined) return missing('offset');
  fault = check31(value['offset']);
  if (fault !== undefined) return within('offset', fault);
  if (members(value) !== known + 3) return additional(value, ['job_id', 'logs', 'fence', 'offset']);
  return undefined;
}
function check211(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check212(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check213(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check214(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check216(value: unknown): Fault | undefined {
  if (value !== 'JOB_RETRY') return wrong('is not JOB_RETRY');
  return undefined;
}
function check217(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.job.retry.v1') return wrong('is not bithub.mesh.job.retry.v1');
  return undefined;
}
function check215(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check216(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check217(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check96(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check219(value: unknown): Fault | undefined {
  if (value !== 'MESH_QUERY') return wrong('is not MESH_QUERY');
  return undefined;
}
function check220(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.mesh.query.v1') return wrong('is not bithub.mesh.mesh.query.v1');
  return undefined;
}
function check221(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['peers'] === undefined) return missing('peers');
  fault = check47(value['peers']);
  if (fault !== undefined) return within('peers', fault);
  if (members(value) !== known + 1) return additional(value, ['peers']);
  return undefined;
}
function check218(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check219(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check220(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check221(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check223(value: unknown): Fault | undefined {
  if (value !== 'MESH_STATUS') return wrong('is not MESH_STATUS');
  return undefined;
}
function check224(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.mesh.status.v1') return wrong('is not bithub.mesh.mesh.status.v1');
  return undefined;
}
function check226(value: unknown): Fault | undefined {
  if (value !== 'embedded' && value !== 'nats') return wrong('is none of embedded, nats');
  return undefined;
}
function check227(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let count = 0;
  for (const name in value) {
    count += 1;
    if (!PATTERN21.test(name)) return within(name, wrong('has a name that does not match ^[A-Za-z]{1,32}$'));
    const fault = check31(value[name]);
    if (fault !== undefined) return within(name, fault);
  }
  if (count > 16) return wrong('has more members than 16');
  return undefined;
}
function check230(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 1024) return wrong('has more items than 1024');
  for (let at = 0; at < value.length; at++) {
    const fault = check39(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check231(value: unknown): Fault | undefined {
  if (value !== 'idle' && value !== 'busy' && value !== 'draining' && value !== 'quarantined' && value !== 'gone') return wrong('is none of idle, busy, draining, quarantined, gone');
  return undefined;
}
function check229(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['runner_id'] === undefined) return missing('runner_id');
  fault = check4(value['runner_id']);
  if (fault !== undefined) return within('runner_id', fault);
  if (value['role'] === undefined) return missing('role');
  fault = check23(value['role']);
  if (fault !== undefined) return within('role', fault);
  if (value['persona'] === undefined) return missing('persona');
  fault = check16(value['persona']);
  if (fault !== undefined) return within('persona', fault);
  if (value['capabilities'] === undefined) return missing('capabilities');
  fault = check17(value['capabilities']);
  if (fault !== undefined) return within('capabilities', fault);
  if (value['public_key'] === undefined) return missing('public_key');
  fault = check11(value['public_key']);
  if (fault !== undefined) return within('public_key', fault);
  if (value['profile'] !== undefined) {
    known += 1;
    fault = check28(value['profile']);
    if (fault !== undefined) return within('profile', fault);
  }
  if (value['connected_at'] !== undefined) {
    known += 1;
    fault = check5(value['connected_at']);
    if (fault !== undefined) return within('connected_at', fault);
  }
  if (value['last_heartbeat'] !== undefined) {
    known += 1;
    fault = check5(value['last_heartbeat']);
    if (fault !== undefined) return within('last_heartbeat', fault);
  }
  if (value['jobs'] === undefined) return missing('jobs');
  fault = check230(value['jobs']);
  if (fault !== undefined) return within('jobs', fault);
  if (value['load'] === undefined) return missing('load');
  fault = check148(value['load']);
  if (fault !== undefined) return within('load', fault);
  if (value['state'] === undefined) return missing('state');
  fault = check231(value['state']);
  if (fault !== undefined) return within('state', fault);
  if (value['reason'] !== undefined) {
    known += 1;
    fault = check208(value['reason']);
    if (fault !== undefined) return within('reason', fault);
  }
  if (members(value) !== known + 8) return additional(value, ['runner_id', 'role', 'persona', 'capabilities', 'public_key', 'profile', 'connected_at', 'last_heartbeat', 'jobs', 'load', 'state', 'reason']);
  return undefined;
}
function check228(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return wrong('is no array');
  if (value.length > 5000) return wrong('has more items than 5000');
  for (let at = 0; at < value.length; at++) {
    const fault = check229(value[at]);
    if (fault !== undefined) return within(at, fault);
  }
  return undefined;
}
function check225(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['mesh'] === undefined) return missing('mesh');
  fault = check10(value['mesh']);
  if (fault !== undefined) return within('mesh', fault);
  if (value['controller'] === undefined) return missing('controller');
  fault = check4(value['controller']);
  if (fault !== undefined) return within('controller', fault);
  if (value['version'] === undefined) return missing('version');
  fault = check28(value['version']);
  if (fault !== undefined) return within('version', fault);
  if (value['started_at'] === undefined) return missing('started_at');
  fault = check5(value['started_at']);
  if (fault !== undefined) return within('started_at', fault);
  if (value['draining'] === undefined) return missing('draining');
  fault = check47(value['draining']);
  if (fault !== undefined) return within('draining', fault);
  if (value['engine'] === undefined) return missing('engine');
  fault = check226(value['engine']);
  if (fault !== undefined) return within('engine', fault);
  if (value['jobs'] === undefined) return missing('jobs');
  fault = check227(value['jobs']);
  if (fault !== undefined) return within('jobs', fault);
  if (value['peers'] !== undefined) {
    known += 1;
    fault = check228(value['peers']);
    if (fault !== undefined) return within('peers', fault);
  }
  if (members(value) !== known + 7) return additional(value, ['mesh', 'controller', 'version', 'started_at', 'draining', 'engine', 'jobs', 'peers']);
  return undefined;
}
function check222(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check223(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check224(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check225(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check233(value: unknown): Fault | undefined {
  if (value !== 'MESH_DRAIN') return wrong('is not MESH_DRAIN');
  return undefined;
}
function check234(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.mesh.drain.v1') return wrong('is not bithub.mesh.mesh.drain.v1');
  return undefined;
}
function check235(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['runner_id'] !== undefined) {
    known += 1;
    fault = check4(value['runner_id']);
    if (fault !== undefined) return within('runner_id', fault);
  }
  if (value['drain'] === undefined) return missing('drain');
  fault = check47(value['drain']);
  if (fault !== undefined) return within('drain', fault);
  if (members(value) !== known + 1) return additional(value, ['runner_id', 'drain']);
  return undefined;
}
function check232(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check233(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check234(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check235(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check237(value: unknown): Fault | undefined {
  if (value !== 'ACK') return wrong('is not ACK');
  return undefined;
}
function check238(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.ack.v1') return wrong('is not bithub.mesh.ack.v1');
  return undefined;
}
function check239(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (members(value) !== known + 0) return additional(value, []);
  return undefined;
}
function check236(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check237(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check238(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check239(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
function check241(value: unknown): Fault | undefined {
  if (value !== 'ERROR') return wrong('is not ERROR');
  return undefined;
}
function check242(value: unknown): Fault | undefined {
  if (value !== 'bithub.mesh.error.v1') return wrong('is not bithub.mesh.error.v1');
  return undefined;
}
function check244(value: unknown): Fault | undefined {
  if (value !== 'malformed' && value !== 'unknown-type' && value !== 'unknown-schema' && value !== 'too-large' && value !== 'too-deep' && value !== 'out-of-order' && value !== 'version' && value !== 'unauthenticated' && value !== 'forbidden' && value !== 'replayed' && value !== 'clock-skew' && value !== 'expired' && value !== 'revoked' && value !== 'persona' && value !== 'rate-limited' && value !== 'not-found' && value !== 'conflict' && value !== 'policy' && value !== 'stale-fence' && value !== 'draining' && value !== 'internal') return wrong('is none of malformed, unknown-type, unknown-schema, too-large, too-deep, out-of-order, version, unauthenticated, forbidden, replayed, clock-skew, expired, revoked, persona, rate-limited, not-found, conflict, policy, stale-fence, draining, internal');
  return undefined;
}
function check243(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['code'] === undefined) return missing('code');
  fault = check244(value['code']);
  if (fault !== undefined) return within('code', fault);
  if (value['message'] === undefined) return missing('message');
  fault = check102(value['message']);
  if (fault !== undefined) return within('message', fault);
  if (value['field'] !== undefined) {
    known += 1;
    fault = check208(value['field']);
    if (fault !== undefined) return within('field', fault);
  }
  if (value['job_id'] !== undefined) {
    known += 1;
    fault = check39(value['job_id']);
    if (fault !== undefined) return within('job_id', fault);
  }
  if (value['retry_after_ms'] !== undefined) {
    known += 1;
    fault = check31(value['retry_after_ms']);
    if (fault !== undefined) return within('retry_after_ms', fault);
  }
  if (members(value) !== known + 2) return additional(value, ['code', 'message', 'field', 'job_id', 'retry_after_ms']);
  return undefined;
}
function check240(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrong('is no object');
  let known = 0;
  let fault: Fault | undefined;
  if (value['type'] === undefined) return missing('type');
  fault = check241(value['type']);
  if (fault !== undefined) return within('type', fault);
  if (value['schema'] === undefined) return missing('schema');
  fault = check242(value['schema']);
  if (fault !== undefined) return within('schema', fault);
  if (value['msg_id'] === undefined) return missing('msg_id');
  fault = check3(value['msg_id']);
  if (fault !== undefined) return within('msg_id', fault);
  if (value['sender'] === undefined) return missing('sender');
  fault = check4(value['sender']);
  if (fault !== undefined) return within('sender', fault);
  if (value['ts'] === undefined) return missing('ts');
  fault = check5(value['ts']);
  if (fault !== undefined) return within('ts', fault);
  if (value['re'] !== undefined) {
    known += 1;
    fault = check3(value['re']);
    if (fault !== undefined) return within('re', fault);
  }
  if (value['payload'] === undefined) return missing('payload');
  fault = check243(value['payload']);
  if (fault !== undefined) return within('payload', fault);
  if (members(value) !== known + 6) return additional(value, ['type', 'schema', 'msg_id', 'sender', 'ts', 're', 'payload']);
  return undefined;
}
export const CHECKS: ReadonlyMap<string, (value: unknown) => Fault | undefined> = new Map([
  ['CHALLENGE', check0],
  ['HELLO', check13],
  ['HELLO_ACK', check41],
  ['HEARTBEAT', check52],
  ['JOB_OFFER', check56],
  ['JOB_BID', check87],
  ['JOB_CLAIM', check93],
  ['JOB_DECLINE', check97],
  ['JOB_ASSIGN', check103],
  ['JOB_STATE', check111],
  ['JOB_LOG', check117],
  ['JOB_LOG_ACK', check122],
  ['LEASE_RENEW', check126],
  ['LEASE_RENEWED', check131],
  ['JOB_CANCEL', check137],
  ['JOB_RESULT', check141],
  ['JOB_COMMITTED', check152],
  ['ARTIFACT_PUT', check156],
  ['ARTIFACT_GET', check160],
  ['ARTIFACT_READY', check164],
  ['POLICY_QUERY', check169],
  ['POLICY_ANSWER', check175],
  ['EVENT_EMIT', check180],
  ['JOB_SUBMIT', check185],
  ['JOB_ACCEPTED', check190],
  ['JOB_QUERY', check194],
  ['JOB_LIST', check202],
  ['JOB_WATCH', check211],
  ['JOB_RETRY', check215],
  ['MESH_QUERY', check218],
  ['MESH_STATUS', check222],
  ['MESH_DRAIN', check232],
  ['ACK', check236],
  ['ERROR', check240],
]);

export const SCHEMAS = {
  CHALLENGE: 'bithub.mesh.challenge.v1',
  HELLO: 'bithub.mesh.hello.v1',
  HELLO_ACK: 'bithub.mesh.hello_ack.v1',
  HEARTBEAT: 'bithub.mesh.heartbeat.v1',
  JOB_OFFER: 'bithub.mesh.job.offer.v1',
  JOB_BID: 'bithub.mesh.job.bid.v1',
  JOB_CLAIM: 'bithub.mesh.job.claim.v1',
  JOB_DECLINE: 'bithub.mesh.job.decline.v1',
  JOB_ASSIGN: 'bithub.mesh.job.assign.v1',
  JOB_STATE: 'bithub.mesh.job.state.v1',
  JOB_LOG: 'bithub.mesh.job.log.v1',
  JOB_LOG_ACK: 'bithub.mesh.job.log_ack.v1',
  LEASE_RENEW: 'bithub.mesh.lease.renew.v1',
  LEASE_RENEWED: 'bithub.mesh.lease.renewed.v1',
  JOB_CANCEL: 'bithub.mesh.job.cancel.v1',
  JOB_RESULT: 'bithub.mesh.job.result.v1',
  JOB_COMMITTED: 'bithub.mesh.job.committed.v1',
  ARTIFACT_PUT: 'bithub.mesh.artifact.put.v1',
  ARTIFACT_GET: 'bithub.mesh.artifact.get.v1',
  ARTIFACT_READY: 'bithub.mesh.artifact.ready.v1',
  POLICY_QUERY: 'bithub.mesh.policy.query.v1',
  POLICY_ANSWER: 'bithub.mesh.policy.answer.v1',
  EVENT_EMIT: 'bithub.mesh.event.emit.v1',
  JOB_SUBMIT: 'bithub.mesh.job.submit.v1',
  JOB_ACCEPTED: 'bithub.mesh.job.accepted.v1',
  JOB_QUERY: 'bithub.mesh.job.query.v1',
  JOB_LIST: 'bithub.mesh.job.list.v1',
  JOB_WATCH: 'bithub.mesh.job.watch.v1',
  JOB_RETRY: 'bithub.mesh.job.retry.v1',
  MESH_QUERY: 'bithub.mesh.mesh.query.v1',
  MESH_STATUS: 'bithub.mesh.mesh.status.v1',
  MESH_DRAIN: 'bithub.mesh.mesh.drain.v1',
  ACK: 'bithub.mesh.ack.v1',
  ERROR: 'bithub.mesh.error.v1',
} as const;
