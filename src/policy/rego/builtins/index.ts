import { AWS } from './aws.ts';
import { COLLECTIONS } from './collections.ts';
import type { Builtin } from './define.ts';
import { ENCODING } from './encoding.ts';
import { GRAPHQL } from './graphql.ts';
import { JSON_BUILTINS } from './json.ts';
import { JWT } from './jwt.ts';
import { MATCHING } from './matching.ts';
import { NET } from './net.ts';
import { NUMBERS } from './numbers.ts';
import { OPERATORS } from './operators.ts';
import { OUTSIDE } from './outside.ts';
import { RANDOM } from './random.ts';
import { SCHEMA } from './schema.ts';
import { SEMVER } from './semver.ts';
import { STRINGS } from './strings.ts';
import { TEMPLATES } from './template.ts';
import { TIME } from './time.ts';
import { TYPES } from './types.ts';
import { UNITS } from './units.ts';
import { X509 } from './x509.ts';
import { YAML } from './yaml.ts';

interface Group {
  /** Names of the table, so that it needs to be loaded only where one of them is used. A test keeps the two the same. */
  readonly names: string;
  readonly table: () => Readonly<Record<string, Builtin>>;
}

const GROUPS: readonly Group[] = [
  { names: 'strings.render_template', table: () => TEMPLATES },
  {
    names: 'equal neq lt lte gt gte',
    table: () => OPERATORS,
  },
  {
    names:
      'plus minus set_diff mul div rem abs ceil floor round numbers.range numbers.range_step ' +
      'bits.and bits.or bits.xor bits.negate bits.lsh bits.rsh',
    table: () => NUMBERS,
  },
  {
    names:
      'walk count sum product max min sort all any and or intersection union internal.member_2 ' +
      'internal.member_3 array.concat array.slice array.reverse array.flatten object.get ' +
      'object.keys object.union object.union_n object.remove object.filter object.subset ' +
      'graph.reachable graph.reachable_paths',
    table: () => COLLECTIONS,
  },
  {
    names:
      'concat contains startswith endswith lower upper split replace trim trim_left trim_right ' +
      'trim_prefix trim_suffix trim_space substring indexof indexof_n format_int sprintf ' +
      'strings.reverse strings.count strings.replace_n strings.any_prefix_match ' +
      'strings.any_suffix_match print trace',
    table: () => STRINGS,
  },
  {
    names:
      'regex.match re_match regex.is_valid regex.find_n regex.find_all_string_submatch_n ' +
      'regex.split regex.replace regex.globs_match regex.template_match glob.match ' +
      'glob.quote_meta',
    table: () => MATCHING,
  },
  {
    names:
      'type_name to_number is_null is_boolean is_number is_string is_array is_set is_object ' +
      'cast_null cast_boolean cast_string cast_object cast_array cast_set',
    table: () => TYPES,
  },
  {
    names:
      'base64.encode base64.decode base64.is_valid base64url.encode base64url.encode_no_pad ' +
      'base64url.decode hex.encode hex.decode crypto.sha256 crypto.sha1 crypto.md5 ' +
      'crypto.hmac.md5 crypto.hmac.sha1 crypto.hmac.sha256 crypto.hmac.sha512 crypto.hmac.equal ' +
      'urlquery.encode urlquery.decode urlquery.encode_object urlquery.decode_object',
    table: () => ENCODING,
  },
  {
    names:
      'json.marshal json.marshal_with_options json.unmarshal json.is_valid json.filter ' +
      'json.remove json.patch',
    table: () => JSON_BUILTINS,
  },
  {
    names:
      'time.format time.parse_ns time.now_ns time.parse_rfc3339_ns time.parse_duration_ns ' +
      'time.date time.clock time.weekday time.add_date time.diff',
    table: () => TIME,
  },
  {
    names: 'semver.compare semver.is_valid',
    table: () => SEMVER,
  },
  {
    names:
      'net.cidr_contains net.cidr_overlap net.cidr_intersects net.cidr_contains_matches ' +
      'net.cidr_expand net.cidr_merge net.cidr_is_valid',
    table: () => NET,
  },
  {
    names: 'units.parse units.parse_bytes',
    table: () => UNITS,
  },
  {
    names: 'http.send net.lookup_ip_addr rego.metadata.chain rego.metadata.rule opa.runtime',
    table: () => OUTSIDE,
  },
  {
    names: 'json.match_schema json.verify_schema',
    table: () => SCHEMA,
  },
  {
    names: 'providers.aws.sign_req',
    table: () => AWS,
  },
  {
    names: 'rand.intn uuid.rfc4122 uuid.parse',
    table: () => RANDOM,
  },
  {
    names: 'yaml.is_valid yaml.marshal yaml.unmarshal',
    table: () => YAML,
  },
  {
    names:
      'graphql.parse graphql.parse_and_verify graphql.parse_query graphql.parse_schema ' +
      'graphql.is_valid graphql.schema_is_valid',
    table: () => GRAPHQL,
  },
  {
    names:
      'crypto.parse_private_keys crypto.x509.parse_and_verify_certificates ' +
      'crypto.x509.parse_certificate_request crypto.x509.parse_certificates ' +
      'crypto.x509.parse_keypair crypto.x509.parse_rsa_private_key',
    table: () => X509,
  },
  {
    names:
      'io.jwt.decode io.jwt.decode_verify io.jwt.encode_sign io.jwt.encode_sign_raw ' +
      'io.jwt.verify_rs256 io.jwt.verify_rs384 io.jwt.verify_rs512 io.jwt.verify_ps256 ' +
      'io.jwt.verify_ps384 io.jwt.verify_ps512 io.jwt.verify_es256 io.jwt.verify_es384 ' +
      'io.jwt.verify_es512 io.jwt.verify_hs256 io.jwt.verify_hs384 io.jwt.verify_hs512 ' +
      'io.jwt.verify_eddsa',
    table: () => JWT,
  },
];

let owners: Map<string, Group> | undefined;

function ownerOf(name: string): Group | undefined {
  if (owners === undefined) {
    owners = new Map();
    for (const group of GROUPS) for (const one of group.names.split(' ')) owners.set(one, group);
  }
  return owners.get(name);
}

/** A builtin by its Rego name; operators under the names they stand for. */
export function findBuiltin(name: string): Builtin | undefined {
  return ownerOf(name)?.table()[name];
}

export function builtinNames(): readonly string[] {
  return GROUPS.flatMap(({ names }) => names.split(' '));
}

/** Groups whose list of names isn't that of their table. */
export function wrongGroups(): readonly string[] {
  return GROUPS.filter(({ names, table }) => Object.keys(table()).join(' ') !== names).map(
    ({ names }) => names,
  );
}
