import { AWS } from './aws.ts';
import { COLLECTIONS } from './collections.ts';
import { type Builtin, late } from './define.ts';
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
import { TIME } from './time.ts';
import { TYPES } from './types.ts';
import { UNITS } from './units.ts';
import { X509 } from './x509.ts';
import { YAML } from './yaml.ts';

const JWT_ARITIES = {
  'io.jwt.decode': 1,
  'io.jwt.decode_verify': 2,
  'io.jwt.encode_sign': 3,
  'io.jwt.encode_sign_raw': 3,
  'io.jwt.verify_eddsa': 2,
  'io.jwt.verify_es256': 2,
  'io.jwt.verify_es384': 2,
  'io.jwt.verify_es512': 2,
  'io.jwt.verify_hs256': 2,
  'io.jwt.verify_hs384': 2,
  'io.jwt.verify_hs512': 2,
  'io.jwt.verify_ps256': 2,
  'io.jwt.verify_ps384': 2,
  'io.jwt.verify_ps512': 2,
  'io.jwt.verify_rs256': 2,
  'io.jwt.verify_rs384': 2,
  'io.jwt.verify_rs512': 2,
};

const X509_ARITIES = {
  'crypto.parse_private_keys': 1,
  'crypto.x509.parse_and_verify_certificates': 1,
  'crypto.x509.parse_certificate_request': 1,
  'crypto.x509.parse_certificates': 1,
  'crypto.x509.parse_keypair': 2,
  'crypto.x509.parse_rsa_private_key': 1,
};

const GRAPHQL_ARITIES = {
  'graphql.is_valid': 2,
  'graphql.parse': 2,
  'graphql.parse_and_verify': 2,
  'graphql.parse_query': 1,
  'graphql.parse_schema': 1,
  'graphql.schema_is_valid': 1,
};

/** Every builtin by its Rego name; operators under the names they stand for. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...OPERATORS,
  ...NUMBERS,
  ...COLLECTIONS,
  ...STRINGS,
  ...MATCHING,
  ...TYPES,
  ...ENCODING,
  ...JSON_BUILTINS,
  ...TIME,
  ...SEMVER,
  ...NET,
  ...UNITS,
  ...OUTSIDE,
  ...late({ 'json.match_schema': 2, 'json.verify_schema': 1 }, () => SCHEMA),
  ...late({ 'providers.aws.sign_req': 3 }, () => AWS),
  ...late({ 'rand.intn': 2, 'uuid.parse': 1, 'uuid.rfc4122': 1 }, () => RANDOM),
  ...late({ 'yaml.is_valid': 1, 'yaml.marshal': 1, 'yaml.unmarshal': 1 }, () => YAML),
  ...late(GRAPHQL_ARITIES, () => GRAPHQL),
  ...late(X509_ARITIES, () => X509),
  ...late(JWT_ARITIES, () => JWT),
};
