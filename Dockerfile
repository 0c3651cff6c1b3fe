# One image for every process; the command chooses: worker | server.
FROM node:24.19.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs an install script: sharp and the Temporal bridge bring their programs along.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts
# The Temporal bridge holds its program for every platform, and its Rust sources.
RUN cd node_modules/@temporalio/core-bridge \
  && rm -rf sdk-core \
  && find releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM node:24.19.0-bookworm-slim
# The Temporal bridge reads the system's certificates; the slim image has none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir /data && chown node:node /data
WORKDIR /app
ENV NODE_ENV=production WXQ_DATA_DIR=/data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
# Metrics of the worker; callbacks and the private port of the server.
EXPOSE 9464 8080 8081
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["worker"]
