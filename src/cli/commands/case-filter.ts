/** Options that choose cases, the same for every command that lists them. */
import { Option } from '@commander-js/extra-typings';
import { statuses } from '../../contract/qualification.ts';

export const statusOption = () => new Option('--status <status>', 'only cases with this status').choices(statuses);
export const platformOption = () =>
  new Option('--platform <platform>', 'only this platform').choices(['channels-shop', 'mini-program'] as const);
export const appIdOption = () => new Option('--app-id <appid>', 'only this account');
