/** The wire versions this build speaks, oldest first. A break is a new number; an additive change is a capability. */
export const supportedVersions: readonly number[] = [1];

/** The newest wire version; clients offer it, the daemon answers with the one both have. */
export const protocolVersion = 1;

/** The package's own version, kept equal to package.json by a test. */
export const packageVersion = '0.1.0';
