/** From where images may be fetched: the decision of whoever runs the worker, not of whoever writes a case. */

export interface SourceRules {
  /** Files are read only from these folders and below, wherever links lead. `any`: from everywhere (development, `wxq lint`). */
  folders: readonly string[] | 'any';
  /** Never from here, though it lies in an allowed folder: our own data, such as pinned images of other accounts. */
  exceptFolders?: readonly string[];
  /** Addresses are fetched only from these hosts, exact names or `*.suffix`. Not given: from any public host. */
  hosts?: readonly string[];
  /** Hosts, exact or `*.suffix`, that may be on a private network; those of this machine may also be asked by `http:`. */
  privateHosts?: readonly string[];
}

/** Whether a host is named: `images.example.com` by itself or by `*.example.com`, which does not name `example.com`. */
export function isNamed(host: string, names: readonly string[] = []): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  return names.some((name) => {
    const known = name.toLowerCase();
    return known.startsWith('*.') ? wanted.endsWith(known.slice(1)) && wanted.length >= known.length : wanted === known;
  });
}
