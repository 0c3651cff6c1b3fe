/** Settings from the environment, and the connection that TEMPORAL_* describe. */
import { delimiter, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/runtime/config.ts';
import { connectClient, TemporalUnreachableError, temporalSettings } from '../../src/runtime/temporal-connection.ts';

describe('settings', () => {
  test('with nothing set, and with empty variables as compose files pass them, the defaults hold', () => {
    const defaults = loadConfig({});
    expect(defaults).toEqual({
      materialSources: { folders: [process.cwd()], areFoldersSet: false, privateHosts: [] },
      taskQueue: 'wechat-qualification',
      console: { users: [], temporalUiUrl: 'http://localhost:8233' },
      apiTokens: [],
      apiRequestsPerMinute: 3000,
      wechatBaseUrl: 'https://api.weixin.qq.com',
      materialStore: resolve('.wxq/material'),
      mode: 'normal',
      dataDir: resolve('.wxq'),
      callbackPort: 8080,
      consolePort: 8081,
      workerMetricsPort: 9464,
      privateHost: '127.0.0.1',
      logLevel: 'info',
      trustedProxies: [],
      webhooks: { urls: [], secrets: [] },
      robots: [],
      watchHour: 4,
    });
    expect(loadConfig({ WXQ_MODE: '', WXQ_CALLBACK_PORT: '', WXQ_ACCOUNTS_FILE: '' })).toEqual(defaults);
  });

  test('the material store follows the data folder unless it has a place of its own', () => {
    expect(loadConfig({ WXQ_DATA_DIR: '/data' }).materialStore).toBe('/data/material');
    expect(loadConfig({ WXQ_DATA_DIR: '/data', WXQ_MATERIAL_STORE: 'file:///m' }).materialStore).toBe('file:///m');
  });

  test('images come from the folders and hosts that are named; a list may have blanks', () => {
    const { materialSources } = loadConfig({
      WXQ_MATERIAL_FOLDERS: ['/scans', ' scans '].join(delimiter),
      WXQ_MATERIAL_HOSTS: 'images.example.com, *.oss-cn-hangzhou.aliyuncs.com',
      WXQ_MATERIAL_PRIVATE_HOSTS: 'localhost,::1',
    });
    expect(materialSources).toEqual({
      folders: ['/scans', resolve('scans')],
      areFoldersSet: true,
      hosts: ['images.example.com', '*.oss-cn-hangzhou.aliyuncs.com'],
      privateHosts: ['localhost', '::1'],
    });
    expect(() => loadConfig({ WXQ_MATERIAL_HOSTS: 'https://images.example.com/' })).toThrow('must be host names');
  });

  test('object storage takes our names or those of AWS, never half of each, and misses nothing silently', () => {
    const ours = { WXQ_S3_ACCESS_KEY_ID: 'id', WXQ_S3_SECRET_ACCESS_KEY: 'secret', WXQ_S3_REGION: 'oss-cn-hangzhou' };
    const aws = {
      AWS_ACCESS_KEY_ID: 'ID',
      AWS_SECRET_ACCESS_KEY: 'SECRET',
      AWS_SESSION_TOKEN: 'T',
      AWS_REGION: 'eu-west-1',
    };
    const more = {
      WXQ_S3_ENDPOINT: 'https://oss-cn-hangzhou.aliyuncs.com/',
      WXQ_S3_PATH_STYLE: 'false',
      WXQ_S3_BUCKETS: 'a, b',
    };
    expect(loadConfig({ ...aws, ...ours, ...more }).objectStorage).toEqual({
      endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
      region: 'oss-cn-hangzhou',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      pathStyle: false,
      buckets: ['a', 'b'],
    });
    expect(loadConfig(aws).objectStorage).toEqual({
      region: 'eu-west-1',
      accessKeyId: 'ID',
      secretAccessKey: 'SECRET',
      sessionToken: 'T',
    });
    expect(loadConfig({}).objectStorage).toBeUndefined();
    const wanted = { WXQ_MATERIAL_STORE: 's3://bucket/pinned' };
    expect(loadConfig({ ...wanted, ...ours }).materialStore).toBe('s3://bucket/pinned');
    expect(() => loadConfig(wanted)).toThrow(/WXQ_S3_ACCESS_KEY_ID[\s\S]*WXQ_S3_REGION/);
    expect(() => loadConfig({ ...wanted, ...aws, WXQ_S3_ACCESS_KEY_ID: 'id' })).toThrow('WXQ_S3_SECRET_ACCESS_KEY');
  });

  test('the address of WeChat may end with a slash', () => {
    expect(loadConfig({ WXQ_WECHAT_BASE_URL: 'http://127.0.0.1:8090/' }).wechatBaseUrl).toBe('http://127.0.0.1:8090');
  });

  test('every problem is told at once, by the name of its variable', () => {
    const failure = (() => {
      try {
        loadConfig({
          WXQ_WECHAT_BASE_URL: 'api.weixin.qq.com',
          WXQ_MODE: 'dry-run',
          WXQ_WATCH_HOUR: '24',
          WXQ_CALLBACK_PORT: '80 80',
          WXQ_CONSOLE_PORT: '70000',
          WXQ_MATERIAL_STORE: 's3://bucket/a/../b',
          WXQ_S3_ENDPOINT: 'minio:9000',
          WXQ_LOG_LEVEL: 'loud',
        });
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'WXQ_CALLBACK_PORT',
      'WXQ_CONSOLE_PORT',
      'WXQ_LOG_LEVEL',
      'WXQ_MATERIAL_STORE',
      'WXQ_MODE',
      'WXQ_S3_ENDPOINT',
      'WXQ_WATCH_HOUR',
      'WXQ_WECHAT_BASE_URL',
    ]);
  });
});

describe('the database', () => {
  test('its address and the key of its secrets are taken as they are', () => {
    const WXQ_DATABASE_URL = 'postgres://wxq:p%40ss@db.example:5432/wxq';
    const config = loadConfig({ WXQ_DATABASE_URL, WXQ_SECRET_KEY: 'key' });
    expect(config).toMatchObject({ databaseUrl: WXQ_DATABASE_URL, secretKey: 'key' });
    expect(loadConfig({})).not.toHaveProperty('databaseUrl');
  });

  test('one that is shared needs a key that is shared, and another kind is refused without showing its password', () => {
    expect(() => loadConfig({ WXQ_DATABASE_URL: 'postgres://db/wxq' })).toThrow(/WXQ_SECRET_KEY must be set/);
    const wrong = () => loadConfig({ WXQ_DATABASE_URL: 'mysql://root:hunter2@db/wxq', WXQ_SECRET_KEY: 'k' });
    expect(wrong).toThrow(/WXQ_DATABASE_URL must be postgres/);
    expect(wrong).not.toThrow(/hunter2/);
  });
});

describe('the connection to Temporal', () => {
  const noFile = { TEMPORAL_CONFIG_FILE: '/no/such/temporal.toml' };

  test('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are read as the temporal command reads them', () => {
    const settings = temporalSettings({
      ...noFile,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'shops',
    });
    expect(settings).toMatchObject({ address: 'temporal.example:7233', namespace: 'shops' });
    expect(settings.connectionOptions.address).toBe('temporal.example:7233');
    expect(temporalSettings(noFile)).toMatchObject({ address: 'localhost:7233', namespace: 'default' });
  });

  test('an API key switches TLS on', () => {
    const { connectionOptions } = temporalSettings({
      ...noFile,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_API_KEY: 'k',
    });
    expect(connectionOptions).toMatchObject({ apiKey: 'k', tls: true });
  });

  test('a server that is not there is an error that names its address and the variable', async () => {
    const settings = temporalSettings({ ...noFile, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    const failure = await connectClient(settings, 500).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TemporalUnreachableError);
    expect(String(failure)).toMatch(/127\.0\.0\.1:1.*TEMPORAL_ADDRESS/s);
  });
});
