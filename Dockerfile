# One image for every process; the command chooses: worker | server | codec-server | sandbox.
FROM node:24.19.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs an install script: sharp and the Temporal bridge bring their programs along.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24.19.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
# The Temporal bridge holds its program for every platform, and its Rust sources.
RUN cd node_modules/@temporalio/core-bridge \
  && rm -rf sdk-core \
  && find releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM node:24.19.0-bookworm-slim
# The Temporal bridge reads the system's certificates; the slim image has none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir /data && chown node:node /data \
  && ln -s /app/dist/src/cli.js /usr/local/bin/wxq
WORKDIR /app
ENV NODE_ENV=production WXQ_DATA_DIR=/data
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/dist/*.js ./dist/
COPY --from=build --chmod=755 /app/dist/src ./dist/src
USER node
# Metrics of the worker; callbacks and the private port of the server.
EXPOSE 9464 8080 8081
# Whichever process it is, one of these answers: the server, the worker, the codec server, the sandbox.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 CMD ["node", "-e", \
  "Promise.any(['8081/readyz', '9464/readyz', '8086/healthz', '8090/sandbox/audits'].map(async (at) => (await fetch('http://127.0.0.1:' + at)).ok || Promise.reject())).catch(() => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["worker"]
