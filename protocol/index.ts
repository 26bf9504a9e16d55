export type * from './generated/types.js';
export { type DetailsByKind, type ErrorDetails, type ErrorKind, errorRows } from './generated/errors.js';
export { type ErrorData, KhloneError } from './error.js';
export { isKhloneError, type KhloneErrorOf } from './fail.js';
export { schemaFiles } from './schemaFiles.js';
export { packageVersion, protocolVersion, supportedVersions } from './version.js';
